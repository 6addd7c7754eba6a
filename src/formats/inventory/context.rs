//! Typed access to TOML tables: every key is either taken or complained of.

use std::ops::Range;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::formats::{Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, Spanned};

use super::values::BadValue;

/// What the reader collects on its way through a file.
pub(super) struct Context<'f> {
    file: &'f SourceFile,
    pub ledger: Ledger,
    pub problems: Vec<Problem>,
}

/// Problems kept per file; a hostile file could cause millions.
const MAX_PROBLEMS: usize = 1_000;

impl<'f> Context<'f> {
    pub fn new(file: &'f SourceFile) -> Self {
        let mut ledger = Ledger::new(Unit::Lines, file.line_count());
        for (index, (_, line)) in file.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                ledger.set(index, LineState::Irrelevant);
            }
        }
        Self {
            file,
            ledger,
            problems: Vec::new(),
        }
    }

    pub fn span(&self, range: Range<usize>) -> Span {
        Span::of(self.file.id(), range)
    }

    pub fn error(&mut self, message: String, hint: Option<String>, span: Span) {
        self.problem(ProblemLevel::Error, message, hint, span);
    }

    pub fn warning(&mut self, message: String, hint: Option<String>, span: Span) {
        self.problem(ProblemLevel::Warning, message, hint, span);
    }

    pub fn problem(
        &mut self,
        level: ProblemLevel,
        message: String,
        hint: Option<String>,
        span: Span,
    ) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                level,
                message,
                hint,
                span,
            });
        }
    }

    fn bad_value(&mut self, bad: BadValue, span: Span) {
        self.error(bad.message, Some(bad.hint), span);
    }

    /// Marks all lines of a span, but not the blank ones and comments.
    pub fn mark(&mut self, span: Span, state: LineState) {
        let first = self.file.line_of(span.start);
        let last = self
            .file
            .line_of(span.end.saturating_sub(1).max(span.start));
        for line in first..=last {
            if self.ledger.state(line) != Some(LineState::Irrelevant) {
                self.ledger.set(line, state);
            }
        }
    }

    /// The first line of a span, without its line break.
    pub fn first_line(&self, span: Span) -> Span {
        let line = self.file.line_of(span.start);
        match self.file.line_range(line) {
            Some(range) if range.end > span.start as usize => {
                Span::of(self.file.id(), span.start as usize..range.end)
            }
            _ => span,
        }
    }
}

/// Words longer than this are no typing errors, and comparing them is slow.
const LONGEST_WORD: usize = 64;

/// The nearest of some words, when it is near enough to be a typing error.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_lowercase();
    let length = word.chars().count();
    if length > LONGEST_WORD {
        return None;
    }
    words
        .into_iter()
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
            (distance, known)
        })
        .filter(|(distance, known)| {
            let longest = length.max(known.chars().count());
            *distance <= (longest / 3).max(1)
        })
        .min_by_key(|(distance, known)| (*distance, known.len()))
        .map(|(_, known)| known)
}

/// The words in a sentence: "a, b or c".
pub(crate) fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// A key of a table with its value.
struct Entry<'t, 'i> {
    key: &'t str,
    span: Span,
    value: &'t TomlSpanned<DeValue<'i>>,
    taken: bool,
}

/// One table of the file. Keys that were not asked for are complained of by
/// [`Section::finish`].
pub(super) struct Section<'c, 'f, 't, 'i> {
    pub context: &'c mut Context<'f>,
    /// As the file writes it: `[[zone]]`.
    title: &'static str,
    entries: Vec<Entry<'t, 'i>>,
    asked: Vec<&'static str>,
    /// The header and, for an inline table, the whole.
    pub span: Span,
}

impl<'c, 'f, 't, 'i> Section<'c, 'f, 't, 'i> {
    pub fn new(
        context: &'c mut Context<'f>,
        title: &'static str,
        table: &'t DeTable<'i>,
        span: Span,
    ) -> Self {
        let span = context.first_line(span);
        context.mark(span, LineState::Modelled);
        Self::unmarked(context, title, table, span)
    }

    fn unmarked(
        context: &'c mut Context<'f>,
        title: &'static str,
        table: &'t DeTable<'i>,
        span: Span,
    ) -> Self {
        let mut entries: Vec<Entry<'t, 'i>> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().as_ref(),
                span: context.span(key.span()),
                value,
                taken: false,
            })
            .collect();
        entries.sort_by_key(|entry| entry.span.start);
        Self {
            context,
            title,
            entries,
            asked: Vec::new(),
            span,
        }
    }

    /// The keys before the first section; the section holds the whole file.
    pub fn root(context: &'c mut Context<'f>, table: &'t DeTable<'i>) -> Self {
        let span = context.span(0..0);
        let mut section = Self::unmarked(context, "exlint.toml", table, span);
        section
            .entries
            .retain(|entry| !matches!(entry.value.get_ref(), DeValue::Table(_)));
        section
    }

    /// As the file writes the header: `[[zone]]`.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Takes a key's value.
    fn take(&mut self, key: &'static str) -> Option<(&'t TomlSpanned<DeValue<'i>>, Span)> {
        self.asked.push(key);
        let entry = self.entries.iter_mut().find(|entry| entry.key == key)?;
        entry.taken = true;
        let value = entry.value;
        let span = self.context.span(value.span());
        Some((value, span))
    }

    /// Marks a key and its value as read.
    fn accept(&mut self, key: &'static str, span: Span) {
        let key_span = self
            .entries
            .iter()
            .find(|entry| entry.key == key)
            .map_or(span, |entry| entry.span);
        self.context.mark(key_span.to(span), LineState::Modelled);
    }

    fn wrong_type(&mut self, key: &str, wanted: &str, found: &DeValue<'_>, span: Span) {
        let message = format!("`{key}` must be {wanted}, not {}", type_name(found));
        let hint = match found {
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)
                if wanted.starts_with("a text") =>
            {
                Some("put the value in quotes".to_owned())
            }
            DeValue::String(_) if wanted.starts_with("a list") => {
                Some("put the value in brackets: [\"…\"]".to_owned())
            }
            DeValue::String(_) if wanted.starts_with("true") => {
                Some("write true or false without quotes".to_owned())
            }
            _ => None,
        };
        self.context.error(message, hint, span);
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let (value, span) = self.take(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, "a text", value.get_ref(), span);
            return None;
        };
        if text.trim().is_empty() {
            self.context.error(
                format!("`{key}` is empty"),
                Some("give a value, or leave the key out".to_owned()),
                span,
            );
            return None;
        }
        self.accept(key, span);
        Some(Spanned::new(text.trim().to_owned(), span))
    }

    /// A text that must be there.
    pub fn required(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let there = self.entries.iter().any(|entry| entry.key == key);
        let text = self.text(key);
        if !there {
            self.missing(key);
        }
        text
    }

    /// Complains of a key that must be there.
    pub fn missing(&mut self, key: &str) {
        self.context.error(
            format!("{} lacks `{key}`", self.title),
            Some(format!("add {key} = … to this entry")),
            self.span,
        );
    }

    /// A text that `parse` reads further.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, BadValue>,
    ) -> Option<Spanned<T>> {
        let (value, span) = self.take(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, "a text", value.get_ref(), span);
            return None;
        };
        match parse(text) {
            Ok(value) => {
                self.accept(key, span);
                Some(Spanned::new(value, span))
            }
            Err(bad) => {
                self.context.bad_value(bad, span);
                None
            }
        }
    }

    /// One of some words.
    pub fn word(&mut self, key: &'static str, words: &[&str]) -> Option<Spanned<String>> {
        self.parsed(key, |text| one_of(key, text, words))
    }

    /// A list of texts that `parse` reads further. Bad items are complained of
    /// and left out.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, BadValue>,
    ) -> Vec<Spanned<T>> {
        let Some((value, span)) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, "a list of texts", value.get_ref(), span);
            return Vec::new();
        };
        self.accept(key, span);
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let item_span = self.context.span(item.span());
            let DeValue::String(text) = item.get_ref() else {
                self.wrong_type(key, "a list of texts", item.get_ref(), item_span);
                self.context.mark(item_span, LineState::Unrecognised);
                continue;
            };
            match parse(text) {
                Ok(value) => values.push(Spanned::new(value, item_span)),
                Err(bad) => {
                    self.context.bad_value(bad, item_span);
                    self.context.mark(item_span, LineState::Unrecognised);
                }
            }
        }
        values
    }

    /// A list of texts; a text alone is a list of one.
    pub fn texts(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        let alone = self.entries.iter().find(|entry| entry.key == key)?;
        if matches!(alone.value.get_ref(), DeValue::String(_)) {
            return self
                .parsed(key, super::values::not_empty)
                .map(|text| vec![text]);
        }
        let list = matches!(alone.value.get_ref(), DeValue::Array(_));
        let texts = self.list(key, super::values::not_empty);
        list.then_some(texts)
    }

    /// Whether a key is there, well formed or not.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Every key that nothing asked for, with its value: for tables whose keys
    /// are names that the user chooses.
    pub fn rest(&mut self) -> Vec<(Spanned<String>, &'t TomlSpanned<DeValue<'i>>)> {
        let mut rest = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| !entry.taken) {
            entry.taken = true;
            let span = self.context.span(entry.value.span());
            let plain = !matches!(entry.value.get_ref(), DeValue::Table(_));
            if plain || span.start >= entry.span.end {
                self.context.mark(entry.span.to(span), LineState::Modelled);
            }
            rest.push((Spanned::new(entry.key.to_owned(), entry.span), entry.value));
        }
        rest
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str) -> Option<Spanned<bool>> {
        let (value, span) = self.take(key)?;
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.wrong_type(key, "true or false", value.get_ref(), span);
            return None;
        };
        self.accept(key, span);
        Some(Spanned::new(*flag, span))
    }

    /// A port number.
    pub fn port(&mut self, key: &'static str) -> Option<Spanned<u16>> {
        let (value, span) = self.take(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, "a port number", value.get_ref(), span);
            return None;
        };
        match u16::from_str_radix(number.as_str(), number.radix()) {
            Ok(port) if port > 0 => {
                self.accept(key, span);
                Some(Spanned::new(port, span))
            }
            _ => {
                self.context.error(
                    format!("`{key}` is not a port number"),
                    Some("write a number from 1 to 65535".to_owned()),
                    span,
                );
                None
            }
        }
    }

    /// A date, as TOML writes it or as a text.
    pub fn date(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let (value, span) = self.take(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(date) if date.time.is_none() && date.offset.is_none() => {
                date.to_string()
            }
            DeValue::Datetime(_) => {
                self.context.error(
                    format!("`{key}` must be a day without a time"),
                    Some("write the day as 2009-11-02".to_owned()),
                    span,
                );
                return None;
            }
            DeValue::String(text) => text.as_ref().to_owned(),
            other => {
                self.wrong_type(key, "a date", other, span);
                return None;
            }
        };
        match super::values::date(&text) {
            Ok(date) => {
                self.accept(key, span);
                Some(Spanned::new(date, span))
            }
            Err(bad) => {
                self.context.bad_value(bad, span);
                None
            }
        }
    }

    /// Complains of every key that nothing asked for.
    pub fn finish(self) {
        for entry in &self.entries {
            if entry.taken {
                continue;
            }
            let hint = match nearest(entry.key, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("{} knows {}", self.title, alternatives(&self.asked)),
            };
            self.context.error(
                format!("{} has no key `{}`", self.title, entry.key),
                Some(hint),
                entry.span,
            );
        }
    }
}

/// Accepts exactly one of some words; complains with the nearest.
pub(super) fn one_of(key: &str, text: &str, words: &[&str]) -> Result<String, BadValue> {
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(BadValue {
        message: format!("`{text}` is not a value of `{key}`"),
        hint: match nearest(text, words.iter().copied()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("write {}", alternatives(words)),
        },
    })
}

/// A TOML type in words, with its article.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
