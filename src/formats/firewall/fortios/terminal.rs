//! What a terminal shows around the statements of a configuration.

/// What a terminal shows around a configuration.
pub fn is_noise(text: &str) -> bool {
    text.starts_with("current vf=")
        || text.starts_with("login:")
        || text.starts_with("Password:")
        || text.starts_with("Welcome")
        || text.starts_with("Connection to")
        || text.starts_with("WARNING: ")
        || text.starts_with("Version: ")
        // Fences and tags of a page of Markdown.
        || text.starts_with("```")
        || text.starts_with('<') && text.ends_with('>')
        || text
            .chars()
            .all(|c| matches!(c, '-' | '=' | '*' | '^' | '.'))
}

/// Splits `FGT-1 (root) # show`: the host and what was typed.
pub fn prompt(text: &str) -> Option<(&str, &str)> {
    let mut bytes = text.as_bytes().iter();
    let end = bytes.position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (host, rest) = text.split_at_checked(end)?;
    // `fg1(Primary) # show` of a cluster.
    let (host, _) = host
        .strip_suffix(')')
        .and_then(|named| named.split_once('('))
        .unwrap_or((host, ""));
    if matches!(
        host,
        "set" | "config" | "edit" | "append" | "unset" | "select" | "unselect" | "next" | "end"
    ) || !host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        return None;
    }
    let mut rest = rest.trim_start();
    if let Some(inner) = rest.strip_prefix('(') {
        let (mode, tail) = inner.split_once(')')?;
        if mode.len() > 80 {
            return None;
        }
        rest = tail.trim_start();
    }
    let typed = rest.strip_prefix('#').or_else(|| rest.strip_prefix('$'))?;
    (typed.is_empty() || typed.starts_with([' ', '\t'])).then(|| (host, typed.trim()))
}
