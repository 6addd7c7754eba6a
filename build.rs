//! Prepares what the program would otherwise prepare at every start.
//!
//! YAML becomes JSON, which is read ten times as fast: the data path catalogue
//! and the METADATA of rules. The Rego of rules loses its comments, which are
//! two fifths of it; its lines keep their numbers. What each file can name is
//! listed beside it.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

#[path = "src/policy/block.rs"]
mod block;
#[path = "src/policy/words.rs"]
mod words;

const CATALOGUE: &str = "policies/catalogue/exchange-2007.yaml";
const POLICIES: &str = "policies";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    println!("cargo::rerun-if-changed={POLICIES}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/policy/block.rs");
    println!("cargo::rerun-if-changed=src/policy/words.rs");
    let catalogue = std::fs::read_to_string(CATALOGUE)?;
    write("exchange-2007.json", &json(&catalogue)?.to_string())?;
    let mut blocks = Map::new();
    for area in folders(Path::new(POLICIES))? {
        for folder in folders(&area)? {
            let rule = folder.join("rule.rego");
            let Ok(rego) = std::fs::read_to_string(&rule) else {
                continue;
            };
            // Of a block that is absent or broken the program tells why.
            let block = block::block(&rego).and_then(|(_, yaml)| json(&yaml).ok());
            policy(&rule, &rego, block.is_some())?;
            if let Some(block) = block {
                blocks.insert(name(&folder)?, block);
            }
        }
        for library in rego_files(&area)? {
            policy(&library, &std::fs::read_to_string(&library)?, true)?;
        }
    }
    write("metadata.json", &Value::from(blocks).to_string())
}

/// Writes a Rego file as the program holds it, and beside it the words in it
/// and the sections of `input` that it reads.
fn policy(file: &Path, rego: &str, without_comments: bool) -> Outcome {
    let name = format!("{POLICIES}/{}", name(file)?);
    let kept = |line| match without_comments && words::is_comment(line) {
        true => "\n".to_owned(),
        false => format!("{line}\n"),
    };
    write(&name, &rego.lines().map(kept).collect::<String>())?;
    let all: BTreeSet<_> = words::words(rego).collect();
    write(&format!("{name}.words"), &listed(all))?;
    let sections = words::sections(rego).map(|sections| sections.into_iter().collect());
    let sections = sections.map_or_else(
        || "None".to_owned(),
        |all| format!("Some({:?})", listed(all)),
    );
    write(&format!("{name}.sections"), &sections)
}

fn listed(words: BTreeSet<&str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// A path below the policies: `area/name`.
fn name(path: &Path) -> Outcome<String> {
    let name = path.strip_prefix(POLICIES)?;
    Ok(name.display().to_string().replace('\\', "/"))
}

fn folders(parent: &Path) -> Outcome<Vec<PathBuf>> {
    entries(parent, |path| path.is_dir())
}

fn rego_files(parent: &Path) -> Outcome<Vec<PathBuf>> {
    entries(parent, |path| {
        path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension == "rego")
    })
}

fn entries(parent: &Path, wanted: impl Fn(&Path) -> bool) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent)? {
        let path = entry?.path();
        if wanted(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn json(yaml: &str) -> Outcome<Value> {
    Ok(serde_norway::from_str(yaml)?)
}

fn write(name: &str, text: &str) -> Outcome {
    let file = Path::new(&std::env::var("OUT_DIR")?).join(name);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, text)?)
}
