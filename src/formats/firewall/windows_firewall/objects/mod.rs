//! Objects of PowerShell's module NetSecurity: rules, the filters that hold
//! their conditions, profiles, and connection profiles.
//!
//! Five containers hold them ([`list`], [`table`], [`csv`], [`json`], [`clixml`]); each
//! yields [`Record`]s, and [`interpret`] tells what they say. A rule of
//! `Get-NetFirewallRule` alone has neither ports nor addresses: they stand in
//! filter objects that name the rule by its `InstanceID`.

pub mod clixml;
pub mod csv;
pub mod interpret;
pub mod json;
pub mod list;
pub mod table;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::{Map, rows};
use crate::formats::firewall::shared::words::trimmed_of;
use crate::source::Span;

/// What a property is known as; the words of `data/properties.tsv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `InstanceID`.
    Id,
    /// Name in the store; of a profile, its name.
    Name,
    /// Display name.
    Title,
    /// In force.
    Enabled,
    /// Profiles of a rule.
    Profiles,
    /// Inbound or outbound.
    Direction,
    /// Allow or block.
    Action,
    /// Addresses of the host.
    LocalAddresses,
    /// Addresses of the other end.
    RemoteAddresses,
    /// Protocol.
    Protocol,
    /// Ports of the host.
    LocalPorts,
    /// Ports of the other end.
    RemotePorts,
    /// ICMP types.
    Icmp,
    /// Executable.
    Program,
    /// App package.
    Package,
    /// Windows service.
    Service,
    /// Named interface.
    Interface,
    /// Kind of interface.
    InterfaceType,
    /// Authentication.
    Authentication,
    /// Encryption.
    Encryption,
    /// Overrides block rules.
    Override,
    /// Users and computers.
    User,
    /// Owner.
    Owner,
    /// Windows versions.
    Platform,
    /// Policy for an app.
    AppId,
    /// Dynamic addresses.
    KeywordAddresses,
    /// Dynamic transport.
    Dynamic,
    /// Whether Windows could apply it.
    Status,
    /// Store that it is from.
    Store,
    /// Kind of that store.
    StoreType,
    /// Computer.
    Host,
    /// `CreationClassName`.
    Class,
    /// Default for inbound connections.
    Inbound,
    /// Default for outbound connections.
    Outbound,
    /// Whether inbound rules count.
    AllowInbound,
    /// Whether local rules count.
    LocalRules,
    /// Whether local connection security rules count.
    LocalIpsec,
    /// Whether answers to multicast are let in.
    Unicast,
    /// Whether a user is told of a program that listens.
    Notify,
    /// File of the log.
    LogFile,
    /// Size of the log.
    LogSize,
    /// Whether connections that pass are logged.
    LogAllowed,
    /// Whether dropped packets are logged.
    LogBlocked,
    /// Network category.
    Category,
}

impl Key {
    /// All, by the word of the table.
    const WORDS: &[(&str, Self)] = &[
        ("id", Self::Id),
        ("name", Self::Name),
        ("title", Self::Title),
        ("enabled", Self::Enabled),
        ("profiles", Self::Profiles),
        ("direction", Self::Direction),
        ("action", Self::Action),
        ("local-addresses", Self::LocalAddresses),
        ("remote-addresses", Self::RemoteAddresses),
        ("protocol", Self::Protocol),
        ("local-ports", Self::LocalPorts),
        ("remote-ports", Self::RemotePorts),
        ("icmp", Self::Icmp),
        ("program", Self::Program),
        ("package", Self::Package),
        ("service", Self::Service),
        ("interface", Self::Interface),
        ("interface-type", Self::InterfaceType),
        ("authentication", Self::Authentication),
        ("encryption", Self::Encryption),
        ("override", Self::Override),
        ("user", Self::User),
        ("owner", Self::Owner),
        ("platform", Self::Platform),
        ("app-id", Self::AppId),
        ("keyword-addresses", Self::KeywordAddresses),
        ("dynamic", Self::Dynamic),
        ("status", Self::Status),
        ("store", Self::Store),
        ("store-type", Self::StoreType),
        ("host", Self::Host),
        ("class", Self::Class),
        ("inbound", Self::Inbound),
        ("outbound", Self::Outbound),
        ("allow-inbound", Self::AllowInbound),
        ("local-rules", Self::LocalRules),
        ("local-ipsec", Self::LocalIpsec),
        ("unicast", Self::Unicast),
        ("notify", Self::Notify),
        ("log-file", Self::LogFile),
        ("log-size", Self::LogSize),
        ("log-allowed", Self::LogAllowed),
        ("log-blocked", Self::LogBlocked),
        ("category", Self::Category),
    ];
}

/// The values of a property. Most have one: no list is made for it.
#[derive(Debug, Clone)]
pub enum Values<'a> {
    /// Null, or an empty list.
    None,
    /// One value.
    One(Cow<'a, str>),
    /// A list.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Values<'a> {
    /// Adds a value.
    pub fn push(&mut self, value: Cow<'a, str>) {
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(value),
            Self::One(first) => Self::Many(vec![first, value]),
            Self::Many(mut all) => {
                all.push(value);
                Self::Many(all)
            }
        };
    }

    fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::None => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(all) => all,
        }
    }
}

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Property<'a> {
    /// What it is known as; see `data/properties.tsv`.
    pub key: Option<Key>,
    /// Its values; none for null and for an empty list.
    pub values: Values<'a>,
    /// Where they stand.
    pub span: Span,
    /// Units of the ledger.
    pub units: Range<usize>,
}

impl<'a> Property<'a> {
    /// A property with at most one value.
    pub fn one(key: Option<Key>, value: Cow<'a, str>, span: Span, units: Range<usize>) -> Self {
        let values = match trimmed_of(&value, char::is_whitespace) {
            "" | "{}" => Values::None,
            _ => Values::One(value),
        };
        Self {
            key,
            values,
            span,
            units,
        }
    }

    /// The values as texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let all = self.values.as_slice().iter();
        all.map(|value| trimmed_of(value, char::is_whitespace))
    }

    /// The first value.
    pub fn first(&self) -> Option<&str> {
        self.texts().next().filter(|text| !text.is_empty())
    }
}

/// An object.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// In file order.
    pub properties: Vec<Property<'a>>,
    /// The whole object.
    pub span: Span,
    /// Units of the ledger.
    pub units: Range<usize>,
    /// Of each key, one more than the index of its last property.
    places: [u16; Key::WORDS.len()],
}

impl<'a> Record<'a> {
    /// An object with these properties.
    pub fn new(properties: Vec<Property<'a>>, span: Span, units: Range<usize>) -> Self {
        let mut places = [0; Key::WORDS.len()];
        for (place, property) in (1u16..).zip(&properties) {
            let slot = property.key.and_then(|key| places.get_mut(key as usize));
            if let Some(slot) = slot {
                *slot = place;
            }
        }
        Self {
            properties,
            span,
            units,
            places,
        }
    }

    /// A property by key; the last one counts, as PowerShell adds its own
    /// names of values behind the raw ones.
    pub fn get(&self, key: Key) -> Option<&Property<'a>> {
        let place = usize::from(*self.places.get(key as usize)?);
        self.properties.get(place.checked_sub(1)?)
    }

    /// Whether a property is there, with a value or without.
    pub fn has(&self, key: Key) -> bool {
        self.get(key).is_some()
    }
}

/// What a property is known as.
pub fn key(name: &str) -> Option<Key> {
    static KEYS: OnceLock<Map<&'static str, Key>> = OnceLock::new();
    const LONGEST: usize = 40;
    let keys = KEYS.get_or_init(|| {
        rows(include_str!("../data/properties.tsv"))
            .filter_map(|row| {
                let (_, key) = Key::WORDS
                    .iter()
                    .find(|(word, _)| row.get(1) == Some(word))?;
                Some((*row.first()?, *key))
            })
            .collect()
    });
    if name.len() > LONGEST {
        return None;
    }
    let mut lower = [0u8; LONGEST];
    let slot = lower.get_mut(..name.len())?;
    slot.copy_from_slice(name.as_bytes());
    slot.make_ascii_lowercase();
    keys.get(std::str::from_utf8(slot).ok()?).copied()
}

/// Whether names of properties are those of firewall objects.
pub fn are_known(has: impl Fn(Key) -> bool) -> bool {
    let all = |keys: &[Key]| keys.iter().all(|key| has(*key));
    all(&[Key::Direction, Key::Action, Key::Enabled])
        || all(&[Key::Inbound, Key::Outbound])
        || all(&[Key::LocalPorts, Key::RemotePorts, Key::Icmp])
        || all(&[Key::Id, Key::Class, Key::LocalPorts])
        || all(&[Key::Id, Key::Class, Key::LocalAddresses])
        || all(&[Key::Id, Key::Class, Key::Program])
        || all(&[Key::Id, Key::Class, Key::Service])
        || all(&[Key::Id, Key::Class, Key::InterfaceType])
        || all(&[Key::Id, Key::Class, Key::Interface])
        || all(&[Key::Id, Key::Class, Key::Authentication])
        || all(&[Key::Category, Key::Interface])
}
