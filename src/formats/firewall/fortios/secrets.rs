//! Where the secrets of a configuration stand.
//!
//! The reader puts no secret into the model or into a remark; this tells the
//! report stage what to mask when it shows a line of the file.

use crate::formats::firewall::shared::capture::Clean;
use crate::source::{SourceFile, Span};

use super::lex::{self, Quotes, TERMINAL};
use super::tables;

/// The spans of all passwords, keys and certificates' private keys of a file. A
/// secret that goes on over several lines is masked on all of them.
#[must_use]
pub fn secret_spans(file: &SourceFile) -> Vec<Span> {
    let clean = Clean::new(file, TERMINAL);
    let mut spans = Vec::new();
    let (mut words, mut quotes) = (Vec::new(), Quotes::default());
    let mut at = 0usize;
    while let Some(line) = clean.line(at) {
        let last = lex::words(&clean, at, line.text, &mut words, &mut quotes);
        let verb = words.first().map_or("", |word| &*word.text);
        if matches!(verb, "set" | "append" | "select")
            && let Some(key) = words.get(1)
            && let Some(value) = words.get(2)
        {
            let private = value.text.contains("PRIVATE KEY") || value.text == "ENC";
            if private || tables::is_secret(&key.text) {
                let start = clean.span_of(value.raw);
                let end = clean.line(last).filter(|_| last > at).map_or_else(
                    || words.last().map_or(start, |word| clean.span_of(word.raw)),
                    |line| clean.span_of(line.text),
                );
                spans.push(start.to(end));
            }
        }
        at = last.saturating_add(1);
    }
    spans.retain(|span| span.end > span.start);
    spans
}
