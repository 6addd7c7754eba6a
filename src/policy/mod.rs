//! Rego rules over the facts of an estate.
//!
//! [`facts`] turns estate and flow into the JSON that rules see as `input`;
//! [`Policies`] holds the built-in rules and those of a user, evaluates each
//! by itself and yields a [`RuleResult`] for each; [`literate`] runs the
//! examples of rule pages as tests. Prose stands in a rule's METADATA, never
//! in Rego.

mod block;
mod collect;
mod compile;
mod error;
mod evaluate;
pub mod facts;
mod host;
mod input;
mod kinds;
pub mod literate;
mod memory;
mod metadata;
mod natives;
mod page;
mod projection;
mod registry;
mod result;
mod shape;
mod supersede;
pub mod template;
mod together;
mod versions;
#[cfg_attr(
    not(test),
    allow(dead_code, reason = "the build script looks for the words")
)]
mod words;

pub use crate::model::severity::{Confidence, Severity};
pub use error::PolicyError;
pub use evaluate::{Sets, Unwanted};
pub use host::{OF_USERS, Pages, Policies, Rule};
pub use kinds::settle;
pub use memory::limit_memory;
pub use metadata::{RuleMeta, RuleParameter, Texts, is_id};
pub use natives::{Reach, parse_range};
pub use page::{HEADINGS, HEADINGS_JA, Page};
pub use result::{FlowKey, RawFinding, RawUndecided, RuleResult, Status, evaluated};
pub use supersede::{apply as apply_precedence, check as check_precedence};
