//! The languages that exlint speaks.

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Reads `en`, `ja`, or a locale name such as `ja_JP.UTF-8`.
    #[must_use]
    pub fn from_locale(name: &str) -> Option<Self> {
        let language = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "ja" => Some(Self::Japanese),
            "en" | "c" | "posix" => Some(Self::English),
            _ => None,
        }
    }

    /// `en` or `ja`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Japanese,
            Self::Japanese => Self::English,
        }
    }

    /// Whether this is Japanese.
    #[must_use]
    pub fn is_japanese(self) -> bool {
        self == Self::Japanese
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_name_tells_the_language() {
        assert_eq!(
            Language::from_locale("ja_JP.UTF-8"),
            Some(Language::Japanese)
        );
        assert_eq!(Language::from_locale("C"), Some(Language::English));
        assert_eq!(Language::from_locale("de_DE"), None);
    }
}
