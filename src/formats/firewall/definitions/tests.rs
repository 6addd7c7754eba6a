use super::Definitions;
use crate::formats::firewall::{cisco_asa, cisco_ios, fortios, junos, panos};
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

#[test]
fn a_secret_that_is_enciphered_anew_is_no_change() {
    let text = |key: &str, value: &str| {
        format!(
            "config user radius\nedit \"r\"\nset server \"192.0.2.9\"\nset {key} {value}\nnext\nend\nset groups \"r\"\n"
        )
    };
    for (key, first, second) in [
        ("secret", "ENC a1", "ENC b2"),
        ("psksecret", "a1", "b2"),
        ("auth-pwd", "a1", "b2"),
        ("some-new-key", "ENC a1", "ENC b2"),
    ] {
        let said = |value| says(fortios::ID, &text(key, value), "set groups \"r\"");
        assert_eq!(said(first), said(second), "{key}");
    }
    let said = |value| says(fortios::ID, &text("server", value), "set groups \"r\"");
    assert_ne!(said("192.0.2.8"), said("192.0.2.7"));
}

/// Groups of groups, each with all of the next level: as many ways lead down as
/// the width to the power of the depth.
#[test]
fn what_many_groups_name_is_asked_once() {
    const LEVELS: usize = 12;
    const WIDTH: usize = 20;
    let text = |leaf: &str| {
        let mut text = "config user group\n".to_owned();
        for level in 0..LEVELS {
            for at in 0..WIDTH {
                let members: Vec<String> = match level + 1 < LEVELS {
                    true => (0..WIDTH)
                        .map(|to| format!("\"g{}x{to}\"", level + 1))
                        .collect(),
                    false => vec![format!("\"{leaf}{at}\"")],
                };
                let members = members.join(" ");
                text += &format!("edit \"g{level}x{at}\"\nset member {members}\nnext\n");
            }
        }
        text + "end\nset groups \"g0x0\"\n"
    };
    let said = |leaf| says(fortios::ID, &text(leaf), "set groups \"g0x0\"");
    assert_eq!(said("u"), said("u"));
    assert_ne!(said("u"), said("v"));
}

#[test]
fn a_time_range_and_a_list_of_one_name_are_two_things() {
    let text = |hours: &str, port: &str, group: &str| {
        format!(
            "time-range MAIL\n periodic weekdays {hours}\nobject-group network MAIL\n host {group}\n\
             ip access-list extended MAIL\n permit tcp any object-group MAIL eq {port}\n\
             ip access-list extended OUT\n permit tcp any any time-range MAIL\n"
        )
    };
    let said = |hours, port, group| {
        says(
            cisco_ios::IOS,
            &text(hours, port, group),
            "permit tcp any any time-range MAIL",
        )
    };
    let known = said("8:00 to 18:00", "25", "192.0.2.10");
    assert_eq!(known, said("8:00 to 18:00", "587", "192.0.2.10"));
    assert_eq!(known, said("8:00 to 18:00", "25", "192.0.2.11"));
    assert_ne!(known, said("8:00 to 19:00", "25", "192.0.2.10"));
    let listed = |hours: &str, port: &str, group: &str| {
        let text = text(hours, port, group) + "route-map R\n match ip address MAIL\n";
        says(cisco_ios::IOS, &text, "match ip address MAIL")
    };
    let known = listed("8:00 to 18:00", "25", "192.0.2.10");
    assert_eq!(known, listed("8:00 to 19:00", "25", "192.0.2.10"));
    assert_ne!(known, listed("8:00 to 18:00", "587", "192.0.2.10"));
    assert_ne!(known, listed("8:00 to 18:00", "25", "192.0.2.11"));
}
