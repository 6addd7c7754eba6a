//! The `.log` of the Hybrid Configuration Wizard.
//!
//! A line has a time, a level, a number and, in brackets, who writes it; a
//! command begins with `START` and ends with `FINISH`, and other lines go on with
//! what the last one says. What Exchange answered is not in it, and what a command
//! set may have been changed since and does not tell the rest of its object: no
//! line becomes a fact. The objects are in the `.xhcw` of the same run.
//!
//! Shape: logs quoted on Microsoft Learn (Exchange troubleshooting, KB 4051381) and
//! in public repositories.

use super::cmdlets::table;
use super::secret_names::is_secret_name;
use crate::formats::{
    CERTAIN, Content, Document, Evidence, Format, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::source::{SourceFile, Span};

/// Logs of the Hybrid Configuration Wizard.
pub const HCW_LOG: Format = Format {
    id: "exchange-hcw-log",
    title: "HCW log (Hybrid Configuration Wizard)",
    detect,
    parse,
};

/// Lines in which a log must show itself.
const HEAD_LINES: usize = 50;
/// Cmdlets that the hint names.
const MOST_NAMED: usize = 8;
/// A line with as many secrets is one as a whole.
const MOST_SECRETS: usize = 64;
/// Why the lines count for nothing.
const NO_OBJECTS: &str =
    "lines of the log of the Hybrid Configuration Wizard, which hold no objects";

/// A line with a head of its own: what stands in its brackets, and behind them.
struct Entry<'f> {
    by: &'f str,
    message: &'f str,
}

/// Reads `2024.01.31 20:38:59.965 WARNING 10310 [Client=UX, Thread=11] …`.
fn entry(line: &str) -> Option<Entry<'_>> {
    const TIME: &[u8] = b"0000.00.00 00:00:00.000 ";
    let time = line.as_bytes().get(..TIME.len())?;
    let fits = time.iter().zip(TIME).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    let rest = line.get(TIME.len()..).filter(|_| fits)?.trim_start();
    let (before, rest) = rest.split_once('[')?;
    let mut words = before.split_ascii_whitespace().rev();
    let number = words.next()?;
    let levels = words.count();
    let (by, message) = rest.split_once(']')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && levels <= 1 && by.starts_with("Client=")).then_some(Entry {
        by,
        message: message.trim(),
    })
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut head = file.lines().take(HEAD_LINES);
    let (span, line) =
        head.find(|(_, line)| entry(line.trim_start_matches('\u{feff}')).is_some())?;
    Some(Evidence {
        strength: CERTAIN,
        what: "a line of the Hybrid Configuration Wizard: time, number, [Client=…]".to_owned(),
        span: file.span_of(line).unwrap_or(span),
    })
}

fn parse(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut secrets = Vec::new();
    let mut cmdlets: Vec<&'static str> = Vec::new();
    let mut first: Option<Span> = None;
    for (number, (span, line)) in file.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}');
        let own = entry(line);
        if own.is_some() {
            first.get_or_insert(span);
        }
        // What stands before the first head is not the log's.
        let known = first.is_some() || line.trim().is_empty();
        let state = if known {
            LineState::Irrelevant
        } else {
            LineState::Unrecognised
        };
        ledger.set(number, state);
        if !known {
            ledger.note(state, "lines before the log begins", span);
            // Nothing tells what they are, so any of it may be a secret.
            secrets.push(span);
            continue;
        }
        let parts: Vec<&str> = secrets_in(line).take(MOST_SECRETS).collect();
        if parts.len() == MOST_SECRETS {
            secrets.push(span);
        } else {
            secrets.extend(parts.into_iter().filter_map(|part| file.span_of(part)));
        }
        if let Some(entry) = own
            && let Some(cmdlet) = asked(&entry)
            && cmdlets.len() < MOST_NAMED
            && !cmdlets.contains(&cmdlet)
        {
            cmdlets.push(cmdlet);
        }
    }
    let span = first.unwrap_or_else(|| Span::of(file.id(), 0..0));
    ledger.note(LineState::Irrelevant, NO_OBJECTS, span);
    let exports = cmdlets.iter().map(|cmdlet| {
        let noun = cmdlet.trim_start_matches("Get-");
        format!("{cmdlet} | Export-Clixml {noun}.xml")
    });
    let exports = exports.collect::<Vec<_>>().join("; ");
    let hint = if exports.is_empty() {
        "give the .xhcw of the same run".to_owned()
    } else {
        format!("give the .xhcw of the same run, or export: {exports}")
    };
    let problem = Problem {
        level: ProblemLevel::Note,
        message: "the log of the Hybrid Configuration Wizard names commands, not objects; it decides nothing"
            .to_owned(),
        hint: Some(hint),
        span: Span::new(span.file, span.start, span.start),
    };
    Document {
        content: Content::secrets(secrets).into_iter().collect(),
        ledger,
        problems: vec![problem],
    }
}

/// The cmdlet that exports what a command on the premises is about.
fn asked(entry: &Entry<'_>) -> Option<&'static str> {
    let mut fields = entry.by.split(',').map(str::trim);
    if !fields.clone().any(|field| field == "Session=OnPremises") {
        return None;
    }
    let name = fields.find_map(|field| field.strip_prefix("Cmdlet="))?;
    entry.message.starts_with("START").then_some(())?;
    let (_, noun) = name.split_once('-')?;
    let cmdlet = table().cmdlet(&format!("Get-{noun}"))?;
    Some(cmdlet.name)
}

/// What must not be shown: values of parameters with telling names, and tokens.
fn secrets_in(line: &str) -> impl Iterator<Item = &str> {
    let parameters = line.match_indices('-').filter_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        if before.is_some_and(|before| !before.is_whitespace()) {
            return None;
        }
        let rest = line.get(at.saturating_add(1)..)?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        let (name, rest) = rest.split_at_checked(end)?;
        is_telling(name).then(|| quoted(rest.trim_start_matches([':', ' '])))
    });
    let fields = line.match_indices(['=', ':']).filter_map(|(at, _)| {
        let before = line.get(..at)?.trim_end_matches(['"', '\'', ' ']);
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at.saturating_add(1));
        let name = before.get(start..)?;
        let value = line.get(at.saturating_add(1)..)?.trim_start();
        (is_telling(name) || name.eq_ignore_ascii_case("authorization")).then(|| quoted(value))
    });
    let bearers = behind(line, "bearer").filter_map(|value| {
        let mut parts = value.split(|c: char| c.is_whitespace() || "\"',".contains(c));
        parts.next()
    });
    let strings = behind(line, "convertto-securestring").map(quoted);
    parameters
        .chain(fields)
        .chain(bearers)
        .chain(strings)
        .filter(|part| !part.is_empty())
}

/// What follows a word, whatever its case, and blanks or a colon.
fn behind<'l>(line: &'l str, word: &'static str) -> impl Iterator<Item = &'l str> {
    let starts = line.as_bytes().windows(word.len()).enumerate();
    let found = starts.filter(|(_, bytes)| bytes.eq_ignore_ascii_case(word.as_bytes()));
    found.filter_map(move |(at, _)| {
        let rest = line.get(at.saturating_add(word.len())..)?;
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
        (value.len() < rest.len()).then_some(value)
    })
}

/// Whether the name of a parameter or field tells that its value is secret.
fn is_telling(name: &str) -> bool {
    is_secret_name(name)
}

/// A value in quotes to a quote of its kind that a blank follows, else to the last
/// one; without quotes all that follows up to the next parameter: too much is
/// hidden rather than too little. A quote behind `\` or another one ends nothing.
fn quoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let escaped = |at: &usize| {
                let before = inner.get(..*at).unwrap_or_default();
                ['\\', quote]
                    .iter()
                    .any(|sign| before.chars().rev().take_while(|c| c == sign).count() % 2 == 1)
            };
            let before_blank = format!("{quote} ");
            let mut ends = inner.match_indices(&before_blank).map(|(at, _)| at);
            let end = ends
                .find(|at| !escaped(at))
                .or_else(|| inner.rfind(quote).filter(|at| !escaped(at)));
            return end.and_then(|end| inner.get(..end)).unwrap_or(inner);
        }
    }
    let end = text.find(" -").unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{named, survives_cuts};
    use crate::source::FileId;

    const LOG: &str = "\u{feff}2024.01.31 20:30:00.001         10000 [Client=UX, Thread=1] Hybrid Configuration Wizard 17.0.0.0\r\n\
2024.01.31 20:38:59.965 WARNING 10310 [Client=UX, Activity=Tenant Data Retrieval, Thread=11] Coexistence domain NOT Found.\r\n\
2024.01.31 20:39:01.100         10276 [Client=UX, Activity=Mail Flow, Session=OnPremises, Cmdlet=Set-SendConnector, Thread=9] START Set-SendConnector -Identity 'Outbound to Office 365' -Fqdn 'mail.contoso.com'\r\n\
2024.01.31 20:39:02.200         10277 [Client=UX, Activity=Mail Flow, Session=OnPremises, Cmdlet=Set-SendConnector, Thread=9] FINISH Time=1100.0ms Results=PASSED\r\n\
2024.01.31 20:39:03.100         10276 [Client=UX, Session=Tenant, Cmdlet=Get-InboundConnector, Thread=9] START Get-InboundConnector\r\n\
2024.01.31 20:39:04.100         10276 [Client=UX, Session=OnPremises, Cmdlet=New-ReceiveConnector, Thread=9] START New-ReceiveConnector -Name 'x' -RelayPassword 'geheim' -Enabled: $true\r\n\
2024.01.31 20:39:04.300         10300 [Client=UX, Thread=9] Authorization: Bearer eyJgeheim.abc\r\n\
2024.01.31 20:39:05.000 *ERROR* 10224 [Client=UX, Page=DomainProof, Thread=9] Microsoft.Online.CSE.Hybrid.PowerShell.PowerShellInvokeException: PowerShell failed\r\n\
   at Microsoft.Online.CSE.Hybrid.PowerShell.Invoke()\r\n";

    #[test]
    fn a_log_is_known_in_every_line_and_points_to_what_holds_the_objects() {
        let file = named("20240131_203000.log", LOG);
        // Before the reader of transcripts, which knows the commands in it.
        let certain = |format: &&Format| {
            (format.detect)(&file).is_some_and(|evidence| evidence.strength >= CERTAIN)
        };
        let taken = crate::formats::FORMATS.iter().find(certain);
        assert_eq!(taken.map(|format| format.id), Some(HCW_LOG.id));
        let document = parse(&file);
        let states = document.ledger.states();
        assert_eq!(states.len(), file.line_count());
        assert!(
            states.iter().all(|state| *state == LineState::Irrelevant),
            "{states:?}"
        );
        let [problem] = document.problems.as_slice() else {
            panic!("{:?}", document.problems);
        };
        assert_eq!(problem.level, ProblemLevel::Note);
        assert_eq!(
            problem.hint.as_deref(),
            Some(
                "give the .xhcw of the same run, or export: Get-SendConnector | Export-Clixml SendConnector.xml; \
                 Get-ReceiveConnector | Export-Clixml ReceiveConnector.xml"
            )
        );
    }

    #[test]
    fn passwords_and_tokens_have_their_places() {
        let file = named("20240131_203000.log", LOG);
        let document = parse(&file);
        let [Content::Secrets(spans)] = document.content.as_slice() else {
            panic!("{:?}", document.content);
        };
        let shown: Vec<&str> = spans.iter().map(|span| file.slice(*span)).collect();
        assert!(shown.contains(&"geheim"), "{shown:?}");
        assert!(shown.contains(&"eyJgeheim.abc"), "{shown:?}");
        let mut left = file.text().to_owned();
        for span in spans.iter().rev() {
            let hidden = "*".repeat(span.range().len());
            left.replace_range(span.range(), &hidden);
        }
        assert!(!left.contains("geheim"), "{left}");
        assert!(left.contains("mail.contoso.com"));
        for line in [
            "x -Password (ConvertTo-SecureString 'geheim' -AsPlainText -Force)",
            "{\"access_token\":\"geheim\",\"x\":1}",
            "AdminPassword=geheim",
            "ConvertTo-SecureString 'geheim' -AsPlainText",
            "convertto-securestring \"x\\\" geheim\" -Force",
            "Authorization BEARER geheim",
            "bearer\tgeheim",
            "Set-X -Pwd 'geheim' -Y z",
            "Set-X -Password 'it'' geheim' -Y z",
            "{\"client_secret\":\"ab\\\" geheim\", \"x\":1}",
        ] {
            assert!(
                secrets_in(line).any(|part| part.contains("geheim")),
                "{line}"
            );
        }
    }

    #[test]
    fn other_logs_and_a_transcript_are_left_to_others() {
        for text in [
            "2024.01.31 20:38:59.965 WARNING 10310 Coexistence domain NOT Found.",
            "2024-01-31 20:38:59.965 1 [Client=UX] x",
            "[PS] C:\\>Get-SendConnector | fl",
        ] {
            assert_eq!(detect(&named("x.log", text)), None, "{text}");
        }
        let late = format!("Notes of an administrator\n{LOG}");
        let document = parse(&named("x.log", &late));
        assert_eq!(document.ledger.state(0), Some(LineState::Unrecognised));
        let [Content::Secrets(spans)] = document.content.as_slice() else {
            panic!("{:?}", document.content);
        };
        let first = late.find('\n').expect("two lines");
        assert!(spans.contains(&Span::of(FileId(0), 0..first)), "{spans:?}");
    }

    #[test]
    fn a_log_that_is_cut_or_damaged_is_read() {
        let short: String = LOG
            .lines()
            .take(4)
            .map(|line| format!("{line}\n"))
            .collect();
        survives_cuts(&HCW_LOG, "20240131_203000.log", &short);
        let long = format!("{} {}", LOG.trim_end(), "-Password '".repeat(50_000));
        let document = parse(&named("x.log", &long));
        assert_eq!(document.problems.len(), 1);
    }
}
