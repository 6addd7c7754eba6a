//! `exlint trace`, questions a second and cold, and the search for hidden
//! rules: by processor time, which other programs of the machine disturb less
//! than the clock.
//!
//!     cargo bench --bench trace [hidden|batch|cold]

mod common;

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use exlint::flow::Engine;
use exlint::formats::{Content, FORMATS};
use exlint::model::firewall::Firewall;
use exlint::source::{FileId, SourceFile};

/// Questions of the batch.
const QUESTIONS: usize = 1_000_000;
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-trace");
    std::fs::create_dir_all(&folder).expect("a folder below target");
    folder
}

fn written(name: &str, text: &str) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, text).expect("a file below target");
    path
}

fn exlint(arguments: &[&str]) -> (f64, f64) {
    let before = common::processor()[1];
    let clock = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_exlint"))
        .args(arguments)
        .env("RAYON_NUM_THREADS", "1")
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::from(
            File::create(folder().join("out")).expect("a file"),
        ))
        .status()
        .expect("the binary starts");
    assert!(status.success());
    (
        common::processor()[1] - before,
        clock.elapsed().as_secs_f64(),
    )
}

/// Single packets against one list of a thousand rules.
fn batch() {
    let config = written("fw.cfg", &common::asa(1_000));
    let mut questions = String::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for id in 0..QUESTIONS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [a, b, c, d, e, f, g, h] = state.to_le_bytes();
        let port = [25, 80, 443, 53, 50_636, 1024 + u16::from(g)][usize::from(h) % 6];
        let destination = match g % 3 {
            0 => format!("192.0.2.{d}"),
            1 => format!("10.{d}.{e}.{f}"),
            _ => format!("198.51.100.{d}"),
        };
        let _ = writeln!(
            questions,
            "{{\"id\":{id},\"device\":\"bench\",\"filter\":\"outside_in\",\"src\":\"172.16.{a}.{b}\",\
             \"dst\":\"{destination}\",\"protocol\":\"tcp\",\"src_port\":{},\"dst_port\":{port}}}",
            40_000 + u32::from(c)
        );
    }
    let batch = written("questions.jsonl", &questions);
    let (config, batch) = (config.display().to_string(), batch.display().to_string());
    let (used, wall) = exlint(&["trace", &config, "--batch", &batch]);
    let lines = std::fs::read_to_string(folder().join("out"))
        .expect("answers")
        .lines()
        .count();
    assert_eq!(lines, QUESTIONS, "every question has an answer");
    println!(
        "batch: {QUESTIONS} questions, 1,000 rules: {used:.2} s processor, {wall:.2} s: {:.0} a second of processor time",
        QUESTIONS as f64 / used.max(0.01)
    );
}

/// One question on a configuration of 10,000 lines, the whole program.
fn cold() {
    let config = written("large.cfg", &common::asa(10_000));
    let config = config.display().to_string();
    let arguments = [
        "trace",
        &config,
        "--device",
        "bench",
        "--in",
        "outside",
        "--from",
        "198.51.100.7",
        "--to",
        "192.0.2.10",
        "--service",
        "tcp/25",
    ];
    let runs = 30;
    let (mut used, mut fastest) = (0.0, f64::MAX);
    for _ in 0..runs {
        let (one, wall) = exlint(&arguments);
        used += one;
        fastest = fastest.min(wall);
    }
    println!(
        "cold: one question, 10,000 entries: {:.0} ms processor on average, {:.0} ms fastest",
        used * 1000.0 / f64::from(runs),
        fastest * 1000.0
    );
}

fn read(text: &str) -> Firewall {
    let file = SourceFile::from_text(FileId(0), "fw.cfg", text);
    let format = FORMATS
        .iter()
        .find(|format| format.id == "cisco-asa")
        .expect("the reader");
    let document = (format.parse)(&file);
    let mut firewalls = document
        .content
        .into_iter()
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            _ => None,
        });
    firewalls.next().expect("a firewall")
}

/// Ranges that cross each other in both positions, and none holds another.
fn crossing(rules: u32) -> String {
    let mut text = String::from("ASA Version 9.1(7)\nhostname bench\n");
    let address = |number: u32| std::net::Ipv4Addr::from(0x0a00_0000 + number);
    for rule in 0..rules {
        let _ = writeln!(
            text,
            "object network s{rule}\n range {} {}\nobject network d{rule}\n range {} {}",
            address(rule),
            address(rules + rule),
            address(2 * rules - rule),
            address(4 * rules - 2 * rule)
        );
    }
    for rule in 0..rules {
        let action = if rule % 2 == 0 { "permit" } else { "deny" };
        let _ = writeln!(
            text,
            "access-list out extended {action} tcp object s{rule} object d{rule}"
        );
    }
    text.push_str("interface Ethernet0/0\n nameif outside\n security-level 0\n");
    text.push_str(" ip address 203.0.113.1 255.255.255.0\naccess-group out in interface outside\n");
    text
}

fn hidden() {
    for (name, text) in [
        ("10,000 usual rules", common::asa(10_000)),
        ("100,000 usual rules", common::asa(100_000)),
        ("1,000,000 usual rules", common::asa(1_000_000)),
        ("10,000 crossing rules", crossing(10_000)),
        ("100,000 crossing rules", crossing(100_000)),
    ] {
        let firewall = read(&text);
        let engine = Engine::new(&firewall, "2013-06-03", &[]);
        let before = common::processor()[0];
        let hiding = engine.hidden_rules();
        println!(
            "hidden: {name}: {:.2} s processor, {} told, {} open",
            common::processor()[0] - before,
            hiding.rules.len(),
            hiding.open.len()
        );
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let all: [(&str, fn()); 3] = [("hidden", hidden), ("batch", batch), ("cold", cold)];
    for (name, run) in all {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
