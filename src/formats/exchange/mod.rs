//! Exchange settings as cmdlets print and export them.
//!
//! All readers ([`CLIXML`], [`LIST`], [`CSV`], [`JSON`], [`HTML`], [`MARKDOWN`], [`OBJECT_XML`])
//! yield the same [`Record`]s: the table in `cmdlets.txt` decides the type of a value, not the
//! export. What the table does not know is kept as it stands.

pub(in crate::formats) mod by_line;
pub mod certificate;
pub(in crate::formats) mod clixml;
pub mod cmdlets;
pub(in crate::formats) mod collect;
pub(in crate::formats) mod csv;
pub(in crate::formats) mod date;
mod empty;
mod hcw_log;
mod health_checker;

pub(in crate::formats) mod html;
mod infer;
mod joined;
pub(in crate::formats) mod json;
pub(in crate::formats) mod list;
mod loss;
mod markdown;
mod naming;
mod object_xml;
pub(in crate::formats) mod record;
pub mod secret_names;
mod secrets;
pub(in crate::formats) mod table;
pub(in crate::formats) mod typing;
pub(in crate::formats) mod value;

pub use clixml::{CLIXML, condense};
pub use csv::CSV;
pub use empty::EMPTY;
pub use hcw_log::HCW_LOG;
pub use health_checker::HEALTH_CHECKER;
pub use html::HTML;
pub use json::JSON;
pub use list::LIST;
pub use loss::loss;
pub use markdown::MARKDOWN;
pub use object_xml::OBJECT_XML;
pub use value::is_blacked_out;

use std::ops::Range;

use crate::formats::{Ledger, LineState};
use crate::model::exchange::{Record, Value};
use cmdlets::Cmdlet;

/// Marks values of known properties that say nothing as not modelled, so that
/// coverage shows what a rule will miss. `units` gives a property's units.
fn note_unknown_values(
    cmdlet: &Cmdlet,
    record: &Record,
    ledger: &mut Ledger,
    units: impl Fn(&str) -> Option<Range<usize>>,
) {
    for property in &record.properties {
        let why = match &property.value {
            Value::Truncated(_) => "the export cut this value off",
            Value::Unusable(why) => why,
            _ => continue,
        };
        let key = property.name.to_ascii_lowercase();
        let minor = cmdlet.minor.iter().any(|m| m.eq_ignore_ascii_case(&key));
        if minor || !cmdlet.properties.contains_key(&key) {
            continue;
        }
        for unit in units(&key).into_iter().flatten() {
            ledger.set(unit, LineState::NotModelled);
        }
        let why = format!("{}: {why}", property.name);
        ledger.note(LineState::NotModelled, why, property.span);
    }
}

#[cfg(test)]
pub(in crate::formats) mod corpus;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rendering;
#[cfg(test)]
mod same_facts;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod three_states;
