//! Broken and hostile inputs: no reader of this folder panics, and whatever it
//! points at lies inside the file.

use super::testing::named;
use super::{CSV, HTML, JSON, LIST, OBJECT_XML};
use crate::formats::Format;
use crate::formats::iis::{ADSUTIL, CONFIG, METABASE};

/// A small export of every form, and its reader.
const SAMPLES: &[(&Format, &str)] = &[
    (
        &CSV,
        "#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\r\n\
         \"Identity\",\"AuthMechanism\",\"Bindings\",\"RelayPassword\"\r\n\
         \"HUB1\\既定 \"\"x\"\"\",\"Tls, BasicAuth\",\"System.Object[]\",\"geheim\"\r\n\
         \"HUB1\\B\",,\"0.0.0.0:25\r\n[::]:25\",\r\n",
    ),
    (
        &CSV,
        "ServerName;ServerVersion;OWAInternalURL;EWSInternalURL;AutoDiscName\nEX1;Version 15.1;https://a/owa;;EX1\n",
    ),
    (
        &JSON,
        "[{\"Identity\":\"HUB1\\\\A\",\"AuthMechanism\":31,\"Bindings\":{\"value\":[\"0.0.0.0:25\"],\"Count\":1},\
         \"WhenChanged\":\"\\/Date(1257159600000)\\/\",\"T\":{\"Ticks\":-1,\"TotalSeconds\":0},\"既\":\"\\ud83d\\ude00\"},\
         {\"Get-SendConnector\":[{\"Name\":\"a\",\"AddressSpaces\":[{\"Type\":\"SMTP\",\"Address\":\"*\",\"Cost\":1}],\
         \"Server\":{\"DistinguishedName\":\"CN=a,DC=b\",\"ObjectGuid\":\"x\"}}]}]",
    ),
    (
        &HTML,
        "<html><h2>Get-ReceiveConnector</h2><table><tr><th>Identity</th><th>AuthMechanism</th></tr>\
         <tr><td>HUB1\\&#x65e2; &amp; B</td><td>Tls</td></tr></table>\
         <table><tr><td>Server:</td><td>CAS1</td></tr><tr><td><hr></td></tr></table></html>",
    ),
    (
        &LIST,
        "[PS] C:\\>Get-ReceiveConnector | ft\n\nIdentity            AuthMechanism  Bindings\n\
         --------            -------------  --------\nHUB1\\既定 HUB1      Tls            {0.0.0...\n",
    ),
    (
        &OBJECT_XML,
        "<invoke type=\"OnPremises\" cmdlet=\"Get-ReceiveConnector\"><!-- Get-ReceiveConnector --><results><object type=\"既\">\
         <property name=\"Identity\" type=\"System.String\" value=\"HUB1\\A &amp; B\" valueIsNull=\"False\"/>\
         <Property Name=\"Bindings\"><Property>[::]:25</Property><![CDATA[x]]></Property></object></results></invoke><invoke cmdlet=\"Get-X\"><results/></invoke>",
    ),
    (
        &CONFIG,
        "<configuration><system.applicationHost><sites><site name=\"S\" id=\"1\"><application path=\"/a\">\
         <virtualDirectory path=\"/\" physicalPath=\"C:\\既\"/></application></site></sites></system.applicationHost>\
         <location path=\"S/a/b\"><system.webServer><security><access sslFlags=\"Ssl\"/></security>\
         </system.webServer></location></configuration>",
    ),
    (
        &CONFIG,
        "<configuration><configSections><sectionGroup name=\"system.webServer\"><sectionGroup name=\"security\"><section name=\"access\" \
         overrideModeDefault=\"Deny\" allowDefinition=\"MachineToApplication\"/></sectionGroup></sectionGroup></configSections>\
         <location path=\"S/既\" overrideMode=\"Allow\" inheritInChildApplications=\"false\"><system.webServer><security>\
         <access configSource=\"a&amp;b\" lockItem=\"true\"/><authentication><windowsAuthentication><providers><clear/><add value=\"NTLM\"/>\
         <remove value=\"x\"/></providers><extendedProtection tokenChecking=\"Allow\"/></windowsAuthentication></authentication>\
         </security></system.webServer></location></configuration>",
    ),
    (
        &ADSUTIL,
        "C:\\>cscript adsutil.vbs enum w3svc/1\nKeyType : (STRING) \"IIsWebServer\"\nServerBindings : (LIST) (1 Items)\n  \":80:既\"\n\
         [/w3svc/1/root/owa]\nAccessSSLFlags : (INTEGER) 264\nAuthBasic : (BOOLEAN) True\n",
    ),
    (
        &METABASE,
        "<MBProperty><IIsWebServer Location=\"/LM/W3SVC/1\" ServerBindings=\":80:\"/>\
         <IIsWebVirtualDir Location=\"/LM/W3SVC/1/ROOT/既\" AuthFlags=\"7\" AccessSSLFlags=\"AccessSSL\"/></MBProperty>",
    ),
];

/// Characters that mean something to one of the readers.
const SPECIAL: &[char] = &[
    '"', ',', ';', '\n', '\r', '<', '>', '/', '&', '{', '}', '[', ']', ':', '\\', '=', '-', '0',
    '|', '既', '\u{feff}', '\0', '#',
];

/// The same numbers everywhere (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }
}

fn check(format: &Format, text: &str) {
    let file = named("HUB1_ReceiveConnector.x", text);
    if let Some(evidence) = (format.detect)(&file) {
        assert!(text.get(evidence.span.range()).is_some(), "{text}");
    }
    let document = (format.parse)(&file);
    let problems = document.problems.iter().map(|problem| problem.span);
    let notes = document.ledger.notes().iter().map(|note| note.span);
    let records = super::testing::records(&document);
    let values = records.iter().flat_map(|r| &r.properties).map(|p| p.span);
    for span in problems.chain(notes).chain(values) {
        assert!(text.get(span.range()).is_some(), "{span:?} in {text}");
    }
}

#[test]
fn exports_that_end_anywhere_are_read() {
    for (format, sample) in SAMPLES {
        for (end, _) in sample.char_indices() {
            check(format, &sample[..end]);
        }
    }
}

#[test]
fn exports_with_anything_in_the_wrong_place_are_read() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for (format, sample) in SAMPLES {
        for _ in 0..1500 {
            let mut chars: Vec<char> = sample.chars().collect();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(chars.len());
                let special = SPECIAL[numbers.below(SPECIAL.len())];
                match numbers.below(4) {
                    0 => chars[at] = special,
                    1 => chars.insert(at, special),
                    2 => drop(chars.remove(at)),
                    _ => {
                        let end = (at + numbers.below(40)).min(chars.len());
                        let piece: Vec<char> = chars[at..end].to_vec();
                        let to = numbers.below(chars.len());
                        chars.splice(to..to, piece);
                    }
                }
                if chars.is_empty() {
                    chars.push('x');
                }
            }
            check(format, &chars.into_iter().collect::<String>());
        }
    }
}

#[test]
fn deep_and_repeated_structures_stay_bounded() {
    for (format, text) in [
        (&JSON, "[".repeat(200_000)),
        (&JSON, "{\"a\":".repeat(100_000)),
        (&JSON, "[{\"Identity\":".repeat(50_000)),
        (&HTML, "<table><tr><th>".repeat(50_000)),
        (
            &CSV,
            "Identity,AuthMechanism\n\"".to_owned() + &"\"\"".repeat(100_000),
        ),
        (&CSV, "Identity,".repeat(20_000)),
        (
            &CONFIG,
            "<configuration><system.webServer>".to_owned() + &"<a>".repeat(100_000),
        ),
        (
            &CONFIG,
            format!(
                "<configuration><location path=\"{0}\"><system.webServer><security><access sslFlags=\"Ssl\"/></security></system.webServer></location>\
                 <system.applicationHost><sites><site name=\"S\"><application path=\"{0}\"><virtualDirectory path=\"/\"/></application></site></sites></system.applicationHost></configuration>",
                "/a".repeat(200_000)
            ),
        ),
    ] {
        check(format, &text);
    }
}
