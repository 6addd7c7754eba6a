//! How scripts and clouds write a configuration.

use super::*;

const PORTS: &str = "config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1/24\nnext\nedit port2\nset vdom root\nset ip 192.0.2.1/24\nnext\nend\n";

const POLICIES: &str = "edit 0\nset srcintf port1\nset dstintf port2\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service SMTP\nnext\nedit 0\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service HTTPS\nnext\nend\n";

const OUT: (&str, &str, Protocol, u16) = ("10.1.0.5", "192.0.2.9", Protocol::TCP, 25);
const IN: (&str, &str, Protocol, u16) = ("192.0.2.9", "10.1.0.5", Protocol::TCP, 443);

/// Source: Fortinet, FortiOS CLI Reference: `edit 0` makes an entry with the next
/// free number, each time.
#[test]
fn each_edit_0_is_a_policy_of_its_own() {
    let text = format!("{PORTS}config firewall policy\n{POLICIES}");
    assert_eq!(between(&text, "port1", "port2", OUT), 'P');
    assert_eq!(between(&text, "port2", "port1", IN), 'P');
    assert_eq!(
        between(&text, "port1", "port2", tcp("10.1.0.5", "192.0.2.9", 443)),
        'D'
    );
}

#[test]
fn edit_0_takes_the_number_behind_the_highest() {
    let text = format!(
        "{PORTS}config firewall policy\nedit 7\nset status disable\nnext\n{POLICIES}config firewall policy\nmove 9 before 7\ndelete 8\nend\n"
    );
    assert_eq!(between(&text, "port1", "port2", OUT), 'D');
    assert_eq!(between(&text, "port2", "port1", IN), 'P');
}

#[test]
fn an_object_that_is_named_0_stays_one_object() {
    let text = format!(
        "{PORTS}config firewall address\nedit 0\nset subnet 10.1.0.0/24\nnext\nedit 0\nset subnet 10.9.0.0/24\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\nset srcaddr 0\nset dstaddr all\nset action accept\nset schedule always\nset service ALL\nnext\nend\n"
    );
    assert_eq!(between(&text, "port1", "port2", OUT), 'D');
}

/// Source: Fortinet, FortiOS Administration Guide, "CLI basics": words may be
/// abbreviated, `policy` is whole although `policy6` begins alike.
#[test]
fn sections_may_be_abbreviated() {
    for section in ["fire policy", "firewall pol", "firew policy"] {
        let text = format!(
            "{}config {section}\n{POLICIES}",
            PORTS.replace("system interface", "sys int")
        );
        let expected = if section.ends_with("policy") {
            'P'
        } else {
            'I'
        };
        assert_eq!(between(&text, "port1", "port2", OUT), expected, "{section}");
    }
}

/// Source: Fortinet, FortiGate-VM guides, "Cloud-init": a MIME message whose part
/// `config` is typed, and whose part `license` is not.
#[test]
fn the_message_that_a_cloud_hands_over_is_read_as_its_configuration() {
    let text = format!(
        "Content-Type: multipart/mixed; boundary=\"===042==\"\nMIME-Version: 1.0\n\n--===042==\nContent-Type: text/plain; charset=\"us-ascii\"\nContent-Disposition: attachment; filename=\"config\"\n\n{PORTS}config firewall policy\n{POLICIES}\n--===042==\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"license\"\n\nconfig firewall policy\ndelete 1\nend\n\n--===042==--\n"
    );
    assert!((FORMAT.detect)(&file(&text)).is_some());
    let document = read(&text);
    let totals = document.ledger.totals();
    assert_eq!(totals.unrecognised, 0);
    assert_eq!(between(&text, "port1", "port2", OUT), 'P');
}

#[test]
fn a_header_without_a_model_is_one_of_this_product() {
    let header = "fw1 # show\n#config-version=FortiGate-VM64 v6.2.3,build1066,191218 (GA):opmode=1:vdom=0:user=admin\n";
    let evidence = (FORMAT.detect)(&file(&format!("{header}{PORTS}")));
    assert_eq!(evidence.map(|evidence| evidence.strength), Some(98));
    let other = "#config-version=FWBVM-6.3.1-FW-build1066:opmode=1:vdom=0\n";
    assert!((FORMAT.detect)(&file(&format!("{other}{PORTS}"))).is_none());
}

/// A capture that begins within a section: what is typed there may be a policy.
#[test]
fn statements_without_their_section_open_every_packet() {
    let policies = format!("{PORTS}config firewall policy\n{POLICIES}");
    let smtp_in = tcp("192.0.2.9", "10.1.0.5", 25);
    assert_eq!(between(&policies, "port2", "port1", smtp_in), 'D');
    let typed = "FGT (policy) # edit 9\nFGT (9) # set srcintf port2\nFGT (9) # set dstintf port1\nFGT (9) # set srcaddr all\nFGT (9) # set dstaddr all\nFGT (9) # set service SMTP\nFGT (9) # set schedule always\nFGT (9) # set action accept\nFGT (9) # end\n";
    for text in [
        format!("{policies}{typed}"),
        format!("set action accept\nnext\nend\n{policies}"),
    ] {
        assert_eq!(between(&text, "port2", "port1", smtp_in), 'I', "{text}");
    }
}

/// Source: Fortinet, FortiOS CLI Reference: in a table `next` is no command; the
/// device refuses it and goes on.
#[test]
fn a_second_next_changes_nothing() {
    let text =
        format!("{PORTS}config firewall policy\n{POLICIES}").replace("next\n", "next\nnext\n");
    assert_eq!(between(&text, "port1", "port2", OUT), 'P');
    assert_eq!(read(&text).ledger.totals().unrecognised, 0);
}

/// A policy that names one interface only stands elsewhere with the other.
#[test]
fn a_policy_without_both_interfaces_is_open() {
    let text = format!("{PORTS}config firewall policy\n{POLICIES}");
    assert_eq!(between(&text, "port1", "port2", OUT), 'P');
    for key in ["set srcintf port1\n", "set dstintf port2\n"] {
        assert_eq!(between(&text.replace(key, ""), "port1", "port2", OUT), 'I');
    }
}

/// Source: Fortinet, FortiOS Administration Guide, "Enable multi VDOM mode": what
/// was configured before belongs to `root`, ports too unless they are given away.
#[test]
fn what_stands_before_the_virtual_domains_belongs_to_root() {
    let policies = "config firewall policy\nedit 1\nset srcintf port1\nset dstintf port3\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service SMTP\nnext\nend\n";
    let ports = PORTS.replace("set vdom root\n", "").replace(
        "next\nend\n",
        "next\nedit port3\nset ip 198.51.100.1/24\nnext\nend\n",
    );
    let text = format!(
        "config system global\nset hostname fw1\nend\n{ports}{policies}config system global\nset vdom-mode multi-vdom\nend\nconfig global\nconfig system interface\nedit port2\nset vdom guests\nnext\nend\nconfig aws vpce\nedit 1\nset vdom guests\nnext\nend\nend\nconfig vdom\nedit guests\nconfig firewall policy\nedit 1\nset srcintf port2\nset dstintf port2\nset srcaddr all\nset dstaddr all\nset schedule always\nset service ALL\nnext\nend\nend\n"
    );
    assert_eq!(read(&text).ledger.totals().unrecognised, 0);
    let all = firewalls(&text);
    let of = |name: &str| {
        all.iter()
            .find(|firewall| firewall.name.value == name)
            .expect("the domain is there")
    };
    let root = of("fw1/root");
    let names = |firewall: &Firewall| -> Vec<String> {
        let all = firewall.interfaces.iter();
        all.map(|interface| interface.name.value.clone()).collect()
    };
    assert_eq!(names(root), ["port1", "port3"]);
    assert_eq!(names(of("fw1/guests")), ["port2"]);
    let smtp = tcp("10.1.0.5", "198.51.100.9", 25);
    assert_eq!(passes(root, "port1", "port3", smtp), 'P');
    let web = tcp("10.1.0.5", "198.51.100.9", 80);
    assert_eq!(passes(root, "port1", "port3", web), 'D');
}

/// A terminal that was saved as it looked: the blanks that overwrote `--More--`
/// stand in the middle of words.
#[test]
fn lines_that_a_pager_tore_are_joined_or_open() {
    let gap = " ".repeat(123);
    let text = format!("{PORTS}config firewall policy\n{POLICIES}");
    let smtp_back = tcp("192.0.2.9", "10.1.0.5", 25);
    for (whole, torn) in [
        (
            "edit 0\nset srcintf port2",
            format!("e{gap}dit 0\nset srcintf port2"),
        ),
        (
            "next\nedit 0\nset srcintf port2",
            format!("n{gap}ext\nedit 0\nset srcintf port2"),
        ),
        ("set srcintf port2", format!("   se{gap}t srcintf port2")),
        (
            "config firewall policy",
            format!("config firewall pol{gap}icy"),
        ),
        (
            "config firewall policy",
            format!("conf{gap}ig firewall policy"),
        ),
        (
            "config firewall policy",
            format!("config{gap}firewall policy"),
        ),
        ("edit port2\n", format!("edi{gap}t port2\n")),
    ] {
        let torn = text.replace(whole, &torn);
        assert_ne!(torn, text);
        let read = read(&torn);
        assert_eq!(read.ledger.totals().unrecognised, 0, "{whole}");
        assert_eq!(between(&torn, "port1", "port2", OUT), 'P', "{whole}");
        assert_eq!(between(&torn, "port2", "port1", IN), 'P', "{whole}");
        assert_eq!(between(&torn, "port2", "port1", smtp_back), 'D', "{whole}");
    }
    // What stands in a torn value is open, of its entry where it has one.
    let torn = text.replace("set service SMTP", &format!("set service SM{gap}TP"));
    assert_eq!(between(&torn, "port1", "port2", OUT), 'I');
    assert_eq!(between(&torn, "port2", "port1", IN), 'P');
    let torn = text.replace("set ip 192", &format!("set ip 19{gap}2"));
    assert_eq!(between(&torn, "port2", "port1", IN), 'I');
    // Somebody's alignment tears nothing, nor does a comment.
    let aligned = text
        .replace("set srcaddr all", "set srcaddr            all")
        .replace(
            "set schedule",
            &format!("set comments \"a{gap}b\"\nset schedule"),
        );
    assert_eq!(between(&aligned, "port1", "port2", OUT), 'P');
}

/// A cluster names the role of the unit in its prompt, without a blank.
#[test]
fn the_prompt_of_a_cluster_is_one() {
    let text = format!("fw1(Primary) # show\n{PORTS}config firewall policy\n{POLICIES}");
    assert!((FORMAT.detect)(&file(&text)).is_some());
    assert_eq!(read(&text).ledger.totals().unrecognised, 0);
    assert_eq!(firewall(&text).name.value, "fw1");
    assert_eq!(between(&text, "port1", "port2", OUT), 'P');
}

#[test]
fn ports_of_domains_that_the_file_does_not_hold_are_known() {
    let text = "config vdom\nedit root\nnext\nedit guests\nnext\nend\nconfig global\nconfig system interface\nedit port1\nset vdom root\nset ip 10.1.0.1/24\nset type physical\nnext\nedit port2\nset vdom guests\nset ip 192.0.2.1/24\nset colour blue\nnext\nend\nend\nconfig vdom\nedit guests\nconfig router static\nedit 1\nset device port2\nnext\nend\nend\n";
    // The key that nobody knows.
    assert_eq!(read(text).ledger.totals().unrecognised, 1);
    let all = firewalls(text);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].interfaces.len(), 1);
}
