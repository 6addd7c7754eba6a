//! Rules of Windows Firewall (learn.microsoft.com, "netsh advfirewall firewall
//! add rule").

use super::permit::MOST_LINES;
use super::{End, LabelFact, Words};
use crate::flow::{Decider, IpSet, Part};
use crate::model::firewall::Passage;
use crate::model::net::Protocol;

/// Where a rule helps: anywhere, unless a block rule decides. That one wins
/// over every allow rule, so it has to let go first.
pub fn place(words: Words<'_>, decider: &Decider) -> LabelFact {
    match &decider.label {
        None => LabelFact::new("narrow-block", [("rule", &words.rule(decider.span))]),
        Some(_) => LabelFact::new("allow-rule", []),
    }
}

/// The command that adds the rule, where the default of the profile decides.
pub fn lines(decider: &Decider, part: &Part, ends: [End; 2]) -> Option<Vec<String>> {
    decider.label.as_ref()?;
    let seen = part
        .seen
        .iter()
        .find(|seen| seen.firewall == decider.firewall)?;
    let protocol = match seen.real.protocols.single()? {
        Protocol::TCP => "TCP",
        Protocol::UDP => "UDP",
        _ => return None,
    };
    let port = match seen.real.destination_ports.ranges() {
        [(first, last)] if first == last => first.to_string(),
        [(first, last)] => format!("{first}-{last}"),
        _ => return None,
    };
    let [from, to] = ends;
    let (direction, ports, other, set) = match seen.passage {
        Passage::ToHost => ("in", "localport", from, &seen.real.source),
        Passage::FromHost => ("out", "remoteport", to, &seen.real.destination),
        Passage::Transit => return None,
    };
    let remote = match other {
        End::Internet => String::new(),
        End::Server(_) | End::Zone(_) | End::Host(_) => format!(" remoteip={}", list(set)?),
    };
    Some(vec![format!(
        "netsh advfirewall firewall add rule name=\"{protocol} {port}\" dir={direction} action=allow \
         protocol={protocol} {ports}={port}{remote}"
    )])
}

fn list(set: &IpSet) -> Option<String> {
    let ranges: Vec<String> = set.ranges().map(|range| range.to_string()).collect();
    let few = !ranges.is_empty() && ranges.len() <= MOST_LINES;
    few.then(|| ranges.join(","))
}
