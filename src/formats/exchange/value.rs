//! From what an export shows of a value to a typed [`Value`].
//!
//! The table of cmdlets decides the type, never the export, so that the same
//! object read from CLIXML and from Format-List yields equal facts.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::cmdlets::{Enumeration, Kind, table};
use super::date::{self, DateOrder};
use super::joined::joined;
use super::secrets::{is_secret, masked};
use crate::formats::firewall::shared::words::trimmed_of;
use crate::model::exchange::Value;

/// A value before its type is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw<'a> {
    /// Nothing printed, or `<Nil/>`.
    Null,
    /// One value as printed.
    Text(Cow<'a, str>),
    /// Several values, told apart by the export itself.
    List(Rc<[Cow<'a, str>]>),
    /// The export cut it off; what is left.
    Cut(Cow<'a, str>),
    /// A secret that was dropped while reading.
    Secret,
    /// Says nothing; why.
    Opaque(&'static str),
}

/// Why a value that somebody replaced says nothing.
const TAGS: &str = "the tags of a page stand in the value";
const BLACKED_OUT: &str = "the value was blacked out before the file reached exlint";

/// Why a value says nothing that a script put where it had none.
const PLACEHOLDER: &str = "a script wrote this in the place of a value that it did not have";

/// Why a value that is the name of a type says nothing.
pub const TYPE_NAME: &str =
    "the export shows the name of a .NET type instead of the value; export with Export-Clixml";

const HASH_TABLE: &str =
    "the export shows an object as text; export with Export-Clixml or a greater -Depth";

const JOINED: &str =
    "the export joined a list with blanks; export with Export-Clixml or a greater -Depth";

/// Gives a value its type. `kind` is `None` for a property that the table
/// does not know. Whether the property's *name* sounds like a secret is for
/// the caller to see.
#[must_use]
pub fn typed(kind: Option<Kind>, raw: &Raw<'_>, dates: DateOrder) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Secret => Value::Secret,
        Raw::Opaque(why) => Value::Unusable((*why).into()),
        Raw::Cut(rest) if is_secret(rest) => Value::Secret,
        Raw::Cut(rest) => Value::Truncated(masked(rest).as_ref().into()),
        Raw::Text(text) if trim(text).is_empty() => Value::Null,
        Raw::Text(text) if kind == Some(Kind::Secret) || is_secret(text) => Value::Secret,
        Raw::Text(text) => from_text(kind, &masked(&tidy(text)), dates),
        Raw::List(items) => {
            if kind == Some(Kind::Secret) || items.iter().any(|item| is_secret(item)) {
                return Value::Secret;
            }
            let tidy: Vec<Cow<'_, str>> = items.iter().map(|item| tidy(item)).collect();
            let masked: Vec<Cow<'_, str>> = tidy.iter().map(|item| masked(item)).collect();
            from_items(kind, &masked)
        }
    }
}

/// Trims, and makes one blank of every line break.
/// The same as [`str::trim`], which takes its time for the usual text: one with
/// no blanks around it but ASCII.
#[must_use]
pub fn trim(text: &str) -> &str {
    let inside = text.trim_ascii();
    match inside.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => inside,
        _ => inside.trim(),
    }
}

fn tidy(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if memchr::memchr2(b'\r', b'\n', text.as_bytes()).is_some() {
        Cow::Owned(
            text.split(['\r', '\n'])
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
        )
    } else {
        Cow::Borrowed(text)
    }
}

fn from_text(kind: Option<Kind>, text: &str, dates: DateOrder) -> Value {
    if text == "System.Management.Automation.PSCredential" {
        return Value::Secret;
    }
    if is_type_name(text) && kind != Some(Kind::TypeName) {
        return Value::Unusable(TYPE_NAME.into());
    }
    if (text.starts_with("@{") && text.ends_with('}')) || is_instance(text) {
        return Value::Unusable(HASH_TABLE.into());
    }
    if is_blacked_out(text) {
        return Value::Unusable(BLACKED_OUT.into());
    }
    if has_tags(text) {
        return Value::Unusable(TAGS.into());
    }
    if kind.is_some() && is_placeholder(text) {
        return Value::Unusable(PLACEHOLDER.into());
    }
    if is_cut(kind, text) {
        return cut(text);
    }
    match kind {
        None => match in_braces(text) {
            Some(braced) => braced.map_or_else(|| cut(text), |items| from_items(None, &items)),
            None => guess(text),
        },
        Some(Kind::Text | Kind::Url | Kind::Version | Kind::TypeName | Kind::Secret) => {
            Value::Text(text.into())
        }
        Some(Kind::Bool) => boolean(text),
        Some(Kind::Integer) => match text.parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => unusable(format!("`{}` is not a whole number", clip(text))),
        },
        Some(Kind::Date) => match date::iso(text, dates) {
            Some(iso) => Value::Text(iso.into()),
            None => unusable(format!(
                "the date `{}` can be read in more than one way; export with Export-Clixml",
                clip(text)
            )),
        },
        Some(Kind::Enum(of)) => single(of, in_braces(text).map_or(Some(text.into()), only)),
        Some(Kind::List | Kind::ListOf(_) | Kind::Flags(_)) => match in_braces(text) {
            Some(None) => cut(text),
            Some(Some(items)) => from_items(kind, &items),
            None => {
                let items = joined(kind, text);
                match (kind, items.as_slice()) {
                    // One name with a blank in it, or several.
                    (Some(Kind::List), [one]) if one.contains(' ') => {
                        Value::Unusable(JOINED.into())
                    }
                    _ => from_items(kind, &items),
                }
            }
        },
    }
}

/// Whether a text is what scripts write where they have nothing to say: an error, a
/// property that this version lacks, an empty value.
fn is_placeholder(text: &str) -> bool {
    matches!(text, "-" | "–" | "—") || text.eq_ignore_ascii_case("n/a")
}

/// Whether a version or a name of an enumeration was cut off, as it was in the
/// table that it comes from: `Version 15.1 (Bu...`. A text may end in dots by itself.
fn is_cut(kind: Option<Kind>, text: &str) -> bool {
    let dots = text.ends_with("...") || text.ends_with('…');
    dots && match kind {
        Some(Kind::Version) => true,
        Some(Kind::Enum(of) | Kind::Flags(of) | Kind::ListOf(of)) => !is_short_form(of, text),
        _ => false,
    }
}

fn only(items: Option<Vec<Cow<'_, str>>>) -> Option<Cow<'_, str>> {
    items
        .filter(|items| items.len() == 1)
        .and_then(|mut items| items.pop())
}

fn cut(text: &str) -> Value {
    Value::Truncated(text.into())
}

fn unusable(why: String) -> Value {
    Value::Unusable(why.into())
}

/// True and False as a spreadsheet in another language writes them.
fn of_spreadsheet(text: &str) -> Option<bool> {
    const WORDS: &str = include_str!("booleans.tsv");
    let lower = text.to_lowercase();
    let mut rows = WORDS.lines().filter(|row| !row.starts_with('#'));
    rows.find_map(|row| {
        let mut cells = row.split('\t').skip(1);
        let (yes, no) = (cells.next()?, cells.next()?);
        match lower.as_str() {
            word if word == yes => Some(true),
            word if word == no => Some(false),
            _ => None,
        }
    })
}

fn boolean(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("$true") {
        Value::Bool(true)
    } else if text.eq_ignore_ascii_case("false") || text.eq_ignore_ascii_case("$false") {
        Value::Bool(false)
    } else if let Some(said) = of_spreadsheet(text) {
        Value::Bool(said)
    } else {
        unusable(format!("`{}` is neither True nor False", clip(text)))
    }
}

/// The type of a scalar that the table does not know.
fn guess(text: &str) -> Value {
    match text {
        "True" | "true" => Value::Bool(true),
        "False" | "false" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Value::Integer(number),
            _ => Value::Text(text.into()),
        },
    }
}

/// `{a, b}` → its items; `Some(None)` when the list was cut off.
fn in_braces(text: &str) -> Option<Option<Vec<Cow<'_, str>>>> {
    let inner = text.strip_prefix('{')?;
    let Some(inner) = inner.strip_suffix('}') else {
        return Some(None);
    };
    let inner = inner.trim();
    if inner.ends_with("...") || inner.ends_with('…') {
        return Some(None);
    }
    if inner.is_empty() {
        return Some(Some(Vec::new()));
    }
    Some(Some(
        inner
            .split(", ")
            .map(|item| Cow::Borrowed(item.trim().trim_end_matches(',')))
            .filter(|item| !item.is_empty())
            .collect(),
    ))
}

fn from_items(kind: Option<Kind>, items: &[Cow<'_, str>]) -> Value {
    if items.iter().any(|item| is_type_name(item)) {
        return Value::Unusable(TYPE_NAME.into());
    }
    if items.iter().any(|item| is_instance(item)) {
        return Value::Unusable(HASH_TABLE.into());
    }
    if items.iter().any(|item| is_blacked_out(item)) {
        return Value::Unusable(BLACKED_OUT.into());
    }
    match kind {
        Some(Kind::Flags(of)) => flags(of, items),
        Some(Kind::ListOf(of)) => {
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                match single(of, Some(Cow::Borrowed(item))) {
                    Value::Text(name) => list.push(Value::Text(name)),
                    other => return other,
                }
            }
            Value::List(list.into())
        }
        Some(Kind::Bool | Kind::Integer | Kind::Enum(_) | Kind::Date) => match items {
            [one] => from_text(kind, one, DateOrder::Unknown),
            _ => Value::Unusable("a list stands where one value is expected".into()),
        },
        Some(
            Kind::Text | Kind::Url | Kind::Version | Kind::TypeName | Kind::List | Kind::Secret,
        )
        | None => Value::List(
            items
                .iter()
                .map(|item| Value::Text(item.as_ref().into()))
                .collect(),
        ),
    }
}

/// One value of an enumeration, by name or number.
fn single(of: &str, text: Option<Cow<'_, str>>) -> Value {
    let (Some(text), Some(enumeration)) = (text, table().enumeration(of)) else {
        return Value::Unusable("a list stands where one value is expected".into());
    };
    if let Some(name) = enumeration.canonical(&text) {
        return Value::Text(name.into());
    }
    if let Ok(number) = text.parse() {
        return match enumeration.by_number(number) {
            Some(name) => Value::Text(name.into()),
            None => unknown_number(enumeration, of, number),
        };
    }
    if enumeration.open && is_name(&text) {
        return Value::Text(text.into());
    }
    not_a_name(of, &text)
}

/// A number whose meaning no source confirms, or none tells.
fn unknown_number(enumeration: &Enumeration, of: &str, number: i64) -> Value {
    let rests_on = |bit: &&i64| {
        if enumeration.flags {
            **bit > 0 && number & **bit == **bit
        } else {
            **bit == number
        }
    };
    unusable(match enumeration.unconfirmed.iter().find(rests_on) {
        Some(bit) => format!("number {bit} of {of} is not confirmed"),
        None => format!("what the number {number} means is not known"),
    })
}

fn not_a_name(of: &str, text: &str) -> Value {
    unusable(format!("`{}` is not a value of {of}", clip(text)))
}

/// A set of flags, by names or number.
fn flags(of: &str, items: &[Cow<'_, str>]) -> Value {
    let Some(enumeration) = table().enumeration(of) else {
        return Value::Unusable("an unknown enumeration".into());
    };
    let mut set: Vec<Arc<str>> = Vec::new();
    for item in items {
        if let Some(name) = enumeration.canonical(item) {
            push_flag(&mut set, name);
        } else if let Ok(number) = item.parse::<i64>() {
            let Some(names) = decompose(enumeration, number) else {
                return unknown_number(enumeration, of, number);
            };
            names.into_iter().for_each(|name| push_flag(&mut set, name));
        } else if let Some(names) = by_letters(enumeration, item) {
            names.into_iter().for_each(|name| push_flag(&mut set, name));
        } else if enumeration.open && is_name(item) {
            push_flag(&mut set, item);
        } else {
            return not_a_name(of, item);
        }
    }
    Value::Flags(set.into())
}

/// Adds a flag once; `None` is the empty set.
fn push_flag(set: &mut Vec<Arc<str>>, name: &str) {
    if name != "None" && !set.iter().any(|known| **known == *name) {
        set.push(name.into());
    }
}

fn decompose(enumeration: &Enumeration, number: i64) -> Option<Vec<&'static str>> {
    let mut rest = number;
    let mut names = Vec::new();
    for (name, value) in &enumeration.names {
        match value {
            // A combined value such as `All` is not one flag.
            Some(bit) if *bit > 0 && bit.count_ones() == 1 && rest & bit != 0 => {
                rest &= !bit;
                names.push(*name);
            }
            _ => {}
        }
    }
    (rest == 0).then_some(names)
}

/// Whether a text is the short form of flags that Format-Table shows, with a
/// dot for each flag that is not set: `IP.WS..`, `...W...`, `.......`. A list
/// of names that was cut off (`IIS...`) does not have the letters in order.
#[must_use]
pub fn is_short_form(of: &str, text: &str) -> bool {
    let Some(enumeration) = table().enumeration(of) else {
        return false;
    };
    let mut letters = enumeration.letters.iter();
    matches!(text.len(), 4..=8)
        && !enumeration.letters.is_empty()
        && text
            .chars()
            .all(|c| c == '.' || letters.any(|(letter, _)| *letter == c))
}

/// `IP.WS` as Format-Table shows the services of a certificate.
fn by_letters(enumeration: &Enumeration, text: &str) -> Option<Vec<&'static str>> {
    if enumeration.letters.is_empty() || text.len() < 4 {
        return None;
    }
    text.chars()
        .filter(|c| *c != '.')
        .map(|c| {
            let found = enumeration.letters.iter().find(|(letter, _)| *letter == c);
            found.map(|(_, name)| *name)
        })
        .collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a text is the name of a .NET type, as exports that cannot carry a
/// value show it.
#[must_use]
pub fn is_type_name(text: &str) -> bool {
    let text = text.strip_prefix("Deserialized.").unwrap_or(text);
    let namespaces = [
        "System.",
        "Microsoft.Exchange.",
        "Microsoft.Management.",
        "Microsoft.ActiveDirectory.",
        "Microsoft.FailoverClusters.",
    ];
    if !namespaces.iter().any(|n| text.starts_with(n)) || text.contains('\\') {
        return false;
    }
    let head = text.split(['[', '`', '+', '#']).next().unwrap_or_default();
    !head.contains(' ')
        && head
            .split('.')
            .all(|part| part.starts_with(|c: char| c.is_ascii_uppercase() || c == '_'))
}

/// Whether a text is that of an instance of the management infrastructure:
/// `MSFT_NetRoute (InstanceID = ":8:8:8:9")`.
fn is_instance(text: &str) -> bool {
    let class = text
        .strip_suffix(')')
        .and_then(|text| text.split_once(" ("));
    class.is_some_and(|(class, keys)| {
        ["MSFT_", "CIM_", "Win32_"]
            .iter()
            .any(|start| class.starts_with(start))
            && class
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && keys.contains(" = ")
    })
}

/// Whether somebody replaced the value before sharing the file: with a word in
/// brackets, a row of one sign, or `x` for each digit of an address.
#[must_use]
pub fn is_blacked_out(text: &str) -> bool {
    let inner = trimmed_of(text, |c| {
        matches!(c, '[' | ']' | '<' | '>' | '(' | ')' | '{' | '}' | '*')
    });
    let word = [
        "redacted",
        "removed",
        "anonymized",
        "anonymised",
        "masked",
        "snip",
        "hidden",
    ];
    if inner.len() < text.len() && word.iter().any(|w| inner.eq_ignore_ascii_case(w)) {
        return true;
    }
    let row_of = |signs: &[char], least: usize| {
        text.chars().all(|sign| signs.contains(&sign)) && text.chars().count() >= least
    };
    row_of(&['_'], 3)
        || row_of(&['*'], 3)
        || row_of(&['█', '■', '▇', '▉', '●'], 2)
        || row_of(&['x', 'X'], 4)
        || row_of(&['#'], 4)
        || is_one_letter(text)
        || is_crossed_out_number(text)
        || is_crossed_out_address(text)
}

/// Whether a page put words of a value in colour or in bold type.
fn has_tags(text: &str) -> bool {
    let mut ends = text.split("</").skip(1);
    let tags = ["span>", "font>", "strong>", "code>", "em>", "b>", "i>"];
    ends.any(|end| tags.iter().any(|tag| end.starts_with(tag)))
}

/// `yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy` or forty times `A`: one letter in the place of
/// each sign of a thumbprint or a name.
fn is_one_letter(text: &str) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 16..=256;
    let mut letters = text.chars();
    let first = letters.next().filter(|letter| letter.is_alphabetic());
    LENGTHS.contains(&text.len())
        && first.is_some_and(|first| letters.all(|letter| letter == first))
}

/// `8490765C4C47***98EF9084A3B`: a number of which some digits are left.
fn is_crossed_out_number(text: &str) -> bool {
    text.len() >= 16
        && text.contains("***")
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'*')
}

/// `xxx.xxx.xxx.xxx`, with a port behind it or not.
fn is_crossed_out_address(text: &str) -> bool {
    if !text.starts_with(['x', 'X']) {
        return false;
    }
    let address = text.rsplit_once(':').map_or(text, |(address, _)| address);
    let mut parts = address.split('.');
    parts.clone().count() == 4
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b == b'x' || b == b'X'))
}

/// A piece of a value for a message, short and never with a line break.
fn clip(text: &str) -> String {
    const LIMIT: usize = 60;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: Kind, text: &str) -> Value {
        typed(Some(kind), &Raw::Text(text.into()), DateOrder::Unknown)
    }

    fn names(names: &[&str]) -> Value {
        Value::List(names.iter().map(|n| Value::Text((*n).into())).collect())
    }

    fn flagged(names: &[&str]) -> Value {
        Value::Flags(names.iter().map(|n| (*n).into()).collect())
    }

    #[test]
    fn a_number_that_no_source_confirms_makes_a_value_unusable() {
        let mechanisms = Kind::Flags("AuthMechanisms");
        assert_eq!(
            text(mechanisms, "31"),
            flagged(&[
                "Tls",
                "Integrated",
                "BasicAuth",
                "BasicAuthRequireTLS",
                "ExchangeServer"
            ])
        );
        let unusable = |kind, number| match text(kind, number) {
            Value::Unusable(why) => why.to_string(),
            other => panic!("{number}: {other:?}"),
        };
        assert_eq!(
            unusable(mechanisms, "33"),
            "number 32 of AuthMechanisms is not confirmed"
        );
        assert_eq!(
            unusable(Kind::Enum("TlsAuthLevel"), "3"),
            "number 3 of TlsAuthLevel is not confirmed"
        );
        assert_eq!(
            unusable(Kind::Flags("ServerRole"), "4"),
            "number 4 of ServerRole is not confirmed"
        );
        assert_eq!(
            text(Kind::Enum("LoginType"), "3"),
            Value::Text("SecureLogin".into())
        );
    }

    #[test]
    fn the_name_of_a_type_is_a_value_where_the_property_holds_one() {
        let factory = "Microsoft.Exchange.Transport.Agent.Rule.TransportRuleAgentFactory";
        assert_eq!(text(Kind::TypeName, factory), Value::Text(factory.into()));
        assert!(matches!(text(Kind::Text, factory), Value::Unusable(_)));
    }

    #[test]
    fn null_and_an_empty_list_are_two_things() {
        assert_eq!(
            typed(Some(Kind::List), &Raw::Null, DateOrder::Unknown),
            Value::Null
        );
        assert_eq!(text(Kind::List, ""), Value::Null);
        assert_eq!(text(Kind::List, "{}"), Value::List(Vec::new().into()));
    }

    #[test]
    fn flags_without_braces_are_read_by_name_in_canonical_spelling() {
        let kind = Kind::Flags("AuthMechanisms");
        assert_eq!(
            text(kind, "Tls, integrated,BasicAuth"),
            flagged(&["Tls", "Integrated", "BasicAuth"])
        );
        assert_eq!(text(kind, "None"), flagged(&[]));
        assert_eq!(
            text(kind, "15"),
            flagged(&["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS"])
        );
    }

    #[test]
    fn a_name_that_is_no_flag_makes_the_value_unusable() {
        for wrong in [
            "Tls, Basic",
            "Ntlm、OAuth",
            "Tls, BasicAuth (wrapped)",
            "1024",
        ] {
            let value = text(Kind::Flags("AuthMechanisms"), wrong);
            assert!(matches!(value, Value::Unusable(_)), "{wrong}: {value:?}");
        }
    }

    #[test]
    fn lists_end_in_dots_when_the_export_cut_them_off() {
        for cut in [
            "{192.0.2.1, 192.0.2.2...}",
            "{192.0.2.1…}",
            "{192.0.2.1, 192.0.2.2",
        ] {
            assert_eq!(text(Kind::List, cut), Value::Truncated(cut.into()));
        }
    }

    #[test]
    fn names_and_versions_that_end_in_dots_were_cut_off() {
        for (kind, cut) in [
            (Kind::Version, "Version 15.1 (Bu..."),
            (Kind::Flags("ServerRole"), "Mailbox, ClientAc…"),
            (Kind::Enum("ClusteredStorageType"), "Disab..."),
        ] {
            assert_eq!(text(kind, cut), Value::Truncated(cut.into()));
        }
        let services = text(Kind::Flags("Services"), "IP.....");
        assert_eq!(services, flagged(&["IMAP", "POP"]));
        assert_eq!(text(Kind::Text, "See..."), Value::Text("See...".into()));
    }

    #[test]
    fn type_names_in_place_of_values_are_unusable() {
        for name in [
            "System.Object[]",
            "System.Collections.ArrayList",
            "Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding]",
            "{System.Security.AccessControl.CryptoKeyAccessRule}",
        ] {
            assert!(
                matches!(text(Kind::List, name), Value::Unusable(_)),
                "{name}"
            );
        }
        assert_eq!(
            text(Kind::List, "System.contoso.com"),
            names(&["System.contoso.com"])
        );
    }

    #[test]
    fn lists_that_scripts_joined_are_split_again() {
        let expected = names(&["10.0.0.1", "10.0.0.2"]);
        for joined in [
            "10.0.0.1,10.0.0.2",
            "10.0.0.1|10.0.0.2",
            "10.0.0.1;10.0.0.2",
            "10.0.0.1 10.0.0.2",
        ] {
            assert_eq!(text(Kind::List, joined), expected, "{joined}");
        }
        assert_eq!(text(Kind::List, "SMTP:*;1"), names(&["SMTP:*;1"]));
        assert_eq!(
            text(Kind::List, "{SMTP:*;1, SMTP:contoso.com;5}"),
            names(&["SMTP:*;1", "SMTP:contoso.com;5"])
        );
    }

    #[test]
    fn credentials_never_become_text() {
        let shown = "System.Management.Automation.PSCredential";
        assert!(matches!(text(Kind::Secret, shown), Value::Secret));
        for name in ["ProxyPassword", "AlternateServiceAccountCredential"] {
            assert!(super::super::secret_names::is_secret_name(name), "{name}");
        }
        assert_eq!(
            typed(Some(Kind::Secret), &Raw::Null, DateOrder::Unknown),
            Value::Null
        );
    }

    #[test]
    fn services_are_read_from_their_letters_in_a_table() {
        assert_eq!(
            text(Kind::Flags("Services"), "IP.WS"),
            flagged(&["IMAP", "POP", "IIS", "SMTP"])
        );
        assert_eq!(text(Kind::Flags("Services"), "....S."), flagged(&["SMTP"]));
        assert_eq!(text(Kind::Flags("Services"), "SMTP"), flagged(&["SMTP"]));
    }

    #[test]
    fn blacked_out_values_say_nothing() {
        for shown in [
            "[REDACTED]",
            "_____",
            "xxxxx",
            "<removed>",
            "****",
            "██████",
            "xxx.xxx.xxx.xxx",
            "x.x.x.x:25",
            "8490765C4C47D81***E2F46BEBB98EF9084A3B",
            "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "#########################",
        ] {
            assert!(
                matches!(text(Kind::Text, shown), Value::Unusable(_)),
                "{shown}"
            );
        }
        let coloured = "CN<span style=\"color: pink;\">=</span>cas1";
        assert!(matches!(text(Kind::Text, coloured), Value::Unusable(_)));
        for name in ["zzz", "AAAAAAAA", "#1", "<I>CN=CA<S>CN=cas1"] {
            assert_eq!(text(Kind::Text, name), Value::Text(name.into()));
        }
        assert_eq!(
            text(Kind::Text, "_____\\mapi"),
            Value::Text("_____\\mapi".into())
        );
    }

    #[test]
    fn a_scalar_in_braces_stays_as_it_is_where_one_value_is_expected() {
        let id = "{5abd3c7a-9ce5-40ea-a66c-6f51c013accc}";
        assert_eq!(text(Kind::Text, id), Value::Text(id.into()));
    }
}
