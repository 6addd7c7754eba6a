//! Definitions in the text of each platform.

use std::borrow::Cow;

use super::{Definition, Found, Kind, line, words};
use crate::formats::firewall::fortios;
use crate::source::{SourceFile, Span};

/// So many places of a definition are kept.
const MAX_PLACES: usize = 64;
/// Blocks nest at most this deep.
const MAX_NESTED: usize = 16;

fn span(file: &SourceFile, start: usize, end: usize) -> Vec<Span> {
    vec![Span::of(file.id(), start..end.max(start))]
}

/// Notes a further place of a definition.
fn place(definition: &mut Definition<'_>, spans: Vec<Span>) {
    if definition.spans.len() < MAX_PLACES {
        definition.spans.extend(spans);
    }
}

/// Lines with their start.
fn lines(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0usize;
    file.text().split_inclusive('\n').map(move |text| {
        let start = at;
        at = at.saturating_add(text.len());
        (start, text.trim_end_matches(['\n', '\r']))
    })
}

/// `object network NAME` and the lines indented below it.
pub(super) fn cisco<'f>(file: &'f SourceFile, found: &mut Found<'f>) {
    let mut open: Option<(&'f str, Definition<'f>, (usize, usize))> = None;
    let mut lists: std::collections::HashMap<&'f str, Definition<'f>> = Default::default();
    let close = |open: &mut Option<(&'f str, Definition<'f>, (usize, usize))>,
                 found: &mut Found<'f>| {
        if let Some((name, mut definition, (start, end))) = open.take() {
            definition.spans = span(file, start, end);
            found.add(Cow::Borrowed(name), definition);
        }
    };
    for (start, text) in lines(file) {
        let end = start.saturating_add(text.len());
        if text.trim().is_empty() || text.starts_with('!') {
            continue;
        }
        if text.starts_with([' ', '\t']) {
            if let Some((_, definition, bounds)) = &mut open {
                let words = line(text);
                if !words.is_empty() {
                    definition.lines.push(words);
                }
                bounds.1 = end;
            }
            continue;
        }
        close(&mut open, found);
        let all: Vec<&str> = text.split_whitespace().collect();
        let at = |index: usize| all.get(index).copied();
        let (name, ordered) = match at(0).unwrap_or_default() {
            "object" | "object-group" => (at(2), false),
            "name" => (at(2), false),
            "time-range" | "regex" | "track" => (at(1), false),
            "class-map" | "parameter-map" => (all.last().copied(), true),
            "policy-map" => (all.last().copied(), true),
            "route-map" => (at(1), true),
            "ip" if matches!(at(1), Some("access-list")) => (at(3).or(at(2)), true),
            "ip" if matches!(at(1), Some("nat" | "inspect" | "prefix-list" | "port-map")) => {
                (at(3).or(at(2)), true)
            }
            "ipv6" if matches!(at(1), Some("access-list")) => (at(2), true),
            "access-list" => {
                if let Some(name) = at(1) {
                    let list = lists.entry(name).or_default();
                    list.kind = Kind::Other;
                    list.ordered = true;
                    place(list, span(file, start, end));
                    let told = line(text);
                    if !told.iter().any(|word| word == "remark") {
                        list.lines.push(told);
                    }
                }
                (None, true)
            }
            _ => (None, false),
        };
        if let Some(name) = name {
            // The head tells more than the name: the kind, an address.
            let head = words(text).filter(|word| *word != name);
            let lines = vec![head.map(Cow::Borrowed).collect()];
            let definition = Definition {
                kind: match at(0) {
                    Some("time-range") => Kind::TimeRange,
                    Some("object") => Kind::Object,
                    Some("object-group") => Kind::ObjectGroup,
                    _ => Kind::Other,
                },
                lines,
                ordered,
                spans: Vec::new(),
            };
            open = Some((name, definition, (start, end)));
        }
    }
    close(&mut open, found);
    for (name, definition) in lists {
        found.add(Cow::Borrowed(name), definition);
    }
}

/// `edit NAME` to `next`, in sections that define something.
pub(super) fn fortios<'f>(file: &'f SourceFile, found: &mut Found<'f>) {
    struct Entry<'f> {
        name: Option<&'f str>,
        definition: Definition<'f>,
        start: usize,
    }
    let mut open: Vec<Option<Entry<'f>>> = Vec::new();
    let mut kept = false;
    for (start, text) in lines(file) {
        let trimmed = text.trim();
        let first = trimmed.split_whitespace().next().unwrap_or_default();
        match first {
            "config" => {
                // A virtual domain is an entry around sections.
                if open.iter().flatten().all(|entry| entry.name.is_none()) {
                    let section = trimmed.strip_prefix("config").unwrap_or_default().trim();
                    kept = [
                        "firewall ",
                        "user ",
                        "system external-resource",
                        "application ",
                    ]
                    .iter()
                    .any(|start| section.starts_with(start))
                        && !section.starts_with("firewall policy")
                        && !section.starts_with("firewall security-policy");
                }
                open.push(None);
            }
            "edit" => {
                let name = words(trimmed.strip_prefix("edit").unwrap_or_default()).next();
                let entry = Entry {
                    name: name.filter(|_| kept),
                    definition: Definition::default(),
                    start,
                };
                open.push(Some(entry));
            }
            "next" => {
                if matches!(open.last(), Some(Some(_)))
                    && let Some(Some(mut entry)) = open.pop()
                {
                    let end = start.saturating_add(text.len());
                    entry.definition.spans = span(file, entry.start, end);
                    if let Some(name) = entry.name {
                        found.add(Cow::Borrowed(name), entry.definition);
                    }
                }
            }
            "end" => {
                while let Some(entry) = open.pop() {
                    if entry.is_none() {
                        break;
                    }
                }
            }
            _ => {}
        }
        // What stands in an entry belongs to all around it.
        if kept && !matches!(first, "next" | "end") && open.len() <= MAX_NESTED {
            let last = open.len().saturating_sub(usize::from(first == "edit"));
            let mut parts = trimmed.split_whitespace().skip(1);
            let secret = parts.next().is_some_and(fortios::is_secret);
            // It is enciphered anew with each export.
            let enciphered = parts.next() == Some("ENC");
            for entry in open.iter_mut().take(last).flatten() {
                if secret || enciphered {
                    continue;
                }
                let told = line(trimmed);
                if !told.is_empty() {
                    entry.definition.lines.push(told);
                }
            }
        }
    }
}

/// Words before the name of something that Junos defines.
const JUNOS: [&str; 14] = [
    "address",
    "address-set",
    "application",
    "application-set",
    "scheduler",
    "prefix-list",
    "policer",
    "address-name",
    "feed-name",
    "feed-server",
    "application-group",
    "user-group",
    "access-profile",
    "dynamic-application-group",
];

/// `application NAME { … }`, `address NAME PREFIX;` and `set … application NAME …`.
pub(super) fn junos<'f>(file: &'f SourceFile, found: &mut Found<'f>) {
    type Known<'f> = std::collections::BTreeMap<(&'f str, &'f str), Definition<'f>>;
    let mut known: Known<'f> = Known::new();
    let mut open: Vec<Option<(&'f str, &'f str)>> = Vec::new();
    for (start, text) in lines(file) {
        let trimmed = text.trim();
        if trimmed.starts_with(['#', '/']) {
            continue;
        }
        let end = start.saturating_add(text.len());
        let tokens: Vec<&str> = words(trimmed).collect();
        let told = line(trimmed);
        let flat = tokens.first() == Some(&"set");
        let opens = trimmed.ends_with('{');
        // A policy only uses what it names.
        let uses = flat
            && tokens
                .iter()
                .any(|word| matches!(*word, "match" | "then" | "from"));
        let at = tokens
            .iter()
            .position(|word| JUNOS.contains(word))
            .filter(|at| (flat || *at == 0) && !uses);
        let inside = open.iter().flatten().copied();
        let mut add = |name: (&'f str, &'f str), words: Vec<Cow<'f, str>>| {
            let definition = known.entry(name).or_default();
            place(definition, span(file, start, end));
            if !words.is_empty() {
                definition.lines.push(words);
            }
        };
        for name in inside.take(MAX_NESTED) {
            add(name, told.clone());
        }
        let mut named = None;
        if let Some(at) = at
            && let (Some(kind), Some(name)) = (tokens.get(at), tokens.get(at.saturating_add(1)))
        {
            named = Some((*kind, *name));
            let rest = tokens.iter().skip(at.saturating_add(2));
            if flat || !opens {
                let rest: Vec<Cow<'f, str>> = rest.map(|word| Cow::Borrowed(*word)).collect();
                let remark = matches!(rest.first().map(|word| &**word), Some("description"));
                add((*kind, *name), if remark { Vec::new() } else { rest });
            }
        }
        if opens {
            open.push(named);
        }
        if trimmed.starts_with('}') {
            open.pop();
        }
    }
    for ((_, name), definition) in known {
        found.add(Cow::Borrowed(name), definition);
    }
}

/// Words before the name of something that PAN-OS defines, in `set` commands.
const PANOS: [&str; 16] = [
    "address",
    "address-group",
    "service",
    "service-group",
    "application",
    "application-group",
    "application-filter",
    "external-list",
    "schedule",
    "tag",
    "region",
    "custom-url-category",
    "user-group",
    "hip-profiles",
    "hip-objects",
    "profile-group",
];

/// `<entry name="NAME">` to its end, and `set … address NAME …`.
pub(super) fn panos<'f>(file: &'f SourceFile, found: &mut Found<'f>) {
    if file.text().trim_start().starts_with('<') {
        return markup(file, found);
    }
    type Known<'f> = std::collections::BTreeMap<(&'f str, &'f str), Definition<'f>>;
    let mut known: Known<'f> = Known::new();
    for (start, text) in lines(file) {
        let tokens: Vec<&str> = words(text).collect();
        let uses = tokens
            .iter()
            .any(|word| matches!(*word, "rulebase" | "pre-rulebase" | "post-rulebase"));
        if tokens.first() != Some(&"set") || uses {
            continue;
        }
        let at = tokens.iter().position(|word| PANOS.contains(word));
        if let Some(at) = at
            && let (Some(kind), Some(name)) = (tokens.get(at), tokens.get(at.saturating_add(1)))
        {
            let rest: Vec<Cow<'f, str>> = tokens
                .iter()
                .skip(at.saturating_add(2))
                .map(|word| Cow::Borrowed(*word))
                .collect();
            let definition = known.entry((*kind, *name)).or_default();
            let end = start.saturating_add(text.len());
            place(definition, span(file, start, end));
            if !matches!(rest.first().map(|word| &**word), Some("description")) {
                definition.lines.push(rest);
            }
        }
    }
    for ((_, name), definition) in known {
        found.add(Cow::Borrowed(name), definition);
    }
}

/// Entries of a document, but for rules, interfaces and what they stand in.
fn markup<'f>(file: &'f SourceFile, found: &mut Found<'f>) {
    const HOLDERS: [&str; 10] = [
        "<rules>",
        "<devices>",
        "<vsys>",
        "<device-group>",
        "<template>",
        "<network>",
        "<deviceconfig>",
        "<zone>",
        "<import>",
        "<mgt-config>",
    ];
    struct Entry<'f> {
        name: &'f str,
        definition: Definition<'f>,
        start: usize,
        kept: bool,
    }
    let text = file.text();
    let mut open: Vec<Entry<'f>> = Vec::new();
    // For each element around: whether its entries are no definitions.
    let mut holders: Vec<bool> = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut rest = text;
    let mut remark = 0usize;
    while let Some(at) = rest.find('<') {
        let content = rest.get(..at).unwrap_or_default().trim();
        if !content.is_empty() && remark == 0 {
            let depth = open.len().min(MAX_NESTED);
            for entry in open.iter_mut().take(depth).filter(|entry| entry.kept) {
                let element = path.last().copied().unwrap_or_default();
                let words = vec![Cow::Borrowed(element), Cow::Borrowed(content)];
                entry.definition.lines.push(words);
            }
        }
        let start = text.len().saturating_sub(rest.len()).saturating_add(at);
        let tag = rest.get(at..).unwrap_or_default();
        let end = tag.find('>').map_or(tag.len(), |end| end.saturating_add(1));
        let (tag, next) = tag.split_at_checked(end).unwrap_or((tag, ""));
        rest = next;
        let single = tag.ends_with("/>") || tag.starts_with("<?") || tag.starts_with("<!");
        let element = tag
            .trim_matches(['<', '>', '/'])
            .split_whitespace()
            .next()
            .unwrap_or_default();
        let closes = tag.starts_with("</");
        if matches!(element, "description" | "comments") && !single {
            remark = if closes {
                remark.saturating_sub(1)
            } else {
                remark.saturating_add(1)
            };
            continue;
        }
        if closes {
            holders.pop();
            path.pop();
            if element == "entry"
                && let Some(mut entry) = open.pop()
            {
                let end = text.len().saturating_sub(rest.len());
                entry.definition.spans = span(file, entry.start, end);
                if entry.kept {
                    found.add(Cow::Borrowed(entry.name), entry.definition);
                }
            }
            continue;
        }
        if single && remark == 0 && !tag.starts_with("<?") && !tag.starts_with("<!") {
            let depth = open.len().min(MAX_NESTED);
            for entry in open.iter_mut().take(depth).filter(|entry| entry.kept) {
                entry.definition.lines.push(vec![Cow::Borrowed(element)]);
            }
        }
        if single {
            continue;
        }
        if element == "entry" {
            let name = tag
                .split_once("name=")
                .and_then(|(_, rest)| {
                    let quote = rest.chars().next()?;
                    rest.get(1..)?.split(quote).next()
                })
                .unwrap_or_default();
            open.push(Entry {
                name,
                definition: Definition::default(),
                start,
                kept: holders.last() != Some(&true),
            });
        }
        path.push(element);
        holders.push(HOLDERS.contains(&tag));
    }
}
