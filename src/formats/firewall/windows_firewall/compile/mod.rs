//! From facts to the model.
//!
//! Rules have no order. A rule that lets authenticated peers pass in spite of
//! block rules wins over block rules, those over allow rules (MS-FASP 2.2.34,
//! `FW_RULE_ACTION`), and what no rule matches meets the default of the
//! profile. So each direction becomes one first-match list: bypass, block,
//! allow, default. An allow rule of other profiles stands in the list all the same,
//! switched off: it explains a denial. Where several profiles may be in force and decide
//! differently, there is one list for each, and which of them a packet meets
//! is not known: a verdict that all give is certain all the same.
//!
//! Defaults where the computer's own store says nothing: the firewall is on,
//! blocks inbound and allows outbound connections (`Set-NetFirewallProfile`,
//! learn.microsoft.com: `NotConfigured` means these). They are assumed only
//! where an export shows the profile.

mod rpc;
mod rule;
mod sheet;

use super::facts::{Direction, Doubt, Part, ProfileDefault, Store, Told};
use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::formats::firewall::shared::tables::Map;
use crate::model::asks::Asks;
use crate::model::firewall::{
    Action, AddressView, Condition, Filter, FilterDefault, FilterId, Firewall, InterfaceMatch, Nat,
    NotModelled, Passage, ReasonId, Rule, Stage,
};
use crate::source::{Span, Spanned};
use sheet::{Plan, Sheet, plan};

const ALL_PROFILES: &str = "`netsh advfirewall show allprofiles` shows it";
const ALL_RULES: &str = "`netsh advfirewall firewall show rule name=all verbose` shows it";

/// Makes the firewall of a host of everything that is told about it. The
/// parts are of one host; of two that tell the same, the first counts.
#[must_use]
pub fn compile(name: Spanned<String>, parts: Vec<Part>) -> Firewall {
    let mut builder = Builder {
        firewall: empty(name),
        reasons: Map::default(),
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
        policy_routing: Vec::new(),
        address_objects: Vec::new(),
        service_objects: Vec::new(),
        filters: Vec::new(),
        stages: Vec::new(),
        nat: Nat::default(),
        inspections: Vec::new(),
        tunnels: Vec::new(),
        not_modelled: Vec::new(),
        references: Default::default(),
    }
}

struct Builder {
    firewall: Firewall,
    reasons: Map<(String, Option<Span>), ReasonId>,
}

impl Builder {
    /// The id of a reason. One without a place of its own stands for the whole
    /// export, once.
    fn reason(&mut self, reason: &str, span: Option<Span>) -> ReasonId {
        let key = (reason.to_owned(), span);
        if let Some(id) = self.reasons.get(&key) {
            return *id;
        }
        let known = NotModelled {
            reason: reason.to_owned(),
            span: span.unwrap_or(self.firewall.name.span),
            asks: Default::default(),
        };
        let id = record(&mut self.firewall.not_modelled, known);
        self.reasons.insert(key, id);
        if span.is_none() {
            self.alone(id);
        }
        id
    }

    /// What the export does not tell of a rule may be otherwise for each.
    fn alone(&mut self, id: ReasonId) {
        if let Some(known) = self.firewall.not_modelled.get_mut(id.0 as usize) {
            known.asks = Asks {
                alone: true,
                ..Asks::of(known.reason.as_str())
            };
        }
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
        let filters_rpc = |plan: &Plan| plan.on != Told::Known(false);
        if direction == Direction::In && plans.iter().all(filters_rpc) {
            self.opens_rpc(sheet, &plans);
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
            for listed in &plan.rules {
                if let Some(facts) = sheet.rules.get(listed.index) {
                    self.rule(facts, direction, listed, &mut rules);
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
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
