//! Commands of the top level.

use super::stanzas::binds;
use super::{Mode, Reader};
use crate::formats::firewall::cisco_ios::command_table::Effect;
use crate::formats::firewall::cisco_ios::commands::table;
use crate::formats::firewall::cisco_ios::device::{Device, Family};
use crate::formats::firewall::cisco_ios::outcome::Outcome;
use crate::formats::firewall::cisco_ios::words::Words;
use crate::formats::firewall::cisco_ios::{
    cbac, crypto, groups, interface_ranges, lines, lists, nat, policy_routes, routes, time_ranges,
    vlan_maps, zones,
};
use crate::source::Spanned;

impl<'c> Reader<'c> {
    /// A top-level line.
    pub(super) fn top(&mut self, statement: &'c str) -> Outcome {
        let mut words = Words::new(statement);
        let word = words.peek().unwrap_or_default();
        if word == "no" || word == "default" {
            words.next();
            return self.negated(statement, words);
        }
        let Some(command) = table().find(statement) else {
            // A paste may start inside a stanza: entries of a list, or what an
            // interface filters, whose head is not there.
            if binds(word, words) {
                let span = self.device.span(statement);
                let why = "this line binds something to an interface that is not told";
                self.device.doubt(why, span);
            }
            return Outcome::UNRECOGNISED;
        };
        self.mode = Mode::Top;
        for _ in &command.words {
            words.next();
        }
        match command.effect {
            Effect::Irrelevant => {
                self.device.configured |= command.words.first() == Some(&"service");
                // Whatever stands in it matters as little.
                self.open_table(command.mode.or(Some("open")));
                Outcome::IRRELEVANT
            }
            Effect::NotModelled => {
                let span = self.device.span(statement);
                self.open_table(command.mode);
                // Settings of a feature that nothing applies yet.
                self.device.reason(command.why, span);
                Outcome::not_modelled(command.why)
            }
            Effect::Code => {
                self.construct(statement, command.words.as_slice(), command.mode, words)
            }
        }
    }

    fn open_table(&mut self, mode: Option<&'static str>) {
        if let Some(mode) = mode {
            self.certificate = mode == "certificate";
            self.mode = Mode::Table(mode);
        }
    }

    /// The constructs that decide which packets pass.
    fn construct(
        &mut self,
        statement: &'c str,
        command: &[&str],
        mode: Option<&'static str>,
        mut words: Words<'c>,
    ) -> Outcome {
        let device = &mut self.device;
        let words = &mut words;
        let opened = match command {
            ["access-list"] => return lists::numbered_entry(device, words, statement),
            ["hostname"] | ["switchname"] => return self.hostname(statement, words),
            ["version"] => return self.version(statement, words),
            ["interface"] => {
                device.configured = true;
                interface_ranges::open(device, words, statement).map(Mode::Interface)
            }
            ["ip", "access-list"] => {
                let first = words.peek().unwrap_or_default();
                if matches!(
                    first,
                    "logging"
                        | "log-update"
                        | "resequence"
                        | "helper"
                        | "persistent"
                        | "match-local-traffic"
                        | "role-based"
                ) {
                    return Outcome::IRRELEVANT;
                }
                lists::open(device, words, statement, Family::V4).map(Mode::List)
            }
            ["ipv6", "access-list"] => {
                device.ipv6 = true;
                if matches!(words.peek(), Some("log-update" | "role-based")) {
                    return Outcome::IRRELEVANT;
                }
                lists::open(device, words, statement, Family::V6).map(Mode::List)
            }
            ["ip" | "ipv6", "route"] => {
                device.configured = true;
                return routes::statement(device, words, statement, None);
            }
            ["ip", "nat"] => {
                self.mode = Mode::Table("nat");
                return nat::statement(device, words, statement);
            }
            ["ip", "inspect"] => return cbac::statement(device, words, statement),
            ["ip", "port-map"] => return cbac::port_map(device, words, statement),
            ["ip", "vrf"] | ["vrf", "definition" | "context"] => {
                let name = words.next();
                if let Some(name) = name {
                    let at = device.span(name);
                    device.refer("vrf", name, true, at);
                }
                name.map(Mode::Vrf)
            }
            ["object-group"] => groups::open(device, words, statement).map(Mode::Group),
            ["time-range"] => time_ranges::open(device, words, statement).map(Mode::TimeRange),
            ["class-map"] => zones::open_class(device, words, statement).map(Mode::Zone),
            ["policy-map"] => zones::open_policy(device, words).map(Mode::Zone),
            ["zone"] => {
                self.mode = Mode::Table("zone");
                return zones::zone(&mut self.device, words, statement);
            }
            ["zone-pair"] => zones::open_pair(device, words, statement).map(Mode::Zone),
            ["route-map"] => policy_routes::open(device, words, statement).map(Mode::RouteMap),
            ["crypto", "map" | "dynamic-map"] => match crypto::open(device, words, statement) {
                Some(name) => Some(Mode::CryptoMap(name)),
                None => {
                    self.open_table(mode);
                    return Outcome::IRRELEVANT;
                }
            },
            ["vlan", "access-map"] => {
                vlan_maps::open(device, words, statement).map(Mode::AccessMap)
            }
            ["vlan", "filter"] => return vlan_maps::filter(device, words, statement),
            ["router"] | ["ipv6", "router"] => {
                let span = device.span(statement);
                device.firewall.dynamic_routing.push(span);
                Some(Mode::Table("router"))
            }
            ["line"] => {
                lines::open(device, words.rest(), statement);
                Some(Mode::Line)
            }
            ["ip", "default-gateway"] => return routes::default_gateway(device, words, statement),
            ["banner"] => {
                self.open_banner(words);
                return Outcome::IRRELEVANT;
            }
            _ => {
                self.open_table(mode);
                return Outcome::IRRELEVANT;
            }
        };
        match opened {
            Some(mode) => {
                self.mode = mode;
                Outcome::MODELLED
            }
            None => Outcome::UNRECOGNISED,
        }
    }

    fn hostname(&mut self, statement: &'c str, words: &mut Words<'c>) -> Outcome {
        let Some(name) = words.next() else {
            return Outcome::UNRECOGNISED;
        };
        let name = name.trim_matches('"');
        if self.device.named && self.device.firewall.name.value != name {
            self.next_device(statement);
        }
        let span = self.device.span(name);
        self.device.firewall.name = Spanned::new(name.to_owned(), span);
        self.device.named = true;
        Outcome::MODELLED
    }

    fn version(&mut self, statement: &'c str, words: &mut Words<'c>) -> Outcome {
        let text = words.next().unwrap_or_default();
        if self.device.named {
            // The configuration of the next device starts.
            self.next_device(statement);
        }
        let span = self.device.span(statement);
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            self.device.firewall.software = Some(Spanned::new(text.to_owned(), span));
            self.device.configured = true;
        }
        Outcome::MODELLED
    }

    fn next_device(&mut self, text: &'c str) {
        let start = self.clean.span_of(text);
        let next = Device::new(self.clean, start, self.device.dialect);
        self.done.push(std::mem::replace(&mut self.device, next));
        self.mode = Mode::Top;
    }

    /// `banner motd ^C…`, on one line or up to the line with the delimiter.
    fn open_banner(&mut self, words: &mut Words<'c>) {
        const KINDS: [&str; 7] = [
            "motd",
            "login",
            "exec",
            "incoming",
            "prompt-timeout",
            "slip-ppp",
            "config-save",
        ];
        if words.peek().is_some_and(|word| KINDS.contains(&word)) {
            words.next();
        }
        let rest = words.rest();
        let Some(delimiter) = rest.chars().next() else {
            return;
        };
        // `^C` is how the device prints the control character.
        let body = match rest.strip_prefix("^C") {
            Some(body) => body.trim_start_matches('C'),
            None => rest.get(delimiter.len_utf8()..).unwrap_or_default(),
        };
        if !body.contains(delimiter) {
            self.banner = Some(delimiter);
        }
    }

    /// A top-level line that starts with `no`.
    fn negated(&mut self, statement: &'c str, mut words: Words<'c>) -> Outcome {
        let rest = words.rest();
        let Some(command) = table().find(rest) else {
            return if self.device.configured || self.device.named {
                Outcome::IRRELEVANT
            } else {
                Outcome::UNRECOGNISED
            };
        };
        self.mode = Mode::Top;
        match command.words.as_slice() {
            ["interface"] => {
                words.next();
                interface_ranges::reset(&mut self.device, &mut words);
                return Outcome::MODELLED;
            }
            ["ip", "routing"] => {
                self.device.no_routing = true;
                return Outcome::MODELLED;
            }
            ["access-list"] => {
                words.next();
                return lists::taken_away(&mut self.device, Family::V4, &mut words, statement);
            }
            [family @ ("ip" | "ipv6"), "access-list"] => {
                let family = match *family {
                    "ip" => Family::V4,
                    _ => Family::V6,
                };
                words.next();
                words.next();
                return lists::taken_away(&mut self.device, family, &mut words, statement);
            }
            ["object-group"] => {
                words.next();
                return lists::group_taken_away(&mut self.device, &words, statement);
            }
            ["ip", "nat"] | ["ip", "route"] | ["zone-pair"] => {
                if words.peek_second() == Some("service") || words.rest().contains(" service ") {
                    return Outcome::IRRELEVANT;
                }
                let span = self.device.span(statement);
                let text = "a statement is removed here: the file does not tell what is left";
                self.device.doubt(text, span);
                return Outcome::not_modelled(text);
            }
            _ => {}
        }
        Outcome::IRRELEVANT
    }
}
