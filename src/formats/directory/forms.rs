//! The same object in every form gives the same record.

use super::{CONSOLE, LDIF};
use crate::formats::Format;
use crate::formats::exchange::testing::{named, records};
use crate::formats::exchange::{CLIXML, CSV, JSON, LIST};

const TOKYO: &str = "CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com";
const NAME: &str = "CN=10.1.0.0/24,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com";

/// A subnet in a form.
fn subnet(form: &str) -> String {
    form.replace("TOKYO", TOKYO).replace("NAME", NAME)
}

#[test]
fn a_subnet_is_the_same_record_in_every_form() {
    let forms: [(&Format, &str); 6] = [
        (
            &LDIF,
            "dn: NAME\nobjectClass: subnet\ncn: 10.1.0.0/24\nsiteObject: TOKYO\n",
        ),
        (
            &CONSOLE,
            "C:\\>dsquery * forestroot -filter (objectClass=subnet) -attr name siteObject\n\
             \x20 name         siteObject\n  10.1.0.0/24  TOKYO\n",
        ),
        (
            &LIST,
            "PS C:\\> Get-ADReplicationSubnet -Filter *\n\n\nDistinguishedName : NAME\nLocation          :\n\
             Name              : 10.1.0.0/24\nObjectClass       : subnet\nSite              : TOKYO\n\n",
        ),
        (
            &CSV,
            "#TYPE Microsoft.ActiveDirectory.Management.ADReplicationSubnet\n\
             \"DistinguishedName\",\"Location\",\"Name\",\"ObjectClass\",\"Site\"\n\
             \"NAME\",,\"10.1.0.0/24\",\"subnet\",\"TOKYO\"\n",
        ),
        (
            &JSON,
            "[{\"DistinguishedName\":\"NAME\",\"Location\":null,\"Name\":\"10.1.0.0/24\",\
             \"ObjectClass\":\"subnet\",\"Site\":\"TOKYO\"}]",
        ),
        (
            &CLIXML,
            "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\
             <Obj RefId=\"0\"><TN RefId=\"0\"><T>Microsoft.ActiveDirectory.Management.ADReplicationSubnet</T>\
             <T>System.Object</T></TN><Props><S N=\"DistinguishedName\">NAME</S>\
             <S N=\"Name\">10.1.0.0/24</S><S N=\"Site\">TOKYO</S></Props></Obj></Objs>",
        ),
    ];
    for (format, form) in forms {
        let text = subnet(form);
        let file = named("x", &text);
        assert!((format.detect)(&file).is_some(), "{text}");
        let document = (format.parse)(&file);
        let found = records(&document);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].cmdlet, Some("Get-ADReplicationSubnet"), "{text}");
        for (property, value) in [("Name", "10.1.0.0/24"), ("Site", TOKYO)] {
            let shown = found[0].text(property).map(|(text, _)| text);
            assert_eq!(shown, Some(value), "{property} of {text}");
        }
    }
}
