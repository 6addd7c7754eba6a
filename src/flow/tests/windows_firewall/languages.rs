//! The same listing in the words of several languages and code pages.

use super::{firewall, tcp};
use crate::model::firewall::Firewall;
use crate::source::{FileId, SourceFile};

fn listing(labels: &[(&str, &str)], end: &str) -> String {
    let mut text = String::new();
    for (number, (label, value)) in labels.iter().enumerate() {
        let width = 38usize.saturating_sub(label.chars().count());
        text += &format!("{label}{}{value}\r\n", " ".repeat(width));
        if number == 0 {
            text += &("-".repeat(70) + "\r\n");
        }
    }
    format!("\r\n{text}{end}\r\n")
}

const GERMAN: &[(&str, &str)] = &[
    ("Regelname:", "Mail"),
    ("Aktiviert:", "Ja"),
    ("Richtung:", "Eingehend"),
    ("Profile:", "Domäne,Privat,Öffentlich"),
    ("Gruppierung:", ""),
    ("Lokales IP:", "Beliebig"),
    ("Remote-IP:", "10.9.0.0/24"),
    ("Protokoll:", "TCP"),
    ("Lokaler Port:", "25"),
    ("Remoteport:", "Beliebig"),
    ("Edgeausnahme:", "Nein"),
    ("Schnittstellentypen:", "Beliebig"),
    ("Sicherheit:", "NotRequired"),
    ("Regelquelle:", "Lokale Einstellung"),
    ("Aktion:", "Zulassen"),
];

const JAPANESE: &[(&str, &str)] = &[
    ("規則名:", "Mail"),
    ("有効:", "はい"),
    ("方向:", "入力"),
    ("プロファイル:", "ドメイン,プライベート,パブリック"),
    ("グループ:", ""),
    ("ローカル IP:", "任意"),
    ("リモート IP:", "10.9.0.0/24"),
    ("プロトコル:", "TCP"),
    ("ローカル ポート:", "25"),
    ("リモート ポート:", "任意"),
    ("エッジ トラバーサル:", "いいえ"),
    ("インターフェイスの種類:", "任意"),
    ("セキュリティ:", "NotRequired"),
    ("規則の出所:", "ローカル設定"),
    ("操作:", "許可"),
];

const CHINESE: &[(&str, &str)] = &[
    ("规则名称:", "Mail"),
    ("已启用:", "是"),
    ("方向:", "入"),
    ("配置文件:", "域,专用,公用"),
    ("分组:", ""),
    ("本地 IP:", "任何"),
    ("远程 IP:", "10.9.0.0/24"),
    ("协议:", "TCP"),
    ("本地端口:", "25"),
    ("远程端口:", "任何"),
    ("边缘遍历:", "否"),
    ("接口类型:", "任何"),
    ("安全:", "NotRequired"),
    ("规则源:", "本地设置"),
    ("操作:", "允许"),
];

const SPANISH: &[(&str, &str)] = &[
    ("Nombre de regla:", "Mail"),
    ("Habilitada:", "Sí"),
    ("Dirección:", "Dentro"),
    ("Perfiles:", "Dominio,Privada,Pública"),
    ("Agrupamiento:", ""),
    ("LocalIP:", "Cualquiera"),
    ("RemoteIP:", "10.9.0.0/24"),
    ("Protocolo:", "TCP"),
    ("LocalPort:", "25"),
    ("RemotePort:", "Cualquiera"),
    ("Cruce seguro del perímetro:", "No"),
    ("Tipos de interfaz:", "Cualquiera"),
    ("Seguridad:", "NotRequired"),
    ("Origen de regla:", "Configuración local"),
    ("Acción:", "Permitir"),
];

const FRENCH: &[(&str, &str)] = &[
    ("Nom de la règle :", "Mail"),
    ("Activé :", "Oui"),
    ("Direction :", "Actif"),
    ("Profiles :", "Domaine,Privé,Public"),
    ("Groupement :", ""),
    ("LocalIP :", "Tout"),
    ("RemoteIP :", "10.9.0.0/24"),
    ("Protocole :", "TCP"),
    ("LocalPort :", "25"),
    ("RemotePort :", "Tout"),
    ("Traversée latérale :", "Non"),
    ("Action :", "Autoriser"),
];

const PORTUGUESE: &[(&str, &str)] = &[
    ("Nome da Regra:", "Mail"),
    ("Habilitado:", "Sim"),
    ("Direção:", "Entrada"),
    ("Perfis:", "Domínio,Particular,Público"),
    ("Agrupamento:", ""),
    ("LocalIP:", "Qualquer"),
    ("RemoteIP:", "10.9.0.0/24"),
    ("Protocolo:", "TCP"),
    ("LocalPort:", "25"),
    ("RemotePort:", "Qualquer"),
    ("Travessia da borda:", "Não"),
    ("Tipos de Interface:", "Qualquer"),
    ("Segurança:", "NotRequired"),
    ("Origem da Regra:", "Configuração Local"),
    ("Ação:", "Permitir"),
];

const TRADITIONAL_CHINESE: &[(&str, &str)] = &[
    ("規則名稱:", "Mail"),
    ("已啟用:", "是"),
    ("方向:", "輸入"),
    ("設定檔:", "網域,私人,公用"),
    ("群組:", ""),
    ("本機 IP:", "任一"),
    ("遠端 IP:", "10.9.0.0/24"),
    ("通訊協定:", "TCP"),
    ("本機連接埠:", "25"),
    ("遠端連接埠:", "任一"),
    ("邊緣周遊:", "否"),
    ("介面類型:", "任一"),
    ("安全性:", "NotRequired"),
    ("規則來源:", "本機設定"),
    ("動作:", "允許"),
];

fn verdicts(firewall: &Firewall) -> [char; 3] {
    [
        tcp(firewall, "10.9.0.1", 25),
        tcp(firewall, "10.8.0.1", 25),
        tcp(firewall, "10.9.0.1", 26),
    ]
}

#[test]
fn verbose_listings_mean_the_same_in_every_language() {
    for (labels, end) in [
        (GERMAN, "OK."),
        (JAPANESE, "OK"),
        (CHINESE, "确定。"),
        (SPANISH, "Aceptar"),
        (PORTUGUESE, "Ok."),
        (TRADITIONAL_CHINESE, "確定。"),
    ] {
        let text = listing(labels, end);
        let host = firewall(&[("hub1.txt", &text)]);
        assert_eq!(verdicts(&host), ['P', 'I', 'I'], "{text}");
    }
}

#[test]
fn a_copy_without_dashes_and_columns_is_the_same_listing() {
    // As pages and chats keep it: dashes gone, blanks folded, text around it.
    let text: String = listing(GERMAN, "OK.")
        .lines()
        .filter(|line| !line.starts_with("---"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    let second = text.replace("Mail", "Web").replace(": 25", ": 443");
    let host = firewall(&[("hub1.md", &format!("# HUB1\n\n```\n{text}{second}```\n"))]);
    assert_eq!(verdicts(&host), ['P', 'I', 'I']);
    assert_eq!(tcp(&host, "10.9.0.1", 443), 'P');
}

#[test]
fn a_short_listing_in_french_leaves_the_bindings_open_and_nothing_else() {
    let host = firewall(&[("hub1.txt", &listing(FRENCH, "Ok."))]);
    assert_eq!(verdicts(&host), ['I', 'I', 'I']);
    let why: Vec<_> = host
        .not_modelled
        .iter()
        .filter(|known| known.reason.contains("not understood"))
        .collect();
    assert!(why.is_empty(), "{why:?}");
}

fn decoded(bytes: Vec<u8>) -> String {
    SourceFile::decode(FileId(0), "hub1.txt", bytes)
        .text()
        .to_owned()
}

#[test]
fn code_pages_and_utf_16_are_read() {
    let japanese = listing(JAPANESE, "OK");
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(&japanese);
    let chinese = listing(CHINESE, "确定。");
    let (cp936, _, _) = encoding_rs::GBK.encode(&chinese);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(japanese.encode_utf16().flat_map(u16::to_le_bytes));
    for bytes in [cp932.into_owned(), cp936.into_owned(), utf16] {
        let host = firewall(&[("hub1.txt", &decoded(bytes))]);
        assert_eq!(verdicts(&host), ['P', 'I', 'I']);
    }
}

#[test]
fn letters_that_the_console_lost_are_made_good() {
    let question_marks: String = listing(GERMAN, "OK.")
        .chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect();
    let host = firewall(&[("hub1.txt", &question_marks)]);
    assert_eq!(verdicts(&host), ['P', 'I', 'I']);
    // The OEM code page 850 read as windows-1252.
    let oem = listing(SPANISH, "Aceptar")
        .replace('í', "¡")
        .replace('ó', "¢")
        .replace('ú', "£");
    let host = firewall(&[("hub1.txt", &oem)]);
    assert_eq!(verdicts(&host), ['P', 'I', 'I']);
}

#[test]
fn profile_settings_are_read_in_every_language() {
    for text in [
        "\nDomänenprofil-Einstellungen:\n----------------------------------------------------------------------\nStatus                                EIN\nFirewallrichtlinie                    BlockInbound,AllowOutbound\n\nPrivates Profil-Einstellungen:\n----------------------------------------------------------------------\nStatus                                EIN\nFirewallrichtlinie                    BlockInbound,AllowOutbound\n\nÖffentliches Profil-Einstellungen:\n----------------------------------------------------------------------\nStatus                                EIN\nFirewallrichtlinie                    BlockInbound,AllowOutbound\nOK.\n",
        "域配置文件 设置:\n----------------------------------------------------------------------\n状态                                  启用\n防火墙策略                          BlockInbound,AllowOutbound\n\n专用配置文件 设置:\n----------------------------------------------------------------------\n状态                                  启用\n防火墙策略                          BlockInbound,AllowOutbound\n\n公用配置文件 设置:\n----------------------------------------------------------------------\n状态                                  启用\n防火墙策略                          BlockInbound,AllowOutbound\n确定。\n",
    ] {
        let host = firewall(&[
            ("hub1.txt", &listing(GERMAN, "OK.")),
            ("profiles.txt", text),
        ]);
        assert_eq!(verdicts(&host), ['P', 'D', 'D'], "{text}");
    }
}
