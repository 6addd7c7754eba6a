//! Breaks text into lines of a width, for Latin and Japanese alike.
//!
//! Latin text breaks at spaces; Japanese may break between any two wide
//! characters, but no line starts with a closing mark or ends with an opening
//! one. A word wider than the line is broken.

use unicode_width::UnicodeWidthChar;

/// Marks that must not start a line.
const NOT_FIRST: &str =
    "、。，．・：；？！ー）」』】〕〉》’”々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ";

/// Marks that must not end a line.
const NOT_LAST: &str = "（「『【〔〈《‘“";

/// Breaks `text` into lines of at most `columns`; each of its own lines starts
/// a new one and keeps its indentation.
#[must_use]
pub fn lines(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut out = Vec::new();
    for line in text.lines() {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        wrap_line(
            line.trim_end(),
            indent.len().min(columns / 2),
            columns,
            &mut out,
        );
    }
    out
}

/// Breaks `text` like [`lines`], with `first` before the first line and
/// spaces of its width before the others.
#[must_use]
pub fn hanging(first: &str, text: &str, columns: usize) -> String {
    let indent = super::text::width(first, 1);
    let mut out = String::from(first);
    let pieces = lines(text, columns.saturating_sub(indent));
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            out.push('\n');
            if !piece.is_empty() {
                out.extend(std::iter::repeat_n(' ', indent));
            }
        }
        out.push_str(piece);
    }
    if pieces.is_empty() {
        out.truncate(out.trim_end().len());
    }
    out
}

/// Joins the lines of a paragraph: with a blank, but not between two wide
/// characters, which Japanese writes without one.
#[must_use]
pub fn unwrap_paragraph(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let wide = |c: Option<char>| c.is_some_and(|c| c.width() == Some(2));
    for line in text.lines().map(str::trim) {
        let tight = wide(out.chars().next_back()) && wide(line.chars().next());
        if !out.is_empty() && !tight {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

/// Breaks a line of PowerShell where the shell reads on: after a `|`, else at a
/// blank outside quotes with a backtick. Other lines are left whole: a break
/// would spoil them.
#[must_use]
pub fn command(line: &str, columns: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = line;
    let mut lead = "";
    let shell = powershell(line);
    while shell && super::text::width(rest, 1).saturating_add(lead.len()) > columns {
        let Some((at, pipe)) = break_point(rest, columns.saturating_sub(lead.len())) else {
            break;
        };
        let (now, after) = rest.split_at(at);
        let mark = if pipe { "" } else { " `" };
        out.push(format!("{lead}{}{mark}", now.trim_end()));
        rest = after.trim_start();
        lead = "  ";
    }
    out.push(format!("{lead}{rest}"));
    out
}

fn powershell(line: &str) -> bool {
    let line = line.trim_start();
    let verb = |word: &str| {
        ["Get-", "Set-", "New-", "Enable-", "Remove-"]
            .iter()
            .any(|verb| word.starts_with(verb))
    };
    verb(line) || line.starts_with('$')
}

/// The blank to break at, and whether a pipe stands before it.
fn break_point(line: &str, columns: usize) -> Option<(usize, bool)> {
    let (mut used, mut quoted) = (0usize, false);
    let (mut blank, mut pipe) = (None, None);
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        used = used.saturating_add(c.width().unwrap_or(0));
        if used > columns.saturating_sub(2) {
            break;
        }
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted && at > 0 => {
                if before == '|' {
                    pipe = Some(at);
                } else {
                    blank = Some(at);
                }
            }
            _ => {}
        }
        before = c;
    }
    pipe.map(|at| (at, true))
        .or_else(|| blank.map(|at| (at, false)))
}

/// The first sentence of a text, with the next one when it is short: the
/// whole text is for `explain` and JSON.
#[must_use]
pub fn first_sentence(text: &str) -> &str {
    /// Columns below which a sentence alone says too little.
    const SHORT: usize = 60;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let end = at.saturating_add(c.len_utf8());
        let rest = text.get(end..).unwrap_or_default();
        let ends = match c {
            '。' => true,
            // Not "e.g. x" or "S.A. x".
            '.' => before.is_lowercase() && rest.starts_with([' ', '\n']) || rest.is_empty(),
            _ => false,
        };
        before = c;
        let sentence = text.get(..end).unwrap_or(text);
        if ends && super::text::width(sentence, 1) >= SHORT {
            return sentence;
        }
    }
    text
}

/// A run of characters that stays together, and whether a space precedes it.
struct Piece<'a> {
    text: &'a str,
    width: usize,
    space: bool,
}

fn wrap_line(line: &str, indent: usize, columns: usize, out: &mut Vec<String>) {
    let body = line.trim_start_matches(' ');
    let own_indent = line.len().saturating_sub(body.len());
    let mut current = " ".repeat(own_indent.min(columns / 2));
    let mut used = current.len();
    let mut empty = true;
    for piece in pieces(body) {
        let space = usize::from(piece.space && !empty);
        if !empty && used.saturating_add(space).saturating_add(piece.width) > columns {
            out.push(std::mem::take(&mut current));
            current = " ".repeat(indent);
            used = indent;
            empty = true;
        }
        if piece.space && !empty {
            current.push(' ');
            used = used.saturating_add(1);
        }
        empty = false;
        if used.saturating_add(piece.width) <= columns {
            current.push_str(piece.text);
            used = used.saturating_add(piece.width);
            continue;
        }
        // Wider than a whole line: break anywhere.
        for c in piece.text.chars() {
            let w = c.width().unwrap_or(0);
            if used.saturating_add(w) > columns {
                out.push(std::mem::take(&mut current));
                current = " ".repeat(indent);
                used = indent;
            }
            current.push(c);
            used = used.saturating_add(w);
        }
    }
    out.push(current);
}

fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut start = 0usize;
    let mut space = false;
    let mut before: Option<char> = None;
    let mut push = |from: usize, to: usize, space: bool| {
        if let Some(text) = line.get(from..to).filter(|text| !text.is_empty()) {
            out.push(Piece {
                text,
                width: super::text::width(text, 1),
                space,
            });
        }
    };
    for (at, c) in line.char_indices() {
        if c == ' ' {
            push(start, at, space);
            start = at.saturating_add(1);
            space = true;
            before = None;
            continue;
        }
        let wide = |c: char| c.width() == Some(2);
        let may_break = before.is_some_and(|b| {
            (wide(b) || wide(c)) && !NOT_FIRST.contains(c) && !NOT_LAST.contains(b)
        });
        if may_break {
            push(start, at, space);
            start = at;
            space = false;
        }
        before = Some(c);
    }
    push(start, line.len(), space);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::width;

    #[test]
    fn latin_text_breaks_at_spaces() {
        assert_eq!(
            lines("permit tcp from the hub", 12),
            ["permit tcp", "from the hub"]
        );
    }

    #[test]
    fn japanese_text_breaks_between_characters_but_not_before_a_full_stop() {
        let wrapped = lines("境界ネットワークにある。", 22);
        assert!(
            wrapped.iter().all(|line| width(line, 1) <= 22),
            "{wrapped:?}"
        );
        assert!(
            wrapped.iter().all(|line| !line.starts_with('。')),
            "{wrapped:?}"
        );
        assert_eq!(wrapped.concat(), "境界ネットワークにある。");
    }

    #[test]
    fn a_first_sentence_says_enough() {
        let text = "Short. Whoever can read the wire gets the address book of all. More.";
        let first = "Short. Whoever can read the wire gets the address book of all.";
        assert_eq!(first_sentence(text), first);
        assert_eq!(first_sentence("Only one"), "Only one");
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken() {
        assert_eq!(lines("aaaaaaaaaaaaa", 8), ["aaaaaaaa", "aaaaa"]);
    }

    #[test]
    fn lines_of_the_text_keep_their_indentation() {
        assert_eq!(lines("a:\n  b c", 20), ["a:", "  b c"]);
        assert_eq!(hanging("fix: ", "one\ntwo", 20), "fix: one\n     two");
    }
}
