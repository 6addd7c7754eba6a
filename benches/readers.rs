//! Readers: text to documents, in bytes of input a second of processor time.
//!
//! Each firewall format is read from 10³ to 10⁶ lines, so that a reader whose
//! time does not grow with the input shows. Processor time of the reading
//! thread is measured: other work on the machine does not count.

mod common;

use std::hint::black_box;

use common::clock::Processor;
use common::{platforms, windows};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use exlint::formats::{Format, exchange, firewall};
use exlint::source::{FileId, SourceFile};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lines of the inputs.
const LINES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// Whether the command line names this input or none, so that only what is
/// measured is made.
fn is_asked_for(name: &str, size: usize) -> bool {
    let mut filters = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let id = format!("{name}/{size}");
    filters.next().is_none_or(|filter| id.contains(&filter))
}

fn read(
    c: &mut Criterion<Processor>,
    name: &str,
    format: &Format,
    sizes: &[usize],
    make: fn(usize) -> String,
) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for size in sizes {
        if !is_asked_for(name, *size) {
            continue;
        }
        // Made when it is measured: one input at a time lies in memory.
        let id = BenchmarkId::from_parameter(size);
        let mut file = None;
        group.throughput(Throughput::Bytes(make(*size).len() as u64));
        group.bench_with_input(id, size, |b, size| {
            let file = file.get_or_insert_with(|| {
                SourceFile::from_text(FileId(0), "input", make(*size).as_str())
            });
            b.iter(|| black_box((format.parse)(file)));
        });
    }
    group.finish();
}

/// Name, reader, and what makes so many lines of input.
type Reader = (&'static str, &'static Format, fn(usize) -> String);

fn firewalls(c: &mut Criterion<Processor>) {
    let all: [Reader; 15] = [
        ("cisco-asa", &firewall::cisco_asa::FORMAT, common::asa),
        ("cisco-ios", &firewall::cisco_ios::FORMAT, platforms::ios),
        (
            "cisco-nxos",
            &firewall::cisco_ios::FORMAT_NXOS,
            platforms::nxos,
        ),
        ("junos-braces", &firewall::junos::FORMAT, platforms::junos),
        ("junos-set", &firewall::junos::FORMAT, platforms::junos_set),
        ("fortios", &firewall::fortios::FORMAT, platforms::fortios),
        ("panos-xml", &firewall::panos::FORMAT, platforms::panos),
        ("panos-set", &firewall::panos::FORMAT, platforms::panos_set),
        ("iptables", &firewall::iptables::FORMAT, platforms::iptables),
        ("nftables", &firewall::nftables::FORMAT, platforms::nftables),
        (
            "nftables-json",
            &firewall::nftables::FORMAT,
            platforms::nftables_json,
        ),
        (
            "windows-netsh",
            &firewall::windows_firewall::FORMAT,
            windows::netsh,
        ),
        (
            "windows-csv",
            &firewall::windows_firewall::FORMAT,
            windows::csv,
        ),
        (
            "windows-json",
            &firewall::windows_firewall::FORMAT,
            windows::json,
        ),
        (
            "windows-reg",
            &firewall::windows_firewall::FORMAT,
            windows::registry,
        ),
    ];
    for (name, format, make) in all {
        read(c, name, format, &LINES, make);
    }
}

fn exchange(c: &mut Criterion<Processor>) {
    let sizes = [10, 1_000, 10_000];
    read(c, "clixml", &exchange::CLIXML, &sizes, common::clixml);
    read(c, "list", &exchange::LIST, &sizes, common::list);
    let bytes = common::asa(100_000).into_bytes();
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("asa-100000", |b| {
        b.iter(|| black_box(SourceFile::decode(FileId(0), "input", bytes.clone())));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(Processor);
    targets = firewalls, exchange
}
criterion_main!(benches);
