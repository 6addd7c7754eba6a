//! Loads rules, evaluates them one by one and keeps their errors apart.
//!
//! All rules share one engine. Where a file of the set cannot be compiled,
//! every rule gets an engine of its own, so that the error stays in the rule
//! that has it. Built-in functions are strict: a bad value is an error of the
//! rule, never *undefined* (which would turn `not f(bad)` into true).

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::collect;
use super::error::PolicyError;
use super::facts::Facts;
use super::metadata::{self, RuleMeta};
use super::natives::{self, Question, Reach};
use super::page::Page;
use super::registry::{LIBRARIES, RULES};
use super::result::{RuleResult, Status};
use super::{kinds, versions};
use crate::model::path::{Catalogue, Localised};

/// Threads that evaluate rules side by side. More gain little: the engines
/// share one input, whose counters every thread touches.
const MAX_LANES: usize = 4;

/// Longest time that one rule may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Package that rules live in.
const RULES_PACKAGE: &str = "data.exlint.rules.";

/// A set of rules with the files that they import.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    rules: Vec<Rule>,
    libraries: Vec<Module>,
    errors: Vec<PolicyError>,
}

/// A rule that can be evaluated.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What its METADATA says.
    pub meta: Arc<RuleMeta>,
    /// Its page in English and Japanese, where it has one.
    pub pages: Option<Pages>,
    module: Module,
    /// `data.exlint.rules.NAME`.
    package: String,
}

/// The sets that a rule exports, as JSON arrays.
#[derive(Debug, Clone, PartialEq)]
pub struct Sets {
    /// `findings`.
    pub findings: serde_json::Value,
    /// `undecided`.
    pub undecided: serde_json::Value,
}

/// The page of a rule.
#[derive(Debug, Clone)]
pub struct Pages {
    /// `rule.md`.
    pub en: Page,
    /// `rule.ja.md`, where there is one.
    pub ja: Option<Page>,
}

/// A Rego file.
#[derive(Debug, Clone)]
struct Module {
    file: String,
    text: Cow<'static, str>,
}

impl Policies {
    /// The built-in rules.
    #[must_use]
    pub fn built_in(catalogue: &Catalogue) -> Self {
        let mut policies = Self::default();
        for library in LIBRARIES {
            policies.libraries.push(Module {
                file: format!("policies/lib/{}", library.name),
                text: Cow::Borrowed(library.rego),
            });
        }
        for rule in RULES {
            let area = rule.folder.split('/').next().unwrap_or_default();
            let pages = Pages {
                en: Page::new(format!("policies/{}/rule.md", rule.folder), rule.page),
                ja: Some(Page::new(
                    format!("policies/{}/rule.ja.md", rule.folder),
                    rule.page_ja,
                )),
            };
            policies.add_rule(
                area,
                Module {
                    file: format!("policies/{}/rule.rego", rule.folder),
                    text: Cow::Borrowed(rule.rego),
                },
                Some(pages),
                catalogue,
            );
        }
        policies
    }

    /// Adds the Rego files of a folder: those of package `exlint.rules.…` are
    /// rules, the others are imported by rules. What is wrong with them is in
    /// [`Policies::errors`].
    pub fn add_folder(&mut self, folder: &Path, catalogue: &Catalogue) {
        let mut files: Vec<_> = Vec::new();
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
                Ok(_) => {}
                Err(error) => {
                    let file = folder.display().to_string();
                    self.errors.push(PolicyError::new(&file, error.to_string()));
                }
            }
        }
        let mut rules = Vec::new();
        for path in files
            .iter()
            .filter(|path| path.extension().is_some_and(|e| e == "rego"))
        {
            let file = path.display().to_string().replace('\\', "/");
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    self.errors.push(PolicyError::new(&file, error.to_string()));
                    continue;
                }
            };
            let page = |name: &str| {
                let path = path.with_file_name(name);
                let text = std::fs::read_to_string(&path).ok()?;
                Some(Page::new(
                    path.display().to_string().replace('\\', "/"),
                    text,
                ))
            };
            let pages = page("rule.md").map(|en| Pages {
                en,
                ja: page("rule.ja.md"),
            });
            if self.add_library(&file, &text) {
                continue;
            }
            rules.push((file, text, pages));
        }
        for (file, text, pages) in rules {
            self.add_file(file, text, pages, catalogue);
        }
    }

    /// Adds a file unless it is a rule or cannot be read; whether it was added.
    fn add_library(&mut self, file: &str, text: &str) -> bool {
        let module = Module {
            file: file.to_owned(),
            text: Cow::Owned(text.to_owned()),
        };
        let library = module
            .package()
            .is_ok_and(|package| !package.starts_with(RULES_PACKAGE));
        if library {
            self.libraries.push(module);
        }
        library
    }

    /// Adds one Rego file of a user, as [`Policies::add_folder`] does.
    pub fn add_file(
        &mut self,
        file: String,
        text: String,
        pages: Option<Pages>,
        catalogue: &Catalogue,
    ) {
        let module = Module {
            file,
            text: Cow::Owned(text),
        };
        if module.text.trim().is_empty() {
            return;
        }
        match module.package() {
            Err(error) => self.errors.push(error),
            Ok(package) if package.starts_with(RULES_PACKAGE) => {
                self.add_rule("user", module, pages, catalogue);
            }
            Ok(_) => self.libraries.push(module),
        }
    }

    fn add_rule(
        &mut self,
        area: &str,
        module: Module,
        pages: Option<Pages>,
        catalogue: &Catalogue,
    ) {
        let libraries: Vec<&str> = self.libraries.iter().map(|lib| &*lib.text).collect();
        let meta = match metadata::read(&module.file, area, &module.text, &libraries, catalogue) {
            Ok(meta) => meta,
            Err(error) => return self.errors.push(error),
        };
        let package = format!("{RULES_PACKAGE}{}", meta.name.replace('-', "_"));
        let taken = self
            .rules
            .iter()
            .find(|rule| rule.meta.id == meta.id || rule.package == package);
        if let Some(other) = taken {
            let message = format!(
                "{} `{}` is taken by {}",
                meta.id, meta.name, other.module.file
            );
            self.errors.push(
                PolicyError::new(&module.file, message).hint("give the rule its own id and name"),
            );
            return;
        }
        self.rules.push(Rule {
            meta: Arc::new(meta),
            pages,
            module,
            package,
        });
        self.rules.sort_by(|a, b| a.meta.id.cmp(&b.meta.id));
    }

    /// All rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Finds a rule by id or name, without regard to case.
    #[must_use]
    pub fn find(&self, id_or_name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| {
            rule.meta.id.eq_ignore_ascii_case(id_or_name)
                || rule.meta.name.eq_ignore_ascii_case(id_or_name)
        })
    }

    /// What is wrong with files that were added.
    #[must_use]
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }

    /// Only the rules for which `keep` is true.
    pub fn retain(&mut self, keep: impl Fn(&RuleMeta) -> bool) {
        self.rules.retain(|rule| keep(&rule.meta));
    }

    /// Evaluates every rule on the facts; one result for each rule, by id.
    ///
    /// `reach` answers `exlint.reach`; without it a rule that calls the
    /// function fails.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, reach: Option<&Reach<'_>>) -> Vec<RuleResult> {
        let asks = || {
            let rules = self.rules.iter().map(|rule| &rule.module);
            let mut modules = rules.chain(&self.libraries);
            modules.any(|module| module.text.contains("exlint.reach"))
        };
        let Some(reach) = reach.filter(|_| asks()) else {
            return self.evaluate_asking(facts, None);
        };
        std::thread::scope(|scope| {
            let (questions, asked) = channel::<Question>();
            scope.spawn(move || {
                for question in asked {
                    question.answer(reach);
                }
            });
            self.evaluate_asking(facts, Some(questions))
        })
    }

    fn evaluate_asking(
        &self,
        facts: &Facts,
        questions: Option<Sender<Question>>,
    ) -> Vec<RuleResult> {
        let wanted: Vec<_> = self
            .rules
            .iter()
            .map(|rule| (rule, unmet(&rule.meta, facts)))
            .collect();
        let input = serde_json::to_value(facts).map_or(Value::Undefined, Value::from);
        if input == Value::Undefined {
            // Without `input` every rule would find nothing.
            let failed = |rule: &Rule| {
                let what = "the facts cannot be handed over to the rules";
                Status::Failed(Box::new(PolicyError::new(&rule.module.file, what)))
            };
            return self
                .rules
                .iter()
                .map(|rule| rule.result(failed(rule)))
                .collect();
        }
        let runnable: Vec<_> = wanted
            .iter()
            .filter(|(_, unmet)| unmet.is_none())
            .map(|(rule, _)| &rule.module)
            .collect();
        let shared = self.engine(&runnable, &input, questions.as_ref()).ok();
        let evaluate = |engine: &mut Option<Engine>, rule: &Rule| match engine {
            Some(engine) => rule.evaluate(engine, facts),
            None => match self.engine(&[&rule.module], &input, questions.as_ref()) {
                Ok(mut engine) => rule.evaluate(&mut engine, facts),
                Err(error) => rule.result(Status::Failed(Box::new(error))),
            },
        };
        // Threads of their own: a rule may wait for an answer of `reach`, and
        // must not hold a thread that the answer needs.
        let lanes = std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_LANES));
        let mut results: Vec<(usize, RuleResult)> = std::thread::scope(|scope| {
            let lane = |lane: usize| {
                let mut engine = shared.clone();
                let (wanted, evaluate) = (&wanted, &evaluate);
                move || {
                    let mine = wanted.iter().enumerate().skip(lane).step_by(lanes);
                    mine.map(|(index, (rule, unmet))| {
                        let result = match unmet {
                            Some(status) => rule.result(status.clone()),
                            None => evaluate(&mut engine, rule),
                        };
                        (index, result)
                    })
                    .collect::<Vec<_>>()
                }
            };
            let others: Vec<_> = (1..lanes).map(|n| scope.spawn(lane(n))).collect();
            let mut results = lane(0)();
            for other in others {
                match other.join() {
                    Ok(more) => results.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            results
        });
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// What every rule yields on an `input`, as Rego returns it and whatever it
    /// needs: for comparison with another engine.
    #[must_use]
    pub fn sets(&self, input: serde_json::Value) -> Vec<(&Rule, Result<Sets, PolicyError>)> {
        let input = Value::from(input);
        let sets = |rule: &Rule| {
            let mut engine = self.engine(&[&rule.module], &input, None)?;
            let mut set = |name| {
                if rule.declares(&engine, name)? {
                    rule.value(&mut engine, name)
                } else {
                    Ok(serde_json::json!([]))
                }
            };
            Ok(Sets {
                findings: set("findings")?,
                undecided: set("undecided")?,
            })
        };
        self.rules.iter().map(|rule| (rule, sets(rule))).collect()
    }

    /// The texts of the shared Rego files, by file name.
    pub fn libraries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.libraries
            .iter()
            .map(|module| (module.file.as_str(), &*module.text))
    }

    /// An engine with the libraries and some rules, compiled.
    fn engine(
        &self,
        rules: &[&Module],
        input: &Value,
        questions: Option<&Sender<Question>>,
    ) -> Result<Engine, PolicyError> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        // `print` in a policy must not reach the terminal.
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TIME_LIMIT,
            check_interval: NonZeroU32::MIN.saturating_add(1023),
        });
        natives::register(&mut engine, questions.cloned())
            .map_err(|error| PolicyError::new("exlint", format!("{error:#}")))?;
        for module in self.libraries.iter().chain(rules.iter().copied()) {
            module.add_to(&mut engine)?;
        }
        engine.set_input(input.clone());
        // Compiles everything, so that an error shows here.
        if let Err(error) = engine.eval_query("true".to_owned(), false) {
            let file = rules.last().map_or("policy", |module| &module.file);
            let text = rules.last().map_or("", |module| &module.text);
            return Err(PolicyError::from_engine(file, text, &format!("{error:#}")));
        }
        Ok(engine)
    }
}

/// Why a rule is not evaluated on these facts; `None` when it is.
fn unmet(meta: &RuleMeta, facts: &Facts) -> Option<Status> {
    let there = |kinds: &Vec<String>| kinds.iter().any(|kind| facts.kinds.contains(kind));
    let missing: Vec<_> = meta
        .needs
        .iter()
        .filter(|kinds| !there(kinds))
        .cloned()
        .collect();
    if !missing.is_empty() {
        let settle = missing.iter().map(|any_of| alternatives(any_of)).collect();
        return Some(Status::LacksData { missing, settle });
    }
    if !versions::concern(&meta.versions, facts) {
        let versions = meta.versions.join(", ");
        return Some(Status::NotApplicable(Localised {
            en: format!("no server runs Exchange {versions}"),
            ja: format!("Exchange {versions} のサーバーがありません"),
        }));
    }
    None
}

/// "a, or b" in both languages.
fn alternatives(kinds: &[String]) -> Localised {
    let texts: Vec<_> = kinds.iter().map(|kind| kinds::settle(kind)).collect();
    let join = |get: fn(&Localised) -> &str, or: &str| {
        let texts: Vec<_> = texts.iter().map(get).collect();
        texts.join(or)
    };
    Localised {
        en: join(|text| &text.en, ", or "),
        ja: join(|text| &text.ja, "、または "),
    }
}

impl Rule {
    /// The Rego file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.module.file
    }

    /// The Rego text.
    #[must_use]
    pub fn rego(&self) -> &str {
        &self.module.text
    }

    /// The path of its package: `data.exlint.rules.NAME`.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }

    fn result(&self, status: Status) -> RuleResult {
        RuleResult {
            rule: Arc::clone(&self.meta),
            status,
            findings: Vec::new(),
            undecided: Vec::new(),
        }
    }

    fn evaluate(&self, engine: &mut Engine, facts: &Facts) -> RuleResult {
        match self.try_evaluate(engine, facts) {
            Ok(result) => result,
            Err(error) => self.result(Status::Failed(Box::new(error))),
        }
    }

    fn try_evaluate(&self, engine: &mut Engine, facts: &Facts) -> Result<RuleResult, PolicyError> {
        let broken = |what: String| PolicyError::new(&self.module.file, what);
        if self.declares(engine, "applies")? && self.value(engine, "applies")? != true {
            let why = self.meta.applies.clone().unwrap_or_else(|| Localised {
                en: "nothing in the estate that it concerns".to_owned(),
                ja: "対象となるものがありません".to_owned(),
            });
            return Ok(self.result(Status::NotApplicable(why)));
        }
        if !self.declares(engine, "findings")? {
            return Err(broken("the rule has no `findings`".to_owned())
                .hint("write `findings contains finding if { … }`"));
        }
        let files = facts.files.len();
        let findings = collect::findings(&self.meta, self.value(engine, "findings")?, files)
            .map_err(broken)?;
        let undecided = if self.declares(engine, "undecided")? {
            collect::undecided(&self.meta, self.value(engine, "undecided")?, files)
                .map_err(broken)?
        } else {
            Vec::new()
        };
        Ok(RuleResult {
            findings,
            undecided,
            ..self.result(Status::Evaluated)
        })
    }

    fn declares(&self, engine: &Engine, name: &str) -> Result<bool, PolicyError> {
        engine
            .has_declared_rule_rooted_at(&self.module.file, name)
            .map_err(|error| self.error(&error))
    }

    fn value(&self, engine: &mut Engine, name: &str) -> Result<serde_json::Value, PolicyError> {
        let value = engine
            .eval_rule(format!("{}.{name}", self.package))
            .map_err(|error| self.error(&error))?;
        if value == Value::Undefined {
            return Ok(serde_json::Value::Null);
        }
        serde_json::to_value(&value)
            .map_err(|error| PolicyError::new(&self.module.file, error.to_string()))
    }

    fn error(&self, error: &anyhow::Error) -> PolicyError {
        PolicyError::from_engine(&self.module.file, &self.module.text, &format!("{error:#}"))
    }
}

impl Module {
    /// The package, as `data.…`.
    fn package(&self) -> Result<String, PolicyError> {
        self.add_to(&mut Engine::new())
    }

    fn add_to(&self, engine: &mut Engine) -> Result<String, PolicyError> {
        engine
            .add_policy(self.file.clone(), self.text.clone().into_owned())
            .map_err(|error| {
                PolicyError::from_engine(&self.file, &self.text, &format!("{error:#}"))
            })
    }
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
