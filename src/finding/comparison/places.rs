//! Which filter decides at which place, before and after: bound filters are
//! paired by the place where packets meet them, so that a list which is renamed
//! is still the same, and one that is bound elsewhere is seen.

use std::collections::BTreeSet;

use crate::model::firewall::{Action, FilterId, Firewall, InterfaceMatch, Passage, Stage};

/// How two filters belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kinship {
    /// The same name.
    Same,
    /// Another name at the same place.
    Renamed,
    /// The same name at a place that is not quite the same: other interfaces of
    /// a zone, an interface with another name.
    Rebound,
    /// Only the head has one at the place.
    Added,
    /// Only the base has one at the place.
    Removed,
}

/// A filter on either side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<'f> {
    pub(super) filter: FilterId,
    /// Where it is bound; `None` for one that is bound nowhere.
    pub(super) stage: Option<&'f Stage>,
}

/// Two filters that belong together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match<'f> {
    pub(super) kinship: Kinship,
    pub(super) before: Option<Held<'f>>,
    pub(super) after: Option<Held<'f>>,
}

/// Where packets meet a filter, by names that both sides share.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    passage: Passage,
    ingress: Option<BTreeSet<String>>,
    egress: Option<BTreeSet<String>>,
}

struct Bound<'f> {
    name: &'f str,
    place: Place,
    held: Held<'f>,
    taken: bool,
}

/// Pairs the filters of a firewall before and after a change.
pub(super) fn matches<'f>(before: &'f Firewall, after: &'f Firewall) -> Vec<Match<'f>> {
    let mut old = bound(before);
    let mut new = bound(after);
    let mut out: Vec<Option<Match<'f>>> = vec![None; new.len()];
    let names = |firewall: &Firewall| -> BTreeSet<String> {
        let interfaces = firewall.interfaces.iter();
        interfaces
            .map(|interface| interface.name.value.clone())
            .collect()
    };
    let (old_names, new_names) = (names(before), names(after));
    let moved = |a: &Bound<'_>, b: &Bound<'_>| {
        a.name == b.name
            && a.place.passage == b.place.passage
            && near(&a.place.ingress, &b.place.ingress, &old_names, &new_names)
            && near(&a.place.egress, &b.place.egress, &old_names, &new_names)
    };
    type Test<'t> = &'t dyn Fn(&Bound<'_>, &Bound<'_>) -> bool;
    let ways: [(Kinship, Test<'_>); 3] = [
        (Kinship::Same, &|a, b| {
            a.name == b.name && a.place == b.place
        }),
        (Kinship::Renamed, &|a, b| a.place == b.place),
        (Kinship::Rebound, &moved),
    ];
    for (kinship, same) in ways {
        for (slot, after) in out.iter_mut().zip(&mut new) {
            if after.taken {
                continue;
            }
            let found = old
                .iter_mut()
                .find(|before| !before.taken && same(before, after));
            if let Some(before) = found {
                before.taken = true;
                after.taken = true;
                *slot = Some(Match {
                    kinship,
                    before: Some(before.held),
                    after: Some(after.held),
                });
            }
        }
    }
    let mut all: Vec<Match<'f>> = Vec::new();
    for (slot, after) in out.into_iter().zip(&new) {
        all.push(slot.unwrap_or(Match {
            kinship: Kinship::Added,
            before: None,
            after: Some(after.held),
        }));
    }
    all.extend(
        old.iter()
            .filter(|before| !before.taken)
            .map(|before| Match {
                kinship: Kinship::Removed,
                before: Some(before.held),
                after: None,
            }),
    );
    all.extend(unbound(before, after));
    all
}

/// Whether two positions may be the same one after a change: they share an
/// interface, or one of them has one that the other side does not know.
fn near(
    before: &Option<BTreeSet<String>>,
    after: &Option<BTreeSet<String>>,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => {
            !before.is_disjoint(after) || !before.is_subset(new) || !after.is_subset(old)
        }
        _ => false,
    }
}

fn bound(firewall: &Firewall) -> Vec<Bound<'_>> {
    let names = |position: &InterfaceMatch| match position {
        InterfaceMatch::Any => None,
        _ => Some(
            (0u32..)
                .zip(&firewall.interfaces)
                .filter(|(id, _)| position.contains(crate::model::firewall::InterfaceId(*id)))
                .map(|(_, interface)| interface.name.value.clone())
                .collect(),
        ),
    };
    firewall
        .stages
        .iter()
        .filter_map(|stage| {
            let filter = firewall.filters.get(stage.filter.0 as usize)?;
            Some(Bound {
                name: &filter.name,
                place: Place {
                    passage: stage.passage,
                    ingress: names(&stage.ingress),
                    egress: names(&stage.egress),
                },
                held: Held {
                    filter: stage.filter,
                    stage: Some(stage),
                },
                taken: false,
            })
        })
        .collect()
}

/// Filters of packets that neither side binds and no other filter calls, by
/// name.
fn unbound<'f>(before: &'f Firewall, after: &'f Firewall) -> Vec<Match<'f>> {
    let free = |firewall: &'f Firewall| -> Vec<(&'f str, FilterId)> {
        let mut used: BTreeSet<FilterId> =
            firewall.stages.iter().map(|stage| stage.filter).collect();
        for filter in &firewall.filters {
            let actions = filter.rules.iter().map(|rule| rule.action);
            for action in actions.chain([filter.default.action]) {
                if let Action::Jump(next) | Action::Goto(next) = action {
                    used.insert(next);
                }
            }
        }
        (0u32..)
            .map(FilterId)
            .zip(&firewall.filters)
            .filter(|(id, filter)| filter.filters_traffic && !used.contains(id))
            .map(|(id, filter)| (filter.name.as_str(), id))
            .collect()
    };
    let old = free(before);
    free(after)
        .into_iter()
        .filter_map(|(name, filter)| {
            let (_, former) = old.iter().find(|(known, _)| *known == name)?;
            let held = |filter| Held {
                filter,
                stage: None,
            };
            Some(Match {
                kinship: Kinship::Same,
                before: Some(held(*former)),
                after: Some(held(filter)),
            })
        })
        .collect()
}
