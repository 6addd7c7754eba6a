use super::*;
use crate::formats::FORMATS;
use crate::formats::detect::{Detection, detect as which};
use crate::formats::exchange::testing::{at, list, records, text as text_value, value};
use crate::model::exchange::Value;
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
    let [_, Content::Secrets(secrets)] = &document.content[..] else {
        panic!("{:?}", document.content);
    };
    assert!(file.slice(secrets[0]).contains("hunter2"));
}

const ACCESS: &str = "<system.webServer>\n  <security>\n    <access flags=\"Script\" sslFlags=\"Ssl, Ssl128\" />\n  \
    </security>\n</system.webServer>\n";
const WINDOWS: &str = "<system.webServer>\n  <security>\n    <authentication>\n      \
    <windowsAuthentication enabled=\"true\">\n        <providers>\n          <add value=\"Negotiate\" />\n          \
    <add value=\"NTLM\" />\n        </providers>\n        <extendedProtection tokenChecking=\"Require\" />\n      \
    </windowsAuthentication>\n    </authentication>\n  </security>\n</system.webServer>\n";

#[test]
fn what_holds_at_a_place_is_read_below_its_command() {
    let text = format!(
        "C:\\>appcmd list config \"Default Web Site/owa\" /section:access\n{ACCESS}\n\
         C:\\>%windir%\\system32\\inetsrv\\appcmd.exe list config 'default web site/OWA/' \
         -section:system.webServer/security/authentication/windowsAuthentication\n\n{WINDOWS}\
         C:\\>appcmd list config MACHINE/WEBROOT/APPHOST/Contoso /section:access\n{}C:\\>\n",
        ACCESS.replace("Ssl, Ssl128", "None")
    );
    assert_eq!(format(&text), "iis-listing");
    let file = file(&text);
    let document = parse(&file);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let totals = document.ledger.totals();
    assert_eq!((totals.not_modelled, totals.unrecognised), (0, 0));
    let found = records(&document);
    let [owa, contoso] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(owa.cmdlet, Some("Get-WebApplication"));
    assert_eq!(value(owa, "Site"), &text_value("Default Web Site"));
    assert_eq!(value(owa, "Path"), &text_value("/owa"));
    assert!(
        at(&file, owa, "Site").ends_with("list config \"Default Web Site/owa\" /section:access")
    );
    assert_eq!(value(owa, "RequireSSL"), &Value::Bool(true));
    assert_eq!(at(&file, owa, "SslFlags"), "Ssl, Ssl128");
    assert_eq!(value(owa, "WindowsAuthentication"), &Value::Bool(true));
    let providers = list(&["Negotiate", "NTLM"]);
    assert_eq!(value(owa, "WindowsAuthenticationProviders"), &providers);
    assert_eq!(at(&file, owa, "ExtendedProtectionTokenChecking"), "Require");
    assert!(owa.properties.get("BasicAuthentication").is_none());
    assert_eq!(value(contoso, "Site"), &text_value("Contoso"));
    assert_eq!(value(contoso, "Path"), &text_value("/"));
    assert_eq!(value(contoso, "RequireSSL"), &Value::Bool(false));
}

#[test]
fn a_section_that_is_shown_twice_makes_two_objects() {
    let command = "C:\\>appcmd list config \"Default Web Site/EWS\" /section:access\n";
    let later = ACCESS.replace("Ssl, Ssl128", "None");
    let document = parse(&file(&format!("{command}{ACCESS}{command}{later}")));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_ne!(value(found[0], "RequireSSL"), value(found[1], "RequireSSL"));
}

#[test]
fn the_prompt_or_the_answer_for_the_name_tells_the_server() {
    let command = "appcmd list config \"Default Web Site/EWS\" /section:access\n";
    for before in [
        "[CAS7]: PS C:\\> & C:\\Windows\\System32\\inetsrv\\",
        "C:\\>hostname\nCAS7\n\nC:\\>",
    ] {
        let document = parse(&file(&format!("{before}{command}{ACCESS}")));
        let host = records(&document)[0].host.as_deref();
        assert_eq!(host, Some("CAS7"), "{before}");
    }
}

#[test]
fn output_that_does_not_tell_where_it_holds_decides_nothing() {
    for command in [
        "appcmd list config /section:access",
        "appcmd list config -section:access",
        "appcmd list config http://localhost/owa /section:access",
        "appcmd list config MACHINE/WEBROOT/APPHOST /section:access",
        "appcmd list config \"%SITE%/owa\" /section:access",
        "appcmd list config \"Default Web Site/owa\" /section:access | findstr /v None",
        "appcmd list config \"Default Web Site/owa\" /section:access /xml",
    ] {
        let document = parse(&file(&format!("C:\\>{command}\n{ACCESS}")));
        assert!(records(&document).is_empty(), "{command}");
        assert_eq!(document.ledger.totals().modelled, 0, "{command}");
        assert_eq!(document.problems.len(), 1, "{command}");
    }
}

#[test]
fn xml_that_is_cut_off_decides_nothing_and_is_told() {
    let command = "C:\\>appcmd list config \"Default Web Site/owa\" /section:access\n";
    for xml in [
        "<system.webServer>\n  <security>\n    <access sslFlags=\"None\" />\n",
        "<system.webServer>\n  <security>\n    <access sslFlags=\"None\" />\n</system.webServer>\n",
    ] {
        let document = parse(&file(&format!("{command}{xml}C:\\>\n")));
        assert!(records(&document).is_empty(), "{xml}");
        let first = &document.problems[0];
        assert!(first.message.contains("not whole"), "{}", first.message);
    }
}

#[test]
fn a_command_without_a_prompt_counts_by_its_output_alone() {
    let command = "appcmd list config \"Default Web Site/owa\" /section:access";
    let text = format!("{command}\n\n{ACCESS}");
    assert_eq!(format(&text), "iis-listing");
    assert_eq!(records(&parse(&file(&text))).len(), 1);
    assert_ne!(
        format(&format!("@echo off\n{command}\npause\n")),
        "iis-listing"
    );
}

#[test]
fn fences_and_tags_that_a_console_broke_are_no_end_of_the_output() {
    let broken = WINDOWS.replace(
        "enabled=\"true\">",
        "enabled=\"true\" useKernelMode=\"true\"\nuseAppPoolCredentials=\"false\">",
    );
    let text = format!(
        "```console\nC:\\>appcmd.exe list config \"Default Web Site/EWS\" -section:windowsAuthentication\n```\n\n```xml\n{broken}```\n"
    );
    let file = file(&text);
    let document = parse(&file);
    let found = records(&document);
    assert_eq!(found.len(), 1, "{:?}", document.problems);
    assert_eq!(at(&file, found[0], "WindowsAuthentication"), "true");
}

#[test]
fn the_shell_of_exchange_may_ask_iis_as_well() {
    let text = format!(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\nIdentity    : CAS1\\owa (Default Web Site)\n\
         InternalUrl : https://cas1.contoso.example/owa\nServer      : CAS1\n\n\
         [PS] C:\\>& $env:windir\\system32\\inetsrv\\appcmd.exe list config \"Default Web Site/owa\" /section:access\n{ACCESS}"
    );
    assert_eq!(format(&text), "exchange-list");
    let file = file(&text);
    let document = (crate::formats::exchange::LIST.parse)(&file);
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_eq!(at(&file, found[1], "SslFlags"), "Ssl, Ssl128");
}

#[test]
fn sites_and_their_paths_are_read_with_bindings_and_folders() {
    let sites = "SITE \"Default Web Site\" (id:1,bindings:http/*:80:,https/*:443:mail.contoso.example,state:Started)\n\
                 SITE \"Exchange Back End\" (id:2,bindings:https/*:444:,net.tcp/808:*,state:Stopped)\n";
    let paths = "APP \"Default Web Site/\" (applicationPool:DefaultAppPool)\n\
                 APP \"Default Web Site/owa\" (applicationPool:MSExchangeOWAAppPool)\n\
                 VDIR \"Default Web Site/\" (physicalPath:%SystemDrive%\\inetpub\\wwwroot)\n\
                 VDIR \"Default Web Site/owa/\" (physicalPath:C:\\Exchange (x64)\\owa)\n\
                 APPPOOL \"DefaultAppPool\" (MgdVersion:v2.0,MgdMode:Integrated,state:Started)\n";
    let text = format!("C:\\>appcmd list sites\n{sites}\nC:\\>appcmd list vdirs\n{paths}");
    assert_eq!(format(&text), "iis-listing");
    let read = file(&text);
    let document = parse(&read);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let totals = document.ledger.totals();
    assert_eq!(
        (totals.modelled, totals.not_modelled, totals.unrecognised),
        (6, 0, 0)
    );
    let found = records(&document);
    let [root, owa, back_end] = &found[..] else {
        panic!("{found:?}");
    };
    let bindings = list(&["http *:80:", "https *:443:mail.contoso.example"]);
    for (record, path, folder) in [
        (root, "/", "%SystemDrive%\\inetpub\\wwwroot"),
        (owa, "/owa", "C:\\Exchange (x64)\\owa"),
    ] {
        assert_eq!(value(record, "Site"), &text_value("Default Web Site"));
        assert_eq!(value(record, "SiteId"), &Value::Integer(1));
        assert_eq!(value(record, "Path"), &text_value(path));
        assert_eq!(value(record, "PhysicalPath"), &text_value(folder));
        assert_eq!(value(record, "SiteBindings"), &bindings);
        assert!(record.properties.get("SslFlags").is_none());
    }
    assert_eq!(at(&read, owa, "SiteBindings"), "http/*:80:");
    assert_eq!(value(back_end, "Path"), &text_value("/"));
    assert_eq!(
        value(back_end, "SiteBindings"),
        &list(&["https *:444:", "net.tcp 808:*"])
    );
    assert!(back_end.properties.get("PhysicalPath").is_none());
}

#[test]
fn the_form_in_xml_says_the_same() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<appcmd>\n    \
        <SITE SITE.NAME=\"Mail &amp; Web\" SITE.ID=\"3\" bindings=\"https/*:443:\" state=\"Started\" />\n    \
        <APP APP.NAME=\"Mail &amp; Web/owa\" APPPOOL.NAME=\"Owa\" SITE.NAME=\"Mail &amp; Web\" path=\"/owa\" />\n    \
        <VDIR VDIR.NAME=\"Mail &amp; Web/owa/\" APP.NAME=\"Mail &amp; Web/owa\" path=\"/\" physicalPath=\"D:\\owa\" />\n\
        </appcmd>\n";
    assert_eq!(format(text), "iis-listing");
    let document = parse(&file(text));
    let totals = document.ledger.totals();
    assert_eq!(
        (totals.modelled, totals.not_modelled, totals.unrecognised),
        (3, 0, 0)
    );
    let found = records(&document);
    let [owa] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(value(owa, "Site"), &text_value("Mail & Web"));
    assert_eq!(value(owa, "Path"), &text_value("/owa"));
    assert_eq!(value(owa, "PhysicalPath"), &text_value("D:\\owa"));
    assert_eq!(value(owa, "SiteBindings"), &list(&["https *:443:"]));
}

#[test]
fn what_is_cut_or_told_twice_is_not_taken_for_one_thing() {
    // A console that broke the line, a binding without a protocol, a number that is none.
    for text in [
        "C:\\>appcmd list site\nSITE \"A\" (id:1,bindings:http/*:80:,state:Star\nted)\n",
        "SITE \"A\" (id:1,bindings:*:80:,state:Started)\n",
        "SITE \"A\" (id:x,bindings:http/*:80:,state:Started)\n",
        "VDIR \"A/owa/\" (physicalPath:C:\\ow\na)\n",
    ] {
        let document = parse(&file(text));
        assert!(records(&document).is_empty(), "{text}");
        assert!(document.ledger.totals().not_modelled > 0, "{text}");
    }
    let twice = "SITE \"A\" (id:1,bindings:http/*:80:,state:Started)\n\
                 SITE \"A\" (id:1,bindings:https/*:443:,state:Started)\n\
                 SITE \"A\" (id:1,bindings:https/*:443:,state:Stopped)\n";
    let document = parse(&file(twice));
    let found = records(&document);
    let bindings: Vec<_> = found.iter().map(|one| value(one, "SiteBindings")).collect();
    assert_eq!(bindings, [&list(&["http *:80:"]), &list(&["https *:443:"])]);
}

#[test]
fn settings_of_a_place_and_its_site_are_one_object() {
    let text = format!(
        "C:\\>appcmd list site\nSITE \"Default Web Site\" (id:1,bindings:https/*:443:,state:Started)\n\
         C:\\>appcmd list vdir\nVDIR \"Default Web Site/owa/\" (physicalPath:C:\\owa)\n\
         C:\\>appcmd list config \"default web site/owa\" /section:access\n{ACCESS}"
    );
    let found = file(&text);
    let document = parse(&found);
    let found = records(&document);
    let [owa] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(value(owa, "RequireSSL"), &Value::Bool(true));
    assert_eq!(value(owa, "SiteBindings"), &list(&["https *:443:"]));
    assert_eq!(value(owa, "PhysicalPath"), &text_value("C:\\owa"));
}
