//! Addresses wherever a line may hold one.

use crate::model::firewall::{AddressMatch, AddressTerm};
use crate::model::net::IpRange;

pub use super::rules::quoted;

use super::device::Device;
use super::words::{Masked, Words, ipv4, ipv6_prefix, looks_like_mask, masked};

/// The term for an address with a netmask.
pub fn with_mask(address: u32, mask: u32) -> AddressTerm {
    match masked(address, mask) {
        Masked::Range(low, high) => AddressTerm::V4(low, high),
        Masked::Holes(value, mask) => AddressTerm::Masked(Box::new((value, mask))),
    }
}

impl<'c> Device<'c> {
    /// An address position of an access list entry: `any`, `any4`, `any6`,
    /// `host A`, `A M`, `P/L`, `interface I`, `object N`, `object-group N`,
    /// `range A B` and `fqdn N` (as `show access-list` expands them), or a
    /// word that the file does not explain, which is unknown and never empty.
    /// `None` when no word is left.
    ///
    /// Source: Cisco ASA Series Command Reference, "access-list extended",
    /// source_address_argument.
    pub fn address_match(&mut self, words: &mut Words<'c>) -> Option<AddressMatch> {
        let word = words.next()?;
        let term = match word {
            "any" => return Some(AddressMatch::Any),
            "any4" => AddressTerm::Any4,
            "any6" => AddressTerm::Any6,
            "host" => self.host_term(words.next()?),
            "interface" => AddressTerm::Interface(self.interface(words.next()?)),
            "object" => AddressTerm::Object(self.network_object(words.next()?)),
            "object-group" => AddressTerm::Object(self.network_group(words.next()?)),
            "object-group-network-service" => {
                let name = words.next()?;
                self.unknown_term(format!("{name} names applications and domains"), name)
            }
            "range" => {
                let (low, high) = (words.next()?, words.next()?);
                self.range_term(low, high)
            }
            "fqdn" => {
                let name = words.next()?;
                words.eat("(unresolved)");
                words.eat("(resolved)");
                self.unknown_term(format!("{name} is a name that the device resolves"), name)
            }
            _ => self.network_term(word, words),
        };
        Some(AddressMatch::One(term))
    }

    /// The term for one address or name.
    pub fn host_term(&mut self, word: &str) -> AddressTerm {
        match self.host(word) {
            Some(range) => range.into(),
            None => self.unknown_address(word),
        }
    }

    /// The term for a range of addresses.
    pub fn range_term(&mut self, low: &str, high: &str) -> AddressTerm {
        let ends = self.host(low).zip(self.host(high));
        let range = ends.and_then(|(low, high)| IpRange::between(low.first(), high.first()));
        match range {
            Some(range) => range.into(),
            None => self.unknown_address(low),
        }
    }

    /// The term for `A M` or `P/L`. The device refuses a lone address, so that
    /// one without a mask is cut off: it is unknown, not a host.
    pub fn network_term(&mut self, word: &'c str, words: &mut Words<'c>) -> AddressTerm {
        if let Some(prefix) = ipv6_prefix(word) {
            return prefix.into();
        }
        if let Some((name, length)) = word.split_once('/')
            && let (Some(range), Some(length)) = (self.host(name), super::words::number(length))
            && let Some(network) = IpRange::network(range.first(), length)
        {
            return network.into();
        }
        let mask = words
            .peek()
            .filter(|mask| looks_like_mask(mask) || ipv4(mask).is_some());
        match (self.host(word), mask.and_then(ipv4)) {
            (Some(IpRange::V4(address, _)), Some(mask)) => {
                words.next();
                with_mask(address, mask)
            }
            (Some(_), _) => {
                let text = format!("the address {} has no mask", quoted(word));
                self.unknown_term(text, word)
            }
            (None, Some(_)) => {
                words.next();
                self.unknown_address(word)
            }
            (None, None) => self.unknown_address(word),
        }
    }

    /// A word in the place of an address that the file does not explain.
    pub fn unknown_address(&mut self, word: &str) -> AddressTerm {
        let text = format!(
            "{} is neither an address nor a name that the file defines",
            quoted(word)
        );
        self.unknown_term(text, word)
    }

    fn unknown_term(&mut self, text: String, word: &str) -> AddressTerm {
        let span = self.span(word);
        AddressTerm::Unknown(self.reason(text, span))
    }
}
