//! Data files: tab-separated rows beside the reader that uses them.

/// The rows of a table: tab-separated fields, without comments and blanks.
pub fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').collect())
}
