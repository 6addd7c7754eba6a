//! `applicationHost.config`, the effective configuration that `appcmd list
//! config` prints, and `web.config` of IIS 7 and later.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::settings::{Application, Placed, Provider, Setting, Settings, add, attribute};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span, floor};

/// Elements nest at most this deep.
const MAX_DEPTH: usize = 128;

/// An application or a virtual directory of a site.
#[derive(Debug)]
struct Directory<'a> {
    path: String,
    folder: Option<(&'a str, Span)>,
    span: Span,
}

/// A site while it is read.
#[derive(Debug, Default)]
struct Site<'a> {
    name: &'a str,
    id: Option<(&'a str, Span)>,
    bindings: Vec<Placed>,
    directories: Vec<Directory<'a>>,
    application: String,
}

struct State<'a> {
    file: &'a SourceFile,
    /// Names of the open elements.
    open: Vec<String>,
    /// Paths of the open `location` elements.
    locations: Vec<&'a str>,
    sites: Vec<Site<'a>>,
    settings: Settings<'a>,
    /// The first setting, for a file without sites.
    first: Option<Span>,
}

/// Reads a file.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    let mut state = State {
        file,
        open: Vec::new(),
        locations: Vec::new(),
        sites: Vec::new(),
        settings: Settings::default(),
        first: None,
    };
    if let Err(at) = read(&mut state) {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the configuration of IIS is not well formed here, so nothing of it was read"
                .to_owned(),
            hint: Some("IIS itself refuses such a file; export it again".to_owned()),
            span: Span::of(file.id(), at..at),
        });
        return collector.finish();
    }
    deliver(&state, &mut collector);
    collector.finish()
}

/// All elements; the offset of the fault where the XML is broken.
fn read(state: &mut State<'_>) -> Result<(), usize> {
    let text = state.file.text();
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let offset = |position: u64| floor(text, usize::try_from(position).unwrap_or(usize::MAX));
    loop {
        let before = offset(reader.buffer_position());
        let fault = || before;
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let span = Span::of(state.file.id(), before..offset(reader.buffer_position()));
                state.element(&tag, span);
                state.open.push(tag.local_name().as_ref().to_owned());
                if state.open.len() > MAX_DEPTH {
                    return Err(fault());
                }
            }
            Ok(Event::Empty(tag)) => {
                let span = Span::of(state.file.id(), before..offset(reader.buffer_position()));
                state.element(&tag, span);
                if tag.local_name().as_ref() == "location" {
                    state.locations.pop();
                }
            }
            Ok(Event::End(_)) => {
                if state.open.pop().as_deref() == Some("location") {
                    state.locations.pop();
                }
            }
            Ok(Event::Eof) if state.open.is_empty() => return Ok(()),
            Ok(Event::Eof) => return Err(text.len()),
            Err(_) => return Err(offset(reader.error_position()).max(before)),
            Ok(_) => {}
        }
    }
}

impl<'a> State<'a> {
    fn parent(&self) -> &str {
        self.open.last().map_or("", String::as_str)
    }

    fn location(&self) -> &'a str {
        self.locations.last().copied().unwrap_or("")
    }

    fn element(&mut self, tag: &BytesStart<'_>, span: Span) {
        let name = tag.local_name();
        let name = name.as_ref();
        let file = self.file;
        let value = |wanted: &str| attribute(file, tag, wanted);
        match (self.parent(), name) {
            (_, "location") => {
                let path = value("path").map_or("", |(path, _)| path.trim_matches('/'));
                self.locations.push(if path == "." { "" } else { path });
            }
            ("sites", "site") => self.sites.push(Site {
                name: value("name").map_or("", |(name, _)| name),
                id: value("id"),
                ..Site::default()
            }),
            ("site", "application") => {
                let path = value("path").map_or("/", |(path, _)| path);
                if let Some(site) = self.sites.last_mut() {
                    site.application = path.trim_end_matches('/').to_owned();
                }
            }
            ("application", "virtualDirectory") => {
                let (folder, path) = (value("physicalPath"), value("path"));
                let Some(site) = self.sites.last_mut() else {
                    return;
                };
                let below = path.map_or("", |(path, _)| path.trim_end_matches('/'));
                let path = format!("{}{below}", site.application);
                site.directories.push(Directory { path, folder, span });
            }
            ("bindings", "binding") => {
                let (Some((protocol, _)), Some((information, at)), Some(site)) = (
                    value("protocol"),
                    value("bindingInformation"),
                    self.sites.last_mut(),
                ) else {
                    return;
                };
                let binding = format!("{protocol} {information}");
                site.bindings.push((binding, at));
            }
            ("security", "access") => self.set(Setting::Ssl, value("sslFlags")),
            ("authentication", method) => {
                let setting = match method {
                    "anonymousAuthentication" => Setting::Anonymous,
                    "basicAuthentication" => Setting::Basic,
                    "digestAuthentication" => Setting::Digest,
                    "windowsAuthentication" => Setting::Windows,
                    "clientCertificateMappingAuthentication" => Setting::ClientCertificate,
                    _ => return,
                };
                self.set(setting, value("enabled"));
            }
            ("windowsAuthentication", "extendedProtection") => {
                self.set(Setting::ExtendedProtection, value("tokenChecking"));
            }
            ("providers", "clear" | "add" | "remove") => {
                let above = self.open.len().checked_sub(2);
                let of_windows = above.and_then(|at| self.open.get(at));
                if of_windows.map(String::as_str) != Some("windowsAuthentication") {
                    return;
                }
                let change = match (name, value("value")) {
                    ("clear", _) => Provider::Clear,
                    ("add", Some((provider, at))) => Provider::Add(provider, at),
                    ("remove", Some((provider, _))) => Provider::Remove(provider),
                    _ => return,
                };
                self.settings.change_providers(self.location(), change);
            }
            _ => {}
        }
    }

    fn set(&mut self, setting: Setting, value: Option<(&'a str, Span)>) {
        if let Some((value, span)) = value {
            self.first.get_or_insert(span);
            let location = self.location();
            self.settings.set(location, setting, value.to_owned(), span);
        }
    }
}

/// Every application and virtual directory of every site, then the folders
/// below them that have settings of their own.
fn deliver<'a>(state: &State<'a>, collector: &mut Collector<'a>) {
    let whole = !state.sites.is_empty();
    let default = |setting: Setting| setting.default().filter(|_| whole);
    let mut declared: Vec<String> = Vec::new();
    for site in &state.sites {
        for Directory { path, folder, span } in &site.directories {
            let application = Application {
                site: site.name.to_owned(),
                site_id: site.id.map(|(id, at)| (id.to_owned(), at)),
                path: if path.is_empty() {
                    "/".to_owned()
                } else {
                    path.clone()
                },
                place: format!("{}{path}", site.name),
                folder: *folder,
                bindings: site.bindings.clone(),
                span: *span,
            };
            declared.push(application.place.to_lowercase());
            add(&application, &state.settings, default, collector);
        }
    }
    declared.sort_unstable();
    let mut others: Vec<&str> = state
        .settings
        .paths()
        .filter(|path| !path.is_empty() && declared.binary_search(&(*path).to_owned()).is_err())
        .collect();
    others.sort_unstable();
    others.dedup();
    for place in others {
        let lower = |site: &&Site<'a>| {
            let name = site.name.to_lowercase();
            let rest = place.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let Some(site) = state.sites.iter().find(lower) else {
            continue;
        };
        let own = Setting::Ssl;
        let span = match state.settings.at(place, own) {
            Some((_, span)) => *span,
            None => continue,
        };
        let application = Application {
            site: site.name.to_owned(),
            site_id: site.id.map(|(id, at)| (id.to_owned(), at)),
            path: place.get(site.name.len()..).unwrap_or_default().to_owned(),
            place: place.to_owned(),
            folder: None,
            bindings: site.bindings.clone(),
            span,
        };
        add(&application, &state.settings, default, collector);
    }
    // A web.config or an effective configuration: its place is not in the file.
    if let (true, Some(span)) = (state.sites.is_empty(), state.first) {
        let (site, path) = place_of_file(state.file.name()).unwrap_or_default();
        let application = Application {
            site: site.to_owned(),
            site_id: None,
            path,
            place: String::new(),
            folder: None,
            bindings: Vec::new(),
            span,
        };
        add(&application, &state.settings, |_| None, collector);
    }
}

/// The site and path in the name of an effective configuration, as Microsoft's
/// support collector writes it: `Default Web Site_owa_EffectiveConfiguration.config`.
/// It is resolved already; a `web.config` is not, and is joined to nothing.
fn place_of_file(name: &str) -> Option<(&str, String)> {
    let base = name.rsplit(['/', '\\']).next()?;
    let stem = base.strip_suffix("_EffectiveConfiguration.config")?;
    let (site, application) = stem.rsplit_once('_')?;
    let site = site.rsplit_once('_').map_or(site, |(_, site)| site);
    Some((site, format!("/{application}")))
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
