//! One rule of `show rule`, line by line.

use super::VALUE_COLUMN;
use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::windows_firewall::facts::{
    Binding, Doubt, IcmpFact, ProtocolFact, RuleFacts, Told,
};
use crate::formats::firewall::windows_firewall::{values, words};
use crate::source::{SourceFile, Span};

const NOT_VERBOSE: &str = "the listing does not show program, service and kinds of interfaces of \
                           rules; `netsh advfirewall firewall show rule name=all verbose` does";
const PACKAGE: &str = "netsh does not show whether a rule of this kind is bound to an app package; \
                       `Get-NetFirewallApplicationFilter` does";

/// A rule whose lines are being read.
pub struct OpenRule<'f> {
    file: &'f SourceFile,
    facts: RuleFacts,
    /// Keys of the lines so far, to tell what is said twice.
    seen: Vec<&'static str>,
    /// Whether the lines of a description may go on.
    describes: bool,
    /// Whether ICMP types may follow.
    types: bool,
    grouped: bool,
    verbose: bool,
}

impl<'f> OpenRule<'f> {
    /// A rule; `span` is the line of its name.
    pub fn new(file: &'f SourceFile, span: Span) -> Self {
        Self {
            file,
            facts: RuleFacts::new(span),
            seen: Vec::new(),
            describes: false,
            types: false,
            grouped: false,
            verbose: false,
        }
    }

    fn span(&self, part: &str) -> Span {
        self.file.span_of(part).unwrap_or(self.facts.span)
    }

    /// Reads a line. `key` is what the label is known as.
    pub fn line(
        &mut self,
        raw: &str,
        line: &'f str,
        label: Option<&'f str>,
        key: Option<&'static str>,
        value: &'f str,
    ) -> Outcome {
        let continues = raw.len().saturating_sub(raw.trim_start().len()) >= VALUE_COLUMN;
        if self.describes && key != Some("enabled") {
            // Only the next line of a rule ends its description.
            return Outcome::IRRELEVANT;
        }
        if self.types && continues {
            return self.icmp(line);
        }
        self.describes = false;
        self.types = false;
        let Some(key) = key else {
            return self.unknown(line, label);
        };
        if self.seen.contains(&key) {
            let span = self.span(line);
            self.facts
                .doubts
                .push(Doubt::new("a setting of the rule is given twice", span));
            return Outcome::not_modelled("a setting of the rule is given twice");
        }
        self.seen.push(key);
        self.setting(key, line, value)
    }

    /// A line whose label is not known. The source of a rule follows its
    /// security, whatever it is called; anything else may bind the rule.
    fn unknown(&mut self, line: &'f str, label: Option<&'f str>) -> Outcome {
        if label.is_some() && self.seen.last() == Some(&"security") {
            self.seen.push("source");
            return Outcome::irrelevant("by its place, where the rule comes from");
        }
        let what = quoted(label.unwrap_or(line));
        let span = self.span(line);
        self.facts.doubts.push(Doubt::new(
            format!("{what} of the rule is not understood"),
            span,
        ));
        Outcome::UNRECOGNISED
    }

    /// `Type Code` and the lines below it.
    fn icmp(&mut self, line: &'f str) -> Outcome {
        let mut words = line.split_whitespace();
        let (Some(kind), Some(code), None) = (words.next(), words.next(), words.next()) else {
            return self.unknown(line, None);
        };
        let types = match &mut self.facts.icmp {
            Told::Known(types) => types,
            // The heading of the two columns, in any language.
            slot => {
                *slot = Told::Known(Vec::new());
                return Outcome::MODELLED;
            }
        };
        match values::icmp_pair(kind, code) {
            Some(fact) => {
                types.push(fact);
                Outcome::MODELLED
            }
            None => self.unknown(line, None),
        }
    }

    fn setting(&mut self, key: &'static str, line: &'f str, value: &'f str) -> Outcome {
        let span = self.span(if value.is_empty() { line } else { value });
        let facts = &mut self.facts;
        match key {
            "description" => {
                self.describes = true;
                return Outcome::IRRELEVANT;
            }
            "grouping" => {
                self.grouped = !value.is_empty();
                return Outcome::IRRELEVANT;
            }
            "edge" => return Outcome::IRRELEVANT,
            "enabled" => facts.enabled = told(words::truth(value), value, span),
            "direction" => facts.direction = told(words::direction(value), value, span),
            "action" => facts.action = told(words::action(value), value, span),
            "profiles" => facts.profiles = values::profiles([value], span),
            "local-addresses" => {
                facts.local_addresses = Told::Known(values::addresses([value], span));
            }
            "remote-addresses" => {
                facts.remote_addresses = Told::Known(values::addresses([value], span));
            }
            "protocol" => {
                facts.protocol = values::protocol(value, span);
                self.types = true;
            }
            "local-ports" => facts.local_ports = Told::Known(values::ports([value], span)),
            "remote-ports" => facts.remote_ports = Told::Known(values::ports([value], span)),
            "source" => facts.source = told(words::source(value), value, span),
            "program" => return self.bound(Binding::Program, "the program", value, span),
            "service" => return self.bound(Binding::Service, "the service", value, span),
            "interface-types" => {
                self.verbose = true;
                return self.bound(
                    Binding::InterfaceType,
                    "interfaces of the kind",
                    value,
                    span,
                );
            }
            "security" => {
                self.verbose = true;
                facts.tells(Binding::Security);
                if !words::is_none(value) && !value.is_empty() {
                    let why = format!("the rule asks for authentication ({})", quoted(value));
                    facts.doubts.push(Doubt::new(why.clone(), span));
                    return Outcome::not_modelled(why);
                }
            }
            _ => return self.bound(Binding::Security, "computers or users", value, span),
        }
        match unclear(&self.facts, key) {
            Some(why) => Outcome::not_modelled(why),
            None => Outcome::MODELLED,
        }
    }

    /// A setting that binds the rule to something, or to nothing.
    fn bound(&mut self, binding: Binding, what: &str, value: &str, span: Span) -> Outcome {
        self.facts.tells(binding);
        if value.is_empty() || words::is_any(value) {
            return Outcome::MODELLED;
        }
        let why = format!("the rule is for {what} {} only", quoted(value));
        self.facts.doubts.push(Doubt::new(why.clone(), span));
        Outcome::not_modelled(why)
    }

    /// The rule, with what netsh means by the lines that it leaves out.
    pub fn finish(self) -> RuleFacts {
        let Self {
            mut facts,
            grouped,
            verbose,
            ..
        } = self;
        let bound = facts.told(Binding::Program) || facts.told(Binding::Service);
        let every_port = !values::has_ports(facts.protocol.known().copied())
            || [&facts.local_ports, &facts.remote_ports]
                .into_iter()
                .all(|ports| ports.known().is_none_or(Vec::is_empty));
        let of_apps = facts.protocol == Told::Known(ProtocolFact::Any)
            || values::has_ports(facts.protocol.known().copied());
        if !verbose {
            facts.doubts.push(Doubt::new(NOT_VERBOSE, facts.span));
        } else if grouped && !bound && every_port && of_apps {
            facts.doubts.push(Doubt::new(PACKAGE, facts.span));
        }
        if facts.protocol.is_absent() {
            facts.doubts.push(Doubt::new(
                "the protocol of the rule is not shown",
                facts.span,
            ));
        }
        facts.icmp.or_means(Vec::<IcmpFact>::new());
        facts.local_ports.or_means(Vec::new());
        facts.remote_ports.or_means(Vec::new());
        facts.bindings = u8::MAX;
        facts
    }
}

fn told<T>(known: Option<T>, value: &str, span: Span) -> Told<T> {
    match known {
        Some(known) => Told::Known(known),
        None => Told::unclear(format!("{} is not understood", quoted(value)), span),
    }
}

/// Why a setting that was just read is not exact.
fn unclear(facts: &RuleFacts, key: &str) -> Option<String> {
    use crate::formats::firewall::windows_firewall::facts::Term;
    fn of<T>(told: &Told<T>) -> Option<String> {
        match told {
            Told::Unclear(doubt) => Some(doubt.reason.to_string()),
            Told::Known(_) | Told::Absent => None,
        }
    }
    fn open<T>(told: &Told<Vec<Term<T>>>) -> Option<String> {
        told.known()?.iter().find_map(|term| match term {
            Term::Open(doubt) => Some(doubt.reason.to_string()),
            Term::Exact(_) => None,
        })
    }
    match key {
        "enabled" => of(&facts.enabled),
        "direction" => of(&facts.direction),
        "action" => of(&facts.action),
        "profiles" => of(&facts.profiles),
        "protocol" => of(&facts.protocol),
        "source" => of(&facts.source),
        "local-addresses" => open(&facts.local_addresses),
        "remote-addresses" => open(&facts.remote_addresses),
        "local-ports" => open(&facts.local_ports),
        "remote-ports" => open(&facts.remote_ports),
        _ => None,
    }
}
