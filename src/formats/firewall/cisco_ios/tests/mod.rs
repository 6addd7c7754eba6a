//! Behaviour of the readers as a whole.

mod corpus;
mod hostile;

use crate::formats::Document;
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
