//! `exlint trace --batch`: a stream of questions, an answer for each, in order.
//!
//! Memory does not grow with the number of lines. A question about single
//! packets and one filter takes the fast path; its rules are cited with text
//! that is made once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::net::IpAddr;
use std::path::Path;

use super::line::{Field, KEYS, Line, read};
use super::names::{self, Names, Trouble};
use crate::cli::failure::{Explained, Failure};
use crate::cli::session::Session;
use crate::estate::FirewallId;
use crate::flow::{
    Answer, ConnectionState, Context, Crossing, Cube, Decided, Endpoint, IpSet, PartVerdict,
    PortSet, ProtocolSet, Query, RuleRef, ServiceCube, ServiceSet, Single, cubes,
};
use crate::model::firewall::FilterId;
use crate::model::net::{PortRange, Protocol};
use crate::report::Messages;
use crate::report::json::trace::{AnswerLine, JsonPacket, Maker};
use crate::source::Sources;

/// Bytes that a line may have; a longer one is answered with an error.
const MAX_LINE: usize = 1024 * 1024;
/// Bytes that are read and written at once.
const BUFFER: usize = 256 * 1024;

/// Answers every line of a file, or of standard input for `-`.
pub fn run(
    session: &Session,
    sources: &Sources,
    names: Names<'_>,
    path: &Path,
) -> Result<u8, Failure> {
    let words = session.words;
    let cannot_read = |error: &io::Error| {
        Failure::User(Explained::new(
            words.fill(
                "error.cannot-read",
                &[("name", &path.display()), ("error", error)],
            ),
            &[words.get("trace.help-batch")],
        ))
    };
    let input: Box<dyn io::Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| cannot_read(&error))?)
    };
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut batch = Batch::new(sources, names, words);
    let mut number = 0usize;
    let mut line = Vec::new();
    loop {
        // Whoever waits for an answer before the next question gets it.
        if input.buffer().is_empty() {
            out.flush()?;
        }
        let whole = match read_line(&mut input, &mut line) {
            Ok(None) => break,
            Ok(Some(whole)) => whole,
            Err(error) => {
                out.flush()?;
                return Err(cannot_read(&error));
            }
        };
        number = number.saturating_add(1);
        batch.answer(&mut out, number, &line, whole)?;
    }
    out.flush()?;
    batch.finish(session);
    Ok(0)
}

/// Reads a line into `line`: `None` at the end, `Some(false)` when it is too
/// long (its rest is skipped).
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let (mut any, mut whole) = (false, true);
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            return Ok(any.then_some(whole));
        }
        any = true;
        let end = memchr::memchr(b'\n', buffer);
        let part = buffer
            .get(..end.unwrap_or(buffer.len()))
            .unwrap_or_default();
        if line.len().saturating_add(part.len()) > MAX_LINE {
            whole = false;
        } else {
            line.extend_from_slice(part);
        }
        let used = part.len().saturating_add(usize::from(end.is_some()));
        input.consume(used);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}

/// What a stream of questions has in common.
struct Batch<'a> {
    sources: &'a Sources,
    names: Names<'a>,
    words: &'static Messages,
    /// The firewalls for single packets.
    single: Vec<Option<Single<'a, 'a>>>,
    /// Filters that were asked for, by firewall and name.
    filters: HashMap<FirewallId, HashMap<String, FilterId>>,
    /// Deciding statements as JSON.
    cited: HashMap<(FirewallId, RuleRef), String>,
    answered: usize,
    refused: usize,
    /// A key that no question has, and how often lines had one.
    unknown: Option<(String, usize)>,
}

/// A question whose words are understood.
struct Question {
    device: Option<FirewallId>,
    filter: Option<FilterId>,
    crossing: Option<Crossing>,
    from: Endpoint,
    to: Endpoint,
    services: ServiceCube,
    state: ConnectionState,
    /// What the question says that packets do not have.
    note: Option<String>,
}

impl<'a> Batch<'a> {
    fn new(sources: &'a Sources, names: Names<'a>, words: &'static Messages) -> Self {
        let single = (0..names.estate.firewalls.len())
            .map(|index| {
                let id = FirewallId(u32::try_from(index).ok()?);
                names.network.engine(id).map(Single::new)
            })
            .collect();
        Self {
            sources,
            names,
            words,
            single,
            filters: HashMap::new(),
            cited: HashMap::new(),
            answered: 0,
            refused: 0,
            unknown: None,
        }
    }

    /// Writes the answer to a line; a blank line gets none.
    fn answer(
        &mut self,
        out: &mut impl Write,
        number: usize,
        bytes: &[u8],
        whole: bool,
    ) -> io::Result<()> {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let bytes = match number {
            1 => bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes),
            _ => bytes,
        };
        let mut line = Line::default();
        let trouble = if !whole {
            Err(Trouble::new("trace.long-line", &[]))
        } else {
            match std::str::from_utf8(bytes) {
                Err(_) => Err(Trouble::new("trace.not-utf8", &[])),
                Ok(text) if text.trim().is_empty() => return Ok(()),
                Ok(text) => read(text, &mut line).map_err(|error| {
                    Trouble::new("trace.bad-json", &[("error", &error.to_string())])
                }),
            }
        };
        let result = trouble.and_then(|()| self.question(&line));
        out.write_all(b"{\"id\":")?;
        serde_json::to_writer(&mut *out, &line.id)?;
        match result {
            Ok(question) => {
                self.answered = self.answered.saturating_add(1);
                self.reply(out, &question)?;
            }
            Err(trouble) => {
                self.refused = self.refused.saturating_add(1);
                let mut text = self.words.fill(
                    "trace.line",
                    &[("n", &number), ("error", &trouble.text(self.words))],
                );
                if let Some(near) = &trouble.near {
                    text.push_str("; ");
                    text.push_str(&self.words.fill("error.help-nearest", &[("near", near)]));
                }
                out.write_all(b",\"error\":")?;
                serde_json::to_writer(&mut *out, &crate::report::text::printable(&text))?;
            }
        }
        out.write_all(b"}\n")
    }

    /// Understands a line.
    fn question(&mut self, line: &Line<'_>) -> Result<Question, Trouble> {
        if let Some(key) = &line.unknown {
            // A slip of the finger must not widen a question in silence.
            let near = names::nearest(key, &KEYS);
            if near.is_some() {
                return Err(Trouble::new("trace.bad-key", &[("key", key)]).near(near));
            }
            let known = self.unknown.get_or_insert_with(|| (key.clone(), 0));
            known.1 = known.1.saturating_add(1);
        }
        let device = text("device", &line.device)?;
        let filter = text("filter", &line.filter)?;
        let (ingress, egress) = (text("in", &line.ingress)?, text("out", &line.egress)?);
        let device = match device {
            Some(name) => Some(self.names.device(name)?),
            None if filter.is_none() && ingress.is_none() && egress.is_none() => None,
            None => self.names.device_of(filter, ingress.or(egress))?,
        };
        let (services, note) = self.services(line)?;
        let from = self.end("src", &line.src, device)?;
        let to = self.end("dst", &line.dst, device)?;
        if let (Endpoint::Addresses(a), Endpoint::Addresses(b)) = (&from, &to)
            && !names::same_family(a, b)
        {
            let shown = |field: &Field<'_>| match field {
                Field::Text(text) => text.chars().take(64).collect(),
                _ => String::new(),
            };
            return Err(Trouble::new(
                "trace.mixed-families",
                &[("from", &shown(&line.src)), ("to", &shown(&line.dst))],
            ));
        }
        let state = match text("state", &line.state)? {
            None | Some("new") => ConnectionState::New,
            Some("established") => ConnectionState::Established,
            Some(other) => return Err(Trouble::new("trace.bad-state", &[("text", other)])),
        };
        let mut question = Question {
            device,
            filter: None,
            crossing: None,
            from,
            to,
            services,
            state,
            note,
        };
        let Some(firewall) = device else {
            return Ok(question);
        };
        if let Some(name) = filter {
            question.filter = Some(self.filter(firewall, name)?);
        }
        let inside = |end: &Endpoint| self.names.network.addresses_of(end).ok();
        let interface = |name: Option<&str>, end: &Endpoint| {
            name.map(|name| self.names.interface(firewall, name, inside(end).as_ref()))
                .transpose()
        };
        question.crossing = Some(Crossing {
            firewall,
            ingress: interface(ingress, &question.from)?,
            egress: interface(egress, &question.to)?,
        });
        Ok(question)
    }

    fn filter(&mut self, firewall: FirewallId, name: &str) -> Result<FilterId, Trouble> {
        let known = self.filters.entry(firewall).or_default();
        if let Some(id) = known.get(name) {
            return Ok(*id);
        }
        let id = self.names.filter(firewall, name)?;
        known.insert(name.to_owned(), id);
        Ok(id)
    }

    fn end(
        &self,
        key: &'static str,
        field: &Field<'_>,
        device: Option<FirewallId>,
    ) -> Result<Endpoint, Trouble> {
        let Some(word) = text(key, field)? else {
            return Err(Trouble::new("trace.missing", &[("key", key)]));
        };
        if let Ok(address) = word.parse::<IpAddr>() {
            return Ok(Endpoint::Addresses(IpSet::host(address)));
        }
        self.names.end(word, device)
    }

    /// Protocol and ports. A port that is not given may be any.
    fn services(&self, line: &Line<'_>) -> Result<(ServiceCube, Option<String>), Trouble> {
        let bad = |text: &str| Trouble::new("trace.bad-protocol", &[("text", text)]);
        let protocol = match &line.protocol {
            Field::Absent => return Err(Trouble::new("trace.missing", &[("key", "protocol")])),
            Field::Number(number) => {
                let number = u8::try_from(*number).map_err(|_| bad(&number.to_string()))?;
                Some(Protocol(number))
            }
            Field::Text(word) => names::protocol(word)?,
            Field::Other => return Err(Trouble::new("trace.bad-value", &[("key", "protocol")])),
        };
        let source = ports("src_port", &line.src_port)?;
        let destination = ports("dst_port", &line.dst_port)?;
        let mut note = None;
        let ported = protocol.is_some_and(Protocol::has_ports);
        if !ported && (source.is_some() || destination.is_some()) {
            note = Some(self.words.get("trace.ports-unused").to_owned());
        }
        let icmp = matches!(protocol, Some(Protocol::ICMP | Protocol::ICMP6));
        let number = |key, field: &Field<'_>| -> Result<Option<u8>, Trouble> {
            let bad = || Trouble::new("trace.bad-value", &[("key", key)]);
            match field {
                Field::Absent => Ok(None),
                Field::Number(number) => u8::try_from(*number).map(Some).map_err(|_| bad()),
                Field::Text(word) => word.parse().map(Some).map_err(|_| bad()),
                Field::Other => Err(bad()),
            }
        };
        let kind = number("icmp_type", &line.icmp_type)?;
        let code = number("icmp_code", &line.icmp_code)?;
        let all = |range: Option<PortRange>| range.map_or(PortSet::ALL, PortSet::from);
        let (source, destination) = if ported {
            (all(source), all(destination))
        } else {
            let icmp_ports = kind
                .filter(|_| icmp)
                .map(|kind| names::icmp_ports(kind, code));
            (PortSet::ALL, icmp_ports.unwrap_or(PortSet::ALL))
        };
        let services = ServiceCube {
            protocols: protocol.map_or(ProtocolSet::ALL, ProtocolSet::one),
            source,
            destination,
        };
        Ok((services, note))
    }

    /// Writes everything of an answer behind its id.
    fn reply(&mut self, out: &mut impl Write, question: &Question) -> io::Result<()> {
        if let (Some(firewall), Some(filter), Endpoint::Addresses(from), Endpoint::Addresses(to)) = (
            question.device,
            question.filter,
            &question.from,
            &question.to,
        ) && question.note.is_none()
        {
            let packets = Cube::new(from.clone(), to.clone(), &question.services);
            let context = self.context(question);
            let single = self
                .single
                .get(firewall.0 as usize)
                .and_then(Option::as_ref);
            let decided = single.and_then(|single| single.decide(filter, &packets, &context));
            if let Some(decided) = decided {
                return self.short(out, firewall, &packets, decided);
            }
        }
        let answer = self.ask(question);
        let maker = Maker {
            sources: self.sources,
            estate: self.names.estate,
        };
        let note = question.note.as_deref();
        let line = serde_json::to_string(&AnswerLine::new(maker, &answer, note))?;
        // The members go into the object that has been begun with the id.
        let members = line.strip_prefix('{').and_then(|l| l.strip_suffix('}'));
        write!(out, ",{}", members.unwrap_or_default())
    }

    fn context(&self, question: &Question) -> Context {
        Context {
            ingress: question.crossing.and_then(|crossing| crossing.ingress),
            egress: question.crossing.and_then(|crossing| crossing.egress),
            state: question.state,
            new_destination: None,
        }
    }

    /// The answer of the fast path.
    fn short(
        &mut self,
        out: &mut impl Write,
        firewall: FirewallId,
        packets: &Cube,
        decided: Decided,
    ) -> io::Result<()> {
        let verdict = match decided.verdict {
            PartVerdict::Permit => "permit",
            _ => "deny",
        };
        let (sources, names) = (self.sources, self.names);
        let cited = self.cited.entry((firewall, decided.by)).or_insert_with(|| {
            let maker = Maker {
                sources,
                estate: names.estate,
            };
            let decider = names
                .network
                .engine(firewall)
                .and_then(|engine| engine.cite(firewall, decided.by));
            decider
                .and_then(|decider| serde_json::to_string(&maker.decider(&decider)).ok())
                .unwrap_or_default()
        });
        write!(
            out,
            ",\"verdict\":\"{verdict}\",\"decided_by\":[{cited}],\"effects\":[],\"witness\":"
        )?;
        match packets.witness(&[]) {
            Some(witness) => serde_json::to_writer(&mut *out, &JsonPacket::from(&witness))?,
            None => out.write_all(b"null")?,
        }
        out.write_all(b",\"why\":[]")
    }

    /// The answer of the set engine.
    fn ask(&self, question: &Question) -> Answer {
        let network = self.names.network;
        let services = ServiceSet::of(vec![question.services.clone()]);
        let Some(crossing) = question.crossing else {
            let mut query = Query::new(question.from.clone(), question.to.clone(), services);
            query.state = question.state;
            return network.trace(&query);
        };
        let (from, to) = match (
            network.addresses_of(&question.from),
            network.addresses_of(&question.to),
        ) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(reason), _) | (_, Err(reason)) => {
                return Answer::without_parts(
                    crate::flow::Verdict::Inconclusive,
                    crate::flow::Relation::Unknown,
                    vec![reason],
                );
            }
        };
        let packets = cubes(&from, &to, &services);
        match question.filter {
            Some(filter) => {
                let context = self.context(question);
                network.filter(crossing.firewall, filter, &packets, &context)
            }
            None => network.cross(&crossing, &packets, question.state),
        }
    }

    /// Says on standard error what was not answered, unless `-q`.
    fn finish(&self, session: &Session) {
        if session.global.quiet {
            return;
        }
        let mut err = io::stderr().lock();
        if self.refused > 0 {
            let total = self.answered.saturating_add(self.refused);
            let text = self.words.fill(
                "trace.refused",
                &[
                    ("refused", &crate::report::messages::thousands(self.refused)),
                    ("total", &crate::report::messages::thousands(total)),
                ],
            );
            let _ = session.line(&mut err, "error.warning", &text);
        }
        if let Some((key, count)) = &self.unknown {
            let text = self.words.fill(
                "trace.unknown-keys",
                &[
                    ("key", key),
                    ("n", &crate::report::messages::thousands(*count)),
                ],
            );
            let _ = session.line(&mut err, "error.note", &text);
        }
    }
}

/// The text of a value; `None` when there is none.
fn text<'l>(key: &'static str, field: &'l Field<'_>) -> Result<Option<&'l str>, Trouble> {
    match field {
        Field::Absent => Ok(None),
        Field::Text(text) => Ok(Some(text.as_ref())),
        Field::Number(_) | Field::Other => Err(Trouble::new("trace.bad-value", &[("key", key)])),
    }
}

/// The ports of a value: a number, or a text with a number or a range.
fn ports(key: &'static str, field: &Field<'_>) -> Result<Option<PortRange>, Trouble> {
    match field {
        Field::Absent => Ok(None),
        Field::Number(number) => {
            let bad = || Trouble::new("trace.bad-port", &[("text", &number.to_string())]);
            let port = u16::try_from(*number).map_err(|_| bad())?;
            Ok(Some(PortRange::one(port)))
        }
        Field::Text(Cow::Borrowed("any")) => Ok(None),
        Field::Text(word) => names::ports(word).map(Some),
        Field::Other => Err(Trouble::new("trace.bad-value", &[("key", key)])),
    }
}
