//! The forms that Exchange exports have in the wild (`fixtures/forms`), read by
//! the binary. What is expected was written into the files by
//! `fixtures/tools/forms`, and is stated here by hand.

mod doubt;
mod full;
mod organisations;
mod pastes;
mod support;
mod tables;
mod windows;
