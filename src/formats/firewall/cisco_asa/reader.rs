//! Walks the logical lines of a file, hands each to the construct that reads
//! it, and keeps the ledger.

use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::model::firewall::{AddressObjectId, FilterId, ServiceObjectId};
use crate::source::{SourceFile, Span, Spanned};

use super::access_list::access_list;
use super::commands::{self, Effect};
use super::detect::version_line;
use super::device::Device;
use super::groups::{self, Group, Member};
use super::inspect::{self, PolicyMode};
use super::interfaces::{self, Stanza};
use super::lex::{Clean, prompt};
use super::outcome::Outcome;
use super::routes::{self, ShownRoute};
use super::service::protocol_word;
use super::words::{Words, interface_pair, ipv4, number};
use super::{bindings, conduit, crypto, finish, nat, nat_legacy, objects, secrets, time_ranges};

mod captures;
mod document;
mod ending;

use captures::{is_brief, is_show};
use document::assemble;
use ending::Frame;

/// The stanza that is open.
enum Mode<'c> {
    Top,
    Interface(Box<Stanza>),
    Network(AddressObjectId, &'c str),
    Service(ServiceObjectId),
    Group(Group),
    TimeRange(&'c str),
    Class(&'c str),
    Policy(PolicyMode<'c>),
    Table(&'static str),
}

/// Which command's output is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Configuration,
    Routes,
    Nat,
    Other,
}

struct Reader<'c> {
    clean: &'c Clean<'c>,
    device: Device<'c>,
    done: Vec<Device<'c>>,
    mode: Mode<'c>,
    section: Section,
    route: Option<ShownRoute>,
    certificate: bool,
    host: Option<String>,
    /// Whether `any` means another thing for IPv6.
    separate_any: bool,
    /// The list whose entry was the line before.
    entry: Option<FilterId>,
    /// Whether the configuration promises an end, and what came.
    frame: Frame,
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let clean = Clean::new(file, commands::TERMINAL);
    let start = Span::of(file.id(), 0..0);
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let separate_any = speaks_of_ipv6(&clean);
    let mut reader = Reader {
        clean: &clean,
        device: fresh(&clean, start, separate_any),
        separate_any,
        done: Vec::new(),
        mode: Mode::Top,
        section: Section::Configuration,
        route: None,
        certificate: false,
        host: None,
        entry: None,
        frame: Frame::default(),
    };
    for line in clean.lines() {
        let entry = reader.entry.take();
        let mut outcome = reader.line(line.text);
        if let Some(list) = entry
            && let Some(found) = reader.continued(list, line.text, &outcome)
        {
            outcome = found;
        }
        for unit in line.first..=line.last {
            ledger.set(unit, outcome.state);
        }
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, clean.span_of(line.text.trim()));
        } else if outcome.state == LineState::Unrecognised {
            let span = clean.span_of(line.text.trim());
            ledger.note(
                outcome.state,
                "no command of the ASA, PIX or FWSM is known that reads like this",
                span,
            );
        }
    }
    reader.cut_off(file);
    reader.frame_ends();
    reader.leave();
    let host = reader.host.clone();
    let mut devices = std::mem::take(&mut reader.done);
    devices.push(reader.device);
    assemble(devices, host, ledger)
}

/// Whether IPv6 plays a part in the file. Looked up once: a capture may hold
/// the configurations of many contexts.
fn speaks_of_ipv6(clean: &Clean<'_>) -> bool {
    let text = clean.text().as_bytes();
    let finder = |needle: &str| memchr::memmem::find(text, needle.as_bytes()).is_some();
    finder("ipv6 a") || finder("ipv6 e")
}

/// An empty device.
fn fresh<'c>(clean: &'c Clean<'c>, start: Span, separate_any: bool) -> Device<'c> {
    let mut device = Device::new(clean, start);
    device.separate_any = separate_any;
    device
}

impl<'c> Reader<'c> {
    fn line(&mut self, text: &'c str) -> Outcome {
        let statement = text.trim_matches([' ', '\t', '\u{feff}', '\0']);
        let Some(first) = statement.bytes().next() else {
            return Outcome::IRRELEVANT;
        };
        let indented = text.starts_with([' ', '\t']);
        if first == b'a' && self.section == Section::Configuration && !self.certificate {
            // The hot path: most lines of a large file are entries.
            if let Some(rest) = statement.strip_prefix("access-list ") {
                return self.entry(statement, rest);
            }
        }
        if !indented && let Some(prompt) = prompt(statement) {
            self.at_prompt(&prompt, text);
            if prompt.typed.is_empty() {
                return Outcome::IRRELEVANT;
            }
            if !prompt.configures || is_show(prompt.typed) {
                self.command(prompt.typed, text);
                return Outcome::IRRELEVANT;
            }
            self.section = Section::Configuration;
            return self.statement(prompt.typed, false);
        }
        if first == b'>' && !indented {
            // The command line of Threat Defense has no name in its prompt, and
            // only FMC or FDM configure.
            let typed = statement.trim_start_matches(['>', ' ']);
            if is_show(typed) {
                self.command(typed, text);
            }
            return Outcome::IRRELEVANT;
        }
        if first == b':' && version_line(statement).is_some() {
            return self.version(statement.trim_start_matches([':', ' ', '\t']));
        }
        if matches!(first, b'%' | b'^') {
            // What the device answers to a command that it refuses.
            return Outcome::IRRELEVANT;
        }
        if first == b'!' || first == b':' {
            self.comment(statement);
            return Outcome::IRRELEVANT;
        }
        if first == b'-' && statement.starts_with("-----") {
            if let Some(at) = statement.find("show ") {
                self.command(statement.get(at..).unwrap_or_default(), text);
            }
            return Outcome::IRRELEVANT;
        }
        if self.certificate {
            let word = Words::new(statement).next().unwrap_or_default();
            if word == "quit" || word == "exit" {
                self.certificate = false;
                return Outcome::IRRELEVANT;
            }
            let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if indented || hexadecimal || !commands::is_top_level(word) {
                return Outcome::IRRELEVANT;
            }
            self.certificate = false;
        }
        if version_line(statement).is_some() && self.section != Section::Nat {
            return self.version(statement);
        }
        if !indented && is_show(statement) {
            self.command(statement, text);
            return Outcome::IRRELEVANT;
        }
        if let Some(outcome) = self.output(statement, indented) {
            return outcome;
        }
        self.statement(statement, indented)
    }

    /// An access list entry, configured or shown.
    fn entry(&mut self, statement: &'c str, rest: &'c str) -> Outcome {
        if !matches!(self.mode, Mode::Top) {
            self.leave();
        }
        self.device.configured = true;
        let mut words = Words::new(rest);
        let outcome = access_list(&mut self.device, statement, &mut words, false);
        if matches!(
            outcome.state,
            LineState::Modelled | LineState::NotModelled | LineState::Unrecognised
        ) {
            self.entry = self.device.last_list.map(|(_, list)| list);
        }
        outcome
    }

    fn comment(&mut self, statement: &str) {
        if statement.starts_with(": Saved") {
            self.frame_ends();
            self.frame.opens(self.device.span(statement));
            self.section = Section::Configuration;
        } else if statement.starts_with(": end") {
            self.frame.closes();
        }
        // Firewall Builder writes `! Compiled for pix 6.2`.
        if let Some(target) = statement.strip_prefix("! Compiled for ") {
            let mut words = Words::new(target);
            let product = words.next().unwrap_or_default();
            let version = words.next().and_then(version_numbers);
            if let (true, Some(version)) = (matches!(product, "pix" | "fwsm" | "asa"), version) {
                self.device.version = Some(version);
                self.device.old_product = version < (8, 3, 0);
                self.device.module = product == "fwsm";
            }
        }
    }

    /// A version line starts a configuration, and the next device when the
    /// current one has a configuration already.
    fn version(&mut self, statement: &'c str) -> Outcome {
        self.section = Section::Configuration;
        if self.device.configured && (self.device.version.is_some() || self.device.named) {
            self.next_device(statement);
        }
        let mut words = Words::new(statement);
        let product = words.next().unwrap_or_default();
        words.next();
        let text = words.next().unwrap_or_default();
        let span = self.device.span(statement);
        self.device.old_product = matches!(product, "PIX" | "FWSM");
        self.device.module = product == "FWSM";
        self.device.threat_defense = product == "NGFW";
        self.device.version = match self.device.threat_defense {
            true => Some(super::threat_defense::BASE),
            false => version_numbers(text),
        };
        self.device.start = span;
        self.device.firewall.software = Some(Spanned::new(text.to_owned(), span));
        self.device.configured = true;
        Outcome::MODELLED
    }

    fn next_device(&mut self, text: &'c str) {
        self.leave();
        let start = self.clean.span_of(text);
        let context = self.device.context.take();
        let mut next = fresh(self.clean, start, self.separate_any);
        next.context = context.clone();
        let mut done = std::mem::replace(&mut self.device, next);
        done.context = context;
        self.device.context = None;
        self.done.push(done);
    }

    /// Closes the open stanza.
    fn leave(&mut self) {
        if let Mode::Interface(stanza) = std::mem::replace(&mut self.mode, Mode::Top) {
            interfaces::close(&mut self.device, *stanza);
        }
    }

    fn statement(&mut self, statement: &'c str, indented: bool) -> Outcome {
        let mut words = Words::new(statement);
        let Some(word) = words.next() else {
            return Outcome::IRRELEVANT;
        };
        let open = match &self.mode {
            Mode::Network(id, _) | Mode::Group(Group::Network(id)) => Some(Member::Address(*id)),
            Mode::Service(id) | Mode::Group(Group::Service(id)) => Some(Member::Service(*id)),
            _ => None,
        };
        let outcome = if indented || self.belongs_to_stanza(word, words) {
            self.in_stanza(statement, word)
        } else {
            None
        };
        let outcome = outcome.unwrap_or_else(|| self.top(statement, word, words));
        match open {
            Some(open) if outcome.state == LineState::Unrecognised => {
                groups::unreadable(&mut self.device, open, statement);
                Outcome::not_modelled(groups::UNREADABLE)
            }
            _ => outcome,
        }
    }

    /// Whether a line without leading blanks belongs to the open stanza: its
    /// first word starts no top-level command, or its form tells.
    fn belongs_to_stanza(&self, word: &str, words: Words<'_>) -> bool {
        let Some(name) = self.mode_name() else {
            return false;
        };
        let Some(mode) = commands::mode(name) else {
            return false;
        };
        let mut ahead = words;
        let next = ahead.next().unwrap_or_default();
        if word == "no" {
            return mode.has(next)
                && (!commands::is_top_level(next) || matches!(next, "nameif" | "ip"));
        }
        if !mode.has(word) {
            return false;
        }
        if !commands::is_top_level(word) {
            return true;
        }
        match (&self.mode, word) {
            (Mode::Interface(_), "nameif") => ahead.is_empty(),
            (Mode::Interface(_), "ip") if next == "address" => {
                let first = ahead.next().unwrap_or_default();
                let second = ahead.next();
                matches!(first, "dhcp" | "pppoe")
                    || second.is_some_and(|mask| {
                        ipv4(mask).is_some() && ahead.peek().is_none_or(|w| w == "standby")
                    })
            }
            (Mode::Interface(_), "ip") => next != "local" && next != "audit" && next != "verify",
            (Mode::Interface(_), "ipv6") => matches!(next, "address" | "enable" | "nd"),
            (Mode::Network(..), "nat") => match interface_pair(next) {
                Some(_) => matches!(ahead.next(), Some("static" | "dynamic")),
                None => matches!(next, "static" | "dynamic"),
            },
            (Mode::Service(_), "service") => protocol_word(next).is_some(),
            (Mode::Policy(_), "class") => true,
            _ => false,
        }
    }

    fn mode_name(&self) -> Option<&'static str> {
        Some(match &self.mode {
            Mode::Top => return None,
            Mode::Interface(_) => "interface",
            Mode::Network(..) => "object-network",
            Mode::Service(_) => "object-service",
            Mode::Group(Group::Network(_)) => "group-network",
            Mode::Group(Group::Service(id)) => match self.device.service_kind(*id) {
                super::device::ServiceKind::Protocols => "group-protocol",
                super::device::ServiceKind::IcmpTypes => "group-icmp",
                _ => "group-service",
            },
            Mode::Group(Group::Identity(name)) => name,
            Mode::TimeRange(_) => "time-range",
            Mode::Class(_) => "class-map",
            Mode::Policy(PolicyMode::Policy(..)) => "policy-map",
            Mode::Policy(PolicyMode::Inspect(_)) => "inspect-policy",
            Mode::Table(name) => name,
        })
    }

    /// A line of the open stanza; `None` when the stanza does not know it.
    fn in_stanza(&mut self, statement: &'c str, word: &'c str) -> Option<Outcome> {
        let mut words = Words::new(statement);
        if let Mode::Table(name) = self.mode {
            return self.table_line(name, word, words);
        }
        let device = &mut self.device;
        let outcome = match &mut self.mode {
            Mode::Top | Mode::Table(_) => return None,
            Mode::Interface(stanza) => {
                return interfaces::line(device, stanza, statement, &mut words);
            }
            Mode::Network(id, name) => {
                if word == "nat" {
                    words.next();
                    return Some(nat::object(device, *id, name, statement, &mut words));
                }
                objects::network_line(device, *id, statement, &mut words)
            }
            Mode::Service(id) => objects::service_line(device, *id, statement, &mut words),
            Mode::Group(Group::Network(id)) => {
                groups::network_line(device, *id, statement, &mut words)
            }
            Mode::Group(Group::Service(id)) => {
                groups::service_line(device, *id, statement, &mut words)
            }
            Mode::Group(Group::Identity(_)) => Outcome::not_modelled(
                "who belongs to a group of users or security tags is not in the file",
            ),
            Mode::TimeRange(name) => time_ranges::line(device, name, statement, &mut words),
            Mode::Class(name) => inspect::class_line(device, name, &mut words),
            Mode::Policy(mode) => return inspect::policy_line(device, mode, statement, &mut words),
        };
        // A word that the stanza does not know may start a top-level line.
        (outcome.state != LineState::Unrecognised || !commands::is_top_level(word))
            .then_some(outcome)
    }

    /// A line of a stanza that is described by the tables alone.
    fn table_line(
        &mut self,
        name: &'static str,
        word: &'c str,
        mut words: Words<'c>,
    ) -> Option<Outcome> {
        let mode = commands::mode(name)?;
        if !mode.open && !mode.has(word) {
            return None;
        }
        words.next();
        match (name, word) {
            ("certificates", "certificate") => self.certificate = true,
            // Lists that select networks or packets for something else.
            (_, "split-tunnel-network-list" | "vpn-filter" | "ipv6-vpn-filter") => {
                self.refer_lists(words, "value");
            }
            ("route-map", "match") => self.refer_lists(words, "address"),
            ("webvpn", "enable") => {
                if let Some(interface) = words.next() {
                    let id = self.device.interface(interface);
                    self.device.vpn.client_interfaces.push(id);
                }
            }
            _ => {}
        }
        Some(
            if word.ends_with("vpn-filter") && words.peek() != Some("none") {
                Outcome::not_modelled("vpn-filter limits the packets of VPN clients")
            } else {
                Outcome::IRRELEVANT
            },
        )
    }

    /// Records the access lists that stand after a keyword.
    fn refer_lists(&mut self, mut words: Words<'c>, keyword: &str) {
        while let Some(word) = words.next() {
            if word == keyword {
                while let Some(name) = words.next() {
                    let span = self.device.span(name);
                    self.device.refer("access-list", name, false, span);
                }
            }
        }
    }

    /// A top-level line. What may carry policy and cannot be read may permit
    /// or deny anything.
    fn top(&mut self, statement: &'c str, word: &'c str, words: Words<'c>) -> Outcome {
        let outcome = self.top_line(statement, word, words);
        let policy = outcome.state == LineState::Unrecognised
            && commands::may_carry_policy(if word == "no" {
                words.peek().unwrap_or_default()
            } else {
                word
            });
        if !policy {
            return outcome;
        }
        let span = self.device.span(statement);
        bindings::unreadable(&mut self.device, span)
    }

    fn top_line(&mut self, statement: &'c str, word: &'c str, mut words: Words<'c>) -> Outcome {
        let word = commands::unabbreviated(word).unwrap_or(word);
        if word == "no" {
            self.leave();
            return self.negated(statement, words);
        }
        if word.starts_with("Cryptochecksum:") {
            self.frame.closes();
            self.leave();
            return Outcome::IRRELEVANT;
        }
        let Some(command) = commands::find_words(word, words) else {
            return match word {
                "[OK]" | "<---" | "^" => Outcome::IRRELEVANT,
                _ if secrets::is_login(statement) => Outcome::IRRELEVANT,
                _ if is_brief(statement) => {
                    Outcome::irrelevant("hashes and counters of `show access-list brief`")
                }
                _ if statement.starts_with("INFO:")
                    || statement.starts_with("WARNING:")
                    || statement.starts_with("ERROR:") =>
                {
                    Outcome::IRRELEVANT
                }
                _ => Outcome::UNRECOGNISED,
            };
        };
        self.leave();
        self.frame.command(word);
        match command.effect {
            Effect::Irrelevant => {
                if let Some(mode) = command.mode {
                    self.mode = Mode::Table(mode);
                }
                Outcome::IRRELEVANT
            }
            Effect::NotModelled => {
                if let Some(mode) = command.mode {
                    self.mode = Mode::Table(mode);
                }
                bindings::doubtful_command(&mut self.device, statement, word, words);
                Outcome::not_modelled(command.why)
            }
            Effect::Code => {
                self.device.configured = true;
                if let Some(mode) = command.mode {
                    self.mode = Mode::Table(mode);
                }
                self.construct(statement, word, &mut words)
            }
        }
    }

    /// The constructs that decide which packets pass.
    fn construct(&mut self, statement: &'c str, word: &'c str, words: &mut Words<'c>) -> Outcome {
        let device = &mut self.device;
        match word {
            "access-list" => access_list(device, statement, words, false),
            "access-group" => bindings::access_group(device, statement, words),
            "name" => objects::name(device, words),
            "hostname" => {
                if let Some(name) = words.next() {
                    let span = device.span(name);
                    device.firewall.name = Spanned::new(name.to_owned(), span);
                    device.named = true;
                }
                Outcome::MODELLED
            }
            "interface" => self.opened(|device| {
                interfaces::open(device, words, statement)
                    .map(|stanza| Mode::Interface(Box::new(stanza)))
            }),
            "nameif" => interfaces::pix_nameif(device, words, statement),
            "ip" => match words.next() {
                Some("address") => interfaces::pix_ip_address(device, words, statement),
                Some("local") => crypto::local_pool(device, statement, words),
                _ => Outcome::IRRELEVANT,
            },
            "ipv6" => match words.next() {
                Some("access-list") => access_list(device, statement, words, true),
                Some("route") => routes::ipv6_route(device, words, statement),
                _ => Outcome::IRRELEVANT,
            },
            "object" => {
                let (kind, name) = (words.next(), words.next());
                self.opened(|device| match (kind, name) {
                    (Some("network"), Some(name)) => Some(Mode::Network(
                        objects::open_network(device, name, statement),
                        name,
                    )),
                    (Some("service"), Some(name)) => Some(Mode::Service(objects::open_service(
                        device, name, statement,
                    ))),
                    _ => None,
                })
            }
            "object-group" => {
                self.opened(|device| groups::open(device, words, statement).map(Mode::Group))
            }
            "time-range" => self
                .opened(|device| time_ranges::open(device, words, statement).map(Mode::TimeRange)),
            "class-map" => {
                self.opened(|device| inspect::open_class(device, words, statement).map(Mode::Class))
            }
            "policy-map" => self
                .opened(|device| inspect::open_policy(device, words, statement).map(Mode::Policy)),
            "service-policy" => inspect::service_policy(device, words, statement),
            "fixup" => inspect::fixup(device, words, statement, false),
            "same-security-traffic" => interfaces::same_security(device, words, statement),
            "route" => routes::route(device, words, statement),
            "vrf" => Outcome::IRRELEVANT,
            "router" | "rip" => routes::dynamic(device, statement),
            "nat" => {
                let mut copy = *words;
                match nat::manual(device, statement, &mut copy) {
                    Some(outcome) => outcome,
                    None => nat_legacy::nat(device, statement, words),
                }
            }
            "global" => nat_legacy::global(device, statement, words),
            "static" => nat_legacy::static_nat(device, statement, words),
            "alias" => nat_legacy::alias(device, statement, words),
            "nat-control" => {
                let span = device.span(statement);
                device.legacy.control = Some(span);
                device.old_nat = device.old_nat.or(Some(span));
                Outcome::MODELLED
            }
            "conduit" => conduit::conduit(device, statement, words),
            "outbound" => conduit::outbound(device, statement, words),
            "apply" => conduit::apply(device, statement, words),
            "crypto" => {
                let dynamic = words.next() == Some("dynamic-map");
                crypto::map(device, statement, words, dynamic)
            }
            "sysopt" => crypto::sysopt(device, statement, words, false),
            "firewall" => {
                if words.next() == Some("transparent") {
                    device.firewall.transparent = Some(device.span(statement));
                }
                Outcome::MODELLED
            }
            "context" => {
                if let Some(name) = words.next() {
                    let span = device.span(name);
                    device.contexts.push(Spanned::new(name.to_owned(), span));
                }
                Outcome::irrelevant("contexts are configured in files of their own")
            }
            "aaa" => bindings::aaa(device, statement, words),
            "established" => bindings::established(device, statement),
            "clear" => bindings::clear(device, words),
            "changeto" => {
                self.command(statement, statement);
                Outcome::IRRELEVANT
            }
            _ => Outcome::UNRECOGNISED,
        }
    }

    /// Opens a stanza, or says that its first line could not be read.
    fn opened(&mut self, open: impl FnOnce(&mut Device<'c>) -> Option<Mode<'c>>) -> Outcome {
        match open(&mut self.device) {
            Some(mode) => {
                self.mode = mode;
                Outcome::MODELLED
            }
            None => Outcome::UNRECOGNISED,
        }
    }

    /// A top-level line that starts with `no`.
    fn negated(&mut self, statement: &'c str, mut words: Words<'c>) -> Outcome {
        let rest = words.rest();
        let Some(command) = commands::find(rest) else {
            return Outcome::UNRECOGNISED;
        };
        let word = words.next().unwrap_or_default();
        if command.effect != Effect::Code {
            return Outcome::IRRELEVANT;
        }
        match word {
            "sysopt" => crypto::sysopt(&mut self.device, statement, &mut words, true),
            "fixup" => inspect::fixup(&mut self.device, &mut words, statement, true),
            "nat-control" => {
                self.device.legacy.control_off = true;
                Outcome::MODELLED
            }
            "access-list" | "access-group" | "nat" | "static" | "global" | "conduit" | "route"
            | "object" | "object-group" | "service-policy" | "name" | "outbound" | "apply"
            | "established" | "alias" => {
                let span = self.device.span(statement);
                bindings::removed(&mut self.device, span)
            }
            _ => Outcome::IRRELEVANT,
        }
    }
}

/// `9.8(2)` or `8.4(4)1` → (9, 8, 2).
fn version_numbers(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty());
    let major = number(parts.next()?)?;
    let minor = number(parts.next()?)?;
    Some((major, minor, parts.next().and_then(number).unwrap_or(0)))
}
