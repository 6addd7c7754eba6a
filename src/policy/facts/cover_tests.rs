use std::collections::BTreeSet;

use super::*;
use crate::estate::{Server, ServerId};
use crate::flow::{Reason, Relation};
use crate::source::{FileId, Span, Spanned};

fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

/// Hubs in two sites by turns.
fn estate(count: u32) -> Estate {
    let server = |number: u32| Server {
        name: format!("hub{number}"),
        fqdn: None,
        exchange: true,
        roles: vec![Spanned::new(Role::Hub, span())],
        site: Some(Spanned::new(format!("Site{}", number % 2), span())),
        version: None,
        addresses: Vec::new(),
        published: Vec::new(),
        nodes: Vec::new(),
        state: None,
        span: span(),
    };
    Estate {
        servers: (0..count).map(server).collect(),
        ..Estate::default()
    }
}

fn all_pairs(count: u32) -> Vec<Pair> {
    let ends = || (0..count).map(|id| End::Server(ServerId(id)));
    let with = |source| {
        let others = ends().filter(move |end| *end != source);
        others.map(move |destination| Pair {
            source,
            destination,
            stands_for: 1,
            left_open: false,
        })
    };
    ends().flat_map(with).collect()
}

/// One question for each pair, for the sake of its ends.
fn ask(pair: Pair, asked: &mut Vec<Asked<'static>>) {
    use crate::model::path::{Transport, exchange_2007};
    let catalogue = exchange_2007().expect("the embedded catalogue");
    asked.push(Asked {
        path: &catalogue.paths[0],
        source: pair.source,
        destination: pair.destination,
        service: super::super::asked::Service::one(Transport::Tcp, 25),
        need: None,
        group: None,
        ports_unknown: false,
        ports_at: None,
        stands_for: pair.stands_for,
        left_open: false,
    });
}

fn number(end: End) -> u32 {
    match end {
        End::Server(ServerId(id)) => id,
        _ => panic!("a server"),
    }
}

/// What a rule of the source's or the destination's site says.
fn answer(verdict: Verdict, why: String) -> Answer {
    let why = vec![Reason::new(why, None)];
    Answer::without_parts(verdict, Relation::Crosses, why)
}

fn chosen(count: u32, most: usize, say: impl Fn(u32, u32) -> Answer) -> Vec<Pair> {
    let answers = |asked: &[Asked<'static>]| {
        let answer = |asked: &Asked<'_>| say(number(asked.source), number(asked.destination));
        asked.iter().map(answer).collect()
    };
    let pairs = all_pairs(count);
    let sum = |pairs: &[Pair]| pairs.iter().map(|pair| pair.stands_for).sum::<usize>();
    let all = sum(&pairs);
    let chosen = choose(pairs, most, &estate(count), ask, answers);
    assert_eq!(sum(&chosen), all, "every pair is counted once");
    chosen
}

#[test]
fn pairs_that_tell_nothing_new_are_counted_with_those_that_do() {
    let count = 60;
    let chosen = chosen(count, 1000, |_, _| {
        answer(Verdict::Permit, "always".to_owned())
    });
    assert!(chosen.iter().all(|pair| !pair.left_open));
    // Each end is seen, in few pairs.
    let sources: BTreeSet<_> = chosen.iter().map(|pair| pair.source).collect();
    let destinations: BTreeSet<_> = chosen.iter().map(|pair| pair.destination).collect();
    assert_eq!(
        (sources.len(), destinations.len()),
        (count as usize, count as usize)
    );
    assert!(chosen.len() < 6 * count as usize, "{}", chosen.len());
}

#[test]
fn one_denial_among_thousands_is_told() {
    let chosen = chosen(60, 1000, |from, to| match (from, to) {
        (17, 42) => answer(Verdict::Deny, "the odd one".to_owned()),
        _ => answer(Verdict::Permit, "always".to_owned()),
    });
    let odd = |pair: &&Pair| (number(pair.source), number(pair.destination)) == (17, 42);
    assert_eq!(chosen.iter().find(odd).map(|pair| pair.stands_for), Some(1));
    // And the way back of the same two.
    let back = |pair: &&Pair| (number(pair.source), number(pair.destination)) == (42, 17);
    assert!(chosen.iter().any(|pair| back(&pair)));
}

#[test]
fn a_source_that_meets_two_outcomes_shows_both() {
    // What site 1 enters is denied, and only by number 7 for another reason.
    let chosen = chosen(40, 1000, |from, to| match (from, to % 2) {
        (7, 1) => answer(Verdict::Deny, "of its own".to_owned()),
        (_, 1) => answer(Verdict::Deny, "of the site".to_owned()),
        _ => answer(Verdict::Permit, "always".to_owned()),
    });
    for source in 0..40 {
        let to: BTreeSet<_> = chosen
            .iter()
            .filter(|pair| number(pair.source) == source)
            .map(|pair| number(pair.destination) % 2)
            .collect();
        assert_eq!(to, BTreeSet::from([0, 1]), "{source}");
    }
    let open = chosen.iter().filter(|pair| pair.left_open);
    assert_eq!(open.count(), 0);
}

#[test]
fn what_is_out_of_service_stands_for_nothing_in_service() {
    let mut estate = estate(20);
    estate.servers[0].state = Some(Spanned::new("retired".to_owned(), span()));
    let answers = |asked: &[Asked<'static>]| {
        let deny = |_| answer(Verdict::Deny, "always".to_owned());
        asked.iter().map(deny).collect()
    };
    let chosen = choose(all_pairs(20), 1000, &estate, ask, answers);
    let active = |pair: &&Pair| number(pair.source) != 0 && number(pair.destination) != 0;
    assert!(chosen.iter().any(|pair| active(&pair)));
}

#[test]
fn what_needs_more_pairs_than_there_may_be_stays_open() {
    let chosen = chosen(60, 100, |from, to| {
        answer(Verdict::Permit, format!("{from} to {to} is special"))
    });
    let open: Vec<_> = chosen.iter().filter(|pair| pair.left_open).collect();
    assert_eq!(open.len(), 1);
    assert!(chosen.len() <= 201, "{}", chosen.len());
    // All but the chosen ones.
    assert_eq!(open[0].stands_for, 60 * 59 - (chosen.len() - 1));
}

mod whole {
    //! Whole estates: what the chosen pairs make the rules find is what all pairs do.

    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use crate::estate::{self, Estate};
    use crate::flow::Network;
    use crate::formats::FORMATS;
    use crate::formats::detect::{Detection, detect};
    use crate::model::path::exchange_2007;
    use crate::policy::Policies;
    use crate::policy::facts::asked::{LIMITS, Limits};
    use crate::policy::facts::{build_within, reach};
    use crate::source::{ReadOptions, SourceFile, Sources};

    const SITES: usize = 6;
    const ROLES: [&str; 5] = ["hub", "cas", "mailbox", "mailbox", "um"];

    fn join(sources: &Sources) -> Estate {
        let mut contents = Vec::new();
        for file in sources.files() {
            if let Detection::Recognised { format, .. } = detect(file, FORMATS, &[]) {
                let document = (format.parse)(file);
                contents.extend(document.content.into_iter().map(|c| (file.id(), c)));
            }
        }
        let options = estate::Options {
            reference_date: None,
            default_date: "2009-11-02".to_owned(),
        };
        estate::join_contents(contents, sources, &options)
    }

    /// What rules find with these limits: rule, subject where it is no list of
    /// flows, and the line that decides; and how many flows they looked at.
    fn found(sources: &Sources, limits: Limits) -> (BTreeSet<String>, usize) {
        let catalogue = exchange_2007().expect("the embedded catalogue");
        let estate = join(sources);
        let network = Network::new(&estate);
        let facts = build_within(sources, &estate, &network, catalogue, true, limits);
        assert!(facts.flows.iter().all(|flow| {
            let open = |why: &std::sync::Arc<str>| why.contains("were not asked about");
            !flow.verdict.why.iter().any(open)
        }));
        let reach = |question: [&str; 3]| reach(sources, &estate, &network, question);
        let results = Policies::built_in(catalogue).evaluate(&facts, Some(&reach));
        let findings = results.iter().flat_map(|result| &result.findings);
        let found = findings.map(|finding| {
            let first = finding.at.first().map(|span| span.range().start);
            format!("{} at {first:?}", finding.rule.id)
        });
        (found.collect(), facts.flows.len())
    }

    /// Compares them; the chosen flows are so many tenths of all at most.
    fn compare(sources: &Sources, tenths: usize) -> BTreeSet<String> {
        let (all, flows) = found(sources, LIMITS);
        let few = Limits {
            all: 0,
            each: 0,
            most: 100_000,
        };
        let (chosen, fewer_flows) = found(sources, few);
        assert_eq!(all, chosen);
        assert!(
            fewer_flows * 10 <= flows * tenths,
            "{fewer_flows} instead of {flows} flows"
        );
        all
    }

    fn interface(port: usize, name: &str, level: u8, address: &str) -> String {
        format!(
            "interface GigabitEthernet0/{port}\n nameif {name}\n security-level {level}\n \
             ip address {address} 255.255.0.0\n!\n"
        )
    }

    /// Sites behind a firewall each, on one backbone. The firewall of site 2 lets
    /// no mail in, that of site 4 shuts one mailbox server out, and that of site
    /// 5 knows only half of the servers.
    fn sites() -> Sources {
        let mut inventory = String::from(
            "[exchange]\nreference_date = 2009-11-02\n[[zone]]\nname = \"backbone\"\nclass = \"internal\"\n\
             networks = [\"10.0.0.0/16\"]\nat = [",
        );
        for site in 1..=SITES {
            let _ = write!(inventory, "\"fw{site}:backbone\", ");
        }
        inventory.push_str("]\n");
        let mut groups = String::new();
        let mut half = String::from("object-group network HALF\n");
        for role in ["hub", "cas", "mailbox", "um", "ad"] {
            let _ = writeln!(groups, "object-group network {}", role.to_uppercase());
            for site in 1..=SITES {
                let places = ROLES.iter().chain(&["ad"]).enumerate();
                for (number, _) in places.filter(|(_, known)| **known == role) {
                    let _ = writeln!(groups, " network-object host 10.{site}.1.{}", 10 + number);
                    if number % 2 == 0 {
                        let _ = writeln!(half, " network-object host 10.{site}.1.{}", 10 + number);
                    }
                }
            }
        }
        groups.push_str(&half);
        groups.push_str("object-group network EXCHANGE\n");
        for role in ["HUB", "CAS", "MAILBOX", "UM", "AD"] {
            let _ = writeln!(groups, " group-object {role}");
        }
        let mut sources = Sources::default();
        for site in 1..=SITES {
            let _ = write!(
                inventory,
                "[[zone]]\nname = \"site{site}\"\nclass = \"internal\"\nat = [\"fw{site}:site\"]\n\
                 networks = [\"10.{site}.0.0/16\"]\n"
            );
            for (number, role) in ROLES.iter().chain(&["ad"]).enumerate() {
                let kind = if *role == "ad" { "host" } else { "server" };
                let _ = write!(
                    inventory,
                    "[[{kind}]]\nname = \"{role}{site}x{number}\"\nroles = [\"{role}\"]\nsite = \"Site{site}\"\n\
                     addresses = [\"10.{site}.1.{}\"]\n",
                    10 + number
                );
            }
            let mut text =
                format!(": Saved\n:\nASA Version 9.1(7)\n!\nhostname fw{site}\nnames\n!\n");
            text += &interface(0, "backbone", 90, &format!("10.0.0.{site}"));
            text += &interface(1, "site", 100, &format!("10.{site}.0.1"));
            text += &groups;
            for name in ["backbone", "site"] {
                let known = if site == 5 { "HALF" } else { "EXCHANGE" };
                let mut entries = vec![format!(
                    "permit ip object-group {known} object-group EXCHANGE"
                )];
                match (site, name) {
                    (2, "backbone") => entries.insert(0, "deny tcp any any eq smtp".to_owned()),
                    (4, "backbone") => entries.insert(0, "deny ip any host 10.4.1.13".to_owned()),
                    _ => {}
                }
                entries.push("deny ip any any".to_owned());
                for entry in entries {
                    let _ = writeln!(text, "access-list {name}_in extended {entry}");
                }
                let _ = writeln!(text, "access-group {name}_in in interface {name}");
            }
            for other in (1..=SITES).filter(|other| *other != site) {
                let _ = writeln!(
                    text,
                    "route backbone 10.{other}.0.0 255.255.0.0 10.0.0.{other} 1"
                );
            }
            text += "Cryptochecksum:00000000000000000000000000000000\n: end\n";
            sources.add(|id| SourceFile::from_text(id, &format!("fw{site}.cfg"), text));
        }
        sources.add(|id| SourceFile::from_text(id, "exlint.toml", inventory));
        sources
    }

    #[test]
    fn the_rules_find_the_same_in_sites_behind_firewalls() {
        let found = compare(&sites(), 6);
        assert!(found.len() >= 5, "{found:?}");
    }

    #[test]
    fn the_rules_find_the_same_in_the_fixtures() {
        for estate in ["contoso", "fabrikam", "showcase"] {
            let folder = format!("{}/fixtures/{estate}", env!("CARGO_MANIFEST_DIR"));
            let inputs = crate::source::read(&[folder.into()], &ReadOptions::default());
            let found = compare(&inputs.expect("the fixture").sources, 10);
            assert!(found.len() >= 10, "{found:?}");
        }
    }
}
