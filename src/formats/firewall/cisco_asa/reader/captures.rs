//! Terminal captures: prompts, echoed commands, and the output of `show`.

use super::super::lex::Prompt;
use super::*;

impl<'c> Reader<'c> {
    /// Lines of `show` output that are no configuration.
    pub(super) fn output(&mut self, statement: &'c str, indented: bool) -> Option<Outcome> {
        if statement.contains("NAT Policies (Section") {
            self.section = Section::Nat;
        } else if statement.starts_with("Codes:") {
            self.section = Section::Routes;
            return Some(Outcome::IRRELEVANT);
        }
        match self.section {
            Section::Configuration => {
                if let Some(outcome) = self.shown_route(statement) {
                    return Some(outcome);
                }
                None
            }
            Section::Routes => {
                if statement.starts_with("Gateway of last resort")
                    || statement.starts_with("Routing Table")
                {
                    return Some(Outcome::IRRELEVANT);
                }
                if let Some(outcome) = self.shown_route(statement) {
                    return Some(outcome);
                }
                if statement.contains(" - ") {
                    return Some(Outcome::IRRELEVANT);
                }
                self.section = Section::Configuration;
                None
            }
            Section::Nat => {
                let word = Words::new(statement).next().unwrap_or_default();
                if !indented && number::<u32>(word).is_none() && commands::is_top_level(word) {
                    self.section = Section::Configuration;
                    return None;
                }
                Some(Outcome::not_modelled(
                    "`show nat` repeats the configuration in another form; give `show running-config nat` and the objects",
                ))
            }
            Section::Other => Some(Outcome::irrelevant(
                "output of a command that shows no configuration",
            )),
        }
    }

    pub(super) fn shown_route(&mut self, statement: &'c str) -> Option<Outcome> {
        let word = Words::new(statement).next()?;
        let code =
            word.len() <= 4 && word.starts_with(|c: char| c.is_ascii_uppercase() || c == '[');
        let metric = word.starts_with('[') && self.route.is_some();
        let pix = statement.ends_with(" static");
        if !code && !metric && !pix {
            return None;
        }
        routes::shown(&mut self.device, statement, &mut self.route)
    }

    /// The prompt tells the host, and in multi-context mode the context.
    pub(super) fn at_prompt(&mut self, prompt: &Prompt<'c>, text: &'c str) {
        self.host = Some(prompt.host.to_owned());
        if self.section != Section::Configuration && !prompt.typed.is_empty() {
            self.section = Section::Configuration;
        }
        if let Some(context) = prompt.context
            && self.device.context.as_deref() != Some(context)
        {
            self.enter_context(context, text);
        }
    }

    pub(super) fn enter_context(&mut self, context: &str, text: &'c str) {
        if self.device.configured {
            self.next_device(text);
        }
        self.device.context = Some(context.to_owned());
    }

    /// A command typed at a prompt, or echoed without one.
    pub(super) fn command(&mut self, typed: &'c str, text: &'c str) {
        self.leave();
        let mut words = Words::new(typed);
        let verb = words.next().unwrap_or_default();
        if verb == "changeto" {
            match (words.next(), words.next()) {
                (Some("context"), Some(name)) => self.enter_context(name, text),
                _ => self.enter_context("system", text),
            }
            return;
        }
        let shows = verb.starts_with("sh") || verb == "more" || verb.starts_with("wr");
        if !shows {
            return;
        }
        let subject = words.next().unwrap_or_default();
        let configuration = ["run", "start", "conf", "access-l", "name", "object", "t"];
        self.section = if configuration.iter().any(|known| subject.starts_with(known))
            || subject.contains("config")
            || subject.is_empty()
        {
            Section::Configuration
        } else if subject == "route" || subject == "ro" || subject == "rou" {
            Section::Routes
        } else if subject == "nat" {
            Section::Nat
        } else {
            Section::Other
        };
    }
}

/// `ca10ca21 44ae5901 00000001 4a68aa7e`: an entry of `show access-list
/// brief`.
pub(super) fn is_brief(statement: &str) -> bool {
    let mut words = Words::new(statement);
    let hash = |word: &str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let count = std::iter::from_fn(|| words.next())
        .take_while(|word| hash(word))
        .count();
    (3..=4).contains(&count) && words.is_empty()
}

/// Whether a line without a prompt is an echoed `show` command.
pub(super) fn is_show(statement: &str) -> bool {
    let mut words = Words::new(statement);
    matches!(words.next(), Some("show" | "sh" | "sho"))
        && words
            .next()
            .is_some_and(|word| !matches!(word, "level" | "mode"))
}
