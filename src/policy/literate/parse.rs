//! From a page's Markdown to test cases.

use std::fmt;

use encoding_rs::Encoding;

use super::{Kind, ResultLine};
use crate::model::severity::Severity;
use crate::policy::page::Page;

/// A test case of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its heading.
    pub name: String,
    /// Line of the heading, from 1.
    pub line: usize,
    /// The files of its estate.
    pub files: Vec<CaseFile>,
    /// The whole expected result; empty for `none`.
    pub expected: Vec<Expectation>,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// Name, with forward slashes.
    pub name: String,
    /// Whether it is of the estate before a change: then it stands there in
    /// the place of the file with its name.
    pub base: bool,
    /// Content, encoded as the page asks.
    pub bytes: Vec<u8>,
}

/// An expected result line and where the page states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The line.
    pub result: ResultLine,
    /// Line in the page, from 1.
    pub line: usize,
}

/// Something wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageProblem {
    /// The page.
    pub page: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, without a full stop.
    pub what: String,
}

impl PageProblem {
    pub(super) fn new(page: &Page, line: usize, what: String) -> Self {
        Self {
            page: page.file().to_owned(),
            line,
            what,
        }
    }
}

impl fmt::Display for PageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.what)
    }
}

impl Case {
    /// Whether a finding is expected.
    #[must_use]
    pub fn fires(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| matches!(expected.result.kind, Kind::Finding(_)))
    }

    /// Whether nothing is expected.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.expected.is_empty()
    }

    /// Whether something undecided is expected.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| expected.result.kind == Kind::Undecided)
    }
}

/// A fenced block of a page.
struct Fence<'a> {
    /// Line of the opening fence, from 1.
    line: usize,
    info: &'a str,
    body: Vec<&'a str>,
}

/// Reads the cases below `## Examples`.
///
/// # Errors
/// When a block or an expected line is not of the described form.
pub fn cases(page: &Page) -> Result<Vec<Case>, Vec<PageProblem>> {
    let mut reader = Reader {
        page,
        cases: Vec::new(),
        states: Vec::new(),
        problems: Vec::new(),
    };
    reader.read();
    for (case, states) in reader.cases.iter().zip(&reader.states) {
        if *states != 1 {
            let what = format!(
                "example `{}` has {states} `findings` blocks, not one",
                case.name
            );
            reader
                .problems
                .push(PageProblem::new(page, case.line, what));
        }
    }
    if reader.problems.is_empty() {
        Ok(reader.cases)
    } else {
        Err(reader.problems)
    }
}

struct Reader<'a> {
    page: &'a Page,
    cases: Vec<Case>,
    /// For each case, how many `findings` blocks it has.
    states: Vec<usize>,
    problems: Vec<PageProblem>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let page = self.page;
        let mut lines = (1usize..).zip(page.text().lines());
        let mut in_examples = false;
        while let Some((number, line)) = lines.next() {
            let ticks = fence_length(line);
            if ticks >= 3 {
                let mut fence = Fence {
                    line: number,
                    info: line.get(ticks..).unwrap_or_default().trim(),
                    body: Vec::new(),
                };
                let mut closed = false;
                for (_, line) in lines.by_ref() {
                    let length = fence_length(line);
                    if length >= ticks && line.trim_end().len() == length {
                        closed = true;
                        break;
                    }
                    fence.body.push(line);
                }
                if !closed {
                    self.problem(number, "the block is not closed".to_owned());
                } else if in_examples {
                    self.fence(&fence);
                }
            } else if let Some(heading) = line.strip_prefix("## ") {
                in_examples = heading.trim() == "Examples";
            } else if let (true, Some(name)) = (in_examples, line.strip_prefix("### ")) {
                self.states.push(0);
                self.cases.push(Case {
                    name: name.trim().to_owned(),
                    line: number,
                    files: Vec::new(),
                    expected: Vec::new(),
                });
            }
        }
    }

    fn problem(&mut self, line: usize, what: String) {
        self.problems.push(PageProblem::new(self.page, line, what));
    }

    fn fence(&mut self, fence: &Fence<'a>) {
        let options = options(fence.info);
        let is_findings = options.first().is_some_and(|(key, _)| *key == "findings");
        let Some(case) = self.cases.last_mut() else {
            return self.problem(fence.line, "the block is in no `###` example".to_owned());
        };
        if is_findings {
            let found = expectations(fence);
            if let Some(states) = self.states.last_mut() {
                *states = states.saturating_add(1);
            }
            match found {
                Ok(expected) => case.expected.extend(expected),
                Err((line, what)) => self.problem(line, what),
            }
            return;
        }
        match case_file(fence, &options) {
            Ok(file)
                if case
                    .files
                    .iter()
                    .any(|known| (&known.name, known.base) == (&file.name, file.base)) =>
            {
                let what = format!("the example has two files `{}`", file.name);
                self.problem(fence.line, what);
            }
            Ok(file) => case.files.push(file),
            Err(what) => self.problem(fence.line, what),
        }
    }
}

/// Number of backticks at the start of a line.
fn fence_length(line: &str) -> usize {
    line.len()
        .saturating_sub(line.trim_start_matches('`').len())
}

/// Words and `key=value` pairs of a fence; a value may stand in double quotes.
fn options(info: &str) -> Vec<(&str, &str)> {
    let mut options = Vec::new();
    let mut rest = info.trim_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.strip_prefix('"').and_then(|a| a.split_once('"')) {
                Some(quoted) => quoted,
                None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            },
        };
        options.push((key, value));
        rest = after.trim_start();
    }
    options
}

fn case_file(fence: &Fence<'_>, options: &[(&str, &str)]) -> Result<CaseFile, String> {
    let mut name = None;
    let mut base = false;
    let mut encoding = "utf-8";
    let mut line_break = "\n";
    for (index, (key, value)) in options.iter().enumerate() {
        match (*key, *value) {
            ("file" | "base", value) if !value.is_empty() && name.is_none() => {
                name = Some(value);
                base = *key == "base";
            }
            ("encoding", value) if !value.is_empty() => encoding = value,
            ("crlf", "") => line_break = "\r\n",
            // The first word is the language of the block.
            (_, "") if index == 0 => {}
            (key, _) => return Err(format!("`{key}` is not an option of a file block")),
        }
    }
    let name = name.ok_or("the block has no `file=NAME` and is not `findings`")?;
    let mut text = String::new();
    for line in &fence.body {
        text.push_str(line);
        text.push_str(line_break);
    }
    let bytes = encode(&text, encoding)?;
    Ok(CaseFile {
        name: name.to_owned(),
        base,
        bytes,
    })
}

fn encode(text: &str, label: &str) -> Result<Vec<u8>, String> {
    let units = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order);
    Ok(match label {
        "utf-8" => text.as_bytes().to_vec(),
        "utf-8-bom" => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        "utf-16le" => b"\xFF\xFE"
            .iter()
            .copied()
            .chain(units(u16::to_le_bytes))
            .collect(),
        "utf-16le-no-bom" => units(u16::to_le_bytes).collect(),
        "utf-16be" => b"\xFE\xFF"
            .iter()
            .copied()
            .chain(units(u16::to_be_bytes))
            .collect(),
        label => {
            let encoding = Encoding::for_label(label.as_bytes())
                .ok_or_else(|| format!("encoding `{label}` is not known"))?;
            let (bytes, _, lost) = encoding.encode(text);
            if lost {
                return Err(format!("the text has characters that {label} lacks"));
            }
            bytes.into_owned()
        }
    })
}

/// Reads a `findings` block; `Err` has the line and what is wrong.
fn expectations(fence: &Fence<'_>) -> Result<Vec<Expectation>, (usize, String)> {
    let mut expected = Vec::new();
    let mut none = None;
    for (number, text) in (fence.line.saturating_add(1)..).zip(&fence.body) {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if text == "none" {
            none = Some(number);
            continue;
        }
        let result = result_line(text).ok_or_else(|| {
            let form = "`SEVERITY ID FILE:LINE:COLUMN`, `undecided ID` or `none`";
            (number, format!("`{text}` is not {form}"))
        })?;
        expected.push(Expectation {
            result,
            line: number,
        });
    }
    match (none, expected.is_empty()) {
        (Some(line), false) => Err((line, "`none` stands beside a result".to_owned())),
        (None, true) => Err((
            fence.line,
            "the block states nothing; write `none`".to_owned(),
        )),
        _ => Ok(expected),
    }
}

fn result_line(text: &str) -> Option<ResultLine> {
    let (word, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let (rule, place) = match rest.split_once(char::is_whitespace) {
        Some((rule, place)) => (rule, Some(place.trim())),
        None => (rest, None),
    };
    let place = match place {
        None => None,
        Some(place) => {
            let (place, column) = place.rsplit_once(':')?;
            let (file, line) = place.rsplit_once(':')?;
            Some((file.to_owned(), line.parse().ok()?, column.parse().ok()?))
        }
    };
    let kind = match word {
        "undecided" => Kind::Undecided,
        word => {
            place.as_ref()?;
            Kind::Finding(Severity::from_word(word)?)
        }
    };
    Some(ResultLine {
        kind,
        rule: rule.to_owned(),
        place,
    })
}
