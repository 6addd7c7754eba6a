//! The collected files of a platform, read as a whole: how many are recognised,
//! which lines nobody understands. Only tests use it; without the corpus beside
//! the repository they print that it is absent, and end.

use std::path::{Path, PathBuf};

use crate::formats::{Content, Document, FORMATS, Format, LineState, Unit};
use crate::source::{FileId, SourceFile};

/// Larger files are not asked whether they are of another platform.
const MOST_BYTES: usize = 4_000_000;
/// Shares that issue 5 asks for.
const LEAST_RECOGNISED: f64 = 0.95;

/// A platform's folder of the corpus, and what is asked of it.
pub struct Survey {
    /// Folder below `firewall/`.
    pub folder: &'static str,
    /// Reader.
    pub format: &'static Format,
    /// Whether a file is a configuration or an output of a device, by its name
    /// and its text, and not a note, a test suite or a parser's answer.
    pub is_configuration: fn(&str, &str) -> bool,
    /// Whether a line (counted from 0) carries policy: none may be unread.
    pub is_policy: fn(&SourceFile, usize) -> bool,
    /// Largest share of lines that nobody understands.
    pub most_unread: f64,
}

/// What was found.
#[derive(Default)]
struct Sum {
    files: usize,
    recognised: usize,
    lines: usize,
    unread: usize,
    policy: Vec<String>,
}

impl Survey {
    /// Nearly every file is recognised, nearly every line understood, and every
    /// line that carries policy.
    pub fn is_recognised_and_read(&self) {
        let Some(root) = corpus() else {
            return;
        };
        let mut sum = Sum::default();
        println!("lines modelled irrelevant not-modelled unrecognised  file");
        for file in self.configurations(&root) {
            self.count(&file, &mut sum);
        }
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let recognised = share(sum.recognised, sum.files);
        let unread = share(sum.unread, sum.lines);
        println!(
            "{}: recognised {} of {}, unrecognised {} of {} lines ({:.3} %)",
            self.folder,
            sum.recognised,
            sum.files,
            sum.unread,
            sum.lines,
            unread * 100.0
        );
        assert!(recognised >= LEAST_RECOGNISED, "recognised {recognised:.3}");
        assert!(unread <= self.most_unread, "unrecognised {unread:.4}");
        assert!(sum.policy.is_empty(), "not recognised: {:#?}", sum.policy);
    }

    /// However a file is cut, its lines are accounted for and nothing panics.
    pub fn is_read_however_it_is_cut(&self) {
        /// Cuts of a small file, and bytes read of a large one.
        const CUTS: usize = 20;
        const BYTES: usize = 1_000_000;
        let Some(root) = corpus() else {
            return;
        };
        for whole in self.configurations(&root) {
            let text = whole.text();
            let cuts = (BYTES / text.len().max(1)).clamp(1, CUTS);
            for end in (text.len() / 7..text.len()).step_by((text.len() / cuts).max(1)) {
                let Some(part) = text.get(..end) else {
                    continue;
                };
                let file = SourceFile::from_text(FileId(0), "cut", part);
                let ledger = (self.format.parse)(&file).ledger;
                if ledger.unit == Unit::Lines {
                    assert_eq!(ledger.totals().total, file.line_count());
                }
            }
        }
    }

    /// No file of another platform is taken for one of this.
    pub fn takes_nothing_else(&self, own: &[&str]) {
        let Some(root) = corpus() else {
            return;
        };
        let foreign = |path: &PathBuf| !own.iter().any(|own| path.starts_with(root.join(own)));
        let wrong: Vec<String> = files(&root)
            .iter()
            .filter(|path| foreign(path))
            .map(|path| load(path))
            .filter(|file| file.text().len() <= MOST_BYTES)
            .filter_map(|file| Some((file.name().to_owned(), (self.format.detect)(&file)?)))
            .map(|(name, evidence)| format!("{name}: {} ({})", evidence.what, evidence.strength))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    fn configurations(&self, root: &Path) -> impl Iterator<Item = SourceFile> {
        let all = files(&root.join(self.folder));
        assert!(!all.is_empty(), "{} is in the corpus", self.folder);
        all.into_iter().map(|path| load(&path)).filter(|file| {
            let name = file.name().rsplit('/').next().unwrap_or_default();
            (self.is_configuration)(name, file.text())
        })
    }

    fn count(&self, file: &SourceFile, sum: &mut Sum) {
        let best = FORMATS
            .iter()
            .filter_map(|format| Some((format.id, (format.detect)(file)?.strength)))
            .max_by_key(|(_, strength)| *strength);
        sum.files += 1;
        if best.is_some_and(|(id, _)| id == self.format.id) {
            sum.recognised += 1;
        } else {
            println!("NOT RECOGNISED: {} ({best:?})", file.name());
        }
        let document = (self.format.parse)(file);
        let totals = document.ledger.totals();
        sum.lines += totals.total;
        sum.unread += totals.unrecognised;
        println!(
            "{} {} {} {} {}  {} {}",
            totals.total,
            totals.modelled,
            totals.irrelevant,
            totals.not_modelled,
            totals.unrecognised,
            file.name(),
            describe(&document),
        );
        for line in unrecognised(file, &document) {
            let text = file.line(line).unwrap_or_default();
            println!("    {}: {}", line + 1, text.escape_debug());
            if (self.is_policy)(file, line) {
                sum.policy
                    .push(format!("{}:{}: {text}", file.name(), line + 1));
            }
        }
    }
}

/// Lines (counted from 0) that nobody understood; in a ledger of elements or
/// records, where those begin.
fn unrecognised(file: &SourceFile, document: &Document) -> Vec<usize> {
    let ledger = &document.ledger;
    if ledger.unit == Unit::Lines {
        let states = ledger.states().iter().enumerate();
        return states
            .filter(|(_, state)| **state == LineState::Unrecognised)
            .map(|(line, _)| line)
            .collect();
    }
    let notes = ledger.notes().iter();
    notes
        .filter(|note| note.state == LineState::Unrecognised)
        .map(|note| file.line_of(note.span.start))
        .collect()
}

fn describe(document: &Document) -> String {
    let parts = document.content.iter().map(|content| match content {
        Content::Firewall(firewall) => format!(
            "[{}: {} interfaces, {} filters, {} rules, {} translations, {} stages, {} open]",
            firewall.name.value,
            firewall.interfaces.len(),
            firewall.filters.len(),
            firewall
                .filters
                .iter()
                .map(|f| f.rules.len())
                .sum::<usize>(),
            firewall.nat.rules.len(),
            firewall.stages.len(),
            firewall.not_modelled.len(),
        ),
        Content::Routes { routes, .. } => format!("[{} routes]", routes.len()),
        _ => String::new(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// The corpus beside the repository.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall");
    if !folder.is_dir() {
        println!("skipped: ../shared/corpus is not there");
        return None;
    }
    Some(folder)
}

/// All files of a folder and those below, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    all.sort();
    all
}

fn load(path: &Path) -> SourceFile {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    SourceFile::from_text(FileId(0), &path.to_string_lossy(), text)
}

/// Whether the first word of a line is one of these.
pub fn begins_with(file: &SourceFile, line: usize, words: &[&str]) -> bool {
    let text = file.line(line).unwrap_or_default();
    text.split_whitespace()
        .next()
        .is_some_and(|word| words.contains(&word))
}
