//! What several platforms have in common: terminal captures, the words of a
//! line, the outcome of a line, data tables.

pub mod capture;
pub mod outcome;
pub mod tables;
pub mod words;
