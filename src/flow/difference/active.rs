//! Which entries match while a dimension is walked from its lowest value on.

use super::split::Left;

/// Which entries match at a place of a dimension.
pub(super) struct Active {
    bits: Vec<u64>,
    /// How many entries are of the base.
    base: usize,
    /// Tells sets of entries apart.
    pub(super) hash: u128,
    /// For each entry whether only one side has it.
    own: Vec<bool>,
    /// How many such entries match.
    pub(super) differ: usize,
}

impl Active {
    /// Nothing matches yet; `base` entries of the base come before those of the
    /// head, and `own` tells which of all only one side has.
    pub(super) fn new(base: usize, own: Vec<bool>) -> Self {
        Self {
            bits: vec![0; own.len().div_ceil(64)],
            base,
            hash: 0,
            own,
            differ: 0,
        }
    }

    /// An entry begins to match, or ends.
    pub(super) fn toggle(&mut self, at: u32) {
        let Some(word) = self.bits.get_mut(at as usize >> 6) else {
            return;
        };
        *word ^= 1 << (at & 63);
        let on = *word >> (at & 63) & 1 == 1;
        self.hash ^= mixed(at);
        if self.own.get(at as usize).copied().unwrap_or(true) {
            self.differ = if on {
                self.differ.saturating_add(1)
            } else {
                self.differ.saturating_sub(1)
            };
        }
    }

    /// The entries that match, of either side.
    pub(super) fn left(&self, base: &[u32], head: &[u32]) -> (Left, Left) {
        let (mut before, mut after) = (Left::new(), Left::new());
        for (index, word) in self.bits.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let at = index
                    .saturating_mul(64)
                    .saturating_add(word.trailing_zeros() as usize);
                word &= word.wrapping_sub(1);
                match at.checked_sub(self.base) {
                    None => before.extend(base.get(at)),
                    Some(at) => after.extend(head.get(at)),
                }
            }
        }
        (before, after)
    }
}

/// A number of 128 bits that looks random (the finaliser of splitmix64, for
/// each half).
fn mixed(at: u32) -> u128 {
    let half = |seed: u64| {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let low = half(u64::from(at));
    u128::from(low) | u128::from(half(low ^ 0x5851_f42d_4c95_7f2d)) << 64
}
