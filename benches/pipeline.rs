//! The whole run on the fixture, stage by stage, and flows over a large
//! access list.

mod common;

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use exlint::estate::{self, Estate};
use exlint::flow::Network;
use exlint::formats::detect::{Detection, detect};
use exlint::formats::{Content, FORMATS};
use exlint::model::path::exchange_2007;
use exlint::policy::facts;
use exlint::source::{FileId, Inputs, ReadOptions, SourceFile, Sources};
use exlint::{Settings, analyse, policies};

fn contoso() -> Inputs {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso");
    exlint::source::read(&[folder], &ReadOptions::default()).expect("fixtures/contoso")
}

fn contents(sources: &Sources) -> Vec<(FileId, Content)> {
    let mut contents = Vec::new();
    for file in sources.files() {
        if let Detection::Recognised { format, .. } = detect(file, FORMATS, &[]) {
            let document = (format.parse)(file);
            contents.extend(document.content.into_iter().map(|c| (file.id(), c)));
        }
    }
    contents
}

fn join(sources: &Sources, contents: Vec<(FileId, Content)>) -> Estate {
    let options = estate::Options {
        reference_date: None,
        default_date: "2013-06-03".to_owned(),
    };
    estate::join_contents(contents, sources, &options)
}

fn stages(c: &mut Criterion) {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let rules = policies(&[]).expect("the built-in rules");
    let mut group = c.benchmark_group("contoso");
    group.sample_size(20);
    group.bench_function("rules-load", |b| {
        b.iter(|| black_box(policies(&[]).is_ok()))
    });
    group.bench_function("read", |b| b.iter(|| black_box(contoso())));
    let sources = contoso().sources;
    group.bench_function("parse", |b| b.iter(|| black_box(contents(&sources))));
    let parsed = contents(&sources);
    group.bench_function("join", |b| {
        b.iter(|| black_box(join(&sources, parsed.clone())))
    });
    let estate = join(&sources, parsed);
    let network = Network::new(&estate);
    group.bench_function("facts", |b| {
        b.iter(|| {
            let network = Network::new(&estate);
            black_box(facts::build(&sources, &estate, &network, catalogue))
        });
    });
    let built = facts::build(&sources, &estate, &network, catalogue);
    let reach = |question: [&str; 3]| facts::reach(&sources, &estate, &network, question);
    group.bench_function("rules-evaluate", |b| {
        b.iter(|| black_box(rules.evaluate(&built, Some(&reach))));
    });
    group.bench_function("whole", |b| {
        b.iter(|| black_box(analyse(contoso(), &Settings::default(), &rules).is_ok()));
    });
    group.finish();
}

fn flows(c: &mut Criterion) {
    let catalogue = exchange_2007().expect("the embedded catalogue");
    let mut group = c.benchmark_group("flows");
    group.sample_size(10);
    for rules in [1_000, 100_000] {
        let mut sources = Sources::default();
        sources.add(|id| SourceFile::from_text(id, "fw.cfg", common::asa(rules)));
        sources.add(|id| SourceFile::from_text(id, "exlint.toml", common::inventory(50)));
        let estate = join(&sources, contents(&sources));
        assert_eq!((estate.servers.len(), estate.firewalls.len()), (50, 1));
        group.bench_function(format!("{rules}-rules-50-servers"), |b| {
            b.iter(|| {
                let network = Network::new(&estate);
                black_box(facts::build(&sources, &estate, &network, catalogue))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, stages, flows);
criterion_main!(benches);
