//! `init` for a terminal: what is there, what is missing.

use std::io;

use super::Human;
use crate::report::init::{Missing, Plan};
use crate::report::style::Ink;
use crate::report::text::{printable, prose};
use crate::report::wrap;

/// Missing kinds that are shown in full without `-v`.
const SHOWN: usize = 12;
/// Servers, rules and paths that are named in one line without `-v`.
const NAMED: usize = 8;

impl Human<'_> {
    /// Writes what is there and what is missing, with the commands.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn init(&mut self, plan: &Plan) -> io::Result<()> {
        let words = self.words;
        self.title("init.present")?;
        if plan.present.is_empty() {
            self.text(2, words.get("init.nothing"))?;
        } else {
            let kinds = plan.present.iter();
            let kinds = kinds.map(|known| format!("{} ({})", known.kind, known.count));
            let list = kinds.collect::<Vec<_>>().join(", ");
            self.text(2, &prose(&list))?;
        }
        writeln!(self.out)?;
        self.title("init.missing")?;
        if plan.missing.is_empty() {
            return self.text(2, words.get("init.complete"));
        }
        let (asked, others): (Vec<&Missing>, Vec<&Missing>) =
            plan.missing.iter().partition(|one| one.is_asked_for());
        let shown = if self.verbose { usize::MAX } else { SHOWN };
        for missing in asked.iter().take(shown) {
            self.missing(missing)?;
        }
        let more = asked.len().saturating_sub(shown);
        if more > 0 {
            self.text(2, &words.count("init.more", more))?;
        }
        if self.verbose {
            for missing in &others {
                self.missing(missing)?;
            }
        } else if !others.is_empty() {
            let kinds: Vec<&str> = others.iter().map(|one| one.kind.as_str()).collect();
            let list = self.shortened(&kinds);
            let lead = format!("  {}", words.get("init.others"));
            writeln!(self.out, "{}", wrap::hanging(&lead, &list, self.columns))?;
        }
        writeln!(self.out)?;
        self.text(0, words.get("init.script"))
    }

    fn title(&mut self, key: &str) -> io::Result<()> {
        let title = self.words.get(key);
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, title))
    }

    fn missing(&mut self, missing: &Missing) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let kind = printable(&missing.kind).into_owned();
        writeln!(self.out, "  {}", self.paint.ink(Ink::Yellow, &kind))?;
        let command = prose(missing.command.get(japanese));
        let rules: Vec<&str> = missing.rules.iter().map(String::as_str).collect();
        let servers: Vec<&str> = missing.servers.iter().map(String::as_str).collect();
        let lines = [
            ("init.run", command),
            ("init.of", self.shortened(&servers)),
            ("init.rules", self.shortened(&rules)),
            ("init.paths", self.shortened(&missing.paths)),
        ];
        for (key, text) in lines {
            if !text.is_empty() {
                let lead = format!("      {}", words.get(key));
                writeln!(self.out, "{}", wrap::hanging(&lead, &text, self.columns))?;
            }
        }
        Ok(())
    }

    /// Names in one line, the first of many.
    fn shortened(&self, names: &[&str]) -> String {
        let limit = if self.verbose { usize::MAX } else { NAMED };
        let shown: Vec<&str> = names.iter().copied().take(limit).collect();
        let mut text = prose(&shown.join(", "));
        let more = names.len().saturating_sub(limit);
        if more > 0 {
            text.push(' ');
            text.push_str(&self.words.count("init.more", more));
        }
        text
    }
}
