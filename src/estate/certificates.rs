//! Certificates in files, joined to those that Exchange lists.
//!
//! A table of `Get-ExchangeCertificate` shows thumbprint, services and subject;
//! the certificate itself, in a file of the same thumbprint, shows the rest.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::exchange::{Record, Value};

use super::types::Object;

/// What a certificate says of itself, whoever lists it.
const OF_ITSELF: [&str; 8] = [
    "CertificateDomains",
    "IsSelfSigned",
    "Issuer",
    "NotAfter",
    "NotBefore",
    "PublicKeySize",
    "SerialNumber",
    "Subject",
];

/// Gives listed certificates the properties that their list lacks and that the
/// certificate in a file has. What a list shows stays as it is.
pub(super) fn complete(objects: &mut [(Object, Option<usize>)]) {
    let thumbprint = |record: &Record| Some(record.text("thumbprint")?.0.to_ascii_uppercase());
    let files: HashMap<String, Arc<Record>> = objects
        .iter()
        .filter(|(object, _)| object.cmdlet == "Get-PfxCertificate")
        .filter_map(|(object, _)| Some((thumbprint(&object.record)?, Arc::clone(&object.record))))
        .collect();
    if files.is_empty() {
        return;
    }
    for (object, _) in objects {
        if object.cmdlet != "Get-ExchangeCertificate" {
            continue;
        }
        let Some(file) = thumbprint(&object.record).and_then(|print| files.get(&print)) else {
            continue;
        };
        let record = Arc::make_mut(&mut object.record);
        for name in OF_ITSELF {
            let Some(own) = file.properties.get(name) else {
                continue;
            };
            let lacks = record.properties.get(name).is_none_or(|property| {
                matches!(property.value, Value::Truncated(_) | Value::Unusable(_))
            });
            if lacks {
                record.properties.insert(own.clone());
            }
        }
    }
}
