//! The same answer in every form gives the same record.

use super::{HOSTS, NSLOOKUP, ZONE};
use crate::formats::Format;
use crate::formats::exchange::testing::{named, records};
use crate::formats::exchange::{CLIXML, CSV, JSON, LIST};
use crate::model::exchange::Value;

/// An address of HUB1 as everything that is read writes it down.
const ADDRESS: &[(&Format, &str)] = &[
    (&ZONE, "$ORIGIN contoso.com.\nhub1 1200 IN A 10.1.0.21\n"),
    (&ZONE, "hub1.contoso.com.\t1200\tIN\tA\t10.1.0.21\n"),
    (&HOSTS, "10.1.0.21 hub1.contoso.com\n10.1.0.22 hub2\n"),
    (
        &NSLOOKUP,
        "Server:  dc1\nAddress:  10.1.0.2\n\nName:    hub1.contoso.com\nAddress:  10.1.0.21\n",
    ),
    (
        &LIST,
        "PS C:\\> Resolve-DnsName hub1.contoso.com | fl *\n\n\nIP4Address   : 10.1.0.21\n\
         Address      : 10.1.0.21\nIPAddress    : 10.1.0.21\nQueryType    : A\n\
         Name         : hub1.contoso.com\nType         : A\nCharacterSet : Unicode\n\
         Section      : Answer\nDataLength   : 4\nTTL          : 1200\n\n",
    ),
    (
        &LIST,
        "PS C:\\> Resolve-DnsName hub1.contoso.com\n\n\
         Name                      Type   TTL   Section    IPAddress\n\
         ----                      ----   ---   -------    ---------\n\
         hub1.contoso.com          A      1200  Answer     10.1.0.21\n\n",
    ),
    (
        &CSV,
        "#TYPE Microsoft.DnsClient.Commands.DnsRecord_A\r\n\
         \"IP4Address\",\"Address\",\"IPAddress\",\"QueryType\",\"Name\",\"Type\",\"Section\",\"TTL\"\r\n\
         \"10.1.0.21\",\"10.1.0.21\",\"10.1.0.21\",\"A\",\"hub1.contoso.com\",\"A\",\"Answer\",\"1200\"\r\n",
    ),
    (
        &JSON,
        "{\"Name\":\"hub1.contoso.com\",\"Type\":1,\"CharacterSet\":1,\"Section\":1,\"DataLength\":4,\
         \"TTL\":1200,\"Address\":\"10.1.0.21\",\"IPAddress\":\"10.1.0.21\",\"QueryType\":1}",
    ),
    (
        &CLIXML,
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\
         <Obj RefId=\"0\"><TN RefId=\"0\"><T>Microsoft.DnsClient.Commands.DnsRecord_A</T>\
         <T>Microsoft.DnsClient.Commands.DnsRecord</T><T>System.Object</T></TN>\
         <Props><S N=\"IP4Address\">10.1.0.21</S><S N=\"IPAddress\">10.1.0.21</S>\
         <S N=\"Name\">hub1.contoso.com</S><Obj N=\"Type\" RefId=\"1\"><TN RefId=\"1\">\
         <T>Microsoft.DnsClient.Commands.RecordType</T><T>System.Enum</T></TN><ToString>A</ToString>\
         <I32>1</I32></Obj><I32 N=\"TTL\">1200</I32></Props></Obj></Objs>",
    ),
];

#[test]
fn an_address_is_the_same_record_in_every_form() {
    for (format, text) in ADDRESS {
        let file = named("x", text);
        assert!((format.detect)(&file).is_some(), "{text}");
        let document = (format.parse)(&file);
        let found = records(&document);
        let first = found.first().unwrap_or_else(|| panic!("nothing in {text}"));
        assert_eq!(first.cmdlet, Some("Resolve-DnsName"), "{text}");
        for (property, value) in [
            ("Name", "hub1.contoso.com"),
            ("Type", "A"),
            ("IPAddress", "10.1.0.21"),
        ] {
            let found = first.text(property).map(|(text, _)| text);
            assert_eq!(found, Some(value), "{property} of {text}");
        }
        let ttl = first.properties.get("TTL").map(|property| &property.value);
        assert!(matches!(ttl, None | Some(Value::Integer(1200))), "{text}");
    }
}
