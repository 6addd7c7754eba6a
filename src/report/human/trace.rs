//! `trace` for a terminal: the story of a packet, with the lines that show it.

use std::fmt::Display;
use std::io;

use super::Human;
use super::findings::handler;
use crate::estate::Strength;
use crate::finding::{Label, Positions};
use crate::flow::{
    Because, Cube, Decider, DeciderKind, Effect, EffectKind, Lack, NearPermit, PartVerdict,
    Placement, Position, Reason, Relation, Step, Story, Verdict,
};
use crate::model::firewall::Passage;
use crate::policy::Severity;
use crate::report::style::Ink;
use crate::report::text::printable;
use crate::report::trace::{Trace, part_verdict, span_text, statement, verdict};
use crate::source::{Sources, Span};

/// Parts of a partial answer that are told without `-v`.
const SHOWN_PARTS: usize = 4;

impl Human<'_> {
    /// Writes an answer.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn trace(&mut self, trace: &Trace<'_>) -> io::Result<()> {
        let asked = &trace.asked;
        let title = format!("{} -> {}, {}", asked.from, asked.to, asked.service);
        let title = printable(&title).into_owned();
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &title))?;
        let stories = &trace.stories;
        let shown = if self.verbose {
            stories.len()
        } else {
            SHOWN_PARTS
        };
        for (index, story) in stories.iter().take(shown).enumerate() {
            writeln!(self.out)?;
            if stories.len() > 1 {
                let number = index.saturating_add(1);
                let verdict = self.part_word(story.verdict);
                let text = self.words.fill(
                    "trace.part",
                    &[
                        ("n", &number),
                        ("total", &stories.len()),
                        ("verdict", &verdict),
                        ("packets", &self.packets(&story.packets)),
                    ],
                );
                self.text(0, &text)?;
            }
            self.story(trace, story)?;
        }
        let more = stories.len().saturating_sub(shown);
        if more > 0 {
            let text = self.words.count("trace.more-parts", more);
            self.text(0, &text)?;
        }
        writeln!(self.out)?;
        self.verdict(trace)
    }

    fn story(&mut self, trace: &Trace<'_>, story: &Story) -> io::Result<()> {
        if let Some(witness) = &story.witness {
            self.item(Ink::Dim, "check.packet", &witness.to_string())?;
        }
        for (index, step) in story.steps.iter().enumerate() {
            writeln!(self.out)?;
            self.step(trace, index.saturating_add(1), step)?;
        }
        let told = |reason: &Reason| story.steps.iter().any(|step| step.reasons.contains(reason));
        for reason in story.reasons.iter().filter(|reason| !told(reason)) {
            self.reason(trace.sources, "trace.because", reason)?;
        }
        Ok(())
    }

    fn step(&mut self, trace: &Trace<'_>, number: usize, step: &Step) -> io::Result<()> {
        let device = printable(trace.device(step.firewall)).into_owned();
        let word = match step.verdict {
            PartVerdict::Permit => "trace.lets-pass",
            PartVerdict::Deny => "trace.drops",
            PartVerdict::Inconclusive => "trace.undecided",
        };
        let ink = match step.verdict {
            PartVerdict::Permit => Ink::Green,
            PartVerdict::Deny => Ink::Red,
            PartVerdict::Inconclusive => Ink::Yellow,
        };
        let head = format!("{number}. {device}: {}", self.words.get(word));
        writeln!(self.out, "{}", self.paint.ink(ink, &head))?;
        let host = match step.passage {
            Passage::Transit => None,
            Passage::ToHost => Some("trace.host-receives"),
            Passage::FromHost => Some("trace.host-sends"),
        };
        if let Some(key) = host {
            let text = self.words.get(key);
            self.item(Ink::Dim, "trace.host", text)?;
        } else if let Some(ingress) = step.ingress {
            let name = trace.network.interface_name(step.firewall, ingress);
            let address = ends(&step.arrived).0;
            self.passage(trace, "in", name, &address, step.source.as_ref())?;
        }
        if let Some(way) = step.egress.as_ref().filter(|_| host.is_none()) {
            let name = trace.network.interface_name(step.firewall, way.interface);
            let address = ends(&step.left).1;
            self.passage(trace, "out", name, &address, Some(way))?;
        }
        self.translation(trace.sources, step)?;
        self.statements(trace, step)?;
        for (decider, because) in &step.by {
            self.expansion(trace.sources, decider, because)?;
        }
        for effect in step
            .effects
            .iter()
            .filter(|e| e.kind != EffectKind::Translated)
        {
            let text = self.words.fill(
                &format!("trace.effect-{}", effect.kind.name()),
                &[("at", &self.at(trace.sources, effect.span))],
            );
            let text = if effect.certain {
                text
            } else {
                self.words.fill("trace.possible", &[("text", &text)])
            };
            self.item(Ink::Yellow, "trace.effect", &text)?;
        }
        for reason in &step.reasons {
            self.reason(trace.sources, "trace.because", reason)?;
        }
        self.nearest(trace, step)
    }

    /// Where the packet comes in or goes out, and why there.
    fn passage(
        &mut self,
        trace: &Trace<'_>,
        side: &str,
        interface: &str,
        address: &str,
        placement: Option<&Placement>,
    ) -> io::Result<()> {
        let why = match placement.map(|placement| placement.strength) {
            None => "trace.as-asked",
            Some(Strength::Declared) if asked_for(trace, side) => "trace.as-asked",
            Some(Strength::Declared) => "trace.declared",
            Some(Strength::Connected) => "trace.connected",
            Some(Strength::Routed) => "trace.routed",
            Some(Strength::DefaultRoute) => "trace.default-route",
            Some(Strength::RuleMention | Strength::Name) => "trace.mentioned",
        };
        let at = placement
            .filter(|_| why != "trace.as-asked")
            .map(|placement| format!(" ({})", self.at(trace.sources, placement.span)))
            .unwrap_or_default();
        let name = printable(interface).into_owned();
        let why = self.words.fill(why, &[("address", &address)]);
        let text = format!("{name}: {why}{at}");
        let key = if side == "in" {
            "trace.in"
        } else {
            "trace.out"
        };
        self.item(Ink::Dim, key, &text)
    }

    fn translation(&mut self, sources: &Sources, step: &Step) -> io::Result<()> {
        let (arrived, left) = (step.arrived.ends(), step.left.ends());
        let sites: Vec<String> = step
            .effects
            .iter()
            .filter(|effect| effect.kind == EffectKind::Translated)
            .map(|effect| self.at(sources, effect.span))
            .collect();
        let sites = sites.join(", ");
        for (key, from, to) in [
            ("trace.source-becomes", &arrived.0, &left.0),
            ("trace.destination-becomes", &arrived.1, &left.1),
        ] {
            if from != to {
                let text = self.words.fill(key, &[("from", from), ("to", to)]);
                let text = if sites.is_empty() {
                    text
                } else {
                    format!("{text} ({sites})")
                };
                self.item(Ink::Yellow, "trace.translated", &text)?;
            }
        }
        Ok(())
    }

    /// The excerpt: deciding statements, the members that make them match,
    /// translations and inspections.
    fn statements(&mut self, trace: &Trace<'_>, step: &Step) -> io::Result<()> {
        let mut labels: Vec<(Span, String)> = Vec::new();
        // The primary statement is the one that ends the way, and a rule of
        // the file rather than a pseudo-rule.
        let mut by: Vec<&Decider> = step.by.iter().rev().map(|(decider, _)| decider).collect();
        if step.verdict != PartVerdict::Deny {
            by.sort_by_key(|decider| decider.label.is_some());
        }
        for decider in by {
            labels.push((decider.span, self.decides(decider, step.verdict)));
        }
        for because in step.by.iter().flat_map(|(_, because)| because) {
            for link in &because.chain {
                let position = self.position(because.position);
                let text = if link.object.is_empty() {
                    position.to_owned()
                } else {
                    self.words.fill(
                        "trace.member-label",
                        &[("position", &position), ("object", &link.object)],
                    )
                };
                labels.push((link.member, text));
            }
        }
        for effect in &step.effects {
            labels.push((effect.span, self.effect_label(effect)));
        }
        let severity = match step.verdict {
            PartVerdict::Permit => Severity::Note,
            PartVerdict::Deny => Severity::Error,
            PartVerdict::Inconclusive => Severity::Warning,
        };
        self.labelled(trace.sources, labels, severity)
    }

    fn labelled(
        &mut self,
        sources: &Sources,
        labels: Vec<(Span, String)>,
        severity: Severity,
    ) -> io::Result<()> {
        let mut positions = Positions::new(sources);
        let labels: Vec<Label> = labels
            .into_iter()
            .filter_map(|(span, text)| {
                Some(Label {
                    span,
                    place: positions.place(span)?,
                    text,
                })
            })
            .collect();
        let labels: Vec<&Label> = labels.iter().collect();
        self.excerpts(&labels, sources, &handler(self.columns), severity)
    }

    fn decides(&self, decider: &Decider, verdict: PartVerdict) -> String {
        let words = self.words;
        let action = match (decider.permits, verdict) {
            (true, PartVerdict::Inconclusive) => words.get("trace.may-permit"),
            (false, PartVerdict::Inconclusive) => words.get("trace.may-deny"),
            (true, _) => words.get("trace.permits"),
            (false, _) => words.get("trace.denies"),
        };
        match &decider.label {
            Some(label) => format!("{action}: {}", self.words.phrase(label)),
            None => action.to_owned(),
        }
    }

    fn effect_label(&self, effect: &Effect) -> String {
        let key = match effect.kind {
            EffectKind::StripsStarttls => "trace.label-strips-starttls",
            EffectKind::AllowsTls => "trace.label-allows-tls",
            EffectKind::OpensRpc => "trace.label-opens-rpc",
            EffectKind::OpensMedia => "trace.label-opens-media",
            EffectKind::DecryptsTls => "trace.label-decrypts-tls",
            EffectKind::Translated => "trace.label-translated",
            EffectKind::Encrypted => "trace.label-encrypted",
        };
        self.words.get(key).to_owned()
    }

    fn position(&self, position: Position) -> &'static str {
        match position {
            Position::Source => self.words.get("trace.source"),
            Position::Destination => self.words.get("trace.destination"),
            Position::Service => self.words.get("trace.service"),
        }
    }

    /// "the destination matches 10.20.10.10 of SRV-EDGE (fw:41), through
    /// DMZ (fw:77)".
    fn expansion(
        &mut self,
        sources: &Sources,
        decider: &Decider,
        because: &[Because],
    ) -> io::Result<()> {
        if decider.kind != DeciderKind::Rule {
            return Ok(());
        }
        for one in because.iter().filter(|one| !one.chain.is_empty()) {
            let mut links = one.chain.iter().rev().map(|link| {
                let name = if link.object.is_empty() {
                    self.words.get("trace.unnamed").to_owned()
                } else {
                    printable(&link.object).into_owned()
                };
                format!("{name} ({})", self.at(sources, link.member))
            });
            let inner = links.next().unwrap_or_default();
            let outer: Vec<String> = links.collect();
            let mut text = self.words.fill(
                "trace.matches",
                &[
                    ("position", &self.position(one.position)),
                    ("member", &one.member),
                    ("object", &inner),
                ],
            );
            if !outer.is_empty() {
                let through = outer.join(", ");
                text.push_str(&self.words.fill("trace.through", &[("objects", &through)]));
            }
            self.item(Ink::Dim, "trace.match", &text)?;
        }
        Ok(())
    }

    fn nearest(&mut self, trace: &Trace<'_>, step: &Step) -> io::Result<()> {
        if step.verdict != PartVerdict::Deny {
            return Ok(());
        }
        let Some((decider, _)) = step.by.last() else {
            return Ok(());
        };
        if step.near.is_empty() {
            if matches!(decider.kind, DeciderKind::Rule | DeciderKind::Default) {
                let text = self.words.get("trace.no-near");
                self.item(Ink::Cyan, "trace.closest", text)?;
            }
            return Ok(());
        }
        for near in &step.near {
            let text = format!(
                "{}: {} — {}",
                self.at(trace.sources, near.span),
                span_text(trace.sources, near.span),
                self.lacks(trace.sources, near)
            );
            self.item(Ink::Cyan, "trace.closest", &text)?;
        }
        Ok(())
    }

    /// Packets in words, as the flow engine describes them in English: `tcp 25
    /// from port 1024-65535 from 10.1.0.0/16 to any; …`.
    fn packets(&self, text: &str) -> String {
        let words = self.words;
        let one = |text: &str| -> Option<String> {
            let (rest, to) = text.rsplit_once(" to ")?;
            let (rest, from) = rest.rsplit_once(" from ")?;
            let (service, ports) = match rest.split_once(" from port ") {
                Some((service, ports)) => (service, Some(ports)),
                None => (rest, None),
            };
            let mut service = self.set(service);
            if let Some(ports) = ports {
                let ports = self.set(ports);
                let holes: [(&str, &dyn Display); 2] = [("service", &service), ("ports", &ports)];
                service = words.fill("trace.from-port", &holes);
            }
            Some(words.fill(
                "trace.packets",
                &[
                    ("service", &service),
                    ("from", &self.set(from)),
                    ("to", &self.set(to)),
                ],
            ))
        };
        let parts = text.split("; ");
        let parts: Vec<String> = parts
            .map(|part| one(part).unwrap_or_else(|| part.to_owned()))
            .collect();
        parts.join("; ")
    }

    /// A set of addresses or ports in words, as the flow engine describes it.
    fn set(&self, text: &str) -> String {
        let words = self.words;
        if let Some((whole, without)) = text.split_once(" except ") {
            let holes: [(&str, &dyn Display); 2] =
                [("whole", &self.set(whole)), ("without", &self.set(without))];
            return words.fill("trace.except", &holes);
        }
        let Some((first, last)) = text.rsplit_once(" and ") else {
            return text.to_owned();
        };
        let (key, last) = match last.strip_suffix(" more") {
            Some(count) => ("trace.list-more", count),
            None => ("trace.list-and", last),
        };
        words.fill(key, &[("first", &first), ("last", &last)])
    }

    /// "would match but for the source (it has 10.1.0.0/24)".
    fn lacks(&self, sources: &Sources, near: &NearPermit) -> String {
        let words = self.words;
        let has = |key: &'static str, has: &String| {
            words.fill(
                "trace.lack-has",
                &[("what", &words.get(key)), ("has", &self.set(has))],
            )
        };
        let lacks: Vec<String> = near
            .lacks
            .iter()
            .map(|lack| match lack {
                Lack::Order(_) => words.get("trace.lack-order").to_owned(),
                Lack::View => words.get("trace.lack-view").to_owned(),
                Lack::Disabled => words.get("trace.lack-disabled").to_owned(),
                Lack::Schedule(span) => {
                    words.fill("trace.lack-schedule", &[("at", &self.at(sources, *span))])
                }
                Lack::Profiles { profiles, .. } => {
                    words.fill("trace.lack-profiles", &[("profiles", profiles)])
                }
                Lack::State => words.get("trace.lack-state").to_owned(),
                Lack::Interface => words.get("trace.lack-interface").to_owned(),
                Lack::Source(set) => has("trace.lack-source", set),
                Lack::SourcePort(set) => has("trace.lack-source-port", set),
                Lack::DestinationPort(set) => has("trace.lack-destination-port", set),
                Lack::Destination(set) => has("trace.lack-destination", set),
                Lack::Protocol(set) => has("trace.lack-protocol", set),
            })
            .collect();
        let joined = lacks.join(words.get("trace.and"));
        words.fill("trace.would-match", &[("lacks", &joined)])
    }

    fn reason(&mut self, sources: &Sources, key: &'static str, reason: &Reason) -> io::Result<()> {
        let text = self.words.phrase(&reason.text);
        let text = printable(&text).into_owned();
        let text = match reason.span {
            Some(span) if sources.locate(span).is_some() => {
                format!("{text} ({})", self.at(sources, span))
            }
            _ => text,
        };
        self.item(Ink::Yellow, key, &text)
    }

    /// The last lines: the verdict, what it rests on, what would settle it.
    fn verdict(&mut self, trace: &Trace<'_>) -> io::Result<()> {
        let answer = &trace.answer;
        let told = |reason: &Reason| {
            trace.stories.iter().any(|story| {
                story.reasons.contains(reason)
                    || story.steps.iter().any(|step| step.reasons.contains(reason))
            })
        };
        let untold: Vec<&Reason> = answer.why.iter().filter(|reason| !told(reason)).collect();
        let ink = match answer.verdict {
            Verdict::Permit => Ink::Green,
            Verdict::Deny => Ink::Red,
            Verdict::Partial | Verdict::Inconclusive => Ink::Yellow,
        };
        let sentence = self.sentence(trace);
        let word = verdict(answer.verdict);
        let lead = format!("{}: ", self.words.get(&format!("trace.verdict-{word}")));
        let block = crate::report::wrap::hanging(&lead, &sentence, self.columns);
        let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
        writeln!(self.out, "{}{rest}", self.paint.ink(ink, lead.trim_end()))?;
        let links = answer.effects.iter().filter(|e| e.firewall.is_none());
        for link in links {
            let at = self.at(trace.sources, link.span);
            let text = self.words.fill("trace.effect-link", &[("at", &at)]);
            self.item(Ink::Yellow, "trace.effect", &text)?;
        }
        for reason in untold {
            self.reason(trace.sources, "trace.because", reason)?;
        }
        if let Some(weak) = &answer.weak {
            self.reason(trace.sources, "check.derived", weak)?;
        }
        if matches!(answer.verdict, Verdict::Inconclusive | Verdict::Partial) {
            let open = trace.open();
            for question in &open {
                let text = format!("{} — {}", question.settle, question.text);
                self.item(Ink::Cyan, "check.settle", &printable(&text))?;
            }
            let unknown = answer
                .parts
                .iter()
                .any(|part| part.verdict == PartVerdict::Inconclusive);
            if open.is_empty() && (unknown || answer.parts.is_empty()) {
                let text = self.words.get(if answer.parts.is_empty() {
                    "trace.settle-place"
                } else {
                    "trace.settle-lines"
                });
                self.item(Ink::Cyan, "check.settle", text)?;
            }
        }
        Ok(())
    }

    /// What the verdict means here, in a sentence.
    fn sentence(&self, trace: &Trace<'_>) -> String {
        let words = self.words;
        let answer = &trace.answer;
        match (answer.relation, answer.verdict) {
            (Relation::SameHost, _) => return words.get("trace.sentence-same-host").to_owned(),
            (Relation::NoneBetween, _) if answer.parts.is_empty() => {
                return words.get("trace.sentence-none-between").to_owned();
            }
            _ => {}
        }
        let names: Vec<&str> = answer
            .firewalls
            .iter()
            .map(|id| trace.device(*id))
            .collect();
        let names = printable(&names.join(", ")).into_owned();
        match answer.verdict {
            Verdict::Permit => words.fill("trace.sentence-permit", &[("devices", &names)]),
            Verdict::Deny => {
                let deciders = answer.decided_by();
                let several: Vec<String> = deciders
                    .iter()
                    .map(|decider| {
                        let device = printable(trace.device(decider.firewall)).into_owned();
                        format!("{device} ({})", self.at(trace.sources, decider.span))
                    })
                    .collect();
                let replies = answer.parts.iter().all(|part| part.replies_denied);
                match deciders.first() {
                    Some(decider) if replies => {
                        let device = printable(trace.device(decider.firewall)).into_owned();
                        let places = several.join(", ");
                        let holes: [(&str, &dyn Display); 2] =
                            [("device", &device), ("places", &places)];
                        words.fill("trace.sentence-deny-replies", &holes)
                    }
                    Some(_) if several.len() > 1 => {
                        let places = several.join(", ");
                        words.fill("trace.sentence-deny-several", &[("places", &places)])
                    }
                    Some(decider) => {
                        let device = trace.device(decider.firewall);
                        let rule = statement(trace.sources, decider);
                        let rule = self.words.phrase(&rule);
                        let at = self.at(trace.sources, decider.span);
                        let holes: [(&str, &dyn Display); 3] =
                            [("device", &device), ("rule", &rule), ("at", &at)];
                        words.fill("trace.sentence-deny", &holes)
                    }
                    None => words.get("trace.sentence-deny-unnamed").to_owned(),
                }
            }
            Verdict::Partial => {
                let count = |wanted| {
                    let parts = trace.stories.iter();
                    parts.filter(|story| story.verdict == wanted).count()
                };
                words.fill(
                    "trace.sentence-partial",
                    &[
                        ("permit", &count(PartVerdict::Permit)),
                        ("deny", &count(PartVerdict::Deny)),
                        ("unknown", &count(PartVerdict::Inconclusive)),
                    ],
                )
            }
            Verdict::Inconclusive => words.get("trace.sentence-inconclusive").to_owned(),
        }
    }

    fn part_word(&self, verdict: PartVerdict) -> &'static str {
        let words: &'static crate::report::Messages = self.words;
        match part_verdict(verdict) {
            "permit" => words.get("trace.verdict-permit"),
            "deny" => words.get("trace.verdict-deny"),
            _ => words.get("trace.verdict-inconclusive"),
        }
    }

    /// `fw/inner.cfg:609`.
    fn at(&self, sources: &Sources, span: Span) -> String {
        match sources.locate(span) {
            Some((file, position)) => format!("{}:{}", printable(file), position.line),
            None => self.words.get("trace.nowhere").to_owned(),
        }
    }
}

fn asked_for(trace: &Trace<'_>, side: &str) -> bool {
    match side {
        "in" => trace.asked.ingress.is_some(),
        _ => trace.asked.egress.is_some(),
    }
}

/// Source and destination addresses in words, without ports.
fn ends(cube: &Cube) -> (String, String) {
    cube.addresses()
}
