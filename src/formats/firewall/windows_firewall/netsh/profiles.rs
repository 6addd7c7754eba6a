//! The settings of one profile, as `show allprofiles` prints them.

use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::windows_firewall::facts::{
    Part, Profile, ProfileDefault, ProfileFacts, Told,
};
use crate::formats::firewall::windows_firewall::{profile_records, words};
use crate::formats::windows_host::objects::{Object, Objects};
use crate::source::{SourceFile, Span, Spanned};

const WHAT: &str = "output of netsh advfirewall";

/// Settings that are being read.
pub struct Settings<'f> {
    profile: Profile,
    facts: ProfileFacts,
    record: Object<'f>,
    span: Span,
}

impl<'f> Settings<'f> {
    /// The settings under a heading.
    pub fn new(profile: Profile, span: Span) -> Self {
        Self {
            profile,
            facts: ProfileFacts::default(),
            record: profile_records::begin(profile, span),
            span,
        }
    }

    /// Reads one line: label, blanks, value.
    pub fn line(&mut self, file: &SourceFile, line: &'f str) -> Outcome {
        let span = file.span_of(line).unwrap_or(self.span);
        let Some((key, value)) = known(line) else {
            return Outcome::UNRECOGNISED;
        };
        let taken = profile_records::set(&mut self.record, key, value, span);
        match key {
            "state" => {
                self.facts.on = match words::truth(value) {
                    Some(on) => Told::Known(Spanned::new(on, span)),
                    None => unclear(value, span),
                };
            }
            "policy" => return self.policy(value, span),
            "local-rules" => {
                // The local store prints N/A: only a group policy has the setting.
                if let Some(counts) = words::truth(value) {
                    self.facts.local_rules = Told::Known(Spanned::new(counts, span));
                }
            }
            _ if taken.is_some() => return Outcome::MODELLED,
            _ => return Outcome::IRRELEVANT,
        }
        match self.facts.on {
            Told::Unclear(_) if key == "state" => {
                Outcome::not_modelled(format!("{} is not understood", quoted(value)))
            }
            _ => Outcome::MODELLED,
        }
    }

    /// `BlockInbound,AllowOutbound`.
    fn policy(&mut self, value: &str, span: Span) -> Outcome {
        for word in value.split(',').map(str::trim) {
            let lower = word.to_ascii_lowercase();
            let (slot, default) = match lower.as_str() {
                "blockinbound" => (&mut self.facts.inbound, ProfileDefault::Block),
                "blockinboundalways" => (&mut self.facts.inbound, ProfileDefault::BlockAlways),
                "allowinbound" => (&mut self.facts.inbound, ProfileDefault::Allow),
                "blockoutbound" => (&mut self.facts.outbound, ProfileDefault::Block),
                "allowoutbound" => (&mut self.facts.outbound, ProfileDefault::Allow),
                _ => {
                    let why = format!("{} is not understood", quoted(word));
                    return Outcome::not_modelled(why);
                }
            };
            *slot = Told::Known(Spanned::new(default, span));
            profile_records::set_default(&mut self.record, word, span);
        }
        Outcome::MODELLED
    }

    /// Hands the settings to the part, and to the records of the file. Those of
    /// `show currentprofile` are in force.
    pub fn finish(self, part: &mut Part, current: bool, objects: &mut Objects) {
        if current {
            part.activate(self.profile, self.span);
        }
        part.profile_mut(self.profile).join(self.facts);
        let host = part.host.as_ref().map(|host| host.value.as_str());
        objects.add(self.record, host, WHAT);
    }
}

fn unclear<T>(value: &str, span: Span) -> Told<T> {
    Told::unclear(format!("{} is not understood", quoted(value)), span)
}

/// Key and value of a line. Label and value stand at least one blank apart;
/// labels of several words are known whole.
fn known(line: &str) -> Option<(&'static str, &str)> {
    for (label, key) in words::profile_labels() {
        let Some(rest) = line.strip_prefix(label) else {
            continue;
        };
        let rest = rest.trim_start_matches([':', '：']);
        if rest.is_empty() || rest.starts_with([' ', '\t']) {
            return Some((key, rest.trim()));
        }
    }
    // With letters that did not survive: the label ends where blanks begin.
    let (label, value) = line.split_once("  ")?;
    words::profile_label(label.trim_end_matches([':', ' '])).map(|key| (key, value.trim()))
}
