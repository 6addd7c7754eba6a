//! `exlint new rule NAME`: a folder with a rule, its pages and its tests, which
//! pass as they are.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::{Explained, Failure};
use super::outputs;
use super::session::Session;
use crate::policy::is_id;

/// The files of a rule, with `@ID@`, `@NAME@`, `@PACKAGE@` and `@TITLE@` to fill.
const FILES: [(&str, &str); 3] = [
    ("rule.rego", include_str!("new/rule.rego.txt")),
    ("rule.md", include_str!("new/rule.md.txt")),
    ("rule.ja.md", include_str!("new/rule.ja.md.txt")),
];

/// Options of `new`.
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// What to make.
    #[command(subcommand)]
    pub what: NewCommand,
}

/// What can be made.
#[derive(Debug, Clone, Subcommand)]
pub enum NewCommand {
    /// Write the folder of a rule: condition, pages in both languages, tests.
    Rule(NewRuleArgs),
}

/// Options of `new rule`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint new rule smart-host-not-ours
  exlint new rule smart-host-not-ours --id CO001 --into policies/mail
  exlint test rules                     runs its tests")]
pub struct NewRuleArgs {
    /// What is wrong, in words joined by hyphens.
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Id of the rule, two capital letters and three digits; the first free one
    /// from MY001 on when left out.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,

    /// Folder in which the folder of the rule is made.
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub into: PathBuf,
}

/// Runs the command.
pub fn run(session: &Session, args: &NewArgs) -> Result<u8, Failure> {
    let NewCommand::Rule(args) = &args.what;
    let words = session.words;
    let wrong = |key: &str, help: &str| {
        let given = args.id.as_deref().filter(|_| key == "new.id");
        let text = given.unwrap_or(&args.name);
        Failure::User(Explained::new(
            words.fill(key, &[("text", &text)]),
            &[words.get(help)],
        ))
    };
    if !is_name(&args.name) {
        return Err(wrong("new.name", "new.help-name"));
    }
    if args.id.as_deref().is_some_and(|id| !is_id(id)) {
        return Err(wrong("new.id", "new.help-id"));
    }
    let mut folders = session.global.policy.clone();
    folders.extend(args.into.is_dir().then(|| args.into.clone()));
    let known = crate::policies(&folders)
        .map_err(|error| session.run_error(error, &crate::Options::default()))?;
    let taken = |text: &str| known.find(text).is_some();
    let id = match &args.id {
        Some(id) => id.clone(),
        None => (1..=999)
            .map(|number| format!("MY{number:03}"))
            .find(|id| !taken(id))
            .unwrap_or_default(),
    };
    if let Some(text) = [&id, &args.name].into_iter().find(|text| taken(text)) {
        return Err(Failure::User(Explained::new(
            words.fill("new.taken", &[("text", text)]),
            &[words.get("error.help-rules")],
        )));
    }
    let folder = args.into.join(&args.name);
    write(&folder, &id, &args.name).map_err(|error| session.cannot_write(&folder, &error))?;
    let shown = folder.display();
    println!(
        "{}",
        words.fill("new.written", &[("folder", &shown), ("id", &id)])
    );
    Ok(0)
}

/// Writes the files; a folder that is there already stays as it is.
fn write(folder: &Path, id: &str, name: &str) -> std::io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::create_dir(folder)?;
    let written = fill(folder, id, name);
    if written.is_err() {
        // The half of it is ours.
        let _ = fs::remove_dir_all(folder);
    }
    written
}

/// Writes the files into a folder that is empty.
fn fill(folder: &Path, id: &str, name: &str) -> std::io::Result<()> {
    let title = name.replace('-', " ");
    for (file, template) in FILES {
        let text = template
            .replace("@ID@", id)
            .replace("@NAME@", name)
            .replace("@PACKAGE@", &name.replace('-', "_"))
            .replace("@TITLE@", &title);
        outputs::write_new(&folder.join(file), text.as_bytes())?;
    }
    Ok(())
}

/// Words in lower case joined by hyphens: the name becomes that of a package.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_words_joined_by_hyphens() {
        for good in ["smart-host-not-ours", "tls12", "a"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "1a", "../a", "a b", "ä"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
