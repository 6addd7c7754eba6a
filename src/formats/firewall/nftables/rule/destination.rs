//! Kinds of destinations: `fib daddr type`.

use super::Reader;
use crate::formats::firewall::shared::netfilter::delivered::{BROADCAST, LOCAL, MULTICAST};
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::model::net::IpRange;

impl Reader<'_, '_, '_, '_> {
    /// `fib daddr type local`, `broadcast` or `multicast` in a table `ip`: multicast is a
    /// range of addresses, and no address of it is of another kind (nft(8), "FIB
    /// EXPRESSIONS"; net/ipv4/fib_frontend.c). `false` for anything else.
    pub(super) fn destination_kind(&mut self) -> bool {
        let asks = self.word(0) == "fib" && self.word(1) == "daddr" && self.word(2) == "type";
        if !asks || self.place.family != Family::V4 {
            return false;
        }
        let at = if self.word(3) == "==" { 4 } else { 3 };
        let why = match self.word(at) {
            "local" => Some(LOCAL),
            "broadcast" => Some(BROADCAST),
            "multicast" => None,
            _ => return false,
        };
        let next = at.saturating_add(1);
        if matches!(self.word(next), "," | "|" | "." | "/" | "-") {
            return false;
        }
        let multicast = IpRange::V4(MULTICAST.0, MULTICAST.1);
        for matched in &mut self.alternatives {
            matched.destination.keep(&[multicast], why.is_some());
        }
        if let Some(why) = why {
            self.doubt(why);
        }
        self.at = self.at.saturating_add(next);
        true
    }
}
