//! Terminal captures and other ways a configuration reaches a file.

use super::*;
use crate::formats::{Content, ProblemLevel};

#[test]
fn a_pager_marker_is_cut_out_with_the_blanks_that_overwrote_it() {
    let text = "interface Vlan2\r\n nameif outside\r\n<--- More --->\r              \r security-level 0\r\n ip address 192.0.2.1 255.255.255.0\r\n";
    let firewall = firewall(text);
    assert_eq!(
        firewall.interfaces[0].security_level.map(|l| l.value),
        Some(0)
    );
    assert_eq!(states(text).len(), file(text).line_count());
    assert!(
        states(text)
            .iter()
            .all(|state| *state != LineState::Unrecognised),
        "{:?}",
        states(text)
    );
}

#[test]
fn a_pager_marker_may_stand_on_the_line_that_it_interrupted() {
    let text = "interface Vlan2\n nameif outside\n<--- More --->               security-level 7\n";
    let firewall = firewall(text);
    let level = firewall.interfaces[0].security_level.expect("a level");
    assert_eq!(level.value, 7);
    assert_eq!(cited(text, level.span), "security-level 7");
}

#[test]
fn a_line_broken_at_column_80_is_read_as_one_and_both_lines_are_counted() {
    let first = "access-list outside_in permit tcp host 198.51.100.200 host 192.0.2.100 eq smtp l";
    assert_eq!(first.len(), 80);
    let text = format!(
        "PIX Version 6.1(1)\n{first}\nog\naccess-list outside_in permit tcp any any eq 443\n"
    );
    let firewall = firewall(&text);
    let list = filter(&firewall, "outside_in");
    assert_eq!(list.rules.len(), 2);
    assert!(list.rules[0].logs && list.rules[0].conditions.is_empty());
    assert_eq!(cited(&text, list.rules[0].span), format!("{first}\nog"));
    assert_eq!(states(&text), [LineState::Modelled; 4]);
}

#[test]
fn a_word_broken_at_column_80_is_one_word() {
    let first = "timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 rpc 0:10:00 h323 0:05:00 si";
    assert_eq!(first.len(), 80);
    let text = format!(
        "PIX Version 6.1(1)\n{first}\np 0:30:00 sip_media 0:02:00\ntimeout uauth 0:05:00 absolute\n"
    );
    assert_eq!(
        states(&text),
        [
            LineState::Modelled,
            LineState::Irrelevant,
            LineState::Irrelevant,
            LineState::Irrelevant
        ]
    );
}

/// A configuration as a terminal of some width shows it.
fn broken_at(width: usize, text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        while rest.len() > width {
            let (part, next) = rest.split_at(width);
            out.push_str(part);
            out.push('\n');
            rest = next;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[test]
fn lines_broken_at_any_width_of_a_terminal_are_read_as_one() {
    let entry = |n: usize| {
        format!(
            "access-list outside_in extended permit tcp 198.51.100.0 255.255.255.0 host \
             192.0.2.{n} eq smtp log informational interval 600 time-range working-hours-of-{n}"
        )
    };
    let entries: Vec<String> = (10..14).map(entry).collect();
    let head = "ASA Version 8.2(5)\nhostname fw\n";
    let whole = format!("{head}{}\n", entries.join("\n"));
    let expected = firewall(&whole);
    for width in [79, 80, 132, 100] {
        let read = firewall(&broken_at(width, &whole));
        let (a, b) = (filter(&read, "outside_in"), filter(&expected, "outside_in"));
        assert_eq!(a.rules.len(), 4, "{width}");
        for (a, b) in a.rules.iter().zip(&b.rules) {
            assert_eq!(
                (&a.source, &a.destination, &a.service),
                (&b.source, &b.destination, &b.service)
            );
        }
    }
    // One break at a width that nobody told is no proof; a told one is.
    let one = format!("{head}{}\n", entries[0]);
    let odd = broken_at(97, &one);
    let told = broken_at(
        97,
        &format!("fw# terminal width 97\nfw# show running-config\n{one}"),
    );
    assert_eq!(filter(&firewall(&told), "outside_in").rules.len(), 1);
    assert!(
        !states(&told).contains(&LineState::Unrecognised),
        "{:?}",
        states(&told)
    );
    assert_ne!(states(&odd).last(), Some(&LineState::Modelled));
}

#[test]
fn a_full_line_that_is_followed_by_a_command_is_not_joined() {
    let line = "access-list outside_in permit tcp host 198.51.100.200 host 192.0.2.100 eq smtp  ";
    assert_eq!(line.len(), 80);
    let text = format!("{line}\n{line}\nnames\n");
    assert_eq!(filter(&firewall(&text), "outside_in").rules.len(), 2);
}

#[test]
fn prompts_and_echoed_commands_are_no_configuration() {
    let text = "fw01# show running-config\n: Saved\n:\nASA Version 8.2(5)\nhostname fw01\nfw01# show version\nCisco Adaptive Security Appliance Software Version 8.2(5)\nfw01 up 3 days\nfw01# exit\n";
    let firewall = firewall(text);
    assert_eq!(firewall.name.value, "fw01");
    assert_eq!(
        firewall.software.as_ref().map(|s| s.value.as_str()),
        Some("8.2(5)")
    );
    assert!(
        states(text)
            .iter()
            .all(|state| *state != LineState::Unrecognised),
        "{:?}",
        states(text)
    );
}

#[test]
fn what_is_typed_at_a_configuration_prompt_is_configuration() {
    let text = "fw01(config)# object network exch\nfw01(config-network-object)# host 10.1.0.4\nfw01(config)# access-list a extended permit tcp any object exch eq smtp\n";
    let firewall = firewall(text);
    assert_eq!(
        firewall.address_objects[0].members[0].value,
        v4([10, 1, 0, 4], [10, 1, 0, 4])
    );
    assert_eq!(filter(&firewall, "a").rules.len(), 1);
}

#[test]
fn lost_leading_blanks_do_not_end_a_stanza() {
    let text = "interface GigabitEthernet0/0\nnameif outside\nsecurity-level 0\nip address 192.0.2.1 255.255.255.0\nno shutdown\n!\n\
        object network exch\nhost 10.1.0.4\nnat (inside,outside) static 192.0.2.4\nobject-group service mail tcp\nport-object eq smtp\n\
        class-map inspection_default\nmatch default-inspection-traffic\npolicy-map global_policy\nclass inspection_default\ninspect esmtp\nservice-policy global_policy global\n";
    let firewall = firewall(text);
    assert_eq!(firewall.interfaces[0].addresses.len(), 1);
    assert_eq!(firewall.nat.rules.len(), 1);
    assert_eq!(firewall.service_objects[0].ports.len(), 1);
    assert_eq!(firewall.inspections.len(), 1);
    assert!(
        states(text)
            .iter()
            .all(|state| *state != LineState::Unrecognised),
        "{:?}",
        states(text)
    );
}

#[test]
fn windows_line_ends_and_trailing_blanks_do_not_matter() {
    let unix =
        "access-list a extended permit tcp any any eq 25\naccess-group a in interface outside\n";
    let windows = unix.replace('\n', " \r\n");
    let (left, right) = (firewall(unix), firewall(&windows));
    assert_eq!(
        left.filters[0].rules[0].service,
        right.filters[0].rules[0].service
    );
    assert_eq!(
        cited(&windows, right.filters[0].rules[0].span),
        "access-list a extended permit tcp any any eq 25"
    );
}

#[test]
fn certificates_are_skipped_up_to_quit() {
    let text = "crypto ca certificate chain trust\n certificate ca 01\n    308202d4 308201bc a0030201\n    0d010105\n  quit\naccess-list a permit ip any any\n";
    let expected = [LineState::Irrelevant; 5]
        .into_iter()
        .chain([LineState::Modelled])
        .collect::<Vec<_>>();
    assert_eq!(states(text), expected);
}

#[test]
fn contexts_that_follow_each_other_are_firewalls_of_their_own() {
    let text = "fw/system# changeto context web\nfw/web# show run\nASA Version 9.8(2) <context>\nhostname web\naccess-list a permit ip any any\n\
        fw/web# changeto context mail\nfw/mail# show run\nASA Version 9.8(2) <context>\nhostname mail\naccess-list b permit ip any any\n";
    let all = firewalls(text);
    let names: Vec<_> = all
        .iter()
        .map(|firewall| firewall.name.value.as_str())
        .collect();
    assert_eq!(names, ["web", "mail"]);
    assert!(all.iter().all(|firewall| firewall.filters.len() == 1));
}

#[test]
fn two_configurations_of_one_name_stay_two() {
    let one = "ASA Version 9.8(2)\nhostname fw\naccess-list a permit ip any any\n";
    let all = firewalls(&format!("{one}{one}"));
    let names: Vec<_> = all
        .iter()
        .map(|firewall| firewall.name.value.as_str())
        .collect();
    assert_eq!(names, ["fw", "fw#2"]);
}

#[test]
fn the_system_space_names_its_contexts_and_is_no_firewall() {
    let text = "ASA Version 9.8(2) <system>\nhostname fw\ncontext web\n allocate-interface GigabitEthernet0/1\n config-url disk0:/web.cfg\n";
    let document = read(text);
    assert!(
        document
            .content
            .iter()
            .all(|content| !matches!(content, Content::Firewall(_)))
    );
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn no_secret_reaches_the_model_or_the_ledger() {
    let text = "enable password Hunter2. encrypted\npasswd Hunter2. encrypted\nusername ann password Hunter2. encrypted\n\
        snmp-server community Hunter2.\naaa-server T (inside) host 10.1.0.9\n key Hunter2.\ntunnel-group 192.0.2.9 ipsec-attributes\n \
        ikev1 pre-shared-key Hunter2.\nfailover key Hunter2.\nisakmp key Hunter2. address 192.0.2.9\naccess-list a permit ip any any\n";
    let document = read(text);
    assert!(!format!("{document:?}").contains("Hunter2."));
    assert_eq!(super::super::secret_spans(&file(text)).len(), 8);
    assert!(
        document
            .ledger
            .states()
            .iter()
            .all(|state| *state != LineState::Unrecognised)
    );
}

#[test]
fn the_login_of_a_capture_is_no_configuration_and_its_password_is_masked() {
    let text = "login as: admin\nadmin@10.1.0.1's password: hunter2\nUser Access Verification\nPassword: hunter3\n\
        Type help or '?' for a list of available commands.\nfw01> en\nPassword: ********\nfw01# show running-config\n: Saved\nhostname fw01\n";
    assert!(!states(text).contains(&LineState::Unrecognised));
    let source = file(text);
    let hidden: Vec<_> = crate::formats::firewall::cisco_asa::secret_spans(&source)
        .into_iter()
        .map(|span| source.slice(span).to_owned())
        .collect();
    assert_eq!(hidden, ["hunter2", "hunter3", "********"]);
}

/// A configuration as `show running-config` frames it.
const FRAMED: &str = ": Saved\n:\nASA Version 9.1(7)\nhostname fw\ninterface Ethernet0\n nameif inside\n \
security-level 100\n ip address 10.1.0.1 255.255.0.0\naccess-list a extended permit tcp any any eq 25\n\
access-group a in interface inside\nroute inside 10.9.0.0 255.255.0.0 10.1.0.2 1\n\
Cryptochecksum:0123456789abcdef0123456789abcdef\n: end\n";

/// The errors of a text, and whether its last stage may do anything.
fn broken(text: &str) -> (usize, bool) {
    let document = read(text);
    let errors = document
        .problems
        .iter()
        .filter(|problem| problem.level == ProblemLevel::Error)
        .count();
    let firewall = firewall(text);
    let doubted = firewall
        .not_modelled
        .iter()
        .any(|reason| reason.reason.contains("breaks off"));
    (errors, doubted)
}

#[test]
fn a_frame_that_is_closed_is_whole() {
    assert_eq!(broken(FRAMED), (0, false));
    assert_eq!(broken(&FRAMED.replace(": end\n", "[OK]\n")), (0, false));
}

#[test]
fn a_frame_without_its_end_decides_nothing_however_the_line_ends() {
    for cut in ["access-list a", "access-group", "Cryptochecksum"] {
        let at = FRAMED.find(cut).unwrap();
        let (errors, doubted) = broken(&FRAMED[..at]);
        // Behind the bindings only routes are missing.
        assert_eq!((errors, doubted), (1, cut != "Cryptochecksum"), "{cut}");
    }
    let routes = firewall(&FRAMED[..FRAMED.find("Cryptochecksum").unwrap()]);
    assert_eq!(routes.dynamic_routing.len(), 1);
}

#[test]
fn a_fragment_promises_no_end() {
    let fragment = FRAMED.replace(": Saved\n:\n", "");
    assert_eq!(
        broken(&fragment[..fragment.find("Cryptochecksum").unwrap()]),
        (0, false)
    );
}

#[test]
fn of_two_captures_in_a_file_the_first_may_break_off() {
    let first = &FRAMED[..FRAMED.find("access-group").unwrap()];
    let second = FRAMED.replace("hostname fw", "hostname fw2");
    let document = read(&format!("{first}{second}"));
    let all: Vec<(&str, bool)> = document
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some((
                firewall.name.value.as_str(),
                firewall
                    .not_modelled
                    .iter()
                    .any(|r| r.reason.contains("breaks off")),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(all, [("fw", true), ("fw2", false)]);
}
