//! Comparisons of flags, of single bits, and by order.

use super::super::keys::{Key, compare, imply};
use super::super::values::{Side, flag, ports};
use super::Reader;
use crate::formats::firewall::shared::netfilter::matching::Family;

impl Reader<'_, '_, '_, '_> {
    /// `ct state established,related`, `tcp flags syn / fin,syn,rst,ack`.
    pub(super) fn flag_list(
        &mut self,
        keys: &[Key],
        value: &[String],
        mask: Option<&[String]>,
        negated: bool,
        exact: bool,
    ) {
        match keys {
            [Key::Flags] => {
                let bits = |names: &[String]| {
                    names
                        .iter()
                        .try_fold(0u8, |sum, name| Some(sum | flag(name)?))
                };
                let (Some(value), Some(mask)) = (
                    bits(value),
                    mask.map_or(Some(None), |mask| bits(mask).map(Some)),
                ) else {
                    return self.fail("the flags cannot be read".to_owned());
                };
                for matched in &mut self.alternatives {
                    matched.tcp_flags(|flags| match mask {
                        Some(mask) => (flags & mask == value) != negated,
                        None if exact || negated => (flags == value) != negated,
                        None => flags & value != 0,
                    });
                }
            }
            [one] if mask.is_none() => {
                let texts: Vec<&str> = value.iter().map(String::as_str).collect();
                let mut result = Ok(());
                for matched in &mut self.alternatives {
                    result = result.and(compare(
                        self.builder,
                        *one,
                        &texts,
                        negated,
                        matched,
                        self.place.span,
                    ));
                }
                if let Err(why) = result {
                    self.fail(why);
                }
                self.note_keys(keys);
            }
            _ => self.fail("a list of flags is compared with something else".to_owned()),
        }
    }

    /// A field with some bits taken out.
    pub(super) fn masked(&mut self, key: Key, mask: &[String], side: &Side, negated: bool) {
        let text = |names: &Side| -> Vec<String> {
            match names {
                Side::Elements(all) => all.iter().flat_map(|e| e.parts.clone()).collect(),
                Side::Flags(value, _) => value.clone(),
                Side::Named(_) => Vec::new(),
            }
        };
        let value = text(side);
        match key {
            Key::Flags => {
                let bits = |names: &[String]| {
                    names.iter().try_fold(0u8, |sum, name| {
                        let parts = name.split('|').filter(|part| !part.is_empty());
                        parts
                            .into_iter()
                            .try_fold(sum, |sum, part| Some(sum | flag(part)?))
                    })
                };
                match (bits(mask), bits(&value)) {
                    (Some(mask), Some(value)) => {
                        for matched in &mut self.alternatives {
                            matched.tcp_flags(|flags| (flags & mask == value) != negated);
                        }
                    }
                    _ => self.fail("the flags cannot be read".to_owned()),
                }
            }
            Key::Source(Family::V4) | Key::Destination(Family::V4) => {
                let v4 = |text: &str| {
                    text.parse::<std::net::Ipv4Addr>()
                        .ok()
                        .map(std::net::Ipv4Addr::to_bits)
                };
                let (Some(mask), Some(value)) = (
                    mask.first().and_then(|text| v4(text)),
                    value.first().and_then(|text| v4(text)),
                ) else {
                    return self.fail("the mask cannot be read".to_owned());
                };
                for matched in &mut self.alternatives {
                    imply(key, matched);
                    // Bits outside the mask never match.
                    matched.never |= value & !mask != 0 && !negated;
                    let end = if matches!(key, Key::Source(_)) {
                        &mut matched.source
                    } else {
                        &mut matched.destination
                    };
                    if value & !mask == 0 {
                        end.masked = Some((value, mask, negated));
                    }
                }
            }
            _ => {
                for matched in &mut self.alternatives {
                    imply(key, matched);
                }
                self.doubt("single bits of this field are not modelled");
            }
        }
    }

    /// `tcp dport >= 1024`.
    pub(super) fn ordered(&mut self, key: Key, operator: &str, side: &Side) {
        let text = match side {
            Side::Elements(all) => all.first().and_then(|e| e.parts.first()).cloned(),
            _ => None,
        };
        let Some(text) = text else {
            return self.fail("it is compared with a list".to_owned());
        };
        let bound = |low: u128, top: u128, number: u128| -> Option<(u128, u128)> {
            match operator {
                "<" => Some((low, number.checked_sub(1)?)),
                "<=" => Some((low, number)),
                ">" => Some((number.checked_add(1)?, top)),
                _ => Some((number, top)),
            }
        };
        let range = match key {
            Key::SourcePort(_) | Key::DestinationPort(_) => ports(&text)
                .and_then(|(port, _)| bound(0, 65_535, u128::from(port)))
                .map(|(a, b)| format!("{a}-{b}")),
            Key::Source(Family::V4) | Key::Destination(Family::V4) => text
                .parse::<std::net::Ipv4Addr>()
                .ok()
                .and_then(|ip| bound(0, u128::from(u32::MAX), u128::from(ip.to_bits())))
                .and_then(|(a, b)| {
                    let ip = |n: u128| u32::try_from(n).ok().map(std::net::Ipv4Addr::from_bits);
                    Some(format!("{}-{}", ip(a)?, ip(b)?))
                }),
            _ => None,
        };
        let result = match range {
            Some(range) => {
                let mut result = Ok(());
                for matched in &mut self.alternatives {
                    result = result.and(compare(
                        self.builder,
                        key,
                        &[range.as_str()],
                        false,
                        matched,
                        self.place.span,
                    ));
                }
                result
            }
            None => {
                for matched in &mut self.alternatives {
                    imply(key, matched);
                }
                return self.doubt("an order of this field is not modelled");
            }
        };
        if let Err(why) = result {
            self.fail(why);
        }
    }
}
