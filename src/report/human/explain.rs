//! `explain` for a terminal: the page of a rule.

use std::io;

use super::{Human, severity_ink};
use crate::policy::{Rule, RuleMeta};
use crate::report::style::Ink;
use crate::report::text::{printable, prose, width};
use crate::report::wrap;

impl Human<'_> {
    /// Writes the page of a rule.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn explain(&mut self, rule: &Rule) -> io::Result<()> {
        let japanese = self.words.language().is_japanese();
        let meta = &rule.meta;
        let word = self.severity_word(meta.severity);
        let tag = format!("{word}[{}]", printable(&meta.id));
        let name = printable(&meta.name).into_owned();
        writeln!(
            self.out,
            "{} {}",
            self.paint.ink(severity_ink(meta.severity), &tag),
            self.paint.ink(Ink::Bold, &name)
        )?;
        self.text(2, &prose(meta.title.get(japanese)))?;
        writeln!(self.out)?;
        self.facts_of(meta)?;
        let page = rule.pages.as_ref().map(|pages| match &pages.ja {
            Some(page) if japanese => page,
            _ => &pages.en,
        });
        match page {
            Some(page) => self.markdown(page.text()),
            None => self.item(
                Ink::Green,
                "check.fix",
                &meta
                    .texts
                    .fix
                    .get(japanese)
                    .replace("{", "<")
                    .replace("}", ">"),
            ),
        }
    }

    /// The rule's METADATA as a short table.
    fn facts_of(&mut self, meta: &RuleMeta) -> io::Result<()> {
        let words = self.words;
        let and = words.get("explain.and");
        let or = words.get("explain.or");
        let needs: Vec<String> = meta.needs.iter().map(|kinds| kinds.join(or)).collect();
        let supersedes = meta.supersedes.join(and);
        let japanese = words.language().is_japanese();
        let parameters = meta.parameters.iter().map(|known| {
            format!(
                "{} = {} ({})",
                known.name,
                known.default,
                known.text.get(japanese)
            )
        });
        let parameters: Vec<String> = parameters.collect();
        let rows = [
            (words.get("explain.needs"), needs.join(and)),
            (words.get("explain.paths"), meta.paths.join(and)),
            (words.get("explain.statements"), meta.statements.join(and)),
            (words.get("explain.supersedes"), supersedes),
            (words.get("explain.parameters"), parameters.join(and)),
        ];
        let column = rows.iter().map(|(key, _)| width(key, 1)).max().unwrap_or(0);
        for (key, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            let blanks = " ".repeat(column.saturating_sub(width(key, 1)));
            let lead = format!("  {key}{blanks}  ");
            let block = wrap::hanging(&lead, &printable(value), self.columns);
            writeln!(self.out, "{block}")?;
        }
        Ok(())
    }

    /// Renders the Markdown of a page: headings, paragraphs, lists, fences. The
    /// files of examples are left out unless everything is wanted.
    fn markdown(&mut self, text: &str) -> io::Result<()> {
        let mut paragraph = String::new();
        let mut fence: Option<Fence> = None;
        let mut gap = false;
        for line in text.lines() {
            let ticks = line
                .len()
                .saturating_sub(line.trim_start_matches('`').len());
            if let Some(open) = &fence {
                if ticks >= open.ticks && ticks == line.trim_end().len() {
                    gap = open.shown;
                    fence = None;
                } else if open.shown {
                    writeln!(self.out, "    {}{}", open.mark, prose(line))?;
                }
                continue;
            }
            let trimmed = line.trim();
            let heading = trimmed
                .strip_prefix("## ")
                .map(|heading| ("", heading))
                .or_else(|| trimmed.strip_prefix("### ").map(|heading| ("  ", heading)));
            if ticks >= 3 {
                self.flush(&mut paragraph, &mut gap)?;
                let info = line.trim_start_matches('`');
                let file = info
                    .split_whitespace()
                    .find_map(|w| w.strip_prefix("file="));
                let shown = file.is_none() || self.verbose;
                let mark = if info.trim() == "findings" {
                    "→ "
                } else {
                    ""
                };
                if let Some(file) = file {
                    self.gap(&mut gap)?;
                    let name = printable(file).into_owned();
                    writeln!(self.out, "    {}", self.paint.ink(Ink::Dim, &name))?;
                } else {
                    self.gap(&mut gap)?;
                }
                fence = Some(Fence { ticks, shown, mark });
            } else if let Some((indent, heading)) = heading {
                self.flush(&mut paragraph, &mut gap)?;
                gap = true;
                self.gap(&mut gap)?;
                let heading = prose(heading);
                writeln!(self.out, "{indent}{}", self.paint.ink(Ink::Bold, &heading))?;
            } else if trimmed.is_empty() {
                let had = !paragraph.is_empty();
                self.flush(&mut paragraph, &mut gap)?;
                gap |= had;
            } else if !trimmed.starts_with("# ") {
                if is_item(trimmed) {
                    self.flush(&mut paragraph, &mut gap)?;
                }
                if !paragraph.is_empty() {
                    paragraph.push('\n');
                }
                paragraph.push_str(trimmed);
            }
        }
        self.flush(&mut paragraph, &mut gap)
    }

    /// Writes the empty line that is due.
    fn gap(&mut self, due: &mut bool) -> io::Result<()> {
        if std::mem::take(due) {
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// Writes a paragraph or list item.
    fn flush(&mut self, paragraph: &mut String, gap: &mut bool) -> io::Result<()> {
        if paragraph.is_empty() {
            return Ok(());
        }
        self.gap(gap)?;
        let text = wrap::unwrap_paragraph(&prose(paragraph)).replace("**", "");
        paragraph.clear();
        if is_item(&text) {
            let (mark, rest) = text.split_once(' ').unwrap_or(("-", &text));
            let block = wrap::hanging(&format!("  {mark} "), rest, self.columns);
            writeln!(self.out, "{block}")
        } else {
            self.text(2, &text)
        }
    }
}

/// An open fenced block.
struct Fence {
    ticks: usize,
    shown: bool,
    /// Stands before each of its lines.
    mark: &'static str,
}

/// Whether a line starts a list item: `- x`, `* x`, `1. x`.
fn is_item(line: &str) -> bool {
    let Some((mark, _)) = line.split_once(' ') else {
        return false;
    };
    matches!(mark, "-" | "*")
        || mark
            .strip_suffix('.')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
