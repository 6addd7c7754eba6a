//! The room that a console had for values, where a paste took the blanks behind the
//! names: all values of an object stood in one column.

use super::block::{Block, Part, Whole};
use super::line::{Line, LineKind};

impl<'a> Block<'a> {
    /// Column at which all values stood, where a paste left one blank between each
    /// name and its colon: Format-List fills the names up to the longest of them.
    #[must_use]
    pub fn squeezed_column(&self, lines: &[Line<'a>]) -> Option<u32> {
        if self.colon.is_some() {
            return None;
        }
        let mut column = 0_u32;
        for property in &self.properties {
            let line = lines.get(property.line as usize)?;
            let LineKind::Key(key) = &line.kind else {
                return None;
            };
            let ends = line
                .indent
                .saturating_add(u32::try_from(key.key.len()).unwrap_or(u32::MAX));
            if ends.saturating_add(1) != key.colon {
                return None;
            }
            column = column.max(key.colon.saturating_add(2));
        }
        Some(column)
    }
}

impl<'a> Whole<'a, '_> {
    /// The property with its value in the column where it stood before a paste took
    /// the blanks behind the names.
    #[must_use]
    pub fn in_column(self, column: Option<u32>) -> Self {
        let shift = column.map_or(0, |column| column.saturating_sub(self.value_column));
        Self { shift, ..self }
    }

    /// Columns that one of its lines took on the console.
    #[must_use]
    pub fn width(&self, part: &Part<'a>) -> u32 {
        part.width.saturating_add(self.shift)
    }

    /// Columns between the value's first and the one behind a full line.
    #[must_use]
    pub fn room(&self, width: u32) -> u32 {
        width.saturating_sub(self.value_column.saturating_add(self.shift))
    }
}
