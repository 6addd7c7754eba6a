//! Format-List and Format-Table output of the Exchange Management Shell:
//! redirected, pasted, or captured with its prompts.
//!
//! The reader goes in three steps: what each line is ([`line`]), which lines
//! make an object ([`block`]), and what its values are ([`objects`]). A table
//! is read where it keeps to its columns ([`super::table`]).

mod asked;
mod block;
mod broken;
pub(in crate::formats::exchange) mod command;
mod hidden;
mod join;
pub(in crate::formats) mod line;
mod margin;
mod objects;
pub(in crate::formats::exchange) mod one_line;
pub(in crate::formats::exchange) mod pasted;
mod room;
mod settle;
mod squeezed;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::formats::exchange::cmdlets::table;
use crate::formats::iis;
use crate::formats::{
    CERTAIN, CmdletRun, Content, Document, Evidence, Format, Ledger, LineState, Problem,
    ProblemLevel, Unit,
};
use crate::source::{SourceFile, Span, is_markup};
use block::Section;
use command::{Place, Stated, find_command};
use line::{Line, bare, classify, classify_where, clean};
use objects::Reader;

/// Output of Exchange cmdlets as lists or tables of text.
pub const LIST: Format = Format {
    id: "exchange-list",
    title: "Exchange objects (Format-List)",
    detect,
    parse,
};

/// Lines read of a file, so that a hostile one cannot take all memory; an
/// organisation of hundreds of servers prints a few 100,000.
const MAX_LINES: usize = 2_000_000;
/// How much of a file detection looks at.
const DETECT_LINES: usize = 4000;
const DETECT_BYTES: usize = 256 * 1024;

/// No property has a longer name.
const LONGEST_KEY: usize = 64;

fn detect(file: &SourceFile) -> Option<Evidence> {
    detect_plain(file).or_else(|| {
        let bare = margin::without(file, DETECT_LINES)?;
        detect_plain(&bare)
    })
}

/// Looks at lines that begin where the file's do.
fn detect_plain(file: &SourceFile) -> Option<Evidence> {
    match one_line::broken(file) {
        Some(pieces) => detect_lines(&pieces),
        None => detect_lines(file),
    }
}

fn detect_lines(file: &SourceFile) -> Option<Evidence> {
    let head = file.text().trim_start_matches('\u{feff}').trim_start();
    // A comment of a script, and what curl prints of an answer, are no markup.
    let markup = is_markup(head) && !head.starts_with("<#") && !head.starts_with("< ");
    let others = head.starts_with(['{', '"']) && !is_wiki(head) && !feeds_a_cmdlet(head);
    if markup || others || head.starts_with("#TYPE") {
        return None;
    }
    let header = header(file);
    if header.as_ref().is_some_and(|h| h.strength >= CERTAIN) {
        return header;
    }
    if let Some((span, _)) = no_result(file).and_then(|lines| lines.into_iter().next()) {
        return Some(Evidence {
            strength: 90,
            what: "the support collector's list of commands without a result".to_owned(),
            span,
        });
    }
    let mut bytes = 0_usize;
    let wanted = file
        .lines()
        .take(DETECT_LINES)
        .take_while(|(_, line)| {
            bytes = bytes.saturating_add(line.len());
            bytes <= DETECT_BYTES
        })
        .count();
    let cleaned: Vec<Cow<'_, str>> = file.lines().take(wanted).map(|(_, l)| clean(l)).collect();
    if !may_hold_objects(&cleaned) {
        return log(file);
    }
    let mut lines: Vec<Line<'_>> = cleaned.iter().map(|line| classify(line)).collect();
    settle::settle(&mut lines);
    let sections = block::assemble(&lines);
    let mut reader = Reader::new(file, &lines);
    let mut best: Option<Evidence> = None;
    for section in &sections {
        let Some(run) = reader
            .runs(section)
            .into_iter()
            .find(|run| !run.records.is_empty())
        else {
            continue;
        };
        let place = section
            .command
            .as_ref()
            .filter(|(c, _)| c.cmdlet().is_some());
        let record = run.records.first()?;
        let (what, span) = record.cmdlet_evidence.clone()?;
        let what = what.to_string();
        let properties = record.properties.len();
        let strength = match place.map(|(command, _)| command.place) {
            Some(Place::Header) => 95,
            Some(Place::Prompt) => 92,
            Some(Place::Alone) => 85,
            None if properties >= 4 => 80,
            None => 60,
        };
        if best.as_ref().is_none_or(|known| known.strength < strength) {
            best = Some(Evidence {
                strength,
                what,
                span,
            });
        }
        if strength >= 92 {
            break;
        }
    }
    best.or(header).or_else(|| log(file))
}

/// Whether a text begins with names that a script gives to a cmdlet
/// (`"HUB1","HUB2" | Get-ReceiveConnector`). A table with such separators has
/// a quotation mark behind each.
fn feeds_a_cmdlet(head: &str) -> bool {
    let line = head.lines().next().unwrap_or_default();
    line.split_once('|').is_some_and(|(names, rest)| {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let verb = word.split_once('-').map(|(verb, _)| verb);
        names.trim_end().ends_with('"')
            && verb.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_alphabetic()))
    })
}

/// Whether a text begins with the fence of a wiki or a tracker.
fn is_wiki(head: &str) -> bool {
    ["{code", "{noformat", "{quote"]
        .iter()
        .any(|fence| head.starts_with(fence))
}

/// The header of the support collector in the first line: certain where the
/// cmdlet is one of the table, and a hint whatever it is.
fn header(file: &SourceFile) -> Option<Evidence> {
    let (span, line) = file
        .lines()
        .find(|(_, line)| !line.trim_start_matches('\u{feff}').trim().is_empty())?;
    let line = line.trim_start_matches('\u{feff}').trim();
    let command = find_command(line)?;
    let strength = match (command.place, command.stated) {
        (Place::Header, Stated::Known(_)) => CERTAIN,
        (Place::Header, Stated::Other(_)) => 90,
        _ => return None,
    };
    Some(Evidence {
        strength,
        what: line.to_owned(),
        span,
    })
}

/// The log that the support collector keeps of its own run; it has no form but
/// its name.
fn log(file: &SourceFile) -> Option<Evidence> {
    let base = file.name().rsplit(['/', '\\']).next()?;
    let is_log = base
        .to_ascii_lowercase()
        .ends_with("_getexchangedata_log.txt");
    let (span, _) = file.lines().next()?;
    is_log.then(|| Evidence {
        strength: 60,
        what: LOG.to_owned(),
        span,
    })
}

const LOG: &str = "the support collector's log of its own run";

/// What a log says is of no use to a rule.
fn irrelevant_log(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for index in 0..file.line_count() {
        ledger.set(index, LineState::Irrelevant);
    }
    let end = file.text().len();
    ledger.note(LineState::Irrelevant, LOG, Span::of(file.id(), 0..end));
    Document {
        content: Vec::new(),
        ledger,
        problems: Vec::new(),
    }
}

/// The last line, where it looks like the first letters of a property: the
/// file was cut off there.
fn cut_line(lines: &[Line<'_>]) -> Option<usize> {
    let last = lines
        .iter()
        .rposition(|line| line.kind != line::LineKind::Blank)?;
    let line = lines.get(last)?;
    let above = lines.get(last.checked_sub(1)?)?;
    let text = line.text.trim();
    let word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let continues = matches!(above.kind, line::LineKind::Key(_)) && line.indent <= above.indent;
    (word && continues && line.kind == line::LineKind::Other).then_some(last)
}

/// A cheap look before the real one: some line must look like a property of
/// the table, or name a cmdlet, or head a table of properties.
fn may_hold_objects(lines: &[Cow<'_, str>]) -> bool {
    let heads_table = |pair: &[Cow<'_, str>]| matches!(pair, [head, dashes] if line::is_dashes(dashes.trim_start()) && names_properties(head));
    if lines.windows(2).any(heads_table) {
        return true;
    }
    lines.iter().any(|line| {
        if ["Get-", "get-", "Resolve-"]
            .iter()
            .any(|verb| line.contains(verb))
        {
            return true;
        }
        let Some((key, _)) = line.split_once(':') else {
            return false;
        };
        let key = key.trim();
        if key.len() > LONGEST_KEY {
            return false;
        }
        let key = key.to_ascii_lowercase();
        table().owners(&key) > 0 || key == "objectclass" || key == "identity"
    })
}

/// Whether a line may be the heading of a table of Exchange objects: most of
/// its words are properties.
fn names_properties(head: &str) -> bool {
    let words = head.split_whitespace();
    let (mut all, mut known) = (0usize, 0usize);
    for word in words.filter(|word| word.len() <= LONGEST_KEY) {
        all = all.saturating_add(1);
        if table().owners(&word.to_ascii_lowercase()) > 0 {
            known = known.saturating_add(1);
        }
    }
    known >= 2 && known.saturating_mul(2) > all
}

fn parse(file: &SourceFile) -> Document {
    // A note in a comment says nothing of a capture that needs no comments.
    let in_margin = margin::without(file, DETECT_LINES).is_some() && detect_plain(file).is_none();
    match in_margin
        .then(|| margin::without(file, MAX_LINES))
        .flatten()
    {
        Some(bare) => parse_plain(&bare),
        None => parse_plain(file),
    }
}

fn parse_plain(file: &SourceFile) -> Document {
    match one_line::broken(file) {
        Some(pieces) => one_line::whole(file, &pieces, parse_lines(&pieces)),
        None => parse_lines(file),
    }
}

fn parse_lines(file: &SourceFile) -> Document {
    if let Some(lines) = no_result(file) {
        return empty_results(file, lines);
    }
    let coloured = coloured(file);
    let lines = classified(file, &coloured);
    let sections = block::assemble(&lines);
    if log(file).is_some() && sections.iter().all(|section| section.blocks.is_empty()) {
        return irrelevant_log(file);
    }
    let mut reader = Reader::new(file, &lines);
    reader.learn(&sections);
    reader.learn_host();
    let mut runs: Vec<CmdletRun> = Vec::new();
    let mut empty: Vec<CmdletRun> = Vec::new();
    for section in &sections {
        let found = reader.runs(section);
        if found.is_empty()
            && let Some(run) = empty_run(file, section)
        {
            empty.push(run);
        }
        runs.extend(found);
    }
    // Prompts without output stand in manuals too: they mean something only
    // beside real output.
    if !runs.is_empty() {
        runs.extend(empty);
        runs.sort_by_key(|run| run.span.start);
    }
    let secrets = reader.take_secrets();
    let (mut ledger, mut problems) = reader.finish();
    if file.line_count() > MAX_LINES {
        for line in MAX_LINES..file.line_count() {
            ledger.set(line, LineState::NotModelled);
        }
        let end = file.text().len();
        problems.push(Problem {
            level: ProblemLevel::Error,
            message: format!("only the first {MAX_LINES} lines were read"),
            hint: Some("export each cmdlet to a file of its own".to_owned()),
            span: Span::of(file.id(), end..end),
        });
    }
    if let Some(range) = cut_line(&lines).and_then(|last| file.line_range(last)) {
        let span = Span::of(file.id(), range);
        let line = file.line_of(span.start);
        ledger.set(line, LineState::NotModelled);
        ledger.note(LineState::NotModelled, "the file is cut off here", span);
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "the file ends in the middle of a property".to_owned(),
            hint: Some("export it again: what follows is missing".to_owned()),
            span,
        });
    }
    if runs.is_empty() && header(file).is_none() {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "no object of a known Exchange cmdlet was found".to_owned(),
            hint: Some(
                "keep the command line (`[PS] C:\\>Get-… | fl *`) above the output".to_owned(),
            ),
            span: Span::of(file.id(), 0..0),
        });
    }
    let mut content: Vec<Content> = runs.into_iter().map(Content::Exchange).collect();
    content.extend(of_iis(file, &mut ledger, &mut problems));
    content.extend(Content::secrets(secrets));
    Document {
        content,
        ledger,
        problems,
    }
}

/// What the shell of Exchange was asked of IIS, for it runs `appcmd` as well.
fn of_iis(file: &SourceFile, ledger: &mut Ledger, problems: &mut Vec<Problem>) -> Vec<Content> {
    let listed = iis::listed(file);
    for command in &listed.commands {
        ledger.set(file.line_of(command.start), LineState::Modelled);
    }
    for (lines, matters) in listed.lines {
        if matters {
            lines.for_each(|line| ledger.set(line, LineState::Modelled));
        }
    }
    problems.extend(listed.problems);
    listed.content
}

/// The lines that hold escape sequences of a terminal, entities of a page or
/// the marks of a list, without them.
fn coloured(file: &SourceFile) -> HashMap<usize, String> {
    let text = file.text().trim_start_matches('\u{feff}').as_bytes();
    if !pasted::needs_repair(text) {
        return HashMap::new();
    }
    let lines = file.lines().take(MAX_LINES).enumerate();
    lines
        .filter_map(|(index, (_, line))| match clean(line) {
            Cow::Owned(line) => Some((index, line)),
            Cow::Borrowed(_) => None,
        })
        .collect()
}

/// What each line is.
fn classified<'a>(file: &'a SourceFile, coloured: &'a HashMap<usize, String>) -> Vec<Line<'a>> {
    let mut lines = Vec::with_capacity(file.line_count().min(MAX_LINES));
    let repair = pasted::needs_repair(file.text().as_bytes());
    let mut messages = line::messages_in(file.text()).peekable();
    for (index, (span, line)) in file.lines().take(MAX_LINES).enumerate() {
        let line = if repair {
            clean(line)
        } else {
            Cow::Borrowed(bare(line))
        };
        while messages.next_if(|at| *at < span.start as usize).is_some() {}
        let holds_message = messages.peek().is_some_and(|at| *at < span.end as usize);
        lines.push(match line {
            Cow::Borrowed(line) => classify_where(line, holds_message),
            Cow::Owned(_) => classify(coloured.get(&index).map_or("", String::as_str)),
        });
    }
    settle::settle(&mut lines);
    lines
}

/// A command that printed nothing before the next prompt.
fn empty_run(file: &SourceFile, section: &Section<'_>) -> Option<CmdletRun> {
    let (command, line) = section.command.as_ref()?;
    let cmdlet = command.cmdlet()?;
    let told = command.place <= Place::Prompt && command.complete && section.closed;
    if !told || !section.is_empty() {
        return None;
    }
    Some(CmdletRun {
        cmdlet: Some(cmdlet.name),
        host: command.server.map(Arc::from),
        records: Vec::new(),
        span: Span::of(file.id(), file.line_range(*line)?),
    })
}

/// The commands of a `…_No_Result.TXT`, which the support collector writes
/// for cmdlets that returned nothing: one command on each line. A list of
/// commands means that only under this name.
fn no_result(file: &SourceFile) -> Option<Vec<(Span, &str)>> {
    let base = file.name().rsplit(['/', '\\']).next()?;
    if !base.to_ascii_lowercase().contains("no_result") {
        return None;
    }
    let lines: Vec<(Span, &str)> = file
        .lines()
        .map(|(span, line)| (span, line.trim_start_matches('\u{feff}').trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let commands = lines.iter().all(|(_, line)| find_command(line).is_some());
    (commands && !lines.is_empty()).then_some(lines)
}

fn empty_results(file: &SourceFile, lines: Vec<(Span, &str)>) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for index in 0..file.line_count() {
        ledger.set(index, LineState::Irrelevant);
    }
    let host = host_of_no_result(file.name());
    let mut content = Vec::new();
    for (span, line) in lines {
        let Some(command) = find_command(line) else {
            continue;
        };
        // What a command for one object returned says nothing of the others.
        let one_object = line.contains(['\\', '{']);
        let Some(cmdlet) = command.cmdlet().filter(|_| !one_object) else {
            continue;
        };
        ledger.set(file.line_of(span.start), LineState::Modelled);
        content.push(Content::Exchange(CmdletRun {
            cmdlet: Some(cmdlet.name),
            host: command.server.map(Arc::from).or_else(|| host.clone()),
            records: Vec::new(),
            span,
        }));
    }
    Document {
        content,
        ledger,
        problems: Vec::new(),
    }
}

/// `HUB1__GetExchangeData_No_Result.TXT` → `HUB1`.
fn host_of_no_result(file_name: &str) -> Option<Arc<str>> {
    let base = file_name.rsplit(['/', '\\']).next()?;
    let (host, _) = base.split_once("__")?;
    let host = host.split_once("_CMS_").map_or(host, |(node, _)| node);
    let sound = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    sound.then(|| host.into())
}

#[cfg(test)]
mod framed;
#[cfg(test)]
mod mangled;
#[cfg(test)]
mod pastes;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod same_facts;
#[cfg(test)]
mod tests;
