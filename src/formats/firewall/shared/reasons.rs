//! Reasons why something is not modelled.

use crate::model::firewall::{NotModelled, ReasonId};

/// Most reasons kept per device; a hostile file repeats the last one.
const MAX_REASONS: usize = 50_000;

/// Records a reason. Beyond the most, the last one stands for it.
pub fn record(list: &mut Vec<NotModelled>, reason: NotModelled) -> ReasonId {
    if list.len() < MAX_REASONS {
        list.push(reason);
    }
    ReasonId(u32::try_from(list.len().saturating_sub(1)).unwrap_or(u32::MAX))
}
