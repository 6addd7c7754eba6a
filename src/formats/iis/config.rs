//! `applicationHost.config`, the effective configuration that `appcmd list
//! config` prints, and `web.config` of IIS 7 and later.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::configuration::{Change, Configuration, Kind, Site};
use super::reader::{Reading, Text, read};
use super::settings::{Application, Holds, Setting, add};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Content, Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// The end of the name of a file that `appcmd list config` wrote for Microsoft's
/// support collector.
const EFFECTIVE: &str = "_EffectiveConfiguration.config";

/// Reads a file.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    let place = |range| Span::of(file.id(), range);
    let text = Text {
        text: file.text(),
        place: &place,
    };
    let base = file.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let Some(mut configuration) = take(&text, &mut collector.problems) else {
        let mut document = collector.finish();
        if is_web_config(base) {
            let unread = unread((text.place)(0..text.text.len()), None, None);
            document.content.push(unread);
        }
        return document;
    };
    if configuration.kind == Kind::Web && base.ends_with(EFFECTIVE) {
        configuration.kind = Kind::Effective;
    }
    match configuration.kind {
        Kind::Host => {
            let settings = configuration.settings("");
            deliver(&configuration, &settings, settings.paths(), &mut collector);
        }
        Kind::Web | Kind::Effective => alone(&configuration, file.name(), &mut collector),
    }
    let mut document = collector.finish();
    let counts = match configuration.kind {
        Kind::Host => true,
        Kind::Web => !configuration.statements.is_empty(),
        Kind::Effective => false,
    };
    if counts {
        let configuration = Content::Iis(Box::new(configuration));
        document.content.push(configuration);
    }
    document
}

/// The place in IIS of a `web.config`, and its path on the server.
pub type Level = (String, Option<String>);

/// Reads a file of IIS whose text stands in another one: of which server it is, and
/// where it stands if it is a `web.config`.
pub fn embedded(
    file: &SourceFile,
    text: &str,
    place: &dyn Fn(std::ops::Range<usize>) -> Span,
    (host, level): (Option<&str>, Option<Level>),
    problems: &mut Vec<Problem>,
) -> Vec<Content> {
    let text = Text {
        text: text.trim_start_matches('\u{feff}'),
        place: &|range| {
            let mark = text
                .len()
                .saturating_sub(text.trim_start_matches('\u{feff}').len());
            place(range.start.saturating_add(mark)..range.end.saturating_add(mark))
        },
    };
    let Some(mut configuration) = take(&text, problems) else {
        let whole = (text.place)(0..text.text.len());
        let unread = level.map(|level| unread(whole, host, Some(level)));
        return unread.into_iter().collect();
    };
    configuration.host = host.map(Arc::from);
    if let Some((place, path)) = level {
        configuration.kind = Kind::Web;
        configuration.place = Some(place);
        configuration.path = path;
    }
    let mut contents = Vec::new();
    if configuration.kind == Kind::Host {
        let mut collector = Collector::new(file, "");
        let settings = configuration.settings("");
        deliver(&configuration, &settings, settings.paths(), &mut collector);
        let document = collector.finish();
        problems.extend(document.problems);
        for mut content in document.content {
            if let Content::Exchange(run) = &mut content {
                run.host.clone_from(&configuration.host);
                for record in &mut run.records {
                    record.host.clone_from(&configuration.host);
                }
            }
            contents.push(content);
        }
    }
    if configuration.kind == Kind::Host || !configuration.statements.is_empty() {
        contents.push(Content::Iis(Box::new(configuration)));
    }
    contents
}

/// Whether a file is a `web.config` by its name, or by that which Microsoft's support
/// collector gives to copies.
pub fn is_web_config(base: &str) -> bool {
    let lower = base.to_lowercase();
    lower == "web.config" || lower.ends_with("_web.config")
}

/// A `web.config` that is there and that was not read: it may state anything.
pub fn unread(whole: Span, host: Option<&str>, level: Option<Level>) -> Content {
    let (place, path) = level.map_or((None, None), |(place, path)| (Some(place), path));
    Content::Iis(Box::new(Configuration {
        kind: Kind::Web,
        host: host.map(Arc::from),
        place,
        path,
        sites: Vec::new(),
        statements: Vec::new(),
        registered: BTreeMap::new(),
        broken: true,
        span: whole,
    }))
}

/// Reads a text that is a file of IIS; `None`, with the reason among the
/// problems, where it is not well formed.
pub fn take(text: &Text<'_>, problems: &mut Vec<Problem>) -> Option<Configuration> {
    match read(text) {
        Ok(Reading {
            configuration,
            too_long,
        }) => {
            problems.extend(too_long.map(|span| Problem {
                level: ProblemLevel::Warning,
                message: "a path of more folders than IIS takes was not read".to_owned(),
                hint: None,
                span,
            }));
            Some(configuration)
        }
        Err(at) => {
            problems.push(Problem {
                level: ProblemLevel::Error,
                message:
                    "the configuration of IIS is not well formed here, so nothing of it was read"
                        .to_owned(),
                hint: Some("IIS itself refuses such a file; export it again".to_owned()),
                span: (text.place)(at..at),
            });
            None
        }
    }
}

/// Every application and virtual directory of every site, then the folders
/// below them that have settings of their own, which `own` gives.
pub fn deliver<'s>(
    configuration: &Configuration,
    settings: &dyn Holds,
    own: impl Iterator<Item = (&'s str, Span)>,
    collector: &mut Collector<'_>,
) {
    // Without sites nothing tells that the file is whole.
    let whole = !configuration.sites.is_empty();
    let default = |setting: Setting| setting.default().filter(|_| whole);
    let mut declared: HashSet<&str> = HashSet::new();
    let mut sites: HashMap<String, &Site> = HashMap::new();
    for site in &configuration.sites {
        sites.entry(site.name.to_lowercase()).or_insert(site);
    }
    for (site, directory) in configuration.directories() {
        let path = directory.path.as_str();
        let application = Application {
            site: site.name.clone(),
            site_id: site.id.clone(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            place: directory.place.clone(),
            folder: directory.folder.clone(),
            bindings: site.bindings.clone(),
            span: directory.span,
        };
        declared.insert(&directory.place);
        add(&application, settings, default, collector);
    }
    let mut others: BTreeMap<&str, Span> = BTreeMap::new();
    for (place, span) in own.filter(|(place, _)| !declared.contains(place)) {
        let known = others.entry(place).or_insert(span);
        *known = (*known).min(span);
    }
    for (place, span) in others {
        let Some((name, _)) = place.split_once('/') else {
            continue;
        };
        let Some(site) = sites.get(name) else {
            continue;
        };
        let application = Application {
            site: site.name.clone(),
            site_id: site.id.clone(),
            path: place.get(name.len()..).unwrap_or_default().to_owned(),
            place: place.to_owned(),
            folder: None,
            bindings: site.bindings.clone(),
            span,
        };
        add(&application, settings, default, collector);
    }
}

/// A `web.config` or an effective configuration: its place is not in the file.
fn alone(configuration: &Configuration, name: &str, collector: &mut Collector<'_>) {
    let values = |change: &Change| matches!(change, Change::Value(..));
    let mut statements = configuration.statements.iter();
    let Some(first) = statements.find(|statement| values(&statement.change)) else {
        return;
    };
    let place = (configuration.kind == Kind::Effective).then(|| place_of_file(name));
    let (site, path) = place.flatten().unwrap_or_default();
    let application = Application {
        site,
        site_id: None,
        path,
        place: String::new(),
        folder: None,
        bindings: Vec::new(),
        span: first.span,
    };
    add(
        &application,
        &configuration.settings(""),
        |_| None,
        collector,
    );
}

/// The site and path in the name of an effective configuration. Microsoft's
/// support collector writes site, application and virtual directory with `_` for
/// every `/`: `Default Web Site_owa__EffectiveConfiguration.config`. The name of
/// a server may stand before it.
fn place_of_file(name: &str) -> Option<(String, String)> {
    let base = name.rsplit(['/', '\\']).next()?;
    let stem = base.strip_suffix(EFFECTIVE)?;
    let (mut site, mut rest) = stem.split_once('_')?;
    if let Some((next, below)) = rest.split_once('_')
        && !site.contains(' ')
        && next.contains(' ')
    {
        (site, rest) = (next, below);
    }
    let folders = rest.split('_').filter(|folder| !folder.is_empty());
    let path: String = folders.map(|folder| format!("/{folder}")).collect();
    let path = if path.is_empty() {
        "/".to_owned()
    } else {
        path
    };
    Some((site.to_owned(), path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{at, flags, list, named, records, text, value};
    use crate::model::exchange::{Record, Value};

    const HOST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <system.applicationHost><sites>
    <site name="Default Web Site" id="1">
      <application path="/"><virtualDirectory path="/" physicalPath="C:\inetpub\wwwroot" /></application>
      <application path="/owa"><virtualDirectory path="/" physicalPath="C:\owa" /></application>
      <application path="/Rpc"><virtualDirectory path="/" physicalPath="C:\rpc" /></application>
      <bindings><binding protocol="http" bindingInformation="*:80:" /><binding protocol="https" bindingInformation="*:443:" /></bindings>
    </site>
  </sites></system.applicationHost>
  <system.webServer><security>
    <access sslFlags="None" />
    <authentication>
      <anonymousAuthentication enabled="true" />
      <basicAuthentication enabled="false" />
      <windowsAuthentication enabled="false"><providers><add value="Negotiate" /><add value="NTLM" /></providers></windowsAuthentication>
    </authentication>
  </security></system.webServer>
  <location path="Default Web Site"><system.webServer><security><access sslFlags="Ssl, Ssl128" /></security></system.webServer></location>
  <location path="Default Web Site/owa"><system.webServer><security><authentication>
    <basicAuthentication enabled="true" />
    <windowsAuthentication enabled="true"><extendedProtection tokenChecking="Allow" /></windowsAuthentication>
  </authentication></security></system.webServer></location>
  <location path="default web site/OWA/Calendar"><system.webServer><security><access sslFlags="None" /></security></system.webServer></location>
  <location path="Default Web Site"><system.webServer><security><authentication><anonymousAuthentication enabled="false" /></authentication></security></system.webServer></location>
  <location path="Default Web Site/Rpc"><system.webServer><security><access sslFlags="None" /></security></system.webServer></location>
</configuration>
"#;

    fn of<'r>(found: &[&'r Record], path: &str) -> &'r Record {
        let mut wanted = found.iter().filter(|record| {
            let known = record.text("Path").map(|(text, _)| text);
            known.is_some_and(|known| known.eq_ignore_ascii_case(path))
        });
        wanted.next().unwrap_or_else(|| panic!("no {path}"))
    }

    #[test]
    fn settings_are_inherited_and_places_given_twice_are_merged() {
        let file = named("EX1_applicationHost.config", HOST);
        let document = parse(&file);
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let found = records(&document);
        assert_eq!(found.len(), 4);
        let owa = of(&found, "/owa");
        assert_eq!(owa.cmdlet, Some("Get-WebApplication"));
        assert_eq!(value(owa, "SslFlags"), &flags(&["Ssl", "Ssl128"]));
        assert_eq!(value(owa, "RequireSSL"), &Value::Bool(true));
        assert_eq!(at(&file, owa, "SslFlags"), "Ssl, Ssl128");
        assert_eq!(value(owa, "AnonymousAuthentication"), &Value::Bool(false));
        assert_eq!(value(owa, "BasicAuthentication"), &Value::Bool(true));
        assert_eq!(value(owa, "SiteId"), &Value::Integer(1));
        assert_eq!(
            value(owa, "ExtendedProtectionTokenChecking"),
            &text("Allow")
        );
        let providers = list(&["Negotiate", "NTLM"]);
        assert_eq!(value(owa, "WindowsAuthenticationProviders"), &providers);
        let bindings = list(&["http *:80:", "https *:443:"]);
        assert_eq!(value(owa, "SiteBindings"), &bindings);
        for open in ["/Rpc", "/owa/Calendar"] {
            assert_eq!(value(of(&found, open), "RequireSSL"), &Value::Bool(false));
        }
        assert_eq!(
            value(of(&found, "/"), "BasicAuthentication"),
            &Value::Bool(false)
        );
    }

    #[test]
    fn an_effective_configuration_tells_its_place_by_its_name() {
        let config =
            "<system.webServer><security><access sslFlags=\"Ssl\" /></security></system.webServer>";
        let name = "IISConfigFiles.zip/Default Web Site_owa_EffectiveConfiguration.config";
        let document = parse(&named(name, config));
        let found = records(&document);
        assert_eq!(value(found[0], "Site"), &text("Default Web Site"));
        assert_eq!(value(found[0], "Path"), &text("/owa"));
        for (name, site, path) in [
            ("Default Web Site__", "Default Web Site", "/"),
            (
                "Default Web Site_owa_Calendar_",
                "Default Web Site",
                "/owa/Calendar",
            ),
            ("Exchange Back End__mapi", "Exchange Back End", "/mapi"),
            ("CAS1_Default Web Site_owa_", "Default Web Site", "/owa"),
        ] {
            let name = format!("{name}_EffectiveConfiguration.config");
            let document = parse(&named(&name, config));
            let found = records(&document);
            assert_eq!(value(found[0], "Site"), &text(site), "{name}");
            assert_eq!(value(found[0], "Path"), &text(path), "{name}");
            assert!(
                !document
                    .content
                    .iter()
                    .any(|c| matches!(c, Content::Iis(_)))
            );
        }
        let document = parse(&named("Default Web Site_owa_web.config", config));
        assert!(records(&document)[0].properties.get("Path").is_none());
    }

    #[test]
    fn a_file_that_is_not_well_formed_decides_nothing() {
        let broken = HOST.replace("</sites>", "</site>");
        let document = parse(&named("applicationHost.config", &broken));
        assert!(document.content.is_empty());
        let [problem] = document.problems.as_slice() else {
            panic!("{:?}", document.problems);
        };
        assert_eq!(problem.level, ProblemLevel::Error);
    }

    #[test]
    fn a_web_config_that_is_not_well_formed_may_state_anything() {
        for (name, opens) in [
            ("CAS1/C/x/web.config", true),
            ("Default Web Site_owa__Web.Config", true),
            ("applicationHost.config", false),
            ("web.config.bak", false),
        ] {
            let file = named(name, "<configuration><system.webServer><security>");
            let document = parse(&file);
            let broken = document.content.iter().any(|content| {
                matches!(content, Content::Iis(one) if one.broken && one.kind == Kind::Web)
            });
            assert_eq!(broken, opens, "{name}");
            assert_eq!(document.problems.len(), 1);
        }
    }

    #[test]
    fn what_the_parser_of_iis_refuses_is_not_read() {
        let web = |rest: &str| {
            format!(
                "<?xml version=\"1.0\"?><configuration><system.webServer><security>{rest}\
                 <access sslFlags=\"None\" /></security></system.webServer></configuration>"
            )
        };
        let good = web("<!-- a - b --><x a=\"&lt;&#65;\">&amp;<![CDATA[&]]></x>");
        let read = |text: &str| parse(&named("web.config", text));
        let document = read(&good);
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        assert_eq!(records(&document).len(), 1);
        let (head, root) = good.split_at(good.find("<configuration").expect("a root"));
        for bad in [
            web("<!-- a -- b -->"),
            web("a & b"),
            web("a &s; b"),
            web("<x a=\"&s;\" />"),
            web("<x a=\"a & b\" />"),
            web("<x a=\"1\" a=\"2\" />"),
            web("<x a=1 />"),
            format!("{good}{root}"),
            format!("{good}<configuration />"),
            format!("{good} text"),
            format!("{head}<!DOCTYPE c [<!ENTITY s \"Ssl\">]>{root}"),
        ] {
            let document = read(&bad);
            assert!(records(&document).is_empty(), "{bad}");
            let [problem] = document.problems.as_slice() else {
                panic!("{bad}: {:?}", document.problems);
            };
            assert_eq!(problem.level, ProblemLevel::Error);
        }
    }

    #[test]
    fn flags_that_the_schema_does_not_know_are_open() {
        for flags in ["Sssl", "8", "Ssl, Tls"] {
            let host = HOST.replace("Ssl, Ssl128", flags);
            let document = parse(&named("applicationHost.config", &host));
            let found = records(&document);
            for property in ["SslFlags", "RequireSSL"] {
                let Value::Unusable(told) = value(of(&found, "/owa"), property) else {
                    panic!("known: {flags}");
                };
                assert!(told.contains("sslFlags"), "{told}");
            }
        }
    }

    #[test]
    fn what_ftp_is_configured_with_is_no_setting_of_the_web() {
        let ftp = "<siteDefaults><ftpServer><security><authentication><basicAuthentication enabled=\"true\" />\
            </authentication></security></ftpServer></siteDefaults></sites>";
        let file = named("applicationHost.config", &HOST.replace("</sites>", ftp));
        let document = parse(&file);
        let rpc = of(&records(&document), "/Rpc");
        assert_eq!(value(rpc, "BasicAuthentication"), &Value::Bool(false));
    }

    #[test]
    fn a_section_in_another_file_or_encrypted_is_open() {
        for (hidden, why) in [
            ("configSource=\"access.config\"", "configSource"),
            ("configProtectionProvider=\"Rsa\"", "encrypted"),
        ] {
            let host = HOST.replace(
                "<access sslFlags=\"Ssl, Ssl128\" />",
                &format!("<access {hidden} />"),
            );
            let document = parse(&named("applicationHost.config", &host));
            let found = records(&document);
            for property in ["SslFlags", "RequireSSL"] {
                let Value::Unusable(told) = value(of(&found, "/owa"), property) else {
                    panic!("known");
                };
                assert!(told.contains(why), "{told}");
            }
        }
    }

    #[test]
    fn a_path_of_too_many_folders_is_told_and_counts_for_no_other() {
        let long = format!("Default Web Site{}", "/a".repeat(200));
        let host = HOST.replace("default web site/OWA/Calendar", &long);
        let document = parse(&named("applicationHost.config", &host));
        assert_eq!(records(&document).len(), 3);
        let [problem] = document.problems.as_slice() else {
            panic!("{:?}", document.problems);
        };
        assert_eq!(problem.level, ProblemLevel::Warning);
    }

    #[test]
    fn a_file_without_sites_shows_only_what_it_states() {
        let config = "<configuration><system.webServer><security><authentication>\
            <windowsAuthentication enabled=\"true\" /></authentication></security>\
            </system.webServer></configuration>";
        let document = parse(&named("web.config", config));
        let record = records(&document)[0];
        assert_eq!(value(record, "WindowsAuthentication"), &Value::Bool(true));
        assert!(record.properties.get("SslFlags").is_none());
        assert!(record.properties.get("Path").is_none());
    }
}
