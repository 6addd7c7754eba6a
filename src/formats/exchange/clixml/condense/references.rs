//! The objects of a file that others refer to, by their numbers.

use std::fs::File;

use super::blocks::{Stop, for_each_token};
use super::tags::{Kind, Token};

/// Numbers beyond this are those of no export.
const MOST: u32 = 1 << 30;

/// Which objects some `<Ref>` names.
#[derive(Debug, Default)]
pub struct References {
    named: Numbers,
    from_outside: Numbers,
}

impl References {
    /// Whether anything refers to the object.
    pub fn is_named(&self, number: u32) -> bool {
        self.named.contains(number)
    }

    /// Whether another exported object refers to it, or to a part of it.
    pub fn is_named_from_outside(&self, number: u32) -> bool {
        self.from_outside.contains(number)
    }

    /// Finds them: numbers rise through a file, so one below that of the
    /// exported object around a reference belongs to an object before.
    pub fn find(file: &mut File) -> Result<Self, Stop> {
        let mut found = Self::default();
        let mut stack: Vec<Level> = Vec::new();
        let mut first = 0_u32;
        for_each_token(file, &mut |token| found.take(token, &mut stack, &mut first))?;
        Ok(found)
    }

    fn take(
        &mut self,
        token: &Token<'_>,
        stack: &mut Vec<Level>,
        first: &mut u32,
    ) -> Result<(), Stop> {
        let kind = token.kind();
        match kind {
            Kind::End => {
                stack.pop().ok_or(Stop::Foreign)?;
            }
            Kind::Start | Kind::Empty => {
                let level = match token.name() {
                    "Objs" => {
                        *first = 0;
                        Level::Root
                    }
                    "Obj" => match stack.last() {
                        None | Some(Level::Root | Level::ExportedList) => {
                            *first = token.reference().unwrap_or(0);
                            Level::Exported
                        }
                        _ => Level::Other,
                    },
                    "Ref" => {
                        if let Some(number) = token.reference() {
                            self.named.insert(number)?;
                            if number < *first {
                                self.from_outside.insert(number)?;
                            }
                        }
                        Level::Other
                    }
                    "LST" | "IE" | "STK" | "QUE" if stack.last() == Some(&Level::Exported) => {
                        Level::ExportedList
                    }
                    _ => Level::Other,
                };
                if kind == Kind::Start {
                    stack.push(level);
                }
            }
            Kind::Instruction | Kind::Foreign => {}
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Exported,
    ExportedList,
    Other,
}

/// A set of numbers that lie close together.
#[derive(Debug, Default)]
struct Numbers(Vec<u64>);

impl Numbers {
    fn insert(&mut self, number: u32) -> Result<(), Stop> {
        if number >= MOST {
            return Err(Stop::Foreign);
        }
        let word = (number / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word.saturating_add(1), 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (number % 64);
        }
        Ok(())
    }

    fn contains(&self, number: u32) -> bool {
        let word = self.0.get((number / 64) as usize);
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}
