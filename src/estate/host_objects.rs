//! Objects that tell of one Windows machine: what tells them apart, and what
//! people call them.

use crate::formats::registry;
use crate::model::exchange::Record;

/// What tells an object from the others of its machine; `None` for a cmdlet
/// that is not of a machine, or for an object that is like no other.
pub(super) fn key(cmdlet: &str, record: &Record) -> Option<String> {
    let text = |name: &str| record.text(name).map(|(text, _)| text.to_owned());
    match cmdlet {
        "Get-ItemProperty" => registry::key_of_path(&text("PSPath")?),
        "Get-NetIPConfiguration" => text("InterfaceAlias"),
        "Get-NetIPAddress" => text("IPAddress"),
        "Win32_NetworkAdapterConfiguration" => text("Index"),
        "Get-NetTCPSetting" | "Get-NetUDPSetting" => {
            let family = text("AddressFamily").unwrap_or_default();
            let setting = text("SettingName").unwrap_or_default();
            Some(format!("{family} {setting}"))
        }
        "Get-NetFirewallProfile" => text("Name"),
        _ => None,
    }
}

/// What people call an object on its machine.
pub(super) fn name(cmdlet: &str, record: &Record) -> Option<String> {
    let text = |name: &str| record.text(name).map(|(text, _)| text.to_owned());
    match cmdlet {
        "Get-ItemProperty" => {
            let path = text("PSPath")?;
            Some(registry::short(path.rsplit("::").next().unwrap_or(&path)))
        }
        "Get-NetIPConfiguration" => text("InterfaceAlias"),
        "Get-NetIPAddress" => text("IPAddress"),
        "Win32_NetworkAdapterConfiguration" => text("Description"),
        "Get-NetTCPSetting" | "Get-NetUDPSetting" => {
            Some(text("AddressFamily").unwrap_or_else(|| "dynamic ports".to_owned()))
        }
        "Get-NetIPsecRule" => text("DisplayName"),
        "Get-NetFirewallProfile" => text("Name"),
        _ => None,
    }
}
