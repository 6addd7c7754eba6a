//! The text of a file in pieces, decoded.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE};

use super::tags::Token;

/// Bytes that are read at once.
const BLOCK: usize = 1024 * 1024;

/// The longest tag with the text before it, in bytes: a photograph of a
/// mailbox, a long list in one string.
const LONGEST: usize = 64 * 1024 * 1024;

/// Why a file is not read further.
pub enum Stop {
    /// The system refused.
    Io(io::Error),
    /// It is not well-formed, or not what `Export-Clixml` writes.
    Foreign,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Hands every token of a file to `each`, from its start to its end; what
/// stands behind the last tag is blank.
pub fn for_each_token(
    file: &mut File,
    each: &mut dyn FnMut(&Token<'_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    file.seek(SeekFrom::Start(0))?;
    let mut mark = [0_u8; 3];
    let read = read_most(file, &mut mark)?;
    let (mut decoder, skip) = match mark.get(..read).unwrap_or_default() {
        [0xef, 0xbb, 0xbf] => (UTF_8.new_decoder_without_bom_handling(), 3),
        [0xff, 0xfe, ..] => (UTF_16LE.new_decoder_without_bom_handling(), 2),
        [0xfe, 0xff, ..] => (UTF_16BE.new_decoder_without_bom_handling(), 2),
        [b'<', 0, ..] => (UTF_16LE.new_decoder_without_bom_handling(), 0),
        [0, b'<', ..] => (UTF_16BE.new_decoder_without_bom_handling(), 0),
        _ => (UTF_8.new_decoder_without_bom_handling(), 0),
    };
    file.seek(SeekFrom::Start(skip))?;
    let mut bytes = vec![0_u8; BLOCK];
    let mut text = String::new();
    loop {
        let read = read_most(file, &mut bytes)?;
        let last = read < bytes.len();
        decode(
            &mut decoder,
            bytes.get(..read).unwrap_or_default(),
            last,
            &mut text,
        )?;
        let mut done = 0_usize;
        while let Some(token) = Token::first(text.get(done..).unwrap_or_default()) {
            done = done.saturating_add(token.len());
            each(&token)?;
        }
        text.drain(..done);
        if last {
            return if text.trim().is_empty() {
                Ok(())
            } else {
                Err(Stop::Foreign)
            };
        }
        if text.len() > LONGEST {
            return Err(Stop::Foreign);
        }
    }
}

fn read_most(file: &mut File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut read = 0_usize;
    while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => read = read.saturating_add(more),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// Appends decoded bytes; bytes that do not decode end the reading, because
/// no one could tell what they would have been.
fn decode(decoder: &mut Decoder, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Stop> {
    let most = decoder
        .max_utf8_buffer_length(bytes.len())
        .ok_or(Stop::Foreign)?;
    text.reserve(most);
    let (_, _, malformed) = decoder.decode_to_string(bytes, text, last);
    if malformed {
        Err(Stop::Foreign)
    } else {
        Ok(())
    }
}
