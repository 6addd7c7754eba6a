use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::estate::{CONNECTORS, Estate, FIREWALL, INVENTORY};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn bundle() -> Vec<u8> {
    archive(&[
        ("inner.cfg", FIREWALL.as_bytes()),
        ("exlint.toml", INVENTORY.as_bytes()),
        ("connectors.txt", CONNECTORS.as_bytes()),
    ])
}

#[test]
fn an_archive_gives_what_its_files_give_in_a_folder() {
    let folder = Estate::small().run(&["exports"]);
    let packed = Estate::empty().with("exports.zip", bundle());
    let archive = packed.run(&["exports.zip"]);
    assert_eq!(archive.code, folder.code);
    let named = folder.out.replace("exports/", "exports.zip/");
    // The excerpts' frames and wrapped lines depend on the length of the name.
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&archive.out), words(&named));
    // In a folder, and on standard input.
    assert_eq!(packed.run(&["."]).code, folder.code);
    let piped = Estate::empty().run_with_input(&["-"], &bundle());
    assert_eq!(piped.code, folder.code, "{}", piped.err);
}

#[test]
fn an_archive_that_means_harm_is_refused_and_said() {
    let zeros = vec![b'0'; 8 * 1024 * 1024];
    let estate = Estate::small().with("exports/bomb.zip", archive(&[("zeros.txt", &zeros)]));
    let outcome = estate.run(&["exports"]);
    assert_eq!(outcome.code, 2, "{}", outcome.err);
    assert!(outcome.err.contains("bomb.zip"), "{}", outcome.err);
    assert!(outcome.err.contains("zip bomb"), "{}", outcome.err);
    let japanese = estate.run(&["--lang", "ja", "exports"]);
    assert!(japanese.err.contains("zip 爆弾"), "{}", japanese.err);
}

#[test]
fn a_cabinet_of_the_support_collector_names_the_command_that_unpacks_it() {
    let estate = Estate::empty().with("HUB1.cab", b"MSCF\0\0\0\0\x2c\0\0\0");
    let outcome = estate.run(&["HUB1.cab"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.err.contains("expand -F:*"), "{}", outcome.err);
    let japanese = estate.run(&["--lang", "ja", "HUB1.cab"]);
    assert!(japanese.err.contains("キャビネット"), "{}", japanese.err);
}
