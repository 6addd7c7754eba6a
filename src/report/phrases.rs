//! Japanese for sentences that earlier stages say in English.
//!
//! Readers, estate and flow give reasons in English and know no languages. A
//! data file holds the sentences with holes; one that is not in it is shown as
//! it stands, which is honest and easy to find.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::messages::Messages;

/// A sentence: the text between its holes, and its Japanese.
struct Phrase {
    parts: Vec<&'static str>,
    japanese: &'static str,
}

fn phrases() -> &'static [Phrase] {
    static PHRASES: OnceLock<Vec<Phrase>> = OnceLock::new();
    PHRASES.get_or_init(|| {
        include_str!("phrases.ja.tsv")
            .lines()
            .filter_map(|line| {
                let (english, japanese) = line.split_once('\t')?;
                Some(Phrase {
                    parts: english.split("{}").collect(),
                    japanese,
                })
            })
            .collect()
    })
}

impl Phrase {
    /// What stands in the holes, when the whole of `text` is this sentence.
    fn holes<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, rest) = self.parts.split_first()?;
        let mut left = text.strip_prefix(first)?;
        let Some((last, middle)) = rest.split_last() else {
            return left.is_empty().then(Vec::new);
        };
        let mut holes = Vec::with_capacity(rest.len());
        for part in middle {
            let (hole, after) = left.split_once(part)?;
            holes.push(hole);
            left = after;
        }
        holes.push(left.strip_suffix(last)?);
        Some(holes)
    }
}

impl Messages {
    /// A sentence of an earlier stage in the language of the run, line by line.
    #[must_use]
    pub fn phrase<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.language().is_japanese() {
            return Cow::Borrowed(text);
        }
        let lines: Vec<String> = text.lines().map(|line| sentence(line, 0)).collect();
        Cow::Owned(lines.join("\n"))
    }
}

impl Messages {
    /// The text of a finding: what it quotes in 「」 may be a sentence of an
    /// earlier stage, such as the words for an implicit rule.
    #[must_use]
    pub fn quoting<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.language().is_japanese() || !text.contains('「') {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, quoted)) = rest.split_once('「') {
            out.push_str(before);
            out.push('「');
            let Some((inside, after)) = quoted.split_once('」') else {
                rest = quoted;
                break;
            };
            // A list of them is joined with commas.
            for (number, part) in inside.split('、').enumerate() {
                out.push_str(if number > 0 { "、" } else { "" });
                out.push_str(&self.phrase(part));
            }
            out.push('」');
            rest = after;
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// Deepest nesting of sentences in the holes of others.
const MAX_DEPTH: usize = 3;

fn sentence(text: &str, depth: usize) -> String {
    let found = phrases()
        .iter()
        .find_map(|phrase| Some((phrase, phrase.holes(text)?)));
    if let Some((phrase, holes)) = found {
        let mut out = phrase.japanese.to_owned();
        for (number, hole) in (1usize..).zip(holes) {
            let value = if depth < MAX_DEPTH {
                sentence(hole, depth.saturating_add(1))
            } else {
                hole.to_owned()
            };
            out = out.replace(&format!("{{{number}}}"), &value);
        }
        return out;
    }
    // A property with what is to be said of it.
    if let Some((name, rest)) = text.split_once(": ")
        && depth < MAX_DEPTH
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return format!("{name}: {}", sentence(rest, depth.saturating_add(1)));
    }
    // Several sentences in one line.
    if text.contains("; ") && depth < MAX_DEPTH {
        let deeper = depth.saturating_add(1);
        let parts: Vec<String> = text
            .split("; ")
            .map(|part| sentence(part, deeper))
            .collect();
        return parts.join("; ");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Language;

    fn japanese(text: &str) -> Cow<'_, str> {
        Messages::of(Language::Japanese).phrase(text)
    }

    #[test]
    fn a_known_sentence_is_japanese_with_its_values() {
        assert_eq!(
            japanese("only the default route of inner leads to 10.1.0.5"),
            "inner から 10.1.0.5 へはデフォルト ルートしかありません"
        );
        assert_eq!(
            japanese("the address of um1 is not known; no path was found"),
            "um1 のアドレスが不明です; 通り道が見つかりません"
        );
    }

    #[test]
    fn other_text_and_english_runs_are_left_alone() {
        assert_eq!(
            japanese("Get-ExchangeServer | fl *"),
            "Get-ExchangeServer | fl *"
        );
        let english = Messages::of(Language::English);
        assert_eq!(english.phrase("no path was found"), "no path was found");
    }

    #[test]
    fn every_value_of_a_sentence_has_its_place_in_the_japanese() {
        for phrase in phrases() {
            let holes = phrase.parts.len().saturating_sub(1);
            for number in 1..=holes {
                let hole = format!("{{{number}}}");
                assert!(phrase.japanese.contains(&hole), "{}", phrase.japanese);
            }
            assert!(!phrase.japanese.contains('\t'), "{}", phrase.japanese);
        }
    }
}
