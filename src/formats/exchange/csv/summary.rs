//! Tables that scripts make of many objects: a server in each row, and in its
//! columns the properties of several cmdlets.
//!
//! Only what a cell shows becomes an object. An empty cell may mean an empty
//! property or an object that is not there, so it means nothing.

use super::header::{Header, columns_of};
use super::rows::Rows;
use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::collect::{Collector, Stated};
use crate::formats::exchange::record::RawProperty;
use crate::formats::exchange::value::Raw;
use crate::formats::{Document, Evidence};
use crate::source::{SourceFile, Span};

const DATA: &str = include_str!("summaries.txt");

/// Columns that a table must have to be one of these.
const ENOUGH: usize = 4;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
struct Column {
    cmdlet: &'static Cmdlet,
    property: &'static str,
    /// The value names the object and is no reason for one.
    names_object: bool,
}

fn column(name: &str) -> Option<Column> {
    DATA.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut parts = line.split('\t');
            let known = parts.next()?.eq_ignore_ascii_case(name);
            let (cmdlet, property) = (parts.next()?, parts.next()?);
            let named = property.strip_prefix('#');
            known.then_some(Column {
                cmdlet: table().cmdlet(cmdlet)?,
                property: named.unwrap_or(property),
                names_object: named.is_some(),
            })
        })
}

/// The head of such a table.
fn summary(text: &str) -> Option<Header<'_>> {
    let found = columns_of(text)?;
    let known = found.names.iter().flatten();
    let known = known.filter(|name| column(name).is_some()).count();
    (known >= ENOUGH).then_some(found)
}

/// Whether a file is such a table.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let found = summary(file.text())?;
    let first = found.names.iter().flatten().next()?;
    let last = found.names.iter().flatten().next_back()?;
    Some(Evidence {
        strength: 80,
        what: "columns of a summary of all servers".to_owned(),
        span: file.span_of(first)?.to(file.span_of(last)?),
    })
}

/// Reads such a table; `None` where it is none.
pub fn parse<'a>(file: &'a SourceFile, mut collector: Collector<'a>) -> Option<Document> {
    let found = summary(file.text())?;
    let columns: Vec<Option<Column>> = found.names.iter().map(|name| column((*name)?)).collect();
    let mut cmdlets: Vec<&'static Cmdlet> = Vec::new();
    for column in columns.iter().flatten() {
        if !cmdlets.iter().any(|known| known.name == column.cmdlet.name) {
            cmdlets.push(column.cmdlet);
        }
    }
    let head = Span::of(file.id(), found.place.clone());
    let stated: Vec<Stated> = cmdlets
        .iter()
        .map(|cmdlet| Stated {
            cmdlet,
            what: "columns of a summary of all servers".into(),
            span: head,
            certain: true,
        })
        .collect();
    let server = columns.iter().position(|column| {
        column.is_some_and(|c| c.names_object && c.cmdlet.name == "Get-ExchangeServer")
    });
    let mut rows = Rows::new(file.text(), found.place.end, found.delimiter);
    let mut cells = Vec::new();
    while let Some(place) = rows.next(&mut cells) {
        let span = Span::of(file.id(), place);
        if cells.len() > found.names.len() {
            collector.refuse("the row has more cells than there are columns", span);
            continue;
        }
        for stated in &stated {
            let mut properties: Vec<RawProperty<'a>> = Vec::new();
            let mut shows = false;
            for (column, cell) in columns.iter().zip(&cells) {
                let Some(column) = column.filter(|c| c.cmdlet.name == stated.cmdlet.name) else {
                    continue;
                };
                if !cell.text.is_empty() {
                    shows |= !column.names_object || Some(stated.cmdlet.name) == server_cmdlet();
                    properties.push(property(file, column.property, cell.text, span));
                }
            }
            if !shows {
                continue;
            }
            let of_server = stated.cmdlet.property("server").is_some();
            if of_server
                && let Some(name) = server.and_then(|at| cells.get(at))
                && !name.text.is_empty()
            {
                properties.insert(0, property(file, "Server", name.text, span));
            }
            collector.add(Some(stated), &properties, span);
        }
    }
    Some(collector.finish())
}

/// A server is an object by its name alone.
fn server_cmdlet() -> Option<&'static str> {
    table()
        .cmdlet("Get-ExchangeServer")
        .map(|cmdlet| cmdlet.name)
}

fn property<'a>(file: &'a SourceFile, name: &'a str, text: &'a str, row: Span) -> RawProperty<'a> {
    RawProperty {
        name,
        raw: Raw::Text(text.into()),
        span: file.span_of(text).unwrap_or(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{at, named, records, runs, text, value};

    const TABLE: &str = "ServerName,ServerVersion,OWAInternalURL,OWAExernalURL,EWSInternalURL,AutoDiscName,AutoDiscURI\n\
        EX1,Version 15.1 (Build 1531.3),https://ex1.contoso.com/owa,,,EX1,\n\
        EX2,Version 15.1 (Build 1531.3),,,https://ex2.contoso.com/ews/Exchange.asmx,EX2,https://ex2.contoso.com/Autodiscover/Autodiscover.xml\n";

    #[test]
    fn every_line_of_the_data_file_names_a_property() {
        let lines = DATA.lines().filter(|line| !line.starts_with('#'));
        for name in lines.filter_map(|line| line.split('\t').next()) {
            let column = column(name).expect(name);
            let lower = column.property.to_ascii_lowercase();
            assert!(column.cmdlet.property(&lower).is_some(), "{name}");
        }
    }

    #[test]
    fn a_row_holds_the_objects_that_its_cells_show() {
        let file = named("urls.csv", TABLE);
        assert!(detect(&file).is_some());
        let document = parse(&file, Collector::new(&file, "")).expect("a summary");
        let seen: Vec<_> = runs(&document)
            .iter()
            .map(|run| run.cmdlet.expect("known"))
            .collect();
        assert_eq!(
            seen,
            [
                "Get-ExchangeServer",
                "Get-OwaVirtualDirectory",
                "Get-ExchangeServer",
                "Get-WebServicesVirtualDirectory",
                "Get-ClientAccessServer",
            ]
        );
        let owa = records(&document)[1];
        assert_eq!(value(owa, "Server"), &text("EX1"));
        assert_eq!(at(&file, owa, "InternalUrl"), "https://ex1.contoso.com/owa");
        assert!(
            owa.properties.get("ExternalUrl").is_none(),
            "empty says nothing"
        );
    }
}
