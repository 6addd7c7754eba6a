//! What a page shows as it was printed: `<pre>`, `<code>` and `<textarea>`.

use super::tags::next_tag;
use crate::formats::exchange::list::pasted::FILLER;
use crate::source::{SourceFile, Span, head};

/// The printed text of a page.
pub struct Shown {
    /// The page with a filler for each byte that is none of that text, and a line end
    /// for each tag that is one.
    pub file: SourceFile,
    /// Of each line of the page, whether it holds such text.
    pub lines: Vec<bool>,
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
    let line_of = |at: usize| Span::of(file.id(), at..at).start;
    for piece in &pieces {
        let (start, end) = piece.range;
        let before = text.get(masked.len()..start)?;
        fill(&mut masked, before);
        let content = text.get(start..end)?;
        if piece.begins_line && masked.ends_with(FILLER) && !content.starts_with(['\r', '\n']) {
            masked.pop();
            masked.push('\n');
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
    })
}

/// A stretch of text between two tags.
struct Piece {
    range: (usize, usize),
    /// The tag before it breaks the line.
    begins_line: bool,
}

/// The stretches of text inside of elements that keep their lines and have
/// several.
fn pieces(text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut element: Option<Element<'_>> = None;
    let mut found: Vec<Piece> = Vec::new();
    let mut at = 0_usize;
    while let Some(tag) = next_tag(text, at) {
        at = tag.behind;
        if let Some(open) = element {
            found.push(open.piece(tag.start));
            let again = !tag.end && tag.is(open.name);
            if tag.is(open.name) {
                let whole = text.get(open.start..tag.start).unwrap_or_default();
                take(&mut all, &mut found, whole);
            }
            element = if again {
                Some(Element::begins(open.name, at))
            } else if tag.is(open.name) {
                None
            } else {
                Some(Element {
                    piece: at,
                    begins_line: tag.is("br"),
                    ..open
                })
            };
            continue;
        }
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
            element = Some(Element::begins(name, at));
        }
    }
    if let Some(open) = element {
        found.push(open.piece(text.len()));
        let whole = text.get(open.start..).unwrap_or_default();
        take(&mut all, &mut found, whole);
    }
    all
}

/// An element that keeps its lines, and the stretch of text in it.
#[derive(Clone, Copy)]
struct Element<'a> {
    name: &'a str,
    start: usize,
    piece: usize,
    begins_line: bool,
}

impl<'a> Element<'a> {
    fn begins(name: &'a str, at: usize) -> Self {
        Self {
            name,
            start: at,
            piece: at,
            begins_line: false,
        }
    }

    fn piece(&self, end: usize) -> Piece {
        Piece {
            range: (self.piece, end),
            begins_line: self.begins_line,
        }
    }
}

/// Takes the stretches of an element that has several lines.
fn take(all: &mut Vec<Piece>, found: &mut Vec<Piece>, whole: &str) {
    let several = whole.contains('\n') || found.iter().any(|piece| piece.begins_line);
    let found = std::mem::take(found).into_iter();
    all.extend(
        found.filter(|piece| several && (piece.range.0 < piece.range.1 || piece.begins_line)),
    );
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
