//! Where a configuration ends: an entry that goes on in the next line, a file
//! that ends inside a line, a frame without its end.

use super::Reader;
use crate::formats::firewall::cisco_asa::access_list::doubt_last_entry;
use crate::formats::firewall::cisco_asa::device::Doubt;
use crate::formats::firewall::cisco_asa::outcome::Outcome;
use crate::formats::firewall::cisco_asa::words::Words;
use crate::formats::firewall::shared::rules::{add_condition, pseudo_rule};
use crate::formats::{LineState, Problem, ProblemLevel};
use crate::model::firewall::{Action, Condition, FilterId};
use crate::source::{SourceFile, Span};

/// The frame of a saved configuration: `: Saved` before it promises
/// `Cryptochecksum:…` and `: end` behind it, as `show running-config`, `write
/// terminal` and `copy` write them. A fragment promises nothing.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The promise that is not kept yet.
    saved: Option<Span>,
    /// The bindings of access lists that were seen.
    bindings: Bindings,
}

/// Access lists, objects and translations stand before `access-group`, which
/// only routes, management and inspection follow.
#[derive(Debug, Default, PartialEq, Eq)]
enum Bindings {
    #[default]
    None,
    Some,
    All,
}

impl Frame {
    /// A frame begins.
    pub(super) fn opens(&mut self, span: Span) {
        *self = Self {
            saved: Some(span),
            bindings: Bindings::None,
        };
    }

    /// The end that was promised.
    pub(super) fn closes(&mut self) {
        self.saved = None;
    }

    /// A top-level command inside the frame.
    pub(super) fn command(&mut self, word: &str) {
        if word == "access-group" {
            self.bindings = Bindings::Some;
        } else if self.bindings == Bindings::Some {
            self.bindings = Bindings::All;
        }
    }
}

impl<'c> Reader<'c> {
    /// Ends a frame whose end did not come: a pager that was left, a transfer
    /// that broke off. While bindings may be missing, nothing is decided.
    pub(super) fn frame_ends(&mut self) {
        let Some(span) = self.frame.saved.take() else {
            return;
        };
        if !self.device.configured {
            return;
        }
        let what = "the configuration that `: Saved` begins has no end (`Cryptochecksum`, `: end`): \
                    it breaks off";
        self.device.problems.push(Problem {
            level: ProblemLevel::Error,
            message: what.to_owned(),
            hint: Some(
                "export the whole configuration again, up to its last line (`terminal pager 0`, \
                 then `show running-config`)"
                    .to_owned(),
            ),
            span,
        });
        if self.frame.bindings == Bindings::All {
            // What is missing are routes at most, and inspection.
            self.device.firewall.dynamic_routing.push(span);
            return;
        }
        let reason = self.device.reason(what, span);
        for action in [Action::Permit, Action::Deny] {
            self.device.doubt(Doubt {
                action,
                ingress: None,
                list: None,
                reason,
                span,
            });
        }
        // The list that was being printed may go on.
        let last = self.device.last_list.map(|(_, list)| list);
        if let Some(filter) = last.and_then(|list| self.device.filter_mut(list)) {
            let mut rule = pseudo_rule(Action::Permit, what, span);
            add_condition(&mut rule, Condition::Unknown(reason));
            filter.rules.push(rule);
        }
    }

    /// A line right after an entry that starts with blanks, or with no word
    /// that starts a line, may be the entry's end: a terminal of another width
    /// broke it. The entry then says more than is known.
    pub(super) fn continued(
        &mut self,
        list: FilterId,
        text: &'c str,
        outcome: &Outcome,
    ) -> Option<Outcome> {
        let statement = text.trim();
        let word = Words::new(statement).next()?;
        let blank = text.starts_with([' ', '\t']) && !statement.starts_with(['!', ':', '<', '-']);
        let entry = matches!(word, "access-list" | "ipv6");
        if entry || !(blank || outcome.state == LineState::Unrecognised) {
            return None;
        }
        let why = "this line may be the end of the access list entry before it";
        let span = self.device.span(statement);
        doubt_last_entry(&mut self.device, list, why, span);
        Some(Outcome::not_modelled(why))
    }

    /// A file that ends inside a line, without the mark that ends a saved
    /// configuration, may be cut off: its last entry may go on.
    pub(super) fn cut_off(&mut self, file: &SourceFile) {
        let Some(list) = self.entry.take() else {
            return;
        };
        let text = file.text();
        let finder = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes());
        if text.ends_with(['\n', '\r'])
            || finder(": end").is_some()
            || finder("Cryptochecksum").is_some()
        {
            return;
        }
        let rule = self
            .device
            .filter_mut(list)
            .and_then(|filter| filter.rules.last());
        let Some(span) = rule.map(|rule| rule.span) else {
            return;
        };
        let why = "the file ends inside this entry's line: it may be cut off";
        doubt_last_entry(&mut self.device, list, why, span);
        self.device.problems.push(Problem {
            level: ProblemLevel::Warning,
            message:
                "the file ends without a line break after an access list entry; it may be cut off"
                    .to_owned(),
            hint: Some("export the whole configuration again, up to its last line".to_owned()),
            span,
        });
    }
}
