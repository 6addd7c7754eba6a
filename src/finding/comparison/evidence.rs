//! Evidence of the base that the head was not given any more: an export that is
//! not among its inputs, breaks off, or lost a value. What rests on it is not
//! mended; it is not known.
//!
//! What the head was given and does not say any more is a change: a connector
//! that a whole export lists no longer is gone.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::devices::Pair;
use crate::estate::{FirewallId, Object, Server};
use crate::finding::{FileKind, ReadFile, Run};
use crate::formats::{ProblemLevel, inventory};
use crate::model::exchange::{Lookup, Property};
use crate::source::{FileId, Span};

/// Why a statement of the base says nothing about the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The head was given nothing that could say the same.
    Missing {
        /// The statement, in the files of the base.
        at: Span,
    },
    /// What the head was given instead breaks off before it could say so.
    BreaksOff {
        /// Where, in the files of the head.
        at: Span,
    },
    /// The head does not tell a value that the base told.
    Value {
        /// The property.
        property: String,
        /// The object, in the files of the head.
        at: Span,
    },
}

/// Tells what became of statements of the base.
pub(super) struct Evidence<'r> {
    base: &'r Run,
    head: &'r Run,
    pairs: Vec<Pair>,
    index: OnceCell<Index<'r>>,
    /// What was said of ends.
    ends: RefCell<HashMap<String, bool>>,
}

type RunOfCmdlet = crate::estate::Run;

/// Objects and runs by what one looks for.
struct Index<'r> {
    /// Objects of the base by where they, or copies of them, begin.
    base: Vec<(Span, &'r Object)>,
    /// Objects of the base by cmdlet and identity in lower case.
    former: HashMap<(&'static str, String), &'r Object>,
    /// Objects of the head by cmdlet and identity in lower case.
    head: HashMap<(&'static str, String), Vec<&'r Object>>,
    /// Objects of the head by cmdlet and server.
    of_server: HashMap<(&'static str, &'r str), &'r Object>,
    /// Runs of the head by cmdlet.
    runs: HashMap<&'static str, Vec<&'r RunOfCmdlet>>,
    /// The object of the head that a file ends with, by cmdlet.
    last: HashMap<(&'static str, FileId), &'r Object>,
}

impl<'r> Evidence<'r> {
    pub(super) fn new(base: &'r Run, head: &'r Run, pairs: &[Pair]) -> Self {
        Self {
            base,
            head,
            pairs: pairs.to_vec(),
            index: OnceCell::new(),
            ends: RefCell::default(),
        }
    }

    /// Why a statement of the base says nothing about the head; `None` where the
    /// head says the same, says otherwise, or would have said it.
    pub(super) fn lost(&self, at: Span) -> Option<Loss> {
        let loss = self.lost_statement(at)?;
        let server = self
            .object(at)
            .and_then(|object| server_of(self.base, object));
        // A server that is gone took its own exports along.
        if server.is_some_and(|server| self.retired(server)) {
            return None;
        }
        Some(loss)
    }

    /// Whether it is not known if an end of a data path is still there.
    pub(super) fn lost_end(&self, name: &str) -> bool {
        if let Some(known) = self.ends.borrow().get(name) {
            return *known;
        }
        let lost = self.end(name).is_some();
        self.ends.borrow_mut().insert(name.to_owned(), lost);
        lost
    }

    fn end(&self, name: &str) -> Option<Loss> {
        let mut servers = self.base.estate.servers.iter();
        let server = servers.find(|server| server.name == name)?;
        if self.retired(server) {
            return None;
        }
        statements(server).find_map(|at| self.lost_statement(at))
    }

    /// Whether the head was not given the configuration of a firewall, and does
    /// not say that there is none any more.
    pub(super) fn lost_firewall(&self, name: &str) -> bool {
        let known = (0u32..).zip(&self.base.estate.firewalls);
        let mut known = known.filter(|(_, known)| known.name == name);
        known.any(|(id, _)| self.firewall_is_lost(FirewallId(id)))
    }

    fn firewall_is_lost(&self, id: FirewallId) -> bool {
        let mut pairs = self.pairs.iter();
        if !pairs.any(|pair| *pair == (Some(id), None)) {
            return false;
        }
        let name = self.base.estate.firewalls.get(id.0 as usize);
        let name = name.map_or("", |known| known.name.as_str());
        let declares = |run: &Run| {
            let inventory = run.estate.inventory.as_ref()?;
            let mut entries = inventory.firewalls.iter();
            Some(entries.any(|entry| entry.name.value == name))
        };
        // An inventory that no longer names it says that it is gone.
        (declares(self.base), declares(self.head)) != (Some(true), Some(false))
    }

    /// Whether the head would still tell of a server that is there.
    fn retired(&self, server: &Server) -> bool {
        let mut now = self.head.estate.servers.iter();
        !now.any(|known| known.name == server.name)
            && statements(server).any(|at| self.lost_statement(at).is_none())
    }

    fn lost_statement(&self, at: Span) -> Option<Loss> {
        let missing = Loss::Missing { at };
        if let Some(object) = self.object(at) {
            return self.lost_object(object, at);
        }
        let firewalls = (0u32..).map(FirewallId).zip(&self.base.estate.firewalls);
        let mut here = firewalls
            .filter(|(_, known)| known.firewall.name.span.file == at.file)
            .map(|(id, _)| id)
            .peekable();
        if here.peek().is_some() {
            return here.all(|id| self.firewall_is_lost(id)).then_some(missing);
        }
        let file = file(self.base, at.file)?;
        let format = format(file)?;
        if format == inventory::FORMAT.id {
            return self.head.estate.inventory.is_none().then_some(missing);
        }
        // Of other files only their names tell which is which.
        let same = |run: &Run| {
            let files = run.files.iter();
            files
                .filter(|other| self::format(other) == Some(format))
                .count()
        };
        let name = last_name(self.base, at.file);
        let mut now = self.head.files.iter();
        let there = now.any(|other| {
            self::format(other) == Some(format) && last_name(self.head, other.id) == name
        });
        (!there && same(self.head) < same(self.base)).then_some(missing)
    }

    fn lost_object(&self, object: &'r Object, at: Span) -> Option<Loss> {
        let index = self.index();
        let identity = object.identity.to_lowercase();
        let now = index.head.get(&(object.cmdlet, identity));
        let now = now.map_or(&[][..], Vec::as_slice);
        let server = |run, object| server_of(run, object).map(|server| server.name.as_str());
        let own = server(self.base, object);
        let same = now
            .iter()
            .find(|known| server(self.head, known) == own)
            .or_else(|| now.first().filter(|_| now.len() == 1));
        if let Some(now) = same {
            return lost_value(object, now, at);
        }
        // It is gone: would the head have told it?
        let Some(runs) = index.runs.get(object.cmdlet) else {
            return Some(Loss::Missing { at });
        };
        let host = self.run_of(object).and_then(|run| run.host.as_deref());
        let name = last_name(self.base, object.record.span.file);
        let of_server = own.and_then(|own| index.of_server.get(&(object.cmdlet, own)));
        let beside = of_server.map(|known| known.record.span.file);
        let mut here = runs.iter().filter(|run| {
            let same_host = match (host, run.host.as_deref()) {
                (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                (None, None) => last_name(self.head, run.span.file) == name,
                _ => false,
            };
            same_host || own.is_none() || beside == Some(run.span.file)
        });
        let first = here.clone().next();
        if first.is_none() && beside.is_none() {
            return Some(Loss::Missing { at });
        }
        here.find_map(|run| self.breaks_off(run))
            .map(|at| Loss::BreaksOff { at })
    }

    /// Where an export of the head breaks off.
    fn breaks_off(&self, run: &RunOfCmdlet) -> Option<Span> {
        let index = self.index();
        let last = index.last.get(&(run.cmdlet, run.span.file)).copied();
        let begins = last.map_or(run.span.start, |last| last.record.span.start);
        let read = file(self.head, run.span.file)?;
        let mut problems = read.problems.iter();
        let problem = problems
            .find(|problem| problem.level != ProblemLevel::Note && problem.span.start >= begins);
        if let Some(problem) = problem {
            return Some(problem.span);
        }
        // The last object lacks what it had.
        let last = last?;
        let key = (last.cmdlet, last.identity.to_lowercase());
        let former = index.former.get(&key)?;
        let fewer = last.record.properties.len() < former.record.properties.len();
        fewer.then_some(last.record.span)
    }

    /// The object of the base that a statement belongs to.
    fn object(&self, at: Span) -> Option<&'r Object> {
        let index = self.index();
        let after = index
            .base
            .partition_point(|(span, _)| (span.file, span.start) <= (at.file, at.start));
        let (span, object) = index.base.get(after.checked_sub(1)?)?;
        (span.file == at.file && at.start < span.end.max(span.start.saturating_add(1)))
            .then_some(*object)
    }

    /// The run that gave an object of the base.
    fn run_of(&self, object: &Object) -> Option<&'r RunOfCmdlet> {
        let at = object.record.span;
        self.base.estate.runs.iter().find(|run| {
            let span = run.span;
            run.cmdlet == object.cmdlet
                && span.file == at.file
                && (span.start..=span.end).contains(&at.start)
        })
    }

    fn index(&self) -> &Index<'r> {
        self.index.get_or_init(|| Index::new(self.base, self.head))
    }
}

impl<'r> Index<'r> {
    fn new(base: &'r Run, head: &'r Run) -> Self {
        let objects = base.estate.objects.iter();
        let mut before: Vec<(Span, &Object)> = objects
            .flat_map(|object| {
                let copies = object.copies.iter().copied();
                std::iter::once(object.record.span)
                    .chain(copies)
                    .map(move |span| (span, object))
            })
            .collect();
        before.sort_unstable_by_key(|(span, _)| (span.file, span.start));
        let mut index = Self {
            base: before,
            former: HashMap::new(),
            head: HashMap::new(),
            of_server: HashMap::new(),
            runs: HashMap::new(),
            last: HashMap::new(),
        };
        for object in &base.estate.objects {
            let key = (object.cmdlet, object.identity.to_lowercase());
            index.former.entry(key).or_insert(object);
        }
        for object in &head.estate.objects {
            let key = (object.cmdlet, object.identity.to_lowercase());
            index.head.entry(key).or_default().push(object);
            if let Some(server) = server_of(head, object) {
                index
                    .of_server
                    .insert((object.cmdlet, &server.name), object);
            }
            let at = object.record.span;
            let last = index.last.entry((object.cmdlet, at.file)).or_insert(object);
            if last.record.span.start < at.start {
                *last = object;
            }
        }
        for run in &head.estate.runs {
            index.runs.entry(run.cmdlet).or_default().push(run);
        }
        index
    }
}

/// Whether the head tells the value at a place of an object, where the base
/// does.
fn lost_value(before: &Object, after: &Object, at: Span) -> Option<Loss> {
    let mut properties = before.record.properties.iter();
    let property: &Property = properties
        .find(|property| property.span.file == at.file && property.span.start == at.start)?;
    let known = |lookup: Lookup<'_>| matches!(lookup, Lookup::Known(..) | Lookup::Null(_));
    (known(before.record.get(&property.name)) && !known(after.record.get(&property.name))).then(
        || Loss::Value {
            property: property.name.to_string(),
            at: match after.record.get(&property.name) {
                Lookup::Unknown(_, at) => at,
                _ => after.record.span,
            },
        },
    )
}

/// What makes a server known.
fn statements(server: &Server) -> impl Iterator<Item = Span> + '_ {
    let roles = server.roles.iter().map(|role| role.span);
    std::iter::once(server.span).chain(roles)
}

fn server_of<'r>(run: &'r Run, object: &Object) -> Option<&'r Server> {
    run.estate.servers.get(object.server?.0 as usize)
}

fn file(run: &Run, id: FileId) -> Option<&ReadFile> {
    let at = run.files.binary_search_by_key(&id, |file| file.id).ok()?;
    run.files.get(at)
}

fn format(file: &ReadFile) -> Option<&'static str> {
    match &file.kind {
        FileKind::Recognised { format, .. } => Some(format.id),
        FileKind::NotRecognised { .. } => None,
    }
}

/// The name of a file without its folders.
fn last_name(run: &Run, id: FileId) -> &str {
    let name = run.sources.get(id).map_or("", |file| file.name());
    name.rsplit('/').next().unwrap_or_default()
}
