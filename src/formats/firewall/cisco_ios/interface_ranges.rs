//! Several interfaces at once: `interface range …`, and lists of names in NX-OS.
//! Also an interface that goes back to its defaults.
//!
//! Sources: Cisco IOS Interface and Hardware Component Command Reference,
//! "interface range" (up to five comma-separated parts, blanks around the hyphen
//! or not) and "default interface"; Cisco Nexus 9000 Series NX-OS Interfaces
//! Configuration Guide, "Configuring a Range of Interfaces".

use super::Dialect;
use super::device::Device;
use super::interfaces::{self, Stanza};
use super::words::Words;

/// Most interfaces of one statement: more than a chassis has.
const MAX_NAMES: u32 = 4_096;

/// Opens all interfaces of a statement: the first one, with the others noted in
/// [`Device::others`].
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<usize> {
    device.others.clear();
    let mut ahead = *words;
    let ranged = words.peek() == Some("range");
    if ranged {
        ahead.next();
    }
    let text = ahead.rest();
    if !ranged && (device.dialect != Dialect::Nxos || !is_several(text)) {
        return interfaces::open(device, words, statement);
    }
    let Some(names) = expand(text) else {
        let span = device.span(statement);
        let why = "which interfaces the range has could not be read";
        device.doubt(why, span);
        return Some(interfaces::stanza(device, text.to_owned(), text, statement));
    };
    let mut places = names
        .into_iter()
        .map(|name| interfaces::stanza(device, name, text, statement))
        .collect::<Vec<_>>()
        .into_iter();
    let first = places.next()?;
    device.others = places.collect();
    Some(first)
}

/// `default interface NAME`, `no interface NAME`: what stood there before is gone.
pub fn reset(device: &mut Device<'_>, words: &mut Words<'_>) {
    if words.peek() == Some("range") {
        words.next();
    }
    for name in expand(words.rest()).unwrap_or_default() {
        let Some(place) = interfaces::known(device, &name) else {
            continue;
        };
        if let Some(stanza) = device.stanzas.get_mut(place) {
            let blank = Stanza::new(stanza.name.clone(), stanza.span);
            *stanza = Stanza {
                id: stanza.id,
                ..blank
            };
        }
    }
}

fn is_several(text: &str) -> bool {
    text.contains(',')
        || parts(text).any(|part| split(&part).is_some_and(|(_, _, last)| last.is_some()))
}

/// The parts between commas, without blanks.
fn parts(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text
        .split(',')
        .map(|part| part.split_whitespace().collect());
    parts.filter(|part: &String| !part.is_empty())
}

/// The name up to its last number, that number, and the end of the range.
fn split(part: &str) -> Option<(&str, u32, Option<u32>)> {
    let digits = |text: &str| {
        let tail = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        text.split_at_checked(tail)
            .filter(|(head, tail)| !head.is_empty() && !tail.is_empty())
            .map(|(head, tail)| (head.len(), tail.parse::<u32>().ok()))
    };
    let (length, number) = digits(part)?;
    let number = number?;
    let head = part.get(..length)?;
    // `Gi0/1-24`; `Gi0/1-Gi0/24` names the last one in full.
    let (start, whole) = match head.strip_suffix('-') {
        Some(start) => (start, true),
        None => match head.split_once('-') {
            Some((start, last)) if start.starts_with(last) && !last.is_empty() => (start, true),
            _ => (head, false),
        },
    };
    if !whole {
        return Some((head, number, None));
    }
    let (length, first) = digits(start)?;
    Some((start.get(..length)?, first?, Some(number)))
}

/// The names that a statement lists; `None` where it cannot be read.
fn expand(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in parts(text) {
        let (head, first, last) = split(&part)?;
        if !head.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let last = last.unwrap_or(first);
        let count = last.checked_sub(first)?;
        let before = u32::try_from(names.len()).ok()?;
        if count.saturating_add(before) >= MAX_NAMES {
            return None;
        }
        names.extend((first..=last).map(|number| format!("{head}{number}")));
    }
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn ranges_are_lists_of_names() {
        for (text, names) in [
            (
                "GigabitEthernet0/0 - 1",
                "GigabitEthernet0/0 GigabitEthernet0/1",
            ),
            (
                "fastEthernet 0/1 -2 , Gi0/5",
                "fastEthernet0/1 fastEthernet0/2 Gi0/5",
            ),
            ("vlan 10 - 12", "vlan10 vlan11 vlan12"),
            ("Port-channel1-2", "Port-channel1 Port-channel2"),
            ("port-channel10", "port-channel10"),
            ("Gi1/0/1-Gi1/0/2", "Gi1/0/1 Gi1/0/2"),
            (
                "Ethernet1/1-2,Ethernet1/7",
                "Ethernet1/1 Ethernet1/2 Ethernet1/7",
            ),
        ] {
            let expected: Vec<_> = names.split(' ').map(str::to_owned).collect();
            assert_eq!(expand(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "macro uplinks",
            "Gi0/9-1",
            "5-8",
            "Gi0/1-99999999",
            "Gi0/1-5000",
        ] {
            assert_eq!(expand(text), None, "{text}");
        }
    }
}
