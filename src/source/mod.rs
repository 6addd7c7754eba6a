//! From bytes on disk to text with byte-exact positions.
//!
//! Walks the given paths, decodes by content, and keeps for every file the
//! decoded text, its line index and the map back to the original bytes. Zip
//! archives are read like folders. It refuses (and says so) what it does not
//! read: over-large files, links, unreadable folders, archives that mean harm.
//! It never writes and never follows a link by default.

mod archive;
mod boundary;
mod code_page;
mod condensed;
mod decode;
mod der;
mod file;
mod git;
mod markup;
mod own;
mod redact;
mod span;
mod walk;

pub use boundary::{floor, head};
pub use condensed::{Condense, Condensed, Cuts, Mark, Omitted};
pub use decode::{Decoded, Encoding, Segment, decode};
pub use file::{Position, SourceFile, Sources};
pub use git::{GitError, Repository};
pub use markup::is_markup;
pub use redact::{MASK, Redacted};
pub use span::{FileId, Span, Spanned};
pub use walk::{
    Inputs, MAX_FILE_BYTES, ReadError, ReadOptions, SkipReason, Skipped, display_name, read,
};
