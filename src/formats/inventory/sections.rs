//! One function per section of the inventory.

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::model::server::{ROLES, Role, Version};
use crate::model::zone::{ZONE_CLASSES, ZoneClass};
use crate::source::Span;

use super::context::{Context, Section, alternatives, nearest, one_of, type_name};
use super::gate;
use super::types::{
    AllowedFlow, EncryptedLink, ExchangeSection, FirewallEntry, Inventory, MachineEntry, PathEntry,
    RpcSection, ZoneEntry,
};
use super::values::{self, BadValue};

/// Sections that this reader reads, as a user writes their headers.
const READ: &[(&str, &str)] = &[
    ("exchange", "[exchange]"),
    ("firewall", "[[firewall]]"),
    ("zone", "[[zone]]"),
    ("server", "[[server]]"),
    ("host", "[[host]]"),
    ("rpc", "[rpc]"),
    ("path", "[[path]]"),
    ("encrypted_link", "[[encrypted_link]]"),
    ("allowed_flow", "[[allowed_flow]]"),
    ("rules", "[rules]"),
    ("exception", "[[exception]]"),
];

/// Entries that are read of sections with which findings are compared one by
/// one. Who needs more is better served by a network, a pattern or a baseline.
const MOST: &[(&str, usize)] = &[("[[allowed_flow]]", 1000), ("[[exception]]", 5000)];

/// Sections that people write instead, and what exlint calls them.
const SECTION_SYNONYMS: &[(&str, &str)] = &[
    ("suppress", "exception"),
    ("suppression", "exception"),
    ("allow", "exception"),
    ("waiver", "exception"),
];

/// Services that clients use and proxies publish, by their paths' names.
const CLIENT_SERVICES: &[&str] = &[
    "outlook-mapi",
    "outlook-anywhere",
    "owa",
    "activesync",
    "ews",
    "autodiscover",
    "oab",
    "webdav",
    "um-web",
    "pop3",
    "imap4",
    "smtp-submission",
    "smtp",
];

/// Words for other roles that people write, and what exlint calls them.
const ROLE_SYNONYMS: &[(&str, Role)] = &[
    ("clientaccess", Role::ClientAccess),
    ("client-access", Role::ClientAccess),
    ("hubtransport", Role::Hub),
    ("hub-transport", Role::Hub),
    ("ht", Role::Hub),
    ("edgetransport", Role::Edge),
    ("edge-transport", Role::Edge),
    ("mbx", Role::Mailbox),
    ("unifiedmessaging", Role::UnifiedMessaging),
    ("unified-messaging", Role::UnifiedMessaging),
    ("dc", Role::ActiveDirectory),
    ("gc", Role::ActiveDirectory),
    ("domain-controller", Role::ActiveDirectory),
    ("active-directory", Role::ActiveDirectory),
    ("proxy", Role::ReverseProxy),
    ("isa", Role::ReverseProxy),
    ("tmg", Role::ReverseProxy),
    ("load-balancer", Role::ReverseProxy),
    ("pbx", Role::IpGateway),
    ("gateway", Role::IpGateway),
    ("exchange2003", Role::LegacyMailbox),
];

/// Words for classes that people write, and what exlint calls them.
const CLASS_SYNONYMS: &[(&str, ZoneClass)] = &[
    ("dmz", ZoneClass::Perimeter),
    ("external", ZoneClass::Internet),
    ("outside", ZoneClass::Internet),
    ("inside", ZoneClass::Internal),
    ("lan", ZoneClass::Internal),
    ("server", ZoneClass::Internal),
    ("servers", ZoneClass::Internal),
    ("clients", ZoneClass::Client),
    ("users", ZoneClass::Client),
    ("management", ZoneClass::Admin),
];

/// Reads the whole document.
pub(super) fn read(context: &mut Context<'_>, root: &DeTable<'_>, inventory: &mut Inventory) {
    gate::keys(&mut Section::root(context, root), &mut inventory.gate);
    let mut tables: Vec<_> = root.iter().collect();
    tables.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in tables {
        let name: &str = key.get_ref().as_ref();
        let span = context.span(key.span());
        if let Some((_, title)) = READ.iter().find(|(known, _)| *known == name) {
            read_section(context, title, value, span, inventory);
        } else if let (true, DeValue::Table(table)) = (name == "policies", value.get_ref()) {
            let span = context.span(value.span());
            let mut section = Section::new(context, "[policies]", table, span);
            inventory.gate.policies = section.texts("folders").unwrap_or_default();
            section.finish();
        } else if gate::KEYS.contains(&name) && matches!(value.get_ref(), DeValue::Table(_)) {
            context.error(
                format!("`{name}` is a key, not a section"),
                Some(format!("write {name} = … before the first section")),
                span,
            );
        } else if !gate::KEYS.contains(&name) {
            unknown_section(context, name, value, span);
        }
    }
    // A machine of either kind is looked up by name, so they share one list.
    inventory
        .machines
        .sort_by_key(|machine| (!machine.exchange, machine.span.start));
}

fn read_section(
    context: &mut Context<'_>,
    title: &'static str,
    value: &TomlSpanned<DeValue<'_>>,
    span: Span,
    inventory: &mut Inventory,
) {
    let repeated = title.starts_with("[[");
    match value.get_ref() {
        DeValue::Array(items) if repeated => {
            let most = MOST.iter().find(|(known, _)| *known == title);
            let most = most.map_or(usize::MAX, |(_, most)| *most);
            for (count, item) in items.iter().enumerate() {
                let span = context.span(item.span());
                if count >= most {
                    context.error(
                        format!("{title} may stand at most {most} times"),
                        Some(
                            "name networks, zones or patterns instead of single addresses and objects"
                                .to_owned(),
                        ),
                        span,
                    );
                    break;
                }
                match item.get_ref() {
                    DeValue::Table(table) => {
                        read_entry(Section::new(context, title, table, span), inventory);
                    }
                    other => context.error(
                        format!(
                            "an entry of {title} must be a table, not {}",
                            type_name(other)
                        ),
                        Some(format!("start each entry with a line {title}")),
                        span,
                    ),
                }
            }
        }
        DeValue::Table(table) if !repeated => {
            let span = context.span(value.span());
            read_entry(Section::new(context, title, table, span), inventory);
        }
        DeValue::Table(_) => {
            let single = title.replace("[[", "[").replace("]]", "]");
            context.error(
                format!("{single} must be written {title}"),
                Some("there may be several, so the header has two brackets".to_owned()),
                span,
            );
        }
        DeValue::Array(_) => context.error(
            format!("{title} may stand only once"),
            Some(format!("write it with one bracket: {title}")),
            span,
        ),
        other => context.error(
            format!("{title} must be a table, not {}", type_name(other)),
            Some(format!("start it with a line {title}")),
            span,
        ),
    }
}

fn read_entry(mut section: Section<'_, '_, '_, '_>, inventory: &mut Inventory) {
    let title = section.title();
    match title {
        "[exchange]" => inventory.exchange = exchange(&mut section),
        "[[firewall]]" => inventory.firewalls.extend(firewall(&mut section)),
        "[[zone]]" => inventory.zones.extend(zone(&mut section)),
        "[[server]]" => inventory.machines.extend(machine(&mut section, true)),
        "[[host]]" => inventory.machines.extend(machine(&mut section, false)),
        "[rpc]" => inventory.rpc = Some(rpc(&mut section)),
        "[[path]]" => inventory.paths.extend(path(&mut section)),
        "[[encrypted_link]]" => inventory
            .encrypted_links
            .extend(encrypted_link(&mut section)),
        "[rules]" => inventory.gate.rules = gate::rules(&mut section),
        "[[exception]]" => inventory
            .gate
            .exceptions
            .extend(gate::exception(&mut section)),
        _ => inventory.allowed_flows.extend(allowed_flow(&mut section)),
    }
    section.finish();
}

fn unknown_section(
    context: &mut Context<'_>,
    name: &str,
    value: &TomlSpanned<DeValue<'_>>,
    span: Span,
) {
    let known = READ
        .iter()
        .map(|(name, _)| *name)
        .chain(gate::KEYS.iter().copied());
    let synonym = SECTION_SYNONYMS.iter().find(|(known, _)| *known == name);
    let section = matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
    let what = if section { "section" } else { "key" };
    let near = synonym.map(|(_, known)| *known);
    let hint = match near.or_else(|| nearest(name, known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let titles: Vec<&str> = READ.iter().map(|(_, title)| *title).collect();
            format!("exlint.toml knows {}", alternatives(&titles))
        }
    };
    context.error(
        format!("exlint.toml has no {what} `{name}`"),
        Some(hint),
        span,
    );
}

fn exchange(section: &mut Section<'_, '_, '_, '_>) -> ExchangeSection {
    ExchangeSection {
        version: section.parsed("version", |text| {
            Version::parse(text).ok_or_else(|| BadValue {
                message: format!("`{text}` is not an Exchange version"),
                hint: "write it as AdminDisplayVersion does: 8.0 (2007), 8.1 (SP1), 8.2 (SP2), \
                       8.3 (SP3), 14.x (2010), 15.x (2013 and later)"
                    .to_owned(),
            })
        }),
        exports: section.list("exports", values::not_empty),
        reference_date: section.date("reference_date"),
        smtp_sources: section.list("smtp_sources", values::address),
    }
}

fn firewall(section: &mut Section<'_, '_, '_, '_>) -> Option<FirewallEntry> {
    let name = section.required("name");
    let entry = FirewallEntry {
        format: section.text("format"),
        config: section.text("config"),
        software: section.text("software"),
        routes: section.text("routes"),
        span: section.span,
        name: name?,
    };
    Some(entry)
}

fn zone(section: &mut Section<'_, '_, '_, '_>) -> Option<ZoneEntry> {
    let name = section.required("name");
    let class = section.parsed("class", class);
    let at = section.list("at", attachment);
    let networks = section.list("networks", values::address);
    let uses = section.list("uses", |text| one_of("uses", text, CLIENT_SERVICES));
    Some(ZoneEntry {
        name: name?,
        class,
        at,
        networks,
        uses,
        span: section.span,
    })
}

fn machine(section: &mut Section<'_, '_, '_, '_>, exchange: bool) -> Option<MachineEntry> {
    let name = section.required("name");
    let roles = section.list("roles", role);
    for role in &roles {
        if exchange && !role.value.is_exchange() {
            section.context.warning(
                format!("`{}` is not a role of an Exchange server", role.value),
                Some("write machines that are not Exchange servers under [[host]]".to_owned()),
                role.span,
            );
        } else if !exchange && role.value.is_exchange() && role.value != Role::LegacyMailbox {
            section.context.warning(
                format!("`{}` is a role of an Exchange server", role.value),
                Some("write Exchange servers under [[server]]".to_owned()),
                role.span,
            );
        }
    }
    let site = section.text("site");
    let addresses = section.list("addresses", values::address);
    let published = section.list("published", values::address);
    let state = section.word("state", &["building", "active", "retired"]);
    let network_profile = section.word("network_profile", &["domain", "private", "public"]);
    let (adam_ldap_port, adam_ssl_port) = if exchange {
        (
            section.port("adam_ldap_port"),
            section.port("adam_ssl_port"),
        )
    } else {
        (None, None)
    };
    let mut entry = MachineEntry {
        exchange,
        name: name?,
        roles,
        site,
        addresses,
        published,
        adam_ldap_port,
        adam_ssl_port,
        network_profile,
        state,
        publishes: Vec::new(),
        terminates_tls: None,
        preauth: None,
        forwards_to: None,
        forward_port: None,
        span: section.span,
    };
    if !exchange {
        entry.publishes = section.list("publishes", |text| {
            one_of("publishes", text, CLIENT_SERVICES)
        });
        entry.terminates_tls = section.flag("terminates_tls");
        entry.preauth = section.word(
            "preauth",
            &["fba", "basic", "ntlm", "kerberos", "certificate", "none"],
        );
        entry.forwards_to = section.text("forwards_to");
        entry.forward_port = section.port("forward_port");
    }
    Some(entry)
}

fn rpc(section: &mut Section<'_, '_, '_, '_>) -> RpcSection {
    let profile = section.word("profile", &["ws2003", "ws2008", "restricted", "static"]);
    let range = section.parsed("range", values::ports);
    if let Some(profile) = &profile {
        let needs = matches!(profile.value.as_str(), "restricted" | "static");
        if needs && range.is_none() {
            section.context.warning(
                format!("the profile `{}` needs a range of ports", profile.value),
                Some("add range = \"5000-5100\" with the ports of your servers".to_owned()),
                profile.span,
            );
        }
    }
    RpcSection {
        profile,
        range,
        span: section.span,
    }
}

fn path(section: &mut Section<'_, '_, '_, '_>) -> Option<PathEntry> {
    let from = section.required("from");
    let to = section.required("to");
    let via = section.list("via", values::not_empty);
    if via.is_empty() {
        section.missing("via");
    }
    Some(PathEntry {
        from: from?,
        to: to?,
        via,
        span: section.span,
    })
}

fn encrypted_link(section: &mut Section<'_, '_, '_, '_>) -> Option<EncryptedLink> {
    let between = section.list("between", values::not_empty);
    let by = section.word("by", &["ipsec", "vpn", "macsec", "tls"]);
    let span = section.span;
    match <[_; 2]>::try_from(between) {
        Ok(between) => Some(EncryptedLink { between, by, span }),
        Err(_) => {
            section.context.error(
                "an encrypted link is between exactly two zones".to_owned(),
                Some("write between = [\"servers\", \"dr-site\"]".to_owned()),
                span,
            );
            None
        }
    }
}

fn allowed_flow(section: &mut Section<'_, '_, '_, '_>) -> Option<AllowedFlow> {
    let from = section.required("from");
    let to = section.required("to");
    let service = section.parsed("service", values::service);
    let reason = section.required("reason");
    let until = section.date("until");
    let rules = section.texts("rule").unwrap_or_default();
    Some(AllowedFlow {
        from: from?,
        to: to?,
        service,
        reason: reason?,
        until,
        rules,
        span: section.span,
    })
}

fn attachment(text: &str) -> Result<String, BadValue> {
    match text.split_once(':') {
        Some((firewall, interface))
            if !firewall.trim().is_empty() && !interface.trim().is_empty() =>
        {
            Ok(text.trim().to_owned())
        }
        _ => Err(BadValue {
            message: format!("`{text}` does not name a firewall's interface"),
            hint: "write the firewall's name, a colon and the interface's name: \"outer:dmz\""
                .to_owned(),
        }),
    }
}

fn role(text: &str) -> Result<Role, BadValue> {
    let words: Vec<&str> = ROLES.iter().map(|(_, id)| *id).collect();
    word_or_synonym("a role", text, &words, Role::from_id, |text| {
        ROLE_SYNONYMS
            .iter()
            .find(|(synonym, _)| *synonym == text)
            .map(|(_, role)| role.id())
    })
}

fn class(text: &str) -> Result<ZoneClass, BadValue> {
    let words: Vec<&str> = ZONE_CLASSES.iter().map(|(_, id)| *id).collect();
    word_or_synonym(
        "a class of zones",
        text,
        &words,
        ZoneClass::from_id,
        |text| {
            CLASS_SYNONYMS
                .iter()
                .find(|(synonym, _)| *synonym == text)
                .map(|(_, class)| class.id())
        },
    )
}

/// Accepts exact words only; knows what people write instead.
fn word_or_synonym<T>(
    what: &str,
    text: &str,
    words: &[&str],
    find: impl Fn(&str) -> Option<T>,
    synonym: impl Fn(&str) -> Option<&'static str>,
) -> Result<T, BadValue> {
    if let Some(value) = find(text) {
        return Ok(value);
    }
    let lower = text.to_lowercase();
    let near = synonym(&lower).or_else(|| nearest(text, words.iter().copied()));
    Err(BadValue {
        message: format!("`{text}` is not {what}"),
        hint: match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", alternatives(words)),
        },
    })
}
