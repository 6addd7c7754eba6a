//! A first `exlint.toml` from what exports tell: servers, networks and firewalls
//! with where each was seen, and a question where nothing tells.

use std::fmt::Write;
use std::path::Path;

use super::text::printable;
use crate::estate::{Estate, EstateFirewall, Server, Strength, Zone};
use crate::finding::Run;
use crate::model::server::ROLES;
use crate::model::zone::ZONE_CLASSES;
use crate::source::Span;

/// The classes that a network may have, for comments.
fn classes() -> String {
    let ids: Vec<&str> = ZONE_CLASSES.iter().map(|(_, id)| *id).collect();
    ids.join(" ")
}

/// The roles that an Exchange server or another host may have, for comments.
fn possible_roles(exchange: bool) -> String {
    let of = ROLES
        .iter()
        .filter(|(role, _)| role.is_exchange() == exchange);
    let ids: Vec<&str> = of.map(|(_, id)| *id).collect();
    ids.join(" ")
}

/// The text of the file. `folder` is where it will stand: names of files are
/// relative to it.
#[must_use]
pub fn draft(run: &Run, folder: &Path) -> String {
    let draft = Draft { run, folder };
    let mut out = String::from(HEAD);
    for firewall in &run.estate.firewalls {
        draft.firewall(&mut out, firewall);
    }
    for zone in &run.estate.zones {
        draft.zone(&mut out, zone, &run.estate);
    }
    for server in &run.estate.servers {
        draft.server(&mut out, server);
    }
    out
}

const HEAD: &str = "\
# What the exports do not tell. Drafted by `exlint init --write` from the files
# here: each entry says where it was seen. Lines with `#?` are guesses or
# questions: correct them, and take the mark away.
# docs/configuration.md describes every key.

[exchange]
#? reference_date = 2013-06-03      # the day for which certificates are judged; today when left out
#? smtp_sources = [\"198.51.100.0/28\"] # the only senders of Internet mail, if a filter service is in front
";

struct Draft<'r> {
    run: &'r Run,
    folder: &'r Path,
}

impl Draft<'_> {
    fn firewall(&self, out: &mut String, firewall: &EstateFirewall) {
        let span = firewall.firewall.name.span;
        let Some(file) = self.run.sources.get(span.file) else {
            return;
        };
        let _ = write!(out, "\n[[firewall]]\nname = {}\n", quoted(&firewall.name));
        match self.relative(file.name()) {
            Some(name) => line(out, &format!("config = {}", quoted(&name)), ""),
            None => line(out, "#? config = \"\"", "its file, relative to this one"),
        }
        if !firewall.firewall.dynamic_routing.is_empty() {
            let why = "a captured `show route`: it learns routes";
            line(out, "#? routes = \"\"", why);
        }
    }

    fn zone(&self, out: &mut String, zone: &Zone, estate: &Estate) {
        let at: Vec<String> = zone
            .attachments
            .iter()
            .filter_map(|(firewall, interface)| {
                let firewall = estate.firewalls.get(usize::try_from(firewall.0).ok()?)?;
                let interfaces = &firewall.firewall.interfaces;
                let interface = interfaces.get(usize::try_from(interface.0).ok()?)?;
                Some(quoted(&format!(
                    "{}:{}",
                    firewall.name, interface.name.value
                )))
            })
            .collect();
        if at.is_empty() {
            return;
        }
        let name = zone.name.replace(':', "-");
        let _ = write!(out, "\n[[zone]]\nname = {}\n", quoted(&name));
        match zone.class {
            Some(class) if zone.strength <= Strength::Connected => {
                line(out, &format!("class = \"{}\"", class.id()), "");
            }
            Some(class) => line(out, &format!("#? class = \"{}\"", class.id()), &classes()),
            None => line(out, "#? class = \"\"", &classes()),
        }
        line(
            out,
            &format!("at = [{}]", at.join(", ")),
            &self.seen(zone.span),
        );
        let networks: Vec<String> = zone
            .networks
            .iter()
            .map(|network| quoted(&network.value.to_string()))
            .collect();
        if networks.is_empty() {
            line(out, "#? networks = []", "what lies behind it");
        } else {
            line(out, &format!("networks = [{}]", networks.join(", ")), "");
        }
    }

    fn server(&self, out: &mut String, server: &Server) {
        let kind = if server.exchange { "server" } else { "host" };
        let _ = write!(out, "\n[[{kind}]]\nname = {}\n", quoted(&server.name));
        let roles: Vec<String> = server
            .roles
            .iter()
            .map(|role| format!("\"{}\"", role.value.id()))
            .collect();
        match roles.as_slice() {
            [] => line(out, "#? roles = []", &possible_roles(server.exchange)),
            some => line(
                out,
                &format!("roles = [{}]", some.join(", ")),
                &self.seen(server.span),
            ),
        }
        if let Some(site) = &server.site {
            line(
                out,
                &format!("site = {}", quoted(&site.value)),
                &self.seen(site.span),
            );
        }
        let of = |sure: bool| -> Vec<String> {
            let known = server.addresses.iter();
            known
                .filter(|address| (address.strength <= Strength::Connected) == sure)
                .map(|address| quoted(&address.ip.to_string()))
                .collect()
        };
        let place = |sure: bool| {
            let mut known = server.addresses.iter();
            known
                .find(|address| (address.strength <= Strength::Connected) == sure)
                .map_or_else(String::new, |address| self.seen(address.span))
        };
        match (of(true).as_slice(), of(false).as_slice()) {
            ([], []) => line(out, "#? addresses = []", "no export tells its address"),
            ([], guessed) => {
                let text = format!("#? addresses = [{}]", guessed.join(", "));
                line(out, &text, &place(false));
            }
            (sure, _) => line(
                out,
                &format!("addresses = [{}]", sure.join(", ")),
                &place(true),
            ),
        }
    }

    /// Where a fact was seen.
    fn seen(&self, span: Span) -> String {
        let Some((file, at)) = self.run.sources.locate(span) else {
            return String::new();
        };
        let file = self.relative(file).unwrap_or_else(|| file.to_owned());
        format!("{file}:{}", at.line)
    }

    /// The name of a file from the folder on.
    fn relative(&self, name: &str) -> Option<String> {
        let here = self.folder.to_string_lossy().replace('\\', "/");
        let here = here.trim_start_matches("./").trim_end_matches('/');
        if here.is_empty() || here == "." {
            return (!name.starts_with('/')).then(|| name.to_owned());
        }
        let rest = name.strip_prefix(here)?.strip_prefix('/')?;
        Some(rest.to_owned())
    }
}

/// A line with what it rests on.
fn line(out: &mut String, text: &str, comment: &str) {
    let comment = printable(comment).replace('\n', " ");
    let _ = match comment.as_str() {
        "" => writeln!(out, "{text}"),
        comment => writeln!(out, "{text:<40} # {comment}"),
    };
}

/// A text as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn every_text_is_read_back_as_it_was() {
        for text in [
            "inner",
            "a\"b\\c",
            "zeile\nzwei",
            "\u{7f}\u{1b}[31m",
            "データ",
        ] {
            let toml = format!("name = {}", quoted(text));
            let read = toml::de::DeTable::parse(&toml).expect("TOML");
            let value = read.get_ref().get("name").expect("the key").get_ref();
            assert_eq!(value.as_str(), Some(text));
        }
    }
}
