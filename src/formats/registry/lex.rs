//! Registry exports (`regedit /e`, `reg export`) and the output of `reg query`,
//! entry by entry.
//!
//! Sources: KB 310516 on `.reg` files; outputs of `reg query` in public
//! repositories. `reg.exe` of Windows XP and Server 2003 heads its output with
//! `! REG.EXE VERSION 3.0` and separates by tabs, later ones by four blanks.

use std::borrow::Cow;
use std::ops::Range;

use super::data::{Bytes, Data, Kind, of_hex};
use crate::formats::firewall::shared::words::trimmed_of;
use crate::source::{SourceFile, Span};

/// Lines that one value may go on over: the largest values of real exports
/// have some thousands of bytes, 25 to a line.
const MOST_LINES: usize = 100_000;

/// One entry of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'f> {
    /// What it is.
    pub item: Item<'f>,
    /// Lines that it takes, counted from 0.
    pub lines: Range<usize>,
    /// Where it stands, without the blanks around.
    pub span: Span,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'f> {
    /// A blank line, a comment, or a line that the program itself prints.
    Nothing,
    /// A key; what follows belongs to it.
    Key {
        /// Its path from the hive on (`HKEY_LOCAL_MACHINE\…`).
        path: &'f str,
        /// The computer in front of the path.
        host: Option<&'f str>,
        /// `[-HKEY_…]`: the file deletes it.
        deleted: bool,
    },
    /// A value of the key above it.
    Value(Value<'f>),
    /// `"name"=-`: the file deletes the value.
    Deleted {
        /// The value's name.
        name: Cow<'f, str>,
    },
    /// A value in typographic quotation marks, which Windows does not read.
    Curly,
    /// Anything else.
    Other(&'f str),
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'f> {
    /// Its name; empty for the default value.
    pub name: Cow<'f, str>,
    /// Its type.
    pub kind: Kind,
    /// What it holds.
    pub data: Data<'f>,
    /// Where what it holds stands; the whole value where it is empty.
    pub data_span: Span,
}

/// Entries of a file in order.
pub struct Entries<'f> {
    file: &'f SourceFile,
    next: usize,
    bytes: Bytes,
    /// Behind the header of an export: names stand in quotation marks.
    exported: bool,
}

/// Reads a file entry by entry.
#[must_use]
pub fn entries(file: &SourceFile) -> Entries<'_> {
    Entries {
        file,
        next: 0,
        bytes: Bytes::Wide,
        exported: false,
    }
}

/// Whether a line is the header of an export.
#[must_use]
pub fn is_export_header(line: &str) -> bool {
    let line = line.trim_start_matches(['\u{feff}', ' ', '\t']).trim_end();
    line.starts_with("Windows Registry Editor Version") || line == "REGEDIT4"
}

impl<'f> Iterator for Entries<'f> {
    type Item = Entry<'f>;

    fn next(&mut self) -> Option<Entry<'f>> {
        let first = self.next;
        let line = trimmed(self.file.line(first)?);
        self.next = first.saturating_add(1);
        let item = self.item(line);
        let start = self.span(line);
        let span = match self.next.checked_sub(1).filter(|last| *last > first) {
            Some(last) => start.to(self.span(trimmed(self.file.line(last).unwrap_or_default()))),
            None => start,
        };
        Some(Entry {
            item,
            lines: first..self.next,
            span,
        })
    }
}

/// Whether a line is blank, a remark, or what a program prints around keys:
/// `! REG.EXE VERSION 3.0`, and the `[HKLM:SOFTWARE\…]` of Microsoft's support
/// collector.
#[must_use]
pub fn says_nothing(line: &str) -> bool {
    let of_collector = line.strip_prefix("[HK").is_some_and(|rest| {
        rest.get(..3).is_some_and(|hive| hive.contains(':')) && rest.ends_with(']')
    });
    line.is_empty() || line.starts_with(';') || line.starts_with("! REG.EXE") || of_collector
}

fn trimmed(line: &str) -> &str {
    trimmed_of(line, |c| matches!(c, ' ' | '\t' | '\u{feff}' | '\0'))
}

impl<'f> Entries<'f> {
    fn span(&self, part: &str) -> Span {
        let start = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(start)
    }

    fn item(&mut self, line: &'f str) -> Item<'f> {
        if says_nothing(line) {
            return Item::Nothing;
        }
        if is_export_header(line) {
            self.exported = true;
            self.bytes = if line == "REGEDIT4" {
                Bytes::Single
            } else {
                Bytes::Wide
            };
            return Item::Nothing;
        }
        if let Some(key) = key(line) {
            return key;
        }
        if line.starts_with(['"', '@'])
            && let Some(item) = self.exported_value(line)
        {
            return item;
        }
        if line.starts_with(['\u{201c}', '\u{201d}', '\u{201e}']) {
            return Item::Curly;
        }
        if !self.exported
            && let Some(value) = self.queried_value(line)
        {
            return Item::Value(value);
        }
        Item::Other(line)
    }

    /// `"name"="text"`, `"name"=dword:00000001`, `"name"=hex(7):36,00,\` and
    /// the lines that it goes on in.
    fn exported_value(&mut self, line: &'f str) -> Option<Item<'f>> {
        let (name, rest) = match line.strip_prefix('@') {
            Some(rest) => (Cow::Borrowed(""), rest),
            None => quoted(line)?,
        };
        let data = rest.trim_start().strip_prefix('=')?.trim_start();
        let place = |part: &str| self.span(if part.is_empty() { line } else { part });
        let value = |kind, data, data_span| {
            Some(Item::Value(Value {
                name: name.clone(),
                kind,
                data,
                data_span,
            }))
        };
        if data == "-" {
            return Some(Item::Deleted { name });
        }
        if data.starts_with(['\u{201c}', '\u{201d}', '\u{201e}']) {
            return Some(Item::Curly);
        }
        if data.starts_with('"') {
            // Without its end, the rest of the line is the text.
            let (text, span) = match quoted(data) {
                Some((text, rest)) => {
                    let length = data.len().saturating_sub(rest.len()).saturating_sub(1);
                    (text, data.get(1..length).map_or(place(data), place))
                }
                None => (unescaped(data.get(1..).unwrap_or_default()), place(data)),
            };
            return value(Kind::Text, Data::Text(text), span);
        }
        let (word, rest) = data.split_once(':')?;
        let word = word.trim_end();
        if word.eq_ignore_ascii_case("dword") {
            let digits = rest.split(';').next().unwrap_or_default().trim();
            let data = match u32::from_str_radix(digits, 16) {
                Ok(number) => Data::Number(number.into()),
                Err(_) => Data::Damaged(super::data::Damage::Digits),
            };
            return value(Kind::Number, data, place(digits));
        }
        let kind = hex_kind(word)?;
        let span = place(rest);
        let digits = self.continued(rest);
        value(kind, of_hex(kind, &digits, self.bytes), span)
    }

    /// The digits of a value over all its lines.
    fn continued(&mut self, first: &'f str) -> Cow<'f, str> {
        let Some(mut head) = first.trim_end().strip_suffix('\\') else {
            return Cow::Borrowed(first.split(';').next().unwrap_or_default());
        };
        let mut all = String::new();
        for _ in 0..MOST_LINES {
            all.push_str(head.trim());
            let Some(line) = self.file.line(self.next).map(trimmed) else {
                break;
            };
            // A line of other letters begins something else.
            let digits = |b: u8| b.is_ascii_hexdigit() || matches!(b, b',' | b' ' | b'\\');
            if !line.bytes().all(digits) {
                break;
            }
            self.next = self.next.saturating_add(1);
            match line.strip_suffix('\\') {
                Some(more) => head = more,
                None => {
                    all.push_str(line);
                    break;
                }
            }
        }
        Cow::Owned(all)
    }

    /// `name    REG_SZ    text` of `reg query`.
    fn queried_value(&self, line: &'f str) -> Option<Value<'f>> {
        let mut from = 0usize;
        let (name, kind, rest) = loop {
            let at = line.get(from..)?.find("REG_")?.saturating_add(from);
            let (name, rest) = line.split_at_checked(at)?;
            let (word, data) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            match Kind::of_name(word) {
                Some(kind) if name.ends_with([' ', '\t']) => break (name.trim(), kind, data),
                _ => from = at.saturating_add(1),
            }
        };
        let text = rest.trim();
        let data = match kind {
            Kind::Text | Kind::ExpandText => Data::Text(Cow::Borrowed(text)),
            Kind::Texts => Data::Texts(
                text.split("\\0")
                    .filter(|item| !item.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            Kind::Number | Kind::LongNumber | Kind::BigEndianNumber => {
                let number = match text.strip_prefix("0x") {
                    Some(digits) => u64::from_str_radix(digits, 16).ok(),
                    None => text.parse().ok(),
                };
                number.map_or(Data::Damaged(super::data::Damage::Digits), Data::Number)
            }
            _ => Data::Bytes,
        };
        // The default value has a name in brackets, in the machine's language.
        let is_default = name.starts_with(['(', '<', '（']) && name.ends_with([')', '>', '）']);
        Some(Value {
            name: Cow::Borrowed(if is_default { "" } else { name }),
            kind,
            data,
            data_span: self.span(if text.is_empty() { line } else { text }),
        })
    }
}

/// The path of a key, where a line is one.
#[must_use]
pub fn key_path(line: &str) -> Option<&str> {
    match key(trimmed(line))? {
        Item::Key { path, .. } => Some(path),
        _ => None,
    }
}

/// `[HKEY_…]`, `[-HKEY_…]`, `HKEY_…`, `\\HUB1\HKEY_…`.
fn key(line: &str) -> Option<Item<'_>> {
    let (path, deleted) = match line.strip_prefix('[') {
        Some(inner) => {
            let inner = inner.strip_suffix(']')?;
            match inner.strip_prefix('-') {
                Some(inner) => (inner, true),
                None => (inner, false),
            }
        }
        None => (line, false),
    };
    let (host, path) = match path.strip_prefix("\\\\") {
        Some(rest) => {
            let (host, path) = rest.split_once('\\')?;
            (Some(host), path)
        }
        None => (None, path),
    };
    let begins = path.get(..5)?.eq_ignore_ascii_case("hkey_");
    if !begins {
        return None;
    }
    let hive = path.split('\\').next().unwrap_or_default();
    let is_key = hive.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let is_value = line.contains("REG_") && !line.starts_with('[');
    (is_key && !is_value).then_some(Item::Key {
        path,
        host,
        deleted,
    })
}

/// The kind of `hex`, `hex(2)`, `hex(b)`.
fn hex_kind(word: &str) -> Option<Kind> {
    let rest = word
        .get(..3)
        .filter(|head| head.eq_ignore_ascii_case("hex"))?;
    let number = word.get(rest.len()..)?;
    if number.is_empty() {
        return Some(Kind::Binary);
    }
    let number = number.strip_prefix('(')?.strip_suffix(')')?;
    u32::from_str_radix(number, 16).ok().map(Kind::of_number)
}

/// A text in quotation marks at the start of a line, and what follows it.
fn quoted(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = line.strip_prefix('"')?;
    let mut from = 0usize;
    loop {
        let rest = inner.as_bytes().get(from..)?;
        let at = from.saturating_add(memchr::memchr2(b'"', b'\\', rest)?);
        if inner.as_bytes().get(at) == Some(&b'"') {
            let (text, rest) = inner.split_at_checked(at)?;
            return Some((unescaped(text), rest.get(1..)?));
        }
        // A backslash takes the next character as it is.
        from = at.saturating_add(2);
    }
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().unwrap_or('\\')),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::named;

    fn values(text: &str) -> Vec<(String, Kind, Data<'static>)> {
        let file = named("x.reg", text);
        entries(&file)
            .filter_map(|entry| match entry.item {
                Item::Value(value) => {
                    let data = match value.data {
                        Data::Text(text) => Data::Text(text.into_owned().into()),
                        Data::Texts(texts) => Data::Texts(texts),
                        Data::Number(number) => Data::Number(number),
                        Data::Bytes => Data::Bytes,
                        Data::Damaged(damage) => Data::Damaged(damage),
                    };
                    Some((value.name.into_owned(), value.kind, data))
                }
                _ => None,
            })
            .collect()
    }

    fn one(text: &str) -> (String, Kind, Data<'static>) {
        let mut all = values(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn values_of_an_export_have_names_with_escapes_and_types() {
        let head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n";
        for (line, name, kind, data) in [
            (
                "\"A \\\"b\\\"\"=\"C:\\\\x\"",
                "A \"b\"",
                Kind::Text,
                Data::Text("C:\\x".into()),
            ),
            (
                "\"Start\"=dword:00000004",
                "Start",
                Kind::Number,
                Data::Number(4),
            ),
            ("@=\"d\" ; a remark", "", Kind::Text, Data::Text("d".into())),
            (
                "\"P\"=hex(7):35,00,30,00,\\\r\n  30,00,30,00,00,00,\\\r\n  00,00",
                "P",
                Kind::Texts,
                Data::Texts(vec!["5000".into()]),
            ),
            (
                "\"Q\"=hex(b):01,00,00,00,00,00,00,00",
                "Q",
                Kind::LongNumber,
                Data::Number(1),
            ),
            ("\"B\"=hex:de,ad", "B", Kind::Binary, Data::Bytes),
            (
                "\"E\"=hex(2):25,00,00,00",
                "E",
                Kind::ExpandText,
                Data::Text("%".into()),
            ),
        ] {
            let text = format!("{head}{line}\r\n");
            assert_eq!(one(&text), (name.to_owned(), kind, data), "{line}");
        }
    }

    #[test]
    fn reg_query_separates_by_tabs_or_by_blanks() {
        for line in [
            "    TCP/IP Port\tREG_DWORD\t0x1388",
            "    TCP/IP Port    REG_DWORD    0x1388",
            "    TCP/IP Port  REG_DWORD 0x1388",
        ] {
            let text = format!("! REG.EXE VERSION 3.0\n\nHKEY_LOCAL_MACHINE\\X\n{line}\n");
            let expected = ("TCP/IP Port".to_owned(), Kind::Number, Data::Number(5000));
            assert_eq!(one(&text), expected, "{line}");
        }
        let ports =
            one("HKEY_LOCAL_MACHINE\\X\n    Ports    REG_MULTI_SZ    5000-5100\\06000\\0\\0\n");
        assert_eq!(
            ports.2,
            Data::Texts(vec!["5000-5100".into(), "6000".into()])
        );
        let default = one("HKEY_LOCAL_MACHINE\\X\n    (Standard)    REG_SZ    x\n");
        assert_eq!(default.0, "");
    }

    #[test]
    fn a_key_tells_its_computer_and_whether_it_is_deleted() {
        let file = named(
            "x.txt",
            "\\\\HUB1\\HKEY_LOCAL_MACHINE\\SOFTWARE\\A\n[-HKEY_LOCAL_MACHINE\\B]\n",
        );
        let keys: Vec<_> = entries(&file).map(|entry| entry.item).collect();
        assert_eq!(
            keys,
            [
                Item::Key {
                    path: "HKEY_LOCAL_MACHINE\\SOFTWARE\\A",
                    host: Some("HUB1"),
                    deleted: false
                },
                Item::Key {
                    path: "HKEY_LOCAL_MACHINE\\B",
                    host: None,
                    deleted: true
                },
            ]
        );
    }

    #[test]
    fn typographic_quotation_marks_and_broken_lines_are_no_values() {
        let head = "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\X]\n";
        for line in [
            "\u{201c}Ports\u{201d}=\u{201c}5000\u{201d}",
            "\"Ports\"=\u{201d}5000\u{201d}",
        ] {
            let file = named("x.reg", &format!("{head}{line}\n"));
            let last = entries(&file).last().map(|entry| entry.item);
            assert_eq!(last, Some(Item::Curly), "{line}");
        }
        assert!(values(&format!("{head}\"Ports=dword:1\n\"x\"\nx=1\n")).is_empty());
    }

    #[test]
    fn a_value_that_ends_in_a_backslash_ends_with_the_file() {
        let text = "Windows Registry Editor Version 5.00\n[HKEY_USERS\\X]\n\"A\"=hex(7):35,00,\\";
        assert_eq!(one(text).2, Data::Texts(vec!["5".into()]));
    }
}
