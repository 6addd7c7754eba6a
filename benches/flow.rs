//! From a parsed estate to all verdicts: rules and servers in several sizes.
//!
//!     cargo bench --bench flow [processor|verdicts|facts|one-question]
//!
//! `processor` measures the verdicts by processor time instead of the clock,
//! for machines that do other work too.

mod common;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group};
use exlint::estate::{self, Estate};
use exlint::flow::{Endpoint, Network, PathRow, Query, RowEnd, ServiceSet, places, service};
use exlint::formats::detect::{Detection, detect};
use exlint::formats::{Content, FORMATS};
use exlint::model::net::PortRange;
use exlint::model::path::{Party, exchange_2007};
use exlint::model::server::Role;
use exlint::model::zone::ZoneClass;
use exlint::policy::facts;
use exlint::source::{FileId, SourceFile, Sources};

fn contents(sources: &Sources) -> Vec<(FileId, Content)> {
    let mut contents = Vec::new();
    for file in sources.files() {
        if let Detection::Recognised { format, .. } = detect(file, FORMATS, &[]) {
            let document = (format.parse)(file);
            contents.extend(document.content.into_iter().map(|c| (file.id(), c)));
        }
    }
    contents
}

/// Servers of all roles in the perimeter and inside, in two sites.
fn inventory(servers: usize) -> String {
    const ROLES: [&str; 12] = [
        "edge",
        "hub",
        "cas",
        "mailbox",
        "um",
        "ad",
        "dns",
        "legacy-mailbox",
        "ip-gateway",
        "backup",
        "admin-workstation",
        "reverse-proxy",
    ];
    let mut text = String::from("[exchange]\nreference_date = 2009-11-02\n");
    for (zone, class, network) in [
        ("outside", "internet", "0.0.0.0/0"),
        ("dmz", "perimeter", "192.0.2.0/24"),
        ("inside", "internal", "10.1.0.0/16"),
        ("users", "client", "10.1.128.0/17"),
    ] {
        let at = if zone == "users" { "inside" } else { zone };
        let _ = write!(
            text,
            "\n[[zone]]\nname = \"{zone}\"\nclass = \"{class}\"\nat = [\"bench:{at}\"]\n\
             networks = [\"{network}\"]\n"
        );
    }
    for server in 0..servers {
        let role = ROLES[server % ROLES.len()];
        let address = match role {
            "edge" | "reverse-proxy" => format!("192.0.2.{}", 10 + server % 200),
            _ => format!("10.1.{}.{}", 1 + server / 250, server % 250),
        };
        let _ = write!(
            text,
            "\n[[server]]\nname = \"srv{server}\"\nroles = [\"{role}\"]\n\
             addresses = [\"{address}\"]\nsite = \"{}\"\n",
            ["Tokyo", "Osaka"][server / ROLES.len() % 2]
        );
    }
    text
}

fn given(rules: usize, servers: usize) -> (Sources, Estate) {
    let mut sources = Sources::default();
    sources.add(|id| SourceFile::from_text(id, "fw.cfg", common::asa(rules)));
    sources.add(|id| SourceFile::from_text(id, "exlint.toml", inventory(servers)));
    let options = estate::Options {
        reference_date: None,
        default_date: "2013-06-03".to_owned(),
    };
    let estate = estate::join_contents(contents(&sources), &sources, &options);
    assert_eq!((estate.servers.len(), estate.firewalls.len()), (servers, 1));
    (sources, estate)
}

/// Every row of the catalogue between all ends that have its parts.
fn questions(estate: &Estate) -> Vec<Query> {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let end = |party: &Party| match party {
        Party::Hub => RowEnd::Role(Role::Hub),
        Party::Edge => RowEnd::Role(Role::Edge),
        Party::Mailbox | Party::ClusterNode => RowEnd::Role(Role::Mailbox),
        Party::Cas => RowEnd::Role(Role::ClientAccess),
        Party::Um => RowEnd::Role(Role::UnifiedMessaging),
        Party::Ad | Party::Adam => RowEnd::Role(Role::ActiveDirectory),
        Party::Dns => RowEnd::Role(Role::Dns),
        Party::LegacyMailbox => RowEnd::Role(Role::LegacyMailbox),
        Party::IpGateway => RowEnd::Role(Role::IpGateway),
        Party::Backup => RowEnd::Role(Role::Backup),
        Party::AdminWorkstation => RowEnd::Role(Role::AdminWorkstation),
        Party::Internet | Party::OtherOrgEdge => RowEnd::Internet,
        Party::Client => RowEnd::Zones(ZoneClass::Client),
        Party::ExchangeServer => RowEnd::ExchangeServer,
    };
    let rows: Vec<PathRow> = catalogue
        .paths
        .iter()
        .map(|path| PathRow {
            id: path.id.0.to_string(),
            sources: path.source.iter().map(end).collect(),
            destinations: path.destination.iter().map(end).collect(),
            services: path
                .services
                .iter()
                .map(|known| service(known.protocol.into(), PortRange::one(known.port)))
                .collect(),
        })
        .collect();
    places(estate, &rows)
        .into_iter()
        .map(|place| place.query)
        .collect()
}

/// The verdicts alone: 50 servers, every row of the catalogue, every pair.
fn verdicts(c: &mut Criterion) {
    let mut group = c.benchmark_group("verdicts");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    for rules in [1_000, 10_000, 100_000, 1_000_000] {
        let (_, estate) = given(rules, 50);
        let questions = questions(&estate);
        let id = BenchmarkId::new(format!("{}-questions", questions.len()), rules);
        group.bench_with_input(id, &estate, |b, estate| {
            b.iter(|| black_box(Network::new(estate).reach_all(&questions)));
        });
    }
    group.finish();
}

/// Verdicts, exposures, hidden rules and placements as facts for the rules.
fn all_facts(c: &mut Criterion) {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let mut group = c.benchmark_group("facts");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10));
    for (rules, servers) in [(1_000, 50), (100_000, 50), (1_000, 500), (1_000, 5_000)] {
        let (sources, estate) = given(rules, servers);
        let id = BenchmarkId::new(format!("{rules}-rules"), servers);
        group.bench_with_input(id, &estate, |b, estate| {
            b.iter(|| {
                let network = Network::new(estate);
                black_box(facts::build(&sources, estate, &network, catalogue))
            });
        });
    }
    group.finish();
}

/// One question, the network being prepared.
fn one(c: &mut Criterion) {
    let (_, estate) = given(100_000, 50);
    let network = Network::new(&estate);
    let query = |to: &str| {
        let to = estate.servers.iter().position(|known| known.name == to);
        let id = exlint::estate::ServerId(u32::try_from(to.expect("a server")).unwrap_or(0));
        let smtp = service(exlint::model::net::Protocol::TCP, PortRange::one(25));
        Query::new(Endpoint::Internet, Endpoint::Server(id), smtp)
    };
    let mut group = c.benchmark_group("one-question");
    let from_internet = query("srv0");
    group.bench_function("internet-100000-rules", |b| {
        b.iter(|| black_box(network.reach(&from_internet)));
    });
    let everything = Query {
        services: ServiceSet::all(),
        ..query("srv12")
    };
    group.bench_function("everything-100000-rules", |b| {
        b.iter(|| black_box(network.reach(&everything)));
    });
    group.finish();
}

/// The verdicts by processor time, the best of several runs.
fn by_processor() {
    for (rules, servers) in [
        (1_000, 50),
        (10_000, 50),
        (100_000, 50),
        (1_000_000, 50),
        (100_000, 100),
        (100_000, 200),
    ] {
        let (_, estate) = given(rules, servers);
        let questions = questions(&estate);
        let (mut used, mut wall) = (f64::MAX, f64::MAX);
        for _ in 0..7 {
            let (before, clock) = (common::processor()[0], Instant::now());
            black_box(Network::new(&estate).reach_all(&questions));
            used = used.min(common::processor()[0] - before);
            wall = wall.min(clock.elapsed().as_secs_f64());
        }
        println!(
            "verdicts: {rules} rules, {servers} servers, {} questions: {:.0} ms processor, {:.0} ms on the clock",
            questions.len(),
            used * 1000.0,
            wall * 1000.0
        );
    }
}

criterion_group!(benches, verdicts, all_facts, one);

fn main() {
    if std::env::args().any(|argument| argument == "processor") {
        return by_processor();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
