//! `config --show`: the effective configuration, each value with its origin.

use std::io;
use std::path::Path;

use super::Human;
use crate::finding::Run;
use crate::finding::configuration::{Origin, RuleSetting};
use crate::formats::inventory::Parameter;
use crate::report::Ink;
use crate::report::text::{printable, width as text_width};

/// The file that holds the configuration.
#[derive(Debug, Clone, Copy)]
pub enum ConfigurationFile<'a> {
    /// This one.
    Used(&'a str),
    /// None was found from here upwards.
    None(&'a Path),
}

/// A value with its name and origin, ready to print.
type Row = (String, String, Origin);

impl Human<'_> {
    /// Writes the effective configuration.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn configuration(&mut self, run: &Run, file: &ConfigurationFile<'_>) -> io::Result<()> {
        let words = self.words;
        let told = match file {
            ConfigurationFile::Used(name) => {
                words.fill("verbose.inventory", &[("name", &printable(name))])
            }
            ConfigurationFile::None(from) => {
                let from = from.display().to_string();
                words.fill("verbose.no-inventory", &[("name", &printable(&from))])
            }
        };
        writeln!(self.out, "{told}\n")?;
        let held = &run.configuration;
        let yes = |flag: bool| {
            words
                .get(if flag { "config.yes" } else { "config.no" })
                .to_owned()
        };
        let mut rows: Vec<Row> = vec![
            (
                "profile".into(),
                held.profile.value.as_str().into(),
                held.profile.origin,
            ),
            (
                "fail_on".into(),
                held.fail_on.value.to_string(),
                held.fail_on.origin,
            ),
            (
                "min_confidence".into(),
                held.min_confidence.value.to_string(),
                held.min_confidence.origin,
            ),
            (
                words.get("config.exceptions").into(),
                words
                    .get(&format!("config.honour-{}", held.exceptions.value.key()))
                    .into(),
                held.exceptions.origin,
            ),
            (
                words.get("config.show-suppressed").into(),
                yes(held.show_suppressed.value),
                held.show_suppressed.origin,
            ),
            (
                words.get("config.require-coverage").into(),
                yes(held.require_coverage.value),
                held.require_coverage.origin,
            ),
        ];
        for (id, setting) in &held.rules {
            rows.extend(rows_of(id, setting, words.get("coverage.off")));
        }
        self.rows(&rows, run)?;
        let gate = run.estate.inventory.as_ref().map(|known| &known.gate);
        let flows = run.estate.inventory.as_ref();
        let flows = flows.map_or(0, |known| known.allowed_flows.len());
        let exceptions = gate.map_or(0, |gate| gate.exceptions.len());
        writeln!(
            self.out,
            "\n{}{}{}",
            words.count("config.entries", exceptions),
            words.get("summary.comma"),
            words.count("config.flows", flows)
        )
    }

    fn rows(&mut self, rows: &[Row], run: &Run) -> io::Result<()> {
        let widest = |column: fn(&Row) -> &str| {
            let widths = rows.iter().map(|row| text_width(column(row), 1));
            widths.max().unwrap_or(0)
        };
        let (names, values) = (widest(|row| &row.0), widest(|row| &row.1));
        for (name, value, origin) in rows {
            let pad = |text: &str, width: usize| {
                let blanks = width.saturating_sub(text_width(text, 1));
                format!("{}{}", printable(text), " ".repeat(blanks))
            };
            let (name, value) = (pad(name, names), pad(value, values));
            let origin = self.origin(*origin, run);
            writeln!(
                self.out,
                "{name}  {value}  {}",
                self.paint.ink(Ink::Dim, &origin)
            )?;
        }
        Ok(())
    }

    /// Where a value comes from.
    fn origin(&self, origin: Origin, run: &Run) -> String {
        let words = self.words;
        match origin {
            Origin::Default => words.get("config.default").to_owned(),
            Origin::Profile(profile) => {
                words.fill("config.profile", &[("name", &profile.as_str())])
            }
            Origin::Option(name) => name.to_owned(),
            Origin::Variable(name) => words.fill("config.variable", &[("name", &name)]),
            Origin::File(span) => match run.sources.locate(span) {
                Some((file, at)) => format!("{}:{}:{}", printable(file), at.line, at.column),
                None => "exlint.toml".to_owned(),
            },
        }
    }
}

/// What is said of a rule.
fn rows_of(id: &str, setting: &RuleSetting, off: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    if let Some(origin) = setting.off {
        rows.push((id.to_owned(), off.to_owned(), origin));
    }
    if let Some(severity) = &setting.severity {
        rows.push((id.to_owned(), severity.value.to_string(), severity.origin));
    }
    if let Some(flag) = &setting.suppressible {
        let name = format!("{id} suppressible");
        rows.push((name, flag.value.to_string(), flag.origin));
    }
    for (name, value) in &setting.parameters {
        let shown = match &value.value {
            Parameter::Number(number) => number.to_string(),
            Parameter::Text(text) => text.clone(),
            Parameter::Flag(flag) => flag.to_string(),
            Parameter::Texts(texts) => texts.join(", "),
        };
        rows.push((format!("{id} {name}"), shown, value.origin));
    }
    rows
}
