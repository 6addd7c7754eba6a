//! Terminal captures: prompts, echoed commands, the headings of `show` output,
//! and a file that just stops.

use super::{Mode, Reader};
use crate::formats::firewall::cisco_ios::capture::Prompt;
use crate::formats::firewall::cisco_ios::command_table::short;
use crate::formats::firewall::cisco_ios::device::{Family, ListKind};
use crate::formats::firewall::cisco_ios::outcome::Outcome;
use crate::formats::firewall::cisco_ios::rules::{add_condition, blank_rule};
use crate::formats::firewall::cisco_ios::words::Words;
use crate::formats::firewall::cisco_ios::{groups, lists};
use crate::formats::{Problem, ProblemLevel};
use crate::model::firewall::Condition;
use crate::source::SourceFile;

impl<'c> Reader<'c> {
    /// Headings of configurations and of `show` output.
    pub(super) fn heading(&mut self, statement: &'c str) -> Option<Outcome> {
        let mut words = Words::new(statement);
        match words.next()? {
            "Building" if statement.starts_with("Building configuration") => {
                self.other_output = false;
                Some(Outcome::IRRELEVANT)
            }
            "Current" | "Using" | "Configuration" | "Load" | "Time" | "Uncompressed"
                if statement.contains("onfiguration")
                    || statement.contains("bytes")
                    || statement.contains("NTP") =>
            {
                self.device.configured = true;
                self.other_output = false;
                Some(Outcome::IRRELEVANT)
            }
            "Role-based" => {
                self.mode = Mode::Table("open");
                Some(Outcome::irrelevant(
                    "filters by security groups, which no interface here is bound to",
                ))
            }
            "FQDN" if words.peek() == Some("IP") => {
                words.next();
                self.shown_list(words, Family::V4, ListKind::Extended, statement)
            }
            "Standard" | "Extended" if words.peek() == Some("IP") => {
                let kind = if statement.starts_with('S') {
                    ListKind::Standard
                } else {
                    ListKind::Extended
                };
                words.next();
                self.shown_list(words, Family::V4, kind, statement)
            }
            "Reflexive" if words.peek() == Some("IP") => {
                self.mode = Mode::Table("open");
                Some(Outcome::irrelevant(
                    "connections that were open when the list was shown",
                ))
            }
            "IPv6" | "IPV6" if matches!(words.peek(), Some("access" | "ACL" | "FQDN")) => {
                words.eat("FQDN");
                self.shown_list(words, Family::V6, ListKind::Ipv6, statement)
            }
            "IP" | "IPV4" if matches!(words.peek(), Some("access" | "ACL")) => {
                self.shown_list(words, Family::V4, ListKind::Extended, statement)
            }
            "MAC" | "ARP" if matches!(words.peek(), Some("access" | "ACL")) => {
                self.mode = Mode::Table("open");
                Some(Outcome::irrelevant("filters frames that are not IP"))
            }
            "Network" | "Service" | "V6-Network" | "V6-Service"
                if words.peek() == Some("object") =>
            {
                words.next();
                words.next();
                let kind = if statement.contains("Network") {
                    "network"
                } else {
                    "service"
                };
                let name = words.next()?;
                let group = groups::define(&mut self.device, kind, name, statement);
                self.mode = Mode::Group(group);
                Some(Outcome::MODELLED)
            }
            "Zone-pair:" | "Zone-Pair:" | "policy" if statement.contains(['Z', 'z']) => {
                self.other_output = true;
                self.mode = Mode::Top;
                Some(Outcome::irrelevant(
                    "counters of the zone-based firewall; give its configuration",
                ))
            }
            "show" | "sh" | "sho" if words.peek().is_some() => {
                self.command(statement);
                Some(Outcome::IRRELEVANT)
            }
            "+++" => Some(Outcome::IRRELEVANT),
            _ => None,
        }
    }

    /// `Extended IP access list NAME`, `IPV4 ACL NAME`.
    pub(super) fn shown_list(
        &mut self,
        mut words: Words<'c>,
        family: Family,
        kind: ListKind,
        statement: &'c str,
    ) -> Option<Outcome> {
        if words.next() == Some("access") {
            words.next();
        }
        let name = words.next()?;
        self.other_output = false;
        let open = lists::define(&mut self.device, name, family, kind, statement, true);
        self.mode = Mode::List(open);
        Some(Outcome::MODELLED)
    }

    /// A command typed at a prompt, or echoed without one.
    pub(super) fn command(&mut self, typed: &'c str) {
        self.mode = Mode::Top;
        let mut words = Words::new(typed);
        let verb = words.next().unwrap_or_default();
        if !(short(verb, "show", 2) || verb == "more" || short(verb, "write", 2)) {
            return;
        }
        let subject = words.rest();
        const CONFIGURATION: [&str; 8] = [
            "run",
            "start",
            "conf",
            "access-l",
            "ip access",
            "ipv6 access",
            "object",
            "term",
        ];
        self.other_output = !(subject.is_empty()
            || CONFIGURATION.iter().any(|known| subject.starts_with(known))
            || subject.contains("config"))
            || subject.contains("summary");
    }

    /// The prompt tells the host.
    pub(super) fn at_prompt(&mut self, prompt: &Prompt<'c>, _text: &'c str) -> Outcome {
        if self.host.is_none() {
            self.host = Some(prompt.host.to_owned());
        }
        if prompt.typed.is_empty() {
            return Outcome::IRRELEVANT;
        }
        let word = Words::new(prompt.typed).next().unwrap_or_default();
        if !prompt.configures || short(word, "show", 2) || word == "do" {
            self.command(prompt.typed);
            return Outcome::IRRELEVANT;
        }
        self.other_output = false;
        self.statement(prompt.typed, false)
    }

    /// A file that ends inside a line may be cut off: its last entry may go on.
    pub(super) fn cut_off(&mut self, file: &SourceFile) {
        let Some(open) = self.entry.take() else {
            return;
        };
        if file.text().ends_with(['\n', '\r']) {
            return;
        }
        let shown = self.device.info(open.id).is_some_and(|info| info.shown);
        let Some(rule) = self
            .device
            .filter_mut(open.id)
            .and_then(|f| f.rules.last_mut())
        else {
            return;
        };
        if shown || rule.implicit.is_some() {
            return;
        }
        let (action, span) = (rule.action, rule.span);
        *rule = blank_rule(action, span);
        let text = "the file ends inside this entry's line: it may be cut off";
        let reason = self.device.reason(text, span);
        if let Some(rule) = self
            .device
            .filter_mut(open.id)
            .and_then(|f| f.rules.last_mut())
        {
            let unknown = Condition::Unknown(reason);
            add_condition(rule, unknown);
        }
        self.device.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "the file ends without a line break after an access list entry; it may be \
                      cut off"
                .to_owned(),
            hint: Some("export the whole configuration again, up to its `end`".to_owned()),
            span,
        });
    }
}
