//! Which firewall of the head is which of the base.

use super::evidence::Evidence;
use crate::estate::FirewallId;
use crate::finding::Run;

/// What became of a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceFate {
    /// Only the head has it.
    Added,
    /// Only the base has it, and the inventory of the head does not know it any
    /// more.
    Removed,
    /// Only the base has it.
    Missing,
    /// It has another name.
    Renamed,
}

/// A firewall that is not on both sides under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceChange<'r> {
    /// What became of it.
    pub fate: DeviceFate,
    /// Its name before.
    pub before: Option<&'r str>,
    /// Its name after.
    pub after: Option<&'r str>,
}

/// The same firewall in the base and in the head.
pub(super) type Pair = (Option<FirewallId>, Option<FirewallId>);

/// Pairs of firewalls in the order of the head, then what only the base has.
///
/// The same name in the run tells the same firewall; else the same host name,
/// the same name of the file; and one that is left on either side.
pub(super) fn pairs(base: &Run, head: &Run) -> Vec<Pair> {
    let keys = |run: &Run| -> Vec<[String; 3]> {
        run.estate
            .firewalls
            .iter()
            .map(|known| {
                let file = run.sources.get(known.firewall.name.span.file);
                let file = file.map_or("", |file| file.name());
                let file = file.rsplit('/').next().unwrap_or_default();
                [&known.name, &known.firewall.name.value, file].map(|key| key.to_lowercase())
            })
            .collect()
    };
    let (before, after) = (keys(base), keys(head));
    let mut found: Vec<Option<usize>> = vec![None; after.len()];
    let mut taken = vec![false; before.len()];
    let claim = |found: &mut Vec<Option<usize>>, taken: &mut Vec<bool>, at: usize, from: usize| {
        if let (Some(slot), Some(flag)) = (found.get_mut(at), taken.get_mut(from)) {
            *slot = Some(from);
            *flag = true;
        }
    };
    for kind in 0..3 {
        for (at, own) in after.iter().enumerate() {
            if found.get(at).is_none_or(Option::is_some) {
                continue;
            }
            let from = before.iter().enumerate().position(|(from, other)| {
                taken.get(from) == Some(&false) && own.get(kind) == other.get(kind)
            });
            if let Some(from) = from {
                claim(&mut found, &mut taken, at, from);
            }
        }
    }
    let left: Vec<usize> = (0..taken.len())
        .filter(|from| taken.get(*from) == Some(&false))
        .collect();
    let open: Vec<usize> = (0..found.len())
        .filter(|at| found.get(*at) == Some(&None))
        .collect();
    if let (&[from], &[at]) = (left.as_slice(), open.as_slice()) {
        claim(&mut found, &mut taken, at, from);
    }
    let id = |index: usize| u32::try_from(index).ok().map(FirewallId);
    let both = found
        .iter()
        .enumerate()
        .map(|(at, from)| (from.and_then(id), id(at)));
    let gone = (0..taken.len())
        .filter(|from| taken.get(*from) == Some(&false))
        .map(|from| (id(from), None));
    both.chain(gone).collect()
}

/// The firewalls that are not on both sides under one name.
pub(super) fn changes<'r>(
    base: &'r Run,
    head: &'r Run,
    pairs: &[Pair],
    evidence: &Evidence<'r>,
) -> Vec<DeviceChange<'r>> {
    let name = |run: &'r Run, id: Option<FirewallId>| {
        let known = run.estate.firewalls.get(id?.0 as usize)?;
        Some(known.name.as_str())
    };
    // One without a name of its own is called after its file.
    let named = |run: &Run, id: &Option<FirewallId>| {
        let known = id.and_then(|id| run.estate.firewalls.get(id.0 as usize));
        known.is_none_or(|known| {
            let name = &known.firewall.name;
            let file = run.sources.get(name.span.file);
            file.is_none_or(|file| file.slice(name.span).contains(name.value.as_str()))
        })
    };
    pairs
        .iter()
        .filter_map(|(before, after)| {
            let own = named(base, before) || named(head, after);
            let (before, after) = (name(base, *before), name(head, *after));
            let fate = match (before, after) {
                (None, _) => DeviceFate::Added,
                (Some(before), None) if evidence.lost_firewall(before) => DeviceFate::Missing,
                (_, None) => DeviceFate::Removed,
                (Some(before), Some(after)) if before != after && own => DeviceFate::Renamed,
                _ => return None,
            };
            Some(DeviceChange {
                fate,
                before,
                after,
            })
        })
        .collect()
}
