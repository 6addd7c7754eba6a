//! Words, prompts and banners of the command line.

/// Words of a command; quoted ones without their quotes.
#[derive(Debug, Clone)]
pub struct Words<'t> {
    /// What is left.
    pub rest: &'t str,
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        // Words are a few bytes long: a search by vectors does not pay.
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        let start = self.rest.as_bytes().iter().position(|byte| !blank(byte))?;
        let rest = self.rest.get(start..)?;
        let bytes = rest.as_bytes();
        if bytes.first()? == &b'"' {
            let mut at = 1usize;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => break,
                    b'\\' => at = at.saturating_add(2),
                    _ => at = at.saturating_add(1),
                }
            }
            self.rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
            return Some(
                rest.get(1..at)
                    .unwrap_or_else(|| rest.get(1..).unwrap_or_default()),
            );
        }
        let end = bytes.iter().position(blank).unwrap_or(bytes.len());
        let (word, tail) = rest.split_at_checked(end)?;
        self.rest = tail;
        Some(word)
    }
}

/// A prompt and what was typed at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'t> {
    /// The device.
    pub host: &'t str,
    /// Whether it is that of the configuration mode.
    pub configures: bool,
    /// What was typed.
    pub typed: &'t str,
    /// Whether nothing else looks like it.
    pub sure: bool,
}

/// Splits `admin@fw1> show configuration`.
pub fn prompt(line: &str) -> Option<Prompt<'_>> {
    let first = line.bytes().next()?;
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    let mut bytes = line.as_bytes().iter();
    let end = bytes
        .position(|byte| matches!(byte, b'>' | b'#' | b'%' | b' ' | b'\t' | b'"' | b';' | b'{'))?;
    let mark = *line.as_bytes().get(end)?;
    if !matches!(mark, b'>' | b'#') {
        return None;
    }
    let head = line.get(..end)?;
    let typed = line.get(end.saturating_add(1)..)?;
    if !typed.is_empty() && !typed.starts_with([' ', '\t']) {
        return None;
    }
    let typed = typed.trim();
    let at = head.split_once('@');
    let host = at.map_or(head, |(_, host)| host);
    if host.is_empty()
        || !host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/'))
    {
        return None;
    }
    let command = typed.is_empty()
        || [
            "show",
            "sh ",
            "configure",
            "edit",
            "set ",
            "exit",
            "quit",
            "commit",
            "request",
            "ping",
            "top",
            "run ",
        ]
        .iter()
        .any(|start| typed.starts_with(start));
    (at.is_some() || command).then_some(Prompt {
        host,
        configures: mark == b'#',
        typed,
        sure: at.is_some(),
    })
}

/// `[edit]`, `[edit security policies]`.
pub fn is_edit_banner(text: &str) -> bool {
    text.strip_prefix("[edit")
        .is_some_and(|rest| (rest.starts_with([' ', ']'])) && rest.ends_with(']'))
}

/// `{primary:node0}`, `{master:0}`, `{master}`.
pub fn is_node_banner(text: &str) -> bool {
    let Some(inside) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    else {
        return false;
    };
    let role = inside.split_once(':').map_or(inside, |(role, _)| role);
    matches!(
        role,
        "primary"
            | "secondary"
            | "master"
            | "backup"
            | "linecard"
            | "hold"
            | "disabled"
            | "ineligible"
            | "secondary-hold"
            | "lost"
            | "unknown"
    )
}
