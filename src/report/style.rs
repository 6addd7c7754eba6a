//! Colours, and whether to use them.
//!
//! Colour is a second channel only: everything reads the same without it.

use std::fmt::{self, Display};

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// When standard output is a terminal that has them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the environment says about colours.
#[derive(Debug, Clone, Default)]
pub struct ColorEnvironment {
    /// `NO_COLOR`
    pub no_color: Option<String>,
    /// `FORCE_COLOR`
    pub force_color: Option<String>,
    /// `CLICOLOR`
    pub clicolor: Option<String>,
    /// `CLICOLOR_FORCE`
    pub clicolor_force: Option<String>,
    /// `TERM`
    pub term: Option<String>,
    /// Whether the output is a terminal.
    pub terminal: bool,
}

impl ColorEnvironment {
    /// Reads the variables through `get`.
    #[must_use]
    pub fn new(terminal: bool, get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            no_color: get("NO_COLOR"),
            force_color: get("FORCE_COLOR"),
            clicolor: get("CLICOLOR"),
            clicolor_force: get("CLICOLOR_FORCE"),
            term: get("TERM"),
            terminal,
        }
    }

    /// Reads the variables of the process.
    #[must_use]
    pub fn of_process(terminal: bool) -> Self {
        Self::new(terminal, |name| std::env::var(name).ok())
    }
}

impl ColorChoice {
    /// Decides. The option wins over the environment; `NO_COLOR` (any value
    /// but the empty one, <https://no-color.org>) over the forcing variables
    /// (<https://bixense.com/clicolors/>), which win over the terminal.
    #[must_use]
    pub fn decide(self, environment: &ColorEnvironment) -> bool {
        let set = |value: &Option<String>| value.as_deref().is_some_and(|v| !v.is_empty());
        let forced =
            |value: &Option<String>| value.as_deref().is_some_and(|v| !v.is_empty() && v != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set(&environment.no_color) => false,
            Self::Auto if environment.force_color.as_deref() == Some("0") => false,
            Self::Auto
                if forced(&environment.force_color) || forced(&environment.clicolor_force) =>
            {
                true
            }
            Self::Auto => {
                environment.terminal
                    && environment.clicolor.as_deref() != Some("0")
                    && environment.term.as_deref() != Some("dumb")
            }
        }
    }
}

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paint {
    /// Whether to use colours.
    pub colour: bool,
}

/// A colour or weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Errors, unsafe paths.
    Red,
    /// Warnings, open questions.
    Yellow,
    /// Notes, links.
    Cyan,
    /// Safe paths.
    Green,
    /// Headings.
    Bold,
    /// What is not so important.
    Dim,
}

/// A painted text.
pub struct Painted<'a> {
    text: &'a str,
    ink: Ink,
    colour: bool,
}

impl Paint {
    /// Paints a text.
    #[must_use]
    pub fn ink(self, ink: Ink, text: &str) -> Painted<'_> {
        Painted {
            text,
            ink,
            colour: self.colour,
        }
    }
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.colour {
            return f.write_str(self.text);
        }
        let code = match self.ink {
            Ink::Red => "1;31",
            Ink::Yellow => "1;33",
            Ink::Cyan => "1;36",
            Ink::Green => "1;32",
            Ink::Bold => "1",
            Ink::Dim => "2",
        };
        write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)], terminal: bool) -> ColorEnvironment {
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        ColorEnvironment::new(terminal, get)
    }

    #[test]
    fn the_option_wins_then_no_color_then_force_then_the_terminal() {
        let auto = ColorChoice::Auto;
        assert!(auto.decide(&environment(&[], true)));
        assert!(!auto.decide(&environment(&[], false)));
        assert!(!auto.decide(&environment(&[("NO_COLOR", "1")], true)));
        assert!(auto.decide(&environment(&[("NO_COLOR", "")], true)));
        assert!(auto.decide(&environment(&[("FORCE_COLOR", "1")], false)));
        assert!(!auto.decide(&environment(&[("FORCE_COLOR", "0")], true)));
        assert!(!auto.decide(&environment(
            &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
            true
        )));
        assert!(auto.decide(&environment(&[("CLICOLOR_FORCE", "1")], false)));
        assert!(!auto.decide(&environment(&[("CLICOLOR", "0")], true)));
        assert!(!auto.decide(&environment(&[("TERM", "dumb")], true)));
        let no = environment(&[("NO_COLOR", "1")], false);
        assert!(ColorChoice::Always.decide(&no));
        assert!(!ColorChoice::Never.decide(&environment(&[("FORCE_COLOR", "1")], true)));
    }
}
