//! Which rules of a filter overlap a rule, for filters of any size.
//!
//! A rule counts by the smallest box around its packets: bounds of source,
//! destination and destination port. Rules of about the same extent in every
//! position stand in one tree of boxes, so that a few wide rules do not make
//! the boxes around many narrow ones wide. A question goes down where boxes
//! touch and yields rules in their order, as far as it is asked to go on; every
//! step is paid for. Memory is linear in the number of rules.

mod tree;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use self::tree::{Bounds, Next, Part, Tree, Wanted};
use super::packets::Cube;
use super::ranges::{Bound, RangeSet};

/// The rules of a filter by their addresses and ports.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    v4: Vec<Tree<u32>>,
    v6: Vec<Tree<u128>>,
}

/// What rules are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Those that share a packet with the cube, as far as boxes tell.
    Touch,
    /// Those whose box holds the cube.
    Hold,
}

/// The work became too much to go on.
#[derive(Debug)]
pub(super) struct TooMuch;

/// A place that is still to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    /// A rule that was found.
    Rule,
    V4(u32, Part),
    V6(u32, Part),
}

/// The rules that one question finds, in their order.
#[derive(Debug)]
pub(super) struct Found<'o> {
    overlaps: &'o Overlaps,
    relation: Relation,
    range: Range<u32>,
    v4: Option<Wanted<u32>>,
    v6: Option<Wanted<u128>>,
    /// By the lowest rule that the place may lead to.
    open: BinaryHeap<Reverse<(u32, Open)>>,
    last: Option<u32>,
}

impl Overlaps {
    /// Takes the rules of a filter, in order, each by the smallest cube around
    /// its packets; `None` for a rule that counts for nothing.
    pub(super) fn new(rules: impl Iterator<Item = Option<Cube>>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (rule, cube) in (0u32..).zip(rules) {
            let Some(cube) = cube else { continue };
            v4.extend(bounds_v4(&cube).map(|bounds| (rule, bounds, cube.protocols)));
            v6.extend(bounds_v6(&cube).map(|bounds| (rule, bounds, cube.protocols)));
        }
        Self {
            v4: tree::plant(v4),
            v6: tree::plant(v6),
        }
    }

    /// Starts to look for rules of a range.
    pub(super) fn find(&self, relation: Relation, cube: &Cube, range: Range<u32>) -> Found<'_> {
        let mut found = Found {
            overlaps: self,
            relation,
            range,
            v4: bounds_v4(cube).map(|bounds| Wanted::new(bounds, cube.protocols)),
            v6: bounds_v6(cube).map(|bounds| Wanted::new(bounds, cube.protocols)),
            open: BinaryHeap::new(),
            last: None,
        };
        // What holds a cube of both families holds its IPv4 part.
        if relation == Relation::Hold && found.v4.is_some() {
            found.v6 = None;
        }
        let (relation, range) = (found.relation, found.range.clone());
        let v4 = roots(&self.v4, found.v4.as_ref(), relation, &range);
        let v6 = roots(&self.v6, found.v6.as_ref(), relation, &range);
        found.open.extend(
            v4.map(|(first, tree)| Reverse((first, Open::V4(tree, Part::ROOT))))
                .chain(v6.map(|(first, tree)| Reverse((first, Open::V6(tree, Part::ROOT))))),
        );
        found
    }
}

/// The trees that may hold what is wanted, each with its lowest rule.
fn roots<'o, T: Bound>(
    trees: &'o [Tree<T>],
    wanted: Option<&'o Wanted<T>>,
    relation: Relation,
    range: &'o Range<u32>,
) -> impl Iterator<Item = (u32, u32)> + 'o {
    let numbered = (0u32..).zip(trees);
    numbered.filter_map(move |(number, tree)| {
        let first = tree.root(wanted?, relation, range)?;
        Some((first, number))
    })
}

impl Found<'_> {
    /// The next rule.
    ///
    /// # Errors
    /// When it takes more than the steps that are left.
    pub(super) fn next(&mut self, steps: &mut usize) -> Result<Option<u32>, TooMuch> {
        while let Some(Reverse((rule, place))) = self.open.pop() {
            let Self {
                overlaps,
                relation,
                range,
                open,
                ..
            } = self;
            let cost = match place {
                Open::Rule if self.last == Some(rule) => 0,
                Open::Rule => {
                    self.last = Some(rule);
                    return Ok(Some(rule));
                }
                Open::V4(number, part) => {
                    let tree = overlaps.v4.get(number as usize).zip(self.v4.as_ref());
                    tree.map_or(0, |(tree, wanted)| {
                        tree.descend(part, wanted, *relation, range, |next| {
                            open.push(Reverse(next.at(|part| Open::V4(number, part))));
                        })
                    })
                }
                Open::V6(number, part) => {
                    let tree = overlaps.v6.get(number as usize).zip(self.v6.as_ref());
                    tree.map_or(0, |(tree, wanted)| {
                        tree.descend(part, wanted, *relation, range, |next| {
                            open.push(Reverse(next.at(|part| Open::V6(number, part))));
                        })
                    })
                }
            };
            *steps = steps.checked_sub(cost).ok_or(TooMuch)?;
        }
        Ok(None)
    }
}

impl Next {
    /// The lowest rule that it may lead to, with the place.
    fn at(self, inside: impl FnOnce(Part) -> Open) -> (u32, Open) {
        match self {
            Self::Rule(rule) => (rule, Open::Rule),
            Self::Part(first, part) => (first, inside(part)),
        }
    }
}

fn bounds_v4(cube: &Cube) -> Option<Bounds<u32>> {
    bounds(cube, &cube.source.v4, &cube.destination.v4)
}

fn bounds_v6(cube: &Cube) -> Option<Bounds<u128>> {
    bounds(cube, &cube.source.v6, &cube.destination.v6)
}

fn bounds<T: Bound>(
    cube: &Cube,
    source: &RangeSet<T>,
    destination: &RangeSet<T>,
) -> Option<Bounds<T>> {
    let around = |set: &RangeSet<T>| Some((set.first()?, set.last()?));
    let ports = &cube.destination_ports;
    Some(Bounds {
        source: around(source)?,
        destination: around(destination)?,
        ports: (ports.first()?, ports.last()?),
    })
}

#[cfg(test)]
mod tests;
