//! Behaviour of the readers as a whole.

mod corpus;

use crate::formats::{Content, Document, LineState};
use crate::model::firewall::{Filter, Firewall};
use crate::source::{FileId, SourceFile};

use super::{FORMAT, FORMAT_NXOS};

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/edge.cfg", text)
}

fn read(text: &str) -> Document {
    (FORMAT.parse)(&file(text))
}

fn read_nexus(text: &str) -> Document {
    (FORMAT_NXOS.parse)(&file(text))
}

fn only(document: Document) -> Firewall {
    let mut all: Vec<Firewall> = document
        .content
        .into_iter()
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            _ => None,
        })
        .collect();
    assert_eq!(all.len(), 1, "one firewall");
    all.remove(0)
}

fn filter<'f>(firewall: &'f Firewall, name: &str) -> &'f Filter {
    firewall
        .filters
        .iter()
        .find(|filter| filter.name == name)
        .expect("the list is there")
}

fn states(text: &str) -> Vec<LineState> {
    read(text).ledger.states().to_vec()
}
