//! The lines of a capture that tell what was run.

use super::asked;
use crate::formats::exchange::cmdlets::{Cmdlet, table};

/// Where a command stands, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// `Result from: Get-…`, the support collector's header.
    Header,
    /// `[PS] C:\>Get-…`.
    Prompt,
    /// A line that is only a command, such as a script's heading.
    Alone,
}

/// The cmdlet whose objects follow, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated<'a> {
    /// One of the table, canonical name.
    Known(&'static str),
    /// Another one: its objects are of no use to a rule.
    Other(&'a str),
    /// The command does not tell, or names several.
    Open,
}

/// A command line as a capture shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// Where it stands.
    pub place: Place,
    /// The command without prompt or header; may be empty.
    pub text: &'a str,
    /// The cmdlet.
    pub stated: Stated<'a>,
    /// The server asked for with `-Server`.
    pub server: Option<&'a str>,
    /// The one object asked for, by its name or identity.
    pub object: Option<&'a str>,
    /// `-ADPropertiesOnly` was given.
    pub directory_only: bool,
    /// Nothing filters or redirects the output, so that no output means that
    /// there is no object.
    pub complete: bool,
}

impl Command<'_> {
    /// The cmdlet, where it is one of the table.
    #[must_use]
    pub fn cmdlet(&self) -> Option<&'static Cmdlet> {
        match self.stated {
            Stated::Known(name) => table().cmdlet(name),
            _ => None,
        }
    }
}

/// Finds a header, a prompt or a command that stands alone.
#[must_use]
pub fn find_command(start: &str) -> Option<Command<'_>> {
    const HEADER: &str = "result from:";
    if !may_be_command(start) {
        return None;
    }
    if let Some(head) = start.get(..HEADER.len())
        && head.eq_ignore_ascii_case(HEADER)
    {
        let text = start.get(HEADER.len()..).unwrap_or_default().trim();
        return Some(read(Place::Header, text));
    }
    if is_certutil(start) {
        return Some(Command {
            place: Place::Alone,
            text: start,
            stated: Stated::Other(CERTUTIL),
            server: None,
            object: None,
            directory_only: false,
            complete: false,
        });
    }
    if let Some(text) = after_prompt(start) {
        return Some(read(Place::Prompt, text));
    }
    let frame = |c: char| {
        matches!(
            c,
            '=' | '-' | '#' | '*' | '"' | '\'' | '`' | '~' | ':' | ' '
        )
    };
    let text = if start.starts_with(frame) {
        start.trim_matches(frame)
    } else {
        // `Get-OabVirtualDirectory | fl *url, *auth*` ends as it is.
        start.trim_end_matches(|c| frame(c) && !matches!(c, '*' | '"' | '\''))
    };
    let first = text.split([' ', '|', ';', '(']).next().unwrap_or_default();
    let heading = first.len() < text.len() && !text.contains('|') && !text.contains(" -");
    let alone = is_get(first) && !(heading && text.split(' ').count() > 3);
    // `cls; Get-OabVirtualDirectory | fl server,*url*` in the middle of a script.
    let formats = start.len() < 1024 && last_get(start).is_some() && prints_objects(start);
    if (alone || formats) && !start.contains(" : ") {
        return Some(read(Place::Alone, text));
    }
    None
}

/// The tool of Windows that lists certificates; no cmdlet.
pub const CERTUTIL: &str = "certutil";

/// `================ Certificate 0 ================`: certutil prints this above
/// each certificate, in the language of Windows. Others draw such lines, too: what
/// stands below tells ([`super::settle`]).
fn is_certutil(start: &str) -> bool {
    const RULE: &str = "================";
    let inner = start
        .strip_prefix(RULE)
        .and_then(|rest| rest.strip_suffix(RULE));
    let mut words = inner.unwrap_or_default().split_whitespace();
    let number = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    matches!((words.next(), words.next_back(), words.next()), (Some(_), Some(last), None) if number(last))
}

/// A cheap look at first, for most lines are none: a header begins with `r`, a
/// heading of certutil with `=`, a prompt has `>`, and everything else names a
/// `Get-…` or `Resolve-…`.
fn may_be_command(start: &str) -> bool {
    let bytes = start.as_bytes();
    if matches!(bytes.first(), Some(b'r' | b'R' | b'=')) {
        return true;
    }
    memchr::memchr2_iter(b'-', b'>', bytes).any(|at| {
        let before = at.checked_sub(3).and_then(|from| bytes.get(from..at));
        let verb = |b: &[u8]| b.eq_ignore_ascii_case(b"get") || b.eq_ignore_ascii_case(b"lve");
        bytes.get(at) == Some(&b'>') || before.is_some_and(verb)
    })
}

/// Whether a pipeline ends in Format-List, Format-Table or Select-Object.
fn prints_objects(text: &str) -> bool {
    text.split('|').skip(1).any(|stage| {
        let stage = stage.trim_start();
        let name = stage
            .split([' ', ';', '"', '`', ')'])
            .next()
            .unwrap_or_default();
        FORMATS.iter().any(|known| name.eq_ignore_ascii_case(known))
    })
}

/// Commands that print what they get.
const FORMATS: [&str; 9] = [
    "fl",
    "ft",
    "format-list",
    "format-table",
    "sort",
    "sort-object",
    "select",
    "select-object",
    "out-string",
];

/// What follows `[PS] C:\Windows\system32>`, `PS C:\>` or `PS>`.
fn after_prompt(start: &str) -> Option<&str> {
    let marked = start.starts_with("[PS]");
    let rest = start.strip_prefix("[PS]").unwrap_or(start).trim_start();
    let (named, rest) = match rest.strip_prefix("PS") {
        Some(tail) if tail.starts_with([' ', '>']) => (true, tail.trim_start()),
        _ => (false, rest),
    };
    let (folder, command) = rest.split_once('>')?;
    let folder = folder.trim();
    let is_path = folder.get(1..3) == Some(":\\") && folder.len() < 200;
    let plausible = if marked {
        folder.len() < 200
    } else {
        is_path || (named && folder.is_empty())
    };
    // A lone `C:\>` is any console; only a shell's own mark or a cmdlet counts.
    let command = command.trim_start_matches('>').trim();
    (plausible && (marked || named || command.contains("Get-"))).then_some(command)
}

fn read(place: Place, text: &str) -> Command<'_> {
    // What stands in quotation marks is a name, unless nothing else gets anything.
    let plain = asked::unquoted(text);
    let seen = last_get(&plain).map_or(text, |_| &*plain);
    let mut gets = seen.split(';').filter_map(last_get);
    let class = instances_of(text);
    let stated = match (gets.next(), gets.next()) {
        (_, None) if class.is_some() => class.map_or(Stated::Open, Stated::Known),
        _ if runs_script(text) => Stated::Open,
        (Some(name), None) => match table().cmdlet(name) {
            Some(cmdlet) => Stated::Known(cmdlet.name),
            None if passes(name) => Stated::Open,
            None => Stated::Other(same_place(text, seen, name)),
        },
        (None, _) => words(text)
            .find(|word| is_verb_noun(word) && !passes(word))
            .map_or(Stated::Open, Stated::Other),
        _ => Stated::Open,
    };
    Command {
        place,
        text,
        stated,
        server: argument(text, "-server")
            .or_else(|| argument(text, "-computername").filter(|_| class.is_some()))
            .or_else(|| host_argument(text, stated)),
        object: asked::object(place, text, stated),
        directory_only: contains_word(text, "-adpropertiesonly"),
        complete: is_complete(text),
    }
}

/// Whether a cmdlet prints what a variable, a file or another command gave it, and so
/// no objects of its own.
fn passes(word: &str) -> bool {
    const PASSES: [&str; 17] = [
        "Where-Object",
        "ForEach-Object",
        "Sort-Object",
        "Select-Object",
        "Tee-Object",
        "Format-List",
        "Format-Table",
        "Format-Wide",
        "Format-Custom",
        "Out-String",
        "Out-Host",
        "Write-Output",
        "Import-Clixml",
        "Import-Csv",
        "ConvertFrom-Json",
        "ConvertFrom-Csv",
        "Get-Content",
    ];
    PASSES.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether the last command of a pipeline is a script: `.\Get-Urls.ps1 -Server HUB1`
/// has the name of a cmdlet, and prints whatever objects it likes.
fn runs_script(text: &str) -> bool {
    let stages = text.split(['|', ';']).map(str::trim_start);
    let mut stages = stages.map(|stage| stage.strip_prefix('&').unwrap_or(stage).trim_start());
    let command = |stage: &str| {
        let (quote, rest) = match stage.strip_prefix(['"', '\'']) {
            Some(rest) => (stage.get(..1).unwrap_or_default(), rest),
            None => (" ", stage),
        };
        let word = rest.split(quote).next().unwrap_or_default();
        word.trim_end().to_ascii_lowercase()
    };
    let last = stages.rfind(|stage| {
        let name = command(stage);
        !name.is_empty() && !FORMATS.contains(&&*name)
    });
    last.is_some_and(|stage| command(stage).ends_with(".ps1"))
}

/// The piece of a text that stands where a piece of its copy does.
fn same_place<'a>(text: &'a str, copy: &str, piece: &str) -> &'a str {
    let from = copy.rfind(piece).unwrap_or_default();
    let end = from.saturating_add(piece.len());
    text.get(from..end).unwrap_or_default()
}

/// The class of the table whose instances `Get-WmiObject`, `Get-CimInstance`
/// or one of their short names prints.
fn instances_of(text: &str) -> Option<&'static str> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    words.find(|word| {
        ["Get-WmiObject", "Get-CimInstance", "gwmi", "gcim"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(word))
    })?;
    let cmdlet = words.find_map(|word| table().cmdlet(word))?;
    (!cmdlet.name.contains('-')).then_some(cmdlet.name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| !word.is_empty())
}

/// The last `Get-…` of a pipeline: its objects are what is printed.
fn last_get(statement: &str) -> Option<&str> {
    words(statement).filter(|word| is_get(word)).last()
}

/// The one cmdlet of the table that gets something by another verb.
const RESOLVE: &str = "Resolve-DnsName";

fn is_get(word: &str) -> bool {
    word.eq_ignore_ascii_case(RESOLVE) || is_get_noun(word)
}

fn is_get_noun(word: &str) -> bool {
    word.len() > 4
        && word
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case("get-"))
        && word
            .get(4..)
            .is_some_and(|noun| noun.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_verb_noun(word: &str) -> bool {
    word.split_once('-').is_some_and(|(verb, noun)| {
        verb.len() >= 3
            && verb.bytes().all(|b| b.is_ascii_alphabetic())
            && noun.len() >= 3
            && noun.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

fn contains_word(text: &str, lower_case_word: &str) -> bool {
    text.split([' ', '|', ';', ':'])
        .any(|word| is_parameter(word, lower_case_word))
}

/// The value of a parameter: `-Server 'HUB1'`, `-Server:HUB1`.
fn argument<'a>(text: &'a str, lower_case_name: &str) -> Option<&'a str> {
    let mut words = text
        .split([' ', '|', ';'])
        .flat_map(|word| match word.split_once(':') {
            Some((name, value)) if name.starts_with(['-', '–']) => [name, value],
            _ => [word, ""],
        })
        .filter(|word| !word.is_empty());
    words.find(|word| is_parameter(word, lower_case_name))?;
    host(words.next()?)
}

/// Compares a parameter's name; blogs turn its hyphen into a dash.
pub(super) fn is_parameter(word: &str, lower_case_name: &str) -> bool {
    let name = lower_case_name.strip_prefix('-').unwrap_or(lower_case_name);
    word.strip_prefix(['-', '–', '—', '−'])
        .is_some_and(|word| word.eq_ignore_ascii_case(name))
}

fn host(word: &str) -> Option<&str> {
    let value = word.trim_matches(['\'', '"', '(', ')']);
    let sound = value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    sound.then_some(value)
}

/// The host of a cmdlet that takes it as its first argument.
fn host_argument<'a>(text: &'a str, stated: Stated<'a>) -> Option<&'a str> {
    let Stated::Known(name) = stated else {
        return None;
    };
    if !table().cmdlet(name)?.host_is_identity {
        return None;
    }
    if let Some(named) = argument(text, "-identity") {
        return Some(named);
    }
    let mut statements = text.split([';', '|']).rev();
    let statement = statements.find(|part| last_get(part).is_some())?;
    let mut words = statement.split_ascii_whitespace();
    words.find(|word| is_get(word))?;
    host(words.next()?)
}

/// Whether a page put the output of a command into its line.
#[must_use]
pub fn holds_output(text: &str) -> bool {
    text.contains(" : ")
}

/// Whether a command prints all objects there are (on one server, perhaps).
fn is_complete(text: &str) -> bool {
    if text.contains(['>', '{', '$', ';', '(']) || holds_output(text) {
        return false;
    }
    let mut stages = text.split('|').map(str::trim);
    let Some(first) = stages.next() else {
        return false;
    };
    let mut words = first.split_ascii_whitespace();
    if !words.next().is_some_and(is_get) {
        return false;
    }
    let mut takes_value = false;
    for word in words {
        if takes_value {
            takes_value = false;
            continue;
        }
        match word.to_ascii_lowercase().as_str() {
            "-status" | "-adpropertiesonly" => {}
            "-server" | "-domaincontroller" => takes_value = true,
            _ => return false,
        }
    }
    stages.all(|stage| {
        let name = stage.split_ascii_whitespace().next().unwrap_or_default();
        FORMATS.iter().any(|known| name.eq_ignore_ascii_case(known))
            && !contains_word(stage, "-first")
            && !contains_word(stage, "-last")
            && !contains_word(stage, "-skip")
            && !contains_word(stage, "-expandproperty")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(line: &str) -> Option<Stated<'_>> {
        find_command(line).map(|command| command.stated)
    }

    #[test]
    fn headers_prompts_and_bare_commands_name_their_cmdlet() {
        for line in [
            "Result from: Get-ReceiveConnector -server 'HUB1'",
            "[PS] C:\\Windows\\system32>Get-ReceiveConnector | fl",
            "[PS] C:\\>get-receiveconnector|fl *",
            "PS C:\\Users\\admin> Get-ReceiveConnector | Format-List",
            "[PS] C:\\>Get-ExchangeServer HUB1 | Get-ReceiveConnector | where {$_.Enabled} | fl name,*auth*",
            "Get-ReceiveConnector",
            "===== Get-ReceiveConnector =====",
            "Get-ReceiveConnector | fl",
            "cls; Get-ReceiveConnector -Server HUB1 |fl name,*auth*",
            "1. `Get-ReceiveConnector | Format-List`",
            "Result from: Write-Output 'x' ; Get-ReceiveConnector | Select-Object Name",
        ] {
            assert_eq!(
                stated(line),
                Some(Stated::Known("Get-ReceiveConnector")),
                "{line}"
            );
        }
    }

    #[test]
    fn a_script_prints_whatever_objects_it_likes() {
        for line in [
            r"[PS] C:\scripts>.\Get-Urls.ps1 -Server HUB1",
            r"[PS] C:\>C:\scripts\Get-Urls.ps1 HUB1 | fl",
            r#"PS C:\> & "C:\my scripts\Test-Connectors.ps1" -Verbose"#,
            r"[PS] C:\>Get-ExchangeServer | .\Get-Urls.ps1",
        ] {
            assert_eq!(stated(line), Some(Stated::Open), "{line}");
        }
        // What a script gives to a cmdlet, or writes, is not what it prints.
        let cmdlet = stated(r"[PS] C:\>.\Servers.ps1 | Get-ReceiveConnector | fl");
        assert_eq!(cmdlet, Some(Stated::Known("Get-ReceiveConnector")));
        let name = stated(r"[PS] C:\>Get-ReceiveConnector -Server HUB1 | fl # a.ps1");
        assert_eq!(name, Some(Stated::Known("Get-ReceiveConnector")));
    }

    #[test]
    fn what_passes_objects_on_does_not_hide_them() {
        for line in [
            r"[PS] C:\>$connectors | Sort-Object Name | Format-List",
            r"[PS] C:\>$connectors | Where-Object {$_.Enabled} | fl",
            r"PS C:\> Import-Clixml .\hub1.xml | fl *",
            r"PS C:\> Get-Content .\hub1.txt",
        ] {
            assert_eq!(stated(line), Some(Stated::Open), "{line}");
        }
        let set = stated(r"[PS] C:\>$connectors | Set-ReceiveConnector -Enabled $true");
        assert_eq!(set, Some(Stated::Other("Set-ReceiveConnector")));
    }

    #[test]
    fn the_class_of_instances_is_what_counts() {
        for line in [
            "PS C:\\> Get-WmiObject Win32_NetworkAdapterConfiguration -ComputerName HUB1 | fl *",
            "PS C:\\> gwmi -Class win32_networkadapterconfiguration",
            "PS C:\\> Get-CimInstance -ClassName Win32_NetworkAdapterConfiguration",
        ] {
            let known = Some(Stated::Known("Win32_NetworkAdapterConfiguration"));
            assert_eq!(stated(line), known, "{line}");
        }
        let other = stated("PS C:\\> Get-WmiObject Win32_OperatingSystem | fl");
        assert_eq!(other, Some(Stated::Other("Get-WmiObject")));
    }

    #[test]
    fn other_commands_and_several_at_once_are_told_apart() {
        assert_eq!(
            stated("[PS] C:\\>Get-Mailbox | fl"),
            Some(Stated::Other("Get-Mailbox"))
        );
        assert_eq!(
            stated("[PS] C:\\>Get-ReceiveConnector | Get-ADPermission | fl"),
            Some(Stated::Known("Get-ADPermission"))
        );
        assert_eq!(
            stated("[PS] C:\\>Get-SendConnector | fl; Get-ReceiveConnector | fl"),
            Some(Stated::Open)
        );
        assert_eq!(stated("[PS] C:\\>"), Some(Stated::Open));
    }

    #[test]
    fn prose_and_other_consoles_are_no_commands() {
        for line in [
            "Run Get-ReceiveConnector to see the connectors.",
            "Get-ReceiveConnector shows the connectors of a server",
            "C:\\>ipconfig /all",
            "<html>",
            "if a > b",
        ] {
            assert_eq!(stated(line), None, "{line}");
        }
    }

    #[test]
    fn only_an_unfiltered_command_tells_that_there_is_nothing() {
        let complete = |line: &str| find_command(line).map(|command| command.complete);
        for line in [
            "Get-EdgeSubscription",
            "Get-PopSettings -Server 'CAS1'",
            "Get-EdgeSubscription | fl *",
        ] {
            assert_eq!(complete(line), Some(true), "{line}");
        }
        for line in [
            "[PS] C:\\>Get-EdgeSubscription | where {$_.Name -eq 'x'}",
            "[PS] C:\\>Get-EdgeSubscription > c:\\x.txt",
            "[PS] C:\\>Get-ReceiveConnector HUB1\\Relay | fl",
            "[PS] C:\\>Get-ReceiveConnector | select -First 1",
            "[PS] C:\\>Get-PopSettings | fl LoginType LoginType : SecureLogin",
            "[PS] C:\\>Get-ReceiveConnector | Set-ReceiveConnector -Enabled 0",
        ] {
            assert_eq!(complete(line), Some(false), "{line}");
        }
    }

    #[test]
    fn the_server_asked_for_is_kept() {
        let server = |line| find_command(line).and_then(|command| command.server);
        assert_eq!(
            server("Result from: Get-PopSettings -Server 'CAS1'"),
            Some("CAS1")
        );
        assert_eq!(
            server("[PS] C:\\>Get-PopSettings -Server:cas1.contoso.com | fl"),
            Some("cas1.contoso.com")
        );
        assert_eq!(
            server("[PS] C:\\>Get-PopSettings –Server CAS1 | fl"),
            Some("CAS1")
        );
        assert_eq!(
            server("[PS] C:\\>Get-NetworkConnectionInfo MBX1 | fl"),
            Some("MBX1")
        );
        assert_eq!(
            server("[PS] C:\\>Get-NetworkConnectionInfo -Identity MBX1"),
            Some("MBX1")
        );
        assert_eq!(server("[PS] C:\\>Get-NetworkConnectionInfo | fl"), None);
        assert_eq!(server("[PS] C:\\>Get-PopSettings | fl"), None);
    }
}
