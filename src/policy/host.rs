//! Loads rules and the files that they import.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use regorus::Engine;

use super::compile::Compiled;
use super::error::PolicyError;
use super::metadata::{self, RuleMeta};
use super::page::Page;
use super::registry::{LIBRARIES, RULES, RegoFile, RuleFiles};
use super::shape;
use crate::model::path::Catalogue;

/// Package that rules live in.
const RULES_PACKAGE: &str = "data.exlint.rules.";

/// Area of the rules of a user.
pub const OF_USERS: &str = "user";

/// A set of rules with the files that they import.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    pub(super) rules: Vec<Rule>,
    pub(super) libraries: Vec<Module>,
    errors: Vec<PolicyError>,
    pub(super) compiled: Compiled,
}

/// A rule that can be evaluated.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What its METADATA says.
    pub meta: Arc<RuleMeta>,
    /// Its page in English and Japanese, where it has one.
    pub pages: Option<Pages>,
    pub(super) module: Module,
    /// `data.exlint.rules.NAME`.
    pub(super) package: String,
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
pub(super) struct Module {
    pub(super) file: String,
    pub(super) text: Cow<'static, str>,
    /// What the build script found in a built-in file.
    pub(super) built_in: Option<RegoFile>,
}

impl Policies {
    /// The built-in rules.
    #[must_use]
    pub fn built_in(catalogue: &Catalogue) -> Self {
        let mut policies = Self::default();
        for library in LIBRARIES {
            let file = format!("policies/lib/{}", library.name);
            policies.add_module(Module::built_in(file, library.rego));
        }
        let mut known = metadata::built_in().unwrap_or_default();
        for rule in RULES {
            let area = rule.folder.split('/').next().unwrap_or_default();
            let pages = Pages {
                en: Page::new(format!("policies/{}/rule.md", rule.folder), rule.page),
                ja: Some(Page::new(
                    format!("policies/{}/rule.ja.md", rule.folder),
                    rule.page_ja,
                )),
            };
            let file = format!("policies/{}/rule.rego", rule.folder);
            let module = Module::built_in(file, rule.rego);
            match known.remove(rule.folder) {
                Some(block) => policies.add(RuleMeta::of(block, area), module, Some(pages)),
                None => policies.add_rule(area, module, Some(pages), catalogue),
            }
        }
        policies
    }

    /// For each built-in rule its file and those that it imports.
    pub(super) fn built_in_scopes() -> Vec<Vec<RegoFile>> {
        let libraries = LIBRARIES
            .iter()
            .map(|library| Module::built_in(library.name.to_owned(), library.rego));
        let policies = Self {
            libraries: libraries.collect(),
            ..Self::default()
        };
        let scope = |rule: &RuleFiles| {
            let module = Module::built_in(rule.folder.to_owned(), rule.rego);
            let modules = policies.with_imports(std::iter::once(&module));
            modules
                .iter()
                .filter_map(|module| module.built_in)
                .collect()
        };
        RULES.iter().map(scope).collect()
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
        let module = Module::of_user(file.to_owned(), text.to_owned());
        let library = module
            .package()
            .is_ok_and(|package| !package.starts_with(RULES_PACKAGE));
        if library {
            self.add_module(module);
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
        let module = Module::of_user(file, text);
        if module.text.trim().is_empty() {
            return;
        }
        match module.package() {
            Err(error) => self.errors.push(error),
            Ok(package) if package.starts_with(RULES_PACKAGE) => {
                self.add_rule(OF_USERS, module, pages, catalogue);
            }
            Ok(_) => self.add_module(module),
        }
    }

    fn add_module(&mut self, library: Module) {
        self.libraries.push(library);
        self.compiled = Compiled::default();
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
        self.add(meta, module, pages);
    }

    fn add(&mut self, meta: RuleMeta, module: Module, pages: Option<Pages>) {
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
        self.compiled = Compiled::default();
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
        self.compiled = Compiled::default();
    }

    /// Ids of the rules that read a section of `input`, or import what does.
    #[must_use]
    pub fn reading(&self, section: &str) -> BTreeSet<&str> {
        let section = format!("input.{section}");
        let reads = |rule: &&Rule| {
            let modules = self.with_imports(std::iter::once(&rule.module));
            modules.iter().any(|module| module.text.contains(&section))
        };
        let rules = self.rules.iter().filter(reads);
        rules.map(|rule| &*rule.meta.id).collect()
    }

    /// Some rules and the files that they import, directly or not.
    pub(super) fn with_imports<'p>(
        &'p self,
        rules: impl Iterator<Item = &'p Module>,
    ) -> Vec<&'p Module> {
        let mut modules: Vec<_> = rules.collect();
        let mut rest: Vec<_> = self.libraries.iter().collect();
        let mut next = 0;
        while let Some(module) = modules.get(next) {
            let imports: HashSet<_> = module.imports().collect();
            let (imported, others): (Vec<_>, _) = rest.into_iter().partition(|library| {
                // What rules of a user read is not looked for.
                library.built_in.is_none()
                    || library
                        .declared()
                        .is_none_or(|package| imports.contains(package))
            });
            modules.extend(imported);
            rest = others;
            next += 1;
        }
        modules
    }

    /// The texts of the shared Rego files, by file name.
    pub fn libraries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.libraries
            .iter()
            .map(|module| (module.file.as_str(), &*module.text))
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
}

impl Module {
    fn built_in(file: String, rego: RegoFile) -> Self {
        Self {
            file,
            text: Cow::Borrowed(rego.text),
            built_in: Some(rego),
        }
    }

    pub(super) fn of_user(file: String, text: String) -> Self {
        Self {
            file,
            text: Cow::Owned(text),
            built_in: None,
        }
    }

    /// The packages that it imports, without `data.`, and those that hold what
    /// it imports.
    fn imports(&self) -> impl Iterator<Item = &str> {
        let paths = self.text.lines().filter_map(|line| {
            let path = line.trim().strip_prefix("import data.")?;
            path.split(char::is_whitespace).next()
        });
        paths
            .flat_map(|path| [Some(path), path.rsplit_once('.').map(|(above, _)| above)])
            .flatten()
    }

    /// The package that its first line of the kind declares.
    fn declared(&self) -> Option<&str> {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix("package "))
            .map(str::trim)
    }

    /// The package, as `data.…`.
    fn package(&self) -> Result<String, PolicyError> {
        self.add_to(&mut Engine::new())
    }

    pub(super) fn add_to(&self, engine: &mut Engine) -> Result<String, PolicyError> {
        if self.built_in.is_none() {
            shape::brackets(&self.file, &self.text)?;
        }
        engine
            .add_policy(self.file.clone(), self.text.clone().into_owned())
            .map_err(|error| {
                PolicyError::from_engine(&self.file, &self.text, &format!("{error:#}"))
            })
    }
}
