//! Is this an export of Windows Firewall, and in which form?

use super::netsh::begins_a_rule;
use super::words;
use super::{objects, registry};
use crate::formats::registry::{is_export_header, key_path};
use crate::formats::windows_host::begins_connection_security;
use crate::formats::{CERTAIN, Evidence};
use crate::source::{SourceFile, Span, head, is_markup};

/// Lines that are looked at.
const LINES: usize = 4_000;
/// Bytes that are looked at.
const BYTES: usize = 256 * 1024;

/// An export form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What `netsh advfirewall` prints.
    Netsh,
    /// Format-List and Format-Table of PowerShell.
    List,
    /// Export-Csv.
    Csv,
    /// ConvertTo-Json.
    Json,
    /// Export-Clixml.
    Clixml,
    /// A registry export, or the output of `reg query`.
    Registry,
    /// `registry.pol` of a group policy.
    Policy,
    /// An XML file beside a group policy.
    Backup,
    /// `netsh firewall` of Windows Server 2003.
    Legacy,
}

/// Looks for what only an export of Windows Firewall holds.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    known(file).map(|(_, evidence)| evidence)
}

/// The form of a file that is taken for an export of Windows Firewall.
pub fn form(file: &SourceFile) -> Form {
    known(file).map_or(Form::Netsh, |(form, _)| form)
}

fn known(file: &SourceFile) -> Option<(Form, Evidence)> {
    let text = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    match text.bytes().next()? {
        b'<' if is_markup(text) => clixml(file, text).or_else(|| backup(file, text)),
        b'[' if registry::pol::is_policy(text) => policy(file, text),
        b'{' | b'[' => json(file, text)
            .or_else(|| netsh(file))
            .or_else(|| list(file))
            .or_else(|| registry(file)),
        _ => csv(file)
            .or_else(|| netsh(file))
            .or_else(|| list(file))
            .or_else(|| registry(file))
            .or_else(|| legacy(file)),
    }
}

/// Objects of PowerShell with a type or with properties of the module
/// NetSecurity.
fn clixml(file: &SourceFile, text: &str) -> Option<(Form, Evidence)> {
    const MARKS: &[&str] = &[
        "/MSFT_NetFirewall",
        "/MSFT_NetProtocolPortFilter",
        "/MSFT_NetAddressFilter",
        "/MSFT_NetApplicationFilter",
        "/MSFT_NetServiceFilter",
        "/MSFT_NetInterfaceFilter",
        "/MSFT_NetInterfaceTypeFilter",
        "/MSFT_NetNetworkLayerSecurityFilter",
        "/MSFT_NetConnectionProfile",
        "N=\"EdgeTraversalPolicy\"",
        "N=\"DefaultInboundAction\"",
    ];
    let head = head(text, BYTES);
    if !head.contains("<Objs") {
        return None;
    }
    // The profile of a connection is also a part of Get-NetIPConfiguration.
    let first_type = head
        .split_once("<T>")
        .map_or("", |(_, rest)| rest.split('<').next().unwrap_or_default());
    let own = |mark: &str| !mark.ends_with("NetConnectionProfile") || first_type.contains(mark);
    let mark = MARKS.iter().filter(|mark| own(mark)).find_map(|mark| {
        let at = head.find(mark)?;
        head.get(at..at.saturating_add(mark.len()))
    })?;
    let span = file.span_of(mark)?;
    let what = mark.trim_start_matches('/');
    Some((Form::Clixml, evidence(CERTAIN, span, what)))
}

fn json(file: &SourceFile, text: &str) -> Option<(Form, Evidence)> {
    let head = head(text, BYTES);
    let has = |name: &str| head.contains(&format!("\"{name}\""));
    let rule =
        has("Direction") && has("Action") && (has("DisplayName") || has("EdgeTraversalPolicy"));
    let filter = has("LocalPort") && has("RemotePort") && has("InstanceID");
    let other = [
        "LocalAddress",
        "Program",
        "InterfaceType",
        "Authentication",
        "Service",
        "InterfaceAlias",
    ]
    .iter()
    .any(|name| has(name) && has("InstanceID") && has("CreationClassName"));
    let profile = has("DefaultInboundAction") || (has("NetworkCategory") && has("InterfaceAlias"));
    if !(rule || filter || other || profile) {
        return None;
    }
    let at = head.find('"')?;
    let span = file.span_of(head.get(at..at.saturating_add(1))?)?;
    Some((
        Form::Json,
        evidence(
            93,
            span,
            "objects of PowerShell's module NetSecurity as JSON",
        ),
    ))
}

fn csv(file: &SourceFile) -> Option<(Form, Evidence)> {
    let (names, _, _) = objects::csv::header(file.text())?;
    let first = names.first()?;
    let last = names.last()?;
    let span = file.span_of(first)?.to(file.span_of(last)?);
    Some((Form::Csv, evidence(95, span, file.slice(span))))
}

/// `Name : value` lines, or headings over dashes, with the names of firewall
/// objects.
fn list(file: &SourceFile) -> Option<(Form, Evidence)> {
    let mut keys: Vec<objects::Key> = Vec::new();
    let mut place = None;
    for (index, (span, line)) in file.lines().take(LINES).enumerate() {
        if objects::table::begins(file, index).is_some() {
            return Some((Form::List, evidence(96, span, line.trim())));
        }
        let text = line.trim_matches([' ', '\t', '\u{feff}', '\0']);
        if text.is_empty() {
            if objects::are_known(|wanted| keys.contains(&wanted)) {
                break;
            }
            keys.clear();
            place = None;
            continue;
        }
        let Some((name, rest)) = text.split_once(':') else {
            continue;
        };
        if !name.ends_with(' ') && !rest.starts_with(' ') && !rest.is_empty() {
            continue;
        }
        if let Some(key) = objects::key(name.trim_end()) {
            place.get_or_insert((span, line));
            keys.push(key);
        }
    }
    if !objects::are_known(|wanted| keys.contains(&wanted)) {
        return None;
    }
    let (span, line) = place?;
    Some((Form::List, evidence(96, span, line.trim())))
}

/// Keys of the firewall's settings; in an export of the whole registry they
/// may stand anywhere.
fn registry(file: &SourceFile) -> Option<(Form, Evidence)> {
    let exported = file
        .lines()
        .next()
        .is_some_and(|(_, line)| is_export_header(line));
    let most = if exported { usize::MAX } else { LINES };
    let (span, line) = file.lines().take(most).find(|(_, line)| {
        key_path(line)
            .is_some_and(|path| registry::settings::key(path) != registry::settings::Key::Foreign)
    })?;
    Some((Form::Registry, evidence(96, span, line.trim())))
}

/// Records of a policy that set the firewall.
fn policy(file: &SourceFile, text: &str) -> Option<(Form, Evidence)> {
    const MARK: &str = "\\WindowsFirewall";
    let at = text.find(MARK)?;
    let span = file.span_of(text.get(at..at.saturating_add(MARK.len()))?)?;
    Some((
        Form::Policy,
        evidence(96, span, "a policy with settings of Windows Firewall"),
    ))
}

/// The index or the report of a policy's backup.
fn backup(file: &SourceFile, text: &str) -> Option<(Form, Evidence)> {
    let head = head(text, BYTES);
    if !head.contains("irewall") {
        return None;
    }
    let mark = [
        "<GroupPolicyBackupScheme",
        "WindowsFirewallSettings",
        "<BackupInst",
    ]
    .into_iter()
    .find(|mark| head.contains(mark))?;
    let at = head.find(mark)?;
    let span = file.span_of(head.get(at..at.saturating_add(mark.len()))?)?;
    Some((Form::Backup, evidence(90, span, mark)))
}

fn legacy(file: &SourceFile) -> Option<(Form, Evidence)> {
    let found = (0..file.line_count().min(LINES)).filter_map(|index| {
        let line = file.line(index)?.trim();
        let below = file.line(index.saturating_add(1)).unwrap_or_default();
        let strength = super::legacy::evidence(line, below)?;
        Some((Form::Legacy, evidence(strength, file.span_of(line)?, line)))
    });
    found.max_by_key(|(_, evidence)| evidence.strength)
}

/// The name of a rule or the heading of a profile over a line of dashes, with
/// a line below that belongs to it. Copies of a rule may lack the dashes.
fn netsh(file: &SourceFile) -> Option<(Form, Evidence)> {
    let dashes = |line: &str| {
        let line = line.trim();
        line.len() >= 10 && line.bytes().all(|b| b == b'-')
    };
    for index in 0..file.line_count().min(LINES) {
        let line = file.line(index).unwrap_or_default();
        let text = line.trim_matches([' ', '\t', '\u{feff}', '\0', '\r']);
        let Some(at) = text.find([':', '：']) else {
            continue;
        };
        let below = file.line(index.saturating_add(1)).unwrap_or_default();
        let label = text.get(..at).unwrap_or_default().trim_end();
        let is_rule = words::label(label) == Some("name");
        let ruled = dashes(below);
        if !(ruled || is_rule && begins_a_rule(below)) {
            continue;
        }
        let is_profile = words::heading(text).is_some();
        if !is_rule && !is_profile || !ruled && begins_connection_security(file, index) {
            continue;
        }
        let after = file
            .line(index.saturating_add(2))
            .unwrap_or_default()
            .trim();
        let key = after
            .split([':', '：'])
            .next()
            .unwrap_or_default()
            .trim_end();
        let fits = if is_rule {
            words::label(key).is_some()
        } else {
            words::profile_label(after.split("  ").next().unwrap_or_default().trim()).is_some()
        };
        if fits {
            let range = file.line_range(index)?;
            return Some((
                Form::Netsh,
                evidence(CERTAIN, Span::of(file.id(), range), text),
            ));
        }
    }
    None
}

fn evidence(strength: u8, span: Span, line: &str) -> Evidence {
    let line: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    Evidence {
        strength,
        what: format!("`{line}`"),
        span,
    }
}
