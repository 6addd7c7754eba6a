//! Settings of profiles as records of `Get-NetFirewallProfile`, beside the
//! firewall that they make: rules of policies see what is logged, too.
//!
//! Properties: `MSFT_NetFirewallProfile` on learn.microsoft.com; what netsh
//! calls them: "Netsh AdvFirewall" there.

use super::facts::Profile;
use super::objects::{Key, Record};
use super::words;
use crate::formats::exchange::value::Raw;
use crate::formats::windows_host::objects::Object;
use crate::source::Span;

const CMDLET: &str = "Get-NetFirewallProfile";
const UNKNOWN_WORD: &str = "the word that netsh printed is not known in this language";

/// The properties of PowerShell's object.
const PROPERTIES: &[(Key, &str)] = &[
    (Key::Enabled, "Enabled"),
    (Key::Inbound, "DefaultInboundAction"),
    (Key::Outbound, "DefaultOutboundAction"),
    (Key::AllowInbound, "AllowInboundRules"),
    (Key::LocalRules, "AllowLocalFirewallRules"),
    (Key::LocalIpsec, "AllowLocalIPsecRules"),
    (Key::Unicast, "AllowUnicastResponseToMulticast"),
    (Key::Notify, "NotifyOnListen"),
    (Key::LogFile, "LogFileName"),
    (Key::LogSize, "LogMaxSizeKilobytes"),
    (Key::LogAllowed, "LogAllowed"),
    (Key::LogBlocked, "LogBlocked"),
];

/// A record of a profile, without settings.
pub fn begin<'f>(profile: Profile, span: Span) -> Object<'f> {
    let mut object = Object::new(CMDLET, span);
    object.text("Name", profile.name(), span);
    object
}

/// What an object of PowerShell says.
pub fn of_record(profile: Profile, record: &Record<'_>) -> Object<'static> {
    let mut object = begin(profile, record.span);
    for (key, name) in PROPERTIES {
        let Some(property) = record.get(*key) else {
            continue;
        };
        let raw = match property.first() {
            Some(text) => Raw::Text(text.to_owned().into()),
            None => Raw::Null,
        };
        object.raw(name, raw, property.span);
    }
    object
}

/// Takes what netsh prints for one of the settings that are on or off, by the
/// word of `data/profile_labels.tsv`; `None` for one that is no property.
pub fn set<'f>(object: &mut Object<'f>, key: &str, value: &'f str, span: Span) -> Option<()> {
    let name = match key {
        "state" => "Enabled",
        "local-rules" => "AllowLocalFirewallRules",
        "local-ipsec" => "AllowLocalIPsecRules",
        "notify" => "NotifyOnListen",
        "unicast" => "AllowUnicastResponseToMulticast",
        "log-allowed" => "LogAllowed",
        "log-blocked" => "LogBlocked",
        "log-file" => {
            object.text("LogFileName", value, span);
            return Some(());
        }
        "log-size" => {
            object.text("LogMaxSizeKilobytes", value, span);
            return Some(());
        }
        _ => return None,
    };
    // `N/A (GPO-store only)`, in every language: the computer's own store has no such setting.
    if value.starts_with("N/A") {
        return Some(());
    }
    let raw = match words::truth(value) {
        Some(true) => Raw::Text("True".into()),
        Some(false) => Raw::Text("False".into()),
        None if value.eq_ignore_ascii_case("NotConfigured") => Raw::Text("NotConfigured".into()),
        None => Raw::Opaque(UNKNOWN_WORD),
    };
    object.raw(name, raw, span);
    Some(())
}

/// Takes `BlockInbound,AllowOutbound`, word by word.
pub fn set_default(object: &mut Object<'_>, word: &str, span: Span) {
    match word.to_ascii_lowercase().as_str() {
        "blockinbound" => object.text("DefaultInboundAction", "Block", span),
        "blockinboundalways" => {
            object.text("DefaultInboundAction", "Block", span);
            object.text("AllowInboundRules", "False", span);
        }
        "allowinbound" => object.text("DefaultInboundAction", "Allow", span),
        "blockoutbound" => object.text("DefaultOutboundAction", "Block", span),
        "allowoutbound" => object.text("DefaultOutboundAction", "Allow", span),
        _ => {}
    }
}
