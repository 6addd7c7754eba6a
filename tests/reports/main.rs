//! Every report of one run, read by a parser that knows nothing of exlint.

mod formats;
mod hostile;
mod shared;
