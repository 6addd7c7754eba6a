//! What the tests ask of the binary about one form.

use assert_cmd::Command;
use serde_json::Value;

/// Why a value is not known, as facts tell it.
pub const CUT: &str = "the export cut this value off";

pub const TYPE_NAME: &str =
    "the export shows the name of a .NET type instead of the value; export with Export-Clixml";

pub const AD_ONLY: &str =
    "the export was taken with -ADPropertiesOnly, which does not read this setting from IIS";

pub const BLACKED_OUT: &str = "the value was blacked out before the file reached exlint";

pub const DISAGREE: &str = "two exports disagree about this value";

pub const DER_ONLY: &str =
    "Export-Clixml holds only the certificate itself; run Get-ExchangeCertificate | fl";

/// What a command prints in JSON about one form.
pub fn run(command: &str, form: &str) -> Value {
    let mut exlint = Command::cargo_bin("exlint").expect("the binary is built");
    exlint.current_dir(env!("CARGO_MANIFEST_DIR")).arg(command);
    if command != "facts" {
        exlint.args(["--format", "json"]);
    }
    let output = exlint
        .arg(format!("fixtures/forms/{form}"))
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        panic!("{form}: {error}\n{complaint}")
    })
}

/// Objects by cmdlet and identity.
pub struct Facts(pub Value);

impl Facts {
    pub fn of(form: &str) -> Self {
        Self(run("facts", form))
    }

    pub fn objects(&self, cmdlet: &str) -> &[Value] {
        let objects = self.0.pointer("/objects").and_then(|all| all.get(cmdlet));
        objects.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn object(&self, cmdlet: &str, identity: &str) -> &Value {
        let mut found = self.objects(cmdlet).iter();
        let found = found.find(|object| object["identity"] == identity);
        found.unwrap_or_else(|| panic!("no {cmdlet} {identity}: {:#}", self.0["objects"]))
    }

    /// Asserts values of an object's properties.
    pub fn has(&self, cmdlet: &str, identity: &str, properties: &[(&str, Value)]) {
        let object = self.object(cmdlet, identity);
        for (name, value) in properties {
            assert_eq!(&object["properties"][name], value, "{identity} {name}");
        }
    }

    /// Asserts that properties are not known, and why; `why` of them all is the same.
    pub fn unknown(&self, cmdlet: &str, identity: &str, names: &[&str], why: &str) {
        let object = self.object(cmdlet, identity);
        for name in names {
            assert_eq!(object["unknown"][name], why, "{identity} {name}");
            let known = object["properties"].get(name);
            assert!(known.is_none(), "{identity} {name} is {known:?}");
        }
    }

    /// How often a cmdlet ran, and how many objects came of it.
    pub fn runs(&self, cmdlet: &str) -> Vec<u64> {
        let runs = self.0["runs"].as_array().expect("a list");
        let of = runs.iter().filter(|run| run["cmdlet"] == cmdlet);
        of.map(|run| run["count"].as_u64().expect("a number"))
            .collect()
    }

    pub fn server(&self, name: &str) -> &Value {
        let servers = self.0["servers"].as_array().expect("a list");
        let found = servers.iter().find(|server| server["name"] == name);
        found.unwrap_or_else(|| panic!("no server {name}: {servers:#?}"))
    }
}

/// The addresses of a server.
pub fn addresses(facts: &Facts, name: &str) -> Vec<String> {
    let addresses = facts.server(name)["addresses"].as_array().cloned();
    let addresses = addresses.unwrap_or_default();
    addresses
        .iter()
        .filter_map(|address| address["ip"].as_str().map(str::to_owned))
        .collect()
}

/// Asserts that coverage has nothing that exlint did not understand in a file.
pub fn assert_every_line_is_understood(form: &str, name: &str) {
    let coverage = run("coverage", form);
    let files = coverage["files"].as_array().expect("a list");
    let file = files.iter().find(|file| {
        file["file"]
            .as_str()
            .is_some_and(|path| path.ends_with(name))
    });
    let file = file.unwrap_or_else(|| panic!("{name} is no file of {form}"));
    assert!(!file["format"].is_null(), "{name} is recognised");
    assert_eq!(file["lines"]["unrecognised"], 0, "{file:#}");
}
