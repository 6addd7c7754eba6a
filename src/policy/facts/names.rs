//! The words that facts use for values of the model.

use crate::estate::Strength;
use crate::model::firewall::InspectionEffect;

/// What inspections do.
pub fn inspection(effect: InspectionEffect) -> &'static str {
    match effect {
        InspectionEffect::StripsStarttls => "strips-starttls",
        InspectionEffect::AllowsTls => "allows-tls",
        InspectionEffect::OpensRpc => "opens-rpc",
        InspectionEffect::OpensMedia => "opens-media",
        InspectionEffect::DecryptsTls => "decrypts-tls",
        InspectionEffect::Other => "other",
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
