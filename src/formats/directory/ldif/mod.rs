//! LDIF as `ldifde -f` and `ldapsearch` write it (RFC 2849).
//!
//! Sites, subnets, site links, domain controllers, members of groups and the
//! Exchange objects of `objects.tsv` are read. A change record is no state:
//! only what adds an object counts. Passwords are never read.

mod entry;
mod members;
mod objects;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::distinguished_name::{Place, domain, leaf, place};
use crate::formats::exchange::by_line::{LineCollector, cmdlet, text};
use crate::formats::exchange::record::RawProperty;
use crate::formats::exchange::secret_names::is_secret_name;
use crate::formats::{Content, Document, Evidence, Format, LineState, ProblemLevel};
use crate::source::{SourceFile, Span};
use entry::{Entry, Rest, entries};
use objects::{Object, host_name, owner, read, table};

/// Entries of a directory.
pub const LDIF: Format = Format {
    id: "ldif",
    title: "directory entries (LDIF)",
    detect,
    parse,
};

/// Lines that detection looks at.
const DETECT_LINES: usize = 200;

/// Lines of LDIF are folded; no name of an entry is longer.
const LONGEST_LINE: usize = 4096;

/// `UF_SERVER_TRUST_ACCOUNT` and `UF_PARTIAL_SECRETS_ACCOUNT` of
/// `userAccountControl`: a domain controller, or a read-only one (MS-ADTS 2.2.16).
const DOMAIN_CONTROLLER: u32 = 0x2000 | 0x0400_0000;

/// `NTDSDSA_OPT_IS_GC` of `options` (MS-ADTS 6.1.1.2.2.1.2.1.1).
const GLOBAL_CATALOG: u32 = 1;

/// Attributes that hold passwords or what stands for them (MS-ADTS 3.1.1.4.4).
const SECRETS: [&str; 10] = [
    "unicodePwd",
    "userPassword",
    "dBCSPwd",
    "ntPwdHistory",
    "lmPwdHistory",
    "supplementalCredentials",
    "currentValue",
    "priorValue",
    "initialAuthIncoming",
    "initialAuthOutgoing",
];

fn detect(file: &SourceFile) -> Option<Evidence> {
    for (span, line) in file.lines().take(DETECT_LINES) {
        let line = line.trim_start_matches('\u{feff}');
        if line.len() > LONGEST_LINE {
            return None;
        }
        let head = line.to_ascii_lowercase();
        if line.trim().is_empty() || line.starts_with(['#', ' ']) || head.starts_with("version:") {
            continue;
        }
        let name = head.strip_prefix("dn:")?;
        let sound = name.trim().is_empty() || name.starts_with(':') || name.contains('=');
        return sound.then(|| Evidence {
            strength: 95,
            what: line.trim().chars().take(120).collect(),
            span,
        });
    }
    None
}

struct Reader<'a> {
    collector: LineCollector<'a>,
    secrets: Vec<Span>,
    /// DNS names of the servers of sites, by lower-case name.
    hosts: HashMap<String, (String, Span)>,
    /// Servers whose NTDS settings stand in the file, by lower-case name.
    agents: HashSet<String>,
    /// Classes of Exchange that are not read, with the first place.
    others: BTreeMap<String, (usize, Span)>,
    what: Arc<str>,
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader {
        collector: LineCollector::new(file),
        secrets: Vec::new(),
        hosts: HashMap::new(),
        agents: HashSet::new(),
        others: BTreeMap::new(),
        what: "entry of the directory".into(),
    };
    let (entries, rest) = entries(file);
    for (span, kind) in rest {
        let state = match kind {
            Rest::Nothing => LineState::Irrelevant,
            Rest::Unknown => LineState::Unrecognised,
        };
        reader.collector.mark(span, state);
    }
    for entry in &entries {
        reader.learn(entry);
    }
    for entry in &entries {
        reader.entry(entry);
    }
    let others = std::mem::take(&mut reader.others);
    for (class, (count, span)) in others {
        let why = format!("{count} objects of class {class}; export them with their cmdlet");
        reader.collector.note(span, LineState::NotModelled, why);
    }
    let mut document = reader.collector.finish();
    document.content.extend(Content::secrets(reader.secrets));
    document
}

impl<'a> Reader<'a> {
    fn learn(&mut self, entry: &Entry<'a>) {
        for attribute in &entry.attributes {
            let secret = SECRETS
                .iter()
                .any(|name| name.eq_ignore_ascii_case(attribute.name));
            if secret || is_secret_name(attribute.name) {
                self.secrets.push(attribute.span);
            }
        }
        let Some((dn, _)) = entry.first("dn") else {
            return;
        };
        match place(dn) {
            Place::Server { name, .. } => {
                if let Some((host, span)) = entry.first("dNSHostName") {
                    self.hosts
                        .insert(name.to_lowercase(), (host.to_owned(), span));
                }
            }
            Place::Agent { name, .. } => {
                self.agents.insert(name.to_lowercase());
            }
            _ => {}
        }
    }

    fn entry(&mut self, entry: &Entry<'a>) {
        let change = entry
            .first("changetype")
            .map(|(kind, _)| kind.to_ascii_lowercase());
        if change.is_some_and(|kind| kind != "add") {
            let why = "a change to an object; what it leads to is not known";
            self.collector.note(entry.span, LineState::NotModelled, why);
            return;
        }
        let Some((dn, dn_span)) = entry.first("dn") else {
            self.collector.mark(entry.span, LineState::Irrelevant);
            return;
        };
        let (dn, place) = (dn.to_owned(), place(dn));
        let class = match &place {
            Place::Subnet(_) => Some("subnet"),
            Place::Site(_) => Some("site"),
            Place::Link(_) => Some("siteLink"),
            _ => None,
        };
        if let Place::Agent { name, site } | Place::Server { name, site } = &place {
            self.server(entry, &place, (name, site), dn_span);
            return;
        }
        if entry.is_a("computer") || entry.first("userAccountControl").is_some() {
            self.computer(entry, dn_span);
            return;
        }
        if entry.is_a("group") || entry.all("member").next().is_some() {
            members::deliver(entry, &dn, dn_span, &mut self.collector, &self.what);
            return;
        }
        let known = table().into_iter().find(|object| {
            class.is_some_and(|class| class == object.class) || entry.is_a(object.class)
        });
        match known {
            Some(object) => self.object(entry, &object, &dn, dn_span),
            None => self.leave_out(entry),
        }
    }

    /// Counts what no rule reads; objects of Exchange may matter.
    fn leave_out(&mut self, entry: &Entry<'a>) {
        let exchange = entry
            .all("objectClass")
            .filter_map(|a| a.value.as_deref())
            .filter(|class| class.to_ascii_lowercase().starts_with("msexch"))
            .last();
        let state = match exchange {
            Some(class) => {
                let first = (0, entry.span);
                let (count, _) = self.others.entry(class.to_owned()).or_insert(first);
                *count = count.saturating_add(1);
                LineState::NotModelled
            }
            None => LineState::Irrelevant,
        };
        self.collector.mark(entry.span, state);
    }

    /// A server of a site. Its NTDS settings, or its account among the domain
    /// controllers, make it one; other services have servers in sites, too.
    fn server(&mut self, entry: &Entry<'a>, place: &Place, of: (&str, &str), at: Span) {
        let (name, site) = of;
        let key = name.to_lowercase();
        let agent = matches!(place, Place::Agent { .. });
        let reference = entry
            .first("serverReference")
            .map(|(text, _)| text.to_owned());
        let lone = !agent && !self.agents.contains(&key) && reference.is_some();
        let Some(cmdlet) = cmdlet("Get-ADDomainController").filter(|_| agent || lone) else {
            let known = self.agents.contains(&key);
            let state = if known {
                LineState::Modelled
            } else {
                LineState::Irrelevant
            };
            self.collector.mark(entry.span, state);
            return;
        };
        let dn = entry
            .first("dn")
            .map_or(String::new(), |(dn, _)| dn.to_owned());
        let mut properties = vec![
            text("Name", name.to_owned(), at),
            text("Site", site.to_owned(), at),
        ];
        if let Some((host, span)) = self.hosts.get(&key) {
            properties.push(text("HostName", host.clone(), *span));
        }
        if agent {
            properties.push(text("NTDSSettingsObjectDN", dn, at));
            if let Some((options, span)) = entry.first("options") {
                let bits = options.trim().parse::<u32>().unwrap_or(0);
                let value = if bits & GLOBAL_CATALOG != 0 {
                    "True"
                } else {
                    "False"
                };
                properties.push(text("IsGlobalCatalog", value, span));
            }
        } else {
            properties.push(text("ServerObjectDN", dn, at));
        }
        if let Some(reference) = reference {
            properties.push(text("ComputerObjectDN", reference, at));
        }
        self.collector
            .add(cmdlet, &self.what, &properties, entry.span);
    }

    /// An account of a computer, where it is a domain controller's.
    fn computer(&mut self, entry: &Entry<'a>, at: Span) {
        let control = entry.first("userAccountControl");
        let bits = control.and_then(|(text, _)| text.trim().parse::<i64>().ok());
        let is = bits.is_some_and(|bits| bits & i64::from(DOMAIN_CONTROLLER) != 0);
        let (Some(cmdlet), true, Some((dn, _))) =
            (cmdlet("Get-ADDomainController"), is, entry.first("dn"))
        else {
            self.collector.mark(entry.span, LineState::Irrelevant);
            return;
        };
        let mut properties = vec![text("ComputerObjectDN", dn.to_owned(), at)];
        let name = entry
            .first("cn")
            .map(|(name, span)| (name.to_owned(), span));
        if let Some((name, span)) = name.or_else(|| Some((leaf(dn)?, at))) {
            properties.push(text("Name", name, span));
        }
        if let Some(domain) = domain(dn) {
            properties.push(text("Domain", domain, at));
        }
        for (attribute, property) in [
            ("dNSHostName", "HostName"),
            ("operatingSystem", "OperatingSystem"),
            ("operatingSystemVersion", "OperatingSystemVersion"),
        ] {
            if let Some((value, span)) = entry.first(attribute) {
                properties.push(text(property, value.to_owned(), span));
            }
        }
        self.collector
            .add(cmdlet, &self.what, &properties, entry.span);
    }

    fn object(&mut self, entry: &Entry<'a>, object: &Object, dn: &str, at: Span) {
        let Some(cmdlet) = cmdlet(object.cmdlet) else {
            return;
        };
        let mut properties = vec![text("DistinguishedName", dn.to_owned(), at)];
        for (attribute, property, how) in &object.attributes {
            let known = properties
                .iter()
                .any(|p: &RawProperty<'_>| p.name == *property);
            if !known {
                properties.extend(read(entry, attribute, property, how));
            }
        }
        let named = properties.iter().any(|p| p.name == "Name");
        if let (Some(name), false) = (leaf(dn), named) {
            properties.push(text("Name", name, at));
        }
        match object.class {
            "msExchExchangeServer" => properties.extend(host_name(entry)),
            "msExchSmtpReceiveConnector" => properties.extend(owner(dn, at)),
            _ => {}
        }
        self.collector
            .add(cmdlet, &self.what, &properties, entry.span);
        if object.class.starts_with("msExchSmtp") || object.class.starts_with("msExchRouting") {
            let message =
                "connectors in LDIF show addresses only; their authentication was not read";
            self.collector.problem(
                ProblemLevel::Note,
                message.to_owned(),
                "run Get-ReceiveConnector | Export-Clixml and Get-SendConnector | Export-Clixml",
                at,
            );
        }
    }
}

#[cfg(test)]
mod tests;
