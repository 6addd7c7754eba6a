//! The fixture estate, read from its files: the flows that its page names.

use std::path::Path;

use super::build::to_port;
use crate::estate::{Estate, Options, ServerId, join_contents};
use crate::flow::*;
use crate::formats::FORMATS;
use crate::formats::detect::{Detection, detect};
use crate::source::{ReadOptions, Sources, read};

fn load() -> (Estate, Sources) {
    load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso"))
}

/// The estate of a folder.
pub(super) fn load_from(folder: &Path) -> (Estate, Sources) {
    let inputs = read(&[folder.to_owned()], &ReadOptions::default()).unwrap();
    let mut contents = Vec::new();
    for file in inputs.sources.files() {
        if let Detection::Recognised { format, .. } = detect(file, FORMATS, &[]) {
            let document = (format.parse)(file);
            contents.extend(document.content.into_iter().map(|c| (file.id(), c)));
        }
    }
    let estate = join_contents(contents, &inputs.sources, &Options::default());
    (estate, inputs.sources)
}

fn host(estate: &Estate, name: &str) -> Endpoint {
    let index = estate.servers.iter().position(|s| s.name == name).unwrap();
    Endpoint::Server(ServerId(index as u32))
}

/// Verdict, the deciding entries that matter, and the effects of a flow.
fn ask(from: &str, to: &str, port: u16) -> (Verdict, Vec<String>, Vec<&'static str>) {
    let (estate, sources) = load();
    let end = |name: &str| match name {
        "internet" => Endpoint::Internet,
        name => host(&estate, name),
    };
    let network = Network::new(&estate);
    let answer = network.reach(&Query::new(end(from), end(to), to_port(port)));
    let rules = answer
        .decided_by()
        .iter()
        .filter(|by| by.label.is_none())
        .map(|by| {
            sources
                .get(by.span.file)
                .unwrap()
                .slice(by.span)
                .trim()
                .to_owned()
        })
        .collect();
    let effects = answer.effects.iter().map(|e| e.kind.name()).collect();
    (answer.verdict, rules, effects)
}

const WAN_TO_DMZ: &str = "access-list wan_in extended deny ip any 10.20.10.0 255.255.255.0 log";

fn line(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[test]
fn mail_from_the_internet_reaches_one_edge_and_not_the_other() {
    let (verdict, rules, effects) = ask("internet", "edge1", 25);
    assert_eq!(
        verdict,
        Verdict::Partial,
        "some senders are on a block list"
    );
    assert!(
        rules.contains(
            &"access-list outside_in extended permit tcp any object EDGE1 eq smtp".to_owned()
        ),
        "{rules:?}"
    );
    assert!(effects.contains(&"allows-tls") && effects.contains(&"translated"));
    assert!(!effects.contains(&"strips-starttls"));
    // The permit names the published address, and 8.3 compares the real one.
    let (verdict, rules, _) = ask("internet", "edge2", 25);
    assert_eq!(verdict, Verdict::Deny);
    assert!(
        rules.contains(&"access-list outside_in extended deny ip any any log".to_owned()),
        "{rules:?}"
    );
}

#[test]
fn one_hub_delivers_to_its_edge_and_the_other_is_shut_out() {
    let (verdict, rules, effects) = ask("hub1", "edge1", 25);
    assert_eq!(
        (verdict, rules),
        (
            Verdict::Permit,
            line(
                "access-list servers_in extended permit tcp object-group EXCH_HUBS object-group EXCH_EDGES eq smtp"
            )
        )
    );
    assert!(effects.contains(&"strips-starttls"));
    let denied = (Verdict::Deny, line(WAN_TO_DMZ), Vec::new());
    assert_eq!(ask("hub2", "edge2", 25), denied);
    assert_eq!(ask("hub2", "edge2", 50636), denied);
    let (verdict, rules, _) = ask("edge1", "hub2", 25);
    assert_eq!(
        (verdict, rules),
        (
            Verdict::Permit,
            line(
                "access-list dmz_in extended permit tcp object-group EXCH_EDGES object-group HUBS_ON_DMZ eq smtp"
            )
        )
    );
}

#[test]
fn smb_from_the_perimeter_is_open_by_the_widened_group_alone() {
    for target in ["dc1", "dc2", "mail1"] {
        let (verdict, rules, _) = ask("edge1", target, 445);
        assert_eq!(
            (verdict, rules),
            (
                Verdict::Permit,
                line(
                    "access-list dmz_in extended permit tcp object-group DM_INLINE_NETWORK_1 object-group LOGSHARE_SERVERS object-group DM_INLINE_TCP_1"
                )
            )
        );
    }
    // HUB1 is in the group, but the perimeter knows it by another address.
    assert_eq!(ask("edge1", "hub1", 445).0, Verdict::Deny);
    // Its time range ended, and the other rule is inactive.
    assert_eq!(ask("cas1", "dc1", 445).0, Verdict::Deny);
}

#[test]
fn the_inner_firewall_restricts_client_access_and_mailbox_in_one_site() {
    let (estate, sources) = load();
    let network = Network::new(&estate);
    let name = |id: ServerId| estate.servers[id.0 as usize].name.as_str();
    let placements = network.placements();
    let find = |a: &str, b: &str| {
        placements
            .iter()
            .find(|p| (name(p.a), name(p.b)) == (a, b))
            .unwrap()
    };
    let pair = find("cas1", "mail1");
    assert_eq!(
        (pair.between, pair.restricts, pair.certain),
        (Tri::Yes, Tri::Yes, true)
    );
    let entries: Vec<&str> = pair
        .decided_by
        .iter()
        .map(|by| sources.get(by.span.file).unwrap().slice(by.span).trim())
        .collect();
    assert_eq!(
        entries,
        [
            "access-list dmz_in extended deny ip any any log",
            "access-list servers_in extended deny ip any any log"
        ]
    );
    // Between the sites everything passes, both ways.
    let pair = find("cas2", "mail1");
    assert_eq!((pair.between, pair.restricts), (Tri::Yes, Tri::No));
}

#[test]
fn the_mail_rule_of_the_other_site_is_shadowed_and_would_permit_its_flow() {
    let (estate, sources) = load();
    let network = Network::new(&estate);
    let inner = estate
        .firewalls
        .iter()
        .position(|f| f.name == "inner")
        .unwrap();
    let inner = crate::estate::FirewallId(inner as u32);
    let engine = network.engine(inner).unwrap();
    let entry = |rule: RuleRef| {
        let span = engine.rule(rule).unwrap().span;
        sources.get(span.file).unwrap().slice(span).trim()
    };
    let hiding = engine.hidden_rules();
    let shadowed: Vec<&HiddenRule> = hiding
        .rules
        .iter()
        .filter(|hidden| hidden.kind == HidingKind::Shadowed)
        .collect();
    assert_eq!(shadowed.len(), 1);
    assert!(entry(shadowed[0].rule).starts_with("access-list wan_in extended permit tcp "));
    assert!(entry(shadowed[0].rule).ends_with("eq smtp"));
    assert_eq!(entry(shadowed[0].by[0]), WAN_TO_DMZ);
    let ask = |to: &str, port| {
        let query = Query::new(host(&estate, "hub2"), host(&estate, to), to_port(port));
        network.would_permit(&network.reach(&query), inner, shadowed[0].rule)
    };
    assert!(ask("edge2", 25));
    assert!(!ask("edge2", 50636));
    assert!(!ask("hub1", 25));
}
