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

/// The XML reader passes over a mark without counting it: all places of values
/// would be wrong.
#[test]
fn no_mark_stays_at_the_beginning_of_a_text() {
    let (narrow, little, big) = ([0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]);
    for bytes in [
        [narrow.as_slice(), &narrow, CONFIG.as_bytes()].concat(),
        [little.as_slice(), &little, &utf16le(CONFIG)].concat(),
        [big.as_slice(), &big, &utf16be(CONFIG)].concat(),
        [narrow.as_slice(), &little, &utf16le(CONFIG)].concat(),
        [narrow.as_slice(), &utf16le(CONFIG)].concat(),
    ] {
        assert_eq!(decode(bytes.clone()).text, CONFIG, "{bytes:x?}");
    }
    let mixed = [
        narrow.as_slice(),
        b"banner\r\n",
        &utf16le(&CONFIG.repeat(3)),
    ]
    .concat();
    assert_eq!(
        decode(mixed).text,
        format!("banner\r\n{}", CONFIG.repeat(3))
    );
}

/// `cmd` writes a heading, and Windows PowerShell appends to the file.
#[test]
fn utf16_behind_lines_of_single_bytes_is_read_in_its_order() {
    let many = "0123456789\r\n".repeat(600);
    for narrow in ["ab\r\n", "abc\r\n", "a\nbc\r\n", "a\n\nb\r\n", &many] {
        for wide in [utf16le(CONFIG), utf16be(CONFIG)] {
            let decoded = decode([narrow.as_bytes(), &wide].concat());
            assert_eq!(decoded.text, format!("{narrow}{CONFIG}"), "{narrow:?}");
            assert_eq!((decoded.binary, decoded.malformed), (None, 0));
        }
    }
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

/// Bytes as random as those of a cipher: a linear congruential generator.
fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100_000)
    .collect()
}

#[test]
fn an_encrypted_backup_of_fortios_keeps_its_mark() {
    let backup = [&b"#FGBK|4|FGT61F|7|00|2000|"[..], &noise()].concat();
    let decoded = decode(backup);
    assert_eq!(decoded.binary, None);
    assert_eq!(decoded.text, "#FGBK");
}

#[test]
fn compressed_and_encrypted_data_is_binary_by_its_control_characters() {
    let noise = noise();
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

#[test]
fn short_japanese_text_is_told_by_how_its_bytes_stand() {
    for (text, bytes) in [
        (
            "状態                                  オン",
            &[
                0x8f, 0xf3, 0x91, 0xd4, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x83, 0x49, 0x83, 0x93,
            ][..],
        ),
        (
            "アドレス",
            &[0x83, 0x41, 0x83, 0x68, 0x83, 0x8c, 0x83, 0x58][..],
        ),
        ("優先", &[0x97, 0x44, 0x90, 0xe6][..]),
        ("名前", &[0x96, 0xbc, 0x91, 0x4f][..]),
        (
            "   IPv4 アドレス . . . . . . . . . . . .: 10.2.128.209(優先)",
            &[
                0x20, 0x20, 0x20, 0x49, 0x50, 0x76, 0x34, 0x20, 0x83, 0x41, 0x83, 0x68, 0x83, 0x8c,
                0x83, 0x58, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e,
                0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x2e, 0x3a, 0x20,
                0x31, 0x30, 0x2e, 0x32, 0x2e, 0x31, 0x32, 0x38, 0x2e, 0x32, 0x30, 0x39, 0x28, 0x97,
                0x44, 0x90, 0xe6, 0x29,
            ][..],
        ),
        ("OK 。", &[0x4f, 0x4b, 0x20, 0x81, 0x42][..]),
        ("有効", &[0x97, 0x4c, 0x8c, 0xf8][..]),
        ("はい", &[0x82, 0xcd, 0x82, 0xa2][..]),
        ("いいえ", &[0x82, 0xa2, 0x82, 0xa2, 0x82, 0xa6][..]),
        (
            "規則名:   SMTP",
            &[
                0x8b, 0x4b, 0x91, 0xa5, 0x96, 0xbc, 0x3a, 0x20, 0x20, 0x20, 0x53, 0x4d, 0x54, 0x50,
            ][..],
        ),
        ("1 分", &[0x31, 0x20, 0x95, 0xaa][..]),
        ("ﾎｽﾄ名", &[0xce, 0xbd, 0xc4, 0x96, 0xbc][..]),
        (
            "状態: 無",
            &[0x8f, 0xf3, 0x91, 0xd4, 0x3a, 0x20, 0x96, 0xb3][..],
        ),
        (
            "プロトコル tcp の動的ポートの範囲",
            &[
                0x83, 0x76, 0x83, 0x8d, 0x83, 0x67, 0x83, 0x52, 0x83, 0x8b, 0x20, 0x74, 0x63, 0x70,
                0x20, 0x82, 0xcc, 0x93, 0xae, 0x93, 0x49, 0x83, 0x7c, 0x81, 0x5b, 0x83, 0x67, 0x82,
                0xcc, 0x94, 0xcd, 0x88, 0xcd,
            ][..],
        ),
        (
            "ポート数        : 16384",
            &[
                0x83, 0x7c, 0x81, 0x5b, 0x83, 0x67, 0x90, 0x94, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                0x20, 0x20, 0x3a, 0x20, 0x31, 0x36, 0x33, 0x38, 0x34,
            ][..],
        ),
        (
            "netsh で設定",
            &[
                0x6e, 0x65, 0x74, 0x73, 0x68, 0x20, 0x82, 0xc5, 0x90, 0xdd, 0x92, 0xe8,
            ][..],
        ),
    ] {
        let decoded = decode(bytes.to_vec());
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.segments[0].encoding, Encoding::Cp932, "{text}");
    }
}

#[test]
fn short_chinese_text_is_told_by_how_its_bytes_stand() {
    for (text, bytes) in [
        ("启用", &[0xc6, 0xf4, 0xd3, 0xc3][..]),
        ("IP 地址", &[0x49, 0x50, 0x20, 0xb5, 0xd8, 0xd6, 0xb7][..]),
        (
            "主机名  . . : UM1",
            &[
                0xd6, 0xf7, 0xbb, 0xfa, 0xc3, 0xfb, 0x20, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x3a, 0x20,
                0x55, 0x4d, 0x31,
            ][..],
        ),
        (
            "规则名称",
            &[0xb9, 0xe6, 0xd4, 0xf2, 0xc3, 0xfb, 0xb3, 0xc6][..],
        ),
        (
            "已启用: 是",
            &[0xd2, 0xd1, 0xc6, 0xf4, 0xd3, 0xc3, 0x3a, 0x20, 0xca, 0xc7][..],
        ),
        (
            "端口数          : 16384",
            &[
                0xb6, 0xcb, 0xbf, 0xda, 0xca, 0xfd, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                0x20, 0x20, 0x3a, 0x20, 0x31, 0x36, 0x33, 0x38, 0x34,
            ][..],
        ),
        (
            "协议 tcp 动态端口范围",
            &[
                0xd0, 0xad, 0xd2, 0xe9, 0x20, 0x74, 0x63, 0x70, 0x20, 0xb6, 0xaf, 0xcc, 0xac, 0xb6,
                0xcb, 0xbf, 0xda, 0xb7, 0xb6, 0xce, 0xa7,
            ][..],
        ),
    ] {
        let decoded = decode(bytes.to_vec());
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.segments[0].encoding, Encoding::Cp936, "{text}");
    }
}

#[test]
fn text_of_a_western_console_is_told_by_how_its_bytes_stand() {
    for (text, bytes) in [
        (
            "Primäres DNS-Suffix",
            &[
                0x50, 0x72, 0x69, 0x6d, 0x84, 0x72, 0x65, 0x73, 0x20, 0x44, 0x4e, 0x53, 0x2d, 0x53,
                0x75, 0x66, 0x66, 0x69, 0x78,
            ][..],
        ),
        (
            "Ausgeführt",
            &[0x41, 0x75, 0x73, 0x67, 0x65, 0x66, 0x81, 0x68, 0x72, 0x74][..],
        ),
        (
            "Öffentliches Profil",
            &[
                0x99, 0x66, 0x66, 0x65, 0x6e, 0x74, 0x6c, 0x69, 0x63, 0x68, 0x65, 0x73, 0x20, 0x50,
                0x72, 0x6f, 0x66, 0x69, 0x6c,
            ][..],
        ),
        (
            "   NetBIOS über TCP/IP . . : Aktiviert",
            &[
                0x20, 0x20, 0x20, 0x4e, 0x65, 0x74, 0x42, 0x49, 0x4f, 0x53, 0x20, 0x81, 0x62, 0x65,
                0x72, 0x20, 0x54, 0x43, 0x50, 0x2f, 0x49, 0x50, 0x20, 0x2e, 0x20, 0x2e, 0x20, 0x3a,
                0x20, 0x41, 0x6b, 0x74, 0x69, 0x76, 0x69, 0x65, 0x72, 0x74,
            ][..],
        ),
        (
            "Lease läuft ab",
            &[
                0x4c, 0x65, 0x61, 0x73, 0x65, 0x20, 0x6c, 0x84, 0x75, 0x66, 0x74, 0x20, 0x61, 0x62,
            ][..],
        ),
        ("für", &[0x66, 0x81, 0x72][..]),
        (
            "Sélectionné",
            &[
                0x53, 0x82, 0x6c, 0x65, 0x63, 0x74, 0x69, 0x6f, 0x6e, 0x6e, 0x82,
            ][..],
        ),
        (
            "Configuración",
            &[
                0x43, 0x6f, 0x6e, 0x66, 0x69, 0x67, 0x75, 0x72, 0x61, 0x63, 0x69, 0xa2, 0x6e,
            ][..],
        ),
        ("größer", &[0x67, 0x72, 0x94, 0xe1, 0x65, 0x72][..]),
        (
            "Adresse de réseau",
            &[
                0x41, 0x64, 0x72, 0x65, 0x73, 0x73, 0x65, 0x20, 0x64, 0x65, 0x20, 0x72, 0x82, 0x73,
                0x65, 0x61, 0x75,
            ][..],
        ),
    ] {
        let decoded = decode(bytes.to_vec());
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.segments[0].encoding, Encoding::Cp850, "{text}");
    }
}

#[test]
fn short_western_text_is_told_by_how_its_bytes_stand() {
    for (text, bytes) in [
        (
            "Primäres DNS-Suffix",
            &[
                0x50, 0x72, 0x69, 0x6d, 0xe4, 0x72, 0x65, 0x73, 0x20, 0x44, 0x4e, 0x53, 0x2d, 0x53,
                0x75, 0x66, 0x66, 0x69, 0x78,
            ][..],
        ),
        (
            "„Hub“ – x",
            &[0x84, 0x48, 0x75, 0x62, 0x93, 0x20, 0x96, 0x20, 0x78][..],
        ),
        ("café", &[0x63, 0x61, 0x66, 0xe9][..]),
        (
            "Müller GmbH",
            &[
                0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 0x20, 0x47, 0x6d, 0x62, 0x48,
            ][..],
        ),
        ("don’t", &[0x64, 0x6f, 0x6e, 0x92, 0x74][..]),
        (
            "Größe: 5 µs",
            &[
                0x47, 0x72, 0xf6, 0xdf, 0x65, 0x3a, 0x20, 0x35, 0x20, 0xb5, 0x73,
            ][..],
        ),
        (
            "naïve “quoted” text…",
            &[
                0x6e, 0x61, 0xef, 0x76, 0x65, 0x20, 0x93, 0x71, 0x75, 0x6f, 0x74, 0x65, 0x64, 0x94,
                0x20, 0x74, 0x65, 0x78, 0x74, 0x85,
            ][..],
        ),
        (
            "© 2009 Microsoft®",
            &[
                0xa9, 0x20, 0x32, 0x30, 0x30, 0x39, 0x20, 0x4d, 0x69, 0x63, 0x72, 0x6f, 0x73, 0x6f,
                0x66, 0x74, 0xae,
            ][..],
        ),
        (
            "20°C ± 5 ¹²",
            &[
                0x32, 0x30, 0xb0, 0x43, 0x20, 0xb1, 0x20, 0x35, 0x20, 0xb9, 0xb2,
            ][..],
        ),
        (
            "Ausgeführt",
            &[0x41, 0x75, 0x73, 0x67, 0x65, 0x66, 0xfc, 0x68, 0x72, 0x74][..],
        ),
        ("Öl", &[0xd6, 0x6c][..]),
        ("façade", &[0x66, 0x61, 0xe7, 0x61, 0x64, 0x65][..]),
        ("Straße", &[0x53, 0x74, 0x72, 0x61, 0xdf, 0x65][..]),
        (
            "São Paulo",
            &[0x53, 0xe3, 0x6f, 0x20, 0x50, 0x61, 0x75, 0x6c, 0x6f][..],
        ),
        (
            "„hub“, „edge“",
            &[
                0x84, 0x68, 0x75, 0x62, 0x93, 0x2c, 0x20, 0x84, 0x65, 0x64, 0x67, 0x65, 0x93,
            ][..],
        ),
        ("ÄÖÜ", &[0xc4, 0xd6, 0xdc][..]),
    ] {
        let decoded = decode(bytes.to_vec());
        assert_eq!(decoded.text, text);
        assert_eq!(
            decoded.segments[0].encoding,
            Encoding::Windows1252,
            "{text}"
        );
    }
}

#[test]
fn stretches_of_one_machine_share_their_code_page() {
    // A header in UTF-16, a line with one lone character, and more of them.
    let mut bytes = vec![0xff, 0xfe];
    let header =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    bytes.extend(header("netsh\r\n"));
    bytes.extend(b"a \x96\xb3\r\n");
    bytes.extend(header("ipconfig\r\n"));
    bytes.extend(b"\x83z\x83X\x83g\x96\xbc : HUB1\r\n");
    let decoded = decode(bytes);
    assert_eq!(
        decoded.text,
        "netsh\r\na 無\r\nipconfig\r\nホスト名 : HUB1\r\n"
    );
    assert_eq!(decoded.malformed, 0);
}

#[test]
fn a_line_that_a_program_cut_does_not_make_japanese_western() {
    let mut bytes =
        "状態 オン\r\n"
            .repeat(20)
            .chars()
            .map(String::from)
            .fold(Vec::new(), |mut all, c| {
                let (encoded, ..) = encoding_rs::SHIFT_JIS.encode(&c);
                all.extend_from_slice(&encoded);
                all
            });
    bytes.extend(b"\x83z\x83\r\n");
    assert!(decode(bytes).text.starts_with("状態 オン"));
}
