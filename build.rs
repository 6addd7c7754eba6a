//! Turns the data path catalogue into JSON, which is read ten times as fast as
//! YAML: the program does so at every start.

use std::error::Error;
use std::path::Path;

const CATALOGUE: &str = "policies/catalogue/exchange-2007.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    println!("cargo::rerun-if-changed=build.rs");
    let yaml = std::fs::read_to_string(CATALOGUE)?;
    let catalogue: serde_json::Value = serde_norway::from_str(&yaml)?;
    let out = std::env::var("OUT_DIR")?;
    let json = serde_json::to_string(&catalogue)?;
    Ok(std::fs::write(
        Path::new(&out).join("exchange-2007.json"),
        json,
    )?)
}
