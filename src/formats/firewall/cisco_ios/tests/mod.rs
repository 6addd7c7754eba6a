//! Behaviour of the readers as a whole.

mod corpus;
mod hostile;

use crate::formats::{Document, LineState};
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

#[test]
fn threat_inspection_on_an_interface_is_known_and_may_drop() {
    let text = "hostname r1\ninterface GigabitEthernet0/0/0\n ip address 192.0.2.1 255.255.255.0\n utd enable\n";
    let states = read(text).ledger.states().to_vec();
    assert_eq!(states.last(), Some(&LineState::NotModelled));
}
