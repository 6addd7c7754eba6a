//! Turns what the program reads at every start from YAML into JSON, which is
//! read ten times as fast: the data path catalogue and the METADATA of rules.

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

#[path = "src/policy/block.rs"]
mod block;

const CATALOGUE: &str = "policies/catalogue/exchange-2007.yaml";
const POLICIES: &str = "policies";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    println!("cargo::rerun-if-changed={POLICIES}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/policy/block.rs");
    let catalogue = std::fs::read_to_string(CATALOGUE)?;
    write("exchange-2007.json", &json(&catalogue)?)?;
    write("metadata.json", &metadata()?.into())
}

/// The METADATA of every rule by its folder, `area/name`. A block that is
/// absent or broken is left out: the program tells why.
fn metadata() -> Outcome<Map<String, Value>> {
    let mut blocks = Map::new();
    for folder in folders(Path::new(POLICIES))?
        .iter()
        .map(|area| folders(area))
        .collect::<Outcome<Vec<_>>>()?
        .concat()
    {
        let Ok(rego) = std::fs::read_to_string(folder.join("rule.rego")) else {
            continue;
        };
        let value = block::block(&rego).and_then(|(_, yaml)| json(&yaml).ok());
        if let Some(value) = value {
            let name = folder.strip_prefix(POLICIES)?;
            let name = name.display().to_string().replace('\\', "/");
            blocks.insert(name, value);
        }
    }
    Ok(blocks)
}

fn folders(parent: &Path) -> Outcome<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn json(yaml: &str) -> Outcome<Value> {
    Ok(serde_norway::from_str(yaml)?)
}

fn write(name: &str, value: &Value) -> Outcome {
    let out = std::env::var("OUT_DIR")?;
    Ok(std::fs::write(
        Path::new(&out).join(name),
        value.to_string(),
    )?)
}
