use super::Definitions;
use crate::formats::firewall::{cisco_asa, fortios, junos, panos};
use crate::model::asks::Asks;
use crate::source::{FileId, SourceFile, Span};

fn says(platform: &'static str, text: &str, statement: &str) -> String {
    let file = SourceFile::from_text(FileId(0), "fw.cfg", text);
    let start = text.rfind(statement).unwrap();
    let span = Span::of(file.id(), start..start + statement.len());
    Definitions::new(platform, Some(&file)).says(&Asks::default(), "it depends", span)
}

#[test]
fn a_name_stands_for_what_its_definition_says_in_every_syntax() {
    let forms = [
        (
            cisco_asa::ID,
            "object network NAME\n fqdn v4 VALUE\naccess-list A permit ip object NAME any\n",
            "object NAME",
        ),
        (
            fortios::ID,
            "config firewall address\n edit \"NAME\"\n  set fqdn \"VALUE\"\n next\nend\nset srcaddr \"NAME\"\n",
            "set srcaddr \"NAME\"",
        ),
        (
            junos::ID,
            "address NAME {\n dns-name VALUE;\n}\nsource-address NAME;\n",
            "source-address NAME",
        ),
        (
            junos::ID,
            "set security address-book global address NAME dns-name VALUE\nset x match source-address NAME\n",
            "source-address NAME",
        ),
        (
            panos::ID,
            "<a><entry name=\"NAME\"><fqdn>VALUE</fqdn></entry><member>NAME</member></a>",
            "<member>NAME</member>",
        ),
        (
            panos::ID,
            "set address NAME fqdn VALUE\nset rulebase security rules r source NAME\n",
            "source NAME",
        ),
    ];
    for (platform, text, statement) in forms {
        let said = |name: &str, value: &str| {
            let put = |text: &str| text.replace("NAME", name).replace("VALUE", value);
            says(platform, &put(text), &put(statement))
        };
        let known = said("mx", "mail.example.com");
        assert!(!known.contains("mx"), "{platform}: {known}");
        assert_eq!(known, said("relay", "mail.example.com"), "{platform}");
        assert_ne!(known, said("mx", "mail.example.net"), "{platform}");
    }
}

#[test]
fn what_a_definition_names_belongs_to_it_and_a_remark_does_not() {
    let text = |value: &str, remark: &str| {
        format!(
            "config firewall address\nedit \"a\"\nset fqdn \"{value}\"\nset comment \"{remark}\"\nnext\nend\n\
             config firewall addrgrp\nedit \"g\"\nset member \"a\" \"g\"\nnext\nend\nset srcaddr \"g\"\n"
        )
    };
    let said = |value, remark| says(fortios::ID, &text(value, remark), "set srcaddr \"g\"");
    assert_eq!(said("x.example", "one"), said("x.example", "two"));
    assert_ne!(said("x.example", "one"), said("y.example", "one"));
}
