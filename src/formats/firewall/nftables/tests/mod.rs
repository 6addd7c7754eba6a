//! Behaviour of the reader as a whole.
