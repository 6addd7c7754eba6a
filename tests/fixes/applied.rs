//! A configuration after somebody typed the lines of fixes into the device.
//!
//! Bytes, not text: configurations come in every encoding, commands in ASCII.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The configuration with the lines of one fix or of several. Lines that name a
/// position are typed from the end of their list on, so that those of one fix
/// do not move the positions of another.
pub fn applied(export: &[u8], lines: &[String]) -> Vec<u8> {
    let mut text: Vec<Vec<u8>> = export
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let mut placed: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let mut rest: Vec<&str> = Vec::new();
    for line in lines {
        match position(line) {
            Some(place) => placed.entry(place).or_default().push(line),
            None => rest.push(line),
        }
    }
    for (_, lines) in placed.into_iter().rev() {
        for line in lines {
            insert(&mut text, line);
        }
    }
    append(&mut text, &rest);
    text.join(&b'\n')
}

/// The position that a command of an ASA or of iptables names.
fn position(line: &str) -> Option<usize> {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["access-list", _, "line", number, ..] => number.parse().ok(),
        ["iptables", "-I", _, number, ..] => number.parse().ok(),
        _ => None,
    }
}

fn insert(text: &mut Vec<Vec<u8>>, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let number = position(line).expect("a position");
    // Remarks have numbers on an ASA; a dump of iptables may begin with counters.
    let (start, rest) = match words.as_slice() {
        ["access-list", list, "line", _, rest @ ..] => (format!("access-list {list} "), rest),
        ["iptables", "-I", chain, _, rest @ ..] => (format!("-A {chain} "), rest),
        _ => panic!("{line}"),
    };
    let counted = start.starts_with('-');
    let belongs = |own: &[u8]| {
        let from = own.iter().position(|byte| counted && *byte == b'-');
        own[from.unwrap_or(0)..].starts_with(start.as_bytes())
    };
    let new = format!("{start}{}", rest.join(" "));
    let places = text.iter().enumerate().filter(|(_, own)| belongs(own));
    let place = places.map(|(place, _)| place).nth(number - 1);
    text.insert(place.expect("so long a list"), new.into_bytes());
}

/// Commands whose place in the file does not matter, at its end.
fn append(text: &mut Vec<Vec<u8>>, lines: &[&str]) {
    let mut new: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix("ip access-list resequence ") {
            resequence(text, &rest.split(' ').collect::<Vec<_>>());
        } else if let Some(rule) = line.strip_prefix("nft ") {
            new.push(rule.as_bytes().to_vec());
        } else if let Some(rule) = line.strip_prefix("iptables ") {
            new.push(rule.as_bytes().to_vec());
        } else {
            new.push(line.as_bytes().to_vec());
        }
    }
    let last = |own: &Vec<u8>| {
        let bare = own.trim_ascii();
        bare == b"end" && !own.starts_with(b" ") || bare == b"COMMIT" || bare == b": end"
    };
    // The end of a configuration of Cisco, or of the table of filters.
    let cisco = text
        .iter()
        .any(|own| own.starts_with(b"access-list ") || own.starts_with(b"ip access-list "));
    let tables = text.iter().any(|own| own.trim_ascii() == b"COMMIT");
    let place = if cisco || tables {
        text.iter().rposition(last)
    } else {
        None
    };
    let place = place.unwrap_or(text.len());
    // A file that ends inside a line may be cut off.
    new.push(Vec::new());
    text.splice(place..place, new);
}

/// Numbers the entries of a list of IOS anew.
fn resequence(text: &mut Vec<Vec<u8>>, words: &[&str]) {
    let [list, first, step] = words else {
        panic!("{words:?}")
    };
    let (mut number, step): (usize, usize) = (
        first.parse().expect("a number"),
        step.parse().expect("a number"),
    );
    let head = format!("ip access-list extended {list}");
    // A list with a number may be written entry by entry.
    let old = format!("access-list {list} ");
    if let Some(first) = text.iter().position(|own| own.starts_with(old.as_bytes())) {
        for own in text
            .iter_mut()
            .filter(|own| own.starts_with(old.as_bytes()))
        {
            *own = [b" ", &own[old.len()..]].concat();
        }
        text.insert(first, head.clone().into_bytes());
    }
    let start = text
        .iter()
        .position(|own| own.trim_ascii() == head.as_bytes());
    let entries = text.iter_mut().skip(start.expect("the list") + 1);
    for entry in entries.take_while(|own| own.starts_with(b" ")) {
        let bare = entry.trim_ascii();
        let digits = bare.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let own = bare[digits..].trim_ascii_start().to_vec();
        if own.starts_with(b"remark") {
            continue;
        }
        *entry = [format!(" {number} ").into_bytes(), own].concat();
        number += step;
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
