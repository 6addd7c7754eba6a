//! `paths --row` for a terminal: everything about one data path.

use std::io;

use super::Human;
use crate::finding::{Finding, PathReport, PathState, Run, ServiceVerdict, Way};
use crate::model::path::{Catalogue, DataPath};
use crate::policy::Status;
use crate::policy::facts::Ref;
use crate::report::json::paths::settle;
use crate::report::style::Ink;
use crate::report::text::{clip, printable, prose, width};
use crate::report::wrap;

/// Ways that are told in full without `-v`.
const SHOWN_WAYS: usize = 12;

impl Human<'_> {
    /// Writes the full story of one path.
    pub(super) fn path_story(
        &mut self,
        report: &PathReport<'_>,
        run: &Run,
        catalogue: &Catalogue,
    ) -> io::Result<()> {
        let words = self.words;
        let path = report.path;
        let row = match path.row {
            Some(row) => format!("{}/{row}", path.table.id()),
            None => path.table.id().to_owned(),
        };
        let title = path.title.get(words.language().is_japanese());
        let lead = format!("{row}  ");
        let block = wrap::hanging(&lead, &printable(title), self.columns);
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &block))?;
        let state = self.state_word(report.state);
        let state = self.paint.ink(super::paths::state_ink(report.state), state);
        writeln!(self.out, "  {} · {state}", path.id)?;
        if !report.rules.is_empty() {
            let rules = report.rules.join(", ");
            let text = words.fill("paths.overruled", &[("rules", &rules)]);
            self.text(2, &text)?;
        }
        writeln!(self.out)?;
        self.story_of_source(path, catalogue)?;
        writeln!(self.out)?;
        self.story_heading("paths.here")?;
        if report.ways.is_empty() {
            self.text(2, words.get("paths.nowhere"))?;
        }
        let mut ways: Vec<&Way<'_>> = report.ways.iter().collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.state));
        let shown = if self.verbose { ways.len() } else { SHOWN_WAYS };
        for way in ways.iter().take(shown) {
            self.story_of_way(way, path, run)?;
        }
        let more = ways.len().saturating_sub(shown);
        if more > 0 {
            let more = words.count("paths.more", more);
            self.text(2, &more)?;
        }
        writeln!(self.out)?;
        self.story_of_rules(path, run)?;
        writeln!(self.out)
    }

    fn story_heading(&mut self, key: &str) -> io::Result<()> {
        writeln!(
            self.out,
            "{}",
            self.paint.ink(Ink::Bold, self.words.get(key))
        )
    }

    /// A line `key value`, the value wrapped under itself.
    fn story_line(&mut self, indent: usize, key: &str, value: &str) -> io::Result<()> {
        let lead = format!("{}{}", " ".repeat(indent), self.words.get(key));
        let block = wrap::hanging(&lead, &printable(value), self.columns);
        writeln!(self.out, "{block}")
    }

    /// What the source says of a path.
    fn story_of_source(&mut self, path: &DataPath, catalogue: &Catalogue) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let comma = words.get("summary.comma");
        self.story_heading("paths.source")?;
        let mut services: Vec<String> = path
            .services
            .iter()
            .map(|service| {
                let need = words
                    .find(&format!("need.{}", service.need.id()))
                    .unwrap_or_default();
                format!("{service} ({need})")
            })
            .collect();
        services.extend(path.dynamic_ports.profiles.iter().cloned());
        if !services.is_empty() {
            self.story_line(2, "paths.services", &services.join(comma))?;
        }
        let default = self.methods(&path.authentication.default);
        let supported = self.methods(&path.authentication.supported);
        let text = words.fill(
            "paths.authentication-said",
            &[("default", &default), ("supported", &supported)],
        );
        self.story_line(2, "paths.authentication", &text)?;
        let text = self.encryption_said(path);
        self.story_line(2, "paths.encryption", &text)?;
        if let Some(intent) = catalogue.intents.iter().find(|i| i.name == path.intent) {
            let text = if japanese { &intent.ja } else { &intent.en };
            self.story_line(2, "paths.intent", text)?;
        }
        if !path.statements.is_empty() {
            self.story_line(2, "paths.statements", &path.statements.join(comma))?;
        }
        if let Some(remarks) = &path.remarks {
            self.story_line(2, "paths.remark", remarks.get(japanese))?;
        }
        for id in &path.provenance.discrepancies {
            let known = catalogue.discrepancies.iter().find(|known| known.id == *id);
            if let Some(known) = known {
                let text = if japanese { &known.ja } else { &known.en };
                self.story_line(2, "paths.doubt", &format!("{id}: {text}"))?;
            }
        }
        Ok(())
    }

    /// One pair of ends with everything that decides it.
    fn story_of_way(&mut self, way: &Way<'_>, path: &DataPath, run: &Run) -> io::Result<()> {
        let words = self.words;
        let ends = format!("{} → {}", printable(way.source), printable(way.destination));
        let state = self.state_word(way.state);
        let state = self.paint.ink(super::paths::state_ink(way.state), state);
        writeln!(self.out, "  {ends}: {state}")?;
        for service in &way.services {
            self.story_of_service(service, run)?;
        }
        for effect in &way.effects {
            let place = located(effect.at, run);
            let key = format!("trace.effect-{}", effect.kind);
            let text = words.fill(&key, &[("at", &place)]);
            self.story_line(4, "trace.effect", &text)?;
        }
        let mut here = self.protection(way);
        if here.is_empty() && way.configured.decidable {
            here.push(words.get("paths.unknown-settings").to_owned());
        }
        for text in here {
            self.story_line(4, "paths.configured", &text)?;
        }
        for setting in &way.configured.settings {
            let text = format!(
                "{} = {} ({})",
                setting.property,
                printable(&setting.value),
                located(setting.at, run)
            );
            let lead = format!("      {}: ", printable(setting.identity));
            writeln!(self.out, "{}", wrap::hanging(&lead, &text, self.columns))?;
        }
        for why in &way.why {
            self.text(4, &prose(&words.phrase(why)))?;
        }
        for finding in run.findings.iter().filter(|finding| {
            way.rules.contains(&finding.rule.id.as_str())
                && finding.paths.iter().any(|id| **id == *path.id.0)
                && crate::finding::touches(finding, way.source, way.destination, &run.facts)
        }) {
            self.story_of_finding(finding)?;
        }
        if way.state == PathState::Unsafe && way.rules.is_empty() {
            self.text(4, words.get(super::paths::reason(way)))?;
        }
        for at in &way.evidence {
            self.story_line(4, "paths.evidence", &located(*at, run))?;
        }
        let steps = settle(way, words.language().is_japanese());
        self.commands(Ink::Green, "check.settle", &steps)
    }

    fn story_of_service(&mut self, service: &ServiceVerdict<'_>, run: &Run) -> io::Result<()> {
        let verdict = self.verdict_word(service.verdict);
        writeln!(self.out, "    {}: {verdict}", service.service)?;
        for decision in service.decided_by {
            let place = format!("{}, {}", decision.firewall, located(decision.at, run));
            let mixed = service.verdict == "partial";
            self.story_line(6, super::paths::by(mixed, decision.action), &place)?;
            let rule = self.words.phrase(&decision.rule);
            let room = self.columns.saturating_sub(8);
            writeln!(self.out, "        {}", clip(&printable(&rule), room))?;
        }
        Ok(())
    }

    fn story_of_finding(&mut self, finding: &Finding) -> io::Result<()> {
        let word = self.severity_word(finding.severity);
        let tag = format!("{word}[{}] ", finding.rule.id);
        let message = prose(&self.words.quoting(&finding.message));
        let lead = format!("    {tag}");
        writeln!(self.out, "{}", wrap::hanging(&lead, &message, self.columns))?;
        let place = &finding.primary.place;
        let indent = " ".repeat(width(&lead, 1));
        writeln!(
            self.out,
            "{indent}--> {}:{}",
            printable(&place.file),
            place.line
        )
    }

    /// Which rules speak of a path, and what became of them.
    fn story_of_rules(&mut self, path: &DataPath, run: &Run) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        self.story_heading("paths.rules")?;
        let names = |paths: &[String]| paths.iter().any(|id| **id == *path.id.0);
        for result in run.results.iter().filter(|r| names(&r.rule.paths)) {
            let id = &result.rule.id;
            let found = run.findings.iter().filter(|f| f.rule.id == *id);
            let found = found.filter(|f| names(&f.paths)).count();
            let open = run.undecided.iter().filter(|u| u.rule.id == *id).count();
            let mut told = match &result.status {
                Status::Evaluated => words.get("coverage.evaluated").to_owned(),
                Status::NotApplicable(why) | Status::Off(why) => why.get(japanese).to_owned(),
                Status::LacksData { settle, .. } => {
                    let settle: Vec<&str> = settle.iter().map(|s| s.get(japanese)).collect();
                    let lacks = words.get("coverage.lacks-data");
                    format!("{lacks}: {}", settle.join(words.get("summary.comma")))
                }
                Status::Failed(_) => words.get("coverage.errored").to_owned(),
            };
            for (key, count) in [("summary.findings", found), ("paths.open", open)] {
                if count > 0 {
                    told.push_str(words.get("summary.comma"));
                    told.push_str(&words.count(key, count));
                }
            }
            let lead = format!("  {} {} · ", printable(id), printable(&result.rule.name));
            let block = match width(&lead, 1).saturating_add(20) > self.columns {
                true => format!(
                    "{}\n{}",
                    lead.trim_end(),
                    wrap::hanging("      ", &prose(&told), self.columns)
                ),
                false => wrap::hanging(&lead, &prose(&told), self.columns),
            };
            writeln!(self.out, "{block}")?;
        }
        Ok(())
    }

    /// Ways to authenticate in words.
    pub(super) fn methods<T: AsRef<str>>(&self, ids: &[T]) -> String {
        let words = self.words;
        if ids.is_empty() {
            return words.get("method.none").to_owned();
        }
        let names: Vec<&str> = ids
            .iter()
            .map(|id| {
                words
                    .find(&format!("method.{}", id.as_ref()))
                    .unwrap_or_default()
            })
            .collect();
        names.join(words.get("summary.comma"))
    }

    /// What the source says of encryption.
    pub(super) fn encryption_said(&self, path: &DataPath) -> String {
        let words = self.words;
        let by_default = super::paths::degree(path.encryption.by_default);
        let by_default = words
            .find(&format!("degree.{by_default}"))
            .unwrap_or_default();
        match &path.encryption.mechanism {
            None => words.get("paths.not-encryptable").to_owned(),
            Some(mechanism) => words.fill(
                "paths.encryption-said",
                &[
                    (
                        "mechanism",
                        &words
                            .find(&format!("mechanism.{mechanism}"))
                            .unwrap_or_default(),
                    ),
                    ("default", &by_default),
                ],
            ),
        }
    }

    /// How a way is protected as configured, one sentence each.
    pub(super) fn protection(&self, way: &Way<'_>) -> Vec<String> {
        let words = self.words;
        let configured = &way.configured;
        let mut said = Vec::new();
        if let Some(strength) = configured.encryption {
            let strength = words
                .find(&format!("strength.{}", strength.as_str()))
                .unwrap_or_default();
            said.push(words.fill("paths.encryption-here", &[("strength", &strength)]));
        }
        if !configured.methods.is_empty() {
            let methods = self.methods(&configured.methods);
            let mut text = words.fill("paths.authentication-here", &[("methods", &methods)]);
            if !configured.beyond.is_empty() {
                let beyond = self.methods(&configured.beyond);
                text.push_str(&words.fill("paths.beyond", &[("methods", &beyond)]));
            }
            said.push(text);
        }
        said
    }
}

/// File and line of a place.
fn located(at: Ref, run: &Run) -> String {
    run.sources
        .locate(at.0)
        .map_or(String::new(), |(file, at)| {
            format!("{}:{}", printable(file), at.line)
        })
}
