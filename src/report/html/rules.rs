//! The pages of the rules that spoke.

use std::io;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::page::{Page, escape};
use super::section;
use crate::report::text::{printable, prose};

/// Writes the section.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    section(page, "rules", "html.rules")?;
    for rule in page.context.rules_that_spoke() {
        let meta = &rule.meta;
        let (id, name) = (printable(&meta.id), printable(&meta.name));
        write!(
            page.out,
            "<details class=\"page\" id=\"rule-{id}\"><summary><h3>{id} {name}</h3> <span class=\"title\">",
            id = escape(&id),
            name = escape(&name),
        )?;
        page.both(|words| prose(meta.title.get(words.language().is_japanese())))?;
        page.raw("</span></summary>\n")?;
        for words in page.languages {
            let code = words.language().code();
            let help = page.context.help(meta, words).unwrap_or_default();
            writeln!(page.out, "<div lang=\"{code}\">{}</div>", rendered(&help))?;
        }
        page.raw("</details>\n")?;
    }
    page.raw("</section>\n")
}

/// Markdown as HTML: markup in it is text, a picture is its description, and a
/// link leads nowhere but to another page on the Web.
fn rendered(markdown: &str) -> String {
    let mut dropped = Vec::new();
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let safe = dest_url.starts_with("https://") || dest_url.starts_with("http://");
                dropped.push(!safe);
                if !safe {
                    return None;
                }
                event
            }
            Event::End(TagEnd::Link) if dropped.pop() == Some(true) => return None,
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => Event::Start(Tag::Heading {
                level: below(level),
                id: None,
                classes,
                attrs,
            }),
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            Event::Start(Tag::CodeBlock(_)) => {
                Event::Html(CowStr::Borrowed("<pre tabindex=\"0\"><code>"))
            }
            Event::End(TagEnd::CodeBlock) => Event::Html(CowStr::Borrowed("</code></pre>\n")),
            other => other,
        })
    });
    let mut out = String::with_capacity(markdown.len().saturating_mul(2));
    html::push_html(&mut out, events);
    out
}

/// A heading of a page below those of ours.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_page_is_text() {
        let out = rendered("<script>x</script>\n\na <b>c</b> [d](javascript:e) ![f](http://g)");
        assert!(!out.contains("<script"), "{out}");
        assert!(!out.contains("<b>"), "{out}");
        assert!(!out.contains("javascript:"), "{out}");
        assert!(!out.contains("<img"), "{out}");
        assert!(out.contains("&lt;script&gt;"), "{out}");
    }

    #[test]
    fn headings_stand_below_those_of_the_page() {
        assert_eq!(rendered("## A"), "<h4>A</h4>\n");
    }
}
