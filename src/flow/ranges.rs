//! Sets of ordered values as sorted, disjoint, non-adjacent inclusive ranges.

use std::borrow::Borrow;
use std::convert::identity;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// A value of a finite, ordered domain.
pub trait Bound: Copy + Ord + Hash + fmt::Debug + 'static {
    /// How a set keeps a single range: in place where that is small.
    type One: Clone + Eq + Hash;
    /// The lowest value of the domain.
    const MIN: Self;
    /// The highest value of the domain.
    const MAX: Self;
    /// The next higher value; `None` at the end.
    fn next(self) -> Option<Self>;
    /// The next lower value; `None` at the start.
    fn previous(self) -> Option<Self>;
    /// How many values lie between two bounds, both included; saturating.
    fn distance(low: Self, high: Self) -> u128;
    /// Keeps a range.
    fn keep(low: Self, high: Self) -> Self::One;
    /// The range that is kept.
    fn kept(one: &Self::One) -> &(Self, Self);
    /// The range of all values.
    const WHOLE: &'static [(Self, Self)];
}

macro_rules! bound {
    ($($integer:ty: $one:ty, $keep:expr),*) => {$(
        impl Bound for $integer {
            type One = $one;
            const WHOLE: &'static [(Self, Self)] = &[(Self::MIN, Self::MAX)];
            fn keep(low: Self, high: Self) -> $one {
                $keep((low, high))
            }
            fn kept(one: &$one) -> &(Self, Self) {
                one.borrow()
            }
            const MIN: Self = <$integer>::MIN;
            const MAX: Self = <$integer>::MAX;
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
            fn distance(low: Self, high: Self) -> u128 {
                #[allow(clippy::useless_conversion)]
                u128::from(high.saturating_sub(low)).saturating_add(1)
            }
        }
    )*};
}
// Most packets are IPv4: a set of IPv6 addresses is kept small, since it is
// mostly empty or full.
bound!(
    u16: (u16, u16), identity,
    u32: (u32, u32), identity,
    u128: Arc<(u128, u128)>, Arc::new
);

/// A set of values; cheap to clone, and equal sets compare equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RangeSet<T: Bound>(Repr<T>);

/// Each set has one form only: one range is never all values, and there are
/// at least two in many, which are shared.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr<T: Bound> {
    Empty,
    All,
    One(T::One),
    Many(Arc<Vec<(T, T)>>),
}

impl<T: Bound> RangeSet<T> {
    /// The set without members.
    pub const EMPTY: Self = Self(Repr::Empty);
    /// The set of all values.
    pub const ALL: Self = Self(Repr::All);

    /// The values from `low` to `high`; empty when reversed.
    #[must_use]
    pub fn range(low: T, high: T) -> Self {
        if low > high {
            return Self::EMPTY;
        }
        if low == T::MIN && high == T::MAX {
            return Self::ALL;
        }
        Self(Repr::One(T::keep(low, high)))
    }

    /// The set of one value.
    #[must_use]
    pub fn one(value: T) -> Self {
        Self::range(value, value)
    }

    /// The union of any ranges in any order; reversed ones are empty.
    #[must_use]
    pub fn of(mut ranges: Vec<(T, T)>) -> Self {
        ranges.retain(|(low, high)| low <= high);
        if !ranges.is_sorted() {
            ranges.sort_unstable();
        }
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if last.1.next().is_none_or(|next| low <= next) => {
                    last.1 = last.1.max(high);
                }
                _ => merged.push((low, high)),
            }
        }
        Self::sorted(merged)
    }

    /// Takes ranges that are sorted, disjoint and not adjacent already.
    fn sorted(ranges: Vec<(T, T)>) -> Self {
        match ranges.as_slice() {
            [] => Self::EMPTY,
            [(low, high)] => Self::range(*low, *high),
            _ => Self(Repr::Many(Arc::new(ranges))),
        }
    }

    /// The ranges in ascending order.
    #[must_use]
    pub fn ranges(&self) -> &[(T, T)] {
        match &self.0 {
            Repr::Empty => &[],
            Repr::All => T::WHOLE,
            Repr::One(one) => std::slice::from_ref(T::kept(one)),
            Repr::Many(ranges) => ranges,
        }
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Repr::Empty)
    }

    /// Whether every value is in the set.
    #[must_use]
    pub fn is_all(&self) -> bool {
        matches!(self.0, Repr::All)
    }

    /// The lowest value.
    #[must_use]
    pub fn first(&self) -> Option<T> {
        self.ranges().first().map(|range| range.0)
    }

    /// The highest value.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        self.ranges().last().map(|range| range.1)
    }

    /// The only value, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<T> {
        match &self.0 {
            Repr::One(one) => {
                let (low, high) = *T::kept(one);
                (low == high).then_some(low)
            }
            _ => None,
        }
    }

    /// Number of values; saturating at the full IPv6 space.
    #[must_use]
    pub fn size(&self) -> u128 {
        self.ranges().iter().fold(0, |sum: u128, (low, high)| {
            sum.saturating_add(T::distance(*low, *high))
        })
    }

    /// Whether a value is in the set.
    #[must_use]
    pub fn contains(&self, value: T) -> bool {
        let ranges = self.ranges();
        let after = ranges.partition_point(|range| range.0 <= value);
        after
            .checked_sub(1)
            .and_then(|index| ranges.get(index))
            .is_some_and(|range| value <= range.1)
    }

    /// Whether any value from `low` to `high` is in the set.
    #[must_use]
    pub fn touches(&self, low: T, high: T) -> bool {
        let ranges = self.ranges();
        let index = ranges.partition_point(|range| range.1 < low);
        ranges.get(index).is_some_and(|range| range.0 <= high)
    }

    /// Whether every value from `low` to `high` is in the set.
    #[must_use]
    pub fn covers(&self, low: T, high: T) -> bool {
        let ranges = self.ranges();
        let index = ranges.partition_point(|range| range.1 < low);
        ranges
            .get(index)
            .is_some_and(|range| range.0 <= low && high <= range.1)
    }

    /// Whether the sets share a value.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Empty, _) | (_, Repr::Empty) => return false,
            (Repr::All, _) | (_, Repr::All) => return true,
            (Repr::One(a), Repr::One(b)) => {
                let (a, b) = (T::kept(a), T::kept(b));
                return a.0 <= b.1 && b.0 <= a.1;
            }
            _ => {}
        }
        let (few, many) = if self.ranges().len() <= other.ranges().len() {
            (self, other)
        } else {
            (other, self)
        };
        few.ranges()
            .iter()
            .any(|(low, high)| many.touches(*low, *high))
    }

    /// Whether every value of `other` is in `self`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.is_all()
            || other
                .ranges()
                .iter()
                .all(|(low, high)| self.covers(*low, *high))
    }

    /// Values in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() || self.is_all() {
            return self.clone();
        }
        if self.is_empty() || other.is_all() {
            return other.clone();
        }
        let mut ranges =
            Vec::with_capacity(self.ranges().len().saturating_add(other.ranges().len()));
        ranges.extend_from_slice(self.ranges());
        ranges.extend_from_slice(other.ranges());
        Self::of(ranges)
    }

    /// Values in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        if self.is_all() {
            return other.clone();
        }
        if other.is_all() {
            return self.clone();
        }
        if self.is_empty() || other.is_empty() {
            return Self::EMPTY;
        }
        if let (Repr::One(a), Repr::One(b)) = (&self.0, &other.0) {
            let (a, b) = (T::kept(a), T::kept(b));
            return Self::range(a.0.max(b.0), a.1.min(b.1));
        }
        let (mut left, mut right) = (self.ranges(), other.ranges());
        let mut common = Vec::new();
        while let (Some((a, rest_a)), Some((b, rest_b))) = (left.split_first(), right.split_first())
        {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                common.push((low, high));
            }
            if a.1 < b.1 {
                left = rest_a;
            } else {
                right = rest_b;
            }
        }
        Self::sorted(common)
    }

    /// Values of `self` that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        if other.is_all() {
            return Self::EMPTY;
        }
        let mut kept = Vec::new();
        for &(low, high) in self.ranges() {
            let mut from = Some(low);
            let cuts = other.ranges();
            let start = cuts.partition_point(|cut| cut.1 < low);
            for cut in cuts.iter().skip(start).take_while(|cut| cut.0 <= high) {
                let Some(position) = from else { break };
                if let Some(before) = cut.0.previous()
                    && position <= before
                    && position < cut.0
                {
                    kept.push((position, before));
                }
                from = cut.1.next();
            }
            if let Some(position) = from
                && position <= high
            {
                kept.push((position, high));
            }
        }
        Self::sorted(kept)
    }

    /// Values that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::ALL.subtract(self)
    }
}

impl<T: Bound> Default for RangeSet<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T: Bound> fmt::Debug for RangeSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ranges()).finish()
    }
}
