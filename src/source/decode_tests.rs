use super::*;

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn encodings(decoded: &Decoded) -> Vec<Encoding> {
    decoded.segments.iter().map(|s| s.encoding).collect()
}

const CONFIG: &str = "hostname outer\r\ninterface Vlan1\r\n nameif outside\r\n";

#[test]
fn utf8_is_read_with_and_without_a_mark() {
    let plain = decode(CONFIG.as_bytes().to_vec());
    assert_eq!((plain.text.as_str(), plain.malformed), (CONFIG, 0));
    let marked = decode([b"\xef\xbb\xbf".as_slice(), CONFIG.as_bytes()].concat());
    assert_eq!(marked.text, CONFIG);
    assert_eq!(marked.segments[0].byte_start, 3);
}

#[test]
fn utf16_is_read_in_both_orders_with_and_without_a_mark() {
    for (mark, body, encoding) in [
        (vec![0xff, 0xfe], utf16le(CONFIG), Encoding::Utf16Le),
        (vec![], utf16le(CONFIG), Encoding::Utf16Le),
        (vec![0xfe, 0xff], utf16be(CONFIG), Encoding::Utf16Be),
        (vec![], utf16be(CONFIG), Encoding::Utf16Be),
    ] {
        let decoded = decode([mark, body].concat());
        assert_eq!(decoded.text, CONFIG, "{encoding}");
        assert_eq!(encodings(&decoded), [encoding]);
    }
}

#[test]
fn japanese_utf16_with_a_mark_is_not_taken_for_oem_bytes() {
    let text = "規則名: 受信コネクタ\r\n《有効》: はい\r\n境界ネットワーク";
    let decoded = decode([vec![0xff, 0xfe], utf16le(text)].concat());
    assert_eq!(decoded.text, text);
    assert_eq!(encodings(&decoded), [Encoding::Utf16Le]);
}

#[test]
fn oem_bytes_after_a_utf16_header_are_decoded_by_segment() {
    let header = "Firewall rules\r\n--------------\r\n";
    let (oem, _, _) = SHIFT_JIS.encode("規則名:  メール受信\r\n有効:  はい\r\n");
    let footer = "End of report\r\n";
    let bytes = [
        vec![0xff, 0xfe],
        utf16le(header),
        oem.to_vec(),
        utf16le(footer),
    ]
    .concat();
    let decoded = decode(bytes);
    assert_eq!(
        decoded.text,
        format!("{header}規則名:  メール受信\r\n有効:  はい\r\n{footer}")
    );
    assert_eq!(
        encodings(&decoded),
        [Encoding::Utf16Le, Encoding::Cp932, Encoding::Utf16Le]
    );
    assert_eq!(decoded.malformed, 0);
}

#[test]
fn ascii_bytes_after_a_utf16_header_are_found_without_a_last_line_end() {
    let bytes = [
        vec![0xff, 0xfe],
        utf16le("Result from: netsh\r\n"),
        b"Rule Name: smtp".to_vec(),
    ]
    .concat();
    let decoded = decode(bytes);
    assert_eq!(decoded.text, "Result from: netsh\r\nRule Name: smtp");
}

#[test]
fn japanese_and_western_code_pages_are_told_apart() {
    let japanese = "! 本社の境界ファイアウォール\naccess-list dmz_in remark メール受信を許可\n";
    let (bytes, _, _) = SHIFT_JIS.encode(japanese);
    let decoded = decode(bytes.to_vec());
    assert_eq!(decoded.text, japanese);
    assert_eq!(encodings(&decoded).last(), Some(&Encoding::Cp932));

    let western = "description Zürich – Société Générale\nremark für Übertragung\n";
    let (bytes, _, _) = WINDOWS_1252.encode(western);
    let decoded = decode(bytes.to_vec());
    assert_eq!(decoded.text, western);
    assert_eq!(encodings(&decoded).last(), Some(&Encoding::Windows1252));
}

#[test]
fn chinese_and_japanese_code_pages_are_told_apart() {
    let chinese = "规则名称:      邮件\r\n已启用:      是\r\n方向:      入\r\n";
    let (bytes, _, _) = GBK.encode(chinese);
    let decoded = decode(bytes.to_vec());
    assert_eq!(decoded.text, chinese);
    assert_eq!(encodings(&decoded).last(), Some(&Encoding::Cp936));

    let half_width = "remark ﾒｰﾙ ｻｰﾊﾞｰ ﾃﾞｰﾀﾍﾞｰｽ\n";
    let (bytes, _, _) = SHIFT_JIS.encode(half_width);
    assert_eq!(decode(bytes.to_vec()).text, half_width);
}

#[test]
fn a_policy_file_is_text_and_a_hive_says_what_to_give_instead() {
    let records = utf16le("[Software\\Policies\0;EnableFirewall\0;\u{4}\0;\u{4}\0;\u{1}\0]");
    let bytes = [b"PReg\x01\0\0\0".to_vec(), records].concat();
    assert!(!surely_binary(&bytes));
    assert!(decode(bytes).text.starts_with("[Software\\Policies\0;"));
    let hive = decode([b"regf".to_vec(), vec![0; 64]].concat());
    assert!(
        hive.binary
            .is_some_and(|why| why.contains("netsh advfirewall"))
    );
}

#[test]
fn valid_utf8_lines_survive_beside_lines_of_a_code_page() {
    let (oem, _, _) = SHIFT_JIS.encode("remark 境界のメール\n");
    let bytes = ["remark 日本語はここ\n".as_bytes(), &oem].concat();
    assert_eq!(
        decode(bytes).text,
        "remark 日本語はここ\nremark 境界のメール\n"
    );
}

#[test]
fn binary_data_is_refused_and_stray_nulls_are_not_binary() {
    let image: Vec<u8> = (0..4096_u32).flat_map(|n| n.to_le_bytes()).collect();
    assert!(decode(image).binary.is_some());
    let capture = format!("{}\0{}", CONFIG.repeat(5), CONFIG);
    assert_eq!(decode(capture.clone().into_bytes()).text, capture);
}

#[test]
fn any_bytes_decode_without_a_panic_and_cover_the_input() {
    let mut state = 0x2545_f491_u32;
    for length in 0..512_usize {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let decoded = decode(bytes);
        assert!(decoded.text.is_empty() || !decoded.segments.is_empty());
    }
}

#[test]
fn compressed_and_encrypted_data_is_binary_by_its_control_characters() {
    // A linear congruential generator: bytes as random as those of a cipher.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100_000)
    .collect();
    let decoded = decode(noise.clone());
    assert!(decoded.binary.is_some());
    assert!(decoded.text.is_empty());
    assert!(surely_binary(&noise[..8192]));
}

#[test]
fn a_terminal_capture_with_escapes_and_backspaces_is_text() {
    let line = "\u{1b}[7m--More--\u{1b}[m\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\r\n";
    let capture = line.repeat(50).into_bytes();
    assert!(!surely_binary(&capture));
    assert_eq!(decode(capture).binary, None);
}
