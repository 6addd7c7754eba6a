//! Lines of the stanza that is open.

use super::{Left, Mode, Reader};
use crate::formats::LineState;
use crate::formats::firewall::cisco_ios::command_table::short;
use crate::formats::firewall::cisco_ios::commands::table;
use crate::formats::firewall::cisco_ios::outcome::Outcome;
use crate::formats::firewall::cisco_ios::words::{Words, number};
use crate::formats::firewall::cisco_ios::zones::{self, Open};
use crate::formats::firewall::cisco_ios::{
    address, crypto, groups, interfaces, lines, policy_routes, routes, time_ranges, vlan_maps,
};

/// Whether a line says what an interface filters or is, and stands nowhere else.
pub(super) fn binds(word: &str, words: Words<'_>) -> bool {
    let second = words.peek_second().unwrap_or_default();
    match word {
        "ip" => matches!(second, "access-group" | "address" | "port" | "unnumbered"),
        "ipv6" => matches!(second, "traffic-filter" | "address"),
        "zone-member" => true,
        _ => false,
    }
}

impl<'c> Reader<'c> {
    /// Whether a line without leading blanks belongs to the open stanza: its
    /// first word starts no top-level command, or its form tells.
    pub(super) fn belongs_to_stanza(&self, word: &str, words: Words<'_>) -> bool {
        let Some(mode) = table().mode(self.mode_name()) else {
            return false;
        };
        if matches!(self.mode, Mode::List(_)) && number::<u32>(word).is_some() {
            return true;
        }
        let second = words.peek_second().unwrap_or_default();
        if matches!(self.mode, Mode::Interface(_)) {
            // Words that are commands of both levels.
            let inner = match word {
                // Words that an abbreviation of an interface's word would hide.
                "ip" if matches!(
                    second,
                    "route" | "access-list" | "port-map" | "routing" | "default-gateway" | "local"
                ) =>
                {
                    false
                }
                "ip" => {
                    table()
                        .mode("interface-ip")
                        .is_some_and(|inner| inner.has(second))
                        || ["address", "access-group", "policy", "unnumbered", "port"]
                            .iter()
                            .any(|full| short(second, full, 3))
                        // `hsrp 1`, and then its address.
                        || address::quad(second).is_some()
                        || (second == "nat" && {
                            let mut ahead = words;
                            ahead.next();
                            ahead.next();
                            let side = ahead.next();
                            matches!(side, Some("inside" | "outside")) && ahead.is_empty()
                        })
                        || (second == "inspect" && !words.rest().contains(" name "))
                        || (second == "vrf" && words.rest().contains("forwarding"))
                }
                "ipv6" => !matches!(
                    second,
                    "access-list" | "route" | "unicast-routing" | "router" | "cef"
                ),
                "vrf" => second == "forwarding" || second == "member",
                "hsrp" | "vrrp" | "glbp" => number::<u32>(second).is_some(),
                "crypto" => second == "map" && words.rest().split(' ').count() == 3,
                "no" => {
                    let mut ahead = words;
                    ahead.next();
                    ahead.next();
                    let third = ahead.next().unwrap_or_default();
                    let global = matches!(third, "access-list" | "route" | "routing")
                        || (third == "nat" && ahead.rest().contains(' '));
                    !table().is_top_level(second)
                        || matches!(second, "cdp" | "mop" | "snmp")
                        || (second == "ip" && !global)
                }
                _ => false,
            };
            if inner {
                return true;
            }
        }
        if matches!(self.mode, Mode::Group(_)) {
            return (mode.has(word) && !table().is_top_level(word))
                || (word == "ip" && second.is_empty())
                || address::quad(word).is_some()
                || address::prefix4(word).is_some()
                || (number::<u32>(word).is_some() && !second.is_empty());
        }
        if matches!(self.mode, Mode::Line) {
            return matches!(
                word,
                "access-class"
                    | "login"
                    | "password"
                    | "transport"
                    | "exec-timeout"
                    | "privilege"
                    | "stopbits"
                    | "length"
                    | "history"
                    | "session-timeout"
                    | "exec"
                    | "autocommand"
            ) || matches!(word, "ip" | "ipv6" | "no") && short(second, "access-class", 8);
        }
        if mode.open {
            return false;
        }
        if word == "no" {
            return mode.has(second) && !table().is_top_level(second);
        }
        mode.has(word) && !table().is_top_level(word)
    }

    /// `exit` in a class of a policy map, or in `hsrp 1` of an interface, leads
    /// back to what is around it, and one more leaves that: the next line tells.
    pub(super) fn leaves(&mut self, word: &str, words: Words<'_>) -> Option<Outcome> {
        if word == "exit" {
            self.left = Some(match self.mode {
                Mode::Zone(Open::Policy(name)) => Left::Policy(name),
                Mode::Interface(place) => Left::Interface(place),
                _ => return None,
            });
            self.mode = Mode::Top;
            return Some(Outcome::IRRELEVANT);
        }
        if word.starts_with('!') {
            return None;
        }
        let left = self.left.take()?;
        if !matches!(self.mode, Mode::Top) {
            return None;
        }
        match left {
            Left::Policy(name) if word == "class" => {
                self.mode = Mode::Zone(Open::Policy(name));
            }
            Left::Interface(place) if binds(word, words) => self.mode = Mode::Interface(place),
            _ => {}
        }
        None
    }

    fn mode_name(&self) -> &'static str {
        match &self.mode {
            Mode::Top => "",
            Mode::Interface(_) => "interface",
            Mode::List(_) => "list",
            Mode::Group(_) => "group",
            Mode::TimeRange(_) => "time-range",
            Mode::Zone(Open::Class(_)) => "class-map",
            Mode::Zone(Open::Policy(_)) => "policy-map",
            Mode::Zone(Open::Pair(_)) => "zone-pair",
            Mode::Zone(Open::Other) => "open",
            Mode::RouteMap(_) => "route-map",
            Mode::CryptoMap(_) => "crypto-map",
            Mode::AccessMap(_) => "access-map",
            Mode::Vrf(_) => "vrf",
            Mode::Line => "line",
            Mode::Table(name) => name,
        }
    }

    pub(super) fn in_stanza(&mut self, statement: &'c str, indented: bool) -> Option<Outcome> {
        let mut words = Words::new(statement);
        let word = words.peek()?;
        let device = &mut self.device;
        let outcome = match self.mode {
            Mode::Top => return None,
            Mode::Interface(place) => {
                for other in device.others.clone() {
                    interfaces::line(device, other, &mut words.clone(), statement);
                }
                let read = interfaces::line(device, place, &mut words, statement);
                // A head that was moved in by hand: no interface holds another.
                if read.is_none() && indented && word != "interface" {
                    return Some(Outcome::UNRECOGNISED);
                }
                return read;
            }
            Mode::List(open) => {
                if !indented && word == "exit" {
                    self.mode = Mode::Top;
                    return Some(Outcome::IRRELEVANT);
                }
                return Some(self.in_list(open, statement));
            }
            Mode::Group(group) => groups::line(device, group, &mut words, statement),
            Mode::TimeRange(name) => time_ranges::line(device, name, statement, &mut words),
            Mode::Zone(Open::Class(name)) => zones::class_line(device, name, &mut words, statement),
            Mode::Zone(Open::Policy(name)) => {
                match zones::policy_line(device, name, &mut words, statement) {
                    Some(outcome) => outcome,
                    None => Outcome::UNRECOGNISED,
                }
            }
            Mode::Zone(Open::Pair(at)) => zones::pair_line(device, at, &mut words),
            Mode::Zone(Open::Other) => Outcome::IRRELEVANT,
            Mode::RouteMap(name) => policy_routes::line(device, name, &mut words),
            Mode::CryptoMap(name) => crypto::line(device, name, &mut words),
            Mode::AccessMap(name) => vlan_maps::line(device, name, &mut words),
            Mode::Vrf(name) => match (words.next(), words.next()) {
                (Some("ip" | "ipv6"), Some("route")) => {
                    routes::statement(device, &mut words, statement, Some(name))
                }
                _ => Outcome::IRRELEVANT,
            },
            Mode::Line => return Some(lines::statement(&mut self.device, statement)),
            Mode::Table(name) => {
                let mode = table().mode(name)?;
                if indented && mode.open || mode.has(word) {
                    Outcome::IRRELEVANT
                } else {
                    return None;
                }
            }
        };
        if outcome.state == LineState::Unrecognised {
            let mode = table().mode(self.mode_name());
            if mode.is_some_and(|mode| mode.open || mode.has(word)) {
                return Some(Outcome::IRRELEVANT);
            }
            if !indented {
                return None;
            }
        }
        Some(outcome)
    }
}
