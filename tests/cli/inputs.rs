use std::fs;

use crate::estate::{CONNECTORS, Estate, FIREWALL, INVENTORY};

#[test]
fn standard_input_takes_the_name_that_is_given() {
    let estate = Estate::empty().with("exlint.toml", INVENTORY);
    let outcome =
        estate.run_with_input(&["--stdin-filename", "inner.cfg", "-"], FIREWALL.as_bytes());
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.out.contains("╭─[inner.cfg:25:1]"),
        "{}",
        outcome.out
    );
    let unnamed = estate.run_with_input(&["coverage", "-"], FIREWALL.as_bytes());
    assert!(unnamed.out.contains("<stdin>"), "{}", unnamed.out);
}

#[test]
fn an_inventory_above_the_paths_is_found_and_another_can_be_named() {
    let estate = Estate::empty()
        .with("exlint.toml", INVENTORY)
        .with("exports/inner.cfg", FIREWALL)
        .with("other.toml", INVENTORY.replace("edge1", "edge9"));
    assert!(estate.run(&["exports"]).out.contains("edge1"));
    let named = estate.run(&["--config", "other.toml", "exports"]);
    assert!(named.out.contains("edge9"), "{named:?}");
    assert!(!named.out.contains("edge1"), "{named:?}");
    // One that lies among the inputs steps back for the one that is named.
    let within = estate.run(&["--config", "other.toml", "."]);
    assert!(within.out.contains("edge9"), "{within:?}");
    assert!(!within.out.contains("edge1"), "{within:?}");
}

#[test]
fn coverage_can_be_required() {
    let estate = Estate::small();
    let outcome = estate.run(&["--require-coverage", "exports"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.out.contains("FU005"), "{}", outcome.out);
    assert!(
        outcome.err.contains("--require-coverage is not met: ")
            && outcome.err.contains("rules lack data"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_run_that_evaluates_no_rule_is_loud() {
    let domain =
        "[PS] C:\\>Get-RemoteDomain | fl\n\nName : Default\nIdentity : Default\nDomainName : *\n\n";
    let estate = Estate::empty().with("domain.txt", domain);
    let outcome = estate.run(&["domain.txt"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.err.contains("no rule could be evaluated"),
        "{outcome:?}"
    );
    assert!(
        outcome.out.contains("No rule could be evaluated")
            && outcome.out.contains("Get-ReceiveConnector"),
        "{outcome:?}"
    );
    let japanese = estate.run(&["--lang", "ja", "domain.txt"]).out;
    assert!(
        japanese.contains("評価できた規則がありません"),
        "{japanese}"
    );
    assert_eq!(estate.run(&["-q", "domain.txt"]).err, "");
}

#[test]
fn an_empty_a_binary_and_a_strange_file_are_reported_and_the_rest_is_read() {
    let estate = Estate::small()
        .with("exports/empty.txt", "")
        .with(
            "exports/image.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0",
        )
        .with("exports/note.txt", "hello\n");
    let coverage = estate.run(&["coverage", "exports"]).out;
    for name in ["empty.txt", "image.png", "note.txt"] {
        let at = coverage
            .find(name)
            .unwrap_or_else(|| panic!("{name} is not listed"));
        let next: String = coverage[at..].lines().take(2).collect();
        assert!(next.contains("not recognised: "), "{next}");
    }
    let check = estate.run(&["exports"]);
    assert_eq!(check.code, 1);
    assert!(
        check.out.contains("6 files, 3 not recognised"),
        "{}",
        check.out
    );
}

#[test]
fn utf_16_and_utf_8_give_the_same_findings_at_the_same_places() {
    let wide = |text: &str| -> Vec<u8> {
        [0xfeff]
            .into_iter()
            .chain(text.replace('\n', "\r\n").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let narrow = Estate::small().run(&["--format", "json", "exports"]);
    let estate = Estate::small()
        .with("exports/inner.cfg", wide(FIREWALL))
        .with("exports/connectors.txt", wide(CONNECTORS));
    let wide = estate.run(&["--format", "json", "exports"]);
    let findings = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
        json["findings"].clone()
    };
    assert_eq!(findings(&narrow.out), findings(&wide.out));
}

#[test]
fn a_format_can_be_stated_for_a_file_that_does_not_show_it() {
    let estate = Estate::empty()
        .with("exlint.toml", INVENTORY)
        .with("inner.txt", FIREWALL);
    let outcome = estate.run(&["coverage", "--format-of", "*.txt=cisco-asa", "inner.txt"]);
    assert!(outcome.out.contains("--format-of"), "{outcome:?}");
    let wrong = estate.run(&["--format-of", "*.txt=cisco-assa", "inner.txt"]);
    assert!(wrong.err.contains("cisco-asa"), "{wrong:?}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_unless_wanted_and_a_loop_ends() {
    let estate = Estate::small().with("elsewhere/outer.cfg", FIREWALL);
    let link = |to: &str, from: &str| {
        std::os::unix::fs::symlink(estate.path().join(to), estate.path().join(from))
            .expect("a link");
    };
    link("exports", "exports/loop");
    link("elsewhere", "exports/linked");
    let outcome = estate.run(&["coverage", "exports"]);
    assert!(outcome.out.contains("exports/linked"), "{}", outcome.out);
    assert!(!outcome.out.contains("outer.cfg"), "{}", outcome.out);
    let followed = estate.run(&["coverage", "--follow-links", "exports"]);
    assert!(followed.out.contains("outer.cfg"), "{}", followed.out);
}

#[test]
fn a_version_control_folder_is_listed_not_read() {
    let estate = Estate::small().with("exports/.git/config", FIREWALL);
    let outcome = estate.run(&["coverage", "exports"]);
    assert!(outcome.out.contains("exports/.git"), "{}", outcome.out);
    assert!(!outcome.out.contains(".git/config"), "{}", outcome.out);
}

#[test]
fn every_prefix_of_the_inputs_is_survived() {
    let estate = Estate::small();
    let files = ["inner.cfg", "exlint.toml", "connectors.txt"];
    for name in files {
        let path = estate.path().join("exports").join(name);
        let whole = fs::read(&path).expect("readable");
        for parts in 1..8 {
            let cut = whole.len() * parts / 8;
            fs::write(&path, &whole[..cut]).expect("written");
            let outcome = estate.run(&["exports"]);
            assert!(
                (0..=3).contains(&outcome.code),
                "{name} cut at {cut}: {outcome:?}"
            );
            assert!(
                !outcome.err.contains("panicked"),
                "{name} cut at {cut}: {outcome:?}"
            );
        }
        fs::write(&path, whole).expect("written");
    }
}

#[test]
fn properties_of_exchange_that_are_not_known_are_listed() {
    let estate = Estate::empty().with(
        "HUB1_ReceiveConnector.csv",
        "Identity,AuthMechanism,PermissionGroups,FrobnicationLevel\n\
         HUB1\\A,Tls,AnonymousUsers,3\nHUB1\\B,Tls,AnonymousUsers,4\n",
    );
    let shown = estate.run(&["coverage", "HUB1_ReceiveConnector.csv"]);
    let line = "Get-ReceiveConnector: FrobnicationLevel";
    assert!(shown.out.contains(line), "{}", shown.out);
    let json = estate.run(&["coverage", "--format", "json", "HUB1_ReceiveConnector.csv"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let expected = serde_json::json!([{
        "cmdlet": "Get-ReceiveConnector",
        "property": "FrobnicationLevel",
        "objects": 2,
        "file": "HUB1_ReceiveConnector.csv",
        "line": 2
    }]);
    assert_eq!(json["unknown_properties"], expected);
}

#[test]
fn a_web_config_changes_what_the_facts_say_of_its_directory() {
    let owa = "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\nName                : owa (Default Web Site)\n\
        Server              : CAS1\nMetabasePath        : IIS://cas1.contoso.com/W3SVC/1/ROOT/owa\n\
        Identity            : CAS1\\owa (Default Web Site)\n\n[PS] C:\\>\n";
    let host = "<configuration><configSections><sectionGroup name=\"system.webServer\"><sectionGroup name=\"security\">\
        <section name=\"access\" overrideModeDefault=\"Allow\" /></sectionGroup></sectionGroup></configSections>\
        <system.applicationHost><sites><site name=\"Default Web Site\" id=\"1\"><application path=\"/owa\">\
        <virtualDirectory path=\"/\" physicalPath=\"C:\\owa\" /></application></site></sites></system.applicationHost>\
        <location path=\"Default Web Site\"><system.webServer><security><access sslFlags=\"Ssl\" /></security></system.webServer></location></configuration>";
    let web = "<configuration><system.webServer><security><access sslFlags=\"None\" /></security></system.webServer></configuration>";
    let server = || {
        Estate::empty()
            .with("CAS1/owa.txt", owa)
            .with("CAS1/applicationHost.config", host)
    };
    let alone = server().run(&["facts", "."]);
    assert!(
        alone.out.contains("\"IisRequireSSL\": true"),
        "{}",
        alone.out
    );
    let both = server()
        .with("CAS1/C/owa/web.config", web)
        .run(&["facts", "."]);
    assert!(
        both.out.contains("\"IisRequireSSL\": false"),
        "{}",
        both.out
    );
}

#[test]
fn the_log_of_the_hybrid_wizard_is_known_and_keeps_its_secrets() {
    let log = "2024.01.31 20:39:01.100         10276 [Client=UX, Session=OnPremises, Cmdlet=Set-SendConnector, Thread=9] \
        START Set-SendConnector -Identity 'x' -Password 'geheim' -Fqdn 'mail.contoso.com'\n";
    let estate = Estate::empty().with("20240131_203000.log", log);
    let coverage = estate.run(&["coverage", "."]);
    assert!(coverage.out.contains("HCW log"), "{}", coverage.out);
    for command in ["coverage", "check", "facts"] {
        let outcome = estate.run(&[command, "."]);
        assert!(!outcome.out.contains("geheim"), "{command}");
        assert!(!outcome.err.contains("geheim"), "{command}");
    }
}
