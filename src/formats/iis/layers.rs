//! `applicationHost.config` with the `web.config` files below it.
//!
//! IIS goes down the path of a request and takes, of each section, what the
//! files on the way state, the nearest last; a file may not state a section that
//! one above it has locked (Microsoft Learn, *Deep Dive into IIS Configuration*
//! and *How to Use Locking in IIS Configuration*). Where `applicationHost.config`
//! has a `location` below the folder of a `web.config`, Microsoft does not say
//! which of them holds: unless both say the same, it is not known.

use std::collections::{HashMap, HashSet};

use super::config::deliver;
use super::configuration::{Change, Configuration, Mode, Section, below};
use super::settings::{
    Holds, Origin, Provider, Providers, Setting, Settings, Stated, chain, providers,
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
const UNPLACED: &str = "a web.config whose folder is not known states another value";

/// A `web.config` at a place in IIS.
#[derive(Debug, Clone)]
pub struct Web<'c> {
    /// `Default Web Site/owa`.
    pub place: String,
    /// What it states.
    pub configuration: &'c Configuration,
}

/// One file at its level.
struct Layer<'c> {
    /// In lower case; empty for `applicationHost.config`.
    level: String,
    configuration: &'c Configuration,
    settings: Settings,
    /// Sections whose elements are there.
    present: HashMap<(String, Section), Span>,
    modes: HashMap<(String, Section), Mode>,
    part_locks: HashSet<(String, Section)>,
}

impl<'c> Layer<'c> {
    fn new(level: &str, configuration: &'c Configuration, applications: &[String]) -> Self {
        let level = level.to_lowercase();
        let mut settings = configuration.settings(&level);
        for application in applications {
            settings.begin_application(application);
        }
        let mut layer = Self {
            settings,
            level,
            configuration,
            present: HashMap::new(),
            modes: HashMap::new(),
            part_locks: HashSet::new(),
        };
        for statement in &configuration.statements {
            let place = below(&layer.level, &statement.location).to_lowercase();
            let key = (place, statement.section);
            match statement.change {
                Change::Present => {
                    layer.present.entry(key).or_insert(statement.span);
                }
                Change::Mode(mode) => {
                    layer.modes.insert(key, mode);
                }
                Change::PartLocked => {
                    layer.part_locks.insert(key);
                }
                Change::Value(..) | Change::Provider(_) => {}
            }
        }
        layer
    }

    /// The lock that the nearest location with one puts on a place.
    fn mode(&self, place: &str, section: Section) -> Option<Mode> {
        let mut places = chain(place).into_iter().rev();
        places.find_map(|at| self.modes.get(&(at.to_owned(), section)).copied())
    }

    fn locks_parts(&self, place: &str, section: Section) -> bool {
        let mut places = chain(place).into_iter();
        !self.part_locks.is_empty()
            && places.any(|at| self.part_locks.contains(&(at.to_owned(), section)))
    }

    /// The nearest place on the way down to one where a section's element is.
    fn present_at(&self, place: &str, section: Section) -> Option<(String, Span)> {
        let mut places = chain(place).into_iter().rev();
        places.find_map(|at| {
            let span = self.present.get(&(at.to_owned(), section))?;
            Some((at.to_owned(), *span))
        })
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

/// All files of a server.
struct Layers<'c> {
    host: Layer<'c>,
    /// By level.
    webs: HashMap<String, Layer<'c>>,
    /// Other copies of the files of some levels, which disagree with them.
    torn: HashMap<String, Vec<Layer<'c>>>,
    /// Files whose level is not known.
    unplaced: Vec<Layer<'c>>,
    /// Places of applications, in lower case.
    applications: HashSet<String>,
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
    let applications: Vec<String> = host
        .directories()
        .filter(|(_, directory)| directory.application)
        .map(|(_, directory)| directory.place.clone())
        .collect();
    let mut layers = Layers {
        host: Layer::new("", host, &applications),
        webs: HashMap::new(),
        torn: HashMap::new(),
        unplaced: unplaced
            .iter()
            .map(|one| Layer::new("", one, &applications))
            .collect(),
        applications: applications.iter().cloned().collect(),
    };
    for web in webs {
        let level = web.place.to_lowercase();
        match layers.webs.get(&level) {
            Some(known) if !known.configuration.says_what(web.configuration) => {
                let layer = Layer::new(&level, web.configuration, &applications);
                layers.torn.entry(level).or_default().push(layer);
            }
            Some(_) => {}
            None => {
                let layer = Layer::new(&level, web.configuration, &applications);
                layers.webs.insert(level, layer);
            }
        }
    }
    let mut collector = Collector::new(file, "");
    let own: Vec<(String, Span)> = std::iter::once(&layers.host)
        .chain(layers.webs.values())
        .flat_map(|layer| layer.settings.paths())
        .map(|(path, span)| (path.to_owned(), span))
        .collect();
    let own = own.iter().map(|(path, span)| (path.as_str(), *span));
    deliver(host, &layers, own, &mut collector);
    collector.problems.extend(layers.refused());
    collector.finish()
}

impl<'c> Layers<'c> {
    /// Whether the `web.config` of a level may state a section for a place at or
    /// below it.
    fn lock(&self, level: &str, place: &str, section: Section) -> Lock {
        let registered = self.host.configuration.registered.get(&section).copied();
        let from_host = |at: &str| {
            let mode = self.host.mode(at, section);
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
        for layer in above {
            if (places.iter()).any(|at| layer.mode(at, section) == Some(Mode::Deny)) {
                return Lock::Locked;
            }
            part |= layer.locks_parts(place, section);
        }
        if part {
            Lock::Unknown(PART_LOCKED)
        } else {
            Lock::Open
        }
    }

    /// The span of the file of a level, or of a copy of it, that is not well formed
    /// and may state a section.
    fn broken(&self, layer: &Layer<'_>, section: Section) -> Option<Span> {
        let torn = self.torn.get(&layer.level).into_iter().flatten();
        let mut copies = std::iter::once(layer).chain(torn);
        let broken = copies.find(|copy| copy.configuration.broken)?;
        let locked = self.lock(&layer.level, &layer.level, section) == Lock::Locked;
        (!locked).then_some(broken.configuration.span)
    }

    /// The `web.config` files on the way down to a place, the highest first.
    fn above(&self, place: &str) -> impl Iterator<Item = &Layer<'c>> {
        let levels: Vec<String> = chain(place).into_iter().map(str::to_owned).collect();
        levels.into_iter().filter_map(|level| self.webs.get(&level))
    }

    /// Why it is not known what a `web.config` does to a section of a place;
    /// `None` where its own statement holds. `reaches_below`: a location above it
    /// speaks for the place as well.
    fn doubt(
        &self,
        layer: &Layer<'_>,
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

    /// Sections that files state though they may not, each told once.
    fn refused(&self) -> Vec<Problem> {
        let mut layers: Vec<&Layer<'_>> = self.webs.values().collect();
        layers.sort_by(|one, two| one.level.cmp(&two.level));
        let mut problems = Vec::new();
        let mut told: HashSet<(Span, Section)> = HashSet::new();
        for layer in layers {
            let all = layer.configuration.statements.iter();
            for statement in all.filter(|one| one.change == Change::Present) {
                let section = statement.section;
                let place = below(&layer.level, &statement.location).to_lowercase();
                let whole = layer.configuration.span;
                if self.lock(&layer.level, &place, section) != Lock::Locked
                    || !told.insert((whole, section))
                {
                    continue;
                }
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
                    span: statement.span,
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
        layer: &Layer<'_>,
        path: &str,
        setting: Setting,
        held: Option<Held>,
    ) -> Option<Held> {
        let section = Section::with(setting);
        if let Some((place, span)) = layer.present_at(path, section)
            && self.lock(&layer.level, &place, section) == Lock::Locked
        {
            let stated = Stated::Unknown(LOCKED);
            return Some(Held {
                place,
                stated,
                span,
            });
        }
        let own = layer.settings.at(path, setting);
        let torn = self.torn.get(&layer.level).into_iter().flatten();
        for other in torn {
            let other = other.settings.at(path, setting);
            let same = match (&own, &other) {
                (Some(one), Some(two)) => one.stated.is_same(two.stated),
                (None, None) => true,
                _ => false,
            };
            if !same {
                let origin = own.or(other)?;
                return Some(Held {
                    stated: Stated::Unknown(DISAGREE),
                    place: origin.place,
                    span: origin.span,
                });
            }
        }
        let Some(own) = own else { return held };
        // A location above the file may speak for a place below its folder.
        let reaches = held.as_ref().is_some_and(|held| {
            held.place != layer.level
                && is_at_or_below(&held.place, &layer.level)
                && is_at_or_below(&held.place, &own.place)
        });
        let same = (held.as_ref()).is_some_and(|held| held.stated.is_same(own.stated));
        let doubt = self.doubt(layer, &own.place, section, reaches && !same);
        match (doubt, held) {
            (Some(why), _) => Some(Held {
                stated: Stated::Unknown(why),
                place: own.place,
                span: own.span,
            }),
            (None, Some(held)) if reaches => Some(held),
            (None, _) => Some(own.into()),
        }
    }

    /// A value that a file whose place is not known may give to a setting.
    fn unplaced(&self, path: &str, setting: Setting, now: Option<&Stated>) -> Option<Span> {
        let section = Section::with(setting);
        if self.unplaced.is_empty() || self.lock(path, path, section) == Lock::Locked {
            return None;
        }
        let default = || Some(Stated::Value(setting.default()?.to_owned()));
        let now = now.cloned().or_else(default);
        let mut files = self.unplaced.iter().map(|layer| layer.configuration);
        if let Some(broken) = files.find(|one| one.broken) {
            return Some(broken.span);
        }
        let mut all = self
            .unplaced
            .iter()
            .flat_map(|one| &one.configuration.statements);
        let found = all.find(|statement| match &statement.change {
            Change::Value(of, stated) => {
                *of == setting && !now.as_ref().is_some_and(|now| now.is_same(stated))
            }
            _ => false,
        });
        found.map(|statement| statement.span)
    }
}

impl Holds for Layers<'_> {
    fn setting(&self, path: &str, setting: Setting) -> Option<(Stated, Span)> {
        let path = path.to_lowercase();
        let mut held = self.host.settings.at(&path, setting).map(Held::from);
        for layer in self.above(&path) {
            // It may lock what lies below, too.
            if let Some(span) = self.broken(layer, Section::with(setting)) {
                return Some((Stated::Unknown(BROKEN), span));
            }
            held = self.after(layer, &path, setting, held);
            // Nothing below a folder that IIS refuses is served.
            if held
                .as_ref()
                .is_some_and(|held| held.stated == Stated::Unknown(LOCKED))
            {
                break;
            }
        }
        if let Some(span) = self.unplaced(&path, setting, held.as_ref().map(|held| &held.stated)) {
            return Some((Stated::Unknown(UNPLACED), span));
        }
        held.map(|held| (held.stated, held.span))
    }

    fn providers(&self, path: &str) -> Option<Providers<'_>> {
        let section = Section::Windows;
        let path = path.to_lowercase();
        let mut deepest = String::new();
        let mut changes: Vec<&Provider> = Vec::new();
        for (place, all) in self.host.settings.provider_changes(&path) {
            deepest = place;
            changes.extend(all);
        }
        let mut unknown = None;
        for layer in self.above(&path) {
            if let Some(span) = self.broken(layer, section) {
                return Some(Providers::Unknown(BROKEN, span));
            }
            let torn = self.torn.get(&layer.level).into_iter().flatten();
            let copies = std::iter::once(layer).chain(torn);
            let is_torn = self.torn.contains_key(&layer.level);
            for copy in copies {
                for (place, all) in copy.settings.provider_changes(&path) {
                    let reaches = deepest != layer.level
                        && is_at_or_below(&deepest, &layer.level)
                        && is_at_or_below(&deepest, &place);
                    let torn = is_torn.then_some(DISAGREE);
                    if let Some(why) = torn.or_else(|| self.doubt(layer, &place, section, reaches))
                    {
                        unknown = Some((why, layer.configuration.span));
                    }
                    changes.extend(all);
                }
            }
        }
        let states = |layer: &&Layer<'_>| {
            let mut all = layer.configuration.statements.iter();
            layer.configuration.broken
                || all.any(|statement| matches!(statement.change, Change::Provider(_)))
        };
        if let Some(layer) = self.unplaced.iter().find(states)
            && self.lock(&path, &path, section) != Lock::Locked
        {
            unknown = Some((UNPLACED, layer.configuration.span));
        }
        match unknown {
            Some((why, span)) => Some(Providers::Unknown(why, span)),
            None => providers(changes.into_iter()),
        }
    }
}
