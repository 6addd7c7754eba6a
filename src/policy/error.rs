//! What can be wrong with a policy, with the place in its Rego file.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// An error in a policy file or in the evaluation of a rule.
///
/// Renders as a miette diagnostic with the Rego line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// The policy file.
    pub file: String,
    /// Line and column in the file, from 1; `None` for the file as a whole.
    pub place: Option<(u32, u32)>,
    /// What to do about it.
    pub hint: Option<String>,
    source_code: Option<Box<NamedSource<String>>>,
}

impl PolicyError {
    /// An error about a file as a whole.
    #[must_use]
    pub fn new(file: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            file: file.to_owned(),
            place: None,
            hint: None,
            source_code: None,
        }
    }

    /// Adds the place, and the text that it is shown in.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32, text: &str) -> Self {
        self.place = Some((line, column));
        self.source_code = Some(Box::new(NamedSource::new(&self.file, text.to_owned())));
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Reads an error of the Rego engine, which carries its place as text
    /// (`--> file:line:column`), an excerpt and `error: message`.
    #[must_use]
    pub fn from_engine(file: &str, text: &str, error: &dyn fmt::Display) -> Self {
        let report = error.to_string();
        let message = report
            .lines()
            .filter_map(|line| line.strip_prefix("error: "))
            .next_back()
            .map_or_else(|| report.trim().to_owned(), str::to_owned);
        let place = report.lines().find_map(|line| {
            let place = line.trim().strip_prefix("--> ")?;
            let (rest, column) = place.rsplit_once(':')?;
            let (name, line) = rest.rsplit_once(':')?;
            Some((
                name.to_owned(),
                line.parse::<u32>().ok()?,
                column.parse::<u32>().ok()?,
            ))
        });
        match place {
            Some((name, line, column)) if name == file => {
                Self::new(file, message).at(line, column, text)
            }
            Some((name, line, column)) => {
                let mut error = Self::new(&name, message);
                error.place = Some((line, column));
                error.hint(format!("while {file} was evaluated"))
            }
            None => Self::new(file, message),
        }
    }

    /// Byte offset of the place in the text that is shown.
    fn offset(&self) -> Option<usize> {
        let (line, column) = self.place?;
        let text = self.source_code.as_ref()?.inner();
        let before = usize::try_from(line).ok()?.checked_sub(1)?;
        let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
        let rest = text.get(start..)?.lines().next().unwrap_or_default();
        let within = rest
            .char_indices()
            .nth(usize::try_from(column).ok()?.saturating_sub(1))
            .map_or(rest.len(), |(at, _)| at);
        start.checked_add(within)
    }
}

impl Diagnostic for PolicyError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.hint
            .as_ref()
            .map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source_code
            .as_ref()
            .map(|source| &**source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new(Some("here".to_owned()), self.offset()?, 1);
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_engine_error_points_into_the_rego_file() {
        let text = "package p\nx := y\n";
        let report = "\n--> p.rego:2:6\n  |\n2 | x := y\n  |      ^\nerror: use of undefined variable `y` is unsafe";
        let error = PolicyError::from_engine("p.rego", text, &report);
        assert_eq!(error.message, "use of undefined variable `y` is unsafe");
        assert_eq!(error.place, Some((2, 6)));
        assert_eq!(error.offset(), Some(15));
    }

    #[test]
    fn an_error_without_a_place_keeps_its_words() {
        let error = PolicyError::from_engine("p.rego", "", &"too big");
        assert_eq!((error.message.as_str(), error.place), ("too big", None));
    }
}
