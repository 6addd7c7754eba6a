//! Decodes bytes by what they are, not by what a file's name promises.
//!
//! Exports come as UTF-8, as UTF-16 of either byte order with or without a
//! mark, in the code page of a Windows in one of several languages, and as mixtures:
//! Microsoft's support collector writes UTF-16 headers and lets `cmd` append
//! bytes of the OEM code page to the same file. Decoding never fails; what
//! does not decode becomes U+FFFD and is counted.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use encoding_rs::{
    BIG5, EUC_KR, Encoding as Codec, GBK, IBM866, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_1251, WINDOWS_1252,
};

use super::code_page::{code_page, of_console};

/// How a stretch of bytes was decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// UTF-8, which includes ASCII.
    Utf8,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// Code page 932 (Japanese Windows).
    Cp932,
    /// Code page 936 (Chinese Windows).
    Cp936,
    /// Code page 949 (Korean Windows).
    Cp949,
    /// Code page 950 (Windows of Taiwan and Hong Kong).
    Cp950,
    /// Code page 866 (consoles of Russian Windows).
    Cp866,
    /// Windows-1251 (Cyrillic Windows).
    Windows1251,
    /// Windows-1252 (Western Windows).
    Windows1252,
    /// Code page 850 (consoles of Western Windows), whose letters are those of
    /// 437 too.
    Cp850,
}

impl Encoding {
    /// Text of bytes, and whether some of them did not decode.
    fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        let codec: &'static Codec = match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Cp932 => SHIFT_JIS,
            Self::Cp936 => GBK,
            Self::Cp949 => EUC_KR,
            Self::Cp950 => BIG5,
            Self::Cp866 => IBM866,
            Self::Windows1251 => WINDOWS_1251,
            Self::Windows1252 => WINDOWS_1252,
            Self::Cp850 => return (Cow::Owned(of_console(bytes)), false),
        };
        codec.decode_without_bom_handling(bytes)
    }

    /// Bytes that a character takes in this encoding.
    pub(super) fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16Le | Self::Utf16Be => c.len_utf16().saturating_mul(2),
            Self::Windows1252 | Self::Windows1251 | Self::Cp850 | Self::Cp866 => 1,
            Self::Cp949 | Self::Cp950 if c.is_ascii() => 1,
            Self::Cp949 | Self::Cp950 => 2,
            Self::Cp936 if c.is_ascii() || c == '\u{20ac}' => 1,
            Self::Cp936 => 2,
            Self::Cp932 if c <= '\u{80}' || ('\u{ff61}'..='\u{ff9f}').contains(&c) => 1,
            Self::Cp932 => 2,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Cp932 => "CP932",
            Self::Cp936 => "CP936",
            Self::Cp949 => "CP949",
            Self::Cp950 => "CP950",
            Self::Cp866 => "CP866",
            Self::Windows1251 => "windows-1251",
            Self::Windows1252 => "windows-1252",
            Self::Cp850 => "CP850",
        })
    }
}

/// A stretch of text in one encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it starts in the decoded text.
    pub text_start: u32,
    /// Where it starts in the original bytes.
    pub byte_start: u32,
    /// How it was decoded.
    pub encoding: Encoding,
}

/// Decoded bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text; empty for binary data.
    pub text: String,
    /// Its stretches in order; at least one unless the text is empty.
    pub segments: Vec<Segment>,
    /// Sequences that did not decode.
    pub malformed: usize,
    /// Why the bytes are no text at all.
    pub binary: Option<&'static str>,
}

/// Decodes a whole file.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(text) = super::der::armour(&bytes) {
        return Decoded {
            segments: first_segment(&text, 0),
            text,
            malformed: 0,
            binary: None,
        };
    }
    let body_start = match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => marks(&bytes, &[0xef, 0xbb, 0xbf]),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return binary("UTF-32, which no export tool writes");
        }
        // A policy file: UTF-16 records with numbers among them (MS-GPREG 2.2.1).
        [b'P', b'R', b'e', b'g', 1, 0, 0, 0, records @ ..] => {
            let mut out = Builder::default();
            out.push(Encoding::Utf16Le, records, 8);
            return out.finish();
        }
        [b'r', b'e', b'g', b'f', ..] => {
            return binary(
                "a registry hive, as `netsh advfirewall export` writes it; give what `netsh advfirewall \
                 firewall show rule name=all verbose` and `netsh advfirewall show allprofiles` print",
            );
        }
        // An encrypted backup of FortiOS: its mark tells a person what to do.
        [b'#', b'F', b'G', b'B', b'K', rest @ ..] if is_ciphertext(rest) => {
            let text = "#FGBK".to_owned();
            return Decoded {
                segments: first_segment(&text, 0),
                text,
                malformed: 0,
                binary: None,
            };
        }
        [0xff, 0xfe, ..] => return wide(&bytes, &bytes, Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return wide(&bytes, &bytes, Encoding::Utf16Be),
        _ => 0,
    };
    let body = bytes.get(body_start..).unwrap_or_default();
    if let Some(order) = unmarked_utf16(body) {
        return wide(&bytes, body, order);
    }
    if full_of_nulls(&bytes) {
        return binary("it holds NUL bytes, as binary data does");
    }
    if full_of_controls(&bytes) {
        return binary("it holds control characters, as binary data does");
    }
    let mut out = Builder::default();
    if body_start == 0 {
        // The common case keeps its buffer instead of being copied.
        match String::from_utf8(bytes) {
            Ok(text) => {
                return Decoded {
                    segments: first_segment(&text, 0),
                    text,
                    malformed: 0,
                    binary: None,
                };
            }
            Err(error) => {
                let bytes = error.as_bytes();
                out.narrow(bytes, 0, code_page(bytes));
            }
        }
    } else {
        let body = bytes.get(body_start..).unwrap_or_default();
        out.narrow(body, body_start, code_page(body));
    }
    out.finish()
}

/// Bytes of the byte order marks that a file begins with; tools add one to a
/// file that has one. A mark that stays in the text is a letter of the first
/// word, and the XML reader passes over it without counting it.
fn marks(bytes: &[u8], mark: &[u8]) -> usize {
    let marks = bytes.chunks_exact(mark.len());
    let count = marks.take_while(|chunk| *chunk == mark).count();
    count.saturating_mul(mark.len())
}

/// Whether the first bytes of a file can be of no text, whatever follows.
pub(super) fn surely_binary(head: &[u8]) -> bool {
    let nulls = memchr::memchr_iter(0, head).count();
    let marked = [&[0xff, 0xfe][..], &[0xfe, 0xff], b"PReg"]
        .iter()
        .any(|mark| head.starts_with(mark));
    let binary = nulls.saturating_mul(10) > head.len() || full_of_controls(head);
    binary && !marked && !super::der::may_be(head) && unmarked_utf16(head).is_none()
}

/// Bytes whose control characters are counted.
const HEAD: usize = 8192;

/// Whether one byte in 100 is a NUL.
fn full_of_nulls(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0, bytes).count().saturating_mul(100) > bytes.len()
}

/// Whether bytes cannot be text.
fn is_ciphertext(bytes: &[u8]) -> bool {
    full_of_nulls(bytes) || full_of_controls(bytes)
}

/// Whether one byte in 20 of the first is a control character that no text
/// has: compressed and encrypted data hold one in ten. A terminal's captures
/// hold escape, backspace and bell.
fn full_of_controls(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    let control = |b: &&u8| matches!(b, 0x01..=0x06 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let controls = head.iter().filter(control).count();
    head.len() >= 64 && controls.saturating_mul(20) > head.len()
}

fn first_segment(text: &str, byte_start: u32) -> Vec<Segment> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Segment {
        text_start: 0,
        byte_start,
        encoding: Encoding::Utf8,
    }]
}

fn binary(why: &'static str) -> Decoded {
    Decoded {
        text: String::new(),
        segments: Vec::new(),
        malformed: 0,
        binary: Some(why),
    }
}

/// UTF-16 without a mark shows by NULs in one half of the byte pairs. They are
/// counted from where it begins, for lines of single bytes may stand before it
/// (`cmd` wrote them, and Windows PowerShell appended).
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let bytes = bytes.get(wide_start(bytes)..).unwrap_or_default();
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (mut low, mut high) = (0_usize, 0_usize);
    for pair in head.chunks_exact(2) {
        low = low.saturating_add(usize::from(pair.first() == Some(&0)));
        high = high.saturating_add(usize::from(pair.get(1) == Some(&0)));
    }
    let pairs = head.len() / 2;
    let many = |n: usize| n.saturating_mul(10) >= pairs.saturating_mul(3) && n > 1;
    let few = |n: usize| n.saturating_mul(50) <= pairs;
    if many(high) && few(low) && plausible_utf16(head, u16::from_le_bytes) {
        return Some(Encoding::Utf16Le);
    }
    if many(low) && few(high) && plausible_utf16(head, u16::from_be_bytes) {
        return Some(Encoding::Utf16Be);
    }
    None
}

/// Where UTF-16 text begins behind lines of single bytes: at the first character
/// with a NUL, if it is the first of a line; 0 where that is not so.
fn wide_start(bytes: &[u8]) -> usize {
    let Some(null) = memchr::memchr(0, bytes) else {
        return 0;
    };
    let begins_line = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\n');
    match null.checked_sub(1) {
        Some(at) if begins_line(at) => at,
        _ if begins_line(null) => null,
        _ => 0,
    }
}

/// Text has line ends or printable characters only; tables of small integers,
/// which have NULs in every other byte too, do not.
fn plausible_utf16(head: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let mut controls = 0_usize;
    let mut total = 0_usize;
    for pair in head.chunks_exact(2) {
        let Ok(pair) = <[u8; 2]>::try_from(pair) else {
            continue;
        };
        total = total.saturating_add(1);
        let unit = unit(pair);
        if unit < 0x20 && !matches!(unit, 0x09 | 0x0a | 0x0c | 0x0d | 0x1b) {
            controls = controls.saturating_add(1);
        }
    }
    controls.saturating_mul(50) <= total
}

/// Decodes UTF-16 that may turn into OEM bytes and back at line ends.
fn wide(all: &[u8], body: &[u8], order: Encoding) -> Decoded {
    let mark = match order {
        Encoding::Utf16Be => [0xfe, 0xff],
        _ => [0xff, 0xfe],
    };
    let body = body.get(marks(body, &mark)..).unwrap_or_default();
    let offset = all.len().saturating_sub(body.len());
    let mut stretches: Vec<(bool, Range<usize>)> = Vec::new();
    let mut at = 0_usize;
    while at < body.len() {
        let rest = body.get(at..).unwrap_or_default();
        let wide = utf16_length(rest, order);
        let length = if wide > 0 {
            wide
        } else {
            oem_length(rest, order).max(1)
        };
        let end = at.saturating_add(length);
        stretches.push((wide > 0, at..end));
        at = end;
    }
    // One machine wrote all of them, so they have one code page together.
    let narrow = stretches.iter().filter(|(wide, _)| !wide);
    let narrow: Vec<&[u8]> = narrow
        .filter_map(|(_, range)| body.get(range.clone()))
        .collect();
    let legacy = code_page(&narrow.concat());
    let mut out = Builder::default();
    for (wide, range) in stretches {
        let base = offset.saturating_add(range.start);
        let bytes = body.get(range).unwrap_or_default();
        if wide {
            out.push(order, bytes, base);
        } else {
            out.narrow(bytes, base, legacy);
        }
    }
    out.finish()
}

/// Bytes from the start of a line that are whole UTF-16 lines.
fn utf16_length(bytes: &[u8], order: Encoding) -> usize {
    let mut end = 0_usize;
    while end < bytes.len() {
        let rest = bytes.get(end..).unwrap_or_default();
        let Some(line) = utf16_line(rest, order) else {
            break;
        };
        end = end.saturating_add(line);
    }
    end
}

/// Length of the UTF-16 line at the start of `bytes`, or `None` if an OEM
/// line stands there: one whose line end comes as single bytes first.
///
/// Looks no further than the line that it returns or that the caller then
/// takes as OEM bytes, so that decoding stays linear.
fn utf16_line(bytes: &[u8], order: Encoding) -> Option<usize> {
    for at in memchr::memchr_iter(b'\n', bytes) {
        let before = bytes.get(..at).unwrap_or_default();
        let next = bytes.get(at.saturating_add(1));
        let aligned = match order {
            Encoding::Utf16Be => at % 2 == 1 && before.last() == Some(&0),
            _ => at % 2 == 0 && next == Some(&0),
        };
        if aligned {
            let rest = if order == Encoding::Utf16Be { 1 } else { 2 };
            return Some(at.saturating_add(rest));
        }
        let ends = before.last() == Some(&b'\r') || mostly_ascii(before);
        if ends && memchr::memchr(0, before).is_none() {
            return None;
        }
    }
    // The last line has no line end: without a NUL it is OEM bytes unless it
    // reads as text of a script whose letters have no NUL.
    let narrow = memchr::memchr(0, bytes).is_none() && mostly_ascii(bytes);
    (!narrow).then_some(bytes.len())
}

fn mostly_ascii(bytes: &[u8]) -> bool {
    let plain = bytes
        .iter()
        .filter(|b| b.is_ascii_graphic() || matches!(**b, b' ' | b'\t'))
        .count();
    !bytes.is_empty() && plain.saturating_mul(10) >= bytes.len().saturating_mul(7)
}

/// Bytes from the start of a line that are whole OEM lines.
fn oem_length(bytes: &[u8], order: Encoding) -> usize {
    let mut end = 0_usize;
    while end < bytes.len() {
        let rest = bytes.get(end..).unwrap_or_default();
        if end > 0 && starts_wide(rest, order) {
            break;
        }
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
        end = end.saturating_add(line);
    }
    end
}

/// Whether UTF-16 text resumes here.
fn starts_wide(bytes: &[u8], order: Encoding) -> bool {
    match (order, bytes) {
        (Encoding::Utf16Be, [0, b, ..]) => *b != 0,
        (_, [0xff, 0xfe, ..]) => true,
        (_, [a, 0, ..]) => *a != 0,
        _ => false,
    }
}

#[derive(Default)]
struct Builder {
    text: String,
    segments: Vec<Segment>,
    malformed: usize,
}

impl Builder {
    fn push(&mut self, encoding: Encoding, bytes: &[u8], byte_start: usize) {
        if bytes.is_empty() {
            return;
        }
        let (text, malformed) = encoding.decode(bytes);
        if malformed {
            let marks = text.matches('\u{fffd}').count().max(1);
            self.malformed = self.malformed.saturating_add(marks);
        }
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if self.segments.last().map(|last| last.encoding) != Some(encoding) {
            self.segments.push(Segment {
                text_start: clamp(self.text.len()),
                byte_start: clamp(byte_start),
                encoding,
            });
        }
        self.text.push_str(&text);
    }

    /// Bytes of one-byte line ends: UTF-8 where a line is valid, else the code
    /// page that fits the lines that are not.
    fn narrow(&mut self, bytes: &[u8], byte_start: usize, legacy: Encoding) {
        if std::str::from_utf8(bytes).is_ok() {
            self.push(Encoding::Utf8, bytes, byte_start);
            return;
        }
        let mut at = 0_usize;
        let mut run_start = 0_usize;
        let mut run = Encoding::Utf8;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n.saturating_add(1));
            let line = rest.get(..length).unwrap_or_default();
            let encoding = match std::str::from_utf8(line) {
                // Plain ASCII goes with its neighbours.
                Ok(_) if line.is_ascii() => run,
                Ok(_) => Encoding::Utf8,
                Err(_) => legacy,
            };
            if encoding != run {
                let done = bytes.get(run_start..at).unwrap_or_default();
                self.push(run, done, byte_start.saturating_add(run_start));
                run = encoding;
                run_start = at;
            }
            at = at.saturating_add(length);
        }
        let done = bytes.get(run_start..).unwrap_or_default();
        self.push(run, done, byte_start.saturating_add(run_start));
    }

    fn finish(self) -> Decoded {
        Decoded {
            text: self.text,
            segments: self.segments,
            malformed: self.malformed,
            binary: None,
        }
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
