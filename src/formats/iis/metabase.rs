//! `metabase.xml` of IIS 6, whole or a part of it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::settings::{Application, Placed, Setting, Settings, add, attribute};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// Where sites stand.
const ROOT: &str = "/lm/w3svc";

/// Flags of `AccessSSLFlags` (id 6030) and what later versions call them.
const SSL_FLAGS: &[(&str, u32, &str)] = &[
    ("AccessSSL", 8, "Ssl"),
    ("AccessSSLNegotiateCert", 32, "SslNegotiateCert"),
    ("AccessSSLRequireCert", 64, "SslRequireCert"),
    ("AccessSSLMapCert", 128, "SslMapCert"),
    ("AccessSSL128", 256, "Ssl128"),
];

/// Flags of `AuthFlags` (id 6000).
const AUTHENTICATION_FLAGS: &[(&str, u32, Setting)] = &[
    ("AuthAnonymous", 1, Setting::Anonymous),
    ("AuthBasic", 2, Setting::Basic),
    ("AuthNTLM", 4, Setting::Windows),
    ("AuthMD5", 16, Setting::Digest),
];

/// A key of the metabase below a site.
struct Key<'a> {
    location: &'a str,
    folder: Option<(&'a str, Span)>,
    span: Span,
}

/// A site.
struct Site<'a> {
    id: &'a str,
    name: &'a str,
    bindings: Vec<Placed>,
}

#[derive(Default)]
struct State<'a> {
    settings: Settings<'a>,
    keys: Vec<Key<'a>>,
    sites: Vec<Site<'a>>,
}

/// Reads a file.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    let mut state = State::default();
    if let Err(at) = read(file, &mut state) {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the metabase is not well formed here, so nothing of it was read".to_owned(),
            hint: Some("export it again: iiscnfg /export".to_owned()),
            span: Span::of(file.id(), at..at),
        });
        return collector.finish();
    }
    for key in &state.keys {
        let below = key.location.get(ROOT.len()..).unwrap_or_default();
        let mut parts = below.trim_start_matches('/').splitn(3, '/');
        let (Some(id), Some(root)) = (parts.next(), parts.next()) else {
            continue;
        };
        if !root.eq_ignore_ascii_case("root") {
            continue;
        }
        let path = format!("/{}", parts.next().unwrap_or_default());
        let site = state.sites.iter().find(|site| site.id == id);
        let application = Application {
            site: site.map_or(id, |site| site.name),
            site_id: file.span_of(id).map(|span| (id, span)),
            path,
            place: key.location.to_owned(),
            folder: key.folder,
            bindings: site.map(|site| site.bindings.clone()).unwrap_or_default(),
            span: key.span,
        };
        add(&application, &state.settings, None, &mut collector);
    }
    collector.finish()
}

fn read<'a>(file: &'a SourceFile, state: &mut State<'a>) -> Result<(), usize> {
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
                state.element(file, &tag);
            }
            Ok(Event::Empty(tag)) => state.element(file, &tag),
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if depth == 0 => return Ok(()),
            Ok(Event::Eof) => return Err(text.len()),
            Err(_) => return Err(before),
            Ok(_) => {}
        }
    }
}

impl<'a> State<'a> {
    fn element(&mut self, file: &'a SourceFile, tag: &BytesStart<'_>) {
        let value = |name: &str| attribute(file, tag, name);
        let Some((location, place)) = value("Location") else {
            return;
        };
        let head = location.get(..ROOT.len());
        if !head.is_some_and(|head| head.eq_ignore_ascii_case(ROOT)) {
            return;
        }
        if let Some((flags, span)) = value("AccessSSLFlags") {
            let shown = ssl_flags(flags);
            self.settings.set(location, Setting::Ssl, shown, span);
        }
        if let Some((flags, span)) = value("AuthFlags") {
            for (name, number, setting) in AUTHENTICATION_FLAGS {
                let on = if is_set(flags, name, *number) {
                    "True"
                } else {
                    "False"
                };
                self.settings.set(location, *setting, on.to_owned(), span);
            }
        }
        let below = location.get(ROOT.len()..).unwrap_or_default();
        let site = below.trim_start_matches('/');
        if tag.local_name().as_ref() == "IIsWebServer" && !site.contains('/') {
            let bindings = [("http", "ServerBindings"), ("https", "SecureBindings")];
            let bindings = bindings.into_iter().flat_map(|(protocol, name)| {
                let (all, span) = value(name).unwrap_or(("", place));
                let all = all.split_ascii_whitespace();
                all.map(move |binding| (format!("{protocol} {binding}"), span))
            });
            self.sites.push(Site {
                id: site,
                name: value("ServerComment").map_or(site, |(name, _)| name),
                bindings: bindings.collect(),
            });
        } else if site.contains('/') {
            self.keys.push(Key {
                location,
                folder: value("Path"),
                span: place,
            });
        }
    }
}

/// `AccessSSL | AccessSSL128` or `264` as `Ssl, Ssl128`.
fn ssl_flags(flags: &str) -> String {
    let set = SSL_FLAGS
        .iter()
        .filter(|(name, number, _)| is_set(flags, name, *number));
    let names: Vec<&str> = set.map(|(_, _, later)| *later).collect();
    if names.is_empty() {
        "None".to_owned()
    } else {
        names.join(", ")
    }
}

fn is_set(flags: &str, name: &str, number: u32) -> bool {
    if let Ok(all) = flags.trim().parse::<u32>() {
        return all & number == number;
    }
    flags
        .split('|')
        .any(|flag| flag.trim().eq_ignore_ascii_case(name))
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
}
