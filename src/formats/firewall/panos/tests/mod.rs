//! The reader on collected files. What a configuration means is asked of the
//! engine, in `src/flow/tests/panos/`.

mod corpus;

use crate::source::{FileId, SourceFile};

#[test]
fn a_section_without_anything_in_it_is_understood() {
    let text = "<?xml version=\"1.0\"?>\n<config version=\"8.1.0\" urldb=\"paloaltonetworks\">\n  <shared/>\n  \
        <mgt-config></mgt-config>\n  <devices><entry name=\"localhost.localdomain\"><network/><vsys><entry name=\"vsys1\">\
        <address><entry name=\"a\"><ip-netmask>192.0.2.1</ip-netmask></entry></address></entry></vsys></entry></devices>\n</config>\n";
    let document = (super::FORMAT.parse)(&SourceFile::from_text(FileId(0), "pa.xml", text));
    assert_eq!(
        document.ledger.totals().unrecognised,
        0,
        "{:?}",
        document.ledger.notes()
    );
    let unknown = text.replace("<shared/>", "<shred/>");
    let document = (super::FORMAT.parse)(&SourceFile::from_text(FileId(0), "pa.xml", unknown));
    assert_eq!(document.ledger.totals().unrecognised, 1);
}
