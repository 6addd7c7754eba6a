//! Packets for the device itself.

use super::*;

/// Asks what the device answers at the address of `port1`.
fn answers(text: &str, protocol: Protocol, port: u16) -> char {
    let firewall = firewall(text);
    let at = firewall
        .interfaces
        .iter()
        .position(|interface| interface.name.value == "port1");
    let context = Context {
        ingress: at.and_then(|at| u32::try_from(at).ok()).map(InterfaceId),
        egress: None,
        state: ConnectionState::New,
        new_destination: None,
    };
    let question = ("10.1.0.5", "10.1.0.1", protocol, port);
    judged(&firewall, Passage::ToHost, context, question)
}

fn device(access: &str, more: &str) -> String {
    format!(
        "#config-version=FGT60F-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin\n\
         config system interface\nedit \"port1\"\nset ip 10.1.0.1 255.255.0.0\n{access}next\nend\n{more}\
         config firewall policy\nend\n"
    )
}

/// FortiOS CLI Reference, "config system interface": `allowaccess` names what an
/// interface answers, and nothing by default.
#[test]
fn an_interface_answers_the_services_of_allowaccess() {
    let text = device("set allowaccess ping ssh\n", "");
    assert_eq!(answers(&text, Protocol::TCP, 22), 'P');
    assert_eq!(answers(&text, Protocol::TCP, 23), 'D');
    assert_eq!(answers(&text, Protocol::TCP, 443), 'D');
    assert_eq!(answers(&text, Protocol::UDP, 161), 'D');
    // Other parts of the device may answer there.
    assert_eq!(answers(&text, Protocol::TCP, 179), 'I');
    let none = device("", "");
    assert_eq!(answers(&none, Protocol::TCP, 22), 'D');
    // A part of a configuration does not say what it leaves out.
    let part = none.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(answers(&part, Protocol::TCP, 22), 'I');
    let part = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(answers(&part, Protocol::TCP, 22), 'I');
}

#[test]
fn administration_may_have_other_ports_and_trusted_hosts() {
    let port = "config system global\nset admin-sport 8443\nset admin-ssh-port 2222\nend\n";
    let text = device("set allowaccess https\n", port);
    assert_eq!(answers(&text, Protocol::TCP, 8443), 'P');
    assert_eq!(answers(&text, Protocol::TCP, 443), 'I');
    assert_eq!(answers(&text, Protocol::TCP, 2222), 'D');
    // "config system global": `admin-https-redirect` is on by default.
    assert_eq!(answers(&text, Protocol::TCP, 80), 'I');
    let off = "config system global\nset admin-https-redirect disable\nend\n";
    let text = device("set allowaccess https\n", off);
    assert_eq!(answers(&text, Protocol::TCP, 80), 'D');
    let hosts =
        "config system admin\nedit \"admin\"\nset trusthost1 10.9.0.0 255.255.0.0\nnext\nend\n";
    let text = device("set allowaccess https\n", hosts);
    assert_eq!(answers(&text, Protocol::TCP, 443), 'I');
    assert_eq!(answers(&text, Protocol::TCP, 22), 'D');
}

#[test]
fn what_else_listens_leaves_a_port_open() {
    for more in [
        "config vpn ssl settings\nset source-interface \"port1\"\nend\n",
        "config firewall vip\nedit \"portal\"\nset type access-proxy\nset extip 10.1.0.1\nset extintf \"port1\"\nset extport 443\nnext\nend\n",
    ] {
        let text = device("set allowaccess ping\n", more);
        assert_eq!(answers(&text, Protocol::TCP, 443), 'I', "{more}");
    }
    let proxy = "config web-proxy explicit\nset status enable\nset http-incoming-port 22-23\nend\n";
    let text = device("set allowaccess ping\n", proxy);
    assert_eq!(answers(&text, Protocol::TCP, 22), 'I');
    for limit in ["set dedicated-to management\n", "set mode dhcp\n"] {
        let text = device(&format!("set allowaccess ping\n{limit}"), "");
        assert_eq!(answers(&text, Protocol::TCP, 22), 'I', "{limit}");
    }
}

/// FortiOS Administration Guide, "Local-in policy": those of the administrator come
/// first.
#[test]
fn local_in_policies_come_before_allowaccess() {
    let policy = "config firewall local-in-policy\nedit 1\nset intf \"port1\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset service \"SSH\"\nset schedule \"always\"\nnext\nend\n";
    let text = device("set allowaccess ssh\n", policy);
    assert_eq!(answers(&text, Protocol::TCP, 22), 'D');
}
