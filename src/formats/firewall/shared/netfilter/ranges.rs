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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges<T>(Vec<(T, T)>);

impl<T: Number> Ranges<T> {
    /// No number.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// One range; empty when reversed.
    #[must_use]
    pub fn one(low: T, high: T) -> Self {
        if low <= high {
            Self(vec![(low, high)])
        } else {
            Self::none()
        }
    }

    /// The union of ranges in any order; reversed ones count for nothing.
    #[must_use]
    pub fn of(mut ranges: Vec<(T, T)>) -> Self {
        ranges.retain(|(low, high)| low <= high);
        if ranges.len() < 2 {
            return Self(ranges);
        }
        ranges.sort_unstable();
        let mut joined: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match joined.last_mut() {
                Some((_, top)) if top.next().is_none_or(|next| low <= next) => {
                    *top = (*top).max(high);
                }
                _ => joined.push((low, high)),
            }
        }
        Self(joined)
    }

    /// The ranges in order.
    #[must_use]
    pub fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    /// Whether there is no number in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every number is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.as_slice() == [(T::MIN, T::MAX)]
    }

    /// All other numbers.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut rest = Vec::with_capacity(self.0.len().saturating_add(1));
        let mut from = Some(T::MIN);
        for (low, high) in &self.0 {
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
        Self(rest)
    }

    /// Numbers in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
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
        Self(both)
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
            let set = Ranges::of(one.to_vec());
            let is_in = |n: u8| one.iter().any(|(a, b)| (*a..=*b).contains(&n));
            for n in 0..=255 {
                assert_eq!(has(&set, n), is_in(n));
                assert_eq!(has(&set.complement(), n), !is_in(n));
            }
            for other in sets {
                let second = Ranges::of(other.to_vec());
                for n in 0..=255 {
                    let wanted = has(&set, n) && has(&second, n);
                    assert_eq!(has(&set.intersect(&second), n), wanted);
                }
            }
        }
        assert!(Ranges::of(vec![(0u8, 9), (10, 255)]).is_all());
    }
}
