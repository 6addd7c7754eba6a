//! Addresses wherever a line may hold one.
//!
//! IOS writes an address with a *wildcard*: its set bits do not matter, and
//! they need not be contiguous. NX-OS writes a prefix or a wildcard. A network
//! object group of IOS writes a *netmask*.

use crate::model::firewall::{AddressMatch, AddressTerm};

use super::device::{Device, Family};
use super::rules::quoted;
use super::words::{
    Masked, Words, ipv4, ipv6, ipv6_prefix, mask_length, masked, number, split_at_byte,
};

/// The term for an address with a wildcard.
pub fn with_wildcard(address: u32, wildcard: u32) -> AddressTerm {
    match masked(address, !wildcard) {
        Masked::Range(low, high) => AddressTerm::V4(low, high),
        Masked::Holes(value, mask) => AddressTerm::Masked(Box::new((value, mask))),
    }
}

/// A dotted quad; the lone `0` of the ASA is no address here.
pub fn quad(word: &str) -> Option<u32> {
    if word == "0" { None } else { ipv4(word) }
}

/// `10.1.0.0/16`, with any host bits.
pub fn prefix4(word: &str) -> Option<(u32, u32)> {
    let (address, length) = split_at_byte(word, b'/')?;
    let (address, length) = (quad(address)?, number::<u32>(length)?);
    let mask = match length {
        0 => 0,
        1..=32 => u32::MAX << 32u32.saturating_sub(length),
        _ => return None,
    };
    Some((address & mask, (address & mask) | !mask))
}

/// Whether a wildcard is a netmask and no wildcard: contiguous from the left,
/// and neither none nor all of the bits.
pub fn looks_inverted(wildcard: u32) -> bool {
    wildcard != 0
        && wildcard != u32::MAX
        && mask_length(wildcard).is_some()
        && mask_length(!wildcard).is_none()
}

/// `any` of one family.
pub fn any(family: Family) -> AddressTerm {
    match family {
        Family::V4 => AddressTerm::Any4,
        Family::V6 => AddressTerm::Any6,
    }
}

impl<'c> Device<'c> {
    /// An address position of an entry: `any`, `host A`, `A W`, `P/L`,
    /// `object-group N`, `addrgroup N`, or a word that the file does not
    /// explain, which is unknown and never empty. `None` when no word is left.
    ///
    /// Sources: Cisco IOS Security Command Reference, "permit (IP)"; Cisco IOS
    /// IPv6 Command Reference, "permit (IPv6)"; Cisco Nexus 7000 Series NX-OS
    /// Security Command Reference, "permit (IPv4)".
    pub fn address_match(
        &mut self,
        words: &mut Words<'c>,
        family: Family,
        statement: &str,
    ) -> Option<AddressMatch> {
        let word = words.next()?;
        let term = match word {
            "any" | "ANY" | "Any" => any(family),
            "host" | "Host" | "HOST" => {
                let host = words.next()?;
                if host == "dynamic" {
                    let name = words.next()?;
                    let text = format!("{} is a name that the device resolves", quoted(name));
                    return Some(AddressMatch::One(self.unknown_term(text, name)));
                }
                self.host_term(host)
            }
            "object-group" | "addrgroup" | "net-group" => {
                AddressTerm::Object(self.network_group(words.next()?))
            }
            _ => self.network_term(word, words, statement),
        };
        Some(AddressMatch::One(term))
    }

    /// The term for one address or name.
    pub fn host_term(&mut self, word: &str) -> AddressTerm {
        if let Some(address) = quad(word) {
            return AddressTerm::V4(address, address);
        }
        if let Some(address) = ipv6(word) {
            return AddressTerm::V6(Box::new((address, address)));
        }
        self.unknown_address(word)
    }

    /// The term for `A W` or `P/L`. The device refuses a lone address in an
    /// extended list, so that one without a wildcard is cut off.
    fn network_term(&mut self, word: &str, words: &mut Words<'c>, statement: &str) -> AddressTerm {
        if let Some((low, high)) = prefix4(word) {
            return AddressTerm::V4(low, high);
        }
        if let Some(prefix) = ipv6_prefix(word) {
            return prefix.into();
        }
        let wildcard = words.peek().and_then(quad);
        match (quad(word), wildcard) {
            (Some(address), Some(wildcard)) => {
                words.next();
                if looks_inverted(wildcard) {
                    self.inverted_mask(statement);
                }
                with_wildcard(address, wildcard)
            }
            (Some(_), None) => {
                let text = format!("the address {} has no wildcard", quoted(word));
                self.unknown_term(text, word)
            }
            (None, _) => {
                if wildcard.is_some() {
                    words.next();
                }
                self.unknown_address(word)
            }
        }
    }

    /// A word in the place of an address that the file does not explain.
    pub fn unknown_address(&mut self, word: &str) -> AddressTerm {
        let text = format!("{} is no address", quoted(word));
        self.unknown_term(text, word)
    }

    /// An address that is not known, and why.
    pub fn unknown_term(&mut self, text: String, word: &str) -> AddressTerm {
        let span = self.span(word);
        AddressTerm::Unknown(self.reason(text, span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_bits_of_a_wildcard_do_not_matter() {
        assert_eq!(
            with_wildcard(0x0A01_0000, 0x0000_00FF),
            AddressTerm::V4(0x0A01_0000, 0x0A01_00FF)
        );
        // 10.0.10.0 0.255.0.255: second and last octet do not matter.
        assert_eq!(
            with_wildcard(0x0A00_0A00, 0x00FF_00FF),
            AddressTerm::Masked(Box::new((0x0A00_0A00, 0xFF00_FF00)))
        );
        // A netmask typed as a wildcard: only the last octet matters.
        assert_eq!(
            with_wildcard(0x0A01_0000, 0xFFFF_FF00),
            AddressTerm::Masked(Box::new((0, 0x0000_00FF)))
        );
        assert!(looks_inverted(0xFFFF_FF00));
        assert!(!looks_inverted(0x0000_00FF) && !looks_inverted(0) && !looks_inverted(u32::MAX));
        assert!(!looks_inverted(0x00FF_00FF));
    }

    #[test]
    fn prefixes_clear_their_host_bits() {
        assert_eq!(prefix4("10.1.2.3/16"), Some((0x0A01_0000, 0x0A01_FFFF)));
        assert_eq!(prefix4("0.0.0.0/0"), Some((0, u32::MAX)));
        assert_eq!(prefix4("10.1.2.3/33"), None);
    }
}
