//! Exports without a single character: `Export-Csv` and `ConvertTo-Json` write
//! nothing where a cmdlet returned nothing.
//!
//! Only the name of such a file can tell the cmdlet. A cmdlet that failed
//! leaves the same file, so the result is reported as one that the name tells.

use super::collect::Collector;
use super::naming;
use crate::formats::{Document, Evidence, Format};
use crate::source::{SourceFile, Span};

/// An empty file that is named after a cmdlet.
pub const EMPTY: Format = Format {
    id: "exchange-empty",
    title: "Exchange export without objects",
    detect,
    parse,
};

fn detect(file: &SourceFile) -> Option<Evidence> {
    let name = file.name().to_ascii_lowercase();
    let form = name.ends_with(".csv") || name.ends_with(".json");
    let empty = file.text().trim_matches(['\u{feff}', ' ', '\r', '\n']);
    if !form || !empty.is_empty() {
        return None;
    }
    let cmdlet = naming::cmdlet_of_file(file.name())?;
    Some(Evidence {
        strength: 60,
        what: format!("an empty file named after {}", cmdlet.name),
        span: Span::new(file.id(), 0, 0),
    })
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    collector.empty_by_name();
    collector.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Content;
    use crate::source::FileId;

    #[test]
    fn an_empty_csv_says_that_the_cmdlet_in_its_name_returned_nothing() {
        let file = SourceFile::from_text(FileId(0), "in/HUB1_EdgeSubscription.csv", "\r\n");
        assert!(detect(&file).is_some());
        let document = parse(&file);
        let [Content::Exchange(run)] = document.content.as_slice() else {
            panic!("{document:?}");
        };
        assert_eq!(run.cmdlet, Some("Get-EdgeSubscription"));
        assert_eq!(run.host.as_deref(), Some("HUB1"));
        assert!(run.records.is_empty());
    }

    #[test]
    fn other_empty_files_say_nothing() {
        for name in ["HUB1_EdgeSubscription_FL.TXT", "export.csv", "notes.json"] {
            let file = SourceFile::from_text(FileId(0), name, "");
            assert_eq!(detect(&file), None, "{name}");
        }
    }
}
