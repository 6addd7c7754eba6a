//! Keys of the metabase: what each holds, and the applications in it.

use std::collections::HashSet;

use super::settings::{Application, Placed, Setting, Settings, add};
use crate::formats::exchange::collect::Collector;
use crate::source::Span;

/// Where sites stand.
const ROOT: &str = "/lm/w3svc";

/// Flags of `AccessSSLFlags` (id 6030) and what later versions call them.
pub const SSL_FLAGS: &[(&str, u32, &str)] = &[
    ("AccessSSL", 8, "Ssl"),
    ("AccessSSLNegotiateCert", 32, "SslNegotiateCert"),
    ("AccessSSLRequireCert", 64, "SslRequireCert"),
    ("AccessSSLMapCert", 128, "SslMapCert"),
    ("AccessSSL128", 256, "Ssl128"),
];

/// Flags of `AuthFlags` (id 6000).
pub const AUTHENTICATION_FLAGS: &[(&str, u32, Setting)] = &[
    ("AuthAnonymous", 1, Setting::Anonymous),
    ("AuthBasic", 2, Setting::Basic),
    ("AuthNTLM", 4, Setting::Windows),
    ("AuthMD5", 16, Setting::Digest),
];

/// A key of the metabase below a site.
struct Key<'a> {
    location: String,
    folder: Option<(&'a str, Span)>,
    span: Span,
}

/// A site.
struct Site<'a> {
    id: String,
    name: Option<&'a str>,
    bindings: Vec<Placed>,
}

/// The keys of a metabase, as far as they were read.
#[derive(Default)]
pub struct Keys<'a> {
    settings: Settings,
    keys: Vec<Key<'a>>,
    sites: Vec<Site<'a>>,
    /// All locations below `/LM/W3SVC` and itself, in small letters.
    seen: HashSet<String>,
}

impl<'a> Keys<'a> {
    /// Adds a key of a location (`/LM/W3SVC/1/ROOT/owa`); `value` gives its
    /// properties.
    pub fn add(
        &mut self,
        location: &str,
        is_site: bool,
        place: Span,
        value: impl Fn(&str) -> Option<(&'a str, Span)>,
    ) {
        let head = location.get(..ROOT.len());
        if !head.is_some_and(|head| head.eq_ignore_ascii_case(ROOT)) {
            return;
        }
        let own = location.trim_end_matches('/').to_ascii_lowercase();
        self.seen.insert(own);
        if let Some((flags, span)) = value("AccessSSLFlags") {
            let shown = ssl_flags(flags);
            self.settings.set(location, Setting::Ssl, shown, span);
        }
        if let Some((flags, span)) = value("AuthFlags") {
            for (name, number, setting) in AUTHENTICATION_FLAGS {
                let on = is_set(flags, name, *number);
                self.turn(location, *setting, on, span);
            }
        }
        let below = location.get(ROOT.len()..).unwrap_or_default();
        let site = below.trim_matches('/');
        if is_site && !site.is_empty() && !site.contains('/') {
            let bindings = [("http", "ServerBindings"), ("https", "SecureBindings")];
            let bindings = bindings.into_iter().flat_map(|(protocol, name)| {
                let (all, span) = value(name).unwrap_or(("", place));
                all.split_ascii_whitespace()
                    .map(move |binding| (format!("{protocol} {}", binding.trim_matches('"')), span))
            });
            self.sites.push(Site {
                id: site.to_owned(),
                name: value("ServerComment").map(|(name, _)| name),
                bindings: bindings.collect(),
            });
        } else if site.contains('/') {
            self.keys.push(Key {
                location: location.to_owned(),
                folder: value("Path"),
                span: place,
            });
        }
    }

    /// Notes whether a kind of authentication is on at a location.
    pub fn turn(&mut self, location: &str, setting: Setting, on: bool, span: Span) {
        let on = if on { "True" } else { "False" };
        self.settings.set(location, setting, on.to_owned(), span);
    }

    /// Notes flags that are stated one by one.
    pub fn demand(&mut self, location: &str, flags: &str, span: Span) {
        let shown = ssl_flags(flags);
        self.settings.set(location, Setting::Ssl, shown, span);
    }

    /// Whether the file has every key that a key can inherit from. Then flags of
    /// TLS that none of them states are 0 (Windows Server 2003, *AccessSSLFlags
    /// Metabase Property*: inheritable, default 0).
    fn knows_all_above(&self, location: &str) -> bool {
        let location = location.trim_end_matches('/').to_ascii_lowercase();
        let mut above = location.as_str();
        while above != ROOT {
            match above.rsplit_once('/') {
                Some((next, _)) if self.seen.contains(next) => above = next,
                _ => return false,
            }
        }
        true
    }

    /// Adds every application with what holds for it.
    pub fn deliver(&self, collector: &mut Collector<'a>) {
        for key in &self.keys {
            let below = key.location.get(ROOT.len()..).unwrap_or_default();
            let mut parts = below.trim_matches('/').splitn(3, '/');
            let (Some(id), Some(root)) = (parts.next(), parts.next()) else {
                continue;
            };
            if !root.eq_ignore_ascii_case("root") {
                continue;
            }
            let path = format!("/{}", parts.next().unwrap_or_default());
            let site = self.sites.iter().find(|site| site.id == id);
            let application = Application {
                site: site.and_then(|site| site.name).unwrap_or(id).to_owned(),
                site_id: Some((id.to_owned(), key.span)),
                path,
                place: key.location.clone(),
                folder: key.folder.map(|(folder, at)| (folder.to_owned(), at)),
                bindings: site.map(|site| site.bindings.clone()).unwrap_or_default(),
                span: key.span,
            };
            let known_above = self.knows_all_above(&key.location);
            let default = |setting| (setting == Setting::Ssl && known_above).then_some("None");
            add(&application, &self.settings, default, collector);
        }
    }
}

/// `AccessSSL | AccessSSL128` or `264` as `Ssl, Ssl128`. A text with any other
/// word stays as it is: it is no value of IIS 7, and so decides nothing.
fn ssl_flags(flags: &str) -> String {
    let mut words = flags.split('|').map(str::trim);
    let known = |word: &str| {
        let mut names = SSL_FLAGS.iter();
        word.is_empty() || names.any(|(name, ..)| name.eq_ignore_ascii_case(word))
    };
    if flags.trim().parse::<u32>().is_err() && !words.all(known) {
        return flags.trim().to_owned();
    }
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
