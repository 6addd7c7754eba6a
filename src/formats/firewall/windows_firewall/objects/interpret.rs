//! What records say: rules, filters of rules, profiles, what is in force.
//!
//! Numbers stand for names where an export keeps the raw values:
//! `MSFT_NetFirewallRule` and `MSFT_NetFirewallProfile` on learn.microsoft.com.

use super::{Key, Property, Record};
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::windows_firewall::facts::{
    Binding, Direction, Doubt, Part, Profile, ProfileDefault, ProfileFacts, RuleAction, RuleFacts,
    RuleSource, Told,
};
use crate::formats::firewall::windows_firewall::{host, profile_records, values, words};
use crate::formats::windows_host::objects::Objects;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span, Spanned};

const WHAT_PROFILE: &str = "an object of Get-NetFirewallProfile";
const WHY_ALONE: &str = "Get-NetFirewallRule alone shows neither ports nor addresses of rules";
const HOW_ALONE: &str = "export the filters too, with their InstanceID: Get-NetFirewallPortFilter, \
                         -AddressFilter, -ApplicationFilter, -ServiceFilter, -InterfaceFilter, \
                         -InterfaceTypeFilter, -SecurityFilter | Select-Object * | Export-Clixml; or \
                         `netsh advfirewall firewall show rule name=all verbose`";

/// What the records of one file say.
pub struct Interpreter<'f> {
    file: &'f SourceFile,
    parts: Vec<Part>,
    /// Positions of parts by host, in lower case; empty for none.
    hosts: Map<String, usize>,
    problems: Vec<Problem>,
    /// The profiles as records.
    objects: Objects,
    /// The first filter that does not tell its rule.
    unjoined: Option<Span>,
    /// The computer of a prompt, for the records that name none.
    prompt: Option<Spanned<String>>,
    /// The part of the records that name no computer, until the next prompt.
    unnamed: Option<usize>,
}

impl<'f> Interpreter<'f> {
    /// Of a file.
    pub fn new(file: &'f SourceFile) -> Self {
        Self {
            file,
            parts: Vec::new(),
            hosts: Map::default(),
            problems: Vec::new(),
            objects: Objects::default(),
            unjoined: None,
            prompt: None,
            unnamed: None,
        }
    }

    /// The part of the computer that a record names.
    fn part(&mut self, record: &Record<'_>) -> Option<&mut Part> {
        if !record.has(Key::Host)
            && let Some(position) = self.unnamed
        {
            return self.parts.get_mut(position);
        }
        let named = record.get(Key::Host).and_then(|property| {
            let name = property.first()?;
            (!name.eq_ignore_ascii_case("localhost"))
                .then(|| Spanned::new(name.to_owned(), property.span))
        });
        let host = named
            .or_else(|| self.prompt.clone())
            .or_else(|| host::of_bundle(self.file));
        let key = host
            .as_ref()
            .map_or_else(String::new, |host| host.value.to_ascii_lowercase());
        let position = match self.hosts.get(&key) {
            Some(position) => *position,
            None => {
                let mut part = Part::new(host::stem(self.file));
                part.host = host;
                self.parts.push(part);
                let position = self.parts.len().saturating_sub(1);
                self.hosts.insert(key, position);
                position
            }
        };
        if !record.has(Key::Host) {
            self.unnamed = Some(position);
        }
        self.parts.get_mut(position)
    }

    /// Notes the computer of a prompt: records below it that name none are its.
    pub fn at_prompt(&mut self, host: Spanned<String>) {
        self.prompt = Some(host);
        self.unnamed = None;
    }

    /// Notes that a command left rules out.
    pub fn leaves_out(&mut self, why: &'static str, span: Span) {
        let record = Record::new(Vec::new(), span, 0..0);
        if let Some(part) = self.part(&record) {
            part.unread = Some(Doubt::new(why, span));
        }
        self.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "the listing does not show all rules".to_owned(),
            hint: Some("take Get-NetFirewallRule without a filter".to_owned()),
            span,
        });
    }

    /// Adds a problem of the container.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Takes a record; marks its units in the ledger.
    pub fn take(&mut self, record: &Record<'_>, ledger: &mut Ledger) {
        let state = if record.has(Key::Category) && record.has(Key::Interface) {
            self.connection(record, ledger)
        } else if record.has(Key::Inbound) || record.has(Key::Outbound) {
            self.profile(record, ledger)
        } else if record.has(Key::Direction) || record.has(Key::Action) {
            self.rule(record, ledger)
        } else if CONDITIONS.iter().any(|key| record.has(*key)) {
            self.filter(record, ledger)
        } else {
            LineState::Irrelevant
        };
        for unit in record.units.clone() {
            let known = ledger.state(unit);
            if matches!(known, Some(LineState::Unrecognised | LineState::Irrelevant)) {
                ledger.set(unit, state);
            }
        }
    }

    /// A connection profile: its category is in force on its interface.
    fn connection(&mut self, record: &Record<'_>, ledger: &mut Ledger) -> LineState {
        let Some(property) = record.get(Key::Category) else {
            return LineState::Irrelevant;
        };
        let profile = match property.first() {
            Some("0") => Some(Profile::Public),
            Some("1") => Some(Profile::Private),
            Some("2") => Some(Profile::Domain),
            Some(word) => words::profile(word),
            None => None,
        };
        let Some(profile) = profile else {
            return not_modelled(ledger, property, "the network category is not understood");
        };
        let span = property.span;
        if let Some(part) = self.part(record) {
            part.activate(profile, span);
        }
        LineState::Modelled
    }

    fn profile(&mut self, record: &Record<'_>, ledger: &mut Ledger) -> LineState {
        let named = record.get(Key::Name).or_else(|| record.get(Key::Profiles));
        let profile = named.and_then(|property| match property.first()? {
            "1" => Some(Profile::Domain),
            "2" => Some(Profile::Private),
            "4" => Some(Profile::Public),
            word => words::profile(word),
        });
        let Some(profile) = profile else {
            let span = record.span;
            ledger.note(
                LineState::NotModelled,
                "settings of a profile that is not named",
                span,
            );
            return LineState::NotModelled;
        };
        let mut facts = ProfileFacts {
            on: choice(record.get(Key::Enabled), true),
            local_rules: choice(record.get(Key::LocalRules), true),
            inbound: default(record.get(Key::Inbound), ProfileDefault::Block),
            outbound: default(record.get(Key::Outbound), ProfileDefault::Allow),
        };
        if let Some(property) = record.get(Key::AllowInbound)
            && let Told::Known(allowed) = choice(Some(property), true)
            && !allowed.value
        {
            let never = Spanned::new(ProfileDefault::BlockAlways, property.span);
            facts.inbound = Told::Known(never);
        }
        let Some(part) = self.part(record) else {
            return LineState::Modelled;
        };
        part.profile_mut(profile).join(facts);
        let host = part.host.as_ref().map(|host| host.value.clone());
        let object = profile_records::of_record(profile, record);
        self.objects.add(object, host.as_deref(), WHAT_PROFILE);
        LineState::Modelled
    }

    fn rule(&mut self, record: &Record<'_>, ledger: &mut Ledger) -> LineState {
        let title = [Key::Title, Key::Name, Key::Id].iter().find_map(|key| {
            record
                .get(*key)
                .filter(|property| property.first().is_some())
        });
        let mut facts = RuleFacts::new(title.map_or(record.span, |property| property.span));
        facts.id = id(record);
        if let Some(property) = record.get(Key::Direction) {
            facts.direction = told(property, ledger, |word| match word {
                "1" => Some(Direction::In),
                "2" => Some(Direction::Out),
                word => words::direction(word),
            });
        }
        if let Some(property) = record.get(Key::Action) {
            facts.action = told(property, ledger, |word| match word {
                "2" => Some(RuleAction::Allow),
                "3" => Some(RuleAction::Bypass),
                "4" => Some(RuleAction::Block),
                word => words::action(word),
            });
        }
        if let Some(property) = record.get(Key::Enabled) {
            facts.enabled = told(property, ledger, |word| match word {
                "1" => Some(true),
                "2" => Some(false),
                word => words::truth(word).filter(|_| word != "0"),
            });
        }
        if let Some(property) = record.get(Key::Profiles) {
            facts.profiles = values::profiles(property.texts(), property.span);
        }
        let source = record
            .get(Key::StoreType)
            .or_else(|| record.get(Key::Store));
        if let Some(property) = source.filter(|property| property.first().is_some()) {
            facts.source = match property.first() {
                Some("1") => Told::Known(RuleSource::Local),
                Some("2") => Told::Known(RuleSource::GroupPolicy),
                Some("3" | "4" | "5") => Told::Known(RuleSource::System),
                Some(word) => words::source(word).map_or(Told::Absent, Told::Known),
                None => Told::Absent,
            };
        }
        for property in &record.properties {
            condition(property, &mut facts, ledger);
        }
        if record
            .get(Key::Override)
            .and_then(Property::first)
            .and_then(words::truth)
            == Some(true)
            && facts.action == Told::Known(RuleAction::Allow)
        {
            facts.action = Told::Known(RuleAction::Bypass);
        }
        if let Some(part) = self.part(record) {
            part.lists_rules = true;
            part.rules.push(facts);
        }
        LineState::Modelled
    }

    /// A filter: conditions of the rule that its id names.
    fn filter(&mut self, record: &Record<'_>, ledger: &mut Ledger) -> LineState {
        let mut facts = RuleFacts::new(record.span);
        facts.id = id(record);
        for property in &record.properties {
            condition(property, &mut facts, ledger);
        }
        if record
            .get(Key::Override)
            .and_then(Property::first)
            .and_then(words::truth)
            == Some(true)
        {
            let why = "the rule overrides block rules for authenticated peers";
            facts.doubts.push(Doubt::new(why, record.span));
        }
        if facts.id.is_none() {
            self.unjoined.get_or_insert(record.span);
            return LineState::NotModelled;
        }
        // Filters of connection security rules have the same classes.
        let class = record.get(Key::Class).and_then(Property::first);
        if class.is_some_and(|class| class.contains('|') && !class.contains("|FirewallRule|")) {
            return LineState::Irrelevant;
        }
        if let Some(part) = self.part(record) {
            part.filters.push(facts);
        }
        LineState::Modelled
    }

    /// The document of the file.
    pub fn finish(mut self, ledger: Ledger) -> Document {
        if let Some(span) = self.unjoined {
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "filters of rules do not tell which rule they are of".to_owned(),
                hint: Some(
                    "export their InstanceID too: Get-NetFirewallPortFilter | Select-Object * | \
                     Export-Clixml ports.xml"
                        .to_owned(),
                ),
                span,
            });
        }
        for part in &self.parts {
            self.problems.extend(left_out(part));
        }
        self.problems.append(&mut self.objects.problems);
        Document {
            content: self
                .parts
                .into_iter()
                .filter(|part| !part.is_empty())
                .map(|part| Content::HostFirewall(Box::new(part)))
                .chain(self.objects.finish())
                .collect(),
            ledger,
            problems: self.problems,
        }
    }
}

/// What an export of rules leaves out, as far as it shows.
fn left_out(part: &Part) -> Vec<Problem> {
    let note = |message: &str, hint: &str| Problem {
        level: ProblemLevel::Note,
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
        span: part.rules.first().map_or(part.stem.span, |rule| rule.span),
    };
    let mut problems = Vec::new();
    let bare = |rule: &RuleFacts| rule.local_ports.is_absent() && rule.remote_addresses.is_absent();
    if !part.rules.is_empty() && part.filters.is_empty() && part.rules.iter().all(bare) {
        problems.push(note(WHY_ALONE, HOW_ALONE));
    }
    let from = |source| move |rule: &RuleFacts| rule.source == Told::Known(source);
    if part.rules.iter().any(from(RuleSource::Local))
        && !part.rules.iter().any(from(RuleSource::GroupPolicy))
    {
        problems.push(note(
            "the rules are those of the computer's own store; group policies may bring more",
            "Get-NetFirewallRule -PolicyStore ActiveStore shows all rules that are in force",
        ));
    }
    problems
}

/// Keys that a filter of a rule may have.
const CONDITIONS: &[Key] = &[
    Key::LocalPorts,
    Key::RemotePorts,
    Key::LocalAddresses,
    Key::RemoteAddresses,
    Key::Program,
    Key::Service,
    Key::Interface,
    Key::InterfaceType,
    Key::Authentication,
];

/// By what rules and filters find each other.
fn id(record: &Record<'_>) -> Option<Box<str>> {
    let property = record
        .get(Key::Id)
        .filter(|property| property.first().is_some())
        .or_else(|| record.get(Key::Name))?;
    Some(property.first()?.to_ascii_lowercase().into())
}

/// Reads a property that restricts a rule.
fn condition(property: &Property<'_>, facts: &mut RuleFacts, ledger: &mut Ledger) {
    let Some(key) = property.key else { return };
    let span = property.span;
    match key {
        Key::LocalAddresses => {
            facts.local_addresses = Told::Known(values::addresses(property.texts(), span))
        }
        Key::RemoteAddresses => {
            facts.remote_addresses = Told::Known(values::addresses(property.texts(), span))
        }
        Key::LocalPorts => facts.local_ports = Told::Known(values::ports(property.texts(), span)),
        Key::RemotePorts => facts.remote_ports = Told::Known(values::ports(property.texts(), span)),
        Key::Protocol => {
            facts.protocol = property
                .first()
                .map_or(Told::Absent, |word| values::protocol(word, span));
        }
        Key::Icmp => {
            // Rows of other protocols carry words here that mean nothing.
            facts.icmp = match values::icmp(property.texts()) {
                Some(types) => Told::Known(types),
                None => Told::unclear("the ICMP types are not understood", span),
            };
        }
        Key::Program => bound(Binding::Program, "the program", property, facts, ledger),
        Key::Service => bound(Binding::Service, "the service", property, facts, ledger),
        Key::Interface => bound(Binding::Interface, "the interface", property, facts, ledger),
        Key::InterfaceType => {
            bound(
                Binding::InterfaceType,
                "interfaces of the kind",
                property,
                facts,
                ledger,
            );
        }
        Key::Package => bound(Binding::Package, "the app package", property, facts, ledger),
        Key::Authentication | Key::Encryption => {
            bound(
                Binding::Security,
                "connections with authentication or encryption",
                property,
                facts,
                ledger,
            );
        }
        Key::User => bind("computers or users", property, facts, ledger),
        Key::Owner => bind("the user", property, facts, ledger),
        Key::Platform => bind("the Windows version", property, facts, ledger),
        Key::AppId => bind("the app", property, facts, ledger),
        Key::KeywordAddresses => bind("dynamic addresses", property, facts, ledger),
        Key::Dynamic => bind("the transport", property, facts, ledger),
        Key::Status if failed(property) => {
            let why = "Windows could not apply the rule";
            facts.doubts.push(Doubt::new(why, span));
            not_modelled(ledger, property, why);
        }
        _ => {}
    }
}

/// Whether a status says that a rule is not in force as it stands.
fn failed(property: &Property<'_>) -> bool {
    property
        .first()
        .is_some_and(|word| matches!(word, "Error" | "3" | "Degraded"))
}

fn bound(
    binding: Binding,
    what: &str,
    property: &Property<'_>,
    facts: &mut RuleFacts,
    ledger: &mut Ledger,
) {
    facts.tells(binding);
    bind(what, property, facts, ledger);
}

fn bind(what: &str, property: &Property<'_>, facts: &mut RuleFacts, ledger: &mut Ledger) {
    let free =
        |word: &str| word.is_empty() || word == "0" || words::is_any(word) || words::is_none(word);
    let Some(word) = property.texts().find(|word| !free(word)) else {
        return;
    };
    let why = format!("the rule is for {what} {} only", quoted(word));
    facts.doubts.push(Doubt::new(why.clone(), property.span));
    not_modelled(ledger, property, why);
}

fn not_modelled(
    ledger: &mut Ledger,
    property: &Property<'_>,
    why: impl Into<std::borrow::Cow<'static, str>>,
) -> LineState {
    for unit in property.units.clone() {
        ledger.set(unit, LineState::NotModelled);
    }
    ledger.note(LineState::NotModelled, why, property.span);
    LineState::NotModelled
}

fn told<T>(
    property: &Property<'_>,
    ledger: &mut Ledger,
    read: impl Fn(&str) -> Option<T>,
) -> Told<T> {
    let Some(word) = property.first() else {
        return Told::Absent;
    };
    match read(word) {
        Some(known) => Told::Known(known),
        None => {
            let why = format!("{} is not understood", quoted(word));
            not_modelled(ledger, property, why.clone());
            Told::unclear(why, property.span)
        }
    }
}

/// A `GpoBoolean`: False 0, True 1, NotConfigured 2.
fn choice(property: Option<&Property<'_>>, otherwise: bool) -> Told<Spanned<bool>> {
    let Some(property) = property else {
        return Told::Absent;
    };
    let value = match property.first() {
        Some("0") => Some(false),
        Some("1") => Some(true),
        Some("2") | None => Some(otherwise),
        Some(word) if words::is_not_configured(word) => Some(otherwise),
        Some(word) => words::truth(word),
    };
    match value {
        Some(value) => Told::Known(Spanned::new(value, property.span)),
        None => Told::unclear("the setting is not understood", property.span),
    }
}

/// An action of a profile: NotConfigured 0, Allow 2, Block 4.
fn default(
    property: Option<&Property<'_>>,
    otherwise: ProfileDefault,
) -> Told<Spanned<ProfileDefault>> {
    let Some(property) = property else {
        return Told::Absent;
    };
    let value = match property.first() {
        Some("2") => Some(ProfileDefault::Allow),
        Some("4") => Some(ProfileDefault::Block),
        Some("0") | None => Some(otherwise),
        Some(word) if words::is_not_configured(word) => Some(otherwise),
        Some(word) => match words::action(word) {
            Some(RuleAction::Allow) => Some(ProfileDefault::Allow),
            Some(RuleAction::Block) => Some(ProfileDefault::Block),
            _ => None,
        },
    };
    match value {
        Some(value) => Told::Known(Spanned::new(value, property.span)),
        None => Told::unclear("the default is not understood", property.span),
    }
}
