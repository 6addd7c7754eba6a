//! Readers: bytes to documents, in bytes a second.

mod common;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use exlint::formats::{Format, exchange, firewall};
use exlint::source::{FileId, SourceFile};

fn reader(c: &mut Criterion, format: &Format, inputs: &[(usize, String)]) {
    let mut group = c.benchmark_group(format.id);
    group.sample_size(10);
    for (size, text) in inputs {
        let file = SourceFile::from_text(FileId(0), "input", text.as_str());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &file, |b, file| {
            b.iter(|| black_box((format.parse)(file)));
        });
    }
    group.finish();
}

fn sizes(sizes: [usize; 3], make: fn(usize) -> String) -> Vec<(usize, String)> {
    sizes.map(|size| (size, make(size))).into()
}

fn readers(c: &mut Criterion) {
    let asa = sizes([1_000, 10_000, 100_000], common::asa);
    reader(c, &firewall::cisco_asa::FORMAT, &asa);
    reader(
        c,
        &exchange::CLIXML,
        &sizes([10, 1_000, 10_000], common::clixml),
    );
    reader(
        c,
        &exchange::LIST,
        &sizes([10, 1_000, 10_000], common::list),
    );
    let bytes = common::asa(100_000).into_bytes();
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("asa-100000", |b| {
        b.iter(|| black_box(SourceFile::decode(FileId(0), "input", bytes.clone())));
    });
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
