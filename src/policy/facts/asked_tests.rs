use std::collections::BTreeSet;

use super::*;
use crate::estate::{EstateFirewall, HostPorts, Role, Strength, Zone, ZoneClass};
use crate::flow::Network;
use crate::flow::tests::build::firewall;
use crate::model::exchange::{Properties, Property, Record, Value};
use crate::model::net::IpRange;
use crate::model::path::exchange_2007;
use crate::policy::facts::flows;
use crate::source::{FileId, Span, Spanned};

fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

fn machine(name: &str, roles: &[Role]) -> Server {
    Server {
        name: name.to_owned(),
        fqdn: None,
        exchange: roles.iter().any(|role| role.is_exchange()),
        roles: roles
            .iter()
            .map(|role| Spanned::new(*role, span()))
            .collect(),
        site: None,
        version: None,
        addresses: Vec::new(),
        published: Vec::new(),
        nodes: Vec::new(),
        state: None,
        span: span(),
    }
}

fn estate(servers: Vec<Server>) -> Estate {
    Estate {
        servers,
        ..Estate::default()
    }
}

fn few<'c>() -> &'c Classes {
    unreachable!("few questions")
}

fn all_paths(estate: &Estate, network: &Network<'_>) -> Vec<Asked<'static>> {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let answers = |asked: &[Asked<'_>]| flows::answers(network, estate, asked);
    paths(estate, catalogue, || network.classes(), answers, LIMITS)
}

fn asked(estate: &Estate, path: &str) -> Vec<String> {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let name = |end: End| match end {
        End::Internet => "internet".to_owned(),
        End::Zone(id) => estate.zones[id.0 as usize].name.clone(),
        End::Server(id) => estate.servers[id.0 as usize].name.clone(),
        End::Host(ip) => ip.to_string(),
    };
    paths(
        estate,
        catalogue,
        few,
        |_| unreachable!("few questions"),
        LIMITS,
    )
    .iter()
    .filter(|asked| *asked.path.id.0 == *path)
    .map(|asked| {
        format!(
            "{}>{} {}",
            name(asked.source),
            name(asked.destination),
            asked.service
        )
    })
    .collect()
}

#[test]
fn a_path_is_asked_between_all_servers_of_its_roles() {
    let estate = estate(vec![
        machine("hub1", &[Role::Hub]),
        machine("hub2", &[Role::Hub, Role::ClientAccess]),
        machine("edge1", &[Role::Edge]),
    ]);
    assert_eq!(
        asked(&estate, "hub-to-edge-smtp"),
        ["hub1>edge1 tcp/25", "hub2>edge1 tcp/25"]
    );
    assert_eq!(
        asked(&estate, "hub-to-hub-smtp"),
        ["hub1>hub2 tcp/25", "hub2>hub1 tcp/25"]
    );
}

#[test]
fn the_internet_and_the_edge_of_another_organisation_are_one_end() {
    let estate = estate(vec![
        machine("edge1", &[Role::Edge]),
        machine("edge2", &[Role::Edge]),
    ]);
    assert_eq!(
        asked(&estate, "internet-to-edge-smtp"),
        ["internet>edge1 tcp/25", "internet>edge2 tcp/25"]
    );
    let mail: Vec<_> = asked(&estate, "edge-to-edge-smtp")
        .into_iter()
        .filter(|asked| asked.ends_with(" tcp/25"))
        .collect();
    assert_eq!(
        mail,
        [
            "edge1>internet tcp/25",
            "edge2>internet tcp/25",
            "internet>edge1 tcp/25",
            "internet>edge2 tcp/25"
        ]
    );
}

#[test]
fn the_directory_of_an_edge_is_on_the_edge_itself() {
    let estate = estate(vec![machine("edge1", &[Role::Edge])]);
    assert!(asked(&estate, "edge-local-adam").is_empty());
}

fn clients() -> Zone {
    Zone {
        name: "users".to_owned(),
        class: Some(ZoneClass::Client),
        strength: Strength::Declared,
        signals: Vec::new(),
        attachments: Vec::new(),
        beyond: Vec::new(),
        networks: Vec::new(),
        span: span(),
    }
}

#[test]
fn clients_are_zones_of_clients() {
    let mut estate = estate(vec![machine("cas1", &[Role::ClientAccess])]);
    assert!(asked(&estate, "owa").is_empty());
    estate.zones.push(clients());
    assert_eq!(
        asked(&estate, "owa"),
        ["users>cas1 tcp/80", "users>cas1 tcp/443"]
    );
}

#[test]
fn cluster_paths_stay_within_one_cluster() {
    let mut first = machine("cms1", &[Role::Mailbox]);
    first.nodes = ["node1", "node2"]
        .map(|node| Spanned::new(node.to_owned(), span()))
        .to_vec();
    let mut second = machine("cms2", &[Role::Mailbox]);
    second.nodes = vec![Spanned::new("node3".to_owned(), span())];
    let mut servers = vec![first, second];
    servers.extend(["node1", "node2", "node3"].map(|name| machine(name, &[])));
    assert_eq!(
        asked(&estate(servers), "cluster-heartbeat-udp"),
        ["node1>node2 udp/3343", "node2>node1 udp/3343"]
    );
}

#[test]
fn rpc_asks_for_the_bounds_of_all_profiles_until_one_is_declared() {
    let mut estate = estate(vec![
        machine("mbx1", &[Role::Mailbox]),
        machine("hub1", &[Role::Hub]),
    ]);
    assert_eq!(
        asked(&estate, "mailbox-to-hub-submission"),
        ["mbx1>hub1 tcp/135", "mbx1>hub1 tcp/1025-65535"]
    );
    let mut inventory = crate::formats::inventory::Inventory::default();
    inventory.rpc = Some(crate::formats::inventory::RpcSection {
        profile: Some(Spanned::new("ws2003".to_owned(), span())),
        range: None,
        span: span(),
    });
    estate.inventory = Some(inventory);
    assert_eq!(
        asked(&estate, "mailbox-to-hub-submission"),
        ["mbx1>hub1 tcp/135", "mbx1>hub1 tcp/1025-5000"]
    );
}

#[test]
fn sensitive_services_follow_the_roles() {
    let estate = estate(vec![
        machine("edge1", &[Role::Edge]),
        machine("dc1", &[Role::ActiveDirectory]),
        machine("pbx1", &[Role::IpGateway]),
    ]);
    let services = |id| -> Vec<String> {
        let services = sensitive(ServerId(id), &estate);
        services
            .iter()
            .map(|known| known.service.to_string())
            .collect()
    };
    let edge = services(0);
    assert!(edge.contains(&"tcp/50389".to_owned()) && edge.contains(&"tcp/445".to_owned()));
    assert!(!edge.contains(&"tcp/3268".to_owned()));
    assert!(services(1).contains(&"tcp/3268".to_owned()));
    assert!(services(2).is_empty());
}

#[test]
fn every_row_of_the_table_of_sensitive_services_is_read() {
    let everything = estate(vec![machine(
        "all",
        &[
            Role::Hub,
            Role::Edge,
            Role::Mailbox,
            Role::ClientAccess,
            Role::UnifiedMessaging,
            Role::ActiveDirectory,
        ],
    )]);
    let rows: BTreeSet<&str> = SENSITIVE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    assert_eq!(sensitive(ServerId(0), &everything).len(), rows.len());
}

fn at_site(name: &str, role: Role, site: &str) -> Server {
    Server {
        site: Some(Spanned::new(site.to_owned(), span())),
        ..machine(name, &[role])
    }
}

#[test]
fn an_edge_talks_to_the_hubs_of_its_subscribed_site_only() {
    let mut estate = estate(vec![
        at_site("hub1", Role::Hub, "Tokyo"),
        at_site("hub2", Role::Hub, "Osaka"),
        at_site("edge1", Role::Edge, "tokyo"),
    ]);
    assert_eq!(asked(&estate, "hub-to-edge-smtp"), ["hub1>edge1 tcp/25"]);
    estate.servers[2].site = None;
    assert_eq!(
        asked(&estate, "hub-to-edge-smtp"),
        ["hub1>edge1 tcp/25", "hub2>edge1 tcp/25"],
        "a site that is not known leaves both"
    );
}

#[test]
fn the_directory_of_the_own_site_is_asked_and_any_where_the_site_has_none() {
    let estate = estate(vec![
        at_site("mbx1", Role::Mailbox, "Tokyo"),
        at_site("mbx2", Role::Mailbox, "Nagoya"),
        at_site("dc1", Role::ActiveDirectory, "Tokyo"),
        at_site("dc2", Role::ActiveDirectory, "Osaka"),
    ]);
    let fixed: Vec<String> = asked(&estate, "oab-to-ad")
        .into_iter()
        .filter(|line| line.ends_with("tcp/135"))
        .collect();
    assert_eq!(
        fixed,
        ["mbx1>dc1 tcp/135", "mbx2>dc1 tcp/135", "mbx2>dc2 tcp/135"]
    );
}

#[test]
fn a_named_workstation_stands_for_the_administration_network() {
    let admin = Zone {
        name: "admin".to_owned(),
        class: Some(ZoneClass::Admin),
        strength: Strength::Declared,
        signals: Vec::new(),
        attachments: Vec::new(),
        beyond: Vec::new(),
        networks: Vec::new(),
        span: span(),
    };
    let mut estate = estate(vec![machine("mbx1", &[Role::Mailbox])]);
    estate.zones.push(admin);
    assert_eq!(asked(&estate, "admin-smb"), ["admin>mbx1 tcp/445"]);
    estate
        .servers
        .push(machine("jump1", &[Role::AdminWorkstation]));
    assert_eq!(asked(&estate, "admin-smb"), ["jump1>mbx1 tcp/445"]);
}

#[test]
fn an_edge_is_no_member_of_the_domain() {
    let estate = estate(vec![
        machine("mbx1", &[Role::Mailbox]),
        machine("hub1", &[Role::Hub]),
        machine("edge1", &[Role::Edge]),
    ]);
    let lines = asked(&estate, "rus-rpc");
    assert!(lines.iter().any(|line| line.starts_with("hub1>")));
    assert!(lines.iter().all(|line| !line.starts_with("edge1>")));
}

/// Servers of many roles, so many that their pairs cannot all be asked about.
fn very_many() -> Vec<Server> {
    let roles = [
        Role::Hub,
        Role::ClientAccess,
        Role::Mailbox,
        Role::UnifiedMessaging,
        Role::ActiveDirectory,
    ];
    (0..400)
        .map(|number| machine(&format!("s{number}"), &roles))
        .collect()
}

#[test]
fn of_very_many_servers_one_pair_stands_for_all_that_are_alike() {
    let mut servers = very_many();
    servers.push(machine("edge1", &[Role::Edge]));
    let estate = estate(servers);
    let network = Network::new(&estate);
    let asked = all_paths(&estate, &network);
    let counts = |path: &str| -> Vec<(usize, bool)> {
        let of_path = asked.iter().filter(|asked| *asked.path.id.0 == *path);
        of_path
            .map(|asked| (asked.stands_for, asked.left_open))
            .collect()
    };
    assert_eq!(counts("hub-to-hub-smtp"), [(400 * 399, false)]);
    // What is few stays whole.
    let to_edge = counts("hub-to-edge-smtp");
    assert_eq!(to_edge, vec![(1, false); 400]);
}

#[test]
fn without_a_firewall_only_roles_tell_servers_apart() {
    let mut servers = very_many();
    for (number, server) in servers.iter_mut().enumerate() {
        server.site = Some(Spanned::new(format!("Site{number}"), span()));
    }
    let estate = estate(servers);
    let network = Network::new(&estate);
    assert_eq!(network.classes().first().count(), 1);
}

#[test]
fn pairs_of_very_many_servers_that_all_differ_are_left_open_and_counted() {
    let mut servers = very_many();
    for (number, server) in (0u32..).zip(&mut servers) {
        let address = IpRange::V4(0xC000_0200 + number, 0xC000_0200 + number);
        server.published = vec![Spanned::new(address, span())];
    }
    let mut estate = estate(servers);
    estate.firewalls.push(EstateFirewall {
        name: "outer".to_owned(),
        firewall: firewall("outer", Vec::new()),
    });
    let network = Network::new(&estate);
    let asked = all_paths(&estate, &network);
    let hubs: Vec<_> = asked
        .iter()
        .filter(|asked| &*asked.path.id.0 == "hub-to-hub-smtp")
        .collect();
    assert_eq!(
        hubs.iter().map(|asked| asked.stands_for).sum::<usize>(),
        400 * 399
    );
    assert_eq!(hubs.iter().filter(|asked| asked.left_open).count(), 1);
    assert!(hubs.len() <= 2 * LIMITS.most + 1, "{}", hubs.len());
    assert!(asked.len() < 100 * LIMITS.most, "{}", asked.len());
}

#[test]
fn the_registry_of_a_server_tells_which_ports_are_asked_about() {
    let hub = machine("hub1", &[Role::Hub]);
    let mailbox = machine("mbx1", &[Role::Mailbox]);
    let other = machine("mbx2", &[Role::Mailbox]);
    let mut estate = estate(vec![hub, mailbox, other]);
    let range = PortRange::new(5000, 5100).expect("a range");
    let ports = HostPorts {
        rpc: vec![Spanned::new(range, span())],
        fixed: [("store", Spanned::new(6000, span()))].into(),
        ..HostPorts::default()
    };
    estate.host_ports.insert(ServerId(1), ports);
    // The store has its port; what the System Attendant listens on is in the range.
    assert_eq!(
        asked(&estate, "hub-to-mailbox-mapi"),
        [
            "hub1>mbx1 tcp/135",
            "hub1>mbx1 tcp/6000",
            "hub1>mbx2 tcp/135",
            "hub1>mbx2 tcp/1025-65535",
        ]
    );
    assert_eq!(
        asked(&estate, "mailbox-assistants")
            .first()
            .map(String::as_str),
        Some("mbx1>mbx2 tcp/135")
    );
    estate.host_ports.insert(
        ServerId(1),
        HostPorts {
            dynamic: PortRange::new(10_000, 10_999).map(|range| Spanned::new(range, span())),
            ..HostPorts::default()
        },
    );
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let all = paths(
        &estate,
        catalogue,
        few,
        |_| unreachable!("few questions"),
        LIMITS,
    );
    let range = all.iter().find(|asked| {
        &*asked.path.id.0 == "hub-to-mailbox-mapi" && asked.service.ports.low == 10_000
    });
    assert_eq!(range.map(|asked| asked.ports_unknown), Some(true));
}

#[test]
fn the_registry_of_an_edge_server_moves_its_directory() {
    let mut estate = estate(vec![
        machine("hub1", &[Role::Hub]),
        machine("edge1", &[Role::Edge]),
    ]);
    let ports = HostPorts {
        fixed: [("adam-ldaps", Spanned::new(50_700, span()))].into(),
        ..HostPorts::default()
    };
    estate.host_ports.insert(ServerId(1), ports);
    let flows = asked(&estate, "hub-to-edge-edgesync");
    assert!(
        flows.contains(&"hub1>edge1 tcp/50700".to_owned()),
        "{flows:?}"
    );
    assert!(
        !flows.contains(&"hub1>edge1 tcp/50636".to_owned()),
        "{flows:?}"
    );
}

/// Settings of a server that bind ports.
fn settings(bindings: &[&str]) -> crate::estate::Object {
    let mut record = Record {
        cmdlet: Some("Get-PopSettings"),
        cmdlet_evidence: None,
        host: None,
        properties: Properties::default(),
        span: span(),
    };
    let texts = bindings.iter().map(|text| Value::Text((*text).into()));
    record.properties.insert(Property {
        name: "UnencryptedOrTLSBindings".into(),
        value: Value::List(texts.collect()),
        span: span(),
    });
    crate::estate::Object {
        cmdlet: "Get-PopSettings",
        server: Some(ServerId(0)),
        identity: "CAS1\\1".to_owned(),
        record: record.into(),
        copies: Vec::new(),
    }
}

#[test]
fn clients_of_pop3_are_asked_about_the_ports_that_its_settings_bind() {
    let mut estate = estate(vec![machine("cas1", &[Role::ClientAccess])]);
    estate.zones.push(clients());
    let usual = ["users>cas1 tcp/110", "users>cas1 tcp/995"];
    for bound in [&["0.0.0.0:110", "0.0.0.0:1110"][..], &["0.0.0.0"], &[]] {
        estate.objects = vec![settings(bound)];
        assert_eq!(asked(&estate, "pop3"), usual, "{bound:?}");
    }
    estate.objects = vec![settings(&["0.0.0.0:1110", ":::1110"])];
    let moved = [
        "users>cas1 tcp/1110",
        "users>cas1 tcp/110",
        "users>cas1 tcp/995",
    ];
    assert_eq!(asked(&estate, "pop3"), moved);
}
