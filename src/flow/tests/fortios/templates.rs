//! Configurations that a template writes and nobody filled in.

use super::*;

const PORTS: &str = "config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1/24\nnext\nedit port2\nset vdom root\nset ip 192.0.2.1/24\nnext\nend\n";

/// A policy from port1 to port2 that lets everything pass, but for what is said.
fn policy(number: u8, said: &str) -> String {
    format!(
        "edit {number}\nset srcintf port1\nset dstintf port2\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service ALL\n{said}\nnext\n"
    )
}

fn of(policies: &str) -> String {
    format!("{PORTS}config firewall policy\n{policies}end\n")
}

fn out(text: &str, port: u16) -> char {
    between(text, "port1", "port2", tcp("10.1.0.5", "192.0.2.9", port))
}

#[test]
fn what_a_policy_leaves_to_be_filled_in_is_open() {
    for said in [
        "set srcintf ${inside}",
        "set dstintf {{ outside }}",
        "set srcintf $(inside)",
        "set srcintf <inside>",
        "set status ${status}",
        "set action ${action}",
        "set srcaddr ${clients}",
        "set dstaddr port1 ${servers}",
        "set service ${services}",
        "set schedule ${schedule}",
        "set srcaddr-negate ${negate}",
    ] {
        assert_eq!(out(&of(&policy(1, said)), 25), 'I', "{said}");
    }
    for said in [
        "set name ${name}",
        "set comments \"{{ ticket }}\"",
        "set nat ${nat}",
        "set logtraffic ${log}",
        "set dstaddr all ${servers}",
    ] {
        assert_eq!(out(&of(&policy(1, said)), 25), 'P', "{said}");
    }
}

/// The same placeholder has the same value everywhere.
#[test]
fn an_interface_that_the_file_itself_names_so_is_known() {
    let text = of(&policy(1, "set srcintf ${inside}")).replace("edit port1", "edit ${inside}");
    let smtp = tcp("10.1.0.5", "192.0.2.9", 25);
    assert_eq!(between(&text, "${inside}", "port2", smtp), 'P');
}

#[test]
fn objects_that_a_template_fills_in_are_open() {
    for (section, policy_says) in [
        (
            "config firewall service custom\nedit odd\nset protocol ICMP\nset icmptype ${type}\nnext\nend\n",
            "set service odd",
        ),
        (
            "config firewall service custom\nedit odd\nset protocol IP\nset protocol-number ${number}\nnext\nend\n",
            "set service odd",
        ),
        (
            "config firewall address\nedit odd\nset subnet ${net}\nnext\nend\n",
            "set srcaddr odd",
        ),
        (
            "config firewall schedule recurring\nedit odd\nset day ${days}\nnext\nend\n",
            "set schedule odd",
        ),
        ("config system settings\nset opmode ${mode}\nend\n", ""),
        (
            "config system zone\nedit inner\nset interface ${ports}\nnext\nend\n",
            "",
        ),
    ] {
        let text = format!("{section}{}", of(&policy(1, policy_says)));
        let icmp = ("10.1.0.5", "192.0.2.9", Protocol::ICMP, 0);
        assert_eq!(between(&text, "port1", "port2", icmp), 'I', "{section}");
    }
}

#[test]
fn parts_that_a_template_may_leave_out_open_every_packet() {
    let whole = of(&policy(1, ""));
    let deny = "set action deny\nset service SMTP";
    for text in [
        of(&format!(
            "%{{ if guests }}\n{}%{{ endif }}\n{}",
            policy(1, deny),
            policy(2, "")
        )),
        of(&format!(
            "{{% for port in ports %}}\n{}{{% endfor %}}\n",
            policy(1, "set service SMTP")
        )),
        of(&policy(1, "{% if closed %}set status disable{% endif %}")),
        format!("{whole}${{more_policies}}\n"),
        format!("{{{{ first }}}}\n{whole}"),
        format!("{{% include 'policies.j2' %}}\n{whole}"),
        format!("{whole}{{% endif %}}\n"),
    ] {
        assert_eq!(out(&text, 25), 'I', "{text}");
    }
}

#[test]
fn parts_that_decide_nothing_may_be_left_out() {
    let whole = of(&policy(1, ""));
    let logs = "config log syslogd setting\n{% for server in servers %}\nset server {{ server }}\n{% endfor %}\nend\n";
    for text in [
        format!("{logs}{whole}"),
        format!("{{# policies #}}\n{{% set port = 25 %}}\n{whole}"),
        format!("%{{ if ha }}\nconfig system ha\nset mode a-p\nend\n%{{ endif }}\n{whole}"),
        format!(
            "Content-Type: multipart/mixed; boundary=\"==1==\"\nMIME-Version: 1.0\n\n--==1==\nContent-Type: text/x-shellscript\n\n{whole}\n%{{ if type == \"byol\" }}\n--==1==\nContent-Disposition: attachment; filename=\"license\"\n\n${{file(license)}}\n\n%{{ endif }}\n--==1==--\n"
        ),
    ] {
        assert_eq!(out(&text, 25), 'P', "{text}");
        assert_eq!(read(&text).ledger.totals().unrecognised, 0, "{text}");
    }
}

#[test]
fn a_licence_that_may_be_left_out_before_the_commands_is_none_of_them() {
    let whole = of(&policy(1, ""));
    let message = |end: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=\"==1==\"\nMIME-Version: 1.0\n%{{ if type == \"byol\" }}\n--==1==\nContent-Disposition: attachment; filename=\"license\"\n\n${{file(license)}}\n{end}\n--==1==\nContent-Type: text/x-shellscript\n\n{whole}\n--==1==--\n"
        )
    };
    assert_eq!(out(&message("%{ endif }"), 25), 'P');
    // The part behind it may be left out as well.
    assert_eq!(out(&message(""), 25), 'I');
}

/// A policy that goes to a place that is not told yet may come before any other.
#[test]
fn a_move_to_a_place_that_is_left_open_opens_the_order() {
    let two = format!("{}{}", policy(1, ""), policy(9, "set action deny"));
    assert_eq!(out(&of(&two), 25), 'P');
    for place in ["<first-policy>", "${first}"] {
        let text = of(&format!("{two}move 9 before {place}\n"));
        assert_eq!(out(&text, 25), 'I', "{place}");
    }
    // The device refuses a place that is not there.
    assert_eq!(out(&of(&format!("{two}move 9 before 7\n")), 25), 'P');
}
