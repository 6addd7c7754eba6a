//! Which commands there are, and what a capture holds besides.

use std::sync::OnceLock;

use super::capture::Terminal;
use super::command_table::CommandTable;

/// The commands and stanzas of IOS and NX-OS.
pub fn table() -> &'static CommandTable {
    static TABLE: OnceLock<CommandTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        CommandTable::new(
            include_str!("data/commands.tsv"),
            include_str!("data/modes.tsv"),
        )
    })
}

/// What a capture of an IOS or NX-OS device holds besides the configuration.
pub const TERMINAL: Terminal = Terminal {
    pager_hint: "--More--",
    pager,
    starts_line: Some(starts_line),
};

/// ` --More-- `, with or without the blanks around it.
fn pager(text: &str) -> Option<usize> {
    const MARK: &str = "--More--";
    let inner = text.strip_prefix(' ').unwrap_or(text);
    let after = inner.strip_prefix(MARK)?;
    let blanks = text.len().saturating_sub(inner.len());
    let end = usize::from(after.starts_with(' '));
    Some(MARK.len().saturating_add(blanks).saturating_add(end))
}

fn starts_line(full: &str, word: &str) -> bool {
    if table().starts_any_line(word) {
        return true;
    }
    word.starts_with(|c: char| c.is_ascii_digit()) && !goes_on(full, word)
}

/// Whether a word with a digit first goes on with the last word of a full line:
/// a list of VLANs, or a key. A number alone may be that of an entry.
fn goes_on(full: &str, word: &str) -> bool {
    let last = full.rsplit(' ').next().unwrap_or_default();
    let is_list = |text: &str| {
        let list = text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b',' | b'-'));
        list && text.contains([',', '-'])
    };
    let key = last.strip_prefix("0x").is_some_and(is_hexadecimal);
    is_list(last) && is_list(word) || key && is_hexadecimal(word)
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}
