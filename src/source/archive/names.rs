//! Names of files in archives: their text, and whether they stay inside.
//!
//! APPNOTE 6.3.10, appendix D: a name is UTF-8 where bit 11 says so, else code
//! page 437. In fact Windows in Japan writes code page 932, and some programs
//! UTF-8, without saying so; so the bytes decide.

use encoding_rs::SHIFT_JIS;

/// The upper half of code page 437, as the Unicode Consortium maps it
/// (`VENDORS/MICSFT/PC/CP437.TXT`).
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The text of a name.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    if let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)
        && is_japanese(&text, bytes)
    {
        return text.into_owned();
    }
    let upper = |byte: u8| CP437.chars().nth(usize::from(byte.wrapping_sub(0x80)));
    bytes
        .iter()
        .map(|byte| match byte {
            0..0x80 => char::from(*byte),
            byte => upper(*byte).unwrap_or(char::REPLACEMENT_CHARACTER),
        })
        .collect()
}

/// Whether a text that decodes as code page 932 is meant so. `Köln` decodes,
/// too: there the second byte of the character is a letter.
fn is_japanese(text: &str, bytes: &[u8]) -> bool {
    let japanese = |c: char| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    let lead = |byte: u8| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc);
    let mut letters_only = true;
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if lead(*byte) {
            letters_only &= rest.next().is_none_or(u8::is_ascii_alphabetic);
        }
    }
    text.chars().any(japanese) && !letters_only
}

/// The path of an entry below its archive, with forward slashes; `None` where
/// it leads out of it.
pub(super) fn inside(name: &str) -> Option<String> {
    // Archives of .NET before 4.6.1 have backslashes, against APPNOTE 4.4.17.
    let name = name.replace('\\', "/");
    let drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || drive || name.contains('\0') {
        return None;
    }
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let escapes = parts.is_empty() || parts.contains(&"..");
    (!escapes).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_encodings_that_programs_write() {
        let (japanese, _, _) = SHIFT_JIS.encode("受信コネクタ/東京_設定.txt");
        assert_eq!(decode(&japanese), "受信コネクタ/東京_設定.txt");
        assert_eq!(decode("受信コネクタ.txt".as_bytes()), "受信コネクタ.txt");
        // Code page 437, as PKZIP and Info-ZIP write it.
        assert_eq!(decode(b"K\x94ln/B\x81ro.txt"), "Köln/Büro.txt");
        assert_eq!(decode(b"caf\x82.txt"), "café.txt");
        assert_eq!(CP437.chars().count(), 128);
    }

    #[test]
    fn paths_stay_below_their_archive() {
        assert_eq!(inside("a/b.txt").as_deref(), Some("a/b.txt"));
        assert_eq!(inside("./a//b.txt").as_deref(), Some("a/b.txt"));
        assert_eq!(inside("HUB1\\b.txt").as_deref(), Some("HUB1/b.txt"));
        for escape in [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "C:\\a",
            "..\\a",
            "",
            "./",
            "a\0b",
        ] {
            assert_eq!(inside(escape), None, "{escape:?}");
        }
    }
}
