//! Walks the logical lines of a file, hands each to the construct that reads
//! it, and keeps the ledger.

use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, Spanned};

use super::capture::{Clean, Logical, Prompt, prompt};
use super::command_table::{Effect, short};
use super::commands::{TERMINAL, table};
use super::device::{Device, Family, ListKind};
use super::groups::{self, Group};
use super::lists::{self, OpenList};
use super::outcome::Outcome;
use super::words::{Words, number};
use super::zones::{self, Open};
use super::{
    Dialect, cbac, crypto, finish, interfaces, nat, policy_routes, routes, time_ranges, vlan_maps,
};

mod captures;

/// The stanza that is open.
#[derive(Debug, Clone, Copy)]
enum Mode<'c> {
    Top,
    Interface(usize),
    List(OpenList),
    Group(Group),
    TimeRange(&'c str),
    Zone(Open<'c>),
    RouteMap(&'c str),
    CryptoMap(&'c str),
    AccessMap(&'c str),
    Vrf(&'c str),
    Line,
    Table(&'static str),
}

struct Reader<'c> {
    clean: &'c Clean<'c>,
    device: Device<'c>,
    done: Vec<Device<'c>>,
    mode: Mode<'c>,
    /// Whether output that is no configuration is read.
    other_output: bool,
    /// The character that ends a banner.
    banner: Option<char>,
    certificate: bool,
    host: Option<String>,
    /// The list whose entry was the line before.
    entry: Option<OpenList>,
    /// Blanks that every line of a paste starts with.
    indentation: usize,
}

/// Reads a file of IOS or IOS-XE.
pub fn read_ios(file: &SourceFile) -> Document {
    read(file, Dialect::Ios)
}

/// Reads a file of NX-OS.
pub fn read_nxos(file: &SourceFile) -> Document {
    read(file, Dialect::Nxos)
}

fn read(file: &SourceFile, dialect: Dialect) -> Document {
    let clean = Clean::new(file, TERMINAL);
    let start = Span::of(file.id(), 0..0);
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut reader = Reader {
        clean: &clean,
        device: Device::new(&clean, start, dialect),
        done: Vec::new(),
        mode: Mode::Top,
        other_output: false,
        banner: None,
        certificate: false,
        host: None,
        entry: None,
        indentation: indentation(&clean),
    };
    for line in clean.lines() {
        reader.logical(line, &mut ledger);
    }
    reader.cut_off(file);
    let host = reader.host.clone();
    let mut devices = std::mem::take(&mut reader.done);
    devices.push(reader.device);
    assemble(devices, host, ledger)
}

/// The blanks that every line starts with.
fn indentation(clean: &Clean<'_>) -> usize {
    let blanks = |text: &str| {
        let bytes = text.bytes();
        bytes
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count()
    };
    clean
        .lines()
        .filter(|line| !line.text.trim().is_empty())
        .map(|line| blanks(line.text))
        .try_fold(usize::MAX, |least, own| match own {
            0 => None,
            own => Some(least.min(own)),
        })
        .filter(|least| *least != usize::MAX)
        .unwrap_or(0)
}

fn assemble(devices: Vec<Device<'_>>, host: Option<String>, ledger: Ledger) -> Document {
    let mut content = Vec::new();
    let mut problems = Vec::new();
    for mut device in devices {
        if !device.carries_policy() {
            problems.append(&mut device.problems);
            continue;
        }
        if !device.named
            && let Some(host) = &host
        {
            device.firewall.name.value.clone_from(host);
        }
        let (firewall, found) = finish::finish(device);
        problems.extend(found);
        content.push(Content::Firewall(Box::new(firewall)));
    }
    Document {
        content,
        ledger,
        problems,
    }
}

impl<'c> Reader<'c> {
    fn logical(&mut self, line: Logical<'c>, ledger: &mut Ledger) {
        let entry = self.entry.take();
        let mut outcome = self.line(line.text);
        if outcome.state == LineState::Unrecognised
            && let Some(open) = entry
        {
            // What follows an entry and starts no line may be its end.
            let statement = line.text.trim();
            outcome = self.continued(open, statement);
        }
        for unit in line.first..=line.last {
            ledger.set(unit, outcome.state);
        }
        if outcome.state == LineState::Unrecognised && outcome.why.is_none() {
            let why = "no command of IOS or NX-OS is known that reads like this";
            ledger.note(outcome.state, why, self.clean.span_of(line.text.trim()));
        }
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, self.clean.span_of(line.text.trim()));
        }
    }

    /// The entry before a line that starts nothing may go on in it.
    fn continued(&mut self, open: OpenList, statement: &'c str) -> Outcome {
        let outcome = lists::unknown_line(&mut self.device, open, statement);
        self.entry = None;
        outcome
    }

    fn line(&mut self, text: &'c str) -> Outcome {
        let statement = text.trim_matches([' ', '\t', '\u{feff}', '\0']);
        if let Some(end) = self.banner {
            if statement.contains(end) || (end == '^' && statement.starts_with("^C")) {
                self.banner = None;
            }
            return Outcome::IRRELEVANT;
        }
        let Some(first) = statement.bytes().next() else {
            return Outcome::IRRELEVANT;
        };
        let own = text.get(self.indentation..).unwrap_or_default();
        let indented = own.starts_with([' ', '\t']);
        if let Mode::List(open) = self.mode
            && indented
            && matches!(first, b'p' | b'd' | b'0'..=b'9')
        {
            // The hot path: most lines of a large file are entries.
            return self.in_list(open, statement);
        }
        if first == b'a'
            && let Some(rest) = statement.strip_prefix("access-list ")
        {
            self.mode = Mode::Top;
            self.other_output = false;
            return self.numbered(statement, rest);
        }
        if !indented && let Some(prompt) = prompt(statement) {
            return self.at_prompt(&prompt, text);
        }
        if matches!(first, b'!' | b'%' | b'^' | b'#') {
            return self.comment(statement);
        }
        if self.certificate {
            let word = Words::new(statement).next().unwrap_or_default();
            if short(word, "quit", 4) {
                self.certificate = false;
                return Outcome::IRRELEVANT;
            }
            let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if indented || hexadecimal || !table().is_top_level(word) {
                return Outcome::IRRELEVANT;
            }
            self.certificate = false;
        }
        if let Some(outcome) = self.heading(statement) {
            return outcome;
        }
        if self.other_output {
            let word = Words::new(statement).next().unwrap_or_default();
            let configuration = !indented
                && matches!(
                    word,
                    "interface" | "hostname" | "version" | "ip" | "router" | "vrf"
                );
            if !configuration {
                return Outcome::irrelevant("output of a command that shows no configuration");
            }
            self.other_output = false;
        }
        self.statement(statement, indented)
    }

    fn comment(&mut self, statement: &str) -> Outcome {
        if statement.starts_with("!Command:") || statement.starts_with("! Last configuration") {
            self.other_output = false;
            self.device.configured |= !statement.contains("access-list");
        }
        Outcome::IRRELEVANT
    }

    fn numbered(&mut self, statement: &'c str, rest: &'c str) -> Outcome {
        let mut words = Words::new(rest);
        let outcome = lists::numbered_entry(&mut self.device, &mut words, statement);
        if let Some((_, id)) = self.device.last_list
            && matches!(outcome.state, LineState::Modelled | LineState::NotModelled)
        {
            self.entry = Some(OpenList { id, shown: false });
        }
        outcome
    }

    fn in_list(&mut self, open: OpenList, statement: &'c str) -> Outcome {
        let mut words = Words::new(statement);
        let outcome = lists::line(&mut self.device, open, &mut words, statement);
        match outcome.state {
            LineState::Modelled | LineState::NotModelled => self.entry = Some(open),
            LineState::Unrecognised => {
                return lists::unknown_line(&mut self.device, open, statement);
            }
            LineState::Irrelevant => {}
        }
        outcome
    }

    fn statement(&mut self, statement: &'c str, indented: bool) -> Outcome {
        let words = Words::new(statement);
        let Some(word) = words.peek() else {
            return Outcome::IRRELEVANT;
        };
        if !matches!(self.mode, Mode::Top)
            && (indented || self.belongs_to_stanza(word, words))
            && let Some(outcome) = self.in_stanza(statement, indented)
        {
            return outcome;
        }
        self.top(statement)
    }

    /// Whether a line without leading blanks belongs to the open stanza: its
    /// first word starts no top-level command, or its form tells.
    fn belongs_to_stanza(&self, word: &str, words: Words<'_>) -> bool {
        let Some(mode) = table().mode(self.mode_name()) else {
            return false;
        };
        if matches!(self.mode, Mode::List(_)) && number::<u32>(word).is_some() {
            return true;
        }
        let second = words.peek_second().unwrap_or_default();
        if matches!(self.mode, Mode::Interface(_)) {
            // Words that are commands of both levels.
            let inner = match word {
                // Words that an abbreviation of an interface's word would hide.
                "ip" if matches!(
                    second,
                    "route" | "access-list" | "port-map" | "routing" | "default-gateway" | "local"
                ) =>
                {
                    false
                }
                "ip" => {
                    table()
                        .mode("interface-ip")
                        .is_some_and(|inner| inner.has(second))
                        || ["address", "access-group", "policy", "unnumbered", "port"]
                            .iter()
                            .any(|full| short(second, full, 3))
                        || (second == "nat" && {
                            let mut ahead = words;
                            ahead.next();
                            ahead.next();
                            let side = ahead.next();
                            matches!(side, Some("inside" | "outside")) && ahead.is_empty()
                        })
                        || (second == "inspect" && !words.rest().contains(" name "))
                        || (second == "vrf" && words.rest().contains("forwarding"))
                }
                "ipv6" => !matches!(
                    second,
                    "access-list" | "route" | "unicast-routing" | "router" | "cef"
                ),
                "vrf" => second == "forwarding" || second == "member",
                "crypto" => second == "map" && words.rest().split(' ').count() == 3,
                "no" => {
                    !table().is_top_level(second) || matches!(second, "ip" | "cdp" | "mop" | "snmp")
                }
                _ => false,
            };
            if inner {
                return true;
            }
        }
        if matches!(self.mode, Mode::Group(_)) {
            return (mode.has(word) && !table().is_top_level(word))
                || (word == "ip" && second.is_empty())
                || super::address::quad(word).is_some()
                || super::address::prefix4(word).is_some()
                || (number::<u32>(word).is_some() && !second.is_empty());
        }
        if matches!(self.mode, Mode::Line) {
            return matches!(
                word,
                "access-class"
                    | "login"
                    | "password"
                    | "transport"
                    | "exec-timeout"
                    | "privilege"
                    | "stopbits"
                    | "length"
                    | "history"
                    | "session-timeout"
                    | "exec"
                    | "autocommand"
            );
        }
        if mode.open {
            return false;
        }
        if word == "no" {
            return mode.has(second) && !table().is_top_level(second);
        }
        mode.has(word) && !table().is_top_level(word)
    }

    fn mode_name(&self) -> &'static str {
        match &self.mode {
            Mode::Top => "",
            Mode::Interface(_) => "interface",
            Mode::List(_) => "list",
            Mode::Group(_) => "group",
            Mode::TimeRange(_) => "time-range",
            Mode::Zone(Open::Class(_)) => "class-map",
            Mode::Zone(Open::Policy(_)) => "policy-map",
            Mode::Zone(Open::Pair(_)) => "zone-pair",
            Mode::Zone(Open::Other) => "open",
            Mode::RouteMap(_) => "route-map",
            Mode::CryptoMap(_) => "crypto-map",
            Mode::AccessMap(_) => "access-map",
            Mode::Vrf(_) => "vrf",
            Mode::Line => "line",
            Mode::Table(name) => name,
        }
    }

    fn in_stanza(&mut self, statement: &'c str, indented: bool) -> Option<Outcome> {
        let mut words = Words::new(statement);
        let word = words.peek()?;
        let device = &mut self.device;
        let outcome = match self.mode {
            Mode::Top => return None,
            Mode::Interface(place) => {
                let read = interfaces::line(device, place, &mut words, statement);
                if read.is_none() && indented {
                    return Some(Outcome::UNRECOGNISED);
                }
                return read;
            }
            Mode::List(open) => {
                if !indented && word == "exit" {
                    self.mode = Mode::Top;
                    return Some(Outcome::IRRELEVANT);
                }
                return Some(self.in_list(open, statement));
            }
            Mode::Group(group) => groups::line(device, group, &mut words, statement),
            Mode::TimeRange(name) => time_ranges::line(device, name, statement, &mut words),
            Mode::Zone(Open::Class(name)) => zones::class_line(device, name, &mut words, statement),
            Mode::Zone(Open::Policy(name)) => {
                match zones::policy_line(device, name, &mut words, statement) {
                    Some(outcome) => outcome,
                    None => Outcome::UNRECOGNISED,
                }
            }
            Mode::Zone(Open::Pair(at)) => zones::pair_line(device, at, &mut words),
            Mode::Zone(Open::Other) => Outcome::IRRELEVANT,
            Mode::RouteMap(name) => policy_routes::line(device, name, &mut words),
            Mode::CryptoMap(name) => crypto::line(device, name, &mut words),
            Mode::AccessMap(name) => vlan_maps::line(device, name, &mut words),
            Mode::Vrf(name) => match (words.next(), words.next()) {
                (Some("ip" | "ipv6"), Some("route")) => {
                    routes::statement(device, &mut words, statement, Some(name))
                }
                _ => Outcome::IRRELEVANT,
            },
            Mode::Line => return Some(self.line_line(statement)),
            Mode::Table(name) => {
                let mode = table().mode(name)?;
                if indented && mode.open || mode.has(word) {
                    Outcome::IRRELEVANT
                } else {
                    return None;
                }
            }
        };
        if outcome.state == LineState::Unrecognised {
            let mode = table().mode(self.mode_name());
            if mode.is_some_and(|mode| mode.open || mode.has(word)) {
                return Some(Outcome::IRRELEVANT);
            }
            if !indented {
                return None;
            }
        }
        Some(outcome)
    }

    /// `access-class N in` inside a line.
    fn line_line(&mut self, statement: &'c str) -> Outcome {
        let mut words = Words::new(statement);
        let mut word = words.next().unwrap_or_default();
        let family = if word == "ipv6" {
            word = words.next().unwrap_or_default();
            Family::V6
        } else {
            Family::V4
        };
        if !short(word, "access-class", 8) {
            return Outcome::IRRELEVANT;
        }
        let Some(name) = words.next() else {
            return Outcome::UNRECOGNISED;
        };
        let inbound = words.next() != Some("out");
        let span = self.device.span(statement);
        let list = self.device.list(name, family);
        let at = self.device.span(name);
        self.device.refer("access-list", name, false, at);
        self.device.line_lists.push((list, inbound, span));
        Outcome::MODELLED
    }

    /// A top-level line.
    fn top(&mut self, statement: &'c str) -> Outcome {
        let mut words = Words::new(statement);
        let word = words.peek().unwrap_or_default();
        if word == "no" || word == "default" {
            words.next();
            return self.negated(statement, words);
        }
        let Some(command) = table().find(statement) else {
            // A paste may start inside a stanza: entries of a list whose head
            // is not there.
            return Outcome::UNRECOGNISED;
        };
        self.mode = Mode::Top;
        for _ in &command.words {
            words.next();
        }
        match command.effect {
            Effect::Irrelevant => {
                self.device.configured |= command.words.first() == Some(&"service");
                // Whatever stands in it matters as little.
                self.open_table(command.mode.or(Some("open")));
                Outcome::IRRELEVANT
            }
            Effect::NotModelled => {
                let span = self.device.span(statement);
                self.open_table(command.mode);
                // Settings of a feature that nothing applies yet.
                self.device.reason(command.why, span);
                Outcome::not_modelled(command.why)
            }
            Effect::Code => {
                self.construct(statement, command.words.as_slice(), command.mode, words)
            }
        }
    }

    fn open_table(&mut self, mode: Option<&'static str>) {
        if let Some(mode) = mode {
            self.certificate = mode == "certificate";
            self.mode = Mode::Table(mode);
        }
    }

    /// The constructs that decide which packets pass.
    fn construct(
        &mut self,
        statement: &'c str,
        command: &[&str],
        mode: Option<&'static str>,
        mut words: Words<'c>,
    ) -> Outcome {
        let device = &mut self.device;
        let words = &mut words;
        let opened = match command {
            ["access-list"] => return lists::numbered_entry(device, words, statement),
            ["hostname"] | ["switchname"] => return self.hostname(statement, words),
            ["version"] => return self.version(statement, words),
            ["interface"] => {
                device.configured = true;
                interfaces::open(device, words, statement).map(Mode::Interface)
            }
            ["ip", "access-list"] => {
                let first = words.peek().unwrap_or_default();
                if matches!(
                    first,
                    "logging"
                        | "log-update"
                        | "resequence"
                        | "helper"
                        | "persistent"
                        | "match-local-traffic"
                        | "role-based"
                ) {
                    return Outcome::IRRELEVANT;
                }
                lists::open(device, words, statement, Family::V4).map(Mode::List)
            }
            ["ipv6", "access-list"] => {
                device.ipv6 = true;
                if matches!(words.peek(), Some("log-update" | "role-based")) {
                    return Outcome::IRRELEVANT;
                }
                lists::open(device, words, statement, Family::V6).map(Mode::List)
            }
            ["ip" | "ipv6", "route"] => {
                device.configured = true;
                return routes::statement(device, words, statement, None);
            }
            ["ip", "nat"] => {
                self.mode = Mode::Table("nat");
                return nat::statement(device, words, statement);
            }
            ["ip", "inspect"] => return cbac::statement(device, words, statement),
            ["ip", "port-map"] => return cbac::port_map(device, words, statement),
            ["ip", "vrf"] | ["vrf", "definition" | "context"] => {
                let name = words.next();
                if let Some(name) = name {
                    let at = device.span(name);
                    device.refer("vrf", name, true, at);
                }
                name.map(Mode::Vrf)
            }
            ["object-group"] => groups::open(device, words, statement).map(Mode::Group),
            ["time-range"] => time_ranges::open(device, words, statement).map(Mode::TimeRange),
            ["class-map"] => zones::open_class(device, words, statement).map(Mode::Zone),
            ["policy-map"] => zones::open_policy(device, words).map(Mode::Zone),
            ["zone"] => {
                self.mode = Mode::Table("zone");
                return zones::zone(&mut self.device, words, statement);
            }
            ["zone-pair"] => zones::open_pair(device, words, statement).map(Mode::Zone),
            ["route-map"] => policy_routes::open(device, words, statement).map(Mode::RouteMap),
            ["crypto", "map" | "dynamic-map"] => match crypto::open(device, words, statement) {
                Some(name) => Some(Mode::CryptoMap(name)),
                None => return Outcome::IRRELEVANT,
            },
            ["vlan", "access-map"] => {
                vlan_maps::open(device, words, statement).map(Mode::AccessMap)
            }
            ["vlan", "filter"] => return vlan_maps::filter(device, words, statement),
            ["router"] | ["ipv6", "router"] => {
                let span = device.span(statement);
                device.firewall.dynamic_routing.push(span);
                Some(Mode::Table("router"))
            }
            ["line"] => Some(Mode::Line),
            ["ip", "default-gateway"] => return routes::default_gateway(device, words, statement),
            ["banner"] => {
                self.open_banner(words);
                return Outcome::IRRELEVANT;
            }
            _ => {
                self.open_table(mode);
                return Outcome::IRRELEVANT;
            }
        };
        match opened {
            Some(mode) => {
                self.mode = mode;
                Outcome::MODELLED
            }
            None => Outcome::UNRECOGNISED,
        }
    }

    fn hostname(&mut self, statement: &'c str, words: &mut Words<'c>) -> Outcome {
        let Some(name) = words.next() else {
            return Outcome::UNRECOGNISED;
        };
        let name = name.trim_matches('"');
        if self.device.named && self.device.firewall.name.value != name {
            self.next_device(statement);
        }
        let span = self.device.span(name);
        self.device.firewall.name = Spanned::new(name.to_owned(), span);
        self.device.named = true;
        Outcome::MODELLED
    }

    fn version(&mut self, statement: &'c str, words: &mut Words<'c>) -> Outcome {
        let text = words.next().unwrap_or_default();
        if self.device.named {
            // The configuration of the next device starts.
            self.next_device(statement);
        }
        let span = self.device.span(statement);
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            self.device.firewall.software = Some(Spanned::new(text.to_owned(), span));
            self.device.configured = true;
        }
        Outcome::MODELLED
    }

    fn next_device(&mut self, text: &'c str) {
        let start = self.clean.span_of(text);
        let next = Device::new(self.clean, start, self.device.dialect);
        self.done.push(std::mem::replace(&mut self.device, next));
        self.mode = Mode::Top;
    }

    /// `banner motd ^C…`, on one line or up to the line with the delimiter.
    fn open_banner(&mut self, words: &mut Words<'c>) {
        const KINDS: [&str; 7] = [
            "motd",
            "login",
            "exec",
            "incoming",
            "prompt-timeout",
            "slip-ppp",
            "config-save",
        ];
        if words.peek().is_some_and(|word| KINDS.contains(&word)) {
            words.next();
        }
        let rest = words.rest();
        let Some(delimiter) = rest.chars().next() else {
            return;
        };
        // `^C` is how the device prints the control character.
        let body = match rest.strip_prefix("^C") {
            Some(body) => body.trim_start_matches('C'),
            None => rest.get(delimiter.len_utf8()..).unwrap_or_default(),
        };
        if !body.contains(delimiter) {
            self.banner = Some(delimiter);
        }
    }

    /// A top-level line that starts with `no`.
    fn negated(&mut self, statement: &'c str, words: Words<'c>) -> Outcome {
        let rest = words.rest();
        let Some(command) = table().find(rest) else {
            return if self.device.configured || self.device.named {
                Outcome::IRRELEVANT
            } else {
                Outcome::UNRECOGNISED
            };
        };
        self.mode = Mode::Top;
        match command.words.as_slice() {
            ["ip", "routing"] => {
                self.device.no_routing = true;
                return Outcome::MODELLED;
            }
            ["access-list"] | ["ip" | "ipv6", "access-list"] | ["object-group"] => {
                // Scripts remove a list before they write it anew.
                return Outcome::irrelevant("the list is removed before it is written");
            }
            ["ip", "nat"] | ["ip", "route"] | ["zone-pair"] => {
                if words.peek_second() == Some("service") || words.rest().contains(" service ") {
                    return Outcome::IRRELEVANT;
                }
                let span = self.device.span(statement);
                let text = "a statement is removed here: the file does not tell what is left";
                self.device.doubt(text, span);
                return Outcome::not_modelled(text);
            }
            _ => {}
        }
        Outcome::IRRELEVANT
    }
}
