//! `exlint explain`: the page of a rule.

use std::io::{self, Write};

use super::args::ExplainArgs;
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::policy::Policies;

/// Runs the command.
pub fn run(session: &Session, args: &ExplainArgs) -> Result<u8, Failure> {
    let policies = session.policies_here()?;
    // Nothing is printed when one of the names is wrong.
    let rules = args
        .rules
        .iter()
        .map(|name| {
            policies
                .find(name)
                .ok_or_else(|| unknown(session, &policies, name))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (index, rule) in rules.into_iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        session.human(&mut out, session.paint).explain(rule)?;
    }
    out.flush()?;
    Ok(0)
}

fn unknown(session: &Session, policies: &Policies, given: &str) -> Failure {
    let words = session.words;
    let wanted = given.to_lowercase();
    let near = policies
        .rules()
        .iter()
        .flat_map(|rule| [&rule.meta.id, &rule.meta.name])
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let mut help = Vec::new();
    if let Some((_, near)) = near {
        help.push(words.fill("error.help-nearest", &[("near", near)]));
    }
    help.push(words.get("error.help-rules").to_owned());
    Failure::User(Explained {
        message: words.fill("error.unknown-rule", &[("rule", &given)]),
        details: Vec::new(),
        help,
    })
}
