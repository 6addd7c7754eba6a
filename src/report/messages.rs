//! The words of exlint's own output, one data file per language.
//!
//! Texts of rules come from their METADATA and pages; everything else that a
//! person reads stands in `messages.en.toml` and `messages.ja.toml`.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;

use crate::finding::Language;

/// The texts of one language.
#[derive(Debug)]
pub struct Messages {
    language: Language,
    texts: HashMap<String, String>,
}

impl Messages {
    /// The texts of a language; read on first use.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        static ENGLISH: OnceLock<Messages> = OnceLock::new();
        static JAPANESE: OnceLock<Messages> = OnceLock::new();
        match language {
            Language::English => {
                ENGLISH.get_or_init(|| Self::read(language, include_str!("messages.en.toml")))
            }
            Language::Japanese => {
                JAPANESE.get_or_init(|| Self::read(language, include_str!("messages.ja.toml")))
            }
        }
    }

    fn read(language: Language, toml: &str) -> Self {
        let mut texts = HashMap::new();
        if let Ok(root) = toml::de::DeTable::parse(toml) {
            for (section, entries) in root.get_ref() {
                let toml::de::DeValue::Table(entries) = entries.get_ref() else {
                    continue;
                };
                for (key, text) in entries {
                    if let toml::de::DeValue::String(text) = text.get_ref() {
                        let key = format!("{}.{}", section.get_ref(), key.get_ref());
                        texts.insert(key, text.trim_end_matches('\n').to_owned());
                    }
                }
            }
        }
        Self { language, texts }
    }

    /// The language of these texts.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text; the key itself when there is none (a test makes sure there is).
    #[must_use]
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// A text, if there is one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// A text with its `{holes}` filled.
    #[must_use]
    pub fn fill(&self, key: &str, holes: &[(&str, &dyn Display)]) -> String {
        fill(self.get(key), holes)
    }

    /// A text about a number: the key `….one` for 1 in English, else `….other`;
    /// `{n}` is the number.
    #[must_use]
    pub fn count(&self, key: &str, n: usize) -> String {
        let form = if n == 1 { "one" } else { "other" };
        self.fill(&format!("{key}.{form}"), &[("n", &thousands(n))])
    }
}

/// Fills `{name}` holes of a template; unknown ones stay.
fn fill(template: &str, holes: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(template.len().saturating_add(32));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let hole = after.split_once('}').and_then(|(name, tail)| {
            let (_, value) = holes.iter().find(|(hole, _)| *hole == name)?;
            Some((value, tail))
        });
        match hole {
            Some((value, tail)) => {
                out.push_str(&value.to_string());
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A number with a comma between thousands.
#[must_use]
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len().saturating_add(digits.len() / 3));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(text: &str) -> Vec<&str> {
        let mut holes: Vec<_> = text
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}').map(|(name, _)| name))
            .collect();
        holes.sort_unstable();
        holes.dedup();
        holes
    }

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_holes() {
        let english = Messages::of(Language::English);
        let japanese = Messages::of(Language::Japanese);
        assert!(english.texts.len() > 50);
        let missing: Vec<_> = english
            .texts
            .keys()
            // English help texts stand beside the arguments themselves.
            .filter(|key| !japanese.texts.contains_key(*key))
            .collect();
        assert!(missing.is_empty(), "not in Japanese: {missing:?}");
        for (key, text) in &japanese.texts {
            if key.starts_with("help.") {
                continue;
            }
            let Some(other) = english.texts.get(key) else {
                panic!("not in English: {key}");
            };
            assert_eq!(holes(text), holes(other), "{key}");
        }
    }

    /// Every key that the source asks for, found by its call.
    #[test]
    fn every_text_that_the_code_asks_for_exists() {
        let mut folders = vec![std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src"
        ))];
        let english = Messages::of(Language::English);
        let mut asked = 0;
        let mut missing = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("source folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                for (call, suffixes) in [
                    ("words.get(\"", &[""][..]),
                    ("words.fill(\"", &[""][..]),
                    ("words.count(\"", &[".one", ".other"][..]),
                ] {
                    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    let flat = flat.replace("( \"", "(\"").replace("words .", "words.");
                    for part in flat.split(call).skip(1) {
                        let key = part.split('"').next().unwrap_or_default();
                        asked += 1;
                        for suffix in suffixes {
                            let key = format!("{key}{suffix}");
                            if !english.texts.contains_key(&key) {
                                missing.push(format!("{}: {key}", path.display()));
                            }
                        }
                    }
                }
            }
        }
        assert!(asked > 20, "the scan found only {asked} keys");
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn numbers_and_holes_are_filled() {
        assert_eq!(thousands(14_203), "14,203");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(
            fill("{a} of {b} {c}", &[("a", &1), ("b", &"x")]),
            "1 of x {c}"
        );
    }
}
