use super::*;
use proptest::prelude::*;

#[test]
fn escape_sequences_and_bidirectional_overrides_become_visible() {
    assert_eq!(printable("a\u{1b}[31mb"), "a␛[31mb");
    assert_eq!(printable("a\u{202e}b\u{200b}"), "a<U+202E>b<U+200B>");
    assert_eq!(printable("境界 dmz"), "境界 dmz");
}

#[test]
fn offsets_follow_replacements() {
    let line = "a\u{7}b password hunter2 end";
    let safe = SafeLine::new(line, 0..1);
    assert_eq!(safe.text, "a␇b password ******** end");
    let end = line.find("end").expect("there");
    assert_eq!(safe.text.get(safe.offset(end)..), Some("end"));
    assert_eq!(safe.offset(line.len()), safe.text.len());
}

#[test]
fn a_cut_line_shows_the_focus_whole() {
    let line = format!("{}FOCUS{}", "a-".repeat(150), "b-".repeat(150));
    for columns in [20, 40, 76] {
        let safe = SafeLine::new(&line, 300..305).fit(300..305, columns, 4);
        assert!(width(&safe.text, 4) <= columns, "{}", safe.text);
        assert_eq!(
            safe.text.get(safe.offset(300)..safe.offset(305)),
            Some("FOCUS")
        );
    }
}

#[test]
fn a_focus_at_the_end_of_a_long_line_uses_the_whole_width() {
    let line = format!("{}FOCUS", "a-".repeat(150));
    let safe = SafeLine::new(&line, 300..305).fit(300..305, 40, 4);
    assert_eq!(width(&safe.text, 4), 39, "{}", safe.text);
}

#[test]
fn a_gigantic_line_costs_only_its_window() {
    let line = "x".repeat(50_000_000);
    let safe = SafeLine::new(&line, 25_000_000..25_000_005);
    assert!(safe.text.len() < 3 * WINDOW);
}

proptest! {
    #[test]
    fn nothing_that_a_terminal_obeys_gets_through(line in "[^\n\r]{0,200}", a in 0usize..400, b in 0usize..400, columns in 8usize..100) {
        let focus = a.min(b)..a.max(b);
        let safe = SafeLine::new(&line, focus.clone()).fit(focus.clone(), columns, 4);
        prop_assert!(safe.text.chars().all(|c| c == '\t' || is_harmless(c)));
        prop_assert!(width(&safe.text, 4) <= columns.max(2));
        let (from, to) = (safe.offset(focus.start), safe.offset(focus.end));
        prop_assert!(from <= to && to <= safe.text.len());
        prop_assert!(safe.text.get(from..to).is_some());
        let whole = printable(&line);
        prop_assert!(whole.chars().all(is_harmless));
    }
}

#[test]
fn a_wide_gap_is_shortened_and_the_name_before_it_stays() {
    let line = "  AuthMechanism                           : BasicAuth";
    let at = line.find("BasicAuth").expect("there");
    let focus = at..line.len();
    let safe = SafeLine::new(line, focus.clone()).collapse(focus.clone());
    assert_eq!(safe.text, "  AuthMechanism \u{2026} : BasicAuth");
    assert_eq!(
        &safe.text[safe.offset(focus.start)..safe.offset(focus.end)],
        "BasicAuth"
    );
    let short = SafeLine::new("Name : x", 7..8).collapse(7..8);
    assert_eq!(short.text, "Name : x");
}
