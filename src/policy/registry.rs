//! The built-in rules: one line for each folder under `policies/`.

/// The files of one rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleFiles {
    /// Folder below `policies/`: `area/name`.
    pub folder: &'static str,
    /// `rule.rego`.
    pub rego: &'static str,
    /// `rule.md`.
    pub page: &'static str,
    /// `rule.ja.md`.
    pub page_ja: &'static str,
}

/// A Rego file that rules import.
#[derive(Debug, Clone, Copy)]
pub struct LibraryFile {
    /// File below `policies/lib/`.
    pub name: &'static str,
    /// Its text.
    pub rego: &'static str,
}

macro_rules! policy_file {
    ($($part:expr),+) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $($part),+))
    };
}

macro_rules! rules {
    ($($folder:literal,)*) => {
        /// Every built-in rule.
        pub const RULES: &[RuleFiles] = &[$(RuleFiles {
            folder: $folder,
            rego: policy_file!($folder, "/rule.rego"),
            page: policy_file!($folder, "/rule.md"),
            page_ja: policy_file!($folder, "/rule.ja.md"),
        }),*];
    };
}

macro_rules! libraries {
    ($($name:literal,)*) => {
        /// Every shared Rego file.
        pub const LIBRARIES: &[LibraryFile] = &[$(LibraryFile {
            name: $name,
            rego: policy_file!("lib/", $name),
        }),*];
    };
}

rules! {
    "client-access/external-url-not-https",
    "certificates/certificate-expired-or-expiring",
    "firewall-hygiene/shadowed-exchange-permit",
    "firewall-required/required-internet-to-edge-smtp-blocked",
    "firewall-required/required-hub-to-edge-smtp-blocked",
    "firewall-required/required-edgesync-blocked",
    "firewall-placement/firewall-between-cas-and-mailbox",
    "firewall-placement/cas-in-perimeter",
    "firewall-exposure/smb-open-from-untrusted",
    "firewall-exposure/adam-cleartext-port-exposed",
    "firewall-exposure/smtp-inspection-strips-starttls",
    "inputs/export-truncated-or-typed",
    "inputs/inventory-contradicts-export",
    "inputs/server-address-or-zone-unknown",
    "receive-connectors/receive-basic-auth-clear",
    "receive-connectors/receive-tls-not-offered",
}

libraries! {
    "certificates.rego",
    "connectors.rego",
    "estate.rego",
    "properties.rego",
    "verdicts.rego",
}
