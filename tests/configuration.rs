//! The JSON Schema of `exlint.toml` agrees with what the program reads, and
//! `docs/configuration.md` says what the schema says. Run with `EXLINT_WRITE=1`
//! to write the page anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use exlint::formats::inventory;
use exlint::source::{FileId, SourceFile};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Value {
    let text = std::fs::read_to_string(root().join("schemas/config.schema.json")).expect("there");
    serde_json::from_str(&text).expect("JSON")
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .expect("a small number")
            .into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().expect("a number").into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => object(table),
    }
}

fn object(table: &DeTable<'_>) -> Value {
    let entries = table.iter().map(|(key, value)| {
        let key = key.get_ref().as_ref().to_owned();
        (key, json(value.get_ref()))
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

/// What the schema finds wrong with a text.
fn wrong(text: &str) -> Vec<String> {
    let table = DeTable::parse(text).expect("TOML");
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    validator
        .iter_errors(&object(table.get_ref()))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// What the program finds wrong with a text.
fn problems(text: &str) -> Vec<String> {
    let file = SourceFile::from_text(FileId(0), "exlint.toml", text);
    let document = (inventory::FORMAT.parse)(&file);
    let problems = document.problems.into_iter();
    problems.map(|problem| problem.message).collect()
}

/// The fenced blocks of a page that are whole configurations.
fn blocks(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).expect("a page");
    let parts = text.split("```toml\n").skip(1);
    parts
        .filter_map(|part| Some(part.split_once("\n```")?.0.to_owned()))
        .collect()
}

#[test]
fn every_configuration_of_the_fixtures_and_pages_keeps_to_the_schema() {
    let mut texts = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("fixtures"))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "exlint.toml")
    {
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        texts.push((entry.path().display().to_string(), text));
    }
    assert!(texts.len() >= 10);
    for page in ["docs/inventory.md", "docs/exceptions.md", "README.md"] {
        let blocks = blocks(page).into_iter();
        texts.extend(blocks.map(|text| (page.to_owned(), text)));
    }
    for (name, text) in texts {
        assert_eq!(wrong(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    for text in [
        "fail_on = \"warnings\"\n",
        "profil = \"strict\"\n",
        "[rules]\nFU005 = \"fatal\"\n",
        "[[exception]]\nrule = \"FU005\"\nobject = \"edge1\"\n",
        "[[exception]]\nrule = \"FU005\"\nreason = \"x\"\n",
        "[[allowed_flow]]\nfrom = \"a\"\nto = \"b\"\n",
        "[[server]]\nname = \"a\"\nroles = [\"dc\"]\n",
        "[[zone]]\nname = \"a\"\nclass = \"dmz\"\n",
        "[[suppress]]\nrule = \"FU005\"\n",
    ] {
        assert!(!wrong(text).is_empty(), "the schema accepts {text}");
        assert!(!problems(text).is_empty(), "the program accepts {text}");
    }
}

/// The table of a section, with whether it may be there several times.
fn section(value: &Value) -> Option<(&Map<String, Value>, bool)> {
    match value.get("properties").and_then(Value::as_object) {
        Some(properties) => Some((properties, false)),
        None => {
            let items = value.get("items")?.get("properties")?;
            Some((items.as_object()?, true))
        }
    }
}

#[test]
fn the_program_knows_every_key_of_the_schema() {
    let schema = schema();
    for (name, value) in schema["properties"].as_object().expect("properties") {
        let Some((keys, repeated)) = section(value) else {
            let unknown = problems(&format!("{name} = 0\n"));
            assert!(
                unknown.iter().all(|problem| !problem.contains("has no")),
                "{name}: {unknown:?}"
            );
            continue;
        };
        let header = if repeated {
            format!("[[{name}]]")
        } else {
            format!("[{name}]")
        };
        for key in keys.keys() {
            // Without a name, the rest of an entry is not read.
            let named = match key.as_str() {
                "name" => "",
                _ => "name = \"x\"\n",
            };
            let unknown = problems(&format!("{header}\n{named}{key} = 0\n"));
            let told = format!("has no key `{key}`");
            assert!(
                unknown.iter().all(|problem| !problem.contains(&told)),
                "{header} {key}: {unknown:?}"
            );
        }
    }
}

/// The form of a value in words.
fn form(value: &Value) -> String {
    if let Some(name) = value.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return match name {
            "port" => "port".to_owned(),
            other => format!("[{other}](#value-{other})"),
        };
    }
    if let Some(words) = value.get("enum").and_then(Value::as_array) {
        let words = words.iter().filter_map(Value::as_str);
        return words
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(" ");
    }
    if value.get("anyOf").is_some() {
        return "text or list of texts".to_owned();
    }
    match value.get("type").and_then(Value::as_str) {
        Some("array") => format!("list of {}", form(&value["items"])),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "number".to_owned(),
        _ => "text".to_owned(),
    }
}

fn row(key: &str, value: &Value, required: bool) -> String {
    let mut told = value["description"].as_str().unwrap_or_default().to_owned();
    if let Some(default) = value.get("default") {
        let _ = write!(
            told,
            " Default: `{}`.",
            default.to_string().trim_matches('"')
        );
    }
    if let Some(example) = value.get("examples").and_then(|all| all.get(0)) {
        let _ = write!(told, " Example: `{example}`.");
    }
    let mark = if required { " (required)" } else { "" };
    format!("| `{key}`{mark} | {} | {told} |\n", form(value))
}

fn page() -> String {
    let schema = schema();
    let properties = schema["properties"].as_object().expect("properties");
    let mut page = String::from(
        "# Configuration: every key of `exlint.toml`\n\n\
         This page is made from [the JSON Schema](../schemas/config.schema.json), which\n\
         `exlint config --schema` prints. [Writing `exlint.toml`](inventory.md) shows a whole\n\
         file, [Exceptions and baselines](exceptions.md) what hides findings.\n\n\
         exlint takes the nearest `exlint.toml` from the first given path upwards; `--config FILE`\n\
         names another, and `-v` tells which was taken. The command line wins over environment\n\
         variables, these over the file, the file over the profile. `exlint config --show` prints\n\
         every value with its origin. A key that is not known is an error with the nearest name.\n\n\
         | Option | Environment variable |\n|---|---|\n",
    );
    for (option, variable) in [
        ("--config", "EXLINT_CONFIG"),
        ("--profile", "EXLINT_PROFILE"),
        ("--select", "EXLINT_SELECT"),
        ("--ignore", "EXLINT_IGNORE"),
        ("--severity", "EXLINT_SEVERITY"),
        ("--fail-on", "EXLINT_FAIL_ON"),
        ("--min-confidence", "EXLINT_MIN_CONFIDENCE"),
        ("--no-suppressions", "EXLINT_NO_SUPPRESSIONS"),
        ("--show-suppressed", "EXLINT_SHOW_SUPPRESSED"),
        ("--baseline", "EXLINT_BASELINE"),
        ("--reference-date", "EXLINT_REFERENCE_DATE"),
        ("--lang", "EXLINT_LANG"),
        ("--color", "EXLINT_COLOR"),
    ] {
        let _ = writeln!(page, "| `{option}` | `{variable}` |");
    }
    page.push_str(
        "\nA variable that is empty counts as unset. `EXLINT_NO_SUPPRESSIONS` and\n\
         `EXLINT_SHOW_SUPPRESSED` take yes and no as people write them: `1`, `true`, `yes`, `on`,\n\
         `0`, `false`, `no`, `off`. What is wrong with a value is told of the variable that has it.\n",
    );
    page.push_str("\n## Before the first section\n\n| Key | Value | Meaning |\n|---|---|---|\n");
    for (name, value) in properties {
        if section(value).is_none() && name != "rules" {
            page.push_str(&row(name, value, false));
        }
    }
    page.push_str(
        "\nThe profiles:\n\n\
         | | `default` | `auditor` | `strict` |\n|---|---|---|---|\n\
         | `fail_on` | `warning` | `note` | `note` |\n\
         | `min_confidence` | `derived` | `derived` | `derived` |\n\
         | exceptions that are heeded | all | all | those that end within a year |\n\
         | what is hidden is listed | no | yes | no |\n\
         | exit code 3 when a rule lacks data | no | no | yes |\n",
    );
    let rules = &properties["rules"];
    let _ = write!(
        page,
        "\n## `[rules]`\n\n{}\n\n```toml\n[rules]\n",
        rules["description"].as_str().unwrap_or_default()
    );
    for example in rules["examples"].as_array().into_iter().flatten() {
        let _ = writeln!(page, "{}", example.as_str().unwrap_or_default());
    }
    page.push_str("```\n\n| Key | Value | Meaning |\n|---|---|---|\n");
    let table = &rules["additionalProperties"]["anyOf"][1];
    for (key, value) in table["properties"].as_object().expect("keys") {
        page.push_str(&row(key, value, false));
    }
    let _ = writeln!(
        page,
        "| any other | number, text, list | {} |",
        table["additionalProperties"]["description"]
            .as_str()
            .unwrap_or_default()
    );
    page.push_str(&parameters());
    for (name, value) in properties {
        let Some((keys, repeated)) = section(value) else {
            continue;
        };
        let header = if repeated {
            format!("[[{name}]]")
        } else {
            format!("[{name}]")
        };
        let _ = write!(
            page,
            "\n## `{header}`\n\n{}\n\n| Key | Value | Meaning |\n|---|---|---|\n",
            value["description"].as_str().unwrap_or_default()
        );
        let owner = if repeated { &value["items"] } else { value };
        let required = owner.get("required").and_then(Value::as_array);
        for (key, value) in keys {
            let needed = required.is_some_and(|all| all.iter().any(|known| known == key));
            page.push_str(&row(key, value, needed));
        }
    }
    for (name, value) in schema["$defs"].as_object().expect("forms") {
        if name == "port" {
            continue;
        }
        let examples = value["examples"].as_array().into_iter().flatten();
        let examples: Vec<String> = examples.map(|example| format!("`{example}`")).collect();

        let _ = write!(
            page,
            "\n<a id=\"value-{name}\"></a>\n\n## Values: {name}\n\n{} For example {}.\n",
            value["description"].as_str().unwrap_or_default(),
            examples.join(", ")
        );
    }
    page
}

/// The parameters of the built-in rules.
fn parameters() -> String {
    let catalogue = exlint::model::path::exchange_2007().expect("the embedded catalogue");
    let policies = exlint::policy::Policies::built_in(catalogue);
    let mut text = String::from(
        "\nThe parameters of the built-in rules:\n\n\
         | Rule | Parameter | Default | Meaning |\n|---|---|---|---|\n",
    );
    for rule in policies.rules() {
        for known in &rule.meta.parameters {
            let _ = writeln!(
                text,
                "| {} `{}` | `{}` | `{}` | {}. |",
                rule.meta.id, rule.meta.name, known.name, known.default, known.text.en
            );
            // The default that Rego has is the one that is told.
            let read = format!("input.parameters.{}.{}", rule.meta.id, known.name);
            assert!(
                rule.rego().contains(&read),
                "{} does not read {read}",
                rule.meta.id
            );
            let default = format!(" := {}\n", known.default);
            let held = rule.rego().lines().any(|line| {
                line.starts_with("default ") && format!("{line}\n").ends_with(&default)
            });
            assert!(held, "{}: no default of {}", rule.meta.id, known.name);
        }
    }
    text
}

#[test]
fn the_page_of_the_configuration_is_current() {
    let path = root().join("docs/configuration.md");
    let page = page();
    if std::env::var_os("EXLINT_WRITE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        held, page,
        "run with EXLINT_WRITE=1 to write docs/configuration.md anew"
    );
}

#[test]
fn the_printed_schema_is_the_published_one() {
    let output = assert_cmd::Command::cargo_bin("exlint")
        .expect("the binary")
        .args(["config", "--schema"])
        .output()
        .expect("it runs");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed, schema());
    assert!(Path::new(&root().join("schemas/config.schema.json")).is_file());
}
