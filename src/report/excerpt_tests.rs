use super::*;
use crate::finding::{Positions, bytes_in_line};
use crate::source::{SourceFile, Sources, Span};

struct Case {
    sources: Sources,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        for (name, text) in files {
            sources.add(|id| SourceFile::from_text(id, name, (*text).to_owned()));
        }
        Self { sources }
    }

    fn span(&self, file: usize, part: &str) -> Span {
        let file = self.sources.files().get(file).expect("file");
        let at = file.text().find(part).expect("part of the text");
        Span::of(file.id(), at..at + part.len())
    }

    /// Contents of each group as miette reads them: name, line, column, text.
    fn groups(&self, spans: &[Span], columns: usize) -> Vec<(String, usize, usize, String)> {
        let mut positions = Positions::new(&self.sources);
        let places: Vec<_> = spans
            .iter()
            .map(|span| positions.place(*span).expect("fits"))
            .collect();
        let sightings: Vec<_> = spans
            .iter()
            .zip(&places)
            .map(|(span, place)| {
                let file = self.sources.get(span.file).expect("file");
                Sighting {
                    file,
                    place,
                    bytes: bytes_in_line(file, *span),
                    label: "here",
                }
            })
            .collect();
        let excerpts = Excerpts::new(&sightings, columns);
        excerpts
            .labels()
            .iter()
            .map(|label| {
                let place = excerpts.read_span(label.inner(), 0, 0).expect("in a group");
                let whole = excerpts.read_span(label.inner(), 1, 1).expect("in a group");
                (
                    whole.name().unwrap_or_default().to_owned(),
                    place.line() + 1,
                    place.column() + 1,
                    String::from_utf8_lossy(whole.data()).into_owned(),
                )
            })
            .collect()
    }
}

#[test]
fn places_of_several_files_are_groups_of_their_own_and_the_primary_comes_first() {
    let case = Case::new(&[
        ("a.cfg", "one\ntwo\nthree\nfour\n"),
        ("b.txt", "Name : EDGE1\n"),
    ]);
    let groups = case.groups(&[case.span(1, "EDGE1"), case.span(0, "three")], 80);
    assert_eq!(
        groups,
        [
            ("b.txt".to_owned(), 1, 8, "Name : EDGE1\n".to_owned()),
            ("a.cfg".to_owned(), 3, 1, "three\n".to_owned()),
        ]
    );
}

#[test]
fn lines_that_touch_are_one_group() {
    let case = Case::new(&[("a.cfg", "one\ntwo\nthree\nfour\nfive\n")]);
    let groups = case.groups(&[case.span(0, "two"), case.span(0, "four")], 80);
    let texts: Vec<_> = groups.iter().map(|group| group.3.as_str()).collect();
    assert_eq!(texts, ["one\ntwo\nthree\nfour\n"; 2]);
}

#[test]
fn a_long_line_is_cut_around_the_label_and_keeps_its_true_column() {
    let line = format!(
        "{}permit ip any any{}\n",
        "x ".repeat(200),
        " y".repeat(200)
    );
    let case = Case::new(&[("a.cfg", &line)]);
    let groups = case.groups(&[case.span(0, "permit ip any any")], 80);
    let (_, line, column, text) = groups.first().expect("one group");
    assert_eq!((*line, *column), (1, 401));
    assert!(text.contains("permit ip any any"), "{text}");
    assert!(width(text.trim_end(), TAB) <= 76, "{text}");
    assert!(
        text.starts_with('…') && text.trim_end().ends_with('…'),
        "{text}"
    );
}

#[test]
fn a_secret_in_a_shown_line_is_masked_and_the_label_still_fits() {
    let case = Case::new(&[(
        "a.cfg",
        "snmp-server host inside 10.1.1.1 community s3cret version 2c\n",
    )]);
    let groups = case.groups(&[case.span(0, "version 2c")], 80);
    let text = &groups.first().expect("one group").3;
    assert!(
        !text.contains("s3cret") && text.contains("********"),
        "{text}"
    );
}
