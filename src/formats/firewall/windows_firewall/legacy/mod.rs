//! What `netsh firewall show config`, `show state` and the narrower commands
//! print on Windows XP and Windows Server 2003.
//!
//! A profile has an operational mode (the firewall is on), an exception mode
//! (without it no opening counts), and openings: predefined services,
//! programs, ports, kinds of ICMP. An opening has a scope, which only
//! `verbose = enable` prints. Whatever no opening lets in is dropped, and
//! nothing that goes out but some kinds of ICMP.
//!
//! Later versions of Windows print the same tables with a direction, and
//! leave out every rule that this old interface cannot show: their on and off
//! counts, and nothing else is decided.
//!
//! Sources: "Netsh Commands for Windows Firewall", "Troubleshooting Windows
//! Firewall in Microsoft Windows XP Service Pack 2" (bb457029) and "Enable
//! Predefined Inbound Rules on Windows XP or Windows Server 2003" (cc947792)
//! on learn.microsoft.com; outputs quoted in public repositories, in English
//! and Chinese.

mod headings;
mod openings;

use super::facts::{Doubt, Part, Profile, ProfileDefault, RuleFacts, Told};
use super::netsh::prompt;
use super::{host, words};
use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, Spanned};
use headings::{Heading, Table};

const LATER: &str = "a later Windows than Server 2003 printed the listing: `netsh firewall` does not \
                     show the rules that it has beside these";
const UNSURE: &str = "nothing tells whether Windows XP or Server 2003 printed the listing; later versions \
                      have rules that `netsh firewall` does not show";
const PART: &str = "the listing shows a part of the settings; `netsh firewall show config \
                    verbose=enable` shows all";
const LANGUAGE: &str =
    "the words of this listing of `netsh firewall` are not known in its language";
const HINT: &str = "on Windows Server 2008 and later take `netsh advfirewall firewall show rule name=all \
                    verbose` and `netsh advfirewall show allprofiles`, before that `netsh firewall show \
                    config verbose=enable`";

/// How surely a line belongs to such a listing; `next` is the line below.
pub fn evidence(line: &str, next: &str) -> Option<u8> {
    match headings::read(line) {
        Some(Heading::Profile { .. }) => Some(94),
        Some(Heading::Table(_, Some(of))) if headings::profile(of).is_some() => Some(94),
        Some(Heading::Status) if is_rule_off(next.trim()) => Some(90),
        Some(_) => None,
        None => is_command(line).then_some(60),
    }
}

/// `C:\>netsh firewall show config`.
fn is_command(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let at = lower.find("netsh firewall show ");
    at.is_some_and(|at| lower.get(..at).is_some_and(|before| before.ends_with('>')))
}

/// What is being read.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    /// Settings of profiles, or of one interface.
    Settings,
    /// A table; its rows begin below a line of dashes.
    Table(Table, bool),
    /// The settings of the log.
    Log,
}

struct Reader<'f> {
    file: &'f SourceFile,
    part: Part,
    open: Open,
    /// The profiles that what is open is of.
    profiles: &'static [Profile],
    /// The interface that what is open is of.
    interface: Option<&'f str>,
    /// What lets in, and the table that says so.
    rules: Vec<(Table, RuleFacts)>,
    /// Where the rules of the last opening begin.
    last: usize,
    /// Kinds of ICMP that a profile lets out, by profile and type.
    lets_out: Vec<(&'static [Profile], u8)>,
    /// Profiles whose settings stand in full.
    full: Vec<Profile>,
    headed: bool,
    /// Whether nothing that looks like a listing stood so far.
    before: bool,
    /// Whether the listing is as Windows XP and Server 2003 print it.
    old: bool,
    /// Whether the openings of the configuration are listed.
    configured: bool,
    doubt: Option<Doubt>,
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let start = Span::of(file.id(), 0..0);
    let mut reader = Reader {
        file,
        part: Part::new(host::stem(file)),
        open: Open::Nothing,
        profiles: &[],
        interface: None,
        rules: Vec::new(),
        last: 0,
        lets_out: Vec::new(),
        full: Vec::new(),
        headed: false,
        before: true,
        old: false,
        configured: false,
        doubt: None,
    };
    reader.part.host = host::of_bundle(file);
    for index in 0..file.line_count() {
        let line = trimmed(file.line(index).unwrap_or_default());
        let next = trimmed(file.line(index.saturating_add(1)).unwrap_or_default());
        let outcome = reader.line(line, next);
        ledger.set(index, outcome.state);
        let place = file.span_of(line).unwrap_or(start);
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, place);
        } else if outcome.state == LineState::Unrecognised {
            let why = "no line of netsh firewall reads like this";
            ledger.note(outcome.state, why, place);
            reader.doubt(Doubt::new(why, place));
            reader.before = false;
            if line.ends_with(':') {
                // A heading: what follows does not belong to the one before.
                reader.open = Open::Nothing;
            }
        }
    }
    let part = reader.finish(start);
    let problems = part.unread.iter().map(|doubt| Problem {
        level: ProblemLevel::Note,
        message: doubt.reason.to_string(),
        hint: Some(HINT.to_owned()),
        span: doubt.span,
    });
    Document {
        problems: problems.collect(),
        content: vec![Content::HostFirewall(Box::new(part))],
        ledger,
    }
}

fn trimmed(line: &str) -> &str {
    line.trim_matches([' ', '\t', '\u{feff}', '\0'])
}

/// A line of dashes; a copy may have broken it with a blank.
fn is_rule_off(line: &str) -> bool {
    line.len() >= 5 && line.bytes().all(|b| matches!(b, b'-' | b' '))
}

impl<'f> Reader<'f> {
    fn span(&self, part: &str) -> Span {
        let start = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(start)
    }

    fn doubt(&mut self, doubt: Doubt) {
        self.doubt.get_or_insert(doubt);
    }

    fn line(&mut self, line: &'f str, next: &str) -> Outcome {
        if line.is_empty() {
            return Outcome::IRRELEVANT;
        }
        if is_rule_off(line) {
            if let Open::Table(_, rows) = &mut self.open {
                *rows = true;
            }
            return Outcome::IRRELEVANT;
        }
        if is_command(line) || prompt::read(line).is_some() {
            self.open = Open::Nothing;
            return Outcome::IRRELEVANT;
        }
        if let Some(heading) = headings::read(line) {
            return self.heading(heading, line);
        }
        match self.open {
            _ if line.contains("advfirewall") => {
                self.doubt(Doubt::new(LATER, self.span(line)));
                Outcome::IRRELEVANT
            }
            _ if headings::is_remark(line) => Outcome::IRRELEVANT,
            Open::Table(table, true) => self.row(table, line, next),
            Open::Table(table, false) if is_rule_off(next) => {
                self.columns(table, line);
                Outcome::IRRELEVANT
            }
            Open::Settings => self.setting(line),
            Open::Log => Outcome::IRRELEVANT,
            Open::Nothing if line.contains("[Version 5.") => {
                self.old = true;
                Outcome::IRRELEVANT
            }
            Open::Nothing if prompt::is_noise(line) || words::is_ok(line) => Outcome::IRRELEVANT,
            // A title or a remark of what collected the listing.
            Open::Nothing if self.before && !line.contains([':', '=']) && !is_rule_off(next) => {
                Outcome::IRRELEVANT
            }
            Open::Nothing | Open::Table(..) => Outcome::UNRECOGNISED,
        }
    }

    /// The columns of a table: later versions of Windows have one more.
    fn columns(&mut self, table: Table, line: &'f str) {
        if line.contains("Traffic direction") {
            self.doubt(Doubt::new(LATER, self.span(line)));
        } else if matches!(table, Table::Ports | Table::Programs) {
            self.old = true;
        }
    }

    fn heading(&mut self, heading: Heading<'f>, line: &'f str) -> Outcome {
        self.headed = true;
        self.before = false;
        self.interface = None;
        match heading {
            Heading::Profile { profiles, current } => {
                self.open = Open::Settings;
                self.profiles = profiles;
                if current {
                    self.activate(line);
                }
            }
            Heading::Status => {
                self.open = Open::Settings;
                self.profiles = &[];
            }
            Heading::Interface(name) => {
                self.open = Open::Settings;
                self.profiles = &Profile::ALL;
                self.interface = Some(name);
            }
            Heading::Table(table, of) => {
                self.open = Open::Table(table, false);
                self.configured |= table != Table::Open;
                match of {
                    Some(name) => match headings::profile(name) {
                        Some(profiles) => self.profiles = profiles,
                        None => {
                            self.profiles = &Profile::ALL;
                            self.interface = Some(name);
                        }
                    },
                    // What is open now is so in the profile in force.
                    None if table == Table::Open => self.profiles = &Profile::ALL,
                    None => {}
                }
            }
            Heading::Log => {
                self.open = Open::Log;
                return Outcome::IRRELEVANT;
            }
        }
        Outcome::MODELLED
    }

    fn activate(&mut self, line: &str) {
        let span = self.span(line);
        for profile in self.profiles {
            self.part.activate(*profile, span);
        }
    }

    /// `Operational mode = Enable`.
    fn setting(&mut self, line: &'f str) -> Outcome {
        let Some((name, value)) = line.split_once('=') else {
            return self.scope(line).unwrap_or(Outcome::UNRECOGNISED);
        };
        let (name, value) = (name.trim(), value.trim());
        let span = self.span(line);
        let Some(key) = headings::label(name) else {
            return Outcome::UNRECOGNISED;
        };
        match key {
            "profile" => match headings::profile(value) {
                Some(profiles) => {
                    self.profiles = profiles;
                    self.activate(line);
                    Outcome::MODELLED
                }
                None => Outcome::UNRECOGNISED,
            },
            "operational" | "exceptions" | "remote-administration" => {
                let Some(on) = words::truth(value) else {
                    return Outcome::UNRECOGNISED;
                };
                match key {
                    "operational" => self.operational(on, span),
                    "exceptions" => self.exceptions(on, span),
                    _ => self.remote_admin(on, span),
                }
                Outcome::MODELLED
            }
            "shown" => {
                self.full.extend(self.profiles);
                Outcome::IRRELEVANT
            }
            "version" => Outcome::IRRELEVANT,
            _ => Outcome::UNRECOGNISED,
        }
    }

    fn operational(&mut self, on: bool, span: Span) {
        for profile in self.profiles {
            let told = &mut self.part.profile_mut(*profile).on;
            match self.interface {
                None => *told = Told::Known(Spanned::new(on, span)),
                Some(name) if !on => {
                    let why = format!("the firewall is off on the interface {}", quoted(name));
                    *told = Told::unclear(why, span);
                }
                Some(_) => {}
            }
        }
    }

    /// Without exceptions, openings do not count. What goes out is not
    /// filtered either way.
    fn exceptions(&mut self, on: bool, span: Span) {
        let inbound = if on {
            ProfileDefault::Block
        } else {
            ProfileDefault::BlockAlways
        };
        for profile in self.profiles {
            let facts = self.part.profile_mut(*profile);
            facts.inbound = Told::Known(Spanned::new(inbound, span));
            facts.outbound = Told::Known(Spanned::new(ProfileDefault::Allow, span));
        }
    }

    fn remote_admin(&mut self, on: bool, span: Span) {
        self.last = self.rules.len();
        if on && let Some(rules) = openings::service("remote administration", span) {
            self.push(Table::Open, rules, true);
        }
    }

    /// Adds the rules of an opening.
    fn push(&mut self, table: Table, rules: Vec<RuleFacts>, enabled: bool) {
        for mut rule in rules {
            rule.enabled = Told::Known(enabled);
            let profiles = headings::set(self.profiles);
            rule.profiles = Told::Known(Spanned::new(profiles, rule.span));
            if let Some(name) = self.interface {
                let why = format!("the opening is for the interface {} only", quoted(name));
                rule.doubts.push(Doubt::new(why, rule.span));
            }
            rule.rest_is_any();
            self.rules.push((table, rule));
        }
    }

    fn row(&mut self, table: Table, line: &'f str, next: &str) -> Outcome {
        if let Some(outcome) = self.scope(line) {
            return outcome;
        }
        let span = self.span(line);
        let Some(row) = openings::row(table, line, span) else {
            return Outcome::UNRECOGNISED;
        };
        self.last = self.rules.len();
        let doubtful = row.rules.iter().flat_map(|rule| &rule.doubts).next();
        let why = doubtful.map(|doubt| doubt.reason.clone());
        if let Some(kind) = row.lets_out {
            if row.enabled {
                self.lets_out.push((self.profiles, kind));
            }
            return Outcome::MODELLED;
        }
        let scoped = openings::scope(next).is_some() || !row.enabled;
        self.push(table, row.rules, row.enabled);
        match why {
            Some(why) if row.enabled => Outcome::not_modelled(why),
            _ if scoped || table == Table::Icmp => Outcome::MODELLED,
            _ => Outcome::not_modelled(openings::NO_SCOPE),
        }
    }

    /// `Scope: *` below what it is the scope of.
    fn scope(&mut self, line: &'f str) -> Option<Outcome> {
        let value = openings::scope(line)?;
        let addresses = super::values::addresses([value], self.span(value));
        let open = openings::open_address(&addresses);
        for (_, rule) in self.rules.iter_mut().skip(self.last) {
            rule.remote_addresses = Told::Known(addresses.clone());
        }
        Some(match open {
            Some(why) => Outcome::not_modelled(why),
            None => Outcome::MODELLED,
        })
    }

    fn finish(mut self, start: Span) -> Part {
        if !self.headed {
            self.doubt(Doubt::new(LANGUAGE, start));
        }
        let told = self.part.profiles.iter().zip(Profile::ALL);
        let partial = told.into_iter().any(|(facts, profile)| {
            let used = self.part.active.is_none_or(|a| a.value.contains(profile));
            used && (facts.is_empty() || !self.full.contains(&profile))
        });
        if partial {
            self.doubt(Doubt::new(PART, start));
        }
        if !self.old {
            self.doubt(Doubt::new(UNSURE, start));
        }
        // What is open now follows from the configuration, where both are shown.
        let configured = self.configured;
        let counts = |(table, _): &(Table, RuleFacts)| !configured || *table != Table::Open;
        let rules: Vec<RuleFacts> = self.rules.into_iter().filter(counts).map(|r| r.1).collect();
        let echoes: Vec<RuleFacts> = rules.iter().filter_map(openings::echo_beside).collect();
        self.part.rules.extend(rules.into_iter().chain(echoes));
        if self.doubt.is_none() {
            self.part
                .rules
                .extend(openings::kept_in(&self.lets_out, start));
        }
        self.part.unread = self.doubt;
        self.part.lists_rules = true;
        self.part
    }
}
