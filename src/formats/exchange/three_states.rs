//! In every container: that a cmdlet returned nothing, that nobody ran it, and
//! that a property was not selected are three things, and an empty value is a
//! fourth.

use super::testing::{named, records, runs};
use super::{CLIXML, CSV, EMPTY, HTML, JSON, LIST, OBJECT_XML};
use crate::formats::Format;
use crate::model::exchange::Lookup;

struct Container {
    format: &'static Format,
    /// Name and text of a file in which the cmdlet returned nothing.
    nothing: (&'static str, &'static str),
    /// A connector with `AuthMechanism`, an empty `Banner` and no `Fqdn`.
    one: (&'static str, &'static str),
}

const CONTAINERS: &[Container] = &[
    Container {
        format: &LIST,
        nothing: (
            "capture.txt",
            "[PS] C:\\>Get-ReceiveConnector | fl\n\n[PS] C:\\>Get-SendConnector | fl\n\n\
             Identity      : A\nAddressSpaces : {SMTP:*;1}\nEnabled       : True\n\n[PS] C:\\>\n",
        ),
        one: (
            "HUB1_ReceiveConnector_FL.TXT",
            "Result from: Get-ReceiveConnector\n\nAuthMechanism : Tls\nBanner        :\nIdentity      : HUB1\\A\n",
        ),
    },
    Container {
        format: &LIST,
        nothing: (
            "HUB1__GetExchangeData_No_Result.TXT",
            "Get-ReceiveConnector -server 'HUB1'\n",
        ),
        one: (
            "HUB1_ReceiveConnector_FT.TXT",
            "Result from: Get-ReceiveConnector\n\nIdentity AuthMechanism Banner\n\
             -------- ------------- ------\nHUB1\\A   Tls                 \n\n",
        ),
    },
    Container {
        format: &CLIXML,
        nothing: (
            "HUB1_ReceiveConnector.xml",
            "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"></Objs>",
        ),
        one: (
            "a.xml",
            "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><TN RefId=\"0\">\
             <T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T></TN><Props>\
             <S N=\"AuthMechanism\">Tls</S><Nil N=\"Banner\"/><S N=\"Identity\">HUB1\\A</S></Props></Obj></Objs>",
        ),
    },
    Container {
        format: &CSV,
        nothing: (
            "HUB1_ReceiveConnector.csv",
            "\"Identity\",\"AuthMechanism\",\"PermissionGroups\"\r\n",
        ),
        one: (
            "HUB1_ReceiveConnector.csv",
            "\"Identity\",\"AuthMechanism\",\"Banner\"\r\n\"HUB1\\A\",\"Tls\",\r\n",
        ),
    },
    Container {
        format: &JSON,
        nothing: ("a.json", "{\"Get-ReceiveConnector\":[]}"),
        one: (
            "HUB1_ReceiveConnector.json",
            "[{\"Identity\":\"HUB1\\\\A\",\"AuthMechanism\":1,\"Banner\":null}]",
        ),
    },
    Container {
        format: &HTML,
        nothing: (
            "a.html",
            "<html><h2>Get-ReceiveConnector</h2><table><tr><th>Identity</th><th>AuthMechanism</th></tr></table></html>",
        ),
        one: (
            "a.html",
            "<html><h2>Get-ReceiveConnector</h2><table><tr><th>Identity</th><th>AuthMechanism</th><th>Banner</th></tr>\
             <tr><td>HUB1\\A</td><td>Tls</td><td></td></tr></table></html>",
        ),
    },
    Container {
        format: &OBJECT_XML,
        nothing: (
            "a.xhcw",
            "<invoke type=\"OnPremises\" cmdlet=\"Get-ReceiveConnector\"><!-- Get-ReceiveConnector --><results /></invoke>",
        ),
        one: (
            "a.xhcw",
            "<invoke type=\"OnPremises\" cmdlet=\"Get-ReceiveConnector\"><results><object type=\"x\">\
             <property name=\"Identity\" value=\"HUB1\\A\" /><property name=\"AuthMechanism\" value=\"Tls\" />\
             <property name=\"Banner\" value=\"\" valueIsNull=\"True\" /></object></results></invoke>",
        ),
    },
    Container {
        format: &EMPTY,
        nothing: ("HUB1_ReceiveConnector.csv", ""),
        one: ("", ""),
    },
];

const ASKED: &str = "Get-ReceiveConnector";

#[test]
fn a_cmdlet_that_returned_nothing_is_a_run_without_objects() {
    for Container {
        format, nothing, ..
    } in CONTAINERS
    {
        let (name, text) = nothing;
        let document = (format.parse)(&named(name, text));
        let found: Vec<_> = runs(&document)
            .into_iter()
            .filter(|run| run.cmdlet == Some(ASKED))
            .map(|run| run.records.len())
            .collect();
        assert_eq!(found, [0], "{name}: {document:?}");
    }
}

#[test]
fn a_cmdlet_that_nobody_ran_is_no_run() {
    for Container {
        format,
        nothing,
        one,
    } in CONTAINERS
    {
        for (name, text) in [nothing, one] {
            let document = (format.parse)(&named(name, text));
            let ran = |cmdlet| runs(&document).iter().any(|run| run.cmdlet == Some(cmdlet));
            assert!(!ran("Get-EdgeSubscription"), "{name}");
        }
    }
}

#[test]
fn a_property_that_is_empty_is_not_one_that_was_not_selected() {
    for Container { format, one, .. } in CONTAINERS {
        let (name, text) = one;
        if name.is_empty() {
            continue;
        }
        let document = (format.parse)(&named(name, text));
        let found = records(&document);
        let [connector] = found.as_slice() else {
            panic!("{name}: {document:?}");
        };
        assert_eq!(connector.cmdlet, Some(ASKED), "{name}");
        assert!(
            matches!(connector.get("AuthMechanism"), Lookup::Known(..)),
            "{name}"
        );
        assert!(
            matches!(connector.get("Banner"), Lookup::Null(_)),
            "{name}: {connector:?}"
        );
        assert!(matches!(connector.get("Fqdn"), Lookup::Absent), "{name}");
    }
}
