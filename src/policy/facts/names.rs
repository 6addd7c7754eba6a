//! The words that facts use for values of the model.

use crate::estate::Strength;
use crate::model::firewall::InspectionEffect;
use crate::policy::facts::Certainty;

/// What inspections do.
pub fn inspection(effect: InspectionEffect) -> &'static str {
    match effect {
        InspectionEffect::StripsStarttls => "strips-starttls",
        InspectionEffect::AllowsTls => "allows-tls",
        InspectionEffect::OpensRpc => "opens-rpc",
        InspectionEffect::OpensMedia => "opens-media",
        InspectionEffect::Other => "other",
    }
}

/// Whether a statement says it, or it was concluded.
pub fn certainty(strength: Strength) -> Certainty {
    if strength <= Strength::Connected {
        Certainty::Declared
    } else {
        Certainty::Derived
    }
}

/// How something is known, to follow "is known only by".
pub fn weak_strength(strength: Strength) -> Option<&'static str> {
    match strength {
        Strength::Declared | Strength::Connected => None,
        Strength::Routed => Some("a route"),
        Strength::RuleMention => Some("its mention in an access list"),
        Strength::DefaultRoute => Some("the default route"),
        Strength::Name => Some("its name"),
    }
}
