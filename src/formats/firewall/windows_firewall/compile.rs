//! From facts to the model.
//!
//! Rules have no order. A rule that lets authenticated peers pass in spite of
//! block rules wins over block rules, those over allow rules (MS-FASP 2.2.34,
//! `FW_RULE_ACTION`), and what no rule matches meets the default of the
//! profile. So each direction becomes one first-match list: bypass, block,
//! allow, default. Where several profiles may be in force and decide
//! differently, there is one list for each, and which of them a packet meets
//! is not known: a verdict that all give is certain all the same.
//!
//! Defaults where the computer's own store says nothing: the firewall is on,
//! blocks inbound and allows outbound connections (`Set-NetFirewallProfile`,
//! learn.microsoft.com: `NotConfigured` means these). They are assumed only
//! where an export shows the profile.

use std::collections::HashMap;

use super::facts::{
    Addresses, Binding, Direction, Doubt, Part, Ports, Profile, ProfileDefault, ProfileFacts,
    Profiles, ProtocolFact, RuleAction, RuleFacts, RuleSource, Store, Term, Told,
};
use super::values::has_ports;
use crate::formats::firewall::shared::rules::{blank_rule, pseudo_rule};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, Filter, FilterDefault, FilterId,
    Firewall, IcmpMatch, InterfaceMatch, Nat, NotModelled, Passage, PortMatch, ProtocolMatch,
    ReasonId, Rule, ServiceMatch, ServiceObject, ServiceObjectId, ServiceTerm, Stage,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

/// Most reasons kept; a hostile file repeats the last one.
const MAX_REASONS: usize = 50_000;
/// More combinations of local and remote ports than this become a group.
const MAX_TERMS: usize = 64;

const ALL_PROFILES: &str = "`netsh advfirewall show allprofiles` shows it";
const ALL_RULES: &str = "`netsh advfirewall firewall show rule name=all verbose` shows it";

/// Makes the firewall of a host of everything that is told about it. The
/// parts are of one host; of two that tell the same, the first counts.
#[must_use]
pub fn compile(name: Spanned<String>, parts: Vec<Part>) -> Firewall {
    let mut builder = Builder {
        firewall: empty(name),
        reasons: HashMap::new(),
    };
    let sheet = Sheet::new(parts);
    for direction in Direction::BOTH {
        builder.direction(&sheet, direction);
    }
    builder.firewall
}

fn empty(name: Spanned<String>) -> Firewall {
    Firewall {
        name,
        platform: super::ID,
        software: None,
        transparent: None,
        stateful: true,
        interfaces: Vec::new(),
        routes: Vec::new(),
        dynamic_routing: Vec::new(),
        address_objects: Vec::new(),
        service_objects: Vec::new(),
        filters: Vec::new(),
        stages: Vec::new(),
        nat: Nat::default(),
        inspections: Vec::new(),
        tunnels: Vec::new(),
        not_modelled: Vec::new(),
        references: Vec::new(),
    }
}

/// All that is told of one host.
struct Sheet {
    rules: Vec<RuleFacts>,
    lists_rules: bool,
    profiles: [ProfileFacts; 3],
    active: Option<Spanned<Profiles>>,
    store: Store,
    unread: Vec<Doubt>,
}

impl Sheet {
    fn new(parts: Vec<Part>) -> Self {
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
                    filters.entry(id).or_default().push(filter);
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

    fn profile(&self, profile: Profile) -> Option<&ProfileFacts> {
        self.profiles.get(profile.index())
    }

    /// The profiles that may be in force.
    fn possible(&self) -> Vec<Profile> {
        let active = self.active.map_or(Profiles::ALL, |active| active.value);
        let of = |profile: &Profile| active.contains(*profile);
        Profile::ALL.into_iter().filter(of).collect()
    }
}

/// What one profile does in one direction: equal plans are one filter.
#[derive(PartialEq)]
struct Plan {
    profiles: Vec<Profile>,
    on: Told<bool>,
    default: Told<ProfileDefault>,
    /// Indexes of the rules in evaluation order, and what makes one doubtful
    /// in this profile.
    rules: Vec<(usize, Vec<&'static str>)>,
    /// Whether only rules of group policies count.
    policies_only: bool,
    cites: [Option<Span>; 2],
}

impl Plan {
    fn does_the_same(&self, other: &Self) -> bool {
        self.on == other.on
            && self.default == other.default
            && self.rules == other.rules
            && self.policies_only == other.policies_only
    }
}

impl Plan {
    /// Whether no packet can be dropped, whatever it is.
    fn lets_all_pass(&self, sheet: &Sheet) -> bool {
        let allows = |(index, _): &(usize, _)| {
            sheet.rules.get(*index).is_some_and(|rule| {
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

struct Builder {
    firewall: Firewall,
    reasons: HashMap<(String, Option<Span>), ReasonId>,
}

impl Builder {
    /// The id of a reason. One without a place of its own stands for the whole
    /// export, once.
    fn reason(&mut self, reason: &str, span: Option<Span>) -> ReasonId {
        let key = (reason.to_owned(), span);
        if let Some(id) = self.reasons.get(&key) {
            return *id;
        }
        let list = &mut self.firewall.not_modelled;
        if list.len() < MAX_REASONS {
            list.push(NotModelled {
                reason: reason.to_owned(),
                span: span.unwrap_or(self.firewall.name.span),
            });
        }
        let id = ReasonId(index(list.len().saturating_sub(1)));
        self.reasons.insert(key, id);
        id
    }

    fn doubt(&mut self, doubt: &Doubt) -> ReasonId {
        self.reason(&doubt.reason, Some(doubt.span))
    }

    fn unless(&mut self, why: &str, span: Option<Span>) -> Box<[Condition]> {
        Box::new([Condition::Unknown(self.reason(why, span))])
    }

    fn direction(&mut self, sheet: &Sheet, direction: Direction) {
        let mut plans: Vec<Plan> = Vec::new();
        for profile in sheet.possible() {
            let plan = plan(sheet, direction, profile);
            match plans.iter_mut().find(|known| known.does_the_same(&plan)) {
                Some(known) => known.profiles.push(profile),
                None => plans.push(plan),
            }
        }
        let alone = plans.len() == 1;
        let filters: Vec<FilterId> = plans
            .iter()
            .map(|plan| {
                let name = if alone {
                    direction.filter().to_owned()
                } else {
                    let names: Vec<&str> = plan.profiles.iter().map(|p| p.name()).collect();
                    format!("{} ({})", direction.filter(), names.join(", "))
                };
                self.filter(sheet, direction, plan, name)
            })
            .collect();
        let Some(last) = filters.last().copied() else {
            return;
        };
        let filter = if alone {
            last
        } else {
            self.choice(&plans, &filters, direction)
        };
        if direction == Direction::Out && plans.iter().all(|plan| plan.lets_all_pass(sheet)) {
            // As Windows comes: a hop that decides nothing.
            return;
        }
        let span = self.firewall.name.span;
        self.firewall.stages.push(Stage {
            label: format!("{} rules of Windows Firewall", direction.filter()),
            passage: match direction {
                Direction::In => Passage::ToHost,
                Direction::Out => Passage::FromHost,
            },
            ingress: InterfaceMatch::Any,
            egress: InterfaceMatch::Any,
            filter,
            view: AddressView::Real,
            span,
        });
    }

    /// A filter that hands packets to that of one profile or another.
    fn choice(&mut self, plans: &[Plan], filters: &[FilterId], direction: Direction) -> FilterId {
        let span = self.firewall.name.span;
        let why = "which network profile is in force is not in the export; \
                   `netsh advfirewall show currentprofile` shows it";
        let mut rules = Vec::new();
        for (plan, filter) in plans.iter().zip(filters).rev().skip(1).rev() {
            let names: Vec<&str> = plan.profiles.iter().map(|p| p.name()).collect();
            let label = format!("the profile {} is in force", names.join(" or "));
            let mut rule = pseudo_rule(Action::Goto(*filter), label, span);
            rule.conditions = self.unless(why, None);
            rules.push(rule);
        }
        let last = filters.last().map_or(Action::Deny, |id| Action::Goto(*id));
        self.push(Filter {
            name: direction.filter().to_owned(),
            rules,
            default: FilterDefault {
                action: last,
                label: "the last of the profiles that may be in force".to_owned(),
                span,
            },
            span,
            filters_traffic: true,
        })
    }

    fn push(&mut self, filter: Filter) -> FilterId {
        let id = FilterId(index(self.firewall.filters.len()));
        self.firewall.filters.push(filter);
        id
    }

    fn filter(
        &mut self,
        sheet: &Sheet,
        direction: Direction,
        plan: &Plan,
        name: String,
    ) -> FilterId {
        let here = self.firewall.name.span;
        let [on_at, default_at] = plan.cites;
        let names: Vec<&str> = plan.profiles.iter().map(|p| p.name()).collect();
        let names = names.join(", ");
        let mut rules = Vec::new();
        if plan.on == Told::Known(false) {
            let label = format!("Windows Firewall is off in profile {names}");
            rules.push(pseudo_rule(Action::Permit, label, on_at.unwrap_or(here)));
        } else {
            if plan.on != Told::Known(true) {
                let why = format!(
                    "whether Windows Firewall is on in profile {names} is not in the export; {ALL_PROFILES}"
                );
                rules.push(self.possible_permit(&why, on_at));
            }
            for doubt in &sheet.unread {
                rules.push(self.possible_permit(&doubt.reason, Some(doubt.span)));
                let mut deny = pseudo_rule(Action::Deny, doubt.reason.as_ref(), doubt.span);
                deny.conditions = self.unless(&doubt.reason, Some(doubt.span));
                rules.push(deny);
            }
            let always = plan.default == Told::Known(ProfileDefault::BlockAlways);
            if always {
                let label =
                    format!("profile {names} blocks all inbound connections, whatever rules say");
                rules.push(pseudo_rule(Action::Deny, label, default_at.unwrap_or(here)));
            }
            for (index, doubts) in &plan.rules {
                if let Some(facts) = sheet.rules.get(*index) {
                    self.rule(facts, direction, doubts, &mut rules);
                }
            }
            if !sheet.lists_rules {
                let why = format!("the rules are not in the export; {ALL_RULES}");
                rules.push(self.possible_permit(&why, None));
                let mut deny = pseudo_rule(Action::Deny, why.as_str(), here);
                deny.conditions = self.unless(&why, None);
                rules.push(deny);
            } else if sheet.store == Store::GroupPolicy && !plan.policies_only {
                let why = "the rules and settings of the computer itself count beside those of a group policy";
                rules.push(self.possible_permit(why, None));
                let mut deny = pseudo_rule(Action::Deny, why, here);
                deny.conditions = self.unless(why, None);
                rules.push(deny);
            }
            if !matches!(plan.default, Told::Known(_)) {
                let why = format!(
                    "what profile {names} does with {} connections that no rule matches is not in the \
                     export; {ALL_PROFILES}",
                    direction.filter()
                );
                rules.push(self.possible_permit(&why, default_at));
            }
        }
        let action = match plan.default {
            Told::Known(ProfileDefault::Allow) => Action::Permit,
            _ => Action::Deny,
        };
        let verb = if action == Action::Permit {
            "allows"
        } else {
            "blocks"
        };
        self.push(Filter {
            name,
            rules,
            default: FilterDefault {
                action,
                label: format!(
                    "profile {names} {verb} {} connections that no rule matches",
                    direction.filter()
                ),
                span: default_at.unwrap_or(here),
            },
            span: here,
            filters_traffic: true,
        })
    }

    /// A rule of no file that may let everything pass.
    fn possible_permit(&mut self, why: &str, span: Option<Span>) -> Rule {
        let mut rule = pseudo_rule(Action::Permit, why, span.unwrap_or(self.firewall.name.span));
        rule.conditions = self.unless(why, span);
        rule
    }

    /// Appends a rule of the file; twice where the export does not tell what
    /// it does.
    fn rule(
        &mut self,
        facts: &RuleFacts,
        direction: Direction,
        doubts: &[&'static str],
        rules: &mut Vec<Rule>,
    ) {
        let mut reasons: Vec<ReasonId> = Vec::new();
        for why in doubts {
            reasons.push(self.reason(why, None));
        }
        for doubt in &facts.doubts {
            reasons.push(self.doubt(doubt));
        }
        let direct = self.unclear(&facts.direction, "the direction");
        let action = self.unclear(&facts.action, "the action");
        let enabled = self.unclear(&facts.enabled, "whether the rule is in force");
        reasons.extend(direct.into_iter().chain(action).chain(enabled));
        for (bindings, what) in [
            (Binding::Program, "the program"),
            (Binding::Service, "the service"),
            (Binding::InterfaceType, "the kinds of interfaces"),
            (Binding::Security, "the authentication that it asks for"),
        ] {
            if !facts.told(bindings) {
                let why = format!("{what} of each rule is not in the export; {ALL_RULES}");
                reasons.push(self.reason(&why, None));
            }
        }
        let bypass = facts.action == Told::Known(RuleAction::Bypass);
        if bypass {
            let why = "the rule is for authenticated peers only";
            reasons.push(self.reason(why, Some(facts.span)));
        }
        reasons.dedup();
        let (local, remote) = (
            self.addresses(&facts.local_addresses),
            self.addresses(&facts.remote_addresses),
        );
        let (source, destination) = match direction {
            Direction::In => (remote, local),
            Direction::Out => (local, remote),
        };
        let mut rule = Rule {
            enabled: facts.enabled != Told::Known(false),
            source,
            destination,
            service: self.service(facts, direction),
            conditions: reasons.into_iter().map(Condition::Unknown).collect(),
            ..blank_rule(Action::Permit, facts.span)
        };
        match facts.action.known() {
            Some(RuleAction::Block) => rule.action = Action::Deny,
            Some(RuleAction::Allow | RuleAction::Bypass) => {}
            None => rules.push(Rule {
                action: Action::Deny,
                ..rule.clone()
            }),
        }
        rules.push(rule);
    }

    /// The reason why a fact is not known; `None` when it is.
    fn unclear<T>(&mut self, told: &Told<T>, what: &str) -> Option<ReasonId> {
        match told {
            Told::Known(_) => None,
            Told::Absent => {
                let why = format!("{what} of each rule is not in the export; {ALL_RULES}");
                Some(self.reason(&why, None))
            }
            Told::Unclear(doubt) => Some(self.doubt(doubt)),
        }
    }

    fn addresses(&mut self, told: &Told<Addresses>) -> AddressMatch {
        let list = match told {
            Told::Known(list) => list,
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(told, "the addresses");
                return why.map_or(AddressMatch::Any, |id| {
                    AddressMatch::One(AddressTerm::Unknown(id))
                });
            }
        };
        let mut terms: Vec<AddressTerm> = Vec::with_capacity(list.len());
        for term in list {
            terms.push(match term {
                Term::Exact(range) => AddressTerm::from(*range),
                Term::Open(doubt) => AddressTerm::Unknown(self.doubt(doubt)),
            });
        }
        match terms.len() {
            0 => AddressMatch::Any,
            1 => terms.pop().map_or(AddressMatch::Any, AddressMatch::One),
            _ => AddressMatch::AnyOf(terms.into()),
        }
    }

    fn service(&mut self, facts: &RuleFacts, direction: Direction) -> ServiceMatch {
        let protocol = match facts.protocol.known() {
            Some(ProtocolFact::Any) => return ServiceMatch::Any,
            Some(ProtocolFact::One(protocol)) => *protocol,
            None => {
                let why = self.unclear(&facts.protocol, "the protocol and the ports");
                return why.map_or(ServiceMatch::Any, |id| {
                    ServiceMatch::One(ServiceTerm::Unknown(id))
                });
            }
        };
        if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) {
            return self.icmp(facts, protocol);
        }
        let ends = match direction {
            Direction::In => [&facts.remote_ports, &facts.local_ports],
            Direction::Out => [&facts.local_ports, &facts.remote_ports],
        };
        let [source, destination] = ends.map(|ports| self.ports(ports, facts.span));
        let terms = combine(protocol, &source, &destination);
        if terms.len() <= MAX_TERMS {
            return of_terms(terms);
        }
        let [source, destination] =
            [source, destination].map(|ports| self.group(ports, facts.span));
        ServiceMatch::One(ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source,
            destination,
        })
    }

    fn icmp(&mut self, facts: &RuleFacts, protocol: Protocol) -> ServiceMatch {
        let any = [None];
        let types = match &facts.icmp {
            Told::Known(types) => types,
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(&facts.icmp, "the ICMP types");
                return why.map_or(ServiceMatch::Any, |id| {
                    ServiceMatch::One(ServiceTerm::Unknown(id))
                });
            }
        };
        let listed: Vec<Option<&super::facts::IcmpFact>> = types.iter().map(Some).collect();
        let all: &[Option<_>] = if listed.is_empty() { &any } else { &listed };
        of_terms(
            all.iter()
                .map(|fact| {
                    ServiceTerm::Icmp(IcmpMatch {
                        protocol,
                        kind: fact.and_then(|fact| fact.kind),
                        code: fact.and_then(|fact| fact.code),
                    })
                })
                .collect(),
        )
    }

    fn ports(&mut self, told: &Told<Ports>, _span: Span) -> Vec<PortMatch> {
        match told {
            Told::Known(list) if list.is_empty() => vec![PortMatch::Any],
            Told::Known(list) => list
                .iter()
                .map(|term| match term {
                    Term::Exact(range) if *range == PortRange::ANY => PortMatch::Any,
                    Term::Exact(range) => PortMatch::Range(*range),
                    Term::Open(doubt) => PortMatch::Unknown(self.doubt(doubt)),
                })
                .collect(),
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(told, "the protocol and the ports");
                vec![why.map_or(PortMatch::Any, PortMatch::Unknown)]
            }
        }
    }

    /// One match of several: a group without a name.
    fn group(&mut self, ports: Vec<PortMatch>, span: Span) -> PortMatch {
        if let [only] = ports.as_slice() {
            return *only;
        }
        let id = ServiceObjectId(index(self.firewall.service_objects.len()));
        self.firewall.service_objects.push(ServiceObject {
            name: String::new(),
            services: Vec::new(),
            ports: ports
                .into_iter()
                .map(|port| Spanned::new(port, span))
                .collect(),
            span,
        });
        PortMatch::Object(id)
    }
}

fn combine(
    protocol: Protocol,
    source: &[PortMatch],
    destination: &[PortMatch],
) -> Vec<ServiceTerm> {
    let mut terms = Vec::new();
    for source in source {
        for destination in destination {
            if terms.len() > MAX_TERMS {
                return terms;
            }
            terms.push(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source: *source,
                destination: *destination,
            });
        }
    }
    terms
}

fn of_terms(mut terms: Vec<ServiceTerm>) -> ServiceMatch {
    match terms.len() {
        0 => ServiceMatch::Any,
        1 => terms.pop().map_or(ServiceMatch::Any, ServiceMatch::One),
        _ => ServiceMatch::AnyOf(terms.into()),
    }
}

/// What a profile does with connections of a direction.
fn plan(sheet: &Sheet, direction: Direction, profile: Profile) -> Plan {
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
    let mut rules: Vec<(u8, usize, Vec<&'static str>)> = Vec::new();
    for (index, rule) in sheet.rules.iter().enumerate() {
        if rule
            .direction
            .known()
            .is_some_and(|known| *known != direction)
        {
            continue;
        }
        let mut doubts = Vec::new();
        match &rule.profiles {
            Told::Known(profiles) if !profiles.contains(profile) => continue,
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
        rules.push((rank, index, doubts));
    }
    rules.sort_by_key(|(rank, index, _)| (*rank, *index));
    Plan {
        profiles: vec![profile],
        on: value(&told.on),
        default,
        rules: rules
            .into_iter()
            .map(|(_, index, doubts)| (index, doubts))
            .collect(),
        policies_only: local_ignored,
        cites,
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
