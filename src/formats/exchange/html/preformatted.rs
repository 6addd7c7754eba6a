//! What a page shows as it was printed: `<pre>`, `<code>` and `<textarea>`.

use super::tags::next_tag;
use crate::formats::exchange::list::pasted::FILLER;
use crate::source::{SourceFile, Span, head};

/// The printed text of a page.
pub struct Shown {
    /// The page with a filler for each byte that is none of that text.
    pub file: SourceFile,
    /// Of each line, whether it holds such text.
    pub lines: Vec<bool>,
    /// Lines that markup breaks in several: their text is left out.
    pub broken: Vec<Span>,
}

/// Elements that keep their lines, outermost first.
const KEEP: &[&str] = &["pre", "textarea", "code", "samp"];
/// Elements whose content is no text of the page.
const HIDDEN: &[&str] = &["script", "style"];

/// The printed text of the first `most` bytes of a page; `None` where there is
/// none of several lines.
pub fn of(file: &SourceFile, most: usize) -> Option<Shown> {
    let text = head(file.text(), most);
    let pieces = pieces(text);
    let mut masked = String::with_capacity(text.len());
    let mut lines = vec![false; file.line_count()];
    let mut broken = Vec::new();
    let line_of = |at: usize| Span::of(file.id(), at..at).start;
    for piece in &pieces {
        let (start, end) = piece.range;
        let before = text.get(masked.len()..start)?;
        fill(&mut masked, before);
        let content = text.get(start..end)?;
        if piece.broken {
            fill(&mut masked, content);
            broken.push(Span::of(file.id(), start..end));
            continue;
        }
        masked.push_str(content);
        let last = end.saturating_sub(1).max(start);
        for line in file.line_of(line_of(start))..=file.line_of(line_of(last)) {
            if let Some(slot) = lines.get_mut(line) {
                *slot = true;
            }
        }
    }
    let behind = text.get(masked.len()..)?;
    fill(&mut masked, behind);
    (!pieces.is_empty()).then(|| Shown {
        file: SourceFile::from_text(file.id(), file.name(), masked),
        lines,
        broken,
    })
}

/// A stretch of text between two tags.
struct Piece {
    range: (usize, usize),
    broken: bool,
}

/// The stretches of text inside of elements that keep their lines and have
/// several.
fn pieces(text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut element: Option<(&str, usize, usize)> = None;
    let mut found: Vec<Piece> = Vec::new();
    let mut at = 0_usize;
    while let Some(tag) = next_tag(text, at) {
        if let Some((name, start, piece)) = element {
            let ends = tag.end && tag.is(name);
            let again = !tag.end && tag.is(name);
            found.push(Piece {
                range: (piece, tag.start),
                broken: tag.is("br"),
            });
            if ends || again {
                let whole = text.get(start..tag.start).unwrap_or_default();
                take(&mut all, &mut found, whole);
                element = again.then_some((name, tag.behind, tag.behind));
            } else {
                element = Some((name, start, tag.behind));
            }
            at = tag.behind;
            continue;
        }
        at = tag.behind;
        if tag.end {
            continue;
        }
        if let Some(name) = HIDDEN.iter().find(|name| tag.is(name)) {
            // Scripts hold texts that look like tags.
            while let Some(next) = next_tag(text, at) {
                at = next.behind;
                if next.end && next.is(name) {
                    break;
                }
            }
        } else if let Some(name) = KEEP.iter().find(|name| tag.is(name)) {
            element = Some((name, tag.behind, tag.behind));
        }
    }
    if let Some((_, start, piece)) = element {
        found.push(Piece {
            range: (piece, text.len()),
            broken: false,
        });
        let whole = text.get(start..).unwrap_or_default();
        take(&mut all, &mut found, whole);
    }
    all
}

/// Takes the stretches of an element that has several lines. One whose lines
/// are broken by tags loses them all.
fn take(all: &mut Vec<Piece>, found: &mut Vec<Piece>, whole: &str) {
    let broken = found.iter().any(|piece| piece.broken);
    for piece in std::mem::take(found) {
        if piece.range.0 < piece.range.1 && (broken || whole.contains('\n')) {
            all.push(Piece { broken, ..piece });
        }
    }
}

/// Puts a filler for each byte but those of line ends.
fn fill(masked: &mut String, text: &str) {
    for byte in text.bytes() {
        masked.push(match byte {
            b'\n' => '\n',
            b'\r' => '\r',
            _ => FILLER,
        });
    }
}
