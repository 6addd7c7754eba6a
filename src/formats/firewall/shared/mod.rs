//! What several platforms have in common: terminal captures, the words of a
//! line, tables of commands, trees of braces and of words, rules under
//! construction, room for them, the outcome of a line, reasons, data tables.

pub mod addresses;
pub mod braces;
pub mod capture;
pub mod commands;
pub mod discards;
pub mod graph;
pub mod netfilter;
pub mod outcome;
pub mod reasons;
pub mod room;
pub mod rules;
#[cfg(test)]
pub mod survey;
pub mod tables;
pub mod templates;
pub mod unfilled;
pub mod word_tree;
pub mod words;
