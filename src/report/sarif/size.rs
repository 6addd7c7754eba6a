//! How many results fit into what GitHub takes of a file.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::report::json;

/// Bytes of a file after gzip that GitHub takes.
pub const MAX_BYTES: usize = 10_000_000;

/// Results that always fit: with a hundred locations each they come to some
/// ten kilobytes after gzip.
const FEW: usize = 1_000;

/// The largest number of results, up to `most`, with which what `log` makes of
/// it has at most `bytes` after gzip, or a little less than that number.
///
/// # Errors
/// When something has no form in JSON.
pub fn fitting<L: Serialize>(
    most: usize,
    bytes: usize,
    log: impl Fn(usize) -> L,
) -> io::Result<usize> {
    let mut most = most;
    while most > FEW {
        let size = compressed(&log(most))?;
        if size <= bytes {
            break;
        }
        // Results differ in size: a little less than the share that fits.
        let share = most.saturating_mul(bytes).checked_div(size).unwrap_or(0);
        most = share.saturating_sub(share / 16).max(FEW);
    }
    Ok(most)
}

/// Bytes of a value as JSON after gzip.
fn compressed(value: &impl Serialize) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Counter(0), Compression::default());
    json::write(&mut encoder, value)?;
    Ok(encoder.finish()?.0)
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// Texts that hardly compress: 64 digits of a hash each, 32 bytes.
    fn texts(count: usize) -> Vec<String> {
        let text = |n: usize| {
            let hash = Sha256::digest(n.to_le_bytes());
            hash.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn what_fits_stays_whole() {
        assert_eq!(fitting(5_000, 1_000_000, texts).expect("fits"), 5_000);
    }

    #[test]
    fn what_does_not_fit_is_cut_close_to_the_limit() {
        let limit = 100_000;
        let most = fitting(5_000, limit, texts).expect("some fit");
        let size = compressed(&texts(most)).expect("JSON");
        assert!(size <= limit && size > limit / 10 * 8, "{most}: {size}");
    }
}
