//! Known keys as records of `Get-ItemProperty`, and what is wrong with their
//! values.

use std::borrow::Cow;

use super::data::{Damage, Data, Kind};
use super::lex::Value;
use super::ports;
use super::settings::{Check, Setting, short};
use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::formats::exchange::date::DateOrder;
use crate::formats::exchange::record::{Origin, RawProperty, build};
use crate::formats::exchange::typing::Typing;
use crate::formats::exchange::value::Raw;
use crate::formats::{Problem, ProblemLevel};
use crate::model::exchange::{self, Record};
use crate::source::Span;

/// How `PSPath` begins for a key of the registry.
const PROVIDER: &str = "Microsoft.PowerShell.Core\\Registry::";

/// A key with the settings that it holds.
#[derive(Debug)]
pub struct KnownKey<'f> {
    path: &'f str,
    host: Option<&'f str>,
    span: Span,
    values: Vec<Taken>,
}

/// A setting with what it says.
#[derive(Debug)]
struct Taken {
    name: &'static str,
    raw: Raw<'static>,
    /// Why Windows does not use it.
    ignored: Option<String>,
    span: Span,
}

/// What a value is good for.
#[derive(Debug)]
pub enum Use {
    /// It counts.
    Counts,
    /// Windows does not read it as it was meant.
    Ignored(Box<Problem>),
}

impl<'f> KnownKey<'f> {
    /// A key without values.
    #[must_use]
    pub fn new(path: &'f str, host: Option<&'f str>, span: Span) -> Self {
        Self {
            path,
            host,
            span,
            values: Vec::new(),
        }
    }

    /// Takes the value of a setting.
    pub fn take(&mut self, setting: Setting, value: &Value<'f>, span: Span) -> Use {
        let fault = fault(setting, value);
        self.span = self.span.to(span);
        let ignored = fault
            .as_ref()
            .map(|fault| fault.reason(setting, value.kind));
        let raw = match &value.data {
            Data::Text(text) => Raw::Text(Cow::Owned(text.to_string())),
            Data::Texts(texts) => Raw::List(texts.iter().cloned().map(Cow::Owned).collect()),
            Data::Number(number) => Raw::Text(Cow::Owned(number.to_string())),
            Data::Bytes | Data::Damaged(_) => Raw::Opaque("the bytes are not read"),
        };
        self.values.push(Taken {
            name: setting.name,
            raw,
            ignored,
            span: value.data_span,
        });
        match fault {
            None => Use::Counts,
            Some(fault) => Use::Ignored(Box::new(self.problem(setting, value, &fault))),
        }
    }

    /// What to tell of a value that Windows does not use.
    fn problem(&self, setting: Setting, value: &Value<'_>, fault: &Fault) -> Problem {
        let message = match fault {
            Fault::Type => format!(
                "Windows ignores {} because it is {} and not {}",
                setting.name, value.kind, setting.kind
            ),
            Fault::Single => format!(
                "Windows ignores {} because its text stands in single bytes, which only files that begin with REGEDIT4 have",
                setting.name
            ),
            Fault::Wide => format!(
                "Windows ignores {} because its text stands in UTF-16, which files that begin with REGEDIT4 do not have",
                setting.name
            ),
            Fault::Bytes => format!(
                "Windows ignores {} because its bytes are no {}",
                setting.name, setting.kind
            ),
            Fault::Value(what) => {
                format!("Windows ignores {} because {what}", setting.name)
            }
        };
        let hint = fix(self.path, setting, value);
        Problem {
            level: ProblemLevel::Warning,
            message,
            hint,
            span: value.data_span,
        }
    }

    /// The record; `None` where the key holds no setting.
    #[must_use]
    pub fn record(self) -> Option<Record> {
        let cmdlet = cmdlet()?;
        let name = self.path.rsplit('\\').next().unwrap_or_default();
        let mut properties: Vec<RawProperty<'_>> = self
            .values
            .iter()
            .map(|taken| RawProperty {
                name: taken.name,
                raw: taken.raw.clone(),
                span: taken.span,
            })
            .collect();
        if properties.is_empty() {
            return None;
        }
        let text = |name: &'static str, value: String| RawProperty {
            name,
            raw: Raw::Text(Cow::Owned(value)),
            span: self.span,
        };
        properties.push(text("PSPath", format!("{PROVIDER}{}", self.path)));
        properties.push(text("PSChildName", name.to_owned()));
        let origin = Origin {
            cmdlet: Some(cmdlet),
            evidence: Some(("key of the registry".into(), self.span)),
            host: self.host.map(Into::into),
            directory_only: false,
            dates: DateOrder::Unknown,
        };
        let mut record = build(origin, &properties, self.span, &mut Typing::default());
        for taken in &self.values {
            if let (Some(why), Some(property)) =
                (&taken.ignored, record.properties.get_mut(taken.name))
            {
                property.value = exchange::Value::Unusable(why.as_str().into());
            }
        }
        Some(record)
    }
}

/// The name that the table of objects has for keys of the registry.
#[must_use]
pub fn cmdlet() -> Option<&'static Cmdlet> {
    table().cmdlet("Get-ItemProperty")
}

/// Why Windows does not use a value.
enum Fault {
    Type,
    Single,
    Wide,
    Bytes,
    Value(&'static str),
}

impl Fault {
    /// In words that follow the name of a property.
    fn reason(&self, setting: Setting, kind: Kind) -> String {
        match self {
            Self::Type => format!(
                "Windows ignores this value because it is {kind} and not {}",
                setting.kind
            ),
            Self::Single | Self::Wide | Self::Bytes => format!(
                "Windows ignores this value because its bytes are no {}",
                setting.kind
            ),
            Self::Value(what) => format!("Windows ignores this value because {what}"),
        }
    }
}

fn fault(setting: Setting, value: &Value<'_>) -> Option<Fault> {
    let fits = value.kind == setting.kind
        || (setting.kind == Kind::Text && value.kind == Kind::ExpandText);
    if !fits {
        return Some(Fault::Type);
    }
    let wrong = match (&value.data, setting.check) {
        (Data::Damaged(Damage::SingleBytes(_)), _) => return Some(Fault::Single),
        (Data::Damaged(Damage::Wide(_)), _) => return Some(Fault::Wide),
        (Data::Damaged(_) | Data::Bytes, _) => return Some(Fault::Bytes),
        (Data::Number(number), Check::Port) => {
            (*number > u64::from(u16::MAX)).then_some("no port has that number")
        }
        (Data::Text(text), Check::Port) => text
            .trim()
            .parse::<u16>()
            .is_err()
            .then_some("no port has that number"),
        (Data::Number(number), Check::Start) => {
            (*number > 4).then_some("no way of starting has that number")
        }
        (Data::Texts(texts), Check::Ports) => texts
            .iter()
            .any(|text| ports::range(text).is_none())
            .then_some("it is not a list of ports such as 5000-5100"),
        (Data::Text(text), Check::YesNo) => (!["y", "n"]
            .contains(&text.trim().to_ascii_lowercase().as_str()))
        .then_some("it is neither Y nor N"),
        (Data::Text(text), Check::ValidPorts) => (!text.trim().is_empty()
            && ports::valid_ports(text).is_none())
        .then_some("it is not a list such as HUB1:6001-6002;HUB1:6004"),
        _ => None,
    };
    wrong.map(Fault::Value)
}

/// The command that sets a value as it was meant.
fn fix(path: &str, setting: Setting, value: &Value<'_>) -> Option<String> {
    let texts = |texts: &[String]| texts.join("\\0");
    let meant = match (&value.data, setting.kind) {
        (Data::Damaged(Damage::SingleBytes(meant) | Damage::Wide(meant)), _) => texts(meant),
        (Data::Texts(meant), Kind::Texts) => texts(meant),
        (Data::Texts(meant), _) => meant.first()?.clone(),
        (Data::Text(meant), Kind::Texts) => meant.replace([',', ';', ' '], "\\0"),
        (Data::Text(meant), Kind::Number) => meant.trim().parse::<u32>().ok()?.to_string(),
        (Data::Text(meant), _) => meant.to_string(),
        (Data::Number(meant), _) => meant.to_string(),
        _ => return None,
    };
    let sound = match setting.check {
        Check::Port => meant.parse::<u16>().is_ok(),
        Check::Ports => meant
            .split("\\0")
            .all(|range| ports::range(range).is_some()),
        Check::YesNo => ["y", "n"].contains(&meant.to_ascii_lowercase().as_str()),
        Check::Start => matches!(meant.as_str(), "0" | "1" | "2" | "3" | "4"),
        Check::ValidPorts => ports::valid_ports(&meant).is_some(),
        Check::Any => true,
    };
    sound.then(|| {
        format!(
            "reg add \"{}\" /v \"{}\" /t {} /d {} /f",
            short(path),
            setting.name,
            setting.kind,
            meant
        )
    })
}
