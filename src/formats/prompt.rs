//! Prompts and typed commands in what was copied from a console.

use crate::source::SourceFile;

/// A prompt with what was typed behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'a> {
    /// The machine, where the prompt names it (`[HUB1]: PS C:\>`).
    pub host: Option<&'a str>,
    /// What was typed; empty behind a bare prompt.
    pub command: &'a str,
}

/// Reads a line that is a prompt of cmd, PowerShell or netsh.
#[must_use]
pub fn read(line: &str) -> Option<Prompt<'_>> {
    let line = line.trim();
    let host = host(line);
    let local = match host {
        Some(_) => line.split_once("]: ").map_or(line, |(_, rest)| rest),
        None => line,
    };
    let start = ["[PS] ", "PS "]
        .iter()
        .find_map(|shell| local.strip_prefix(shell))
        .unwrap_or(local);
    let is_prompt = is_drive(start) || start.starts_with("netsh") || host.is_some();
    let (place, command) = start.split_once('>').filter(|_| is_prompt)?;
    // A context of netsh is words alone (`netsh interface ipv4>`).
    let sound = is_drive(place)
        || host.is_some()
        || place
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b' ');
    sound.then_some(Prompt {
        host,
        command: command.trim(),
    })
}

fn is_drive(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && bytes.next() == Some(b'\\')
}

/// The machine of a remote PowerShell prompt.
#[must_use]
pub fn host(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('[')?;
    let (host, rest) = rest.split_once(']')?;
    let sound = !host.is_empty()
        && host.len() <= 255
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    (sound && host != "PS" && rest.starts_with(": PS")).then_some(host)
}

/// A command line of a program: behind a prompt, in the header of a script
/// that saved it, or alone.
#[must_use]
pub fn command(line: &str) -> Option<&str> {
    const HEADERS: &[&str] = &["Result from:", "Command:", "Running:", "C:\\>"];
    const PROGRAMS: &[&str] = &[
        "ipconfig",
        "netsh",
        "reg",
        "reg.exe",
        "ipconfig.exe",
        "netsh.exe",
    ];
    let text = match read(line) {
        Some(prompt) => prompt.command,
        None => {
            let line = line.trim().trim_matches(['=', '-', '*', '#', ' ']);
            let header = HEADERS.iter().find_map(|header| line.strip_prefix(header));
            header.unwrap_or(line).trim()
        }
    };
    let first = text.split([' ', '\t']).next().unwrap_or_default();
    let known = PROGRAMS
        .iter()
        .any(|program| first.eq_ignore_ascii_case(program));
    let has_words = text.len() > first.len() || first.to_ascii_lowercase().starts_with("ipconfig");
    (known && has_words).then_some(text)
}

/// Lines that answer a command for the name of the machine, with that name:
/// `hostname`, `echo %computername%` or `$env:computername` behind a prompt.
pub fn machine_names(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    const ASKING: &[&str] = &[
        "hostname",
        "hostname.exe",
        "echo %computername%",
        "$env:computername",
    ];
    let asks = |line: &str| {
        read(line).is_some_and(|prompt| {
            let mut commands = ASKING.iter();
            commands.any(|command| prompt.command.eq_ignore_ascii_case(command))
        })
    };
    let line = |index: usize| file.line(index).unwrap_or_default().trim();
    let questions = (0..file.line_count()).filter(move |index| asks(line(*index)));
    questions.filter_map(move |question| {
        let after = question.saturating_add(1)..question.saturating_add(4);
        let answer = after.into_iter().find(|index| !line(*index).is_empty())?;
        let name = line(answer);
        let sound = !name.is_empty()
            && name.len() <= 63
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        sound.then_some((answer, name))
    })
}

/// Lines around an output that say nothing.
#[must_use]
pub fn is_noise(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "Microsoft Windows [",
        "Microsoft Windows XP [",
        "Microsoft Windows 2000 [",
        "Microsoft(R) Windows",
        "(c) ",
        "(C) ",
        "Copyright (",
        "Windows PowerShell",
        "Transcript started",
        "Transcript stopped",
        "**********",
        "Start time:",
        "End time:",
        "Username:",
        "RunAs User:",
        "Machine:",
        "Host Application:",
        "Process ID:",
        "PSVersion:",
        "----",
        "====",
        // The support collector's heading of a registry key.
        "[HKLM:",
        "[HKCU:",
        "#",
        "```",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_tell_the_machine_and_what_was_typed() {
        for (line, host, command) in [
            ("C:\\Users\\admin>ipconfig /all", None, "ipconfig /all"),
            (
                "PS C:\\> reg query HKLM\\X /s",
                None,
                "reg query HKLM\\X /s",
            ),
            ("[PS] C:\\Windows\\System32>", None, ""),
            ("[HUB1]: PS C:\\> ipconfig", Some("HUB1"), "ipconfig"),
            (
                "netsh interface ipv4>show dynamicport tcp",
                None,
                "show dynamicport tcp",
            ),
        ] {
            assert_eq!(read(line), Some(Prompt { host, command }), "{line}");
        }
        for line in [
            "C:\\Windows\\netsh.exe",
            "Name : a > b",
            "HKEY_LOCAL_MACHINE\\X",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn commands_stand_behind_prompts_in_headers_or_alone() {
        for (line, found) in [
            ("C:\\>ipconfig /all", Some("ipconfig /all")),
            (
                "====================== ipconfig /all ======",
                Some("ipconfig /all"),
            ),
            (
                "netsh ipsec static show all",
                Some("netsh ipsec static show all"),
            ),
            ("Result from: reg query HKLM\\X", Some("reg query HKLM\\X")),
            ("netsh", None),
            ("regular text", None),
        ] {
            assert_eq!(command(line), found, "{line}");
        }
    }
}
