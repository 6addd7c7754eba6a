//! `exlint trace` on the estate of the README. Expectations come from the
//! configurations and from `fixtures/contoso/EXPECTED.md`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

struct Output {
    code: i32,
    out: String,
    err: String,
}

fn contoso() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso")
}

fn run_with(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_exlint"))
        .current_dir(contoso())
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "C")
        .arg("trace")
        .arg(".")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // Who does not read its input closes the pipe.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends");
    Output {
        code: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn run(args: &[&str]) -> Output {
    run_with(args, "")
}

fn batch(lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let output = run_with(&["--batch", "-"], &input);
    assert_eq!(output.code, 0, "{}", output.err);
    let answers: Vec<Value> = output
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for answer in &answers {
        valid("trace-answer", answer);
    }
    answers
}

fn valid(schema: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(format!("{schema}.schema.json"));
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema that compiles");
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

fn traced(args: &[&str]) -> Value {
    let mut args = args.to_vec();
    args.extend(["--format", "json"]);
    let output = run(&args);
    assert_eq!(output.code, 0, "{}", output.err);
    let value: Value = serde_json::from_str(&output.out).expect("JSON");
    valid("trace", &value);
    value
}

fn site(value: &Value) -> String {
    format!(
        "{}:{}",
        value["file"].as_str().unwrap_or("-"),
        value["line"]
    )
}

#[test]
fn a_denied_flow_names_the_rule_and_the_permit_behind_it() {
    // FR003: the audit's deny in line 609 stands before the mail rule in 611.
    let answer = traced(&["--from", "hub2", "--to", "edge2", "--service", "smtp"]);
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(site(&answer["decided_by"][0]), "fw/inner.cfg:609");
    let step = &answer["parts"][0]["steps"][0];
    assert_eq!(step["in"]["interface"], "wan");
    assert_eq!(step["out"]["interface"], "dmz");
    let closest = &step["closest"][0];
    assert_eq!(site(closest), "fw/inner.cfg:611");
    assert_eq!(closest["lacks"][0]["what"], "order");
}

#[test]
fn a_permitted_flow_shows_members_translation_and_inspection() {
    let answer = traced(&["--from", "hub1", "--to", "edge1", "--service", "tcp/25"]);
    assert_eq!(answer["verdict"], "permit");
    let step = &answer["parts"][0]["steps"][0];
    let rule = step["decided_by"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|decider| decider["line"] == 286)
        .expect("line 286 permits");
    let through: Vec<(String, String)> = rule["because"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|because| because["through"].as_array().expect("a list"))
        .map(|link| (link["object"].as_str().unwrap_or("").to_owned(), site(link)))
        .collect();
    assert_eq!(
        through,
        [
            ("EXCH_HUBS".to_owned(), "fw/inner.cfg:107".to_owned()),
            ("EXCH_EDGES".to_owned(), "fw/inner.cfg:109".to_owned()),
        ]
    );
    let effects: Vec<(&str, String)> = answer["effects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|effect| (effect["kind"].as_str().unwrap_or(""), site(effect)))
        .collect();
    assert_eq!(
        effects,
        [
            ("translated", "fw/inner.cfg:662".to_owned()),
            ("strips-starttls", "fw/inner.cfg:724".to_owned()),
        ]
    );
}

#[test]
fn a_permit_that_names_the_published_address_is_said_to_name_the_wrong_side() {
    // FR001: line 276 has the mapped address, the list compares real ones.
    let answer = traced(&[
        "--from",
        "198.51.100.7",
        "--to",
        "203.0.113.12",
        "--service",
        "smtp",
    ]);
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(site(&answer["decided_by"][0]), "fw/outer.cfg:381");
    let closest = &answer["parts"][0]["steps"][0]["closest"][0];
    assert_eq!(site(closest), "fw/outer.cfg:276");
    assert_eq!(closest["lacks"][0]["what"], "translation-side");
}

#[test]
fn the_human_story_keeps_to_80_columns_in_both_languages() {
    for lang in ["en", "ja"] {
        for (from, to) in [("hub2", "edge2"), ("hub1", "edge1"), ("internet", "edge2")] {
            let output = run(&[
                "--from",
                from,
                "--to",
                to,
                "--service",
                "smtp",
                "--lang",
                lang,
                "-v",
            ]);
            assert_eq!(output.code, 0, "{}", output.err);
            for line in output.out.lines() {
                let width: usize = line
                    .chars()
                    .map(|c| {
                        if ('\u{1100}'..='\u{ffef}').contains(&c)
                            && !('\u{2000}'..='\u{2fff}').contains(&c)
                        {
                            2
                        } else {
                            1
                        }
                    })
                    .sum();
                assert!(width <= 80, "{width}: {line}");
            }
        }
    }
    let output = run(&["--from", "hub2", "--to", "edge2", "--service", "smtp"]);
    assert!(output.out.contains("1. inner: drops it"), "{}", output.out);
    assert!(output.out.contains("fw/inner.cfg:611"), "{}", output.out);
    assert!(
        output.out.contains("\ndeny: inner drops every packet"),
        "{}",
        output.out
    );
}

#[test]
fn one_list_alone_knows_no_interfaces_and_no_translation() {
    let answer = traced(&[
        "--device",
        "outer",
        "--filter",
        "outside_in",
        "--from",
        "198.51.100.7",
        "--to",
        "203.0.113.12",
        "--service",
        "tcp/25",
    ]);
    assert_eq!(answer["verdict"], "permit");
    assert_eq!(site(&answer["decided_by"][0]), "fw/outer.cfg:276");
}

#[test]
fn names_that_do_not_exist_are_usage_errors_with_the_nearest_name() {
    let ends = ["--from", "hub1", "--to", "edge1", "--service", "smtp"];
    for (more, near) in [
        (vec!["--device", "iner"], "inner"),
        (vec!["--device", "inner", "--in", "wann"], "wan"),
        (vec!["--device", "inner", "--filter", "wan_on"], "wan_in"),
    ] {
        let args: Vec<&str> = ends.iter().copied().chain(more).collect();
        let output = run(&args);
        assert_eq!(output.code, 2, "{}", output.err);
        assert!(output.out.is_empty());
        assert!(
            output.err.contains(&format!("did you mean `{near}`")),
            "{}",
            output.err
        );
    }
    let output = run(&["--from", "hub1", "--to", "egde1", "--service", "smtp"]);
    assert_eq!(output.code, 2);
    assert!(
        output.err.contains("did you mean `edge1`"),
        "{}",
        output.err
    );
    let output = run(&["--from", "hub1", "--to", "edge1", "--service", "smpt"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("did you mean `smtp`"), "{}", output.err);
}

#[test]
fn a_batch_answers_every_line_in_order_also_wrong_ones() {
    let filter = |id: Value, src: &str, dst: &str| {
        json!({"id": id, "device": "inner", "filter": "wan_in", "src": src, "dst": dst,
               "protocol": "tcp", "src_port": 40000, "dst_port": 25})
    };
    let answers = batch(&[
        filter(json!(1), "10.5.0.11", "10.20.10.12"),
        filter(json!("two"), "10.5.0.11", "2001:db8::1"),
        filter(json!(3), "10.5.0.9-10.5.0.1", "10.20.10.12"),
        filter(json!({"four": 4}), "10.5.0.11", "10.1.0.11"),
        json!({"id": 5, "src": "10.5.0.11", "dst": "10.1.0.11"}),
        json!({"id": 6, "device": "inner", "filter": "wan_in", "src": "10.5.0.11",
               "dst": "10.20.10.0/23", "protocol": "tcp", "dst_port": "1-1023"}),
        json!({"id": 7, "src": "10.5.0.11", "dst": "10.1.0.11", "protocol": "tcp", "dst_prt": 25}),
        json!({"id": 8, "src": "10.5.0.11", "dst": "10.1.0.11", "protocol": 300}),
    ]);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    let expected = [
        json!(1),
        json!("two"),
        json!(3),
        json!({"four": 4}),
        json!(5),
        json!(6),
        json!(7),
        json!(8),
    ];
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    assert_eq!(answers[0]["verdict"], "deny");
    assert_eq!(site(&answers[0]["decided_by"][0]), "fw/inner.cfg:609");
    // TOKYO_EXCH holds HUB1 (10.1.0.11): line 515 permits ip.
    assert_eq!(answers[3]["verdict"], "permit");
    assert_eq!(site(&answers[3]["decided_by"][0]), "fw/inner.cfg:515");
    // All of 10.20.10.0/24 is denied by 609, the rest of the /23 by 613.
    assert_eq!(answers[5]["verdict"], "deny");
    let lines: Vec<&Value> = answers[5]["decided_by"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|decider| &decider["line"])
        .collect();
    assert_eq!(lines, [&json!(609), &json!(613)]);
    for index in [1, 2, 4, 6, 7] {
        assert!(answers[index]["error"].is_string(), "{}", answers[index]);
    }
    assert!(
        answers[6]["error"]
            .as_str()
            .is_some_and(|e| e.contains("dst_port"))
    );
}

#[test]
fn malformed_lines_do_not_end_a_batch() {
    let good = json!({"id": "good", "device": "inner", "filter": "wan_in", "src": "10.5.0.11",
                      "dst": "10.20.10.12", "protocol": "tcp"});
    let long = "x".repeat(2 << 20);
    let input = format!("nonsense\n\n{{\"id\":9,\"src\":\n[]\n{long}\n{good}");
    let output = run_with(&["--batch", "-"], &input);
    assert_eq!(output.code, 0);
    let answers: Vec<Value> = output
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    let null = Value::Null;
    assert_eq!(ids, [&null, &json!(9), &null, &null, &json!("good")]);
    assert!(
        answers[..4]
            .iter()
            .all(|answer| answer["error"].is_string())
    );
    assert_eq!(answers[4]["verdict"], "deny");
}

#[test]
fn a_witness_can_be_asked_again() {
    let answers = batch(&[json!({"id": 1, "device": "inner", "filter": "wan_in",
        "src": "10.5.0.0/24", "dst": "10.1.0.0/24", "protocol": "tcp", "dst_port": "1-1023"})]);
    assert_eq!(answers[0]["verdict"], "partial");
    for part in answers[0]["parts"].as_array().expect("a list") {
        let mut question = part["witness"].clone();
        question["device"] = json!("inner");
        question["filter"] = json!("wan_in");
        let again = batch(&[question]);
        assert_eq!(again[0]["verdict"], part["verdict"]);
        assert_eq!(again[0]["decided_by"], part["decided_by"]);
    }
}

#[test]
fn exit_codes_tell_usage_and_unrecognised_input_apart() {
    assert_eq!(run(&["--from", "hub1"]).code, 2);
    assert_eq!(run(&["--batch", "no-such-file.jsonl"]).code, 2);
    assert_eq!(run(&["--batch", "-", "--from", "hub1"]).code, 2);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("note.txt"), "nothing here\n").expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_exlint"))
        .current_dir(folder.path())
        .args([
            "trace",
            ".",
            "--from",
            "10.0.0.1",
            "--to",
            "10.0.0.2",
            "--service",
            "smtp",
        ])
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(3));
}
