//! `applicationHost.config` with the `web.config` files below it.
//!
//! IIS goes down the path of a request and takes, of each section, what the
//! files on the way state, the nearest last; a file may not state a section that
//! one above it has locked (Microsoft Learn, *Deep Dive into IIS Configuration*
//! and *How to Use Locking in IIS Configuration*). Where `applicationHost.config`
//! has a `location` below the folder of a `web.config`, Microsoft does not say
//! which of them holds: unless both say the same, it is not known.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::config::deliver;
use super::configuration::{Change, Configuration, Mode, Section, below};
use super::settings::{
    Holds, Origin, Provider, Providers, Setting, Settings, Stated, chain, providers, relative,
};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Document, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

const LOCKED: &str =
    "IIS refuses the web.config of this folder, because it states a locked section";
const MAY_BE_LOCKED: &str =
    "the configuration does not show whether a web.config may state this section";
const PART_LOCKED: &str = "parts of the section are locked against the web.config that states it";
const BOTH: &str = "a web.config and a location below it in the file above state different values";
const DISAGREE: &str = "two exports of the web.config of this folder disagree";
const BROKEN: &str = "the web.config of this folder is not well formed";
const MANY: &str = "the web.config of this folder holds at more places than are read";
const UNPLACED: &str = "a web.config whose folder is not known states another value";

/// At how many places one `web.config` is read; a real one holds at a few.
const MAX_PLACES: usize = 1000;

/// How many statements one `web.config` may make at all its places together.
const MAX_STATEMENTS: usize = 200_000;

/// A `web.config` at a place in IIS.
#[derive(Debug, Clone)]
pub struct Web<'c> {
    /// `Default Web Site/owa`.
    pub place: String,
    /// What it states.
    pub configuration: &'c Configuration,
}

/// What the copies of one file state, with places relative to its level.
struct Text {
    /// Where the first copy stands.
    span: Span,
    settings: Settings,
    /// Sections whose elements are there, by place.
    present: HashMap<Section, HashMap<String, Fact<Span>>>,
    modes: HashMap<Section, HashMap<String, Fact<Mode>>>,
    part_locks: HashMap<Section, HashSet<String>>,
    /// A copy that is not well formed.
    broken: Option<Span>,
}

/// What copies of a file say at a place.
#[derive(Clone, Copy)]
struct Fact<T> {
    first: T,
    copies: usize,
    /// Whether those copies that say anything say the same.
    same: bool,
    /// Whether all do.
    agreed: bool,
}

impl Text {
    fn new(copies: &[&Configuration], applications: &Arc<HashSet<String>>) -> Self {
        let span = copies
            .first()
            .map_or(Span::new(crate::source::FileId(0), 0, 0), |one| one.span);
        let settings: Vec<Settings> = copies.iter().map(|one| one.settings("")).collect();
        let mut settings = Settings::of_copies(settings, DISAGREE, span);
        settings.share_applications(applications);
        let mut text = Self {
            span,
            settings,
            present: HashMap::new(),
            modes: HashMap::new(),
            part_locks: HashMap::new(),
            broken: copies.iter().find(|one| one.broken).map(|one| one.span),
        };
        for copy in copies {
            let mut present: HashMap<(Section, String), Span> = HashMap::new();
            let mut modes: HashMap<(Section, String), Mode> = HashMap::new();
            for statement in &copy.statements {
                let key = (statement.section, statement.location.to_lowercase());
                match statement.change {
                    Change::Present => {
                        present.entry(key).or_insert(statement.span);
                    }
                    Change::Mode(mode) => {
                        modes.insert(key, mode);
                    }
                    Change::PartLocked => {
                        text.part_locks.entry(key.0).or_default().insert(key.1);
                    }
                    Change::Value(..) | Change::Provider(_) => {}
                }
            }
            note(&mut text.present, present, |_, _| true);
            note(&mut text.modes, modes, |one, two| one == two);
        }
        agree(&mut text.present, copies.len());
        agree(&mut text.modes, copies.len());
        text
    }
}

/// Notes what one more copy says.
fn note<T: Copy>(
    facts: &mut HashMap<Section, HashMap<String, Fact<T>>>,
    said: HashMap<(Section, String), T>,
    same: impl Fn(T, T) -> bool,
) {
    for ((section, place), one) in said {
        let all = facts.entry(section).or_default();
        let fact = all.entry(place).or_insert(Fact {
            first: one,
            copies: 0,
            same: true,
            agreed: false,
        });
        fact.copies = fact.copies.saturating_add(1);
        fact.same &= same(fact.first, one);
    }
}

/// Notes where all copies say the same.
fn agree<T>(facts: &mut HashMap<Section, HashMap<String, Fact<T>>>, copies: usize) {
    for fact in facts.values_mut().flat_map(HashMap::values_mut) {
        fact.agreed = fact.same && fact.copies == copies;
    }
}

/// The fact of the nearest place on the way down to one.
fn nearest<'t, T>(
    facts: &'t HashMap<Section, HashMap<String, T>>,
    section: Section,
    place: &str,
) -> Option<(String, &'t T)> {
    let facts = facts.get(&section)?;
    let mut places = chain(place).into_iter().rev();
    places.find_map(|at| Some((at.to_owned(), facts.get(at)?)))
}

/// One file at its level.
struct Layer {
    /// In lower case; empty for `applicationHost.config`.
    level: String,
    text: Rc<Text>,
}

impl Layer {
    /// The lock that the nearest location with one puts on a place.
    fn mode(&self, place: &str, section: Section) -> Option<Fact<Mode>> {
        let place = relative(&self.level, place);
        nearest(&self.text.modes, section, place).map(|(_, fact)| *fact)
    }

    fn locks_parts(&self, place: &str, section: Section) -> bool {
        let places = chain(relative(&self.level, place));
        let locks = self.text.part_locks.get(&section);
        locks.is_some_and(|locks| places.into_iter().any(|at| locks.contains(at)))
    }

    /// The nearest place on the way down to one where a section's element is.
    fn present_at(&self, place: &str, section: Section) -> Option<(String, Fact<Span>)> {
        let place = relative(&self.level, place);
        let (at, fact) = nearest(&self.text.present, section, place)?;
        Some((below(&self.level, &at), *fact))
    }

    fn at(&self, path: &str, setting: Setting) -> Option<Origin<'_>> {
        self.text.settings.at_below(&self.level, path, setting)
    }

    fn provider_changes(&self, path: &str) -> Vec<(String, Vec<&Provider>)> {
        let settings = &self.text.settings;
        settings.provider_changes_below(&self.level, path)
    }
}

fn is_at_or_below(place: &str, above: &str) -> bool {
    above.is_empty()
        || place
            .strip_prefix(above)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a `web.config` may state a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    Open,
    Locked,
    Unknown(&'static str),
}

/// The words of a value, whatever their order.
type Words = BTreeSet<String>;

/// What the files state whose level is not known.
#[derive(Default)]
struct Unplaced {
    /// The first value of each setting and the first that differs from it; one
    /// that is not known differs from all.
    values: HashMap<Setting, Vec<(Option<Words>, Span)>>,
    /// The first change to providers.
    provider: Option<Span>,
    /// The first lock of each section, whole or in part.
    locks: HashMap<Section, Span>,
    /// A file that is not well formed, and so may state anything.
    broken: Option<Span>,
}

impl Unplaced {
    fn new(all: &[&Configuration]) -> Self {
        let mut unplaced = Self::default();
        for configuration in all {
            if configuration.broken {
                unplaced.broken = unplaced.broken.or(Some(configuration.span));
            }
            for statement in &configuration.statements {
                let span = statement.span;
                match &statement.change {
                    Change::Value(setting, stated) => {
                        let known = unplaced.values.entry(*setting).or_default();
                        if known.len() < 2 {
                            let words = stated.words();
                            let differs = |(one, _): &(Option<Words>, Span)| {
                                one.is_none() || words.is_none() || *one != words
                            };
                            if known.iter().all(differs) {
                                known.push((words, span));
                            }
                        }
                    }
                    Change::Provider(_) => {
                        unplaced.provider = unplaced.provider.or(Some(configuration.span));
                    }
                    Change::Mode(Mode::Deny) | Change::PartLocked => {
                        unplaced.locks.entry(statement.section).or_insert(span);
                    }
                    Change::Present | Change::Mode(Mode::Allow) => {}
                }
            }
        }
        unplaced
    }

    /// A value that is not the one that holds.
    fn other(&self, setting: Setting, now: Option<&Stated>) -> Option<Span> {
        let all = self.values.get(&setting)?;
        let now = match now {
            Some(now) => now.words(),
            None => setting
                .default()
                .and_then(|value| Stated::Value(value.to_owned()).words()),
        };
        let mut differ = all
            .iter()
            .filter(|(value, _)| value.is_none() || now.is_none() || *value != now);
        differ.next().map(|(_, span)| *span)
    }
}

/// All files of a server.
struct Layers<'c> {
    configuration: &'c Configuration,
    host: Layer,
    /// By level.
    webs: HashMap<String, Layer>,
    /// Levels of files that hold at too many, with the sections that each states.
    beyond: HashMap<String, HashMap<Section, Span>>,
    unplaced: Unplaced,
    /// Whether a file at a place or above it may state a section, once asked.
    changeable: RefCell<HashMap<(String, Section), bool>>,
    /// Places of applications, in lower case.
    applications: Arc<HashSet<String>>,
}

/// Reads the files of a server together: the records that `host` gave, as they
/// are with what the others say. `file` is the one that `host` stands in.
#[must_use]
pub fn merge(
    file: &SourceFile,
    host: &Configuration,
    webs: &[Web<'_>],
    unplaced: &[&Configuration],
) -> Document {
    let applications = host
        .directories()
        .filter(|(_, directory)| directory.application)
        .map(|(_, directory)| directory.place.clone());
    let applications: Arc<HashSet<String>> = Arc::new(applications.collect());
    let mut layers = Layers {
        configuration: host,
        host: Layer {
            level: String::new(),
            text: Rc::new(Text::new(&[host], &applications)),
        },
        webs: HashMap::new(),
        beyond: HashMap::new(),
        unplaced: Unplaced::new(unplaced),
        changeable: RefCell::default(),
        applications,
    };
    let mut collector = Collector::new(file, "");
    collector.problems.extend(layers.place(webs));
    let mut own: BTreeMap<String, Span> = BTreeMap::new();
    for layer in std::iter::once(&layers.host).chain(layers.webs.values()) {
        for (path, span) in layer.text.settings.paths() {
            let known = own.entry(below(&layer.level, path)).or_insert(span);
            *known = (*known).min(span);
        }
    }
    let own = own.iter().map(|(path, span)| (path.as_str(), *span));
    deliver(host, &layers, own, &mut collector);
    collector.problems.extend(layers.refused());
    collector.finish()
}

/// The sections that a file states or locks, each with a place.
fn sections(configuration: &Configuration) -> HashMap<Section, Span> {
    let mut sections = HashMap::new();
    for statement in &configuration.statements {
        sections.entry(statement.section).or_insert(statement.span);
    }
    if configuration.broken {
        for (section, _) in Section::ALL {
            sections.entry(section).or_insert(configuration.span);
        }
    }
    sections
}

impl Layers<'_> {
    /// Puts files at their levels: copies of one level together, and those of all
    /// levels that have the same copies read once.
    fn place(&mut self, webs: &[Web<'_>]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut counts: HashMap<*const Configuration, usize> = HashMap::new();
        let mut levels: BTreeMap<String, Vec<&Configuration>> = BTreeMap::new();
        for web in webs {
            let level = web.place.to_lowercase();
            let configuration = web.configuration;
            let count = counts.entry(std::ptr::from_ref(configuration)).or_default();
            let statements = configuration.statements.len().max(1);
            let most = MAX_STATEMENTS.checked_div(statements).unwrap_or(1);
            let most = most.clamp(1, MAX_PLACES);
            *count = count.saturating_add(1);
            if *count <= most {
                levels.entry(level).or_default().push(configuration);
                continue;
            }
            self.beyond
                .entry(level)
                .or_insert_with(|| sections(configuration))
                .extend(sections(configuration));
            if *count == most.saturating_add(1) {
                let span = configuration.span;
                problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: "this web.config holds at more places than are read; what it states is open at the others".to_owned(),
                    hint: None,
                    span: Span::new(span.file, span.start, span.start),
                });
            }
        }
        let mut texts: HashMap<Vec<*const Configuration>, Rc<Text>> = HashMap::new();
        for (level, copies) in levels {
            let key = copies.iter().map(|one| std::ptr::from_ref(*one)).collect();
            let applications = &self.applications;
            let text = texts
                .entry(key)
                .or_insert_with(|| Rc::new(Text::new(&copies, applications)));
            let text = Rc::clone(text);
            self.webs.insert(level.clone(), Layer { level, text });
        }
        // Such a level needs a layer, to be come by.
        for level in self.beyond.keys() {
            if !self.webs.contains_key(level) {
                let text = Rc::new(Text::new(&[], &self.applications));
                let level = level.clone();
                self.webs.insert(level.clone(), Layer { level, text });
            }
        }
        problems
    }

    /// Whether the `web.config` of a level may state a section for a place at or
    /// below it.
    fn lock(&self, level: &str, place: &str, section: Section) -> Lock {
        let registered = self.configuration.registered.get(&section).copied();
        let from_host = |at: &str| {
            let mode = self.host.mode(at, section).map(|fact| fact.first);
            mode.or(registered.map(|known| known.mode))
        };
        let places = [level, place];
        if places.iter().any(|at| from_host(at) == Some(Mode::Deny)) {
            return Lock::Locked;
        }
        let only_applications = registered.is_some_and(|known| known.in_applications);
        if only_applications && !self.applications.contains(level) {
            return Lock::Locked;
        }
        if places.iter().any(|at| from_host(at).is_none()) {
            return Lock::Unknown(MAY_BE_LOCKED);
        }
        let above = self.above(level).filter(|layer| layer.level != level);
        let mut part = self.host.locks_parts(place, section);
        let mut disputed = false;
        for layer in above {
            for fact in places.iter().filter_map(|at| layer.mode(at, section)) {
                if fact.agreed && fact.first == Mode::Deny {
                    return Lock::Locked;
                }
                disputed |= !fact.agreed;
            }
            part |= layer.locks_parts(place, section);
        }
        if disputed {
            Lock::Unknown(DISAGREE)
        } else if part {
            Lock::Unknown(PART_LOCKED)
        } else {
            Lock::Open
        }
    }

    /// The `web.config` files on the way down to a place, the highest first.
    fn above(&self, place: &str) -> impl Iterator<Item = &Layer> {
        let levels: Vec<String> = chain(place).into_iter().map(str::to_owned).collect();
        levels.into_iter().filter_map(|level| self.webs.get(&level))
    }

    /// Why it is not known what a `web.config` does to a section of a place;
    /// `None` where its own statement holds. `reaches_below`: a location above it
    /// speaks for the place as well.
    fn doubt(
        &self,
        layer: &Layer,
        place: &str,
        section: Section,
        reaches_below: bool,
    ) -> Option<&'static str> {
        match self.lock(&layer.level, place, section) {
            Lock::Locked => Some(LOCKED),
            Lock::Unknown(why) => Some(why),
            Lock::Open if reaches_below => Some(BOTH),
            Lock::Open => None,
        }
    }

    /// Why nothing is known of a section from a `web.config` on, whatever the files
    /// below it state: it may lock them, and IIS serves nothing where it refuses one.
    fn stops(&self, layer: &Layer, path: &str, section: Section) -> Option<(&'static str, Span)> {
        let level = layer.level.as_str();
        let beyond = self.beyond.get(level).and_then(|all| all.get(&section));
        let unread =
            (layer.text.broken.map(|span| (BROKEN, span))).or(beyond.map(|span| (MANY, *span)));
        if unread.is_some() && self.lock(level, level, section) != Lock::Locked {
            return unread;
        }
        let (place, fact) = layer.present_at(path, section)?;
        match self.lock(level, &place, section) {
            Lock::Locked if fact.agreed => Some((LOCKED, fact.first)),
            Lock::Locked => Some((DISAGREE, fact.first)),
            // Whether IIS takes the section concerns all of it.
            Lock::Unknown(why) => Some((why, fact.first)),
            Lock::Open => None,
        }
    }

    /// Whether a `web.config` at a place or above it may state a section; at the
    /// server itself none stands.
    fn is_changeable(&self, path: &str, section: Section) -> bool {
        let mut levels = Vec::new();
        let mut found = false;
        for level in chain(path).into_iter().rev().filter(|at| !at.is_empty()) {
            let key = (level.to_owned(), section);
            let known = self.changeable.borrow().get(&key).copied();
            found = known.unwrap_or_else(|| self.lock(level, level, section) != Lock::Locked);
            levels.push(key);
            if found || known.is_some() {
                break;
            }
        }
        let answers = levels.into_iter().map(|key| (key, found));
        self.changeable.borrow_mut().extend(answers);
        found
    }

    /// Something that a file whose place is not known may do to a path: `states` is
    /// where one states another value.
    fn changed_by_unplaced(
        &self,
        path: &str,
        section: Section,
        states: Option<Span>,
    ) -> Option<Span> {
        let locks = self.unplaced.locks.get(&section).copied();
        // A lock matters to a file that states the section.
        let mut stated = locks.into_iter().filter(|_| {
            let mut above = self.above(path);
            above.any(|layer| layer.present_at(path, section).is_some())
        });
        let span = states.or(self.unplaced.broken).or_else(|| stated.next())?;
        self.is_changeable(path, section).then_some(span)
    }

    /// Sections that files state though they may not, each told once.
    fn refused(&self) -> Vec<Problem> {
        let mut layers: Vec<&Layer> = self.webs.values().collect();
        layers.sort_by(|one, two| one.level.cmp(&two.level));
        let mut problems = Vec::new();
        let mut told: HashSet<(Span, Section)> = HashSet::new();
        for layer in layers {
            for (section, _) in Section::ALL {
                let key = (layer.text.span, section);
                let Some(present) = layer.text.present.get(&section) else {
                    continue;
                };
                if told.contains(&key) {
                    continue;
                }
                let locked = present.iter().filter(|(at, _)| {
                    let place = below(&layer.level, at);
                    self.lock(&layer.level, &place, section) == Lock::Locked
                });
                let Some(span) = locked.map(|(_, fact)| fact.first).min() else {
                    continue;
                };
                told.insert(key);
                problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: format!(
                        "IIS refuses this web.config, because {} is locked above it: every request to its folder fails",
                        section.name()
                    ),
                    hint: Some(
                        "copy both files again if they are not of one time; else unlock the section or remove it"
                            .to_owned(),
                    ),
                    span,
                });
            }
        }
        problems
    }
}

/// What holds at a place so far.
struct Held {
    place: String,
    stated: Stated,
    span: Span,
}

impl From<Origin<'_>> for Held {
    fn from(origin: Origin<'_>) -> Self {
        Self {
            place: origin.place,
            stated: origin.stated.clone(),
            span: origin.span,
        }
    }
}

impl Layers<'_> {
    /// What holds at a place once a `web.config` on the way down to it is read.
    fn after(
        &self,
        layer: &Layer,
        path: &str,
        setting: Setting,
        held: Option<Held>,
    ) -> Option<Held> {
        let section = Section::with(setting);
        let Some(own) = layer.at(path, setting) else {
            return held;
        };
        // A location above the file may speak for a place below its folder.
        let reaches = held.as_ref().is_some_and(|held| {
            held.place != layer.level
                && is_at_or_below(&held.place, &layer.level)
                && is_at_or_below(&held.place, &own.place)
        });
        let same = (held.as_ref()).is_some_and(|held| held.stated.is_same(own.stated));
        let doubt = self.doubt(layer, &own.place, section, reaches && !same);
        match (doubt, held) {
            // The place below speaks against the files that follow, too.
            (Some(why), held) => Some(Held {
                stated: Stated::Unknown(why),
                place: held
                    .filter(|_| reaches)
                    .map_or(own.place, |held| held.place),
                span: own.span,
            }),
            (None, Some(held)) if reaches => Some(held),
            (None, _) => Some(own.into()),
        }
    }
}

impl Holds for Layers<'_> {
    fn setting(&self, path: &str, setting: Setting) -> Option<(Stated, Span)> {
        let section = Section::with(setting);
        let path = path.to_lowercase();
        let mut held = self.host.at(&path, setting).map(Held::from);
        for layer in self.above(&path) {
            if let Some((why, span)) = self.stops(layer, &path, section) {
                return Some((Stated::Unknown(why), span));
            }
            held = self.after(layer, &path, setting, held);
        }
        let now = held.as_ref().map(|held| &held.stated);
        let other = self.unplaced.other(setting, now);
        if let Some(span) = self.changed_by_unplaced(&path, section, other) {
            return Some((Stated::Unknown(UNPLACED), span));
        }
        held.map(|held| (held.stated, held.span))
    }

    fn providers(&self, path: &str) -> Option<Providers<'_>> {
        let section = Section::Windows;
        let path = path.to_lowercase();
        let mut deepest = String::new();
        let mut changes: Vec<&Provider> = Vec::new();
        for (place, all) in self.host.provider_changes(&path) {
            deepest = place;
            changes.extend(all);
        }
        let mut unknown = None;
        for layer in self.above(&path) {
            if let Some((why, span)) = self.stops(layer, &path, section) {
                return Some(Providers::Unknown(why, span));
            }
            let above = deepest.clone();
            for (place, all) in layer.provider_changes(&path) {
                let reaches = above != layer.level
                    && is_at_or_below(&above, &layer.level)
                    && is_at_or_below(&above, &place);
                if let Some(why) = self.doubt(layer, &place, section, reaches) {
                    unknown = Some((why, layer.text.span));
                }
                // Both are on the way down to the path.
                if place.len() > deepest.len() {
                    deepest = place;
                }
                changes.extend(all);
            }
        }
        if let Some(span) = self.changed_by_unplaced(&path, section, self.unplaced.provider) {
            unknown = Some((UNPLACED, span));
        }
        match unknown {
            Some((why, span)) => Some(Providers::Unknown(why, span)),
            None => providers(changes.into_iter()),
        }
    }
}

#[cfg(test)]
mod tests;
