//! How a way of a data path is protected as configured: the settings that
//! decide it, and what their values mean (`configured-2007.tsv`).

use std::sync::LazyLock;

use super::super::touch::admits;
use crate::model::exchange::{Lookup, Value};
use crate::model::path::{DataPath, Degree, Intent, Tls};
use crate::policy::facts::{Facts, FlowFact, ObjectFact, Ref};

const MEANINGS: &str = include_str!("../../../policies/catalogue/configured-2007.tsv");

/// How far the settings make a way encrypted; the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Passwords are taken in clear text.
    ClearPasswords,
    /// Not offered.
    Off,
    /// Signalling is encrypted, media is not.
    SignallingOnly,
    /// Offered; the other end may do without.
    Offered,
    /// Nothing passes unencrypted.
    Required,
}

impl Strength {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClearPasswords => "clear-passwords",
            Self::Off => "off",
            Self::SignallingOnly => "signalling-only",
            Self::Offered => "offered",
            Self::Required => "required",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::ClearPasswords,
            Self::Off,
            Self::SignallingOnly,
            Self::Offered,
            Self::Required,
        ]
        .into_iter()
        .find(|strength| strength.as_str() == word)
    }
}

/// A setting that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'a> {
    /// Cmdlet that prints it.
    pub cmdlet: &'static str,
    /// Object that has it.
    pub identity: &'a str,
    /// Property.
    pub property: &'static str,
    /// Its value, as printed.
    pub value: String,
    /// Where it stands.
    pub at: Ref,
}

/// The protection of one way as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured<'a> {
    /// Whether any setting that exlint knows decides it.
    pub decidable: bool,
    /// Encryption, by the weakest setting; `None` when none tells it.
    pub encryption: Option<Strength>,
    /// Ways to authenticate; empty when no setting tells them.
    pub methods: Vec<&'static str>,
    /// Those of them that the source does not list as supported.
    pub beyond: Vec<&'static str>,
    /// The settings, with their places.
    pub settings: Vec<Setting<'a>>,
    /// Cmdlets whose output would tell more.
    pub missing: Vec<&'static str>,
}

/// A line of the table.
struct Meaning {
    paths: &'static str,
    end: &'static str,
    cmdlet: &'static str,
    property: &'static str,
    value: &'static str,
    decides: &'static str,
    means: &'static str,
}

fn meanings() -> &'static [Meaning] {
    static ALL: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
        let lines = MEANINGS.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| {
                let mut cells = line.split('\t');
                let mut cell = || cells.next();
                Some(Meaning {
                    paths: cell()?,
                    end: cell()?,
                    cmdlet: cell()?,
                    property: cell()?,
                    value: cell()?,
                    decides: cell()?,
                    means: cell()?,
                })
            })
            .collect()
    });
    &ALL
}

/// Reads the settings for a way of a path.
pub fn configured<'a>(
    path: &DataPath,
    source: &str,
    destination: &str,
    facts: &'a Facts,
) -> Configured<'a> {
    let mut found = Configured::default();
    let of_path = meanings()
        .iter()
        .filter(|meaning| meaning.paths.split(',').any(|id| id == &*path.id.0));
    let mut weakest: Vec<(&str, Strength)> = Vec::new();
    for meaning in of_path {
        let known_end = facts.servers.iter().any(|server| {
            matches!(meaning.end, "destination" | "either") && server.name == destination
                || matches!(meaning.end, "source" | "either") && server.name == source
        });
        if !known_end {
            continue;
        }
        found.decidable = true;
        let objects = holders(meaning, source, destination, facts);
        if objects.is_empty() && !found.missing.contains(&meaning.cmdlet) {
            found.missing.push(meaning.cmdlet);
        }
        for object in objects {
            let Lookup::Known(value, span) = object.record.get(meaning.property) else {
                continue;
            };
            let setting = Setting {
                cmdlet: meaning.cmdlet,
                identity: &object.identity,
                property: meaning.property,
                value: words(value).join(", "),
                at: Ref(span),
            };
            if !found.settings.contains(&setting) {
                found.settings.push(setting);
            }
            if !holds(meaning.value, value) {
                continue;
            }
            match Strength::from_word(meaning.means).filter(|_| meaning.decides == "encryption") {
                // Of one object the strongest counts (required over offered),
                // unless one setting switches it off; of several the weakest.
                Some(strength) => match weakest.iter_mut().find(|(id, _)| *id == object.identity) {
                    Some((_, held)) if strength <= Strength::Off => *held = strength,
                    Some((_, held)) => *held = (*held).max(strength),
                    None => weakest.push((&object.identity, strength)),
                },
                None if !found.methods.contains(&meaning.means) => {
                    found.methods.push(meaning.means);
                }
                None => {}
            }
        }
    }
    found.encryption = weakest.iter().map(|(_, strength)| *strength).min();
    let supported = &path.authentication.supported;
    let methods = found.methods.iter().copied();
    found.beyond = methods
        .filter(|method| !is_supported(method, supported))
        .collect();
    found
}

/// Whether a way that is open takes passwords or mail in the clear, as
/// configured; `None` when only a setting that is not there would tell.
pub fn bare(path: &DataPath, configured: &Configured<'_>, flows: &[&FlowFact]) -> Option<bool> {
    let by_default = path.encryption.by_default != Degree::No;
    match configured.encryption {
        Some(Strength::ClearPasswords) => Some(clear_service_open(path, flows)),
        Some(Strength::Off) => Some(by_default),
        Some(_) => Some(false),
        // A port on which both is possible depends on the setting alone.
        None if configured.decidable && chosen_by_client(path) => {
            (!clear_service_open(path, flows)).then_some(false)
        }
        None => Some(false),
    }
}

/// Whether the same service runs on a clear port and on one with TLS, so that
/// the server's setting alone keeps passwords off the clear one.
fn chosen_by_client(path: &DataPath) -> bool {
    path.intent == Intent::ClientOptional && path.services.iter().any(|s| s.tls == Tls::Implicit)
}

/// Whether a service that begins in the clear can be reached.
fn clear_service_open(path: &DataPath, flows: &[&FlowFact]) -> bool {
    flows.iter().any(|flow| {
        matches!(flow.verdict.verdict, "permit" | "partial")
            && path.services.iter().any(|service| {
                *service.to_string() == *flow.service
                    && matches!(service.tls, Tls::None | Tls::Starttls)
            })
    })
}

/// The objects of a setting that are about a way.
fn holders<'a>(
    meaning: &Meaning,
    source: &str,
    destination: &str,
    facts: &'a Facts,
) -> Vec<&'a ObjectFact> {
    let Some(all) = facts.objects.get(meaning.cmdlet) else {
        return Vec::new();
    };
    let is_end = |name: &str| match meaning.end {
        "destination" => name.eq_ignore_ascii_case(destination),
        "source" => name.eq_ignore_ascii_case(source),
        _ => name.eq_ignore_ascii_case(source) || name.eq_ignore_ascii_case(destination),
    };
    let lists = |object: &ObjectFact, property: &str| {
        object
            .record
            .names(property)
            .is_some_and(|(names, _)| names.into_iter().any(&is_end))
    };
    let enabled = |object: &ObjectFact| !matches!(object.record.get("Enabled"), Lookup::Known(value, _) if holds("false", value));
    all.iter()
        .filter(|object| match meaning.cmdlet {
            "Get-ReceiveConnector" => {
                object.server.as_deref().is_some_and(is_end)
                    && enabled(object)
                    && admits(object, source, facts)
            }
            "Get-SendConnector" => enabled(object) && lists(object, "SourceTransportServers"),
            "Get-UMDialPlan" => lists(object, "UMServers"),
            "Get-MailboxServer" => {
                is_end(&object.identity) || object.server.as_deref().is_some_and(is_end)
            }
            _ => object.server.as_deref().is_some_and(is_end),
        })
        .collect()
}

/// The words of a value: names of a list, `true`, or the text.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Flags(names) => names.iter().map(|name| name.to_string()).collect(),
        Value::List(items) => items.iter().flat_map(words).collect(),
        Value::Text(text) => vec![text.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Integer(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

fn holds(wanted: &str, value: &Value) -> bool {
    let has = |wanted: &str| {
        let mut words = words(value).into_iter();
        words.any(|word| word.eq_ignore_ascii_case(wanted))
    };
    match wanted.strip_prefix('!') {
        Some(absent) => !has(absent),
        None => has(wanted),
    }
}

/// Whether the source lists a method, or one that it stands for.
fn is_supported(method: &str, supported: &[String]) -> bool {
    let listed = |names: &[&str]| supported.iter().any(|name| names.contains(&name.as_str()));
    match method {
        "integrated-windows" => listed(&[
            "integrated-windows",
            "ntlm",
            "ntlm-v2",
            "kerberos",
            "negotiate",
        ]),
        "exchange-server" => listed(&["kerberos", "direct-trust"]),
        "basic-after-tls" => listed(&["basic"]),
        method => listed(&[method]),
    }
}
