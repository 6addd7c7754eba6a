//! Access lists: heads, entries, their order, and the lists of a connection's
//! replies.
//!
//! Sources: Cisco IOS Security Command Reference, "access-list (IP standard)"
//! (numbers 1-99 and 1300-1999), "access-list (IP extended)" (100-199 and
//! 2000-2699), "ip access-list", "ip access-list resequence", "evaluate";
//! Cisco IOS Security Configuration Guide: Access Control Lists, "IP Access
//! List Entry Sequence Numbering" (unnumbered entries follow the last one in
//! steps of 10).

use crate::formats::LineState;
use crate::formats::firewall::shared::room::Progress;
use crate::model::firewall::{Action, FilterId};

use super::Dialect;
use super::address::any;
use super::command_table::{abbreviates, short};
use super::device::{Device, Family, ListKind};
use super::entry::{self, Entry};
use super::outcome::Outcome;
use super::rules::{blank_rule, narrow};
use super::words::{Words, number};

/// The list that is open.
#[derive(Debug, Clone, Copy)]
pub struct OpenList {
    /// The list.
    pub id: FilterId,
    /// Whether the lines are output of `show access-lists`.
    pub shown: bool,
}

/// What the number of an old-style list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// IPv4, source only.
    Standard,
    /// IPv4.
    Extended,
    /// Frames or protocols that are not IP.
    Other,
}

/// Which kind of list a number is for.
pub fn numbered(number: u32) -> Numbered {
    match number {
        1..=99 | 1300..=1999 => Numbered::Standard,
        100..=199 | 2000..=2699 => Numbered::Extended,
        _ => Numbered::Other,
    }
}

/// `ip access-list {standard|extended} N`, `ip access-list N` (NX-OS), `ipv6
/// access-list N`: opens the list. `None` when the line opens none.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    family: Family,
) -> Option<OpenList> {
    let word = words.next()?;
    let (kind, name) = match family {
        Family::V6 if matches!(word, "standard" | "extended") && !words.is_empty() => {
            (ListKind::Ipv6, words.next()?)
        }
        Family::V6 => (ListKind::Ipv6, word),
        Family::V4 if words.is_empty() => (ListKind::Extended, word),
        Family::V4 if short(word, "extended", 2) => (ListKind::Extended, words.next()?),
        Family::V4 if short(word, "standard", 2) => (ListKind::Standard, words.next()?),
        Family::V4 => return None,
    };
    Some(define(device, name, family, kind, statement, false))
}

/// Marks a list as defined and returns it.
pub fn define<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    family: Family,
    kind: ListKind,
    statement: &'c str,
    shown: bool,
) -> OpenList {
    let id = device.list(name, family);
    let mut fresh = false;
    if let Some(info) = device.info_mut(id) {
        fresh = !info.defined;
        if fresh {
            info.kind = kind;
            info.defined = true;
        }
        if !shown {
            info.configured = true;
        }
    }
    if fresh {
        let span = device.span(statement);
        let at = device.span(name);
        device.refer("access-list", name, true, at);
        if let Some(filter) = device.filter_mut(id) {
            filter.span = span;
            filter.default.span = span;
        }
    }
    OpenList { id, shown }
}

/// `access-list N {permit|deny|remark} …`.
pub fn numbered_entry<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let kind = match number::<u32>(name).map(numbered) {
        Some(Numbered::Standard) => ListKind::Standard,
        Some(Numbered::Extended) => ListKind::Extended,
        Some(Numbered::Other) => {
            return Outcome::irrelevant("lists of this number filter frames that are not IP");
        }
        None => match words.peek() {
            Some(word) if entry::action(word).is_some() || short(word, "remark", 3) => {
                ListKind::Extended
            }
            _ => return Outcome::IRRELEVANT,
        },
    };
    let open = define(device, name, Family::V4, kind, statement, false);
    line(device, open, words, statement)
}

/// A line inside a list.
pub fn line<'c>(
    device: &mut Device<'c>,
    open: OpenList,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let mut at = None;
    if let Some(n) = words.peek().and_then(number::<u32>) {
        at = Some(n);
        words.next();
    }
    let Some(word) = words.next() else {
        return if at.is_some() {
            unread(device, open, statement, at)
        } else {
            Outcome::IRRELEVANT
        };
    };
    match word {
        _ if short(word, "remark", 3) => {
            return Outcome::IRRELEVANT;
        }
        // Lines of `show access-lists summary`.
        "Configured" | "Active" | "VTY" if open.shown => return Outcome::IRRELEVANT,
        _ if open.shown && matches!(words.peek(), Some("-")) => return Outcome::IRRELEVANT,
        "statistics" | "Statistics" | "exit" | "ignore" | "counters" | "hardware" | "reset"
        | "default" | "Total" | "end" => return Outcome::IRRELEVANT,
        "fragments" => {
            return Outcome::irrelevant("only for fragments after the first");
        }
        "no" => return removed(device, open, statement),
        "evaluate" | "evalute" => {
            if let Some(name) = words.next() {
                return evaluate(device, open, name, statement, at);
            }
            return unread(device, open, statement, at);
        }
        "dynamic" => return dynamic(device, open, words, statement, at),
        "sequence" => {
            at = words.next().and_then(number);
            let Some(action) = words.next().and_then(entry::action) else {
                return unread(device, open, statement, at);
            };
            return rule(device, open, action, words, statement, at);
        }
        _ => {}
    }
    match entry::action(word) {
        Some(action) => rule(device, open, action, words, statement, at),
        None => Outcome::UNRECOGNISED,
    }
}

/// An entry.
fn rule<'c>(
    device: &mut Device<'c>,
    open: OpenList,
    action: Action,
    words: &mut Words<'c>,
    statement: &'c str,
    at: Option<u32>,
) -> Outcome {
    let Some(info) = device.info_mut(open.id) else {
        return Outcome::UNRECOGNISED;
    };
    if open.shown && info.configured && !info.numbers.is_empty() {
        return Outcome::irrelevant("the configuration of this file has this list already");
    }
    info.shown |= open.shown;
    let kind = info.kind;
    let before = device.firewall.not_modelled.len();
    let copy = *words;
    let read = match kind {
        ListKind::Ipv6 => entry::extended(device, words, statement, action, Family::V6),
        ListKind::Standard => entry::standard(device, words, statement, action).or_else(|| {
            // Output of merged lists holds extended entries, too.
            *words = copy;
            entry::extended(device, words, statement, action, Family::V4)
        }),
        _ => entry::extended(device, words, statement, action, Family::V4),
    };
    let entry = read.unwrap_or_else(|| entry::unreadable(device, statement, action));
    let (note, why) = (entry.note, entry.why.clone());
    push(device, open, entry, at);
    let doubt = device.firewall.not_modelled.get(before);
    match (why, doubt) {
        (Some(why), _) => Outcome::not_modelled(why),
        (None, Some(doubt)) => Outcome::not_modelled(doubt.reason.clone()),
        (None, None) => Outcome {
            state: LineState::Modelled,
            why: note.map(Into::into),
        },
    }
}

/// Appends the rules of an entry with its number.
fn push<'c>(device: &mut Device<'c>, open: OpenList, entry: Entry<'c>, at: Option<u32>) {
    let family = match device.info(open.id).map(|info| info.kind) {
        Some(ListKind::Ipv6) => Family::V6,
        _ => Family::V4,
    };
    if let (Some(name), Some(rule)) = (entry.time_range, entry.rules.first()) {
        let at = rule.span;
        let span = device.span(name);
        device.timed.push((open.id, at, name, span));
    }
    if let (Some(name), Some(rule)) = (entry.reflect, entry.rules.first()) {
        let mut rule = rule.clone();
        narrow(&mut rule, &any(family));
        let span = device.span(name);
        device.refer("reflexive access-list", name, true, span);
        device.reflecting.push((name, rule));
    }
    let number = at.or(entry.number);
    let Some(info) = device.list_info.get_mut(open.id.0 as usize) else {
        return;
    };
    let number = number.unwrap_or_else(|| info.last.saturating_add(10));
    info.unsorted |= number < info.last;
    info.last = info.last.max(number);
    let whole = device.clean.text().len();
    for rule in &entry.rules {
        Progress::behind(rule.span, whole).make_room(&mut info.numbers);
        info.numbers.push(number);
    }
    if let Some(filter) = device.firewall.filters.get_mut(open.id.0 as usize) {
        for mut rule in entry.rules {
            narrow(&mut rule, &any(family));
            filter.default.span = rule.span;
            Progress::behind(rule.span, whole).make_room(&mut filter.rules);
            filter.rules.push(rule);
        }
    }
}

/// A line of a list that may be any entry.
fn unread(device: &mut Device<'_>, open: OpenList, statement: &str, at: Option<u32>) -> Outcome {
    for action in [Action::Permit, Action::Deny] {
        let entry = entry::unreadable(device, statement, action);
        push(device, open, entry, at);
    }
    Outcome::not_modelled("this access list entry could not be read")
}

/// A line inside a list of which nothing is known.
pub fn unknown_line(device: &mut Device<'_>, open: OpenList, statement: &str) -> Outcome {
    unread(device, open, statement, None)
}

/// `no 20`, `no permit …`: the file shows changes, not a state.
fn removed(device: &mut Device<'_>, open: OpenList, statement: &str) -> Outcome {
    let words = Words::new(statement);
    if words
        .peek_second()
        .is_some_and(|word| abbreviates(word, "remark") || abbreviates(word, "statistics"))
    {
        return Outcome::IRRELEVANT;
    }
    for action in [Action::Permit, Action::Deny] {
        let entry = entry::unreadable(device, statement, action);
        // Whatever was taken away may have stood anywhere.
        push(device, open, entry, Some(0));
    }
    Outcome::not_modelled("an entry is removed here: the file does not tell which one is left")
}

/// `no access-list N …`, `no {ip | ipv6} access-list …`: scripts remove a list
/// before they write it; one that was read before is not what it was.
pub fn taken_away<'c>(
    device: &mut Device<'c>,
    family: Family,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let Some(word) = words.next() else {
        return Outcome::IRRELEVANT;
    };
    let kind = short(word, "extended", 2) || short(word, "standard", 2);
    let name = words.peek().filter(|_| kind).unwrap_or(word);
    let known = device.filters.get(&(family, name)).copied();
    let written = |id: &FilterId| device.info(*id).is_some_and(|info| info.defined);
    let Some(id) = known.filter(written) else {
        return Outcome::irrelevant("the list is removed before it is written");
    };
    let open = OpenList { id, shown: false };
    for action in [Action::Permit, Action::Deny] {
        let entry = entry::unreadable(device, statement, action);
        push(device, open, entry, Some(0));
    }
    Outcome::not_modelled("the list is removed behind its entries: what is left is not known")
}

/// `no object-group …`, as [`taken_away`].
pub fn group_taken_away(device: &mut Device<'_>, words: &Words<'_>, statement: &str) -> Outcome {
    let name = words.rest().split_whitespace().last().unwrap_or_default();
    let known =
        device.network_groups.contains_key(name) || device.service_groups.contains_key(name);
    if !known {
        return Outcome::irrelevant("the group is removed before it is written");
    }
    let span = device.span(statement);
    let text = "a statement is removed here: the file does not tell what is left";
    device.doubt(text, span);
    Outcome::not_modelled(text)
}

/// `evaluate NAME`: the replies to what the entries with `reflect NAME` let
/// through.
fn evaluate<'c>(
    device: &mut Device<'c>,
    open: OpenList,
    name: &'c str,
    statement: &'c str,
    at: Option<u32>,
) -> Outcome {
    let span = device.span(statement);
    let target = reflexive(device, name);
    let mut rule = blank_rule(Action::Jump(target), span);
    rule.implicit = Some(format!("evaluate {name}: replies to reflected packets").into());
    let entry = Entry {
        rules: vec![rule],
        time_range: None,
        reflect: None,
        number: None,
        why: None,
        note: None,
    };
    push(device, open, entry, at);
    let at = device.span(name);
    device.refer("reflexive access-list", name, false, at);
    Outcome::MODELLED
}

/// The filter of a reflexive list.
fn reflexive<'c>(device: &mut Device<'c>, name: &'c str) -> FilterId {
    if let Some(id) = device.reflexive.get(name) {
        return *id;
    }
    let span = device.span(name);
    let id = device.add_pseudo(
        format!("reflexive {name}"),
        Vec::new(),
        (
            Action::Return,
            format!("no reflected connection of {name} matches"),
        ),
        span,
    );
    device.reflexive.insert(name, id);
    id
}

/// Fills the reflexive lists with the mirrored entries.
pub fn reflect(device: &mut Device<'_>) {
    for (name, rule) in std::mem::take(&mut device.reflecting) {
        let mirrored = device.mirror(&rule);
        let Some(id) = device.reflexive.get(name).copied() else {
            continue;
        };
        if rule.action == Action::Permit
            && let Some(filter) = device.filter_mut(id)
        {
            filter.rules.push(mirrored);
        }
    }
}

/// `dynamic NAME [timeout N] permit …`: opened by a user's sign-in.
fn dynamic<'c>(
    device: &mut Device<'c>,
    open: OpenList,
    words: &mut Words<'c>,
    statement: &'c str,
    at: Option<u32>,
) -> Outcome {
    words.next();
    if words.eat("timeout") {
        words.next();
    }
    let text = "the entry holds for users who signed in (lock and key)";
    let span = device.span(statement);
    let reason = device.reason(text, span);
    let Some(action) = words.next().and_then(entry::action) else {
        return unread(device, open, statement, at);
    };
    let mut entry = entry::extended(device, words, statement, action, Family::V4)
        .unwrap_or_else(|| entry::unreadable(device, statement, action));
    for rule in &mut entry.rules {
        super::rules::add_condition(rule, crate::model::firewall::Condition::Unknown(reason));
    }
    push(device, open, entry, at);
    Outcome::not_modelled(text)
}

/// Sorts the entries by number, as the device keeps them.
pub fn order(device: &mut Device<'_>) {
    for (filter, info) in device
        .firewall
        .filters
        .iter_mut()
        .zip(&mut device.list_info)
    {
        if !info.unsorted || info.numbers.len() != filter.rules.len() {
            continue;
        }
        let mut rules: Vec<_> = std::mem::take(&mut info.numbers)
            .into_iter()
            .zip(std::mem::take(&mut filter.rules))
            .collect();
        rules.sort_by_key(|(number, _)| *number);
        let (numbers, rules): (Vec<u32>, Vec<_>) = rules.into_iter().unzip();
        if let Some(last) = rules.last() {
            filter.default.span = last.span;
        }
        filter.rules = rules;
        info.numbers = numbers;
    }
}

/// What a list without an entry does where it is bound: IOS permits
/// everything when the list does not exist or is empty, remarks or not; on
/// NX-OS that holds for a list that does not exist, while an empty one has
/// its implicit entry.
///
/// Sources: Cisco IOS Security Configuration Guide: Access Control Lists, "IP
/// Access List Overview", "Access List Rules" (a missing list and an empty
/// list pass all packets); Cisco Nexus 7000 Series NX-OS Security Command
/// Reference, "ip access-group" (a deleted list does not affect traffic).
pub fn complete(device: &mut Device<'_>) {
    for at in 0..device.firewall.filters.len() {
        let Some(info) = device.list_info.get(at) else {
            continue;
        };
        let Some(filter) = device.firewall.filters.get(at) else {
            continue;
        };
        if !filter.rules.is_empty() {
            continue;
        }
        let (defined, name) = (info.defined, filter.name.clone());
        if info.kind == ListKind::Pseudo {
            continue;
        }
        let label = match (defined, device.dialect) {
            (false, _) => format!(
                "access list {name} is not defined in this file: the device permits everything"
            ),
            (true, Dialect::Ios) => {
                format!("access list {name} has no entry: the device permits everything")
            }
            (true, Dialect::Nxos) => continue,
        };
        if let Some(filter) = device.firewall.filters.get_mut(at) {
            filter.default.action = Action::Permit;
            filter.default.label = label;
        }
    }
}

/// The implicit entries at the end of an IPv6 list: neighbour discovery
/// passes, everything else does not. A bound list gets them as citable rules.
///
/// Source: Cisco IOS IPv6 Command Reference, "ipv6 access-list".
pub fn neighbour_discovery(device: &mut Device<'_>) {
    use crate::model::firewall::{AddressMatch, AddressTerm, IcmpMatch, ServiceMatch, ServiceTerm};
    use crate::model::net::Protocol;
    for at in 0..device.firewall.filters.len() {
        let ipv6 = device
            .list_info
            .get(at)
            .is_some_and(|info| info.kind == ListKind::Ipv6);
        let Some(filter) = device.firewall.filters.get_mut(at).filter(|_| ipv6) else {
            continue;
        };
        if filter.rules.is_empty() || filter.default.action != Action::Deny {
            continue;
        }
        for (kind, name) in [(136, "nd-na"), (135, "nd-ns")] {
            let label = format!("implicit permit icmp any any {name} at the end of an IPv6 list");
            let mut rule = super::rules::pseudo_rule(Action::Permit, label, filter.default.span);
            rule.source = AddressMatch::One(AddressTerm::Any6);
            rule.destination = AddressMatch::One(AddressTerm::Any6);
            rule.service = ServiceMatch::One(ServiceTerm::Icmp(IcmpMatch {
                protocol: Protocol::ICMP6,
                kind: Some(kind),
                code: None,
            }));
            filter.rules.push(rule);
        }
    }
}
