//! Code pages 866 and 1251 (Cyrillic), 949 (Korean), 950 (traditional Chinese).
//!
//! Their bytes are valid in other code pages as well, so each is taken only
//! where much speaks for it:
//!
//! - Cyrillic words are runs of letters, most of them small, some with a capital
//!   letter (Hebrew has none). Small letters are 0xE0 to 0xFF in 1251, 0xA0 to
//!   0xAF and 0xE0 to 0xEF in 866. In the West and in Turkish such bytes stand
//!   beside ASCII letters; of Chinese and Japanese characters most first bytes
//!   are lower.
//! - Korean syllables are pairs whose first byte is 0xB0 to 0xC8 (KS X 1001).
//!   Chinese characters of GB 2312 go on to 0xF7, about half of any text beyond
//!   0xC8; so many different pairs below are Korean.
//! - Characters of Big5 are pairs whose first byte is 0xA4 to 0xC6, with a second
//!   byte that is ASCII in two of five. In GBK such a pair is a rare character,
//!   and Japanese has first bytes of 0x81 to 0x9F everywhere.

use std::collections::HashSet;

use crate::source::decode::Encoding;

/// Different pairs that settle it: of half a chance each, one in a million.
const DIFFERENT: usize = 20;
/// Words of three and more letters that settle it.
const WORDS: usize = 5;
/// Letters that settle it.
const LETTERS: usize = 24;
/// Different letters among them: a line of blocks is one byte many times.
const DIFFERENT_LETTERS: usize = 8;

/// One of these code pages, where that is certain.
pub(super) fn code_page(lines: &[&[u8]]) -> Option<Encoding> {
    if is_cyrillic(lines, is_letter_of_1251, is_small_of_1251) {
        return Some(Encoding::Windows1251);
    }
    if is_cyrillic(lines, is_letter_of_866, is_small_of_866) {
        return Some(Encoding::Cp866);
    }
    if is_korean(lines) {
        return Some(Encoding::Cp949);
    }
    is_big5(lines).then_some(Encoding::Cp950)
}

fn is_letter_of_1251(byte: u8) -> bool {
    matches!(byte, 0xc0..=0xff | 0xa8 | 0xb8) || is_ukrainian_of_1251(byte)
}

fn is_small_of_1251(byte: u8) -> bool {
    matches!(byte, 0xe0..=0xff | 0xb3 | 0xb4 | 0xb8 | 0xba | 0xbf)
}

fn is_ukrainian_of_1251(byte: u8) -> bool {
    matches!(byte, 0xa5 | 0xaa | 0xaf | 0xb2..=0xb4 | 0xba | 0xbf)
}

fn is_letter_of_866(byte: u8) -> bool {
    matches!(byte, 0x80..=0xaf | 0xe0..=0xf1)
}

fn is_small_of_866(byte: u8) -> bool {
    matches!(byte, 0xa0..=0xaf | 0xe0..=0xef | 0xf1)
}

/// Whether nearly all bytes above ASCII are letters in words of small letters.
fn is_cyrillic(lines: &[&[u8]], is_letter: fn(u8) -> bool, is_small: fn(u8) -> bool) -> bool {
    let (mut letters, mut others, mut small) = (0_usize, 0_usize, 0_usize);
    let (mut words, mut stray) = (0_usize, 0_usize);
    let mut different: HashSet<u8> = HashSet::new();
    for (run, within_latin) in lines.iter().flat_map(|line| runs(line)) {
        let of_run = run.iter().filter(|byte| is_letter(**byte)).count();
        letters = letters.saturating_add(of_run);
        others = others.saturating_add(run.len().saturating_sub(of_run));
        different.extend(run);
        let of_small = run.iter().filter(|byte| is_small(**byte)).count();
        small = small.saturating_add(of_small);
        // A word: small letters behind its first.
        let behind_first = run.get(1..).unwrap_or_default();
        let word = of_run == run.len() && behind_first.iter().all(|byte| is_small(*byte));
        if within_latin || run.len() > 3 && !word {
            stray = stray.saturating_add(1);
        } else if run.len() >= 3 && word {
            words = words.saturating_add(1);
        }
    }
    letters >= LETTERS
        && words >= WORDS
        && different.len() >= DIFFERENT_LETTERS
        && small < letters
        && stray.saturating_mul(10) <= words
        && others.saturating_mul(20) <= letters
        && small.saturating_mul(10) >= letters.saturating_mul(7)
}

/// The runs of bytes above ASCII of a line, and whether an ASCII letter stands
/// beside them.
fn runs(line: &[u8]) -> Vec<(&[u8], bool)> {
    let mut found: Vec<(&[u8], bool)> = Vec::new();
    let mut before = None;
    for piece in line.chunk_by(|one, next| one.is_ascii() == next.is_ascii()) {
        if piece.first().is_some_and(u8::is_ascii) {
            let touches = piece.first().is_some_and(u8::is_ascii_alphabetic);
            if let (Some((_, within)), true) = (found.last_mut(), touches) {
                *within = true;
            }
            before = piece.last();
        } else {
            found.push((piece, before.is_some_and(u8::is_ascii_alphabetic)));
        }
    }
    found
}

/// The pairs of bytes above ASCII: the different ones, their number, and the
/// bytes that are in none.
struct Pairs {
    different: HashSet<(u8, u8)>,
    count: usize,
    ascii_second: usize,
    others: usize,
}

fn pairs(lines: &[&[u8]], first: impl Fn(u8) -> bool, second: impl Fn(u8) -> bool) -> Pairs {
    let mut found = Pairs {
        different: HashSet::new(),
        count: 0,
        ascii_second: 0,
        others: 0,
    };
    for line in lines {
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte.is_ascii() {
                continue;
            }
            let mark = matches!(byte, 0xa1..=0xa3);
            let pair = bytes.peek().copied().filter(|next| second(*next));
            match pair {
                Some(next) if first(byte) => {
                    bytes.next();
                    found.count = found.count.saturating_add(1);
                    if next.is_ascii() {
                        found.ascii_second = found.ascii_second.saturating_add(1);
                    }
                    found.different.insert((byte, next));
                }
                // Punctuation stands in the first rows.
                Some(_) if mark => {
                    bytes.next();
                }
                _ => found.others = found.others.saturating_add(1),
            }
        }
    }
    found
}

fn is_korean(lines: &[&[u8]]) -> bool {
    let found = pairs(
        lines,
        |first| matches!(first, 0xb0..=0xc8),
        |second| second >= 0xa1 && second != 0xff,
    );
    found.others == 0 && found.different.len() >= DIFFERENT
}

fn is_big5(lines: &[&[u8]]) -> bool {
    let found = pairs(
        lines,
        |first| matches!(first, 0xa4..=0xc6 | 0xc9..=0xf9),
        |second| matches!(second, 0x40..=0x7e | 0xa1..=0xfe),
    );
    let common = found.different.iter().filter(|(first, _)| *first <= 0xc6);
    let common = common.count();
    found.others == 0
        && found.different.len() >= DIFFERENT
        && common.saturating_mul(10) >= found.different.len().saturating_mul(9)
        && found.ascii_second.saturating_mul(5) >= found.count
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, Encoding as Codec, GBK, IBM866, SHIFT_JIS, WINDOWS_1251};

    use crate::source::{Encoding, FileId, SourceFile};

    const RUSSIAN: &str = "Настройка протокола IP для Windows\r\n\r\n   Имя компьютера  . . . . . . . . . : HUB1\r\n   Основной DNS-суффикс  . . . . . . : contoso.com\r\n   Тип узла. . . . . . . . . . . . . : Гибридный\r\n   IP-маршрутизация включена . . . . : Нет\r\n";
    const KOREAN: &str = "Windows IP 구성\r\n\r\n   호스트 이름 . . . . . . . . : HUB1\r\n   주 DNS 접미사 . . . . . . . . : contoso.com\r\n   노드 유형 . . . . . . . . . : 혼성\r\n   IP 라우팅 사용. . . . . . . . : 아니요\r\n   서브넷 마스크 . . . . . . . : 255.255.255.0\r\n   기본 게이트웨이 . . . . . . : 10.1.0.1\r\n";
    const TRADITIONAL: &str = "Windows IP 設定\r\n\r\n   主機名稱 . . . . . . . . . . . . .: HUB1\r\n   主要 DNS 尾碼  . . . . . . . . . .: contoso.com\r\n   節點類型 . . . . . . . . . . . . .: 混合式\r\n   IP 路由啟用 . . . . . . . . . . . : 否\r\n   WINS Proxy 啟用 . . . . . . . . . : 否\r\n   子網路遮罩 . . . . . . . . . . . .: 255.255.255.0\r\n   預設閘道 . . . . . . . . . . . . .: 10.1.0.1\r\n";
    const SIMPLIFIED: &str = "Windows IP 配置\r\n\r\n   主机名  . . . . . . . . . . . . . : HUB1\r\n   主 DNS 后缀 . . . . . . . . . . . : contoso.com\r\n   节点类型  . . . . . . . . . . . . : 混合\r\n   IP 路由已启用 . . . . . . . . . . : 否\r\n   子网掩码  . . . . . . . . . . . . : 255.255.255.0\r\n   默认网关. . . . . . . . . . . . . : 10.1.0.1\r\n";
    const JAPANESE: &str = "Windows IP 構成\r\n\r\n   ホスト名. . . . . . . . . . . . . .: HUB1\r\n   プライマリ DNS サフィックス . . . . . . .: contoso.com\r\n   ノード タイプ . . . . . . . . . . . .: ハイブリッド\r\n   IP ルーティング有効 . . . . . . . . .: いいえ\r\n   サブネット マスク . . . . . . . . . .: 255.255.255.0\r\n   デフォルト ゲートウェイ . . . . . . .: 10.1.0.1\r\n";

    fn decoded(codec: &'static Codec, text: &str) -> (String, Vec<Encoding>) {
        let (bytes, _, lost) = codec.encode(text);
        assert!(!lost, "{text}");
        let file = SourceFile::decode(FileId(0), "x.txt", bytes.into_owned());
        (file.text().to_owned(), file.encodings())
    }

    #[test]
    fn each_is_told_by_its_text_and_the_others_keep_theirs() {
        for (codec, text, encoding) in [
            (IBM866, RUSSIAN, Encoding::Cp866),
            (WINDOWS_1251, RUSSIAN, Encoding::Windows1251),
            (EUC_KR, KOREAN, Encoding::Cp949),
            (BIG5, TRADITIONAL, Encoding::Cp950),
            (GBK, SIMPLIFIED, Encoding::Cp936),
            (SHIFT_JIS, JAPANESE, Encoding::Cp932),
        ] {
            let (found, encodings) = decoded(codec, text);
            assert_eq!(found, text, "{encoding}");
            assert!(encodings.contains(&encoding), "{encodings:?} of {encoding}");
        }
    }

    #[test]
    fn a_few_letters_decide_nothing_new() {
        for (codec, text) in [
            (WINDOWS_1251, "Имя : HUB1\r\n"),
            (IBM866, "Имя : HUB1\r\n"),
            (EUC_KR, "구성 : HUB1\r\n"),
            (BIG5, "設定 : HUB1\r\n"),
        ] {
            let (_, encodings) = decoded(codec, text);
            for new in [
                Encoding::Cp866,
                Encoding::Windows1251,
                Encoding::Cp949,
                Encoding::Cp950,
            ] {
                assert!(!encodings.contains(&new), "{text}");
            }
        }
    }

    #[test]
    fn words_of_the_west_are_none_of_them() {
        let german = "Domänenprofil, Größe, Übertragung, für, können, Schlüssel, löschen, wählen, Gerät, früher, später, Zürich, Köln, München\r\n".repeat(8);
        let french = "à côté, réseau, été, déjà, forêt, élève, créée, dîner, naïf, sécurité, passerelle par défaut\r\n".repeat(8);
        let icelandic =
            "þýðing, þýða, þýðandi, þýðir, þýðingar, kennslóð, aðgangsorð, netþjónn\r\n".repeat(8);
        for text in [&german, &french, &icelandic] {
            let bytes = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
            let file = SourceFile::decode(FileId(0), "x.txt", bytes);
            assert_eq!(file.text(), text);
        }
    }

    #[test]
    fn letters_beside_latin_ones_blocks_and_hebrew_are_no_cyrillic_words() {
        let turkish = "açtığı, yaptığı, kullandığı, gördüğü, alındığı, bağlandığı\r\n".repeat(8);
        let hebrew = "שלום עולם הגדרות כתובת שרת דואר רשת\r\n".repeat(8);
        let turkish = encoding_rs::WINDOWS_1254.encode(&turkish).0.into_owned();
        let hebrew = encoding_rs::WINDOWS_1255.encode(&hebrew).0.into_owned();
        let blocks = [&[0xfe; 32][..], b" Gr\x94\xe1e\r\n"].concat().repeat(8);
        for bytes in [turkish, hebrew, blocks] {
            let file = SourceFile::decode(FileId(0), "x.txt", bytes);
            for new in [Encoding::Cp866, Encoding::Windows1251] {
                assert!(!file.encodings().contains(&new), "{}", file.text());
            }
        }
    }

    #[test]
    fn ukrainian_is_read_in_its_code_page() {
        let text = "Ім'я вузла : HUB1\r\nОсновний суфікс : contoso.com\r\nТип вузла : Гібридний\r\nМаршрутизація дозволена : ні\r\nАдреса шлюзу за замовчуванням : її немає\r\n";
        let (found, encodings) = decoded(WINDOWS_1251, text);
        assert_eq!(found, text);
        assert!(encodings.contains(&Encoding::Windows1251));
    }

    #[test]
    fn a_russian_machine_is_read_in_its_own_code_page() {
        let (bytes, _, _) = IBM866.encode(RUSSIAN);
        let file = SourceFile::decode(FileId(0), "ipconfig.txt", bytes.into_owned());
        let at = file.text().find("HUB1").unwrap();
        let original = file.original_offset(u32::try_from(at).unwrap());
        let bytes = IBM866.encode(RUSSIAN).0;
        let at = usize::try_from(original).unwrap();
        assert_eq!(bytes.get(at..at + 4), Some(&b"HUB1"[..]));
    }
}
