//! What keys and values of the firewall's settings mean.
//!
//! Source: MS-GPFAS 2.2.3 (profile settings) and 2.2.2.19 (rules). The local
//! store has the same values below `…\SharedAccess\Parameters\FirewallPolicy`,
//! where `StandardProfile` is the private profile.

use super::strings;
use crate::formats::LineState;
use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::windows_firewall::facts::{
    Doubt, Part, Profile, ProfileDefault, RuleSource, Store, Told,
};
use crate::source::{SourceFile, Span, Spanned};

/// Which settings a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Rules, one for each value.
    Rules(RuleSource),
    /// Settings of a profile.
    Profile(Profile, RuleSource),
    /// Ports and programs that were opened as on Windows Server 2003.
    Opened,
    /// Something of the firewall that cannot change a verdict.
    Other,
    /// Settings of pre-Vista machines in a group policy.
    Standard,
    /// Not of the firewall.
    Foreign,
}

/// What a key is, by its path.
pub fn key(path: &str) -> Key {
    let path = path.to_ascii_lowercase();
    let policy = path.contains("policies\\microsoft\\windowsfirewall");
    let local = path.contains("\\sharedaccess\\");
    if !policy && !local {
        return Key::Foreign;
    }
    let source = if policy {
        RuleSource::GroupPolicy
    } else {
        RuleSource::Local
    };
    let last = path.rsplit('\\').next().unwrap_or_default();
    match last {
        "firewallrules" => Key::Rules(source),
        "domainprofile" => Key::Profile(Profile::Domain, source),
        "privateprofile" => Key::Profile(Profile::Private, source),
        "publicprofile" => Key::Profile(Profile::Public, source),
        "standardprofile" if policy => Key::Standard,
        "standardprofile" => Key::Profile(Profile::Private, source),
        "list" => Key::Opened,
        "restrictedservices" | "static" | "configurable" | "system" => Key::Other,
        _ => Key::Other,
    }
}

/// A value of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Value<'f> {
    /// Its name.
    pub name: &'f str,
    /// Its text, for a string.
    pub text: Option<&'f str>,
    /// Its number, for a number.
    pub number: Option<u32>,
    /// Where it stands.
    pub span: Span,
}

/// Notes that a key is there.
pub fn open(part: &mut Part, key: Key) {
    match key {
        Key::Rules(source) => {
            part.lists_rules = true;
            store(part, source);
        }
        Key::Profile(_, source) => store(part, source),
        Key::Opened | Key::Other | Key::Standard | Key::Foreign => {}
    }
}

fn store(part: &mut Part, source: RuleSource) {
    if source == RuleSource::Local {
        part.store = Store::Computer;
    }
}

/// Takes a value of a key.
pub fn take(part: &mut Part, key: Key, value: Value<'_>, file: &SourceFile) -> Outcome {
    match key {
        Key::Foreign | Key::Other => Outcome::IRRELEVANT,
        Key::Standard => Outcome::irrelevant("for computers before Windows Vista"),
        Key::Opened => {
            let why = "ports and programs opened as on Windows Server 2003 may count beside rules";
            part.unread.get_or_insert(Doubt::new(why, value.span));
            Outcome::not_modelled(why)
        }
        Key::Rules(source) => rule(part, source, value, file),
        Key::Profile(profile, _) => profile_setting(part, profile, value),
    }
}

fn rule(part: &mut Part, source: RuleSource, value: Value<'_>, file: &SourceFile) -> Outcome {
    let Some(text) = value.text else {
        return Outcome::IRRELEVANT;
    };
    if !strings::is_rule(text) {
        // `Delete all values` of a policy, an empty default value.
        return if text.trim().is_empty() {
            Outcome::IRRELEVANT
        } else {
            let why = "a rule that is not understood";
            part.unread.get_or_insert(Doubt::new(why, value.span));
            Outcome::UNRECOGNISED
        };
    }
    let facts = strings::read(text, source, value.span, |field| file.span_of(field));
    let doubt = facts.doubts.first().map(|doubt| doubt.reason.clone());
    Progress::behind(value.span, file.text().len()).make_room(&mut part.rules);
    part.rules.push(facts);
    match doubt {
        Some(why) => Outcome {
            state: LineState::NotModelled,
            why: Some(why),
        },
        None => Outcome::MODELLED,
    }
}

fn profile_setting(part: &mut Part, profile: Profile, value: Value<'_>) -> Outcome {
    let Some(number) = value.number else {
        return Outcome::IRRELEVANT;
    };
    let on = number != 0;
    let facts = part.profile_mut(profile);
    let known = |default| Told::Known(Spanned::new(default, value.span));
    match value.name.to_ascii_lowercase().as_str() {
        "enablefirewall" => facts.on = Told::Known(Spanned::new(on, value.span)),
        "defaultinboundaction" => {
            let shielded = matches!(&facts.inbound, Told::Known(known)
                if known.value == ProfileDefault::BlockAlways);
            if !shielded {
                facts.inbound = known(block(on));
            }
        }
        "defaultoutboundaction" => facts.outbound = known(block(on)),
        // "Shields up": rules do not count (FW_PROFILE_CONFIG_SHIELDED).
        "donotallowexceptions" if on => facts.inbound = known(ProfileDefault::BlockAlways),
        "allowlocalpolicymerge" => {
            facts.local_rules = Told::Known(Spanned::new(on, value.span));
        }
        _ => return Outcome::IRRELEVANT,
    }
    Outcome::MODELLED
}

/// 0 allows, 1 blocks.
fn block(on: bool) -> ProfileDefault {
    if on {
        ProfileDefault::Block
    } else {
        ProfileDefault::Allow
    }
}
