//! Sets of numbers as sorted ranges, for the conjunctions of one rule.

/// A number that ranges are made of.
pub trait Number: Copy + Ord {
    /// The smallest.
    const MIN: Self;
    /// The largest.
    const MAX: Self;
    /// The next larger one.
    fn next(self) -> Option<Self>;
    /// The next smaller one.
    fn previous(self) -> Option<Self>;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const MIN: Self = <$t>::MIN;
            const MAX: Self = <$t>::MAX;
            fn next(self) -> Option<Self> { self.checked_add(1) }
            fn previous(self) -> Option<Self> { self.checked_sub(1) }
        }
    )*};
}
number!(u8, u16, u32, u128);

/// A set of numbers: ranges in order, apart from each other, ends included.
///
/// Most sets of a rule are one address, port or protocol: those need no memory
/// of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges<T>(Few<T>);

/// The ranges of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Few<T> {
    One([(T, T); 1]),
    /// None, or more than one.
    Many(Box<[(T, T)]>),
}

impl<T: Number> FromIterator<(T, T)> for Ranges<T> {
    /// The union of ranges in any order; reversed ones count for nothing.
    fn from_iter<I: IntoIterator<Item = (T, T)>>(ranges: I) -> Self {
        let mut ranges = ranges.into_iter().filter(|(low, high)| low <= high);
        let Some(first) = ranges.next() else {
            return Self::none();
        };
        let Some(second) = ranges.next() else {
            return Self(Few::One([first]));
        };
        let mut all = vec![first, second];
        all.extend(ranges);
        all.sort_unstable();
        let mut joined: Vec<(T, T)> = Vec::with_capacity(all.len());
        for (low, high) in all {
            match joined.last_mut() {
                Some((_, top)) if top.next().is_none_or(|next| low <= next) => {
                    *top = (*top).max(high);
                }
                _ => joined.push((low, high)),
            }
        }
        Self::sorted(joined)
    }
}

impl<T: Number> Ranges<T> {
    /// No number.
    #[must_use]
    pub fn none() -> Self {
        Self(Few::Many(Box::default()))
    }

    /// One range; empty when reversed.
    #[must_use]
    pub fn one(low: T, high: T) -> Self {
        if low <= high {
            Self(Few::One([(low, high)]))
        } else {
            Self::none()
        }
    }

    /// Ranges that are in order and apart from each other.
    fn sorted(ranges: Vec<(T, T)>) -> Self {
        match ranges.as_slice() {
            [one] => Self(Few::One([*one])),
            _ => Self(Few::Many(ranges.into())),
        }
    }

    /// The ranges in order.
    #[must_use]
    pub fn ranges(&self) -> &[(T, T)] {
        match &self.0 {
            Few::One(one) => one,
            Few::Many(all) => all,
        }
    }

    /// Whether there is no number in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges().is_empty()
    }

    /// Whether every number is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.ranges() == [(T::MIN, T::MAX)]
    }

    /// All other numbers.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut rest = Vec::with_capacity(self.ranges().len().saturating_add(1));
        let mut from = Some(T::MIN);
        for (low, high) in self.ranges() {
            if let (Some(start), Some(end)) = (from, low.previous())
                && start <= end
            {
                rest.push((start, end));
            }
            from = high.next();
        }
        if let Some(start) = from {
            rest.push((start, T::MAX));
        }
        Self::sorted(rest)
    }

    /// The set itself, or all other numbers.
    #[must_use]
    pub fn turned(self, negated: bool) -> Self {
        if negated { self.complement() } else { self }
    }

    /// Numbers in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        if let (Few::One([(a, b)]), Few::One([(c, d)])) = (&self.0, &other.0) {
            return Self::one(*a.max(c), *b.min(d));
        }
        let mut left = self.ranges().iter().peekable();
        let mut right = other.ranges().iter().peekable();
        let mut both = Vec::new();
        while let (Some((a, b)), Some((c, d))) = (left.peek(), right.peek()) {
            let (low, high) = ((*a).max(*c), (*b).min(*d));
            if low <= high {
                both.push((low, high));
            }
            if b < d {
                left.next();
            } else {
                right.next();
            }
        }
        Self::sorted(both)
    }
}

/// Narrows a field that may be open: `None` is every number.
pub fn narrow<T: Number>(field: &mut Option<Ranges<T>>, by: Ranges<T>) {
    *field = Some(match field.take() {
        Some(held) => held.intersect(&by),
        None => by,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(set: &Ranges<u8>, number: u8) -> bool {
        let mut ranges = set.ranges().iter();
        ranges.any(|(low, high)| (*low..=*high).contains(&number))
    }

    #[test]
    fn complement_and_intersection_agree_with_a_count_of_every_number() {
        let sets: [&[(u8, u8)]; 6] = [
            &[],
            &[(0, 255)],
            &[(0, 0), (2, 2), (255, 255)],
            &[(3, 7), (8, 9)],
            &[(9, 3)],
            &[(5, 200), (100, 254)],
        ];
        for one in sets {
            let set: Ranges<u8> = one.iter().copied().collect();
            let is_in = |n: u8| one.iter().any(|(a, b)| (*a..=*b).contains(&n));
            for n in 0..=255 {
                assert_eq!(has(&set, n), is_in(n));
                assert_eq!(has(&set.complement(), n), !is_in(n));
            }
            for other in sets {
                let second = other.iter().copied().collect();
                for n in 0..=255 {
                    let wanted = has(&set, n) && has(&second, n);
                    assert_eq!(has(&set.intersect(&second), n), wanted);
                }
            }
        }
        assert!(
            [(0u8, 9), (10, 255)]
                .into_iter()
                .collect::<Ranges<u8>>()
                .is_all()
        );
    }
}
