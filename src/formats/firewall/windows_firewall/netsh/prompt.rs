//! Prompts and typed commands in a capture.

use crate::formats::prompt::host;
pub use crate::formats::prompt::is_noise;

/// A command line of netsh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt<'a> {
    /// The machine, where the prompt names it (`[HUB1]: PS C:\>`).
    pub host: Option<&'a str>,
    /// `show currentprofile`.
    pub current_profile: bool,
    /// Why the listing does not hold all rules.
    pub leaves_out: Option<&'static str>,
}

/// Reads a line that holds a command of netsh or PowerShell.
pub fn read(line: &str) -> Option<Prompt<'_>> {
    let starts = |word: &str| {
        line.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    let may_be = memchr::memchr(b'>', line.as_bytes()).is_some()
        || line.starts_with(['[', '"', '#', '$'])
        || ["netsh", "cmd", "command"].into_iter().any(starts);
    if !may_be {
        return None;
    }
    let host = host(line);
    let lower = line.to_ascii_lowercase();
    if !lower.contains("netsh") {
        return (host.is_some() || is_bare_prompt(line)).then_some(Prompt {
            host,
            ..Prompt::default()
        });
    }
    // A value may name netsh, too: a command has it first, or behind a prompt.
    let at = lower.find("netsh")?;
    let before = line.get(..at)?.trim_end();
    let typed = before.is_empty()
        || before.ends_with(['>', '#', '$', '/', '"', '&'])
        || before.to_ascii_lowercase().ends_with("cmd /c");
    let typed = typed || before.ends_with(':') && before.to_ascii_lowercase().ends_with("command:");
    if !typed || !lower.contains("firewall") {
        return None;
    }
    let rules = lower.contains(" show rule");
    let all = lower.contains("name=all") || lower.contains("name=\"all\"");
    let narrowed = ["dir=", "profile=", "type=", "|"]
        .iter()
        .any(|word| lower.contains(word));
    Some(Prompt {
        host,
        current_profile: lower.contains("currentprofile"),
        leaves_out: (rules && (!all || narrowed))
            .then_some("the command lists some of the rules only"),
    })
}

/// `C:\Windows\system32>exit`, `PS C:\> hostname`.
fn is_bare_prompt(line: &str) -> bool {
    let line = line.strip_prefix("PS ").unwrap_or(line);
    let mut bytes = line.bytes();
    let drive = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    drive && bytes.next() == Some(b':') && bytes.next() == Some(b'\\') && line.contains('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_tells_the_host_and_what_was_asked() {
        let prompt = read("[HUB1]: PS C:\\> netsh advfirewall show currentprofile").unwrap();
        assert_eq!((prompt.host, prompt.current_profile), (Some("HUB1"), true));
        let all = read("C:\\>netsh advfirewall firewall show rule name=all verbose").unwrap();
        assert_eq!(all, Prompt::default());
        let some = read("C:\\>netsh advfirewall firewall show rule name=\"SMTP\"").unwrap();
        assert!(some.leaves_out.is_some());
        assert_eq!(read("Program:      C:\\Windows\\System32\\netsh.exe"), None);
        assert_eq!(
            read("Description:   added with netsh advfirewall firewall"),
            None
        );
    }
}
