//! What could not be decided, with the commands that settle it.

use std::collections::BTreeMap;
use std::io;

use super::page::{Page, escape, spans};
use super::section;
use crate::report::told::ToldQuestion;

/// Writes the section.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    section(page, "undecided", "report.undecided")?;
    if run.undecided.is_empty() {
        page.raw("<p>")?;
        page.words("html.no-questions")?;
        return page.raw("</p>\n</section>\n");
    }
    commands(page)?;
    page.raw("<ul class=\"questions\">\n")?;
    for item in &run.undecided {
        let [english, japanese] = page
            .languages
            .map(|words| ToldQuestion::new(item, run, words));
        let rule = escape(&english.rule);
        write!(
            page.out,
            "<li><p><a class=\"rule\" href=\"#rule-{rule}\">{rule}</a> "
        )?;
        page.raw(&spans([english.message, japanese.message]))?;
        page.raw("</p>")?;
        if let Some(place) = english.places.first() {
            page.element("p", "place", &place.address())?;
        }
        for (english, japanese) in english.why.into_iter().zip(japanese.why) {
            page.raw("<p class=\"why\">")?;
            page.raw(&spans([english, japanese]))?;
            page.raw("</p>")?;
        }
        for (english, japanese) in english.settle.into_iter().zip(japanese.settle) {
            page.raw("<pre class=\"commands\">")?;
            page.raw(&spans([english, japanese]))?;
            page.raw("</pre>")?;
        }
        page.raw("</li>\n")?;
    }
    page.raw("</ul>\n</section>\n")
}

/// Writes every step once, with how many questions it settles: what somebody
/// does next.
fn commands(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    for step in run.undecided.iter().flat_map(|item| &item.settle) {
        let count = steps.entry(step).or_default();
        *count = count.saturating_add(1);
    }
    let mut steps: Vec<(&str, usize)> = steps.into_iter().collect();
    steps.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    page.raw("<details class=\"steps\" open><summary>")?;
    page.words("html.steps")?;
    page.raw("</summary>\n<table><tbody>\n")?;
    for (step, count) in steps {
        write!(page.out, "<tr><td class=\"number\">{count}</td><td><code>")?;
        page.both(|words| crate::report::text::prose(&words.phrase(step)))?;
        page.raw("</code></td></tr>\n")?;
    }
    page.raw("</tbody></table></details>\n")
}
