//! The code page of bytes that are neither UTF-8 nor UTF-16.
//!
//! Told apart are 932 of Japanese, 936 and 950 of Chinese and 949 of Korean
//! Windows, for Russian 1251 of its programs and 866 of its console, and for the
//! West 1252 and 850. The console's 437 has the same letters as 850.
//!
//! What tells them is how the bytes stand together. East Asian characters are
//! pairs of bytes that stand in runs of their own; accented letters stand one by
//! one among ASCII letters, and the two Western pages have them in different
//! halves. Those of 949, 950 and Cyrillic are taken only where there is enough
//! text that could hardly be of another ([`other`]).

mod other;

use encoding_rs::SHIFT_JIS;

use super::decode::Encoding;

/// Bytes of lines outside UTF-8 that are looked at.
const ENOUGH: usize = 65_536;

/// Chooses a code page.
pub(super) fn code_page(bytes: &[u8]) -> Encoding {
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut seen = 0_usize;
    for line in bytes.split(|b| *b == b'\n') {
        if line.is_ascii() || std::str::from_utf8(line).is_ok() {
            continue;
        }
        seen = seen.saturating_add(line.len());
        lines.push(line);
        if seen > ENOUGH {
            break;
        }
    }
    if let Some(found) = other::code_page(&lines) {
        found
    } else if is_chinese(&lines) {
        Encoding::Cp936
    } else if is_japanese(&lines) {
        Encoding::Cp932
    } else if is_console(&lines) {
        Encoding::Cp850
    } else {
        Encoding::Windows1252
    }
}

/// Whether a byte next to a character is a small letter: words of the West.
fn is_small(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_lowercase)
}

/// Whether the bytes above ASCII come in pairs of GB 2312 characters, which
/// nearly all of Chinese text is. Japanese kana and most kanji lie below, and
/// katakana of half width may look so but never goes beyond 0xDF.
fn is_chinese(lines: &[&[u8]]) -> bool {
    let (mut pairs, mut high, mut others, mut among_letters) = (0_usize, 0_usize, 0_usize, 0_usize);
    for line in lines {
        let mut at = 0_usize;
        while let Some(lead) = line.get(at) {
            let next = at.saturating_add(1);
            if lead.is_ascii() {
                at = next;
                continue;
            }
            match (lead, line.get(next)) {
                (0xa1..=0xa3 | 0xb0..=0xf7, Some(trail @ 0xa1..=0xfe)) => {
                    pairs = pairs.saturating_add(1);
                    high = high.saturating_add(usize::from(*trail >= 0xe0));
                    let before = at.checked_sub(1).and_then(|before| line.get(before));
                    let behind = line.get(next.saturating_add(1));
                    let touches = is_small(before) || is_small(behind);
                    among_letters = among_letters.saturating_add(usize::from(touches));
                    at = next.saturating_add(1);
                }
                _ => {
                    others = others.saturating_add(1);
                    at = next;
                }
            }
        }
    }
    if pairs < 4 {
        // Of few, all must be such, and none may be a part of a Western word.
        return pairs >= 2 && others == 0 && among_letters == 0;
    }
    others.saturating_mul(20) <= pairs && high.saturating_mul(10) >= pairs
}

/// What the bytes of code page 932 look like.
#[derive(Default)]
struct Japanese {
    /// Characters in runs of two and more, and single ones apart from letters.
    own: usize,
    /// Single characters among small letters.
    among_letters: usize,
    /// Katakana of half width.
    half: usize,
}

/// Whether the bytes above ASCII are characters of JIS X 0208 in runs.
///
/// A line that a program cut in the middle of a character does not count
/// against the others.
fn is_japanese(lines: &[&[u8]]) -> bool {
    let mut found = Japanese::default();
    let mut damaged = 0_usize;
    for line in lines {
        match SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line) {
            Some(_) => found.add(line),
            None => damaged = damaged.saturating_add(1),
        }
    }
    let sound = damaged.saturating_mul(10) <= lines.len();
    // Half-width katakana alone may be accented capitals.
    let own = match found.own {
        0 if found.half < 4 => 0,
        own => own.saturating_add(found.half / 2),
    };
    sound && own > 0 && own > found.among_letters.saturating_mul(2)
}

impl Japanese {
    /// Counts the characters of a line, run by run.
    fn add(&mut self, line: &[u8]) {
        let mut at = 0_usize;
        while at < line.len() {
            let start = at;
            let mut wide = 0_usize;
            let mut half = 0_usize;
            loop {
                match (line.get(at), line.get(at.saturating_add(1))) {
                    (Some(0x81..=0x9f | 0xe0..=0xfc), Some(0x40..=0x7e | 0x80..=0xfc)) => {
                        wide = wide.saturating_add(1);
                        at = at.saturating_add(2);
                    }
                    (Some(0xa1..=0xdf), _) => {
                        half = half.saturating_add(1);
                        at = at.saturating_add(1);
                    }
                    _ => break,
                }
            }
            if at == start {
                at = at.saturating_add(1);
                continue;
            }
            let before = start.checked_sub(1).and_then(|before| line.get(before));
            let touches = is_small(before) || is_small(line.get(at));
            match wide {
                0 if touches => self.among_letters = self.among_letters.saturating_add(half),
                0 if half == 1 => {}
                0 => self.half = self.half.saturating_add(half),
                1 if half == 0 && touches => {
                    self.among_letters = self.among_letters.saturating_add(1);
                }
                // Behind a capital it may be of either.
                1 if half == 0 && before.is_some_and(u8::is_ascii_uppercase) => {}
                _ => {
                    self.own = self.own.saturating_add(wide);
                    self.half = self.half.saturating_add(half);
                }
            }
        }
    }
}

/// Accented letters of code page 850 that code page 1252 has as marks, where
/// they stand behind a letter or before a small one.
const CONSOLE_LETTERS: &[u8] = &[
    0x81, 0x83, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x95, 0x98, 0x99, 0x9a, 0xa0, 0xa1,
    0xa2, 0xa3, 0xa4, 0xa5,
];
/// Those that code page 1252 has as quotation marks, dashes and dots, which
/// stand beside letters too: these count between two letters alone.
const CONSOLE_OR_MARK: &[u8] = &[0x82, 0x84, 0x85, 0x93, 0x94, 0x96, 0x97];

/// `ß` of the console, `á` of Windows: a letter in both.
const SHARP_S: u8 = 0xe1;

/// Whether accented letters are those of a Western console.
fn is_console(lines: &[&[u8]]) -> bool {
    let (mut console, mut windows) = (0_usize, 0_usize);
    for line in lines {
        for (at, byte) in line.iter().enumerate().filter(|(_, b)| !b.is_ascii()) {
            let letter =
                |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphabetic() || *b == SHARP_S);
            let before = letter(at.checked_sub(1).and_then(|before| line.get(before)));
            let behind = line.get(at.saturating_add(1));
            if CONSOLE_LETTERS.contains(byte) {
                let counts = before || is_small(behind);
                console = console.saturating_add(usize::from(counts));
            } else if CONSOLE_OR_MARK.contains(byte) {
                let counts = before && letter(behind);
                console = console.saturating_add(usize::from(counts));
            } else if *byte >= 0xc0 && *byte != SHARP_S {
                let counts = before || letter(behind);
                windows = windows.saturating_add(usize::from(counts));
            }
        }
    }
    console > windows
}

/// The characters of code page 850 from 0x80 on (Unicode's mapping table
/// `VENDORS/MICSFT/PC/CP850.TXT`).
const CONSOLE: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å', 'É', 'æ', 'Æ',
    'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ', 'á', 'í', 'ó', 'ú', 'ñ', 'Ñ',
    'ª', 'º', '¿', '®', '¬', '½', '¼', '¡', '«', '»', '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©',
    '╣', '║', '╗', '╝', '¢', '¥', '┐', '└', '┴', '┬', '├', '─', '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦',
    '╠', '═', '╬', '¤', 'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█', '▄', '¦', 'Ì',
    '▀', 'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´', '\u{ad}',
    '±', '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{a0}',
];

/// Text of a Western console.
pub(super) fn of_console(bytes: &[u8]) -> String {
    let character = |byte: &u8| {
        let above = byte.checked_sub(0x80).map(usize::from);
        above.map_or(char::from(*byte), |at| {
            CONSOLE
                .get(at)
                .copied()
                .unwrap_or(char::REPLACEMENT_CHARACTER)
        })
    };
    bytes.iter().map(character).collect()
}
