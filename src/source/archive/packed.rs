//! Containers by their first bytes.

use crate::source::SkipReason;

/// A file that holds other files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) enum Packed {
    /// A zip archive, which is unpacked.
    Zip,
    /// Another one, with what to do about it.
    Other(SkipReason),
}

/// First bytes, what they show and the command that unpacks it: MS-CAB 2.1,
/// RFC 1952, and the programs' own descriptions of 7z, RAR, xz and bzip2.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (
        b"MSCF\0\0\0\0",
        "a cabinet file",
        "`expand -F:* FILE FOLDER` on Windows, or `cabextract -d FOLDER FILE`",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "`7z x FILE`"),
    (b"Rar!\x1a\x07", "a RAR archive", "`unrar x FILE`"),
    (
        b"\x1f\x8b\x08",
        "gzip data",
        "`gzip -d FILE`, or `tar -xzf FILE`",
    ),
    (b"\xfd7zXZ\0", "xz data", "`xz -d FILE`, or `tar -xJf FILE`"),
    (b"BZh", "bzip2 data", "`bzip2 -d FILE`, or `tar -xjf FILE`"),
    (b"MSWIM\0\0\0", "a Windows image", "`dism /Apply-Image`"),
];

/// The name that a tape archive has behind its first header (POSIX ustar).
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// Looks at the first bytes of a file; `None` for everything that is no
/// container.
pub(in crate::source) fn packed(bytes: &[u8]) -> Option<Packed> {
    if [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08"]
        .iter()
        .any(|mark| bytes.starts_with(mark))
    {
        return Some(Packed::Zip);
    }
    let other = |what, command| Some(Packed::Other(SkipReason::Packed { what, command }));
    let (at, mark) = TAR_MARK;
    if bytes.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
        return other("a tape archive", "`tar -xf FILE`");
    }
    let (_, what, command) = OTHERS.iter().find(|(mark, ..)| bytes.starts_with(mark))?;
    let bzip2_block = bytes.get(4..10) == Some(b"1AY&SY");
    (bzip2_block || !bytes.starts_with(b"BZh"))
        .then_some(())
        .and_then(|()| other(what, command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_is_not_unpacked_names_the_command_that_does() {
        let Some(Packed::Other(reason)) = packed(b"MSCF\0\0\0\0\x2c\0") else {
            panic!("a cabinet");
        };
        let text = reason.to_string();
        assert!(
            text.contains("expand -F:*") && text.contains("cabextract"),
            "{text}"
        );
        assert!(matches!(packed(b"\x1f\x8b\x08\0"), Some(Packed::Other(_))));
        assert_eq!(packed(b"PK\x03\x04\x14"), Some(Packed::Zip));
    }

    #[test]
    fn texts_are_no_containers() {
        for text in [
            &b"PKI settings"[..],
            b"BZh is a word",
            b"hostname fw1",
            b"",
            b"MSCF",
        ] {
            assert_eq!(packed(text), None, "{text:?}");
        }
    }
}
