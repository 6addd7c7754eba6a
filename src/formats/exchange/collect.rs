//! Objects of a container whose form tells names and values, but seldom the
//! cmdlet: rows of a table, members of JSON, tables of a page.
//!
//! The containers find the objects; here they get their cmdlet, their host and
//! their types, so that a rule sees no difference between the forms.

use std::sync::Arc;

use super::cmdlets::{Cmdlet, table};
use super::date::DateOrder;
use super::infer::infer;
use super::naming;
use super::note_unknown_values;
use super::record::{MAX_OBJECTS, Origin, RawProperty, build, host_of_file, too_many};
use super::secret_names::is_secret_name;
use super::typing::Typing;
use super::value::{Raw, TYPE_NAME, typed};
use crate::formats::{
    CmdletRun, Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::model::exchange::{Record, Value};
use crate::source::{SourceFile, Span};

/// Names of properties that a problem lists.
const MOST_NAMED: usize = 8;

/// A cmdlet that something beside the object tells.
#[derive(Debug, Clone)]
pub struct Stated {
    /// The cmdlet.
    pub cmdlet: &'static Cmdlet,
    /// What tells it, for a person.
    pub what: Arc<str>,
    /// Where that stands.
    pub span: Span,
    /// A type name leaves no doubt; the name of a file, a key or a heading may
    /// stand over something else.
    pub certain: bool,
}

impl Stated {
    /// The cmdlet that a heading of a file names.
    #[must_use]
    pub fn by_heading(file: &SourceFile, heading: Option<&str>) -> Option<Self> {
        let heading = heading?;
        Some(Self {
            cmdlet: naming::cmdlet_in(heading)?,
            what: format!("heading: {heading}").into(),
            span: file.span_of(heading)?,
            certain: false,
        })
    }
}

/// A cmdlet and how it is known.
type Known = (&'static Cmdlet, (Arc<str>, Span));

/// What the names of an object's properties say by themselves.
#[derive(Debug, Default)]
struct Shape<'a> {
    names: Vec<&'a str>,
    /// The cmdlet that was stated with it.
    stated: Option<&'static str>,
    /// `None`: the values must be looked at.
    cmdlet: Option<(&'static Cmdlet, Arc<str>)>,
}

/// The objects of one file on their way into a document.
pub struct Collector<'a> {
    file: &'a SourceFile,
    /// One unit for each object.
    pub ledger: Ledger,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// Order of day and month in the file.
    pub dates: DateOrder,
    /// The objects that follow were read with `-ADPropertiesOnly`.
    pub directory_only: bool,
    typing: Typing<'a>,
    runs: Vec<CmdletRun>,
    shape: Option<Shape<'a>>,
    /// The cmdlet that the name of the file tells.
    by_file: Option<Stated>,
    /// The host in the name of the file, for the last cmdlet.
    host: Option<(&'static str, Option<Arc<str>>)>,
    read: usize,
    /// First object that does not tell its cmdlet, and how many there are.
    nameless: Option<(Span, usize)>,
    /// First object without any known property, and how many there are.
    foreign: Option<(Span, usize)>,
    /// Properties whose values are names of types, with the first place.
    type_names: Vec<Arc<str>>,
    type_name_at: Option<Span>,
    secrets: Vec<Span>,
    /// What to do where the form cannot carry lists.
    whole_lists: &'static str,
}

impl<'a> Collector<'a> {
    /// Nothing collected yet; `whole_lists` is the way to an export with whole
    /// lists.
    #[must_use]
    pub fn new(file: &'a SourceFile, whole_lists: &'static str) -> Self {
        let by_file = naming::cmdlet_of_file(file.name()).map(|cmdlet| Stated {
            cmdlet,
            what: format!("name of the file: {}", cmdlet.noun()).into(),
            span: Span::new(file.id(), 0, 0),
            certain: false,
        });
        Self {
            file,
            ledger: Ledger::new(Unit::Records, 0),
            problems: Vec::new(),
            dates: DateOrder::Unknown,
            directory_only: false,
            typing: Typing::default(),
            runs: Vec::new(),
            shape: None,
            by_file,
            host: None,
            read: 0,
            nameless: None,
            foreign: None,
            type_names: Vec::new(),
            type_name_at: None,
            secrets: Vec::new(),
            whole_lists,
        }
    }

    /// The cmdlet of an object: as its type states, as a name above it states
    /// (where the properties do not speak against it), or as its properties
    /// tell.
    pub fn cmdlet_of(
        &mut self,
        stated: Option<&Stated>,
        properties: &[RawProperty<'a>],
    ) -> Option<Known> {
        let stated = stated.or(self.by_file.as_ref());
        if let Some(Stated {
            cmdlet,
            what,
            span,
            certain: true,
        }) = stated
        {
            return Some((cmdlet, (Arc::clone(what), *span)));
        }
        let first = properties.first()?.span;
        let stated_name = stated.map(|stated| stated.cmdlet.name);
        let same = self.shape.as_ref().is_some_and(|shape| {
            shape.stated == stated_name
                && shape.names.len() == properties.len()
                && shape
                    .names
                    .iter()
                    .zip(properties)
                    .all(|(name, property)| *name == property.name)
        });
        if !same {
            self.shape = Some(Shape {
                names: properties.iter().map(|property| property.name).collect(),
                stated: stated_name,
                cmdlet: by_names(properties, stated),
            });
        }
        if let Some((cmdlet, what)) = self.shape.as_ref().and_then(|shape| shape.cmdlet.clone()) {
            let span = match stated {
                Some(stated) if stated.cmdlet.name == cmdlet.name => stated.span,
                _ => first,
            };
            return Some((cmdlet, (what, span)));
        }
        if !properties.iter().any(|property| is_known(property.name)) {
            return None;
        }
        let (cmdlet, what, span) = infer(properties)?;
        Some((cmdlet, (what.into(), span)))
    }

    /// Adds an object. `false` where nothing tells its cmdlet: then nothing
    /// was added, see [`Collector::leave_out`].
    pub fn add(
        &mut self,
        stated: Option<&Stated>,
        properties: &[RawProperty<'a>],
        span: Span,
    ) -> bool {
        let Some((cmdlet, evidence)) = self.cmdlet_of(stated, properties) else {
            return false;
        };
        let unit = self.ledger.states().len();
        if self.read >= MAX_OBJECTS {
            if self.read == MAX_OBJECTS {
                self.problems.push(too_many(span));
                let why = "objects beyond the limit";
                self.ledger.note(LineState::NotModelled, why, span);
                self.read = self.read.saturating_add(1);
            }
            self.ledger.push(LineState::NotModelled);
            return true;
        }
        self.read = self.read.saturating_add(1);
        self.ledger.push(LineState::Modelled);
        let origin = Origin {
            cmdlet: Some(cmdlet),
            evidence: Some(evidence),
            host: self.host(cmdlet, properties),
            directory_only: self.directory_only,
            dates: self.dates,
        };
        let record = build(origin, properties, span, &mut self.typing);
        note_unknown_values(cmdlet, &record, &mut self.ledger, |_| {
            Some(unit..unit.saturating_add(1))
        });
        self.learn(&record);
        match self.runs.last_mut() {
            Some(run) if run.cmdlet == record.cmdlet && run.host == record.host => {
                run.span = run.span.to(record.span);
                run.records.push(record);
            }
            _ => self.runs.push(CmdletRun {
                cmdlet: record.cmdlet,
                host: record.host.clone(),
                span: record.span,
                records: vec![record],
            }),
        }
        true
    }

    /// Counts an object whose cmdlet nothing tells. One with properties that
    /// belong to Exchange may matter; others do not.
    pub fn leave_out(&mut self, properties: &[RawProperty<'a>], span: Span) {
        let (slot, state) = if may_matter(properties) {
            (&mut self.nameless, LineState::NotModelled)
        } else {
            (&mut self.foreign, LineState::Irrelevant)
        };
        self.ledger.push(state);
        let secret = |property: &&RawProperty<'_>| {
            is_secret_name(property.name)
                || typed(None, &property.raw, DateOrder::Unknown) == Value::Secret
        };
        let secrets = properties.iter().filter(secret).map(|p| p.span);
        self.secrets.extend(secrets);
        let (_, count) = slot.get_or_insert((span, 0));
        *count = count.saturating_add(1);
    }

    /// Counts an object that could not be read, with the reason.
    pub fn refuse(&mut self, why: &'static str, span: Span) {
        self.ledger.push(LineState::NotModelled);
        self.ledger.note(LineState::NotModelled, why, span);
    }

    /// Notes that a cmdlet was run and returned nothing.
    pub fn empty(&mut self, cmdlet: &'static Cmdlet, span: Span) {
        let host = self.host(cmdlet, &[]);
        self.runs.push(CmdletRun {
            cmdlet: Some(cmdlet.name),
            host,
            records: Vec::new(),
            span,
        });
    }

    /// Takes an export without any object for an empty result of the cmdlet
    /// that the file's name tells; `false` where it tells none.
    pub fn empty_by_name(&mut self) -> bool {
        let Some(stated) = self.by_file.clone() else {
            return false;
        };
        let span = Span::of(self.file.id(), 0..self.file.text().len());
        self.problems.push(empty_result(stated.cmdlet, span));
        self.empty(stated.cmdlet, span);
        true
    }

    /// Whether an object was read, or a result without objects.
    #[must_use]
    pub fn has_found(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Everything that was collected.
    #[must_use]
    pub fn finish(mut self) -> Document {
        if let Some((span, count)) = self.nameless {
            let why = format!("{count} objects that do not tell which cmdlet returned them");
            self.ledger.note(LineState::NotModelled, why, span);
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "some objects do not tell which cmdlet returned them".to_owned(),
                hint: Some(
                    "name the file after the cmdlet (HUB1_ReceiveConnector.csv), or export all properties"
                        .to_owned(),
                ),
                span,
            });
        }
        if let Some((span, count)) = self.foreign {
            let why = format!("{count} objects of other kinds, which no rule reads");
            self.ledger.note(LineState::Irrelevant, why, span);
        }
        if let Some(span) = self.type_name_at {
            let mut names = self.type_names.join(", ");
            if self.type_names.len() == MOST_NAMED {
                names.push_str(", …");
            }
            // The hint holds a command: no name of a file's making goes into it.
            let plain = |name: &&Arc<str>| name.bytes().all(|b| b.is_ascii_alphanumeric());
            let list = self.type_names.iter().find(plain);
            let list = list.map_or("Bindings", |name| &**name);
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: format!("the export lost the lists in {names}"),
                hint: Some(self.whole_lists.replace("{list}", list)),
                span,
            });
        }
        let mut content: Vec<Content> = self.runs.into_iter().map(Content::Exchange).collect();
        content.extend(Content::secrets(self.secrets));
        Document {
            content,
            ledger: self.ledger,
            problems: self.problems,
        }
    }

    fn host(
        &mut self,
        cmdlet: &'static Cmdlet,
        properties: &[RawProperty<'a>],
    ) -> Option<Arc<str>> {
        let told = properties
            .iter()
            .any(|p| p.name == "PSComputerName" && matches!(p.raw, Raw::Text(_)));
        if told {
            return None;
        }
        match &self.host {
            Some((name, host)) if *name == cmdlet.name => host.clone(),
            _ => {
                let host: Option<Arc<str>> = host_of_file(self.file.name(), cmdlet).map(Arc::from);
                self.host = Some((cmdlet.name, host.clone()));
                host
            }
        }
    }

    /// Remembers what is to be said of the whole file.
    fn learn(&mut self, record: &Record) {
        for property in &record.properties {
            match &property.value {
                Value::Secret => self.secrets.push(property.span),
                Value::Unusable(why) if **why == *TYPE_NAME => {
                    self.type_name_at.get_or_insert(property.span);
                    let names = &mut self.type_names;
                    if names.len() < MOST_NAMED && !names.contains(&property.name) {
                        names.push(Arc::clone(&property.name));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The remark on an export without objects.
#[must_use]
pub fn empty_result(cmdlet: &Cmdlet, span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Note,
        message: format!(
            "the export holds no object; taken for an empty result of {} by the file's name",
            cmdlet.name
        ),
        hint: None,
        span,
    }
}

/// The cmdlet that the names of properties tell whatever their values are.
fn by_names(
    properties: &[RawProperty<'_>],
    stated: Option<&Stated>,
) -> Option<(&'static Cmdlet, Arc<str>)> {
    let nothing: Vec<RawProperty<'_>> = properties
        .iter()
        .map(|property| RawProperty {
            name: property.name,
            raw: Raw::Null,
            span: property.span,
        })
        .collect();
    let inferred = infer(&nothing);
    if let Some(stated) = stated {
        let lower = |p: &RawProperty<'_>| p.name.to_ascii_lowercase();
        let own = |p: &RawProperty<'_>| stated.cmdlet.properties.contains_key(&lower(p));
        let known = |p: &&RawProperty<'_>| stated.cmdlet.property(&lower(p)).is_some();
        let fits = properties.iter().any(own)
            || (inferred.is_none() && properties.iter().filter(known).count() > 1);
        if fits {
            return Some((stated.cmdlet, Arc::clone(&stated.what)));
        }
    }
    let (cmdlet, what, _) = inferred?;
    Some((cmdlet, what.into()))
}

/// Whether the name of a property occurs in Exchange and hardly elsewhere.
#[must_use]
pub fn is_telling(name: &str) -> bool {
    table().owners(&name.to_ascii_lowercase()) > 0 && !super::infer::is_one_word(name)
}

/// Whether objects may be of Exchange though nothing tells the cmdlet: two of
/// their properties hardly occur elsewhere.
#[must_use]
pub fn may_matter(properties: &[RawProperty<'_>]) -> bool {
    let telling = properties.iter().filter(|p| is_telling(p.name));
    telling.take(2).count() > 1
}

/// Whether some cmdlet of the table has a property of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    table().owners(&lower) > 0 || table().common.contains_key(&lower)
}
