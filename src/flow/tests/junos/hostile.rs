//! Inputs that are broken or meant to break the reader.

use super::*;
use crate::formats::ProblemLevel;

const SMALL: &str = "admin@srx1> show configuration\r\n## Last commit: x\r\nversion 12.1;\r\ngroups { g { security { policies { from-zone <*> to-zone <*> { policy z; } } } } }\r\napply-groups [ g h ];\r\n\
security {\r\n  nat { static { rule-set r { from zone a; rule x { match { destination-address 192.0.2.1/32; } then { static-nat { prefix { 10.0.0.1/32; mapped-port 5; } } } } } } }\r\n\
  policies { from-zone a to-zone b { inactive: policy p { match { source-address [ x \"y z\" ]; application q; } then { permit { application-services { idp; } } } } } }\r\n\
  zones { security-zone a { interfaces { ge-0/0/0.0; } } }\r\n}\r\n/* remark\r\n goes on */\r\ninterfaces { ge-0/0/0 { unit 0 { family inet { filter { input f; } address 10.0.0.1/8; } } } }\r\n\
firewall { family inet { filter f { term t { from { source-address { 10.0.0.0/8 except; } port [ 1 2-3 ]; } then next term; } } } }\r\n---(more 10%)---\r      \rset security policies default-policy permit-all\r\ndeactivate firewall\r\n";

#[test]
fn a_file_cut_at_any_byte_is_read() {
    for end in 0..=SMALL.len() {
        let Some(text) = SMALL.get(..end) else {
            continue;
        };
        let document = read(text);
        assert_eq!(document.ledger.totals().total, file(text).line_count());
        let _ = (FORMAT.detect)(&file(text));
    }
}

#[test]
fn a_file_that_starts_at_any_byte_is_read() {
    for start in 0..=SMALL.len() {
        let Some(text) = SMALL.get(start..) else {
            continue;
        };
        assert_eq!(read(text).ledger.totals().total, file(text).line_count());
        let _ = (FORMAT.detect)(&file(text));
    }
}

#[test]
fn markup_cut_at_any_byte_is_read() {
    let xml = "<rpc-reply xmlns:junos=\"http://xml.juniper.net/junos\"><configuration><groups><name>&lt;*&gt;</name></groups><security inactive=\"inactive\"><policies/></security></configuration></rpc-reply>";
    let json = "{ \"configuration\" : { \"@\" : { \"junos:x\" : 1 }, \"security\" : { \"zones\" : [ { \"name\" : \"a\\u0041\" } ], \"flag\" : [null] } } }";
    for text in [xml, json] {
        for end in 0..=text.len() {
            let _ = read(text.get(..end).unwrap_or_default());
        }
    }
}

#[test]
fn a_hundred_thousand_braces_do_not_overflow_the_stack() {
    for text in [
        format!("security {{ {}", "policies { ".repeat(100_000)),
        format!("version 12.1;\n{}", "}\n".repeat(100_000)),
        format!("set security {}\n", "a ".repeat(100_000)),
        format!(
            "<configuration xmlns=\"http://xml.juniper.net/x\">{}",
            "<security>".repeat(100_000)
        ),
        format!(
            "{{ \"configuration\" : {{ \"security\" : {} ",
            "[".repeat(100_000)
        ),
        format!(
            "{{ \"configuration\" : {{ \"security\" : {} ",
            "{\"a\":".repeat(100_000)
        ),
    ] {
        let _ = read(&text);
    }
}

#[test]
fn a_cut_file_says_so_and_decides_nothing() {
    let text = "\
version 12.1;
security {
    zones {
        security-zone trust { interfaces { ge-0/0/0.0; } }
        security-zone untrust { interfaces { ge-0/0/1.0; } }
    }
    policies {
        default-policy { permit-all; }
        from-zone untrust to-zone trust {
            policy p {
                match {
";
    let document = read(text);
    let problem = document.problems.first().expect("a problem");
    assert!(
        problem
            .message
            .contains("from-zone untrust to-zone trust policy p match"),
        "{}",
        problem.message
    );
    assert!(
        problem
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("display set"))
    );
    assert_eq!(
        between(
            text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'I'
    );
}

#[test]
fn a_brace_too_many_decides_nothing() {
    let text = "security {\n    policies {\n        default-policy { permit-all; }\n    }\n}\n}\nsecurity { zones { security-zone a { interfaces { ge-0/0/0.0; } } security-zone b { interfaces { ge-0/0/1.0; } } } }\n";
    assert_eq!(
        between(
            text,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'I'
    );
    assert!(
        read(text)
            .problems
            .iter()
            .any(|problem| problem.level == ProblemLevel::Warning)
    );
}

#[test]
fn a_document_type_is_refused() {
    let text = "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<rpc-reply xmlns:junos=\"http://xml.juniper.net/junos\"><configuration><system><host-name>&a;</host-name></system></configuration></rpc-reply>\n";
    let document = read(text);
    assert!(document.content.is_empty());
    assert!(
        document
            .problems
            .iter()
            .any(|problem| problem.level == ProblemLevel::Error && problem.hint.is_some())
    );
}

#[test]
fn sets_and_filters_that_hold_themselves_are_cut() {
    let text = format!(
        "{ZONES}set security address-book global address-set a address-set b\nset security address-book global address-set b address-set a\n\
         set applications application-set x application-set y\nset applications application-set y application-set x\n\
         set firewall family inet filter f term t filter f\nset interfaces ge-0/0/1 unit 0 family inet filter input f\n\
         set security policies from-zone untrust to-zone trust policy p match source-address a destination-address any application x\n\
         set security policies from-zone untrust to-zone trust policy p then permit\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'I'
    );
}

#[test]
fn groups_that_multiply_are_bounded() {
    let mut text = String::from(ZONES);
    for number in 0..400 {
        text.push_str(&format!("set groups g{number} interfaces <*> unit <*> family inet mtu {number}\nset interfaces ge-0/1/{number} unit 0 family inet mtu 1500\nset apply-groups g{number}\n"));
    }
    let _ = read(&text);
}

#[test]
fn noise_is_not_junos_and_not_a_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = String::new();
    for _ in 0..20_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push(char::from_u32(u32::try_from(state % 0x500).unwrap_or(0)).unwrap_or('?'));
    }
    assert!((FORMAT.detect)(&file(&noise)).is_none());
    let _ = read(&noise);
    assert!((FORMAT.detect)(&file("")).is_none());
    assert!(read("").content.is_empty());
}

#[test]
fn many_zones_do_not_multiply() {
    let mut text = String::from("set version 12.1X44\n");
    for number in 0..1_500 {
        text.push_str(&format!(
            "set interfaces ge-0/0/0 unit {number} family inet address 10.{}.{}.1/24\nset security zones security-zone z{number} interfaces ge-0/0/0.{number}\nset security policies from-zone z{number} to-zone z0 policy p match source-address any destination-address any application any\nset security policies from-zone z{number} to-zone z0 policy p then permit\n",
            number / 250,
            number % 250
        ));
    }
    let found = firewall(&text);
    assert_eq!(found.interfaces.len(), 1_500);
}
