//! The pipeline: from paths to findings.

mod allowed;
mod comparison;
mod gate;

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

use rayon::prelude::*;

pub use comparison::{Side, run_changed, shared, side};

use comparison::run_both;

use crate::estate::{self, Estate};
use crate::finding::baseline::Baseline;
use crate::finding::configuration::{Choices, Configuration, Honour, Unknown};
use crate::finding::{self, FileKind, Identities, Language, ReadFile, Run, Summary};
use crate::flow::Network;
use crate::formats::detect::{Detection, Override, detect};
use crate::formats::{
    Content, Document, Evidence, FORMATS, Format, Ledger, Problem, ProblemLevel, exchange,
    inventory,
};
use crate::model::path::{CatalogueError, exchange_2007};
use crate::policy::facts;
use crate::policy::literate::{CaseFile, ResultLine};
use crate::policy::{
    HEADINGS, HEADINGS_JA, Policies, PolicyError, RuleMeta, RuleResult, apply_precedence,
    check_precedence,
};
use allowed::Allowed;

use crate::source::{
    self, FileId, Inputs, ReadError, ReadOptions, Skipped, SourceFile, Sources, Span,
};

/// What to run on, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files, folders, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// How to read them.
    pub read: ReadOptions,
    /// The inventory to use instead of the one found from the paths upwards.
    pub inventory: Option<PathBuf>,
    /// Folders with rules of the user.
    pub policies: Vec<PathBuf>,
    /// How to judge.
    pub settings: Settings,
}

/// How to judge what was read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Formats that the user states.
    pub overrides: Vec<Override>,
    /// The day to judge dates by (`YYYY-MM-DD`); wins over the inventory.
    pub reference_date: Option<String>,
    /// The language of messages.
    pub language: Language,
    /// Whether findings are put into words in the other language too.
    pub both_languages: bool,
    /// Name, as shown, of the only inventory that counts; any when `None`.
    pub inventory: Option<String>,
    /// What the command line says of rules, exceptions and what fails a run.
    pub choices: Choices,
    /// Findings that were there before.
    pub baseline: Option<Arc<Baseline>>,
    /// Whether facts are wanted that no rule asks for.
    pub all_facts: bool,
}

/// Why a run ends without a result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A path that the user named cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Rules of the user are wrong.
    #[error("{} errors in rules", .0.len())]
    Policy(Vec<PolicyError>),
    /// The embedded catalogue is damaged.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The command line names rules that there are not: each with its option.
    #[error("{} names that no rule has", .0.len())]
    Unknown(Vec<(&'static str, Unknown)>),
}

/// Runs exlint: reads the paths, decides every data path, evaluates the rules.
///
/// # Errors
/// [`RunError`] when a named path or a rule of the user cannot be read.
/// Anything less ends up in the [`Run`].
pub fn run(options: &Options) -> Result<Run, RunError> {
    run_with_rules(options).map(|(run, _)| run)
}

/// As [`run`], with the rules that were asked: who ends with the run need not
/// give their memory back.
///
/// # Errors
/// As [`run`].
pub fn run_with_rules(options: &Options) -> Result<(Run, Arc<Policies>), RunError> {
    std::thread::scope(|scope| {
        let (tell, told) = channel();
        // Catalogue and rules need nothing of the files.
        let loading = scope.spawn(move || {
            let policies = Arc::new(policies(&options.policies)?);
            // Who waits for it may have failed.
            let _ = tell.send(Arc::clone(&policies));
            policies.prepare();
            Ok(policies)
        });
        let loaded = |more: &[PathBuf]| match loading.join() {
            Ok(policies) => policies.and_then(|policies| {
                let more = beyond(&options.policies, more);
                match more.is_empty() {
                    true => Ok(policies),
                    false => with_folders(Arc::unwrap_or_clone(policies), &more).map(Arc::new),
                }
            }),
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let inputs = match read(options) {
            Ok(inputs) => inputs,
            // What is wrong with rules is told first.
            Err(error) => return loaded(&[]).and(Err(error.into())),
        };
        let asks = |kinds: &[String]| {
            let known = told.recv();
            known.is_ok_and(|policies| {
                policies.expect(kinds);
                policies.ask_for(facts::HIDDEN_RULES, kinds)
            })
        };
        examine(inputs, &settings(options), asks, loaded)
    })
}

/// How to judge, with the name of the inventory that the user chose.
fn settings(options: &Options) -> Settings {
    let mut settings = options.settings.clone();
    if let Some(named) = &options.inventory {
        let here = std::env::current_dir().unwrap_or_default();
        settings.inventory = Some(source::display_name(named, &here));
    }
    settings
}

/// Reads the paths and joins them, without asking any rule: for questions
/// about the estate itself. The outcome holds no facts and no findings.
///
/// # Errors
/// [`RunError`] when a named path cannot be read.
pub fn gather(options: &Options) -> Result<Run, RunError> {
    let Joined {
        sources,
        skipped,
        files,
        estate,
    } = join(read(options)?, &settings(options));
    let summary = Summary::new(&[], &[], &[], &files, &sources, &skipped, &estate.problems);
    Ok(Run {
        language: options.settings.language,
        sources,
        skipped,
        files,
        estate,
        facts: facts::Facts::default(),
        results: Vec::new(),
        findings: Vec::new(),
        suppressed: Vec::new(),
        undecided: Vec::new(),
        translations: None,
        stale: Vec::new(),
        configuration: Configuration::default(),
        summary,
    })
}

/// Puts together how runs on the paths are judged, without reading anything but
/// the inventory. The outcome holds no facts and no findings.
///
/// # Errors
/// [`RunError`] when the inventory or a rule of the user cannot be read, or the
/// command line names a rule that there is not.
pub fn configure(options: &Options) -> Result<Run, RunError> {
    let named = options.inventory.iter().cloned();
    let found = options
        .paths
        .iter()
        .filter_map(|path| inventory::discover(path));
    let file = named.chain(found).next();
    let only = Options {
        paths: file.clone().into_iter().collect(),
        inventory: file,
        ..options.clone()
    };
    let mut run = gather(&only)?;
    let known = policies_of(&run, &options.policies)?;
    let resolved = gate::configuration(&options.settings, &run.estate, &known);
    if !resolved.unknown.is_empty() {
        return Err(RunError::Unknown(resolved.unknown));
    }
    gate::report(resolved.problems, &mut run.files);
    run.configuration = resolved.configuration;
    Ok(run)
}

/// Reads the paths, large exports in part.
fn read(options: &Options) -> Result<Inputs, ReadError> {
    read_paths(&with_inventory(options), options)
}

fn read_paths(paths: &[PathBuf], options: &Options) -> Result<Inputs, ReadError> {
    let read = ReadOptions {
        condense: Some(exchange::condense),
        ..options.read.clone()
    };
    source::read(paths, &read)
}

/// Runs exlint on files that are already read.
///
/// # Errors
/// When the embedded catalogue is damaged.
pub fn analyse(inputs: Inputs, settings: &Settings, policies: &Policies) -> Result<Run, RunError> {
    let asks = |kinds: &[String]| policies.ask_for(facts::HIDDEN_RULES, kinds);
    examine(inputs, settings, asks, |_| Ok(policies)).map(|(run, _)| run)
}

/// Files that were understood and joined.
struct Joined {
    sources: Sources,
    skipped: Vec<Skipped>,
    files: Vec<ReadFile>,
    estate: Estate,
}

/// What the rules yielded, not yet in words.
struct Judged {
    joined: Joined,
    facts: facts::Facts,
    evaluated: Evaluated,
}

/// What the rules yielded, and how they were asked.
struct Evaluated {
    results: Vec<RuleResult>,
    configuration: Configuration,
    allowed: Allowed,
}

/// Runs exlint on files; `asks` tells whether rules on these kinds of input ask
/// for hidden rules, and `policies` is called when everything else is ready, with
/// the folders that the inventory adds.
fn examine<P: Borrow<Policies>>(
    inputs: Inputs,
    settings: &Settings,
    asks: impl FnOnce(&[String]) -> bool,
    policies: impl FnOnce(&[PathBuf]) -> Result<P, RunError>,
) -> Result<(Run, P), RunError> {
    let (judged, policies) = judge(inputs, settings, asks, policies)?;
    Ok((tell(judged, policies.borrow(), settings), policies))
}

/// Evaluates the rules on files.
fn judge<P: Borrow<Policies>>(
    inputs: Inputs,
    settings: &Settings,
    asks: impl FnOnce(&[String]) -> bool,
    policies: impl FnOnce(&[PathBuf]) -> Result<P, RunError>,
) -> Result<(Judged, P), RunError> {
    let mut joined = join(inputs, settings);
    let network = Network::new(&joined.estate);
    let folders = own_folders(&joined.sources, &joined.estate);
    let all = settings.all_facts || !folders.is_empty();
    let (sources, estate) = (&joined.sources, &joined.estate);
    let hidden = all || asks(&facts::kinds(estate));
    let catalogue = exchange_2007()?;
    let mut facts = facts::build_asked(sources, estate, &network, catalogue, hidden);
    let policies = policies(&folders)?;
    let asked = Asked {
        sources: &joined.sources,
        estate: &joined.estate,
        network: &network,
        settings,
    };
    let evaluated = asked.evaluate(&mut facts, &mut joined.files, policies.borrow())?;
    drop(network);
    let judged = Judged {
        joined,
        facts,
        evaluated,
    };
    Ok((judged, policies))
}

/// Detects, reads and joins files.
fn join(inputs: Inputs, settings: &Settings) -> Joined {
    let Inputs {
        mut sources,
        skipped,
    } = inputs;
    let (files, contents) = understand(&mut sources, settings);
    let estate = estate::join_contents(contents, &sources, &dates(settings));
    Joined {
        sources,
        skipped,
        files,
        estate,
    }
}

/// What rules are asked about.
struct Asked<'j> {
    sources: &'j Sources,
    estate: &'j Estate,
    network: &'j Network<'j>,
    settings: &'j Settings,
}

impl Asked<'_> {
    /// Asks the rules that are wanted; what is wrong with the configuration
    /// becomes a problem of its file.
    fn evaluate(
        &self,
        facts: &mut facts::Facts,
        files: &mut [ReadFile],
        policies: &Policies,
    ) -> Result<Evaluated, RunError> {
        let resolved = gate::configuration(self.settings, self.estate, policies);
        if !resolved.unknown.is_empty() {
            return Err(RunError::Unknown(resolved.unknown));
        }
        gate::report(resolved.problems, files);
        let configuration = resolved.configuration;
        facts.parameters = configuration.parameters();
        if configuration.exceptions.value == Honour::Nothing {
            facts.allowed_flows.clear();
        }
        allowed::narrow(facts, policies, self.estate);
        let reach =
            |question: [&str; 3]| facts::reach(self.sources, self.estate, self.network, question);
        let unwanted = |rule: &RuleMeta| configuration.unwanted(rule);
        let mut results = policies.evaluate_wanted(facts, Some(&reach), &unwanted);
        let allowed = allowed::ask(policies, facts, self.estate, &results, &unwanted);
        for result in &mut results {
            let again = allowed.took.get(&result.rule.id).copied();
            result.took = result.took.saturating_add(again.unwrap_or_default());
        }
        apply_precedence(&mut results);
        Ok(Evaluated {
            results,
            configuration,
            allowed,
        })
    }
}

/// Puts into words what the rules yielded.
fn tell(judged: Judged, policies: &Policies, settings: &Settings) -> Run {
    let language = settings.language;
    let Judged {
        joined:
            Joined {
                sources,
                skipped,
                mut files,
                estate,
            },
        mut facts,
        evaluated:
            Evaluated {
                mut results,
                configuration,
                allowed,
            },
    } = judged;
    // Taken out, so that there may be many findings and none is there twice.
    let raw = results
        .iter_mut()
        .flat_map(|result| std::mem::take(&mut result.findings));
    let raw: Vec<_> = raw.chain(allowed.hidden).collect();
    let places = raw.iter().filter_map(|raw| raw.at.first().copied());
    let identities = Identities::of(places, &estate);
    let mut translations = settings.both_languages.then(|| {
        let undecided = results.iter().flat_map(|result| &result.undecided);
        let undecided: Vec<_> = undecided.cloned().collect();
        let why = |rule: &RuleMeta, to| why(policies, rule, to);
        let raw = raw.clone();
        finding::Translations::new(raw, &undecided, &sources, &identities, language, why)
    });
    let findings = finding::findings(raw, &sources, &identities, language, |rule| {
        why(policies, rule, language)
    });
    let passed = gate::Gate {
        settings,
        configuration: &configuration,
        heeded: &allowed.heeded,
        over: &allowed.over,
        policies,
        sources: &sources,
        estate: &estate,
        files: &mut files,
        facts: &mut facts,
        results: &mut results,
        translations: translations.as_mut(),
    }
    .pass(findings);
    let raw = results
        .iter_mut()
        .flat_map(|result| std::mem::take(&mut result.undecided));
    let undecided = finding::undecided(raw, &sources, language);
    let mut summary = Summary::new(
        &passed.findings,
        &undecided,
        &results,
        &files,
        &sources,
        &skipped,
        &estate.problems,
    );
    summary.suppressed = passed.suppressed.len();
    summary.expired = gate::expired(&facts);
    summary.left_out = passed.left_out;
    summary.stale = passed.stale.len();
    Run {
        language,
        sources,
        skipped,
        files,
        estate,
        facts,
        results,
        findings: passed.findings,
        suppressed: passed.suppressed,
        undecided,
        translations,
        stale: passed.stale,
        configuration,
        summary,
    }
}

/// The day to judge dates by: the user's, the inventory's, else today.
fn dates(settings: &Settings) -> estate::Options {
    let now = jiff::Timestamp::now().to_string();
    estate::Options {
        reference_date: settings.reference_date.clone(),
        default_date: now.get(..10).unwrap_or_default().to_owned(),
    }
}

/// Runs exlint on the files of an example of a rule's page.
#[must_use]
pub fn run_example(
    files: &[CaseFile],
    settings: &Settings,
    policies: &Policies,
) -> Vec<ResultLine> {
    let run = if files.iter().any(|file| file.base) {
        let side = |base| Side {
            inputs: estate_of(files, base),
            settings: settings.clone(),
        };
        run_both(side(true), side(false), 1, |_| Ok(policies)).map(|(_, head)| head)
    } else {
        analyse(estate_of(files, false), settings, policies)
    };
    run.map_or_else(|_| Vec::new(), |run| run.result_lines())
}

/// The files of an example before a change or after it.
fn estate_of(files: &[CaseFile], base: bool) -> Inputs {
    let former = |file: &CaseFile| {
        let mut all = files.iter();
        all.any(|other| other.base && other.name == file.name)
    };
    let mut inputs = Inputs::default();
    let wanted = files
        .iter()
        .filter(|file| file.base == (base && former(file)));
    for file in wanted {
        inputs
            .sources
            .add(|id| SourceFile::decode(id, &file.name, file.bytes.clone()));
    }
    inputs
}

/// The built-in rules and those in the folders of the user.
///
/// # Errors
/// When a rule of the user is wrong.
pub fn policies(folders: &[PathBuf]) -> Result<Policies, RunError> {
    let catalogue = exchange_2007()?;
    with_folders(Policies::built_in(catalogue), folders)
}

/// The same rules and those in more folders of the user.
fn with_folders(mut policies: Policies, folders: &[PathBuf]) -> Result<Policies, RunError> {
    let catalogue = exchange_2007()?;
    for folder in folders {
        policies.add_folder(folder, catalogue);
    }
    let mut errors = policies.errors().to_vec();
    if errors.is_empty() && !folders.is_empty() {
        errors = check_precedence(policies.rules());
    }
    if errors.is_empty() {
        Ok(policies)
    } else {
        Err(RunError::Policy(errors))
    }
}

/// The rules that a run asked: the built-in ones, those in folders, and those
/// that its inventory names.
///
/// # Errors
/// When a rule of the user is wrong.
pub fn policies_of(run: &Run, folders: &[PathBuf]) -> Result<Policies, RunError> {
    let own = own_folders(&run.sources, &run.estate);
    with_folders(policies(folders)?, &beyond(folders, &own))
}

/// Folders that are not among the known ones, whose rules would be taken twice.
fn beyond(known: &[PathBuf], more: &[PathBuf]) -> Vec<PathBuf> {
    let place = |folder: &PathBuf| std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
    let known: Vec<PathBuf> = known.iter().map(place).collect();
    let new = more.iter().filter(|folder| !known.contains(&place(folder)));
    new.cloned().collect()
}

/// The folders with rules that a run's `exlint.toml` names.
#[must_use]
pub fn rule_folders(run: &Run) -> Vec<PathBuf> {
    own_folders(&run.sources, &run.estate)
}

/// The folders with rules that the inventory names, which are relative to it.
fn own_folders(sources: &Sources, estate: &Estate) -> Vec<PathBuf> {
    let Some(inventory) = &estate.inventory else {
        return Vec::new();
    };
    let file = inventory.span.and_then(|span| sources.get(span.file));
    let name = file.map_or("", |file| file.name());
    let base = Path::new(name).parent().unwrap_or(Path::new(""));
    let folders = inventory.gate.policies.iter();
    folders.map(|folder| base.join(&folder.value)).collect()
}

/// The paths, and the inventory where it is not below one of them.
fn with_inventory(options: &Options) -> Vec<PathBuf> {
    let mut paths = options.paths.clone();
    let found = match &options.inventory {
        Some(named) => Some(named.clone()),
        None => options
            .paths
            .iter()
            .map(|path| {
                if path.as_os_str() == "-" {
                    Path::new(".")
                } else {
                    path
                }
            })
            .find_map(inventory::discover),
    };
    // The first inventory of a run is the one that counts, and a file that is
    // named twice is read once.
    match found {
        Some(found) if options.inventory.is_some() => paths.insert(0, found),
        found => paths.extend(found),
    }
    paths
}

/// Detects and reads every file, in parallel where that pays.
fn understand(
    sources: &mut Sources,
    settings: &Settings,
) -> (Vec<ReadFile>, Vec<(FileId, Content)>) {
    /// Less text than this is read faster by one thread.
    const WORTHWHILE: usize = 64 * 1024;
    let files = sources.files();
    let total: usize = files
        .iter()
        .map(|file| file.text().len())
        .fold(0, usize::saturating_add);
    let read: Vec<_> = if files.len() > 1 && total > WORTHWHILE {
        files
            .par_iter()
            .map(|file| read_one(file, settings))
            .collect()
    } else {
        files.iter().map(|file| read_one(file, settings)).collect()
    };
    let mut contents = Vec::new();
    let mut secrets = Vec::new();
    let mut files_read = Vec::with_capacity(read.len());
    for (file, content) in read {
        for content in content {
            match content {
                Content::Secrets(places) => secrets.extend(places),
                content => contents.push((file.id, content)),
            }
        }
        files_read.push(file);
    }
    sources.hide(&secrets);
    (files_read, contents)
}

fn read_one(file: &SourceFile, settings: &Settings) -> (ReadFile, Vec<Content>) {
    let another_inventory = |format: &Format| {
        let named = settings.inventory.as_deref();
        format.id == inventory::FORMAT.id && named.is_some_and(|named| named != file.name())
    };
    let ignored = |reason: String, span| {
        let read = ReadFile {
            id: file.id(),
            kind: FileKind::NotRecognised { reason, span },
            ledger: Ledger::default(),
            problems: Vec::new(),
        };
        (read, Vec::new())
    };
    match detect_named(file, settings) {
        Detection::Recognised { format, .. } if another_inventory(format) => ignored(
            "not used, because --config names another inventory".to_owned(),
            None,
        ),
        Detection::Recognised { format, evidence } => {
            let Document {
                content,
                ledger,
                mut problems,
            } = (format.parse)(file);
            if format.id == inventory::FORMAT.id
                && let Some(why) = file.binary()
            {
                problems.push(Problem {
                    level: ProblemLevel::Error,
                    message: format!("not an inventory, but binary: {why}"),
                    hint: Some("write the inventory as a text file".to_owned()),
                    span: Span::new(file.id(), 0, 0),
                });
            }
            let read = ReadFile {
                id: file.id(),
                kind: FileKind::Recognised { format, evidence },
                ledger,
                problems,
            };
            (read, content)
        }
        Detection::NotRecognised { reason, span } => ignored(reason, span),
    }
}

/// What a file is; one that its name or the user makes the inventory is an
/// inventory however broken, so that a slip of the pen in it is an error and
/// never a file that nobody knows.
fn detect_named(file: &SourceFile, settings: &Settings) -> Detection {
    let name = file.name();
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let chosen = settings.inventory.as_deref() == Some(name);
    if !chosen && !base.eq_ignore_ascii_case(inventory::FILE_NAME) {
        return detect(file, FORMATS, &settings.overrides);
    }
    let what = if chosen {
        "--config".to_owned()
    } else {
        format!("its name, {}", inventory::FILE_NAME)
    };
    let by_name = || Evidence {
        strength: 100,
        what,
        span: Span::new(file.id(), 0, 0),
    };
    Detection::Recognised {
        format: &INVENTORY,
        evidence: (INVENTORY.detect)(file).unwrap_or_else(by_name),
    }
}

/// The format of inventories, for those that are told by name.
static INVENTORY: Format = inventory::FORMAT;

/// The first paragraph of a rule's reasons.
fn why(policies: &Policies, rule: &RuleMeta, language: Language) -> Option<String> {
    let pages = policies.find(&rule.id)?.pages.as_ref()?;
    let (page, headings) = match (language, &pages.ja) {
        (Language::Japanese, Some(page)) => (page, HEADINGS_JA),
        _ => (&pages.en, HEADINGS),
    };
    let section = page.section(headings.get(1)?)?;
    Some(crate::report::wrap::unwrap_paragraph(
        section.split("\n\n").next()?,
    ))
}
