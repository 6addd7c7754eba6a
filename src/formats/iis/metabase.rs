//! `metabase.xml` of IIS 6, whole or a part of it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::keys::Keys;
use super::settings::attribute;
use crate::formats::exchange::collect::Collector;
use crate::formats::{Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// Reads a file.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    let mut keys = Keys::default();
    if let Err(at) = read(file, &mut keys) {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the metabase is not well formed here, so nothing of it was read".to_owned(),
            hint: Some("export it again: iiscnfg /export".to_owned()),
            span: Span::of(file.id(), at..at),
        });
        return collector.finish();
    }
    keys.deliver(&mut collector);
    collector.finish()
}

fn read<'a>(file: &'a SourceFile, keys: &mut Keys<'a>) -> Result<(), usize> {
    let text = file.text();
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let before = before.min(text.len());
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth = depth.saturating_add(1);
                element(file, &tag, keys);
            }
            Ok(Event::Empty(tag)) => element(file, &tag, keys),
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if depth == 0 => return Ok(()),
            Ok(Event::Eof) => return Err(text.len()),
            Err(_) => return Err(before),
            Ok(_) => {}
        }
    }
}

fn element<'a>(file: &'a SourceFile, tag: &BytesStart<'_>, keys: &mut Keys<'a>) {
    let value = |name: &str| attribute(file, tag, name);
    if let Some((location, place)) = value("Location") {
        let is_site = tag.local_name().as_ref() == "IIsWebServer";
        keys.add(location, is_site, place, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{flags, list, named, records, text, value};
    use crate::model::exchange::Value;

    const METABASE: &str =
        "<configuration xmlns=\"urn:microsoft-catalog:XML_Metabase_V64_0\"><MBProperty>\r
<IIsWebService\tLocation =\"/LM/W3SVC\"\r
\t\tAuthFlags=\"AuthAnonymous\"\r
\t></IIsWebService>\r
<IIsWebServer\tLocation =\"/LM/W3SVC/1\"\r
\t\tServerComment=\"Default Web Site\"\r
\t\tServerBindings=\":80:\"\r
\t\tSecureBindings=\":443: \"\r
\t></IIsWebServer>\r
<IIsWebVirtualDir\tLocation =\"/LM/W3SVC/1/ROOT\"\r
\t\tAccessSSLFlags=\"AccessSSL | AccessSSL128 \"\r
\t\tPath=\"c:\\inetpub\\wwwroot\"\r
\t></IIsWebVirtualDir>\r
<IIsWebVirtualDir\tLocation =\"/LM/W3SVC/1/ROOT/Exchange\"\r
\t\tAuthFlags=\"AuthBasic | AuthNTLM\"\r
\t\tUserPass=\"49634462f0000000a4000000\"\r
\t></IIsWebVirtualDir>\r
<IIsWebVirtualDir\tLocation =\"/LM/W3SVC/1/ROOT/OAB\"\r
\t\tAccessSSLFlags=\"0\"\r
\t></IIsWebVirtualDir>\r
</MBProperty></configuration>\r
";

    #[test]
    fn keys_inherit_from_the_keys_above_them() {
        let document = parse(&named("CAS1_metabase.xml", METABASE));
        let found = records(&document);
        assert_eq!(found.len(), 3);
        let exchange = found[1];
        assert_eq!(value(exchange, "Site"), &text("Default Web Site"));
        assert_eq!(value(exchange, "Path"), &text("/Exchange"));
        assert_eq!(value(exchange, "SslFlags"), &flags(&["Ssl", "Ssl128"]));
        assert_eq!(
            value(exchange, "AnonymousAuthentication"),
            &Value::Bool(false)
        );
        assert_eq!(value(exchange, "WindowsAuthentication"), &Value::Bool(true));
        let bindings = list(&["http :80:", "https :443:"]);
        assert_eq!(value(exchange, "SiteBindings"), &bindings);
        let oab = found[2];
        assert_eq!(value(oab, "RequireSSL"), &Value::Bool(false));
        assert_eq!(value(oab, "AnonymousAuthentication"), &Value::Bool(true));
        assert!(!format!("{document:?}").contains("49634462"));
    }

    #[test]
    fn no_flag_of_tls_at_any_level_means_that_none_is_demanded() {
        let bare = METABASE.replace("AccessSSLFlags=\"AccessSSL | AccessSSL128 \"\r\n\t\t", "");
        let document = parse(&named("CAS1_metabase.xml", &bare));
        let exchange = records(&document)[1];
        assert_eq!(value(exchange, "Path"), &text("/Exchange"));
        assert_eq!(value(exchange, "RequireSSL"), &Value::Bool(false));
    }

    #[test]
    fn a_flag_of_tls_that_no_version_knows_leaves_it_open() {
        let odd = METABASE.replace("AccessSSL | AccessSSL128", "AccesSSL | AccessSSL128");
        let document = parse(&named("CAS1_metabase.xml", &odd));
        let exchange = records(&document)[1];
        assert!(matches!(value(exchange, "RequireSSL"), Value::Unusable(_)));
        assert!(matches!(value(exchange, "SslFlags"), Value::Unusable(_)));
    }

    #[test]
    fn a_part_without_the_keys_above_leaves_tls_open() {
        let bare = METABASE.replace("AccessSSLFlags=\"AccessSSL | AccessSSL128 \"\r\n\t\t", "");
        for key in ["/LM/W3SVC\"", "/LM/W3SVC/1\"", "/LM/W3SVC/1/ROOT\""] {
            let part = bare.replace(key, "/LM/OTHER\"");
            let document = parse(&named("CAS1_metabase.xml", &part));
            let found = records(&document);
            let exchange = found
                .iter()
                .find(|record| {
                    record
                        .text("Path")
                        .is_some_and(|(path, _)| path == "/Exchange")
                })
                .expect("the directory");
            assert_eq!(
                exchange.get("RequireSSL"),
                crate::model::exchange::Lookup::Absent,
                "{key}"
            );
        }
    }
}
