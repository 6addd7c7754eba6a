//! The built-in rules: one line for each folder under `policies/`.

/// The files of one rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleFiles {
    /// Folder below `policies/`: `area/name`.
    pub folder: &'static str,
    /// `rule.rego`.
    pub rego: RegoFile,
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
    /// What is in it.
    pub rego: RegoFile,
}

/// A Rego file as the build script prepares it.
#[derive(Debug, Clone, Copy)]
pub struct RegoFile {
    /// Its text, without comments.
    pub text: &'static str,
    /// The words in it, with blanks between.
    pub words: &'static str,
    /// The sections of `input` that it reads, with blanks between; `None` where
    /// it may read any.
    pub sections: Option<&'static str>,
}

macro_rules! policy_file {
    ($($part:expr),+) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $($part),+))
    };
}

macro_rules! rego_file {
    ($($part:expr),+) => {
        RegoFile {
            text: include_str!(concat!(env!("OUT_DIR"), "/policies/", $($part),+)),
            words: include_str!(concat!(env!("OUT_DIR"), "/policies/", $($part,)+ ".words")),
            sections: include!(concat!(env!("OUT_DIR"), "/policies/", $($part,)+ ".sections")),
        }
    };
}

macro_rules! rules {
    ($($folder:literal,)*) => {
        /// Every built-in rule.
        pub const RULES: &[RuleFiles] = &[$(RuleFiles {
            folder: $folder,
            rego: rego_file!($folder, "/rule.rego"),
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
            rego: rego_file!("lib/", $name),
        }),*];
    };
}

rules! {
    "certificates/certificate-expired-or-expiring",
    "certificates/certificate-unusable",
    "certificates/domain-security-untrusted-certificate",
    "certificates/iis-self-signed-published",
    "certificates/smtp-certificate-missing-name",
    "certificates/um-certificate-missing",
    "client-access/basic-auth-over-clear-http",
    "client-access/external-url-not-https",
    "client-access/internal-url-not-https",
    "client-access/legacy-backend-auth-weak",
    "client-access/oab-legacy-distribution-on",
    "client-access/oab-ssl-not-required",
    "client-access/outlook-anywhere-offload-or-basic",
    "client-access/owa-not-forms-based",
    "client-access/pop-imap-certificate-mismatch",
    "client-access/pop-imap-plaintext-login",
    "client-access/proxied-cas-misconfigured",
    "client-access/published-name-not-in-certificate",
    "cross-checks/open-port-without-listener",
    "cross-checks/relay-connector-reachable-from-untrusted",
    "exceptions/exception-expired",
    "exceptions/exception-not-honoured",
    "exceptions/exception-unused",
    "firewall-exposure/adam-cleartext-port-exposed",
    "firewall-exposure/cert-fetch-ports-open-inbound",
    "firewall-exposure/clear-default-path-crosses-zone",
    "firewall-exposure/cluster-or-replication-ports-over-broad",
    "firewall-exposure/edge-initiates-beyond-smtp",
    "firewall-exposure/edgesync-source-over-broad",
    "firewall-exposure/exchange-egress-unrestricted",
    "firewall-exposure/http-80-open-to-cas",
    "firewall-exposure/ldap-open-from-perimeter",
    "firewall-exposure/ntlm-rpc-from-user-zone",
    "firewall-exposure/pop-imap-clear-ports-open",
    "firewall-exposure/rpc-open-from-internet",
    "firewall-exposure/sender-reputation-egress-unneeded",
    "firewall-exposure/sip-clear-crosses-zone",
    "firewall-exposure/sip-open-beyond-gateways",
    "firewall-exposure/smb-open-from-untrusted",
    "firewall-exposure/smtp-direct-to-internal-from-internet",
    "firewall-exposure/smtp-inspection-strips-starttls",
    "firewall-exposure/web-direct-to-mailbox-server",
    "firewall-hygiene/acl-not-bound",
    "firewall-hygiene/any-any-permit",
    "firewall-hygiene/exchange-object-unused",
    "firewall-hygiene/expired-time-range",
    "firewall-hygiene/inactive-rule-hides-required-flow",
    "firewall-hygiene/ipv6-policy-gap",
    "firewall-hygiene/over-broad-service-to-exchange",
    "firewall-hygiene/over-broad-source-to-exchange",
    "firewall-hygiene/permit-without-log-on-perimeter",
    "firewall-hygiene/protocol-half-open",
    "firewall-hygiene/redundant-exchange-permit",
    "firewall-hygiene/shadowed-deny",
    "firewall-hygiene/shadowed-exchange-permit",
    "firewall-hygiene/stale-exchange-address",
    "firewall-placement/cas-account-not-in-exchange-servers",
    "firewall-placement/cas-in-perimeter",
    "firewall-placement/edge-not-in-perimeter",
    "firewall-placement/firewall-between-cas-and-mailbox",
    "firewall-placement/firewall-restricts-exchange-to-dc",
    "firewall-placement/firewall-restricts-exchange-to-exchange",
    "firewall-placement/internal-role-in-perimeter",
    "firewall-placement/site-without-cas-or-hub",
    "firewall-required/required-cas-proxy-blocked",
    "firewall-required/required-client-https-blocked",
    "firewall-required/required-cluster-heartbeat-blocked",
    "firewall-required/required-domain-security-crl-blocked",
    "firewall-required/required-edge-dns-blocked",
    "firewall-required/required-edge-to-hub-smtp-blocked",
    "firewall-required/required-edge-to-internet-smtp-blocked",
    "firewall-required/required-edgesync-blocked",
    "firewall-required/required-exchange-to-ad-blocked",
    "firewall-required/required-flow-lost-by-change",
    "firewall-required/required-flow-misses-some-servers",
    "firewall-required/required-hub-to-edge-smtp-blocked",
    "firewall-required/required-hub-to-hub-smtp-blocked",
    "firewall-required/required-internet-to-edge-smtp-blocked",
    "firewall-required/required-legacy-backend-blocked",
    "firewall-required/required-log-shipping-blocked",
    "firewall-required/required-mailbox-hub-rpc-blocked",
    "firewall-required/required-outlook-mapi-blocked",
    "firewall-required/required-um-mailbox-or-cas-um-blocked",
    "firewall-required/required-um-sip-blocked",
    "firewall-required/required-um-to-hub-smtp-blocked",
    "firewall-required/rpc-mapper-without-dynamic-range",
    "host-firewall/host-firewall-blocks-required-port",
    "host-firewall/host-firewall-off-in-perimeter",
    "host-firewall/host-rule-profile-mismatch",
    "inputs/export-truncated-or-typed",
    "inputs/inventory-contradicts-export",
    "inputs/server-address-or-zone-unknown",
    "inputs/unsupported-firewall-construct",
    "mailbox/mapi-encryption-not-required",
    "mailbox/replication-without-ipsec-across-sites",
    "nat/internal-role-published",
    "nat/nat-between-exchange-servers",
    "nat/permit-uses-wrong-side-of-nat",
    "nat/publishing-bridges-to-http",
    "nat/snat-hides-smtp-peer",
    "nat/snat-hides-um-gateway",
    "receive-connectors/receive-anonymous-on-internal-hub",
    "receive-connectors/receive-anonymous-relay",
    "receive-connectors/receive-basic-auth-clear",
    "receive-connectors/receive-binding-not-local",
    "receive-connectors/receive-default-fqdn-changed",
    "receive-connectors/receive-domain-secure-without-tls",
    "receive-connectors/receive-edge-cannot-accept-internet-mail",
    "receive-connectors/receive-exchange-auth-without-tls",
    "receive-connectors/receive-externally-secured-broad",
    "receive-connectors/receive-integrated-auth-internet",
    "receive-connectors/receive-logging-off",
    "receive-connectors/receive-range-excludes-peer",
    "receive-connectors/receive-tls-not-offered",
    "send-connectors/send-domain-secure-incoherent",
    "send-connectors/send-hub-direct-to-internet",
    "send-connectors/send-ignores-starttls",
    "send-connectors/send-smarthost-basic-clear",
    "send-connectors/send-smarthost-external-authoritative",
    "send-connectors/send-smarthost-tls-not-required",
    "send-connectors/send-target-not-permitted",
    "transport-configuration/domain-secure-list-without-connector",
    "transport-configuration/edge-certificate-newer-than-subscription",
    "transport-configuration/edge-without-subscription",
    "transport-configuration/recipient-filter-placement",
    "transport-configuration/transport-logging-off",
    "unified-messaging/um-dial-plan-unsecured",
    "unified-messaging/um-gateway-address-form",
    "unified-messaging/um-gateway-without-dial-plan",
    "unified-messaging/um-media-in-clear",
    "unified-messaging/um-permit-for-unknown-gateway",
    "unified-messaging/um-rtm-mixed-security",
    "unified-messaging/um-startup-mode-mismatch",
}

libraries! {
    "addresses.rego",
    "allowed.rego",
    "between.rego",
    "cases.rego",
    "certificates.rego",
    "connectors.rego",
    "directories.rego",
    "domain_security.rego",
    "estate.rego",
    "excepted.rego",
    "explained.rego",
    "exposures.rego",
    "groups.rego",
    "host_firewalls.rego",
    "named.rego",
    "outbound.rego",
    "permissions.rego",
    "permits.rego",
    "placement.rego",
    "properties.rego",
    "protocols.rego",
    "published.rego",
    "replication.rego",
    "required.rego",
    "sending.rego",
    "telephony.rego",
    "verdicts.rego",
    "voice.rego",
}
