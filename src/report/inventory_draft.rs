//! A first `exlint.toml` from what exports tell: servers, networks and firewalls
//! with where each was seen, and a question where nothing tells.

use std::fmt::Write;
use std::path::Path;

use super::secrets::secret_ranges;
use super::text::{is_harmless, printable};
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
        let mut entry = String::new();
        draft.firewall(&mut entry, firewall);
        add(&mut out, &entry, !is_plain(&firewall.name));
    }
    for zone in &run.estate.zones {
        let mut entry = String::new();
        draft.zone(&mut entry, zone, &run.estate);
        // Under another name, and declared, a zone would count for more than
        // what the firewalls show of it.
        add(&mut out, &entry, true);
    }
    for server in &run.estate.servers {
        let mut entry = String::new();
        draft.server(&mut entry, server);
        // What other machines say of a host, the host itself may not.
        add(
            &mut out,
            &entry,
            !server.exchange || !is_plain(&server.name),
        );
    }
    out
}

/// Whether a name may stand in the file as it is: no secret, nothing that
/// cannot be seen.
fn is_plain(name: &str) -> bool {
    printable(name) == name
}

/// Adds an entry; as a question, with all its lines marked.
fn add(out: &mut String, entry: &str, question: bool) {
    for line in entry.lines() {
        let mark = match (question, line) {
            (true, line) if !line.is_empty() && !line.starts_with('#') => "#? ",
            _ => "",
        };
        let _ = writeln!(out, "{mark}{line}");
    }
}

const HEAD: &str = "\
# What the exports do not tell. Drafted by `exlint init --write` from the files
# here: each entry says where it was seen. Lines with `#?` are guesses or
# questions, and count for nothing: correct them, and take the mark away.
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
        // exlint sees these again in every run, with how sure they are; stated
        // here they would be all addresses that the machine has.
        let addresses: Vec<String> = server
            .addresses
            .iter()
            .map(|address| quoted(&address.ip.to_string()))
            .collect();
        let seen = server.addresses.first().map_or_else(
            || "no export tells its address".to_owned(),
            |first| self.seen(first.span),
        );
        let text = format!("#? addresses = [{}]", addresses.join(", "));
        line(out, &text, &seen);
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

/// A text as a basic string of TOML: secrets masked, and what cannot be seen
/// as its number.
fn quoted(text: &str) -> String {
    let mut masked = String::new();
    let mut at = 0usize;
    for secret in secret_ranges(text) {
        masked.push_str(text.get(at..secret.start).unwrap_or_default());
        masked.push_str("***");
        at = secret.end;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    let mut out = String::from('"');
    for letter in masked.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if is_harmless(letter) => out.push(letter),
            _ => {
                let _ = write!(out, "\\U{:08X}", u32::from(letter));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{add, is_plain, quoted};

    #[test]
    fn every_text_is_read_back_as_it_was() {
        for text in [
            "inner",
            "a\"b\\c",
            "zeile\nzwei",
            "\u{7f}\u{1b}[31m",
            "データ",
            "left\u{202e}right",
        ] {
            let toml = format!("name = {}", quoted(text));
            let read = toml::de::DeTable::parse(&toml).expect("TOML");
            let value = read.get_ref().get("name").expect("the key").get_ref();
            assert_eq!(value.as_str(), Some(text));
        }
    }
    #[test]
    fn what_cannot_be_seen_is_a_number_and_a_secret_is_masked() {
        assert_eq!(quoted("a\u{202e}b"), "\"a\\U0000202Eb\"");
        let name = "password s3cret-Word-1";
        assert!(!quoted(name).contains("s3cret"), "{}", quoted(name));
        assert!(!is_plain(name) && !is_plain("a\u{202e}b") && is_plain("fw-1"));
    }

    #[test]
    fn an_entry_in_question_has_no_line_that_counts() {
        let mut out = String::new();
        add(&mut out, "\n[[host]]\nname = \"a\"\n#? roles = []\n", true);
        assert_eq!(out, "\n#? [[host]]\n#? name = \"a\"\n#? roles = []\n");
    }
}
