//! A rule's page: what `exlint explain` shows, with fixed headings.

use std::borrow::Cow;

/// Headings of an English page, in order.
pub const HEADINGS: [&str; 6] = [
    "What it checks",
    "Why it matters",
    "How to fix it",
    "When it stays silent",
    "Source",
    "Examples",
];

/// Headings of a Japanese page, in the order of [`HEADINGS`].
pub const HEADINGS_JA: [&str; 6] = [
    "検査内容",
    "重要な理由",
    "対処方法",
    "報告しない場合",
    "出典",
    "例",
];

/// A page in Markdown.
#[derive(Debug, Clone)]
pub struct Page {
    file: String,
    text: Cow<'static, str>,
}

impl Page {
    /// Joins a file's name and text.
    pub fn new(file: String, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            file,
            text: text.into(),
        }
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The `#` title.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("# "))
    }

    /// The `##` headings, in order.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        outside_fences(&self.text).filter_map(|(_, line)| line.strip_prefix("## "))
    }

    /// The text below a `##` heading, up to the next one.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&str> {
        let mut start = None;
        for (offset, line) in outside_fences(&self.text) {
            match (line.strip_prefix("## "), start) {
                (Some(found), None) if found.trim() == heading => {
                    start = Some(offset.saturating_add(line.len()));
                }
                (Some(_), Some(start)) => return Some(self.text.get(start..offset)?.trim()),
                _ => {}
            }
        }
        Some(self.text.get(start?..)?.trim())
    }
}

/// Lines that are not in a fenced block, with their offsets.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    let mut offset = 0usize;
    text.split_inclusive('\n').filter_map(move |whole| {
        let at = offset;
        offset = offset.saturating_add(whole.len());
        let line = whole.trim_end_matches(['\n', '\r']);
        let ticks = line
            .get(
                ..line
                    .len()
                    .saturating_sub(line.trim_start_matches('`').len()),
            )
            .filter(|ticks| ticks.len() >= 3);
        match (fence, ticks) {
            (None, Some(ticks)) => {
                fence = Some(ticks);
                None
            }
            (Some(open), Some(ticks)) if ticks.len() >= open.len() && ticks.len() == line.len() => {
                fence = None;
                None
            }
            (Some(_), _) => None,
            (None, None) => Some((at, line)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading_outside_fences() {
        let page = Page::new(
            "rule.md".to_owned(),
            "# FU005 x\n\n## Source\n\nS57\n\n```text\n## not a heading\n```\n\n## Examples\n\nmore\n",
        );
        assert_eq!(page.title(), Some("FU005 x"));
        assert_eq!(
            page.section("Source"),
            Some("S57\n\n```text\n## not a heading\n```")
        );
        assert_eq!(page.section("Examples"), Some("more"));
        assert_eq!(page.section("None"), None);
        assert_eq!(page.headings().collect::<Vec<_>>(), ["Source", "Examples"]);
    }
}
