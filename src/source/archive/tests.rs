//! Archives of programs, and archives that mean harm.

use std::io::Write;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::source::MAX_FILE_BYTES;

/// An archive of files, deflated.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn unpacked(bytes: &[u8]) -> Unpacked {
    unpack("bundle.zip", bytes, &mut Budget::new(MAX_FILE_BYTES))
}

fn names(unpacked: &Unpacked) -> Vec<&str> {
    unpacked.members.iter().map(|m| m.name.as_str()).collect()
}

fn reasons(unpacked: &Unpacked) -> Vec<&SkipReason> {
    unpacked.skipped.iter().map(|s| &s.reason).collect()
}

#[test]
fn files_are_named_by_the_archive_and_their_folders() {
    let inner = archive(&[("applicationHost.config", b"<configuration/>")]);
    let bytes = archive(&[
        ("HUB1/HUB1_ReceiveConnector_FL.TXT", b"Result from: x"),
        ("HUB1/IISConfigFiles.zip", &inner),
        ("empty/", b""),
    ]);
    let found = unpacked(&bytes);
    assert_eq!(
        names(&found),
        [
            "bundle.zip/HUB1/HUB1_ReceiveConnector_FL.TXT",
            "bundle.zip/HUB1/IISConfigFiles.zip/applicationHost.config",
        ]
    );
    assert_eq!(found.members[0].bytes, b"Result from: x");
    assert!(found.skipped.is_empty(), "{:?}", found.skipped);
}

#[test]
fn a_name_that_leads_out_of_the_archive_is_not_unpacked() {
    let found = unpacked(&archive(&[("../../etc/passwd", b"x"), ("a.txt", b"y")]));
    assert_eq!(names(&found), ["bundle.zip/a.txt"]);
    assert_eq!(reasons(&found), [&SkipReason::ArchivePath]);
}

#[test]
fn a_bomb_gives_no_file_at_all() {
    let zeros = vec![b'0'; 8 * 1024 * 1024];
    let found = unpacked(&archive(&[("a.txt", b"y"), ("zeros.txt", &zeros)]));
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::ArchiveBomb(MAX_RATIO)]);
    // Hidden in an archive inside the archive.
    let inner = archive(&[("zeros.txt", &zeros)]);
    let found = unpacked(&archive(&[("a.txt", b"y"), ("inner.zip", &inner)]));
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::ArchiveBomb(MAX_RATIO)]);
}

#[test]
fn many_small_bombs_are_one_large_one() {
    // Each below the bound for a single file, all of them together not.
    let part = vec![b'0'; 3 * 1024 * 1024];
    let named: Vec<String> = (0..4).map(|n| format!("{n}.txt")).collect();
    let files: Vec<(&str, &[u8])> = named.iter().map(|n| (n.as_str(), &*part)).collect();
    let found = unpacked(&archive(&files));
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::ArchiveBomb(MAX_RATIO)]);
}

#[test]
fn files_that_share_bytes_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file("kernel", SimpleFileOptions::default())
        .expect("an entry");
    writer.write_all(b"0123456789").expect("memory");
    writer.shallow_copy_file("kernel", "again").expect("a copy");
    let bytes = writer.finish().expect("an archive").into_inner();
    let found = unpacked(&bytes);
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::ArchiveOverlap]);
}

#[test]
fn the_sum_of_all_archives_is_bounded() {
    let text = b"hostname fw1\n".repeat(100);
    let mut budget = Budget::new(MAX_FILE_BYTES);
    budget.left = 2000;
    let bytes = archive(&[("a.cfg", &text)]);
    assert_eq!(unpack("a.zip", &bytes, &mut budget).members.len(), 1);
    let second = unpack("b.zip", &bytes, &mut budget);
    assert_eq!(reasons(&second), [&SkipReason::ArchiveTotal(MAX_UNPACKED)]);
}

#[test]
fn archives_nest_only_so_deep() {
    let mut bytes = archive(&[("a.txt", b"deep")]);
    for _ in 0..MAX_NESTING {
        bytes = archive(&[("inner.zip", &bytes)]);
    }
    let found = unpacked(&bytes);
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::ArchiveNesting]);
}

#[test]
fn an_encrypted_file_is_named() {
    let mut bytes = archive(&[("secret.txt", b"x"), ("open.txt", b"y")]);
    // Bit 0 of the flags, in the file's own header and in the directory.
    for (mark, flags) in [(&b"PK\x03\x04"[..], 6), (b"PK\x01\x02", 8)] {
        let at = memchr::memmem::find(&bytes, mark).expect("a header");
        bytes[at + flags] |= 1;
    }
    let found = unpacked(&bytes);
    assert_eq!(names(&found), ["bundle.zip/open.txt"]);
    let skipped = &found.skipped[0];
    assert_eq!(skipped.name, "bundle.zip/secret.txt");
    assert_eq!(skipped.reason, SkipReason::Encrypted);
}

#[test]
fn documents_of_office_are_no_bundles() {
    let found = unpacked(&archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("x.xml", b"<x/>"),
    ]));
    assert!(found.members.is_empty());
    assert_eq!(reasons(&found), [&SkipReason::OfficeDocument]);
}

#[test]
fn an_archive_that_breaks_off_anywhere_is_told_and_never_invents_a_file() {
    let text = b"hostname fw1\naccess-list a extended permit ip any any\n".repeat(9);
    let bytes = archive(&[("a/fw1.cfg", &text), ("b/fw2.cfg", &text)]);
    for end in 0..bytes.len() {
        let found = unpacked(&bytes[..end]);
        assert!(found.members.is_empty(), "{end}");
        assert_eq!(found.skipped.len(), 1, "{end}");
    }
}

#[test]
fn a_changed_byte_anywhere_does_not_pass_for_the_file() {
    let text = b"hostname fw1\naccess-list a extended permit ip any any\n".repeat(3);
    let bytes = archive(&[("fw1.cfg", &text)]);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        for member in unpacked(&changed).members {
            assert_eq!(member.bytes, text, "{at}");
        }
    }
}

#[test]
fn an_empty_archive_says_so() {
    assert_eq!(
        reasons(&unpacked(&archive(&[]))),
        [&SkipReason::ArchiveEmpty]
    );
}
