//! The one object that a command asks for, where it says so beyond doubt.
//!
//! A name from the command becomes a property of the object below it, so a
//! command that may mean another object, or more than one, names none.

use std::borrow::Cow;
use std::net::IpAddr;

use super::command::{Place, Stated, is_parameter};
use crate::formats::exchange::cmdlets::table;
use crate::formats::exchange::value::is_blacked_out;

/// No name of an object is longer.
const LONGEST: usize = 200;

/// Opening and closing quotation marks. The shell takes all double ones for one
/// mark, and all single ones for another (`about_Quoting_Rules`).
const QUOTES: [(char, char); 6] = [
    ('"', '"'),
    ('\'', '\''),
    ('“', '”'),
    ('”', '”'),
    ('‘', '’'),
    ('’', '’'),
];

/// A command in which every byte between quotation marks is `_`, so that places
/// stay what they are. A mark that is never closed quotes nothing.
#[must_use]
pub fn unquoted(text: &str) -> Cow<'_, str> {
    let is_opening = |c: char| QUOTES.iter().any(|(open, _)| *open == c);
    if !text.contains(is_opening) {
        return Cow::Borrowed(text);
    }
    // Looked for once each, or a text of opening marks would cost a square.
    let last = QUOTES.map(|(_, close)| text.rfind(close));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) = rest.char_indices().find(|(_, c)| is_opening(*c)) {
        let inside = at.saturating_add(mark.len_utf8());
        let place = text.len().saturating_sub(rest.len()).saturating_add(inside);
        out.push_str(rest.get(..inside).unwrap_or_default());
        rest = rest.get(inside..).unwrap_or_default();
        let closing = QUOTES.iter().zip(last);
        let mut closing = closing.filter(|((open, _), _)| *open == mark);
        let Some(((_, close), Some(last))) = closing.next() else {
            continue;
        };
        if last < place {
            continue;
        }
        let end = rest.find(*close).unwrap_or(rest.len());
        out.extend(std::iter::repeat_n('_', end));
        let behind = end.saturating_add(close.len_utf8());
        out.push_str(rest.get(end..behind).unwrap_or_default());
        rest = rest.get(behind..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The one object that a typed command is asked for: its first argument, or the
/// value of `-Identity`.
#[must_use]
pub fn object<'a>(place: Place, text: &'a str, stated: Stated<'_>) -> Option<&'a str> {
    let Stated::Known(known) = stated else {
        return None;
    };
    // Text around the output may look like a command with an argument.
    if place > Place::Prompt {
        return None;
    }
    let length = name_length(text);
    let name = text.get(..length)?;
    if table().cmdlet(name)?.name != known {
        return None;
    }
    let mut rest = text.get(length..)?.strip_prefix(' ')?.trim_start();
    if rest.starts_with(['-', '–']) {
        let (parameter, value) = rest.split_once([' ', ':'])?;
        if !is_parameter(parameter, "-identity") {
            return None;
        }
        rest = value.trim_start();
    }
    let (value, behind) = argument(rest)?;
    let apart = behind.is_empty() || behind.starts_with([' ', '|']);
    (apart && is_name(value) && only_prints(behind.trim())).then_some(value)
}

/// The first argument of a command and what stands behind it.
fn argument(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    if let Some((_, close)) = QUOTES.iter().find(|(open, _)| *open == first) {
        let inside = text.get(first.len_utf8()..)?;
        let (value, behind) = inside.split_once(*close)?;
        let double = ['"', '“', '”', '„'];
        let single = ['\'', '‘', '’', '‚', '‛'];
        let same = if double.contains(close) {
            value.contains(double)
        } else {
            value.contains(single)
        };
        return (!same).then_some((value, behind));
    }
    let end = text.find([' ', '|']).unwrap_or(text.len());
    let (value, behind) = text.split_at_checked(end)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '\\' | '.' | '_' | '-');
    let sound = !value.starts_with('-') && value.chars().all(plain);
    sound.then_some((value, behind))
}

/// Whether a value names an object by itself: no pattern, variable, elision,
/// path of the directory, address or number that only a directory knows.
fn is_name(value: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let guid = matches!(value.len(), 32 | 36) && digits(value);
    let told = |c: char| {
        "*?${}[]<>@`=#&%/…".contains(c)
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !value.trim().is_empty()
        && value.len() <= LONGEST
        && !guid
        && !value.contains(told)
        && !value.contains("..")
        && value.parse::<IpAddr>().is_err()
        && !is_blacked_out(value)
}

/// Whether nothing follows an argument but parameters and commands that print
/// the object as it is.
fn only_prints(behind: &str) -> bool {
    let plain = unquoted(behind);
    let odd = |c: char| "#&…%{}$();<>@`+!".contains(c) || c.is_control();
    if plain.contains(odd) || plain.contains("...") {
        return false;
    }
    let mut stages = plain.split('|').map(str::trim);
    let parameters = stages.next().unwrap_or_default();
    (parameters.is_empty() || parameters.starts_with(['-', '–']))
        && stages.all(|stage| {
            let name = stage.split(' ').next().unwrap_or_default();
            let known = PRINTS.iter().any(|known| name.eq_ignore_ascii_case(known));
            known && !stage.to_ascii_lowercase().contains(" -exp")
        })
}

/// Commands that print an object as it is, or some of its properties.
const PRINTS: [&str; 9] = [
    "fl",
    "ft",
    "fw",
    "format-list",
    "format-table",
    "format-wide",
    "select",
    "select-object",
    "out-string",
];

/// Whether the lists of properties in a command, if it has any, let a property
/// be printed: `| fl Bindings,*auth*`.
#[must_use]
pub fn prints(command: &str, property: &str) -> bool {
    unquoted(command).split('|').skip(1).all(|stage| {
        let mut words = stage
            .split([' ', ','])
            .map(|word| word.trim_matches(['"', '\'']))
            .filter(|word| !word.is_empty() && !word.starts_with(['-', '–']))
            .skip(1)
            .peekable();
        words.peek().is_none() || words.any(|pattern| fits(pattern, property))
    })
}

/// How often the last list of properties in a command names a property, and how
/// often a part of it without the stars that a page has taken (`fl Name,auth`).
#[must_use]
pub fn listed(command: &str, property: &str) -> (usize, usize) {
    let plain = unquoted(command);
    let Some(list) = plain.split('|').skip(1).last() else {
        return (0, 0);
    };
    let words = list.split([' ', ',']).skip_while(|word| word.is_empty());
    let words = words
        .skip(1)
        .filter(|word| !word.is_empty() && !word.starts_with(['-', '–']));
    let property = property.to_ascii_lowercase();
    words.fold((0_usize, 0_usize), |(whole, part), word| {
        if fits(word, &property) {
            (whole.saturating_add(1), part)
        } else {
            let is_part = !word.contains('*') && property.contains(&word.to_ascii_lowercase());
            (whole, part.saturating_add(usize::from(is_part)))
        }
    })
}

/// Whether a name fits a pattern with `*` in it.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            let Some((_, behind)) = rest.split_once(before) else {
                return false;
            };
            rest = behind;
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

/// The length of the cmdlet that a text begins with.
fn name_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::list::command::find_command;

    fn asked(command: &str) -> Option<String> {
        let line = format!("[PS] C:\\>{command}");
        find_command(&line)?.object.map(str::to_owned)
    }

    #[test]
    fn a_command_for_one_object_names_it() {
        for (command, name) in [
            ("Get-ReceiveConnector HUB1\\Relay", "HUB1\\Relay"),
            ("Get-ReceiveConnector HUB1\\Relay|fl", "HUB1\\Relay"),
            (
                "Get-ReceiveConnector \"HUB1\\Bob's relay\" | fl",
                "HUB1\\Bob's relay",
            ),
            ("Get-ReceiveConnector \"HUB1\\A;B\" | fl", "HUB1\\A;B"),
            (
                "Get-ReceiveConnector \"HUB1\\Get-Mail\" | fl",
                "HUB1\\Get-Mail",
            ),
            (
                "Get-ReceiveConnector -Identity 'HUB1\\Relay' | ft Name,Fqdn -a",
                "HUB1\\Relay",
            ),
            (
                "Get-ReceiveConnector –Identity “HUB1\\Relay” | select Name | fl",
                "HUB1\\Relay",
            ),
            (
                "Get-SendConnector -Identity:Internet -DomainController dc1.contoso.com",
                "Internet",
            ),
            (
                "Get-OwaVirtualDirectory \"EX1\\owa (Default Web Site)\" | Format-List",
                "EX1\\owa (Default Web Site)",
            ),
            ("Get-SendConnector インターネット | fl", "インターネット"),
        ] {
            assert_eq!(asked(command).as_deref(), Some(name), "{command}");
        }
    }

    #[test]
    fn a_command_that_may_mean_another_object_names_none() {
        for command in [
            "Get-ReceiveConnector HUB1\\* | fl",
            "Get-ReceiveConnector $name | fl",
            "Get-ReceiveConnector \"HUB1\\$name\" | fl",
            "Get-ReceiveConnector HUB1\\O'Neill | fl",
            "Get-ReceiveConnector \"HUB1\\Relay | fl",
            "Get-ReceiveConnector \"HUB1\\\u{202e}Relay\" | fl",
            "Get-ReceiveConnector -Server HUB1 | fl",
            "Get-ReceiveConnector Relay,Other | fl",
            "Get-ReceiveConnector ('HUB1\\' + $n) | fl",
            "Get-ReceiveConnector 'HUB1\\Relay ' + 'x' | fl",
            "Get-ReceiveConnector \"HUB1\\Relay to …\" | fl",
            "Get-ReceiveConnector HUB1\\Re... | fl",
            "Get-ReceiveConnector HUB1\\Relay | fl Bindings # before the change",
            "Get-ReceiveConnector HUB1\\Relay | %{Get-ReceiveConnector HUB2\\Relay} | fl",
            "Get-ReceiveConnector HUB1\\Relay | where Enabled | fl",
            "Get-ReceiveConnector HUB1\\Relay | Set-ReceiveConnector -Fqdn x -PassThru | fl",
            "Get-ReceiveConnector HUB1\\Relay | select -ExpandProperty Bindings",
            "Get-ReceiveConnector HUB1\\Relay | fl; cls",
            "cls; Get-ReceiveConnector HUB1\\Relay | fl",
            "Get-ReceiveConnector 5f1c0e00-aaaa-bbbb-cccc-000000000000 | fl",
            "Get-ReceiveConnector 5f1c0e00aaaabbbbcccc000000000000 | fl",
            "Get-ReceiveConnector contoso.com/Configuration/x | fl",
            "Get-ReceiveConnector \"CN=Relay,DC=contoso\" | fl",
            "Get-ReceiveConnector xxxxx | fl",
            "Get-SendConnector # internet | fl",
            "Get-SendConnector To the internet | fl",
            "Get-SendConnector 'To John''s firm' | fl",
            "Get-ExchangeServer -Identity 10.0.0.1 | fl",
            "Get-ExchangeServer HUB1 | Get-ReceiveConnector HUB1\\Relay | fl",
            "foreach ($s in 'a') { Get-ReceiveConnector Relay | fl }",
            "New-SendConnector -Name (Get-SendConnector \"Internet Old\").Name | fl",
        ] {
            assert_eq!(asked(command), None, "{command}");
        }
        let alone = find_command("Get-ReceiveConnector HUB1\\Relay | fl");
        assert!(alone.is_some_and(|command| command.object.is_none()));
    }

    #[test]
    fn the_list_of_a_command_tells_what_it_prints() {
        for (command, prints_it) in [
            ("Get-X a", true),
            ("Get-X a | fl", true),
            ("Get-X a | fl *", true),
            ("Get-X a | fl Name, bindings", true),
            ("Get-X a | fl -Property Bindings", true),
            ("Get-X a | fl *ind*s", true),
            ("Get-X a | select *s | fl", true),
            ("Get-X a | fl Name", false),
            ("Get-X a | select Name | fl", false),
            ("Get-X a | fl *auth*", false),
            ("Get-X a | fl bind", false),
        ] {
            assert_eq!(prints(command, "Bindings"), prints_it, "{command}");
        }
    }

    #[test]
    fn marks_that_are_closed_quote_what_stands_between_them() {
        assert_eq!(unquoted("a 'b;c' \"d'e\" f"), "a '___' \"___\" f");
        assert_eq!(unquoted("a 'b"), "a 'b");
        assert_eq!(unquoted("o'clock \"é\" x'"), "o'____________'");
        assert_eq!(unquoted("“é” x"), "“__” x");
    }
}
