//! Cut, unbalanced, refused, deep, and long files.

use super::*;
use crate::formats::ProblemLevel;

const XML: &str = r#"<config version="10.1.0"><devices><entry name="localhost.localdomain"><vsys><entry name="vsys1"><rulebase><security><rules><entry name="a &lt; b"><from><member>any</member></from><to><member>any</member></to><source><member>any</member></source><destination><member>any</member></destination><application><member>any</member></application><service><member>any</member></service><action>allow</action></entry></rules></security></rulebase></entry></vsys></entry></devices></config>"#;

#[test]
fn a_file_cut_at_any_byte_is_read_and_its_end_is_told() {
    for end in 1..XML.len() {
        let document = read(&XML[..end]);
        let told = document
            .problems
            .iter()
            .any(|one| one.level >= ProblemLevel::Warning);
        assert!(told, "{end}: {:?}", &XML[..end]);
    }
    assert!(read(XML).problems.is_empty());
    let text = one("source hub\ndestination edge\ndescription \"a b\"");
    for end in 0..=text.len() {
        let _ = read(&text[..end]);
    }
}

#[test]
fn a_cut_off_rule_base_decides_nothing() {
    let end = XML.find("</rules>").expect("it is there");
    let network = "<network><interface><ethernet><entry name=\"ethernet1/1\"/></ethernet></interface></network>";
    let text = XML[..end].replacen("<vsys>", &format!("{network}<vsys>"), 1);
    let firewall = firewall(&text);
    assert!(firewall.filters.iter().any(|filter| {
        filter
            .rules
            .iter()
            .any(|rule| rule.implicit.is_some() && !rule.conditions.is_empty())
    }));
    let hint = read(&text).problems.remove(0).hint.unwrap_or_default();
    assert!(hint.contains("running-config.xml"), "{hint}");
}

#[test]
fn entities_and_document_types_are_refused() {
    let typed = format!("<!DOCTYPE config [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{XML}");
    let entity = XML.replace("&lt;", "&x;");
    for text in [typed, entity] {
        let document = read(&text);
        assert!(document.content.is_empty());
        assert_eq!(document.problems[0].level, ProblemLevel::Error);
        assert!(
            document.problems[0].message.contains("refused"),
            "{:?}",
            document.problems
        );
    }
}

#[test]
fn unbalanced_elements_and_braces_are_told() {
    let twice = XML.replace("</from>", "</form>");
    let braces = "deviceconfig {\n  system {\n    hostname a;\n  }\n}\n}\n";
    let open = "deviceconfig {\n  system {\n    hostname a;\n  }\n";
    for text in [twice.as_str(), braces, open] {
        assert_eq!(read(text).problems[0].level, ProblemLevel::Error, "{text}");
    }
}

#[test]
fn a_hundred_thousand_levels_do_not_overflow_the_stack() {
    let _ = read(&format!(
        "<config version=\"1\"><shared>{}",
        "<a>".repeat(100_000)
    ));
    let _ = read(&"vsys {\n".repeat(100_000));
    let _ = read(&format!("set rulebase {}\n", "x ".repeat(100_000)));
    let _ = read(&format!("{{\"config\":{}", "[".repeat(100_000)));
}

#[test]
fn a_group_of_groups_without_end_is_followed_once() {
    let mut text = one("destination g0");
    for index in 0..2_000 {
        text += &format!(
            "set address-group g{index} static [ g{} g{} ]\n",
            index + 1,
            index + 2
        );
    }
    let _ = firewall(&text);
}

#[test]
fn no_secret_reaches_the_model_or_a_remark() {
    let text = format!(
        "{}set mgt-config users admin phash $5$abc$S3cret\n\
         set shared server-profile ldap x bind-password -AQ==S3cret\n\
         set network ike gateway g authentication pre-shared-key key -AQ==S3cret\n",
        one("")
    );
    let document = read(&text);
    assert!(!format!("{document:?}").contains("S3cret"));
    let source = file(&text);
    let hidden = crate::formats::firewall::panos::secret_spans(&source);
    let parts: Vec<&str> = hidden
        .iter()
        .filter_map(|span| source.text().get(span.range()))
        .collect();
    assert_eq!(parts, ["$5$abc$S3cret", "-AQ==S3cret", "-AQ==S3cret"]);
}

#[test]
fn reading_twice_gives_the_same() {
    let text = one("destination named\napplication smtp\nsource-user bob");
    assert_eq!(read(&text), read(&text));
}

/// No device has two rules of one name; which of them counts is not known.
#[test]
fn two_rules_of_one_name_are_told_and_decide_nothing() {
    let first = XML.find("<entry name=\"a &lt; b\">").expect("it is there");
    let end = XML.find("</rules>").expect("it is there");
    let text = format!("{}{}", &XML[..end], &XML[first..]);
    let problems = read(&text).problems;
    assert_eq!(problems[0].level, ProblemLevel::Error);
    assert!(problems[0].message.contains("one name"), "{problems:?}");
}

#[test]
fn an_error_beside_a_wide_character_has_a_place() {
    for text in [
        "<config version=\"1\"><shared>\u{65e5}<\u{672c}\u{8a9e} </shared></config>",
        "{ \"config\": { \"vsys\": \"\\\u{65e5}\u{672c}",
    ] {
        let source = file(text);
        for problem in read(text).problems {
            assert!(source.text().get(problem.span.range()).is_some(), "{text}");
        }
    }
}
