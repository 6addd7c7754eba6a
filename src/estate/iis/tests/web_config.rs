//! `web.config` files of a server with its `applicationHost.config`.

use super::{LIST, OWA, estate, property, texts};
use crate::estate::Estate;
use crate::formats::iis::CONFIG;
use crate::model::exchange::{Lookup, Value};
use crate::source::Sources;

/// What registers the sections, locked as IIS installs them.
const SECTIONS: &str = r#"<configSections><sectionGroup name="system.webServer"><sectionGroup name="security">
<section name="access" overrideModeDefault="Deny" />
<sectionGroup name="authentication"><section name="anonymousAuthentication" overrideModeDefault="Deny" />
<section name="basicAuthentication" overrideModeDefault="Deny" /><section name="windowsAuthentication" overrideModeDefault="Deny" /></sectionGroup>
</sectionGroup></sectionGroup></configSections>"#;

/// Sites and their folders.
const SITES: &str = r#"<system.applicationHost><sites><site name="Default Web Site" id="1">
<application path="/"><virtualDirectory path="/" physicalPath="%SystemDrive%\inetpub\wwwroot" /></application>
<application path="/owa"><virtualDirectory path="/" physicalPath="C:\Program Files\Microsoft\Exchange Server\ClientAccess\owa" /></application>
<application path="/owa/Calendar"><virtualDirectory path="/" physicalPath="C:\Program Files\Microsoft\Exchange Server\ClientAccess\owa" /></application>
<application path="/EWS"><virtualDirectory path="/" physicalPath="D:\Exchange\EWS" /></application>
</site></sites></system.applicationHost>"#;

const UNLOCKED: &str = r#"<location path="" overrideMode="Allow"><system.webServer><security><access sslFlags="Ssl" />
<authentication><basicAuthentication enabled="false" /><windowsAuthentication enabled="true"><providers><add value="Negotiate" /><add value="NTLM" /></providers></windowsAuthentication></authentication>
</security></system.webServer></location>"#;

const OWA_FOLDER: &str =
    "CAS1/C/Program Files/Microsoft/Exchange Server/ClientAccess/owa/web.config";

fn host(rest: &str) -> String {
    format!("<configuration>{SECTIONS}{SITES}{rest}</configuration>")
}

fn web(security: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><configuration><system.webServer><security>{security}</security></system.webServer></configuration>"
    )
}

/// Joins a server with its configuration and some `web.config` files.
fn with(host: &str, webs: &[(&str, &str)]) -> (Estate, Sources) {
    let mut files = vec![
        ("CAS1/owa.txt", &LIST, OWA),
        ("CAS1/applicationHost.config", &CONFIG, host),
    ];
    files.extend(webs.iter().map(|(name, text)| (*name, &CONFIG, *text)));
    estate(&files)
}

/// A property of an application of IIS.
fn application(estate: &Estate, path: &str, name: &str) -> Option<Value> {
    let mut all = estate.objects.iter().filter(|object| {
        let known = object.record.text("Path").map(|(known, _)| known);
        object.cmdlet == "Get-WebApplication" && known == Some(path)
    });
    let object = all.next()?;
    assert!(all.next().is_none(), "{path} twice");
    Some(object.record.properties.get(name)?.value.clone())
}

fn why(value: Option<Value>) -> String {
    match value {
        Some(Value::Unusable(why)) => why.to_string(),
        other => panic!("known: {other:?}"),
    }
}

#[test]
fn a_web_config_changes_its_directory_and_those_that_share_its_folder() {
    let open = web(
        "<access sslFlags=\"None\" /><authentication><basicAuthentication enabled=\"true\" /></authentication>",
    );
    let (before, _) = with(&host(UNLOCKED), &[]);
    assert_eq!(property(&before, "IisRequireSSL"), Some(Value::Bool(true)));
    let (after, sources) = with(&host(UNLOCKED), &[(OWA_FOLDER, &open)]);
    assert!(after.problems.is_empty(), "{:?}", after.problems);
    assert_eq!(property(&after, "IisRequireSSL"), Some(Value::Bool(false)));
    let both = texts(&["Anonymous", "Basic", "Windows"]);
    let of_digest = property(&after, "IisAuthentication");
    assert_eq!(of_digest, Some(both));
    let calendar = application(&after, "/owa/Calendar", "RequireSSL");
    assert_eq!(calendar, Some(Value::Bool(false)));
    for elsewhere in ["/", "/EWS"] {
        let value = application(&after, elsewhere, "RequireSSL");
        assert_eq!(value, Some(Value::Bool(true)), "{elsewhere}");
    }
    // The object stands in one file, its property in the other.
    let owa = after.objects.iter().find(|object| {
        object.cmdlet == "Get-WebApplication"
            && object.record.text("Path").map(|(p, _)| p) == Some("/owa")
    });
    let record = &owa.expect("there").record;
    let (declared, _) = sources.locate(record.span).expect("a place");
    assert_eq!(declared, "CAS1/applicationHost.config");
    let Lookup::Known(_, span) = record.get("RequireSSL") else {
        panic!("known");
    };
    let (stated, at) = sources.locate(span).expect("a place");
    assert_eq!((stated, at.line), (OWA_FOLDER, 1));
}

#[test]
fn a_section_that_is_locked_is_told_and_what_holds_there_is_open() {
    let locked = r#"<location path="Default Web Site"><system.webServer><security><access sslFlags="Ssl" /></security></system.webServer></location>"#;
    let (estate, sources) = with(
        &host(locked),
        &[(OWA_FOLDER, &web("<access sslFlags=\"None\" />"))],
    );
    let value = property(&estate, "IisRequireSSL");
    assert!(why(value).contains("IIS refuses"), "no");
    assert_eq!(
        application(&estate, "/EWS", "RequireSSL"),
        Some(Value::Bool(true))
    );
    // Both paths have the folder: told once.
    let [problem] = estate.problems.as_slice() else {
        panic!("{:?}", estate.problems);
    };
    assert!(problem.message.contains("access is locked"), "{problem:?}");
    let (file, _) = sources.locate(problem.span).expect("a place");
    assert_eq!(file, OWA_FOLDER);
}

#[test]
fn the_lock_nearest_to_the_folder_counts() {
    let one = r#"<location path="Default Web Site/owa" overrideMode="MODE"><system.webServer><security><access sslFlags="Ssl" /></security></system.webServer></location>"#;
    let open = web("<access sslFlags=\"None\" />");
    let allow = host(&one.replace("MODE", "Allow"));
    let (estate, _) = with(&allow, &[(OWA_FOLDER, &open)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
    let deny = host(&format!("{UNLOCKED}{}", one.replace("MODE", "Deny")));
    let (estate, _) = with(&deny, &[(OWA_FOLDER, &open)]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("IIS refuses"));
    let legacy = host(&one.replace("overrideMode=\"MODE\"", "allowOverride=\"true\""));
    let (estate, _) = with(&legacy, &[(OWA_FOLDER, &open)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
    let part = host(
        &one.replace("MODE", "Allow")
            .replace("<access ", "<access lockAttributes=\"sslFlags\" "),
    );
    let (estate, _) = with(&part, &[(OWA_FOLDER, &open)]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("parts of the section"));
}

#[test]
fn the_web_config_of_a_site_reaches_its_applications_unless_it_says_otherwise() {
    let none = web("<access sslFlags=\"None\" />");
    let wwwroot = "CAS1/inetpub/wwwroot/web.config";
    let (estate, _) = with(&host(UNLOCKED), &[(wwwroot, &none)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
    let own = none
        .replace(
            "<system.webServer>",
            "<location path=\".\" inheritInChildApplications=\"false\"><system.webServer>",
        )
        .replace("</system.webServer>", "</system.webServer></location>");
    let (estate, _) = with(&host(UNLOCKED), &[(wwwroot, &own)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    let root = application(&estate, "/", "RequireSSL");
    assert_eq!(root, Some(Value::Bool(false)));
    // A location of the server below the folder: nobody says which of them holds.
    let deeper = r#"<location path="Default Web Site/owa"><system.webServer><security><access sslFlags="Ssl, Ssl128" /></security></system.webServer></location>"#;
    let (estate, _) = with(&host(&format!("{UNLOCKED}{deeper}")), &[(wwwroot, &none)]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("different values"));
    let same = none.replace("None", "Ssl128,Ssl");
    let (estate, _) = with(&host(&format!("{UNLOCKED}{deeper}")), &[(wwwroot, &same)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
}

#[test]
fn folders_below_and_locations_in_a_web_config_become_places_of_their_own() {
    let child = web("<access sslFlags=\"None\" />")
        .replace(
            "<system.webServer>",
            "<location path=\"auth\"><system.webServer>",
        )
        .replace("</system.webServer>", "</system.webServer></location>");
    let below = OWA_FOLDER.replace("owa/web.config", "owa/Public/web.config");
    let public = web(
        "<authentication><windowsAuthentication><providers><remove value=\"Negotiate\" /></providers></windowsAuthentication></authentication>",
    );
    let (estate, _) = with(&host(UNLOCKED), &[(OWA_FOLDER, &child), (&below, &public)]);
    let auth = application(&estate, "/owa/auth", "RequireSSL");
    assert_eq!(auth, Some(Value::Bool(false)));
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    let providers = application(&estate, "/owa", "WindowsAuthenticationProviders");
    assert_eq!(providers, Some(texts(&["Negotiate", "NTLM"])));
}

#[test]
fn the_name_that_the_support_collector_gives_tells_the_place() {
    let none = web("<access sslFlags=\"None\" />");
    for name in [
        "CAS1/IISConfigFiles.zip/Default Web Site_owa__web.config",
        "CAS1_Default Web Site_owa__web.config",
    ] {
        let (estate, _) = with(&host(UNLOCKED), &[(name, &none)]);
        assert!(estate.problems.is_empty(), "{:?}", estate.problems);
        let owa = property(&estate, "IisRequireSSL");
        assert_eq!(owa, Some(Value::Bool(false)), "{name}");
        // Another path has the same folder.
        let calendar = application(&estate, "/owa/Calendar", "RequireSSL");
        assert_eq!(calendar, Some(Value::Bool(false)));
        let ews = application(&estate, "/EWS", "RequireSSL");
        assert_eq!(ews, Some(Value::Bool(true)));
    }
}

#[test]
fn a_web_config_without_a_place_opens_what_it_may_change_and_nothing_else() {
    let none = web("<access sslFlags=\"None\" />");
    for name in [
        "CAS1/copies/web.config",
        "CAS1/x/web.config",
        "web.config",
        "CAS1/owa/web.config",
    ] {
        let (estate, _) = with(&host(UNLOCKED), &[(name, &none)]);
        let value = property(&estate, "IisRequireSSL");
        assert!(why(value).contains("not known"), "{name}");
        let basic = application(&estate, "/owa", "BasicAuthentication");
        assert_eq!(basic, Some(Value::Bool(false)));
        let [problem] = estate.problems.as_slice() else {
            panic!("{:?}", estate.problems);
        };
        assert!(problem.message.contains("which folder of IIS"));
        // Where the section is locked, no web.config changes it.
        let locked = r#"<location path="Default Web Site"><system.webServer><security><access sslFlags="Ssl" /></security></system.webServer></location>"#;
        let (estate, _) = with(&host(locked), &[(name, &none)]);
        assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
        // Nor does one that says the same.
        let same = web("<access sslFlags=\"Ssl\" />");
        let (estate, _) = with(&host(UNLOCKED), &[(name, &same)]);
        assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    }
}

#[test]
fn a_web_config_that_states_none_of_it_and_one_of_another_folder_change_nothing() {
    let other = "<configuration><system.webServer><modules><remove name=\"x\" /></modules></system.webServer></configuration>";
    let (estate, _) = with(&host(UNLOCKED), &[("CAS1/copies/web.config", other)]);
    assert!(estate.problems.is_empty(), "{:?}", estate.problems);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    let none = web("<access sslFlags=\"None\" />");
    let elsewhere = "CAS1/C/Program Files/Contoso/web.config";
    let (estate, _) = with(&host(UNLOCKED), &[(elsewhere, &none)]);
    assert!(estate.problems.is_empty(), "{:?}", estate.problems);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    // IIS looks at no web.config below this folder.
    let closed = host(UNLOCKED).replace("wwwroot\" />", "wwwroot\" allowSubDirConfig=\"false\" />");
    let below = "CAS1/C/inetpub/wwwroot/sub/web.config";
    let (estate, _) = with(&closed, &[(below, &none)]);
    assert_eq!(application(&estate, "/sub", "RequireSSL"), None);
    let (estate, _) = with(&host(UNLOCKED), &[(below, &none)]);
    assert_eq!(
        application(&estate, "/sub", "RequireSSL"),
        Some(Value::Bool(false))
    );
}

#[test]
fn copies_that_disagree_and_sections_that_are_elsewhere_are_open() {
    let (one, two) = (
        web("<access sslFlags=\"None\" />"),
        web("<access sslFlags=\"Ssl\" />"),
    );
    let again = OWA_FOLDER.replace("CAS1/C/", "old/CAS1/C/");
    let (estate, _) = with(&host(UNLOCKED), &[(OWA_FOLDER, &one), (&again, &two)]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("disagree"));
    let (estate, _) = with(&host(UNLOCKED), &[(OWA_FOLDER, &one), (&again, &one)]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
    let source = web("<access configSource=\"access.config\" />");
    let (estate, _) = with(&host(UNLOCKED), &[(OWA_FOLDER, &source)]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("configSource"));
    let of_host = UNLOCKED.replace(
        "<access sslFlags=\"Ssl\" />",
        "<access configSource=\"a.config\" />",
    );
    let (estate, _) = with(&host(&of_host), &[]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("configSource"));
}

#[test]
fn without_the_registration_of_sections_their_lock_is_open() {
    let bare = format!("<configuration>{SITES}</configuration>");
    let (estate, _) = with(&bare, &[(OWA_FOLDER, &web("<access sslFlags=\"Ssl\" />"))]);
    assert!(why(property(&estate, "IisRequireSSL")).contains("does not show"));
    let (estate, _) = with(&bare, &[]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
}

#[test]
fn servers_keep_their_own() {
    let none = web("<access sslFlags=\"None\" />");
    let other = OWA_FOLDER.replace("CAS1", "CAS2");
    let second = OWA.replace("CAS1", "CAS2").replace("cas1", "cas2");
    let host = host(UNLOCKED);
    let (estate, _) = estate(&[
        ("CAS1/owa.txt", &LIST, OWA),
        ("CAS2/owa.txt", &LIST, &second),
        ("CAS1/applicationHost.config", &CONFIG, &host),
        (&other, &CONFIG, &none),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
}

#[test]
fn a_file_of_another_name_is_not_read_by_iis() {
    let none = web("<access sslFlags=\"None\" />");
    for name in ["web.config.bak", "web.20250101.config", "app.config"] {
        let beside = OWA_FOLDER.replace("web.config", name);
        let without_drive = beside.replace("CAS1/C/", "CAS1/");
        for path in [beside.clone(), without_drive] {
            let (estate, _) = with(&host(UNLOCKED), &[(&path, &none)]);
            let value = property(&estate, "IisRequireSSL");
            assert_eq!(value, Some(Value::Bool(true)), "{path}");
            let [problem] = estate.problems.as_slice() else {
                panic!("{:?}", estate.problems);
            };
            assert!(problem.message.contains("not read by IIS"));
        }
        // The file of the folder still counts.
        let files = [(beside.as_str(), none.as_str()), (OWA_FOLDER, &none)];
        let (estate, _) = with(&host(UNLOCKED), &files);
        let value = property(&estate, "IisRequireSSL");
        assert_eq!(value, Some(Value::Bool(false)), "{name}");
    }
    // A copy in no path of the server may be of any folder.
    let (estate, _) = with(&host(UNLOCKED), &[("CAS1/copies/owa.config", &none)]);
    let value = property(&estate, "IisRequireSSL");
    assert!(why(value).contains("not known"));
    let upper = OWA_FOLDER.replace("web.config", "Web.Config");
    let (estate, _) = with(&host(UNLOCKED), &[(&upper, &none)]);
    let value = property(&estate, "IisRequireSSL");
    assert_eq!(value, Some(Value::Bool(false)));
}

#[test]
fn without_the_name_of_a_server_a_web_config_opens_what_it_may_change() {
    let none = web("<access sslFlags=\"None\" />");
    let (estate, _) = estate(&[
        ("applicationHost.config", &CONFIG, &host(UNLOCKED)),
        ("C/inetpub/wwwroot/web.config", &CONFIG, &none),
    ]);
    for path in ["/", "/owa", "/EWS"] {
        let value = application(&estate, path, "RequireSSL");
        assert!(why(value).contains("not known"), "{path}");
        let basic = application(&estate, path, "BasicAuthentication");
        assert_eq!(basic, Some(Value::Bool(false)), "{path}");
    }
    let mut told = estate.problems.iter();
    assert!(told.any(|problem| problem.message.contains("which folder of IIS")));
}

#[test]
fn a_lock_on_providers_makes_open_what_a_web_config_states_of_them() {
    let clear = web(
        "<authentication><windowsAuthentication><providers><clear /><add value=\"NTLM\" /></providers></windowsAuthentication></authentication>",
    );
    let providers = |host: &str| {
        let (estate, _) = with(host, &[(OWA_FOLDER, &clear)]);
        property(&estate, "IisWindowsAuthenticationProviders")
    };
    assert_eq!(providers(&host(UNLOCKED)), Some(texts(&["NTLM"])));
    for (open, locked) in [
        ("<providers>", "<providers lockElements=\"clear\">"),
        ("value=\"NTLM\"", "value=\"NTLM\" lockItem=\"true\""),
    ] {
        let host = host(&UNLOCKED.replace(open, locked));
        assert!(why(providers(&host)).contains("locked"), "{locked}");
    }
}

#[test]
fn copies_of_the_configuration_of_a_server_are_read_once_and_not_without_end() {
    let none = web("<access sslFlags=\"None\" />");
    let own = host(UNLOCKED);
    let names: Vec<String> = (0..70)
        .map(|at| format!("CAS1/{at}/applicationHost.config"))
        .collect();
    let copies = |texts: &[String]| {
        let files = names.iter().zip(texts);
        let files = files.map(|(name, text)| (name.as_str(), &CONFIG, text.as_str()));
        let mut all: Vec<_> = files.collect();
        all.push((OWA_FOLDER, &CONFIG, none.as_str()));
        all.push(("CAS1/owa.txt", &LIST, OWA));
        estate(&all).0
    };
    let same = copies(&vec![own.clone(); 70]);
    assert!(same.problems.is_empty(), "{:?}", same.problems);
    assert_eq!(property(&same, "IisRequireSSL"), Some(Value::Bool(false)));
    let differing: Vec<String> = (0..70).map(|at| format!("{own}<!-- {at} -->")).collect();
    let many = copies(&differing);
    let told = many
        .problems
        .iter()
        .filter(|problem| problem.message.contains("too many copies"));
    assert_eq!(told.count(), 1, "{:?}", many.problems);
    assert!(why(property(&many, "IisRequireSSL")).contains("too many copies"));
}

#[test]
fn a_web_config_that_is_not_well_formed_opens_its_folder() {
    let none = web("<access sslFlags=\"None\" />");
    for broken in [
        none.replace("</security>", ""),
        none.replace("?><", "?><!DOCTYPE c><"),
    ] {
        let (estate, _) = with(&host(UNLOCKED), &[(OWA_FOLDER, &broken)]);
        for property_of in ["IisRequireSSL", "IisWindowsAuthenticationProviders"] {
            assert!(why(property(&estate, property_of)).contains("well formed"));
        }
        let ews = application(&estate, "/EWS", "RequireSSL");
        assert_eq!(ews, Some(Value::Bool(true)));
        // Of no folder, it may be any of them.
        let (estate, _) = with(&host(UNLOCKED), &[("CAS1/copies/web.config", &broken)]);
        let ews = application(&estate, "/EWS", "RequireSSL");
        assert!(matches!(ews, Some(Value::Unusable(_))));
    }
}
