//! Which packets pass: exact sets, evaluation of filters, translation,
//! composition over firewalls.
//!
//! Everything here is three-valued. What the model cannot express makes only
//! those packets inconclusive whose verdict it could change.

mod alike;
mod answer;
mod arriving;
mod combine;
mod crossing;
mod describe;
mod difference;
mod effects;
mod evaluate;
mod explain;
mod hiding;
mod host;
mod index;
mod internet;
mod links;
mod locate;
mod names;
mod nat;
mod overlap;
mod packets;
mod place;
mod placements;
mod places;
mod ranges;
mod reach;
mod replies;
mod resolve;
mod schedule;
mod sets;
mod single;
mod starts;
mod together;
mod trace;
mod trace_near;
mod trace_story;
mod translations;
mod unread;
mod walk;

pub use alike::Classes;
pub use answer::{
    Answer, Decider, DeciderKind, Effect, EffectKind, Part, Relation, Seen, TranslatedEnd, Verdict,
};

pub use difference::{Compared, Difference, MAX_PIECES, Piece, Standing, Turn, difference};
pub use evaluate::{ConnectionState, Context, Engine, FilterPart, Outcome, PartVerdict, RuleRef};
pub use explain::{Because, Link, Position};
pub use hiding::{HiddenRule, Hiding, HidingKind};
pub use packets::{Cube, Packet, PacketSet};
pub use place::{Placement, Routing};
pub use placements::{PairPlacement, Tri};
pub use places::{PathRow, Place, RowEnd, places};
pub use ranges::{Bound, RangeSet};
pub use reach::{Endpoint, Network, Query, service};
pub use resolve::{Bounds, Objects, Reason};
pub use sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
pub use single::{Decided, Single};
pub use trace::{Crossing, Hop, cubes};
pub use trace_near::{Lack, NearPermit};
pub use trace_story::{Asked, Step, Story};

#[cfg(test)]
pub(crate) mod tests;
