//! Profiles as records of `Get-NetFirewallProfile`, from every form.

use super::FORMAT;
use crate::formats::exchange::testing::{named, records};
use crate::formats::{Content, LineState};
use crate::model::exchange::Value;

const DASHES: &str = "----------------------------------------------------------------------\r\n";
const LOG: &str = r"%systemroot%\system32\LogFiles\Firewall\pfirewall.log";

/// A profile as netsh prints it: heading, label of the state, on, label of the
/// policy, the note of the store, enabled, disabled, label of the log, what
/// ends it.
fn netsh(words: [&str; 9]) -> String {
    let [heading, state, on, policy, store, yes, no, log, ok] = words;
    format!(
        "\r\n{heading}\r\n{DASHES}\
         {state:<38}{on}\r\n{policy:<38}BlockInbound,AllowOutbound\r\n\
         LocalFirewallRules                    N/A ({store})\r\n\
         LocalConSecRules                      N/A ({store})\r\n\
         InboundUserNotification               {no}\r\n\
         RemoteManagement                      {no}\r\n\
         UnicastResponseToMulticast            {yes}\r\n\r\n\
         {log}\r\n\
         LogAllowedConnections                 {no}\r\n\
         LogDroppedConnections                 {yes}\r\n\
         FileName                              {LOG}\r\n\
         MaxFileSize                           4096\r\n\r\n{ok}\r\n"
    )
}

/// What PowerShell shows of the same profile.
const PROPERTIES: [(&str, &str); 10] = [
    ("Name", "Domain"),
    ("Enabled", "True"),
    ("DefaultInboundAction", "Block"),
    ("DefaultOutboundAction", "Allow"),
    ("AllowUnicastResponseToMulticast", "True"),
    ("NotifyOnListen", "False"),
    ("LogFileName", LOG),
    ("LogMaxSizeKilobytes", "4096"),
    ("LogAllowed", "False"),
    ("LogBlocked", "True"),
];

/// Name and value of each property of the only record of a file, whose lines
/// are all understood.
fn record(name: &str, text: &str) -> Vec<(String, Value)> {
    let file = named(name, text);
    assert!((FORMAT.detect)(&file).is_some(), "{text}");
    let document = (FORMAT.parse)(&file);
    assert_eq!(document.ledger.totals().unrecognised, 0, "{text}");
    let models = document.content.iter();
    let models = models.filter(|content| matches!(content, Content::HostFirewall(_)));
    assert_eq!(models.count(), 1, "the firewall, too: {text}");
    let all = records(&document);
    assert_eq!(all.len(), 1, "{text}");
    assert_eq!(all[0].cmdlet, Some("Get-NetFirewallProfile"));
    let properties = all[0].properties.iter();
    let mut properties: Vec<(String, Value)> = properties
        .map(|property| (property.name.to_string(), property.value.clone()))
        .collect();
    properties.sort_by(|a, b| a.0.cmp(&b.0));
    properties
}

fn expected() -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = PROPERTIES
        .iter()
        .map(|(name, value)| {
            let value = match value.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Text((*value).into()),
            };
            ((*name).to_owned(), value)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn netsh_of_every_language_gives_the_record_of_powershell() {
    for words in [
        [
            "Domain Profile Settings: ",
            "State",
            "ON",
            "Firewall Policy",
            "GPO-store only",
            "Enable",
            "Disable",
            "Logging:",
            "Ok.",
        ],
        [
            "ドメイン プロファイル設定: ",
            "状態",
            "オン",
            "ファイアウォール ポリシー",
            "GPO ストアのみ",
            "有効",
            "無効",
            "ログ:",
            "OK",
        ],
        [
            "Domänenprofil-Einstellungen: ",
            "Status",
            "EIN",
            "Firewallrichtlinie",
            "nur GPO-Speicher",
            "Aktivieren",
            "Deaktivieren",
            "Protokollierung:",
            "OK.",
        ],
        [
            "域配置文件 设置: ",
            "状态",
            "启用",
            "防火墙策略",
            "仅 GPO 存储",
            "启用",
            "禁用",
            "日志:",
            "确定。",
        ],
        [
            "Paramètres Profil de domaine : ",
            "État",
            "Actif",
            "Stratégie de pare-feu",
            "magasin d'objets de stratégie de groupe uniquement",
            "Activer",
            "Désactiver",
            "Journalisation :",
            "Ok.",
        ],
    ] {
        assert_eq!(record("hub1.txt", &netsh(words)), expected(), "{words:?}");
    }
}

#[test]
fn every_export_of_powershell_gives_the_record() {
    let rows = PROPERTIES.iter();
    let list: String = rows
        .clone()
        .map(|(name, value)| format!("{name:<31} : {value}\r\n"))
        .collect();
    assert_eq!(
        record("hub1.txt", &format!("\r\n{list}\r\n")),
        expected(),
        "Format-List"
    );
    // A console of 78 columns cuts the path, which has no blank.
    let cut = format!("\r\n{:34}irewall.log", "");
    let narrow = list.replace("irewall.log", &cut);
    assert_eq!(record("hub1.txt", &narrow), expected(), "a narrow console");

    let names: Vec<String> = rows
        .clone()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let values: Vec<String> = rows
        .clone()
        .map(|(_, value)| format!("\"{value}\""))
        .collect();
    let csv = format!("{}\r\n{}\r\n", names.join(","), values.join(","));
    assert_eq!(record("hub1.csv", &csv), expected(), "Export-Csv");

    let numbers = |name: &str, value: &str| match (name, value) {
        ("DefaultInboundAction", _) => "4".to_owned(),
        ("DefaultOutboundAction", _) => "2".to_owned(),
        ("LogMaxSizeKilobytes", number) => number.to_owned(),
        (_, "True") => "1".to_owned(),
        (_, "False") => "0".to_owned(),
        (_, text) => format!("\"{}\"", text.replace('\\', "\\\\")),
    };
    let members: Vec<String> = rows
        .clone()
        .map(|(name, value)| format!("\"{name}\": {}", numbers(name, value)))
        .collect();
    let json = format!("[ {{ {} }} ]", members.join(", "));
    assert_eq!(record("hub1.json", &json), expected(), "ConvertTo-Json");

    let elements: String = rows
        .map(|(name, value)| match *value {
            "4096" => format!("<U64 N=\"{name}\">4096</U64>"),
            text => format!("<S N=\"{name}\">{text}</S>"),
        })
        .collect();
    let clixml = format!(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\
         <Obj RefId=\"0\"><TN RefId=\"0\"><T>Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/MSFT_NetFirewallProfile</T>\
         <T>System.Object</T></TN><Props>{elements}</Props></Obj></Objs>"
    );
    assert_eq!(record("hub1.xml", &clixml), expected(), "Export-Clixml");
}

#[test]
fn rules_that_do_not_count_and_words_that_nobody_knows_are_said() {
    let english = netsh([
        "Public Profile Settings: ",
        "State",
        "OFF",
        "Firewall Policy",
        "GPO-store only",
        "Enable",
        "Quux",
        "Logging:",
        "Ok.",
    ])
    .replace("BlockInbound,", "BlockInboundAlways,")
    .replace(
        "LocalFirewallRules                    N/A (GPO-store only)",
        "LocalFirewallRules                    No",
    );
    let file = named("hub1.txt", &english);
    let document = (FORMAT.parse)(&file);
    let all = records(&document);
    let text = |name: &str| all[0].text(name).map(|(text, _)| text.to_owned());
    assert_eq!(text("Name").as_deref(), Some("Public"));
    assert_eq!(text("Enabled").as_deref(), Some("False"));
    assert_eq!(text("AllowInboundRules").as_deref(), Some("False"));
    assert_eq!(text("AllowLocalFirewallRules").as_deref(), Some("False"));
    let log = all[0].properties.get("LogAllowed").unwrap();
    assert!(matches!(log.value, Value::Unusable(_)), "{log:?}");
    let line = file
        .text()
        .lines()
        .position(|line| line.starts_with("LogAllowed"));
    assert_eq!(
        document.ledger.state(line.unwrap()),
        Some(LineState::Modelled)
    );
}
