//! `flows`: the verdict of every data path between the ends of the estate.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::asked::{self, Asked, End, Service};
use super::denials::{Denials, Most};
use super::types::{FlowFact, LabelFact, PlaceFact, Ref};
use super::verdicts::{Words, from_sources};
use super::works;
use crate::estate::Estate;
use crate::flow::{
    Answer, Effect, EffectKind, Endpoint, IpSet, Network, PartVerdict, Query, Reason, Relation,
    Verdict,
};
use crate::model::path::{DynamicKind, Intent, Need, Transport};

/// Answers questions: those that were prepared from memory.
pub struct Asker<'n, 'e> {
    network: &'n Network<'e>,
    answers: HashMap<(End, End, Service), Answer>,
}

impl<'n, 'e> Asker<'n, 'e> {
    /// Asks a network.
    pub fn new(network: &'n Network<'e>) -> Self {
        Self {
            network,
            answers: HashMap::new(),
        }
    }

    /// The network that is asked.
    pub fn network(&self) -> &'n Network<'e> {
        self.network
    }

    /// Answers many questions ahead, on all cores where that pays; those about
    /// single addresses are answered when they are asked.
    pub fn prepare(&mut self, mut questions: Vec<(End, End, Service)>) {
        questions.retain(|(_, destination, _)| !matches!(destination, End::Host(_)));
        questions.sort_unstable();
        questions.dedup();
        let queries: Vec<_> = questions
            .iter()
            .map(|(source, destination, service)| query(*source, *destination, *service))
            .collect();
        let answers = self.network.reach_all(&queries);
        self.answers.extend(questions.into_iter().zip(answers));
    }

    /// The answer for one service between two ends.
    pub fn ask(&self, source: End, destination: End, service: Service) -> Cow<'_, Answer> {
        match self.answers.get(&(source, destination, service)) {
            Some(known) => Cow::Borrowed(known),
            None => {
                let query = query(source, destination, service);
                // Whoever is told an address puts it into the packets as it is.
                let answer = match destination {
                    End::Host(_) => self.network.trace(&query),
                    End::Server(_) | End::Zone(_) | End::Internet => self.network.reach(&query),
                };
                Cow::Owned(answer)
            }
        }
    }
}

fn query(source: End, destination: End, service: Service) -> Query {
    Query::new(
        endpoint(source),
        endpoint(destination),
        crate::flow::service(service.protocol, service.ports),
    )
}

fn endpoint(end: End) -> Endpoint {
    match end {
        End::Server(id) => Endpoint::Server(id),
        End::Zone(id) => Endpoint::Zone(id),
        End::Internet => Endpoint::Internet,
        End::Host(ip) => Endpoint::Addresses(IpSet::host(ip)),
    }
}

/// The name of an end.
pub fn name(end: End, estate: &Estate) -> String {
    match end {
        End::Internet => "internet".to_owned(),
        End::Host(ip) => ip.to_string(),
        End::Zone(id) => {
            super::servers::zone_of(id, estate).map_or_else(String::new, |zone| zone.name.clone())
        }
        End::Server(_) => {
            asked::server(end, estate).map_or_else(String::new, |server| server.name.clone())
        }
    }
}

/// Names that stand in many facts, each in memory once.
#[derive(Default)]
pub struct Spelling {
    ends: HashMap<End, Arc<str>>,
    services: HashMap<Service, Arc<str>>,
    groups: HashMap<String, Arc<str>>,
}

impl Spelling {
    /// The name of an end.
    pub fn end(&mut self, end: End, estate: &Estate) -> Arc<str> {
        let known = self.ends.entry(end);
        Arc::clone(known.or_insert_with(|| name(end, estate).into()))
    }

    /// A service as `tcp/25`.
    pub fn service(&mut self, service: Service) -> Arc<str> {
        let known = self.services.entry(service);
        Arc::clone(known.or_insert_with(|| service.to_string().into()))
    }

    fn group(&mut self, group: &str) -> Arc<str> {
        if let Some(known) = self.groups.get(group) {
            return Arc::clone(known);
        }
        let made: Arc<str> = group.into();
        self.groups.insert(group.to_owned(), Arc::clone(&made));
        made
    }
}

/// One fact for each question of the catalogue, by id.
pub fn build(words: Words<'_>, asker: &Asker<'_, '_>, asked: &[Asked<'_>]) -> Vec<FlowFact> {
    let estate = words.estate;
    let senders = smtp_sources(estate);
    let mut spelling = Spelling::default();
    let mut denials = Denials::new(words, asker.network(), MOST_DENIALS);
    let mut flows: Vec<_> = asked
        .iter()
        .enumerate()
        .map(|(place, asked)| {
            let answer = if asked.left_open {
                Cow::Owned(left_open(asked.stands_for))
            } else {
                answer(asked, asker, senders.as_ref(), estate)
            };
            let answer = with_ports(asked, answer);
            let source = spelling.end(asked.source, estate);
            let destination = spelling.end(asked.destination, estate);
            let service = spelling.service(asked.service);
            let ends = [asked.source, asked.destination];
            let works = works::of(&answer, question(asked, senders.as_ref()), estate);
            let mut explained = Vec::new();
            let mut unexplained = false;
            if must_pass(asked) {
                explained = denials.explain(place, &answer, &works, ends, [&source, &destination]);
                unexplained = matches!(works, works::Works::No(_)) && denials.are_left_out();
            }
            if asked.stands_for > 1
                && let Some(server) = asked::server(asked.source, estate)
            {
                let count = asked.stands_for.to_string();
                explained.push(PlaceFact {
                    at: Ref(server.span),
                    label: LabelFact::new("stands-for", [("count", count.as_str())]),
                });
            }
            FlowFact {
                stands_for: asked.stands_for,
                id: format!("{}/{source}/{destination}/{service}", asked.path.id).into(),
                path: asked.path.id.clone(),
                source,
                destination,
                service,
                need: match asked.need {
                    Some(need) => need.id(),
                    None => "negotiated",
                },
                group: asked.group.map(|group| spelling.group(group)),
                explained,
                unexplained,
                remedy: None,
                works: works.word(),
                verdict: works::shown(
                    words.verdict(&answer, &ends),
                    works,
                    &answer,
                    asked.source,
                    words,
                ),
            }
        })
        .collect();
    denials.cure(&mut flows, |flow| &mut flow.remedy);
    flows.sort_by(|a, b| a.id.cmp(&b.id));
    flows
}

/// The answers to questions, without facts about them.
pub fn answers(network: &Network<'_>, estate: &Estate, asked: &[Asked<'_>]) -> Vec<Answer> {
    let mut asker = Asker::new(network);
    asker.prepare(questions(asked).collect());
    let senders = smtp_sources(estate);
    let answer = |asked| answer(asked, &asker, senders.as_ref(), estate).into_owned();
    asked.iter().map(answer).collect()
}

/// The answer about what too many differing servers make too many.
pub fn left_open(stands_for: usize) -> Answer {
    let why = Reason::new(
        format!(
            "{stands_for} like this were not asked about: too many servers differ in role, \
             site or network; run exlint on the exports of one site at a time"
        ),
        None,
    );
    Answer::without_parts(Verdict::Inconclusive, Relation::Unknown, vec![why])
}

/// How many denials are told about.
const MOST_DENIALS: Most = Most {
    explained: 2_048,
    cured: 2_048,
};

/// Whether it is a fault of a firewall when the flow does not pass.
fn must_pass(asked: &Asked<'_>) -> bool {
    asked.need == Some(Need::Required)
        && matches!(
            asked.path.intent,
            Intent::RequiredAcrossPerimeter
                | Intent::RequiredInternetSmtp
                | Intent::RequiredToAd
                | Intent::RequiredBetweenExchange
        )
}

fn inbound_mail(asked: &Asked<'_>) -> bool {
    asked.source == End::Internet && asked.service == Service::one(Transport::Tcp, SMTP)
}

fn question<'s>(asked: &Asked<'_>, senders: Option<&'s IpSet>) -> works::Question<'s> {
    works::Question {
        source: asked.source,
        destination: asked.destination,
        service: asked.service,
        senders: senders.filter(|_| inbound_mail(asked)),
    }
}

/// The answer with what the estate declares about senders and ports.
fn answer<'a>(
    asked: &Asked<'_>,
    asker: &'a Asker<'_, '_>,
    senders: Option<&IpSet>,
    estate: &Estate,
) -> Cow<'a, Answer> {
    let mut answer = asker.ask(asked.source, asked.destination, asked.service);
    if let Some(senders) = senders.filter(|_| inbound_mail(asked)) {
        answer = Cow::Owned(from_sources(&answer, senders, asker.network().hints()));
    }
    if asked.need.is_some() {
        return answer;
    }
    if is_rpc(asked) && answer.verdict != Verdict::Permit {
        let (source, destination, service) = mapper(asked);
        let mapper = asker.ask(source, destination, service);
        if opened_by_inspection(&answer, &mapper) {
            let mut answer = answer.into_owned();
            answer.verdict = Verdict::Permit;
            answer.effects.clone_from(&mapper.effects);
            answer.parts.clone_from(&mapper.parts);
            answer.why = vec![Reason::new(
                "RPC inspection opens the ports that the endpoint mapper assigns",
                None,
            )];
            return Cow::Owned(answer);
        }
    }
    if asked.ports_unknown && works::by_ports(&answer, question(asked, senders), estate) {
        let answer = answer.to_mut();
        answer.verdict = Verdict::Inconclusive;
        answer.why.push(Reason::new(
            format!(
                "only a part of {} passes, and which of these ports are used is not declared \
                 ([rpc] profile or range in exlint.toml)",
                asked.service
            ),
            None,
        ));
    }
    answer
}

/// The answer with the place that tells the ports.
fn with_ports<'a>(asked: &Asked<'_>, answer: Cow<'a, Answer>) -> Cow<'a, Answer> {
    match asked.ports_at {
        Some(at) if !answer.at.contains(&at) => {
            let mut answer = answer.into_owned();
            answer.at.push(at);
            Cow::Owned(answer)
        }
        _ => answer,
    }
}

/// Every question that one about a path may raise.
pub fn questions(asked: &[Asked<'_>]) -> impl Iterator<Item = (End, End, Service)> {
    let closed = || asked.iter().filter(|asked| !asked.left_open);
    let itself = closed().map(|a| (a.source, a.destination, a.service));
    let mappers = closed().filter(|a| a.need.is_none() && is_rpc(a));
    itself.chain(mappers.map(mapper))
}

/// Whether the endpoint mapper assigns the ports of a path.
fn is_rpc(asked: &Asked<'_>) -> bool {
    matches!(
        asked.path.dynamic_ports.kind,
        DynamicKind::Rpc | DynamicKind::RpcAndRandom
    )
}

/// The question about the endpoint mapper of a path.
fn mapper(asked: &Asked<'_>) -> (End, End, Service) {
    let service = Service::one(Transport::Tcp, ENDPOINT_MAPPER);
    (asked.source, asked.destination, service)
}

const SMTP: u16 = 25;
const ENDPOINT_MAPPER: u16 = 135;

/// Whether the endpoint mapper passes, and every firewall that denies
/// negotiated ports opens them by inspection. A rule for the ports of RPC
/// leaves them open for no other reason than that word.
fn opened_by_inspection(negotiated: &Answer, mapper: &Answer) -> bool {
    let openings = || {
        let opens = |effect: &&Effect| effect.kind == EffectKind::OpensRpc && effect.certain;
        mapper.effects.iter().filter(opens)
    };
    let opens = |firewall| openings().any(|effect| effect.firewall == Some(firewall));
    let is_word = |reason: &Reason| {
        reason
            .span
            .is_some_and(|span| openings().any(|effect| effect.related.contains(&span)))
    };
    let mut denied = negotiated
        .parts
        .iter()
        .filter(|part| part.verdict != PartVerdict::Permit)
        .peekable();
    mapper.verdict == Verdict::Permit
        && denied.peek().is_some()
        && denied.all(|part| match part.verdict {
            PartVerdict::Inconclusive => {
                !part.reasons.is_empty() && part.reasons.iter().all(is_word)
            }
            _ => part
                .by
                .last()
                .is_some_and(|decider| opens(decider.firewall)),
        })
}

/// The only senders of Internet mail, where the inventory names them.
fn smtp_sources(estate: &Estate) -> Option<IpSet> {
    let sources = &estate.inventory.as_ref()?.exchange.smtp_sources;
    (!sources.is_empty()).then(|| IpSet::of(sources.iter().map(|source| source.value)))
}
