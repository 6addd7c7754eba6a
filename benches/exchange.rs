//! Readers of Exchange exports beside CLIXML and Format-List: megabytes a
//! second of processor time.
//!
//!     cargo bench --bench exchange

mod common;

use std::fmt::Write as _;
use std::hint::black_box;

use exlint::formats::{Content, Format, exchange};
use exlint::source::{FileId, SourceFile};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Objects of each input.
const OBJECTS: usize = 20_000;
/// Processor seconds that each reader gets at least.
const LEAST: f64 = 2.0;

/// Properties of a receive connector: name, value as text, whether a list.
const PROPERTIES: &[(&str, &str, bool)] = &[
    (
        "AuthMechanism",
        "Tls, Integrated, BasicAuth, BasicAuthRequireTLS, ExchangeServer",
        false,
    ),
    ("Banner", "", false),
    ("BinaryMimeEnabled", "True", false),
    ("Bindings", "0.0.0.0:25", true),
    ("ChunkingEnabled", "True", false),
    ("DefaultDomain", "", false),
    ("DeliveryStatusNotificationEnabled", "True", false),
    ("EightBitMimeEnabled", "True", false),
    ("DomainSecureEnabled", "False", false),
    ("EnhancedStatusCodesEnabled", "True", false),
    ("Fqdn", "hub1.contoso.com", false),
    ("Comment", "", false),
    ("Enabled", "True", false),
    ("ConnectionTimeout", "00:10:00", false),
    ("ConnectionInactivityTimeout", "00:05:00", false),
    ("MessageRateLimit", "Unlimited", false),
    ("MaxInboundConnection", "5000", false),
    ("MaxHeaderSize", "64 KB (65,536 bytes)", false),
    ("MaxHopCount", "30", false),
    ("MaxLocalHopCount", "8", false),
    ("MaxLogonFailures", "3", false),
    ("MaxMessageSize", "10 MB (10,485,760 bytes)", false),
    ("MaxProtocolErrors", "5", false),
    ("MaxRecipientsPerMessage", "5000", false),
    (
        "PermissionGroups",
        "ExchangeUsers, ExchangeServers, ExchangeLegacyServers",
        false,
    ),
    ("PipeliningEnabled", "True", false),
    ("ProtocolLoggingLevel", "None", false),
    ("RemoteIPRanges", "0.0.0.0-255.255.255.255", true),
    ("RequireEHLODomain", "False", false),
    ("RequireTLS", "False", false),
    ("EnableAuthGSSAPI", "False", false),
    ("LongAddressesEnabled", "False", false),
    ("OrarEnabled", "False", false),
    ("Server", "HUB1", false),
    ("SizeEnabled", "EnabledWithoutValue", false),
    ("TarpitInterval", "00:00:05", false),
    ("AdminDisplayName", "", false),
    ("ExchangeVersion", "0.1 (8.0.535.0)", false),
    ("WhenChanged", "2009-11-02T11:00:00Z", false),
    ("WhenCreated", "2009-11-02T11:00:00Z", false),
    ("OriginatingServer", "dc1.contoso.com", false),
    ("IsValid", "True", false),
];

/// Name, distinguished name, identity and GUID of an object.
fn own(number: usize) -> [(&'static str, String); 4] {
    [
        ("Name", format!("Relay {number}")),
        (
            "DistinguishedName",
            format!(
                "CN=Relay {number},CN=SMTP Receive Connectors,CN=Protocols,CN=HUB1,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
            ),
        ),
        ("Identity", format!("HUB1\\Relay {number}")),
        ("Guid", format!("3f2c9c5e-1d2b-4c6f-9a3e-{number:012}")),
    ]
}

fn csv() -> String {
    let mut out = String::from(
        "#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\r\n",
    );
    let names = PROPERTIES.iter().map(|(name, ..)| *name);
    let names: Vec<_> = names.chain(own(0).map(|(name, _)| name)).collect();
    let _ = write!(out, "\"{}\"\r\n", names.join("\",\""));
    for number in 0..OBJECTS {
        for (_, value, list) in PROPERTIES {
            let value = if *list {
                "Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPRange]"
            } else {
                value
            };
            let quotes = if value.is_empty() { "" } else { "\"" };
            let _ = write!(out, "{quotes}{value}{quotes},");
        }
        let own = own(number).map(|(_, value)| format!("\"{value}\""));
        let _ = write!(out, "{}\r\n", own.join(","));
    }
    out
}

fn json() -> String {
    let objects: Vec<serde_json::Value> = (0..OBJECTS)
        .map(|number| {
            let shared = PROPERTIES.iter().map(|(name, value, list)| {
                let value = match (*list, *value) {
                    (true, item) => serde_json::json!([item]),
                    (_, "") => serde_json::Value::Null,
                    (_, "True") => true.into(),
                    (_, "False") => false.into(),
                    (_, text) => text.parse::<i64>().map_or(text.into(), Into::into),
                };
                ((*name).to_owned(), value)
            });
            let own = own(number).map(|(name, value)| (name.to_owned(), value.into()));
            serde_json::Value::Object(shared.chain(own).collect())
        })
        .collect();
    serde_json::to_string_pretty(&objects).unwrap_or_default()
}

fn html() -> String {
    let mut out = String::from("<html><body><table>\r\n<tr>");
    let names = PROPERTIES.iter().map(|(name, ..)| *name);
    for name in names.chain(own(0).map(|(name, _)| name)) {
        let _ = write!(out, "<th>{name}</th>");
    }
    out += "</tr>\r\n";
    for number in 0..OBJECTS {
        out += "<tr>";
        let shared = PROPERTIES.iter().map(|(_, value, _)| (*value).to_owned());
        for value in shared.chain(own(number).map(|(_, value)| value)) {
            let _ = write!(out, "<td>{value}</td>");
        }
        out += "</tr>\r\n";
    }
    out + "</table></body></html>\r\n"
}

fn table() -> String {
    let mut out = String::from(
        "[PS] C:\\>Get-ReceiveConnector | ft Identity,Enabled,AuthMechanism,Fqdn\r\n\r\n",
    );
    let mut line = |cells: [&str; 4]| {
        let [identity, enabled, mechanism, fqdn] = cells;
        let _ = write!(
            out,
            "{identity:<24} {enabled:<8} {mechanism:<44} {fqdn}\r\n"
        );
    };
    line(["Identity", "Enabled", "AuthMechanism", "Fqdn"]);
    line(["--------", "-------", "-------------", "----"]);
    for number in 0..OBJECTS {
        let identity = format!("HUB1\\Relay {number}");
        line([
            &identity,
            "True",
            "Tls, Integrated, ExchangeServer",
            "hub1.contoso.com",
        ]);
    }
    out
}

fn measure(format: &Format, name: &str, text: String) {
    let file = SourceFile::from_text(FileId(0), name, text);
    let mut rounds = 0_u32;
    let before = common::processor()[0];
    let mut spent = 0.0;
    let mut objects = 0_usize;
    while spent < LEAST {
        let document = black_box((format.parse)(&file));
        objects = document
            .content
            .iter()
            .map(|content| match content {
                Content::Exchange(run) => run.records.len(),
                _ => 0,
            })
            .sum();
        rounds += 1;
        spent = common::processor()[0] - before;
    }
    assert_eq!(objects, OBJECTS, "{}", format.id);
    let bytes = file.text().len() as f64 * f64::from(rounds);
    println!("{:<16} {:>7.1} MB/s", format.id, bytes / spent / 1e6);
}

fn main() {
    measure(&exchange::CSV, "export.csv", csv());
    measure(&exchange::JSON, "export.json", json());
    measure(&exchange::HTML, "export.html", html());
    measure(&exchange::LIST, "capture.txt", table());
}
