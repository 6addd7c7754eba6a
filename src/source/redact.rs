//! Secrets that must not be printed.

use std::fmt;

/// What stands in the place of a secret in every output.
pub const MASK: &str = "********";

/// A secret read from a file: a password, key, community, hash or credential.
///
/// `Debug` and `Display` print [`MASK`]; the value is only reachable through
/// [`Redacted::expose`], which is for hashing and comparing, never for output.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a secret.
    pub fn new(secret: T) -> Self {
        Self(secret)
    }

    /// The secret itself. Never pass it to anything that prints.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_every_rendering() {
        let secret = Redacted::new("hunter2");
        assert_eq!(format!("{secret}"), MASK);
        assert_eq!(format!("{secret:?}"), MASK);
        assert_eq!(*secret.expose(), "hunter2");
    }
}
