//! The pipeline: from paths to findings.

mod both;

use std::borrow::Borrow;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::estate::{self, Estate};
use crate::finding::{self, FileKind, Language, ReadFile, Run, Summary};
use crate::flow::Network;
use crate::formats::detect::{Detection, Override, detect};
use crate::formats::{
    Content, Document, Evidence, FORMATS, Format, Ledger, Problem, ProblemLevel, exchange,
    inventory,
};
use crate::model::path::{CatalogueError, exchange_2007};
use crate::policy::facts;
use crate::policy::literate::{CaseFile, ResultLine, result_lines};
use crate::policy::{
    HEADINGS, HEADINGS_JA, Policies, PolicyError, RuleMeta, RuleResult, apply_precedence,
    check_precedence,
};
use crate::source::{
    self, FileId, Inputs, ReadError, ReadOptions, Skipped, SourceFile, Sources, Span,
};

use both::judge_both;
pub use both::{Side, run_both, side};

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
    /// Name, as shown, of the only inventory that counts; any when `None`.
    pub inventory: Option<String>,
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
}

/// Runs exlint: reads the paths, decides every data path, evaluates the rules.
///
/// # Errors
/// [`RunError`] when a named path or a rule of the user cannot be read.
/// Anything less ends up in the [`Run`].
pub fn run(options: &Options) -> Result<Run, RunError> {
    std::thread::scope(|scope| {
        // Catalogue and rules need nothing of the files.
        let loading = scope.spawn(|| {
            let policies = policies(&options.policies)?;
            policies.prepare();
            Ok(policies)
        });
        let loaded = || match loading.join() {
            Ok(policies) => policies,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let inputs = match read(options) {
            Ok(inputs) => inputs,
            // What is wrong with rules is told first.
            Err(error) => return loaded().and(Err(error.into())),
        };
        examine(inputs, &settings(options), loaded)
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
    let inputs = read(options)?;
    let Inputs {
        mut sources,
        skipped,
    } = inputs;
    let (files, contents) = understand(&mut sources, &options.settings);
    let estate = estate::join_contents(contents, &sources, &dates(&options.settings));
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
        summary,
    })
}

/// Reads the paths, large exports in part.
fn read(options: &Options) -> Result<Inputs, ReadError> {
    let read = ReadOptions {
        condense: Some(exchange::condense),
        ..options.read.clone()
    };
    source::read(&with_inventory(options), &read)
}

/// Runs exlint on files that are already read.
///
/// # Errors
/// When the embedded catalogue is damaged.
pub fn analyse(inputs: Inputs, settings: &Settings, policies: &Policies) -> Result<Run, RunError> {
    examine(inputs, settings, || Ok(policies))
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
    results: Vec<RuleResult>,
}

/// Runs exlint on files; `policies` is called when everything else is ready.
fn examine<P: Borrow<Policies>>(
    inputs: Inputs,
    settings: &Settings,
    policies: impl FnOnce() -> Result<P, RunError>,
) -> Result<Run, RunError> {
    let (judged, policies) = judge(inputs, settings, policies)?;
    Ok(tell(judged, policies.borrow(), settings.language))
}

/// Evaluates the rules on files.
fn judge<P: Borrow<Policies>>(
    inputs: Inputs,
    settings: &Settings,
    policies: impl FnOnce() -> Result<P, RunError>,
) -> Result<(Judged, P), RunError> {
    let joined = join(inputs, settings);
    let network = Network::new(&joined.estate);
    let facts = facts::build(&joined.sources, &joined.estate, &network, exchange_2007()?);
    let policies = policies()?;
    let results = evaluate(&joined, &network, &facts, policies.borrow());
    drop(network);
    let judged = Judged {
        joined,
        facts,
        results,
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

/// Asks the rules.
fn evaluate(
    joined: &Joined,
    network: &Network<'_>,
    facts: &facts::Facts,
    policies: &Policies,
) -> Vec<RuleResult> {
    let reach =
        |question: [&str; 3]| facts::reach(&joined.sources, &joined.estate, network, question);
    let mut results = policies.evaluate(facts, Some(&reach));
    apply_precedence(&mut results);
    results
}

/// Puts into words what the rules yielded.
fn tell(judged: Judged, policies: &Policies, language: Language) -> Run {
    let Judged {
        joined:
            Joined {
                sources,
                skipped,
                files,
                estate,
            },
        facts,
        mut results,
    } = judged;
    // Taken out, so that there may be many findings and none is there twice.
    let raw = results
        .iter_mut()
        .flat_map(|result| std::mem::take(&mut result.findings));
    let mut findings = finding::findings(raw.collect(), &sources, language, |rule| {
        why(policies, rule, language)
    });
    for finding in &mut findings {
        finding::narrow(finding, &facts);
    }
    finding::place(&mut findings, &facts);
    let raw = results
        .iter_mut()
        .flat_map(|result| std::mem::take(&mut result.undecided));
    let undecided = finding::undecided(raw, &sources, language);
    let summary = Summary::new(
        &findings,
        &undecided,
        &results,
        &files,
        &sources,
        &skipped,
        &estate.problems,
    );
    Run {
        language,
        sources,
        skipped,
        files,
        estate,
        facts,
        results,
        findings,
        suppressed: Vec::new(),
        undecided,
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
    let judged = if files.iter().any(|file| file.base) {
        let side = |inputs| Side {
            inputs,
            settings: settings.clone(),
        };
        let (base, head) = (side(estate_of(files, true)), side(estate_of(files, false)));
        judge_both(base, head, 1, || Ok(policies)).map(|(_, head, _)| head)
    } else {
        judge(estate_of(files, false), settings, || Ok(policies)).map(|(judged, _)| judged)
    };
    match judged {
        Ok(judged) => result_lines(&judged.results, &judged.joined.sources),
        Err(_) => Vec::new(),
    }
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
    let mut policies = Policies::built_in(catalogue);
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
