//! Names of rules as users write them.

use std::sync::Arc;

use crate::formats::inventory::nearest;
use crate::policy::RuleMeta;

/// The rules that a user may name.
#[derive(Debug, Clone, Copy)]
pub struct Names<'r> {
    rules: &'r [Arc<RuleMeta>],
}

impl<'r> Names<'r> {
    /// Names of these rules.
    #[must_use]
    pub fn new(rules: &'r [Arc<RuleMeta>]) -> Self {
        Self { rules }
    }

    /// All rules.
    pub fn rules(self) -> impl Iterator<Item = &'r RuleMeta> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// The rule of an id or a name, without regard to case.
    ///
    /// # Errors
    /// With the nearest name, when no rule has it.
    pub fn rule(self, name: &str) -> Result<&'r RuleMeta, Unknown> {
        let has = |rule: &&RuleMeta| {
            rule.id.eq_ignore_ascii_case(name) || rule.name.eq_ignore_ascii_case(name)
        };
        self.rules().find(has).ok_or_else(|| {
            let known = self.rules().flat_map(|rule| [&*rule.id, &*rule.name]);
            Unknown::new(name, known)
        })
    }

    /// Whether a selector is for a rule: its id, its name, its area, or the
    /// beginning of its id (`FU`).
    #[must_use]
    pub fn selects(selector: &str, rule: &RuleMeta) -> bool {
        let same = |known: &str| known.eq_ignore_ascii_case(selector);
        let begins = rule
            .id
            .get(..selector.len())
            .is_some_and(|head| !selector.is_empty() && head.eq_ignore_ascii_case(selector));
        begins || same(&rule.name) || same(&rule.area)
    }

    /// Makes sure that a selector is for some rule.
    ///
    /// # Errors
    /// With the nearest name, when it is for none.
    pub fn selector(self, selector: &str) -> Result<(), Unknown> {
        if self.rules().any(|rule| Self::selects(selector, rule)) {
            return Ok(());
        }
        let known = self
            .rules()
            .flat_map(|rule| [&*rule.id, &*rule.name, &*rule.area]);
        Err(Unknown::new(selector, known))
    }
}

/// A name that no rule has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// As written.
    pub name: String,
    /// The nearest name that a rule has.
    pub near: Option<String>,
}

impl Unknown {
    fn new<'w>(name: &str, known: impl IntoIterator<Item = &'w str>) -> Self {
        Self {
            name: name.to_owned(),
            near: nearest(name, known).map(str::to_owned),
        }
    }

    /// What is wrong, in a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        format!("there is no rule `{}`", self.name)
    }

    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`exlint rules` lists all rules".to_owned(),
        }
    }
}
