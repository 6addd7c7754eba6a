//! All that is told of a host, and what each profile makes of it.

use std::collections::HashMap;

use crate::formats::firewall::windows_firewall::facts::{
    Direction, Doubt, Part, Profile, ProfileDefault, ProfileFacts, Profiles, RuleAction, RuleFacts,
    RuleSource, Store, Told,
};
use crate::formats::firewall::windows_firewall::values::has_ports;
use crate::source::{Span, Spanned};

/// Filters kept for a rule; Windows has seven kinds of them.
const MAX_FILTERS: usize = 32;

/// All that is told of one host.
pub struct Sheet {
    /// See [`Part`].
    pub rules: Vec<RuleFacts>,
    /// See [`Part`].
    pub lists_rules: bool,
    /// See [`Part`].
    pub profiles: [ProfileFacts; 3],
    /// See [`Part`].
    pub active: Option<Spanned<Profiles>>,
    /// See [`Part`].
    pub store: Store,
    /// See [`Part`].
    pub unread: Vec<Doubt>,
}

impl Sheet {
    /// Joins the parts of a host; filters of rules find theirs by id.
    pub fn new(parts: Vec<Part>) -> Self {
        let mut sheet = Self {
            rules: Vec::new(),
            lists_rules: false,
            profiles: std::array::from_fn(|_| ProfileFacts::default()),
            active: None,
            store: Store::GroupPolicy,
            unread: Vec::new(),
        };
        let mut filters: HashMap<Box<str>, Vec<RuleFacts>> = HashMap::new();
        for part in parts {
            if part.store == Store::Computer {
                sheet.store = Store::Computer;
            }
            sheet.lists_rules |= part.lists_rules;
            sheet.rules.extend(part.rules);
            for filter in part.filters {
                if let Some(id) = filter.id.clone() {
                    let known = filters.entry(id).or_default();
                    // A rule has at most one filter of each kind.
                    if known.len() < MAX_FILTERS {
                        known.push(filter);
                    }
                }
            }
            for (slot, told) in sheet.profiles.iter_mut().zip(part.profiles) {
                slot.join(told);
            }
            if sheet.active.is_none() {
                sheet.active = part.active;
            }
            sheet.unread.extend(part.unread);
        }
        for rule in &mut sheet.rules {
            let own = rule.id.as_ref().and_then(|id| filters.get(id));
            for filter in own.into_iter().flatten() {
                rule.join(filter.clone());
            }
            if !has_ports(rule.protocol.known().copied()) && rule.protocol.known().is_some() {
                // Only TCP and UDP have ports that rules can name.
                rule.local_ports = Told::Known(Vec::new());
                rule.remote_ports = Told::Known(Vec::new());
            }
        }
        sheet
    }

    /// The settings of a profile.
    pub fn profile(&self, profile: Profile) -> Option<&ProfileFacts> {
        self.profiles.get(profile.index())
    }

    /// The profiles that may be in force.
    pub fn possible(&self) -> Vec<Profile> {
        let active = self.active.map_or(Profiles::ALL, |active| active.value);
        let of = |profile: &Profile| active.contains(*profile);
        Profile::ALL.into_iter().filter(of).collect()
    }
}

/// What one profile does in one direction: equal plans are one filter.
#[derive(PartialEq)]
pub struct Plan {
    /// The profiles that do the same.
    pub profiles: Vec<Profile>,
    /// Whether the firewall is on.
    pub on: Told<bool>,
    /// For connections that no rule matches.
    pub default: Told<ProfileDefault>,
    /// The rules in evaluation order.
    pub rules: Vec<Listed>,
    /// Whether only rules of group policies count.
    pub policies_only: bool,
    /// What says whether it is on, and what the default is.
    pub cites: [Option<Span>; 2],
}

/// A rule in the list of a profile.
#[derive(PartialEq)]
pub struct Listed {
    /// Index in the sheet.
    pub index: usize,
    /// What makes it doubtful in this profile.
    pub doubts: Vec<&'static str>,
    /// In force in other profiles only: it decides nothing here, and shows what
    /// somebody meant to let in.
    pub elsewhere: bool,
}

impl Plan {
    /// Whether two profiles decide alike.
    pub fn does_the_same(&self, other: &Self) -> bool {
        self.on == other.on
            && self.default == other.default
            && self.rules == other.rules
            && self.policies_only == other.policies_only
    }
}

impl Plan {
    /// Whether no packet can be dropped, whatever it is.
    pub fn lets_all_pass(&self, sheet: &Sheet) -> bool {
        let allows = |listed: &Listed| {
            sheet.rules.get(listed.index).is_some_and(|rule| {
                rule.action == Told::Known(RuleAction::Allow) || rule.enabled == Told::Known(false)
            })
        };
        self.on == Told::Known(false)
            || (self.on == Told::Known(true)
                && self.default == Told::Known(ProfileDefault::Allow)
                && sheet.unread.is_empty()
                && sheet.lists_rules
                && (sheet.store == Store::Computer || self.policies_only)
                && self.rules.iter().all(allows))
    }
}

/// What a profile does with connections of a direction.
pub fn plan(sheet: &Sheet, direction: Direction, profile: Profile) -> Plan {
    let none = ProfileFacts::default();
    let told = sheet.profile(profile).unwrap_or(&none);
    let value = |told: &Told<Spanned<bool>>| match told {
        Told::Known(known) => Told::Known(known.value),
        Told::Absent => Told::Absent,
        Told::Unclear(doubt) => Told::Unclear(doubt.clone()),
    };
    let default = match direction {
        Direction::In => &told.inbound,
        Direction::Out => &told.outbound,
    };
    let cites = [
        told.on.known().map(|known| known.span),
        default.known().map(|known| known.span),
    ];
    let default = match default {
        Told::Known(known) => Told::Known(known.value),
        Told::Absent => Told::Absent,
        Told::Unclear(doubt) => Told::Unclear(doubt.clone()),
    };
    let local_ignored = told.local_rules.known().is_some_and(|known| !known.value);
    let mut rules: Vec<(u8, Listed)> = Vec::new();
    for (index, rule) in sheet.rules.iter().enumerate() {
        if rule
            .direction
            .known()
            .is_some_and(|known| *known != direction)
        {
            continue;
        }
        let mut doubts = Vec::new();
        let mut elsewhere = false;
        match &rule.profiles {
            Told::Known(profiles) if !profiles.value.contains(profile) => {
                let permits = rule.action == Told::Known(RuleAction::Allow)
                    && rule.enabled == Told::Known(true)
                    && rule.direction == Told::Known(direction);
                if !permits {
                    continue;
                }
                elsewhere = true;
            }
            Told::Known(_) => {}
            Told::Absent | Told::Unclear(_) => {
                doubts.push("the profiles in which the rule is in force are not in the export");
            }
        }
        if local_ignored {
            match rule.source.known() {
                Some(RuleSource::Local) => continue,
                Some(RuleSource::GroupPolicy | RuleSource::System) => {}
                None => doubts.push(
                    "only rules of group policies are in force, and the export does not tell \
                     where this one is from",
                ),
            }
        }
        let rank = match rule.action.known() {
            Some(RuleAction::Bypass) => 0,
            Some(RuleAction::Block) => 1,
            None => 2,
            Some(RuleAction::Allow) => 3,
        };
        let listed = Listed {
            index,
            doubts,
            elsewhere,
        };
        rules.push((rank, listed));
    }
    rules.sort_by_key(|(rank, listed)| (*rank, listed.index));
    Plan {
        profiles: vec![profile],
        on: value(&told.on),
        default,
        rules: rules.into_iter().map(|(_, listed)| listed).collect(),
        policies_only: local_ignored,
        cites,
    }
}
