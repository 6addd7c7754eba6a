//! Facts of a small estate with a hand-made firewall.

use serde_json::Value;

use super::*;
use crate::estate::{Address, Object, Question, Role, Run, Strength, ZoneClass, ZoneId};
use crate::flow::tests::build::*;
use crate::model::exchange::{Property, Record};
use crate::model::firewall::{Action, AddressView, Firewall};
use crate::model::path::exchange_2007;
use crate::source::SourceFile;

const CONFIG: &str = "\
hostname outer
access-list outside_in extended permit tcp any host 192.0.2.10 eq 25
access-list outside_in extended permit tcp any   host 192.0.2.10 eq 445
";

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.add(|id| SourceFile::from_text(id, "fw/outer.cfg", CONFIG));
    sources
}

/// The span of a line of [`CONFIG`], counted from 0.
fn line(sources: &Sources, index: usize) -> crate::source::Span {
    let file = sources.files().first().expect("one file");
    file.lines().nth(index).expect("the line").0
}

fn firewall_between(sources: &Sources) -> Firewall {
    let mut rules = vec![
        rule(Action::Permit, "any", "192.0.2.10", tcp(25, 25)),
        rule(Action::Permit, "any", "192.0.2.10", tcp(445, 445)),
    ];
    let mut list = filter("outside_in", rules.split_off(0), Action::Deny);
    for (index, rule) in list.rules.iter_mut().enumerate() {
        rule.span = line(sources, index + 1);
    }
    let mut firewall = firewall("outer", vec![list]);
    firewall.interfaces = vec![
        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
        interface("dmz", "192.0.2.1", "192.0.2.0/24", 50),
        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
    ];
    firewall.routes = vec![route(0, "0.0.0.0/0", "203.0.113.254")];
    firewall.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    firewall
}

/// An Edge in the perimeter, a Hub inside, a Hub without an address.
fn estate_of(sources: &Sources) -> Estate {
    let mut lost = server("hub2", Role::Hub, "10.0.0.12");
    lost.addresses.clear();
    let mut edge = server("edge1", Role::Edge, "192.0.2.10");
    edge.addresses = vec![Address {
        ip: "192.0.2.10".parse().expect("an address"),
        strength: Strength::Connected,
        span: span(0),
        zone: Some(ZoneId(1)),
    }];
    let mut estate = Estate {
        firewalls: vec![crate::estate::EstateFirewall {
            name: "outer".to_owned(),
            firewall: firewall_between(sources),
        }],
        servers: vec![edge, server("hub1", Role::Hub, "10.0.0.11"), lost],
        zones: vec![
            zone("internet", ZoneClass::Internet, &[(0, 0)]),
            zone("dmz", ZoneClass::Perimeter, &[(0, 1)]),
            zone("servers", ZoneClass::Internal, &[(0, 2)]),
        ],
        reference_date: "2009-11-02".to_owned(),
        ..Estate::default()
    };
    estate.runs.push(Run {
        cmdlet: "Get-ReceiveConnector",
        host: Some("HUB1".into()),
        count: 1,
        span: span(3),
    });
    let property = |name: &str, value| Property {
        name: name.into(),
        value,
        span: span(5),
    };
    use crate::model::exchange::Value as Exported;
    estate.objects.push(Object {
        cmdlet: "Get-ReceiveConnector",
        server: Some(crate::estate::ServerId(1)),
        identity: "HUB1\\Default HUB1".to_owned(),
        record: Record {
            cmdlet: Some("Get-ReceiveConnector"),
            cmdlet_evidence: None,
            host: None,
            properties: [
                property("Fqdn", Exported::Null),
                property("RemoteIPRanges", Exported::List(Vec::new().into())),
                property("Enabled", Exported::Bool(true)),
                property("Bindings", Exported::Truncated("0.0.0".into())),
            ]
            .into_iter()
            .collect(),
            span: span(4),
        }
        .into(),
        copies: Vec::new(),
    });
    estate.questions.push(Question {
        kind: "server-address",
        subject: "hub2".to_owned(),
        text: "the address of hub2 is not known".to_owned(),
        settle: "Get-NetworkConnectionInfo hub2 | fl".to_owned(),
        span: span(6),
    });
    estate
}

fn facts() -> Facts {
    let sources = sources();
    let estate = estate_of(&sources);
    let network = Network::new(&estate);
    let catalogue = exchange_2007().expect("the embedded catalogue");
    super::build(&sources, &estate, &network, catalogue)
}

fn json() -> Value {
    serde_json::to_value(facts()).expect("facts are JSON")
}

/// The element of a list with a value for a key.
fn of<'v>(list: &'v Value, key: &str, value: &str) -> &'v Value {
    list.as_array()
        .and_then(|items| items.iter().find(|item| item[key] == value))
        .unwrap_or_else(|| panic!("no {key} {value} in {list:#}"))
}

#[test]
fn facts_keep_their_schema() {
    let schema: Value = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/schemas/facts.schema.json"
    )))
    .expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a valid schema");
    let facts = json();
    let errors: Vec<_> = validator
        .iter_errors(&facts)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = facts;
    wrong["servers"][0]["adress"] = Value::from("10.0.0.1");
    assert!(!validator.is_valid(&wrong), "unknown keys are errors");
}

#[test]
fn equal_estates_give_equal_bytes() {
    assert_eq!(json().to_string(), json().to_string());
}

#[test]
fn what_is_not_known_has_no_key() {
    let facts = json();
    let hub = of(&facts["servers"], "name", "hub1");
    for key in ["site", "version", "fqdn"] {
        assert_eq!(hub.get(key), None, "{key}");
    }
    let edge = of(&facts["servers"], "name", "edge1");
    assert_eq!(edge["addresses"][0]["class"], "perimeter");
    assert_eq!(edge["addresses"][0]["certainty"], "declared");
}

#[test]
fn a_flow_names_the_deciding_rule_and_its_place() {
    let facts = json();
    let flow = of(
        &facts["flows"],
        "id",
        "internet-to-edge-smtp/internet/edge1/tcp/25",
    );
    assert_eq!(flow["verdict"], "permit", "{flow:#}");
    assert_eq!(flow["need"], "required");
    let decision = &flow["decided_by"][0];
    assert_eq!(
        decision["rule"],
        "access-list outside_in extended permit tcp any host 192.0.2.10 eq 25"
    );
    let at: Ref = decision["at"]
        .as_str()
        .expect("a ref")
        .parse()
        .expect("a ref");
    assert_eq!(at.0, line(&sources(), 1));
    assert_eq!(flow["witness"]["destination_port"], 25);
}

#[test]
fn a_flow_that_lacks_an_address_says_which_and_what_settles_it() {
    let facts = json();
    let flow = of(&facts["flows"], "id", "hub-to-edge-smtp/hub2/edge1/tcp/25");
    assert_eq!(flow["verdict"], "inconclusive");
    assert_eq!(flow["why"][0], "the address of hub2 is not known");
    assert_eq!(flow["settle"][0], "Get-NetworkConnectionInfo hub2 | fl");
    assert!(flow["at"].as_array().is_some_and(|at| !at.is_empty()));
}

#[test]
fn an_exposure_is_decided_by_what_lets_it_through() {
    let facts = json();
    let exposure = of(&facts["exposures"], "id", "internet/edge1/tcp/445");
    assert_eq!(exposure["verdict"], "permit");
    assert_eq!(exposure["class"], "internet");
    assert_eq!(exposure["application"], "smb");
    assert_eq!(exposure["decided_by"][0]["action"], "permit");
    let ids: Vec<_> = facts["exposures"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|exposure| exposure["id"].as_str().unwrap_or_default())
        .collect();
    assert!(
        !ids.contains(&"internet/edge1/tcp/50389"),
        "denied: {ids:?}"
    );
    assert!(
        !ids.contains(&"dmz/edge1/tcp/445"),
        "nothing between: {ids:?}"
    );
}

#[test]
fn values_that_are_null_empty_and_cut_off_stay_apart() {
    let facts = json();
    let connector = &facts["objects"]["Get-ReceiveConnector"][0];
    assert_eq!(connector["server"], "hub1");
    assert_eq!(connector["properties"]["Fqdn"], Value::Null);
    assert_eq!(
        connector["properties"]["RemoteIPRanges"],
        serde_json::json!([])
    );
    assert_eq!(connector["properties"].get("Bindings"), None);
    assert_eq!(
        connector["unknown"]["Bindings"],
        "the export cut this value off"
    );
    for name in ["self", "Fqdn", "RemoteIPRanges", "Enabled", "Bindings"] {
        assert!(connector["at"].get(name).is_some(), "{name}");
    }
}

#[test]
fn a_cmdlet_counts_as_there_when_it_ran() {
    assert_eq!(facts().kinds, ["Get-ReceiveConnector", "firewall"]);
}

#[test]
fn senders_that_the_inventory_names_are_all_that_must_pass() {
    let sources = sources();
    let mut estate = estate_of(&sources);
    // The list lets only the filtering service in.
    if let Some(rule) = estate.firewalls[0].firewall.filters[0].rules.first_mut() {
        rule.source = at("198.51.100.0/24");
    }
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let verdict = |estate: &Estate| {
        let facts = super::build(&sources, estate, &Network::new(estate), catalogue);
        let id = "internet-to-edge-smtp/internet/edge1/tcp/25";
        let flow = facts.flows.into_iter().find(|flow| &*flow.id == id);
        flow.map(|flow| flow.verdict.verdict)
    };
    assert_eq!(verdict(&estate), Some("partial"));
    let mut inventory = crate::formats::inventory::Inventory::default();
    inventory.exchange.smtp_sources = vec![spanned(net("198.51.100.0/25"))];
    estate.inventory = Some(inventory);
    assert_eq!(verdict(&estate), Some("permit"));
}

#[test]
fn an_interface_knows_its_zone() {
    let facts = facts();
    let firewall = facts.firewalls.first().expect("one firewall");
    let zones: Vec<_> = firewall
        .interfaces
        .iter()
        .map(|i| i.zone.as_deref())
        .collect();
    assert_eq!(zones, [Some("internet"), Some("dmz"), Some("servers")]);
}

#[test]
fn every_built_in_rule_is_evaluated_on_these_facts_without_error() {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let policies = crate::policy::Policies::built_in(catalogue);
    for result in policies.evaluate(&facts(), None) {
        let failed = matches!(result.status, crate::policy::Status::Failed(_));
        assert!(!failed, "{:?}", result.status);
    }
}

#[test]
fn a_question_of_a_rule_is_answered_like_a_flow() {
    let sources = sources();
    let estate = estate_of(&sources);
    let network = Network::new(&estate);
    let ask = |from, to, service| super::reach(&sources, &estate, &network, [from, to, service]);
    let answer = ask("internet", "EDGE1", "tcp/445");
    assert_eq!(answer["verdict"], "permit");
    assert_eq!(answer["destination"], "EDGE1");
    assert_eq!(
        ask("198.51.100.7", "192.0.2.10", "tcp/444")["verdict"],
        "deny"
    );
    for (from, to, service) in [
        ("nobody", "edge1", "tcp/25"),
        ("internet", "edge1", "smtp"),
        ("internet", "edge1", "tcp/70000"),
        ("hub2", "edge1", "tcp/25"),
    ] {
        let answer = ask(from, to, service);
        assert_eq!(answer["verdict"], "inconclusive", "{from} {to} {service}");
        assert!(answer["why"][0].is_string());
    }
}
