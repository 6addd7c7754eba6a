//! Address conditions of firewall filters: prefixes, exceptions, prefix lists.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{AddressTerm, ReasonId};
use crate::model::net::IpRange;

use super::device::{Device, network, prefix};
use super::groups;

/// Most prefixes that an `apply-path` may find.
const MAX_APPLIED: usize = 100_000;

/// A prefix of a condition, or a list of unknown prefixes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The prefix.
    pub term: AddressTerm,
    /// Whether it is taken away.
    pub except: bool,
    /// Whether a prefix list holds it.
    pub listed: bool,
}

/// A prefix in place.
pub fn one(device: &mut Device<'_, '_>, node: NodeId, except: bool, out: &mut Vec<Entry>) {
    let word = device.word(node);
    let term = match prefix(word) {
        Some(term) => {
            device.modelled_all(node);
            term
        }
        None => {
            AddressTerm::Unknown(device.not_modelled(node, format!("`{word}` is not a prefix")))
        }
    };
    out.push(Entry {
        term,
        except,
        listed: false,
    });
}

/// The prefixes of a prefix list.
pub fn list(device: &mut Device<'_, '_>, node: NodeId, except: bool, out: &mut Vec<Entry>) {
    let name = device.word(node);
    device.modelled_all(node);
    let at = device.span(node);
    device.refer("prefix-list", name, false, at);
    let mut entry = |term| {
        out.push(Entry {
            term,
            except,
            listed: true,
        });
    };
    let Some(definition) = device.at(&["policy-options", "prefix-list", name]) else {
        let reason = device.reason(
            format!("prefix list {name} is not defined in this file"),
            at,
        );
        entry(AddressTerm::Unknown(reason));
        return;
    };
    let mut any = false;
    for value in device.children(definition) {
        match device.word(value) {
            "apply-path" => {
                for path in device.children(value) {
                    match applied(device, path) {
                        Ok(terms) => {
                            any |= !terms.is_empty();
                            terms.into_iter().for_each(&mut entry);
                        }
                        Err(reason) => {
                            any = true;
                            entry(AddressTerm::Unknown(reason));
                        }
                    }
                }
            }
            "dynamic-db" => {
                any = true;
                let span = device.statement(value);
                entry(AddressTerm::Unknown(device.reason(
                    format!("prefix list {name} is in the dynamic database"),
                    span,
                )));
            }
            "apply-groups" | "apply-groups-except" | "apply-macro" => {}
            word => {
                any = true;
                let term = match prefix(word) {
                    Some(term) => term,
                    None => AddressTerm::Unknown(
                        device.not_modelled(value, format!("`{word}` is not a prefix")),
                    ),
                };
                entry(term);
            }
        }
    }
    if !any {
        let span = device.statement(definition);
        let reason = device.reason(format!("prefix list {name} is empty in this file"), span);
        entry(AddressTerm::Unknown(reason));
    }
}

/// What an `apply-path` finds in the configuration: a path of words, `<…>` for
/// any that fits.
fn applied(device: &mut Device<'_, '_>, path: NodeId) -> Result<Vec<AddressTerm>, ReasonId> {
    let span = device.statement(path);
    let mut places = vec![device.root];
    for step in device.word(path).split_whitespace() {
        let mut next = Vec::new();
        for place in places {
            match groups::wildcard(step) {
                Some(pattern) => {
                    let fitting = device
                        .tree
                        .children(place)
                        .filter(|child| groups::glob(pattern, device.tree.word(*child)));
                    next.extend(fitting);
                }
                None => next.extend(device.tree.get(place, step)),
            }
            if next.len() > MAX_APPLIED {
                return Err(device.reason("this path finds too many prefixes", span));
            }
        }
        places = next;
    }
    let mut terms = Vec::new();
    for place in places {
        // An interface's address stands for its network.
        match network(device.word(place)) {
            Some(range) => terms.push(range.into()),
            None => return Err(device.reason("this path finds something that is no prefix", span)),
        }
    }
    Ok(terms)
}

/// The addresses that a condition matches: of the prefixes that hold an
/// address the longest decides.
///
/// # Errors
/// When an exception is not known, or not a prefix.
pub fn combine(entries: &[Entry]) -> Result<Vec<AddressTerm>, &'static str> {
    if !entries.iter().any(|entry| entry.except) {
        return Ok(entries.iter().map(|entry| entry.term.clone()).collect());
    }
    if entries.iter().all(|entry| entry.except) {
        if entries.iter().any(|entry| entry.listed) {
            return Err("a condition of nothing but excepted prefix lists is not modelled");
        }
        // The implicit `0/0 except`: nothing matches.
        return Ok(Vec::new());
    }
    let mut four: Vec<(u128, u128, bool)> = Vec::new();
    let mut six: Vec<(u128, u128, bool)> = Vec::new();
    for entry in entries {
        match &entry.term {
            AddressTerm::V4(low, high) => {
                four.push((u128::from(*low), u128::from(*high), entry.except))
            }
            AddressTerm::V6(range) => six.push((range.0, range.1, entry.except)),
            AddressTerm::Unknown(_) => {
                return Err("a prefix list beside an exception is not known");
            }
            _ => return Err("an exception beside a mask with holes is not modelled"),
        }
    }
    let mut terms = Vec::new();
    for (low, high) in paint(four) {
        if let (Ok(low), Ok(high)) = (u32::try_from(low), u32::try_from(high)) {
            terms.push(IpRange::V4(low, high).into());
        }
    }
    terms.extend(
        paint(six)
            .into_iter()
            .map(|(low, high)| AddressTerm::from(IpRange::V6(low, high))),
    );
    Ok(terms)
}

/// What is left when nested prefixes are laid over each other, the longer ones
/// on top; of two equal ones the exception counts.
fn paint(mut prefixes: Vec<(u128, u128, bool)>) -> Vec<(u128, u128)> {
    prefixes.sort_by_key(|(low, high, except)| (*low, std::cmp::Reverse(*high), *except));
    let mut out: Vec<(u128, u128)> = Vec::new();
    let mut emit = |low: u128, high: u128, except: bool| {
        if except || low > high {
            return;
        }
        match out.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(low) => last.1 = high,
            _ => out.push((low, high)),
        }
    };
    // Open prefixes from the outside in, and where the next piece starts.
    let mut open: Vec<(u128, bool)> = Vec::new();
    let mut at = Some(0u128);
    for (low, high, except) in prefixes {
        while let Some((end, shut)) = open.last().copied() {
            if end >= low {
                break;
            }
            if let Some(from) = at {
                emit(from, end, shut);
            }
            at = end.checked_add(1);
            open.pop();
        }
        if let (Some((_, shut)), Some(from), Some(before)) =
            (open.last().copied(), at, low.checked_sub(1))
            && from < low
        {
            emit(from, before, shut);
        }
        at = Some(low);
        open.push((high, except));
    }
    while let Some((end, shut)) = open.pop() {
        if let Some(from) = at
            && from <= end
        {
            emit(from, end, shut);
            at = end.checked_add(1);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, except: bool) -> Entry {
        Entry {
            term: prefix(text).expect("a prefix"),
            except,
            listed: false,
        }
    }

    fn shown(entries: &[Entry]) -> Vec<String> {
        let terms = combine(entries).expect("known");
        terms
            .into_iter()
            .map(|term| match term {
                AddressTerm::V4(low, high) => IpRange::V4(low, high).to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_longest_prefix_decides_in_any_order() {
        let list = [
            entry("192.168.0.0/16", true),
            entry("192.0.0.0/8", false),
            entry("192.168.7.0/24", false),
        ];
        assert_eq!(
            shown(&list),
            [
                "192.0.0.0-192.167.255.255",
                "192.168.7.0/24",
                "192.169.0.0-192.255.255.255"
            ]
        );
    }

    #[test]
    fn a_list_of_exceptions_matches_nothing() {
        assert_eq!(shown(&[entry("10.0.0.0/8", true)]), [""; 0]);
    }

    #[test]
    fn everything_but_one_network() {
        let list = [entry("0.0.0.0/0", false), entry("10.1.1.0/24", true)];
        assert_eq!(
            shown(&list),
            ["0.0.0.0-10.1.0.255", "10.1.2.0-255.255.255.255"]
        );
    }

    #[test]
    fn an_address_without_a_length_is_one_host() {
        assert_eq!(shown(&[entry("10", false)]), ["10.0.0.0"]);
    }
}
