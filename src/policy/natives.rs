//! Functions that Rego rules may call beside the built-in ones.
//!
//! - `exlint.cidr_contains(network, part)`, `exlint.cidr_overlaps(a, b)`,
//!   `exlint.ip_in(address, networks)`: addresses in any notation that Exchange
//!   or a firewall prints (`192.0.2.1`, `192.0.2.0/24`,
//!   `192.0.2.0(255.255.255.0)`, `192.0.2.1-192.0.2.9`).
//! - `exlint.certificate_covers(name, host)`: whether a DNS name of a
//!   certificate, perhaps with a `*`, stands for a host (RFC 6125).
//! - `exlint.reach(from, to, service)`: the verdict of a flow, an object like
//!   an entry of `input.flows`.
//!
//! A value that is not an address is an error of the rule: regorus is strict,
//! so the rule is reported as failed instead of passing in silence.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Sender, channel};

use anyhow::{Result, anyhow};
use regorus::{Engine, Value};

use crate::model::certificate::covers;
use crate::model::net::IpRange;

/// Answers `exlint.reach(from, to, service)`; see [`super::facts::reach`].
pub type Reach<'r> = dyn Fn([&str; 3]) -> serde_json::Value + Sync + 'r;

/// A question of a rule on its way to whoever answers it. The engine keeps
/// only what lives for ever, and an answer borrows the estate: so questions go
/// through a channel to a thread that may borrow.
pub(super) struct Question {
    words: [String; 3],
    reply: Sender<serde_json::Value>,
}

impl Question {
    /// Answers it; nobody may wait any more.
    pub(super) fn answer(self, reach: &Reach<'_>) {
        let [from, to, service] = &self.words;
        let _ = self.reply.send(reach([from, to, service]));
    }
}

/// Makes the functions known to an engine.
///
/// # Errors
/// When the engine already has a function of one of the names.
pub(super) fn register(engine: &mut Engine, questions: Option<Sender<Question>>) -> Result<()> {
    add(engine, "exlint.cidr_contains", 2, |args| {
        let [network, part] = two(args)?;
        let (network, part) = (range(&network)?, range(&part)?);
        Ok(Value::from(
            network.contains(part.first()) && network.contains(part.last()),
        ))
    })?;
    add(engine, "exlint.cidr_overlaps", 2, |args| {
        let [a, b] = two(args)?;
        Ok(Value::from(overlaps(range(&a)?, range(&b)?)))
    })?;
    add(engine, "exlint.ip_in", 2, |args| {
        let [address, networks] = two(args)?;
        let address = range(&address)?;
        let items: Vec<&Value> = match (networks.as_array(), networks.as_set()) {
            (Ok(items), _) => items.iter().collect(),
            (_, Ok(items)) => items.iter().collect(),
            _ => vec![&networks],
        };
        let mut inside = false;
        for item in items {
            let network = range(item)?;
            inside |= network.contains(address.first()) && network.contains(address.last());
        }
        Ok(Value::from(inside))
    })?;
    add(engine, "exlint.certificate_covers", 2, |args| {
        let [name, host] = two(args)?;
        let word = |value: &Value| {
            let text = value
                .as_string()
                .map_err(|_| anyhow!("a name must be a string"));
            text.map(|text| text.to_string())
        };
        Ok(Value::from(covers(&word(&name)?, &word(&host)?)))
    })?;
    add(engine, "exlint.reach", 3, move |args| {
        let words = args
            .iter()
            .map(|arg| arg.as_string().map(|word| word.to_string()))
            .collect::<Result<Vec<_>>>()
            .ok()
            .and_then(|words| <[String; 3]>::try_from(words).ok())
            .ok_or_else(|| anyhow!("exlint.reach takes three strings"))?;
        let (reply, answer) = channel();
        questions
            .as_ref()
            .and_then(|questions| questions.send(Question { words, reply }).ok())
            .and_then(|()| answer.recv().ok())
            .map(Value::from)
            .ok_or_else(|| anyhow!("exlint.reach is not available here"))
    })
}

fn add(
    engine: &mut Engine,
    name: &str,
    arity: u8,
    function: impl Fn(Vec<Value>) -> Result<Value> + Clone + Send + Sync + 'static,
) -> Result<()> {
    engine.add_extension(name.to_owned(), arity, Box::new(function))
}

fn two(args: Vec<Value>) -> Result<[Value; 2]> {
    <[Value; 2]>::try_from(args).map_err(|_| anyhow!("two arguments are expected"))
}

fn range(value: &Value) -> Result<IpRange> {
    let text = value
        .as_string()
        .map_err(|_| anyhow!("an address must be a string"))?;
    parse_range(text)
        .ok_or_else(|| anyhow!("`{}` is not an address or network", text.escape_debug()))
}

/// Reads an address, a network or a range.
#[must_use]
pub fn parse_range(text: &str) -> Option<IpRange> {
    let text = text.trim();
    if let Some((low, high)) = text.split_once('-') {
        return IpRange::between(low.trim().parse().ok()?, high.trim().parse().ok()?);
    }
    let masked = text
        .strip_suffix(')')
        .and_then(|text| text.split_once('('))
        .or_else(|| text.split_once('/'));
    let Some((address, mask)) = masked else {
        return Some(IpRange::host(text.parse().ok()?));
    };
    let address: IpAddr = address.trim().parse().ok()?;
    let length = match mask.trim().parse::<u8>() {
        Ok(length) => length,
        Err(_) => mask_length(mask.trim().parse().ok()?)?,
    };
    IpRange::network(address, length)
}

/// The prefix length of a contiguous mask.
fn mask_length(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let length = bits.leading_ones();
    (length.saturating_add(bits.trailing_zeros()) >= u32::BITS)
        .then(|| u8::try_from(length).ok())
        .flatten()
}

fn overlaps(a: IpRange, b: IpRange) -> bool {
    a.contains(b.first()) || b.contains(a.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(expression: &str) -> Result<Value, String> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        register(&mut engine, None).map_err(|e| e.to_string())?;
        let rego = format!("package p\nimport rego.v1\nx := {expression}\n");
        engine
            .add_policy("p.rego".to_owned(), rego)
            .map_err(|e| e.to_string())?;
        engine
            .eval_rule("data.p.x".to_owned())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn networks_are_read_in_every_notation() {
        for (expression, expected) in [
            (
                "exlint.cidr_contains(\"192.0.2.0/24\", \"192.0.2.10\")",
                true,
            ),
            (
                "exlint.cidr_contains(\"192.0.2.0(255.255.255.0)\", \"192.0.3.1\")",
                false,
            ),
            (
                "exlint.cidr_contains(\"192.0.2.0/24\", \"192.0.2.0/23\")",
                false,
            ),
            (
                "exlint.cidr_contains(\"0.0.0.0/0\", \"2001:db8::1\")",
                false,
            ),
            (
                "exlint.cidr_overlaps(\"10.0.0.0/8\", \"9.0.0.0-10.0.0.0\")",
                true,
            ),
            (
                "exlint.cidr_overlaps(\"2001:db8::/32\", \"2001:db9::/32\")",
                false,
            ),
            (
                "exlint.ip_in(\"10.1.2.3\", [\"192.0.2.0/24\", \"10.0.0.0/8\"])",
                true,
            ),
            ("exlint.ip_in(\"10.1.2.3\", set())", false),
        ] {
            assert_eq!(eval(expression), Ok(Value::from(expected)), "{expression}");
        }
    }

    #[test]
    fn a_name_of_a_certificate_may_stand_for_many_hosts() {
        let covers = |name: &str| {
            eval(&format!(
                "exlint.certificate_covers(\"{name}\", \"mail.contoso.com\")"
            ))
        };
        assert_eq!(covers("*.contoso.com"), Ok(Value::from(true)));
        assert_eq!(covers("*.com"), Ok(Value::from(false)));
        assert!(eval("exlint.certificate_covers(1, \"a\")").is_err());
    }

    #[test]
    fn a_value_that_is_no_address_is_an_error_not_a_pass() {
        for expression in [
            "not exlint.ip_in(\"bogus\", [\"10.0.0.0/8\"])",
            "exlint.cidr_contains(\"10.0.0.0/33\", \"10.0.0.1\")",
            "exlint.cidr_overlaps(\"10.0.0.0/255.0.255.0\", \"10.0.0.1\")",
        ] {
            let rule = format!("1 if {{ {expression} }}");
            assert!(eval(&rule).is_err(), "{expression}");
        }
    }
}
