use super::*;
use crate::formats::FORMATS;
use crate::formats::detect::{Detection, detect as which};
use crate::source::FileId;

const SITES: &str = "C:\\Windows\\System32\\inetsrv>appcmd list sites\r\n\
    SITE \"Default Web Site\" (id:1,bindings:http/*:80:,https/*:443:,state:Started)\r\n";

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "CAS1_iis.txt", text)
}

fn format(text: &str) -> &'static str {
    match which(&file(text), FORMATS, &[]) {
        Detection::Recognised { format, .. } => format.id,
        _ => "",
    }
}

#[test]
fn listings_of_both_tools_are_known() {
    for text in [
        SITES,
        "VDIR \"Default Web Site/owa/\" (physicalPath:C:\\inetpub\\owa)\n",
        "PS C:\\> & C:\\Windows\\System32\\inetsrv\\appcmd.exe list config \"Default Web Site/owa\" /section:access\n\
         <system.webServer>\n  <security>\n    <access sslFlags=\"Ssl\" />\n",
        "protocol bindingInformation sslFlags\n-------- ------------------ --------\nhttps    *:443:                    0\n",
        "protocol             : https\nbindingInformation   : *:443:\nsslFlags             : 0\n",
        "Name             ID   State      Physical Path                  Bindings\n\
         ----             --   -----      -------------                  --------\n\
         Default Web Site 1    Started    %SystemDrive%\\inetpub\\wwwroot  http *:80:\n",
        "[CAS1]: PS C:\\> Get-WebConfigurationProperty -Filter /system.webServer/security/access -Name sslFlags\nSsl\n",
    ] {
        assert_eq!(format(text), "iis-listing", "{text}");
        let document = parse(&file(text));
        let totals = document.ledger.totals();
        assert_eq!((totals.modelled, totals.unrecognised), (0, 0), "{text}");
        assert!(totals.not_modelled > 0, "{text}");
        let [problem] = &document.problems[..] else {
            panic!("{:?}", document.problems);
        };
        assert_eq!(problem.level, ProblemLevel::Warning);
        let hint = problem.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("applicationHost.config"), "{hint}");
    }
}

#[test]
fn other_texts_are_not() {
    for text in [
        "SITE \"Tokyo\" is down\n",
        "C:\\>appcmd set site \"Default Web Site\" /id:2\n",
        "Name ID\n---- --\nA    1\n",
        "the binding protocol bindingInformation\n",
    ] {
        assert_ne!(format(text), "iis-listing", "{text}");
    }
}

#[test]
fn objects_of_exchange_beside_a_listing_are_read_as_such() {
    let text = format!(
        "{SITES}\r\n[PS] C:\\>Get-OwaVirtualDirectory | fl\r\n\r\nIdentity    : CAS1\\owa (Default Web Site)\r\n\
         InternalUrl : https://cas1.contoso.example/owa\r\nServer      : CAS1\r\n"
    );
    assert_eq!(format(&text), "exchange-list");
}

#[test]
fn lines_with_passwords_are_secret_and_lines_before_are_told() {
    let text = format!("notes\n\n{SITES}  password:\"hunter2\"\n");
    let file = file(&text);
    let document = parse(&file);
    assert_eq!(document.ledger.totals().unrecognised, 1);
    let [Content::Secrets(secrets)] = &document.content[..] else {
        panic!("{:?}", document.content);
    };
    assert!(file.slice(secrets[0]).contains("hunter2"));
}
