//! What several platforms have in common: terminal captures, the words of a
//! line, trees of braces and of words, the outcome of a line, data tables.

pub mod braces;
pub mod capture;
pub mod netfilter;
pub mod outcome;
pub mod tables;
pub mod word_tree;
pub mod words;
