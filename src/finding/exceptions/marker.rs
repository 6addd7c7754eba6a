//! What an exception in a comment says:
//! `exlint: ignore[FU005, FU006] reason="…" until=2027-03-31`.

use std::ops::Range;

use super::MAX_RULES;
use crate::formats::inventory::nearest;
use crate::source::head;

/// What begins an exception.
pub const MARKER: &str = "exlint:";

/// The word in it, which another spelling of an exception has too.
pub const NAME: &str = "exlint";

/// What stands between the name and the instruction in other spellings.
const SEPARATORS: &[char] = &[' ', '\t', ':', '\u{ff1a}', ';', '=', '-', '_', '.', '@'];

const IGNORE: &str = "ignore";
const IGNORE_FILE: &str = "ignore-file";

/// Words that other linters use.
const FOREIGN: &[&str] = &[
    "disable", "allow", "skip", "suppress", "noqa", "nolint", "off",
];

/// Quotes around a reason, as they begin and as they end: plain, and as a
/// string around the comment makes of them.
const QUOTES: &[(&str, &str)] = &[
    ("\\\"", "\\\""),
    ("\\'", "\\'"),
    ("&quot;", "&quot;"),
    ("&apos;", "&apos;"),
    ("&#34;", "&#34;"),
    ("&#39;", "&#39;"),
    ("\\u0027", "\\u0027"),
    ("\"\"", "\"\""),
    ("\"", "\""),
    ("'", "'"),
    ("\u{201c}", "\u{201d}"),
];

/// Bytes of the longest exception.
pub const LONGEST: usize = 16 * 1024;

/// Bytes from the name on in which another spelling of an instruction stands.
const NEAR: usize = 64;

/// So many letters of the name may be wrong.
const FARTHEST: usize = 2;

/// Bytes of the longest word that may be one.
const LONGEST_WORD: usize = 20;

/// An exception as written. Ranges count bytes from the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Whether it is for the whole file.
    pub whole_file: bool,
    /// The rules, with their places.
    pub rules: Vec<(String, Range<usize>)>,
    /// Why it is right.
    pub reason: String,
    /// Last day of validity.
    pub until: Option<String>,
    /// Where it ends.
    pub end: usize,
}

/// What is wrong with an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Whether it may be prose that only mentions exlint.
    pub doubtful: bool,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// Where.
    pub at: Range<usize>,
}

const FORM: &str = "write exlint: ignore[FU005] reason=\"why it is right\" until=2027-03-31";

fn wrong<T>(
    message: impl Into<String>,
    hint: impl Into<String>,
    at: Range<usize>,
) -> Result<T, Wrong> {
    Err(Wrong {
        doubtful: false,
        message: message.into(),
        hint: hint.into(),
        at,
    })
}

/// Reads the text from the marker to the end of its line, or its first
/// [`LONGEST`] bytes.
///
/// # Errors
/// When it is no exception, or lacks its reason.
pub fn parse(text: &str) -> Result<Marker, Wrong> {
    let mut reader = Reader {
        text: head(text, LONGEST),
        at: MARKER.len(),
    };
    reader.blanks();
    let start = reader.at;
    let word = reader.word();
    let whole_file = match word {
        IGNORE => false,
        IGNORE_FILE => true,
        word => {
            return Err(no_instruction(
                word,
                start..reader.at,
                reader.rest().starts_with('['),
            ));
        }
    };
    let rules = rules(&mut reader, word)?;
    let mut marker = Marker {
        whole_file,
        rules,
        reason: String::new(),
        until: None,
        end: reader.at,
    };
    let mut reasoned = false;
    loop {
        reader.separators();
        let start = reader.at;
        let key = reader.word();
        if key.is_empty() || !reader.take("=") {
            break;
        }
        let at = start..reader.at;
        let given = match key {
            "reason" => std::mem::replace(&mut reasoned, true),
            "until" => marker.until.is_some(),
            _ => false,
        };
        if given {
            return wrong(
                format!("the exception has two `{key}`"),
                format!("keep one {key}="),
                at,
            );
        }
        match key {
            "reason" => marker.reason = value(&mut reader)?,
            "until" => {
                let begin = reader.at;
                let day = value(&mut reader)?;
                if day.parse::<jiff::civil::Date>().is_err() || day.len() != 10 {
                    return wrong(
                        format!("`{day}` is not a date"),
                        "write the day as until=2027-03-31 (year-month-day)",
                        begin..reader.at,
                    );
                }
                marker.until = Some(day);
            }
            other => {
                let hint = match nearest(other, ["reason", "until"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => FORM.to_owned(),
                };
                return wrong(format!("an exception has no `{other}`"), hint, at);
            }
        }
        marker.end = reader.at;
    }
    if marker.reason.trim().is_empty() {
        return wrong(
            "the exception lacks its reason",
            "add reason=\"why it is right\"",
            0..marker.end,
        );
    }
    Ok(marker)
}

/// Whether a text begins an exception, in whatever spelling.
#[must_use]
pub fn begins(text: &str) -> bool {
    text.starts_with(MARKER) || near_miss(text).is_some()
}

/// What is wrong with a text that begins with the name in some case and is an
/// exception in another spelling; `None` where it is none, or prose.
#[must_use]
pub fn near_miss(text: &str) -> Option<Wrong> {
    let name = text.get(..NAME.len())?;
    if text.starts_with(MARKER) || !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let mut reader = Reader {
        text,
        at: NAME.len(),
    };
    reader.text = head(text, NEAR);
    let separator = reader.skip(|c| SEPARATORS.contains(&c));
    let colon = separator.contains([':', '\u{ff1a}']);
    let word = reader.word().to_lowercase();
    let end = reader.at;
    if word.len() > LONGEST_WORD {
        return None;
    }
    reader.text = text;
    reader.blanks();
    let bracket = reader.rest().starts_with('[');
    let near = nearest(&word, [IGNORE, IGNORE_FILE]);
    let exact = near == Some(&*word);
    let foreign = FOREIGN.contains(&&*word);
    let meant = match (colon, bracket) {
        (_, true) | (true, false) => near.is_some() || foreign,
        (false, false) => exact && !separator.is_empty(),
    };
    let instruction = near.unwrap_or(IGNORE);
    meant.then(|| Wrong {
        // Without a colon and a list of rules it may be a sentence.
        doubtful: !colon && !bracket,
        message: format!(
            "`{}` begins no exception",
            text.get(..end).unwrap_or_default()
        ),
        hint: format!("did you mean `{MARKER} {instruction}`?"),
        at: 0..end,
    })
}

/// What [`misspelt`] may say something about: a word, and an instruction with
/// the id or the name of a rule.
pub const MISSPELT: &str = r"(?i-u)\b[a-z0-9]{4,9}[ \t:;=._@-]{0,4}ignore(?:-file)?[ \t]*\[[ \t]*(?:[a-z]{2}[0-9]{3}|[a-z]+-[a-z0-9-]+)\b";

/// Other linters, whose names are near.
const OTHERS: &[&str] = &[
    "eslint", "pylint", "tflint", "tslint", "jslint", "jshint", "csslint", "xmllint",
];

/// What is wrong with a text that is an exception but for the name, which is
/// misspelt.
#[must_use]
pub fn misspelt(text: &str) -> Option<Wrong> {
    let mut reader = Reader { text, at: 0 };
    reader.text = head(text, NEAR);
    let name = reader.skip(|c| c.is_ascii_alphanumeric()).to_lowercase();
    if name == NAME || OTHERS.contains(&&*name) {
        return None;
    }
    // What is near by whatever else: one letter that is missing, wrong or
    // too many, or two that changed places.
    if strsim::osa_distance(&name, NAME) > FARTHEST {
        return None;
    }
    reader.skip(|c| SEPARATORS.contains(&c));
    let word = reader.word().to_lowercase();
    Some(Wrong {
        doubtful: true,
        message: format!(
            "`{}` begins no exception",
            text.get(..reader.at).unwrap_or_default()
        ),
        hint: format!("did you mean `{MARKER} {word}`?"),
        at: 0..reader.at,
    })
}

fn no_instruction(word: &str, at: Range<usize>, bracket: bool) -> Wrong {
    let near = nearest(&word.to_lowercase(), [IGNORE, IGNORE_FILE]);
    let foreign = FOREIGN.iter().any(|known| known.eq_ignore_ascii_case(word));
    Wrong {
        doubtful: near.is_none() && !foreign && !bracket,
        message: match word {
            "" => "`exlint:` is followed by no instruction".to_owned(),
            word => format!("`exlint: {word}` is no instruction"),
        },
        hint: match near.or(foreign.then_some(IGNORE)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => FORM.to_owned(),
        },
        at,
    }
}

/// Reads `[FU005, FU006]`.
fn rules(reader: &mut Reader<'_>, word: &str) -> Result<Vec<(String, Range<usize>)>, Wrong> {
    let begin = reader.at;
    reader.blanks();
    if !reader.take("[") {
        return wrong(
            "the exception names no rule",
            format!("write {word}[FU005]"),
            0..begin,
        );
    }
    let mut rules = Vec::new();
    loop {
        reader.separators();
        let start = reader.at;
        let rule = reader.word();
        if !rule.is_empty() {
            if rules.len() >= MAX_RULES {
                return wrong(
                    format!("the exception names more than {MAX_RULES} rules"),
                    "turn rules off under [rules] in exlint.toml",
                    begin..start,
                );
            }
            rules.push((rule.to_owned(), start..reader.at));
        } else if reader.take("]") {
            break;
        } else {
            return wrong(
                "the list of rules does not end",
                "write ] behind the last rule",
                begin..reader.at,
            );
        }
    }
    match rules.is_empty() {
        true => wrong(
            "the exception names no rule",
            format!("write {word}[FU005]"),
            begin..reader.at,
        ),
        false => Ok(rules),
    }
}

/// Reads a value: in quotes, or up to the next blank.
fn value(reader: &mut Reader<'_>) -> Result<String, Wrong> {
    let begin = reader.at;
    for (open, close) in QUOTES {
        let Some(behind) = reader.rest().strip_prefix(open) else {
            continue;
        };
        // Two quotes are an empty reason, unless two more follow.
        if *open == "\"\"" && !behind.contains(close) {
            continue;
        }
        reader.take(open);
        let rest = reader.rest();
        let Some(end) = rest.find(close) else {
            return wrong(
                "a quote is not closed on its line",
                "an exception stands on one line; close the quote there",
                begin..reader.text.len(),
            );
        };
        let text = rest.get(..end).unwrap_or_default().trim().to_owned();
        reader.at = reader.at.saturating_add(end).saturating_add(close.len());
        return Ok(text);
    }
    let rest = reader.rest();
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '*' | ',' | ';'))
        .unwrap_or(rest.len());
    reader.at = reader.at.saturating_add(end);
    Ok(rest.get(..end).unwrap_or_default().to_owned())
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(end);
        rest.get(..end).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.skip(|c| c == ' ' || c == '\t');
    }

    fn separators(&mut self) {
        self.skip(|c| c == ' ' || c == '\t' || c == ',');
    }

    fn word(&mut self) -> &'t str {
        self.skip(|c| c.is_alphanumeric() || c == '-' || c == '_')
    }

    fn take(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.at = self.at.saturating_add(text.len());
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_reason_and_end_are_read() {
        let marker = parse("exlint: ignore[FU005, FU006] reason=\"a lab\" until=2027-03-31 -->")
            .expect("an exception");
        let rules: Vec<&str> = marker.rules.iter().map(|(rule, _)| &**rule).collect();
        assert_eq!(rules, ["FU005", "FU006"]);
        assert_eq!(marker.reason, "a lab");
        assert_eq!(marker.until.as_deref(), Some("2027-03-31"));
        assert!(!marker.whole_file);
        assert!(parse("exlint: ignore-file[FU005] reason=x").is_ok_and(|m| m.whole_file));
    }

    #[test]
    fn quotes_may_be_those_that_the_string_around_leaves() {
        for text in [
            "exlint: ignore[FU005] reason='a lab'\" -j ACCEPT",
            "exlint: ignore[FU005] reason=\\\"a lab\\\"\",",
            "exlint: ignore[FU005] reason=&quot;a lab&quot;</description>",
            "exlint: ignore[FU005] reason=\"\"a lab\"\"\",x",
            "exlint:ignore[FU005] reason=“a lab”",
        ] {
            assert_eq!(
                parse(text).map(|m| m.reason),
                Ok("a lab".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_the_nearest_word() {
        for (text, hint) in [
            ("exlint: ingore[FU005] reason=x", "did you mean `ignore`?"),
            ("exlint: disable FU005", "did you mean `ignore`?"),
            ("exlint: ignore FU005 reason=x", "write ignore[FU005]"),
            ("exlint: ignore[] reason=x", "write ignore[FU005]"),
            (
                "exlint: ignore[FU005 reason=x",
                "write ] behind the last rule",
            ),
            ("exlint: ignore[FU005]", "add reason=\"why it is right\""),
            (
                "exlint: ignore[FU005] reason=\"\"",
                "add reason=\"why it is right\"",
            ),
            (
                "exlint: ignore[FU005] raeson=\"x\"",
                "did you mean `reason`?",
            ),
            (
                "exlint: ignore[FU005] reason=x until=2027-02-30",
                "write the day as until=2027-03-31 (year-month-day)",
            ),
        ] {
            let wrong = parse(text).expect_err(text);
            assert_eq!(
                (wrong.hint.as_str(), wrong.doubtful),
                (hint, false),
                "{text}"
            );
        }
    }

    #[test]
    fn another_spelling_of_the_marker_is_told() {
        for (text, begins, hint) in [
            ("EXLINT: ignore[FU005] reason=x", "EXLINT: ignore", "ignore"),
            (
                "Exlint:ignore-file[FU005]",
                "Exlint:ignore-file",
                "ignore-file",
            ),
            ("EXLINT: ignore FU005", "EXLINT: ignore", "ignore"),
            ("EXLINT: disable FU005", "EXLINT: disable", "ignore"),
            ("exlint ignore[FU005] reason=x", "exlint ignore", "ignore"),
            ("exlint ingore[FU005]", "exlint ingore", "ignore"),
            ("exlint-ignore [FU005]", "exlint-ignore", "ignore"),
            ("exlint : ignore[FU005]", "exlint : ignore", "ignore"),
            (
                "exlint\u{ff1a}ignore[FU005]",
                "exlint\u{ff1a}ignore",
                "ignore",
            ),
            ("ExLint IGNORE[FU005]", "ExLint IGNORE", "ignore"),
        ] {
            let wrong = near_miss(text).expect(text);
            assert_eq!(wrong.message, format!("`{begins}` begins no exception"));
            assert_eq!(wrong.hint, format!("did you mean `exlint: {hint}`?"));
            assert!(!wrong.doubtful, "{text}");
        }
        assert!(near_miss("exlint ignore FU005").is_some_and(|wrong| wrong.doubtful));
        let shouted = parse("exlint: IGNORE[FU005] reason=x").expect_err("wrong");
        assert_eq!(shouted.hint, "did you mean `ignore`?");
    }

    #[test]
    fn a_misspelt_name_is_told_and_other_linters_are_not() {
        let search = regex::Regex::new(MISSPELT).expect("a pattern");
        let told = |text: &str| {
            let found = search.find(text)?;
            misspelt(text.get(found.start()..)?).map(|wrong| wrong.hint)
        };
        for text in [
            "! exlnt: ignore[FU005] reason=x",
            "# exilnt: ignore[FU005]",
            "exlint1: ignore [FU005]",
            "! xlint ignore[clear-pop]",
            "// exllint:ignore[FU005]",
        ] {
            assert_eq!(
                told(text).as_deref(),
                Some("did you mean `exlint: ignore`?"),
                "{text}"
            );
        }
        for text in [
            "# eslint: ignore[FU005]",
            "# type: ignore[FU005]",
            "exlint: ignore[FU005] reason=x",
            "client ignore[all]",
            "clients ignore FU005",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn a_reason_or_an_end_stands_once() {
        for (text, key) in [
            ("exlint: ignore[FU005] reason=a reason=b", "reason"),
            ("exlint: ignore[FU005] reason=\"\" reason=b", "reason"),
            (
                "exlint: ignore[FU005] reason=a until=2027-03-31 until=2028-03-31",
                "until",
            ),
        ] {
            let wrong = parse(text).expect_err(text);
            assert_eq!(wrong.message, format!("the exception has two `{key}`"));
        }
    }

    #[test]
    fn prose_and_the_right_spelling_are_no_near_misses() {
        for text in [
            "exlint: ignore[FU005] reason=x",
            "exlint ignores this line",
            "exlint.toml",
            "Exlint: see the wiki",
            "exlint reads [FU005]",
            "exlintignore",
            "exlin",
            "exlint",
        ] {
            assert_eq!(near_miss(text), None, "{text}");
        }
    }

    #[test]
    fn prose_that_mentions_exlint_is_only_doubtful() {
        assert!(parse("exlint: see the wiki").is_err_and(|wrong| wrong.doubtful));
    }

    #[test]
    fn every_beginning_of_an_exception_is_survived() {
        let text = "exlint: ignore-file[FU005, ä] reason=“ü” until=2027-03-31";
        for end in MARKER.len()..text.len() {
            if let Some(text) = text.get(..end) {
                let _ = parse(text);
            }
        }
    }
}
