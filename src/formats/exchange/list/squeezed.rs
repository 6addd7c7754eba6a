//! Tables whose columns a paste took: one blank between the cells, and mostly
//! without the line of dashes.
//!
//! A row is read only where its cells tell themselves: every column but one
//! holds values of a shape that its text cannot have beside it (`True`, a list
//! in braces, a name of a closed enumeration), so that just one split is possible.

use super::line::{Line, LineKind};
use crate::formats::exchange::cmdlets::{Cmdlet, Kind, table};
use crate::formats::exchange::value::{is_blacked_out, is_short_form};

/// How the cells of a column look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `True` or `False`.
    Bool,
    /// A number that is never missing.
    Number,
    /// Names of a closed enumeration, one or joined with `, `.
    Names { of: &'static str, several: bool },
    /// `{a, b}`.
    List,
    /// 40 hexadecimal digits, or what is left of them.
    Thumbprint,
    /// `https://mail.contoso.com/owa`.
    Url,
    /// `Version 8.3 (Build 83.6)`.
    Version,
    /// The name of a server: one word, never missing.
    Host,
    /// Any text.
    Free,
}

/// The heading of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The name of the property, as printed.
    pub name: &'a str,
    shape: Shape,
}

/// A table by the numbers of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squeezed<'a> {
    /// The line of the headings.
    pub head: usize,
    /// The headings.
    pub headings: Vec<Heading<'a>>,
    /// The lines of the rows.
    pub rows: Vec<usize>,
    /// Lines that belong to the table and do not split, or read like a sentence.
    pub unread: Vec<usize>,
    /// Lines that read like a sentence, behind a gap below the only row: they may
    /// as well be text that follows the table.
    pub doubtful: Vec<usize>,
}

/// The headings in a line, where all its words are properties of a cmdlet and
/// rows under them can be split.
#[must_use]
pub fn headings<'a>(line: &'a str, cmdlet: &Cmdlet) -> Option<Vec<Heading<'a>>> {
    let words: Vec<&str> = line.split_whitespace().take(13).collect();
    if !(2..=12).contains(&words.len()) {
        return None;
    }
    let kind = |name: &str| cmdlet.property(&name.to_ascii_lowercase());
    let headings: Option<Vec<Heading<'a>>> = words
        .into_iter()
        .map(|name| {
            let known = kind(name)?;
            let shape = shape(cmdlet, known.name, known.kind);
            Some(Heading { name, shape })
        })
        .collect();
    let mut headings = headings?;
    let texts = headings.iter().filter(|h| h.shape == Shape::Free).count();
    for heading in headings.iter_mut().filter(|_| texts > 1) {
        // Beside another text only the names that are known tell a cell.
        if let (Shape::Free, Some(Kind::Enum(of))) =
            (heading.shape, kind(heading.name).map(|k| k.kind))
        {
            heading.shape = Shape::Names { of, several: false };
        }
    }
    // Two words of a sentence would be a server and any text.
    let tells = |heading: &Heading<'_>| !matches!(heading.shape, Shape::Host | Shape::Free);
    let hosts = headings.iter().any(|heading| heading.shape == Shape::Host);
    (!hosts || headings.iter().any(tells)).then_some(headings)
}

fn shape(cmdlet: &Cmdlet, name: &str, kind: Kind) -> Shape {
    match kind {
        Kind::Url => Shape::Url,
        Kind::Version => Shape::Version,
        Kind::Text if names_a_server(cmdlet, name) => Shape::Host,
        Kind::Bool => Shape::Bool,
        Kind::List | Kind::ListOf(_) => Shape::List,
        Kind::Integer if name == "Priority" => Shape::Number,
        Kind::Flags(of) => Shape::Names { of, several: true },
        Kind::Enum(of) if table().enumeration(of).is_some_and(|known| !known.open) => {
            Shape::Names { of, several: false }
        }
        _ if name == "Thumbprint" => Shape::Thumbprint,
        _ => Shape::Free,
    }
}

/// Whether a property is the name of the server that an object is or belongs to.
fn names_a_server(cmdlet: &Cmdlet, name: &str) -> bool {
    let is_server = cmdlet.name.ends_with("Server");
    match name {
        "Name" | "Fqdn" => is_server,
        "Server" => !cmdlet.sites.is_empty(),
        _ => false,
    }
}

/// The cmdlet whose default table has just these headings.
#[must_use]
pub fn by_view(line: &str) -> Option<&'static Cmdlet> {
    let words: Vec<&str> = line.split_whitespace().take(13).collect();
    let mut cmdlets = table().cmdlets.iter();
    cmdlets.find(|cmdlet| {
        let mut pairs = cmdlet.view.iter().zip(&words);
        !cmdlet.view.is_empty()
            && cmdlet.view.len() == words.len()
            && pairs.all(|(known, word)| known.eq_ignore_ascii_case(word))
    })
}

/// The cells of a row, in the order of the headings.
#[must_use]
pub fn cells<'a>(row: &'a str, headings: &[Heading<'_>]) -> Option<Vec<&'a str>> {
    if row.contains('\t') {
        return cells_by_tabs(row, headings);
    }
    let free = headings.iter().position(|h| h.shape == Shape::Free);
    let last_free = headings.iter().rposition(|h| h.shape == Shape::Free);
    if free != last_free {
        return None;
    }
    let (before, after) = headings.split_at_checked(free.unwrap_or(headings.len()))?;
    let mut rest = row.trim();
    let mut cells = Vec::with_capacity(headings.len());
    for heading in before {
        let (cell, tail) = first(rest, heading.shape)?;
        cells.push(cell);
        rest = tail.trim_start();
    }
    if free.is_none() {
        return rest.is_empty().then_some(cells);
    }
    let mut behind = Vec::with_capacity(after.len());
    for heading in after.iter().skip(1).rev() {
        let (head, cell) = last(rest, heading.shape)?;
        behind.push(cell);
        rest = head.trim_end();
    }
    if rest.is_empty() {
        return None;
    }
    cells.push(rest);
    cells.extend(behind.into_iter().rev());
    Some(cells)
}

/// The cells of a row that was pasted from a page or a sheet; empty ones at its end
/// may be left out.
fn cells_by_tabs<'a>(row: &'a str, headings: &[Heading<'_>]) -> Option<Vec<&'a str>> {
    let mut cells: Vec<&str> = row.split('\t').map(str::trim).collect();
    let sound =
        |(cell, heading): (&&str, &Heading<'_>)| cell.is_empty() || fits(cell, heading.shape);
    if cells.len() > headings.len()
        || cells.first().is_none_or(|first| first.is_empty())
        || !cells.iter().zip(headings).all(sound)
    {
        return None;
    }
    cells.resize(headings.len(), "");
    Some(cells)
}

/// The first cell of a row and what follows.
fn first(row: &str, shape: Shape) -> Option<(&str, &str)> {
    let end = match shape {
        Shape::List => {
            let close = row
                .strip_prefix('{')?
                .find('}')
                .map(|at| at.saturating_add(2));
            let cut = cut_end(row);
            [close, cut].into_iter().flatten().min()?
        }
        Shape::Names { of, several: true } => names_end(row, of)?,
        Shape::Version => {
            let close = row.find(')').map(|at| at.saturating_add(1));
            [close, cut_end(row)].into_iter().flatten().min()?
        }
        _ => row.find(char::is_whitespace).unwrap_or(row.len()),
    };
    let (cell, tail) = row.split_at_checked(end)?;
    let apart = tail.is_empty() || tail.starts_with(char::is_whitespace);
    (apart && fits(cell, shape)).then_some((cell, tail))
}

/// The last cell of a row and what precedes it.
fn last(row: &str, shape: Shape) -> Option<(&str, &str)> {
    let start = match shape {
        Shape::List => row.rfind('{')?,
        Shape::Names { of, several: true } => names_start(row, of)?,
        Shape::Version => row.rfind(VERSION)?,
        _ => row
            .rfind(char::is_whitespace)
            .and_then(|at| Some(at.saturating_add(row.get(at..)?.chars().next()?.len_utf8())))
            .unwrap_or(0),
    };
    let (head, cell) = row.split_at_checked(start)?;
    let apart = head.is_empty() || head.ends_with(char::is_whitespace);
    (apart && fits(cell, shape)).then_some((head, cell))
}

/// Where a list ends that the shell cut off: `{mail.contoso.c...`.
fn cut_end(row: &str) -> Option<usize> {
    let mut ends = row
        .match_indices("...")
        .map(|(at, dots)| at.saturating_add(dots.len()));
    ends.find(|end| {
        let tail = row.get(*end..).unwrap_or_default();
        tail.is_empty() || tail.starts_with(char::is_whitespace)
    })
}

/// Where names joined with `, ` end at the start of a row.
fn names_end(row: &str, of: &str) -> Option<usize> {
    let mut end = 0_usize;
    for word in row.split_inclusive(' ') {
        let name = word.trim_end();
        end = end.saturating_add(word.len());
        if !is_name(uncut(name, of), of) {
            return None;
        }
        if !name.ends_with(',') {
            let blanks = word.len().saturating_sub(name.len());
            return Some(end.saturating_sub(blanks));
        }
    }
    None
}

/// Where names joined with `, ` begin at the end of a row.
fn names_start(row: &str, of: &str) -> Option<usize> {
    let mut start = row.len();
    for (count, word) in row.rsplit(' ').enumerate() {
        let goes_on = word.ends_with(',');
        if (count == 0) == goes_on {
            break;
        }
        if !is_name(uncut(word, of), of) {
            return None;
        }
        start = start.saturating_sub(word.len().saturating_add(usize::from(count > 0)));
    }
    (start < row.len()).then_some(start)
}

/// The name in a word of a list: `Mailbox` of `Mailbox,` and of `Mailbox,...`, where
/// the shell cut the list off.
fn uncut<'a>(word: &'a str, of: &str) -> &'a str {
    let word = word.trim_end_matches(',');
    if is_name(word, of) {
        return word;
    }
    word.strip_suffix("...")
        .map_or(word, |whole| whole.trim_end_matches(','))
}

fn is_name(text: &str, of: &str) -> bool {
    let known = table().enumeration(of);
    known.is_some_and(|known| known.canonical(text).is_some()) || is_short_form(of, text)
}

fn fits(cell: &str, shape: Shape) -> bool {
    match shape {
        Shape::Bool => matches!(cell, "True" | "False"),
        Shape::Number => !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit()),
        Shape::Names { of, several } => {
            let mut names = cell.split(", ");
            names.all(|name| is_name(uncut(name, of), of)) && (several || !cell.contains(','))
        }
        Shape::List => {
            let inner = cell.strip_prefix('{').unwrap_or_default();
            match inner.strip_suffix('}') {
                Some(inner) => !inner.contains(['{', '}']),
                None => inner.ends_with("...") && !inner.contains(['{', '}']),
            }
        }
        Shape::Thumbprint => {
            let whole = cell.len() == 40 && cell.bytes().all(|b| b.is_ascii_hexdigit());
            whole || cell.len() >= 16 && is_blacked_out(cell)
        }
        Shape::Url => cell.contains("://") && !cell.contains(char::is_whitespace),
        Shape::Version => {
            cell.starts_with(VERSION)
                && (cell.ends_with(')') || cell.ends_with("..."))
                && cell.matches(VERSION).count() == 1
        }
        Shape::Host => {
            let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            !cell.is_empty() && cell.bytes().all(sound)
        }
        Shape::Free => !cell.is_empty(),
    }
}

/// How a version of Exchange begins.
const VERSION: &str = "Version ";

/// The tables among lines that belong to nothing else; `stated` is the cmdlet
/// of the command above them.
#[must_use]
pub fn find<'a>(
    lines: &[Line<'a>],
    loose: &[usize],
    stated: Option<&'static Cmdlet>,
) -> Vec<(Squeezed<'a>, &'static Cmdlet)> {
    let text = |index: usize| lines.get(index).map_or("", |line| line.text);
    let kind = |index: usize| lines.get(index).map(|line| &line.kind);
    let mut tables = Vec::new();
    let mut rest = loose.iter().copied().peekable();
    while let Some(head) = rest.next() {
        let line = text(head);
        let Some(cmdlet) = stated.or_else(|| by_view(line)) else {
            continue;
        };
        let Some(headings) = headings(line, cmdlet) else {
            continue;
        };
        let mut found = Squeezed {
            head,
            headings,
            rows: Vec::new(),
            unread: Vec::new(),
            doubtful: Vec::new(),
        };
        let mut before = head;
        let mut usual: Option<usize> = None;
        while let Some(index) = rest.peek().copied() {
            let between = before.saturating_add(1)..index;
            let gap = between.len();
            if !between
                .into_iter()
                .all(|i| kind(i) == Some(&LineKind::Blank))
            {
                break;
            }
            if kind(index) != Some(&LineKind::Dashes) {
                let splits = cells(text(index), &found.headings).is_some();
                // Text follows a table behind a gap that no two rows have.
                if usual.is_some_and(|usual| gap > usual) {
                    break;
                }
                // A text goes on where a table would: its first line tells.
                let sentence = is_sentence(text(index));
                let line = text(index);
                let cells = ["...", "://", VERSION];
                let like_a_row = gap == 0
                    || line.contains(['{', '\\'])
                    || !sentence && cells.iter().any(|cell| line.contains(cell));
                // Behind one row alone a gap may as well end the table.
                if splits && sentence && found.rows.len() == 1 && gap > 0 {
                    found.doubtful.push(index);
                } else if splits && !sentence {
                    usual = Some(usual.map_or(gap, |usual| usual.min(gap)));
                    found.rows.push(index);
                } else if gap <= usual.unwrap_or(1) && (like_a_row || splits) {
                    found.unread.push(index);
                } else {
                    break;
                }
            }
            before = index;
            rest.next();
        }
        if !found.rows.is_empty() || !found.unread.is_empty() {
            tables.push((found, cmdlet));
        }
    }
    tables
}

/// Whether a line reads like a sentence, in which words that begin small follow
/// one another. No sentence has a list or the name of an object of a server.
#[must_use]
pub fn is_sentence(text: &str) -> bool {
    let small = |word: &str| word.starts_with(|c: char| c.is_lowercase());
    let words: Vec<&str> = text.split_whitespace().take(24).collect();
    let pairs = words.windows(2);
    !text.contains(['{', '\\'])
        && pairs
            .filter(|pair| pair.iter().all(|word| small(word)))
            .count()
            > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'a>(head: &'a str, cmdlet: &str, row: &'a str) -> Option<Vec<&'a str>> {
        let cmdlet = table().cmdlet(cmdlet).expect("known");
        cells(row, &headings(head, cmdlet)?)
    }

    #[test]
    fn cells_that_tell_themselves_are_split() {
        for (head, cmdlet, row, expected) in [
            (
                "Identity Bindings Enabled",
                "Get-ReceiveConnector",
                "HUB1\\Default Frontend HUB1 {[::]:25, 0.0.0.0:25} True",
                vec![
                    "HUB1\\Default Frontend HUB1",
                    "{[::]:25, 0.0.0.0:25}",
                    "True",
                ],
            ),
            (
                "Name AuthMechanism PermissionGroups RequireTLS",
                "Get-ReceiveConnector",
                "Relay for printers Tls, Integrated AnonymousUsers, Custom False",
                vec![
                    "Relay for printers",
                    "Tls, Integrated",
                    "AnonymousUsers, Custom",
                    "False",
                ],
            ),
            (
                "Enabled AuthMechanism Name",
                "Get-ReceiveConnector",
                "True Tls, BasicAuth Relay True",
                vec!["True", "Tls, BasicAuth", "Relay True"],
            ),
            (
                "Thumbprint Services Subject",
                "Get-ExchangeCertificate",
                "B8FFF722AAF9E4CFA055581061F6020C70BAC8AF ...W... CN=mail.contoso.com, O=Contoso",
                vec![
                    "B8FFF722AAF9E4CFA055581061F6020C70BAC8AF",
                    "...W...",
                    "CN=mail.contoso.com, O=Contoso",
                ],
            ),
            (
                "Thumbprint                 Services   Subject",
                "Get-ExchangeCertificate",
                "8490765C4C47***98EF9084A3B  I..WS..    CN=mail",
                vec!["8490765C4C47***98EF9084A3B", "I..WS..", "CN=mail"],
            ),
            (
                "Name ServerRole Site AdminDisplayVersion",
                "Get-ExchangeServer",
                "HUB1 Mailbox, HubTransport contoso.com/Configuration/Sites/New York Version 8.3 (Build 83.6)",
                vec![
                    "HUB1",
                    "Mailbox, HubTransport",
                    "contoso.com/Configuration/Sites/New York",
                    "Version 8.3 (Build 83.6)",
                ],
            ),
            (
                "Name Site ServerRole Edition AdminDisplayVersion",
                "Get-ExchangeServer",
                "EX1 contoso.com/Con... Mailbox,... Enterprise Version 15.1 (Bu...",
                vec![
                    "EX1",
                    "contoso.com/Con...",
                    "Mailbox,...",
                    "Enterprise",
                    "Version 15.1 (Bu...",
                ],
            ),
            (
                "Server InternalUrl ExternalUrl",
                "Get-OwaVirtualDirectory",
                "CAS1 https://cas1.contoso.com/owa https://mail.contoso.com/owa",
                vec![
                    "CAS1",
                    "https://cas1.contoso.com/owa",
                    "https://mail.contoso.com/owa",
                ],
            ),
            (
                "Server Name InternalUrl",
                "Get-OwaVirtualDirectory",
                "CAS1 owa (Default Web Site) https://cas1.contoso.com/owa",
                vec![
                    "CAS1",
                    "owa (Default Web Site)",
                    "https://cas1.contoso.com/owa",
                ],
            ),
            (
                "User ExtendedRights",
                "Get-ADPermission",
                "NT AUTHORITY\\ANONYMOUS LOGON {ms-Exch-SMTP-Submit}",
                vec!["NT AUTHORITY\\ANONYMOUS LOGON", "{ms-Exch-SMTP-Submit}"],
            ),
            (
                "Name SmartHosts RequireTLS",
                "Get-SendConnector",
                "To Internet {contoso-com.mail.pro... True",
                vec!["To Internet", "{contoso-com.mail.pro...", "True"],
            ),
        ] {
            assert_eq!(split(head, cmdlet, row), Some(expected), "{row}");
        }
    }

    #[test]
    fn tabs_part_the_cells_of_a_pasted_table() {
        let head = "Name\tServer\tInternalUrl";
        for (row, expected) in [
            (
                "owa (Default Web Site)\tEX1\t",
                Some(vec!["owa (Default Web Site)", "EX1", ""]),
            ),
            ("owa\tEX1", Some(vec!["owa", "EX1", ""])),
            (
                "owa\t\thttps://a/owa",
                Some(vec!["owa", "", "https://a/owa"]),
            ),
            ("owa\tEX1\tno address", None),
            ("owa\tEX1\thttps://a/owa\tmore", None),
        ] {
            assert_eq!(
                split(head, "Get-OwaVirtualDirectory", row),
                expected,
                "{row}"
            );
        }
    }

    #[test]
    fn a_row_that_can_be_split_in_several_ways_is_not() {
        for (head, cmdlet, row) in [
            // Two texts.
            (
                "Name Server",
                "Get-OwaVirtualDirectory",
                "owa (Default Web Site) EX1",
            ),
            // A cell is missing.
            (
                "Name RequireTLS TlsAuthLevel",
                "Get-SendConnector",
                "To Internet False",
            ),
            (
                "Identity Bindings Enabled",
                "Get-ReceiveConnector",
                "HUB1\\Relay {0.0.0.0:25}",
            ),
            (
                "Identity Bindings Enabled",
                "Get-ReceiveConnector",
                "{0.0.0.0:25} True",
            ),
            // One of the addresses is missing.
            (
                "Server InternalUrl ExternalUrl",
                "Get-OwaVirtualDirectory",
                "CAS1 https://cas1.contoso.com/owa",
            ),
            // An Edge server has no site.
            ("Name ServerRole Site", "Get-ExchangeServer", "EDGE1 Edge"),
            // Any sentence has two words.
            ("Server Name", "Get-OwaVirtualDirectory", "CAS1 owa"),
            // No heading.
            ("Identity and Bindings", "Get-ReceiveConnector", "a b"),
        ] {
            assert_eq!(split(head, cmdlet, row), None, "{row}");
        }
    }
}
