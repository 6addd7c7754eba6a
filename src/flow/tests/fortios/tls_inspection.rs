//! TLS inspection as an effect.

use super::*;
use crate::model::firewall::{Inspection, InspectionEffect};

const PROFILES: &str = "\
config firewall ssl-ssh-profile
    edit \"mail\"
        config https
            set ports 443 8443
            set status deep-inspection
        end
        config smtps
            set status deep-inspection
        end
        config imaps
            set status disable
        end
    next
    edit \"handshakes\"
        config https
            set ports 443
            set status certificate-inspection
        end
    next
    edit \"all\"
        config ssl
            set inspect-all deep-inspection
        end
    next
end
";

fn with(keys: &str, profiles: &str) -> Firewall {
    firewall(&format!("{}{profiles}", one(keys)))
}

fn decrypts(firewall: &Firewall) -> Option<&Inspection> {
    let mut all = firewall.inspections.iter();
    all.find(|known| known.effect == InspectionEffect::DecryptsTls)
}

/// Whether the policy's sessions are decrypted: `P` surely, `I` perhaps, `D`
/// not.
fn session(firewall: &Firewall, to: &str) -> char {
    let interface = |name: &str| {
        let mut all = (0u32..).zip(&firewall.interfaces);
        let found = all.find(|(_, known)| known.name.value == name);
        found.map(|(id, _)| InterfaceId(id))
    };
    let context = Context {
        ingress: interface("port1"),
        egress: interface("port2"),
        state: ConnectionState::New,
        new_destination: None,
    };
    let filter = decrypts(firewall).and_then(|known| known.filter);
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let packet = Packet {
        source: "10.1.0.5".parse().expect("an address"),
        destination: to.parse().expect("an address"),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: 25,
    };
    let packets = PacketSet::from(Cube::of(&packet));
    let parts = engine.evaluate_filter(filter.expect("a filter"), &packets, &context);
    match parts.first().map(|part| part.outcome.verdict) {
        Some(PartVerdict::Permit) => 'P',
        Some(PartVerdict::Deny) => 'D',
        _ => 'I',
    }
}

#[test]
fn a_policy_with_a_profile_that_decrypts_has_the_effect() {
    let keys = "        set utm-status enable\n        set ssl-ssh-profile \"mail\"\n";
    let found = with(keys, PROFILES);
    let known = decrypts(&found).expect("an effect");
    let ports: Vec<u16> = known.ports.iter().map(|(_, range)| range.low).collect();
    assert_eq!(ports, [443, 8443, 465]);
    let all = with(&keys.replace("mail", "all"), PROFILES);
    let known = decrypts(&all).expect("an effect");
    let ports: Vec<(u16, u16)> = known.ports.iter().map(|(_, r)| (r.low, r.high)).collect();
    assert_eq!(ports, [(0, u16::MAX)]);
}

#[test]
fn reading_handshakes_decrypts_nothing() {
    for name in ["handshakes", "certificate-inspection", "no-inspection"] {
        let keys =
            format!("        set utm-status enable\n        set ssl-ssh-profile \"{name}\"\n");
        assert!(decrypts(&with(&keys, PROFILES)).is_none(), "{name}");
    }
}

#[test]
fn a_profile_of_the_factory_that_the_file_does_not_show_perhaps_decrypts() {
    let keys = "        set utm-status enable\n        set ssl-ssh-profile \"deep-inspection\"\n";
    let found = with(keys, "");
    assert_eq!(session(&found, "192.0.2.9"), 'I');
    assert_eq!(session(&found, "192.0.2.8"), 'D');
    let shown = with(&keys.replace("deep-inspection", "mail"), PROFILES);
    assert_eq!(session(&shown, "192.0.2.9"), 'P');
    let off = with("        set ssl-ssh-profile \"mail\"\n", PROFILES);
    assert_eq!(session(&off, "192.0.2.9"), 'I');
}
