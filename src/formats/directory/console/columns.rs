//! Tables whose columns begin where their headings do.

use std::ops::Range;

/// Where each word of a heading begins, in characters.
pub fn starts(heading: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut blank = true;
    for (at, c) in heading.chars().enumerate() {
        if blank && !c.is_whitespace() {
            starts.push(at);
        }
        blank = c.is_whitespace();
    }
    starts
}

/// The cells of a row below columns; `None` where a cell reaches into the next
/// column, so that nobody can tell them apart.
pub fn cells<'a>(row: &'a str, starts: &[usize]) -> Option<Vec<&'a str>> {
    let offsets: Vec<usize> = row.char_indices().map(|(offset, _)| offset).collect();
    let offset = |column: usize| offsets.get(column).copied().unwrap_or(row.len());
    let mut cells = Vec::with_capacity(starts.len());
    for (index, start) in starts.iter().enumerate() {
        let from = offset(*start);
        let to = starts
            .get(index.saturating_add(1))
            .map_or(row.len(), |end| offset(*end));
        let before = row.get(..from)?.chars().next_back();
        let free = index == 0 || before.is_none_or(char::is_whitespace) || from >= row.len();
        if !free {
            return None;
        }
        cells.push(row.get(from..to)?.trim());
    }
    Some(cells)
}

/// The columns of a ruler of dashes, in characters; empty where the line is
/// none.
pub fn ruler(line: &str) -> Vec<Range<usize>> {
    let line = line.trim_end();
    if line.is_empty() || line.chars().any(|c| c != '-' && c != ' ') {
        return Vec::new();
    }
    let mut columns: Vec<Range<usize>> = Vec::new();
    for (at, c) in line.chars().enumerate() {
        if c != '-' {
            continue;
        }
        let end = at.saturating_add(1);
        match columns.last_mut() {
            Some(open) if open.end == at => open.end = end,
            _ => columns.push(at..end),
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_headings_or_are_not_told_apart() {
        let starts = starts("  dnsname          site");
        assert_eq!(starts, [2, 19]);
        let row = "  dc1.contoso.com  Default-First-Site-Name";
        let cells_of = |row| cells(row, &starts);
        assert_eq!(
            cells_of(row),
            Some(vec!["dc1.contoso.com", "Default-First-Site-Name"])
        );
        assert_eq!(cells_of("  a"), Some(vec!["a", ""]));
        assert_eq!(cells_of("  dc-with-a-long-name.contoso.com x"), None);
    }

    #[test]
    fn a_ruler_has_nothing_but_dashes() {
        assert_eq!(ruler("---- --- "), [0..4, 5..8]);
        assert!(ruler("-- x").is_empty() && ruler("").is_empty());
    }
}
