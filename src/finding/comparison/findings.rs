//! What became of findings: those that a change introduces, and why others are
//! not told any more. Only what was decided again is cured.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::evidence::{Evidence, Loss};
use crate::finding::{Finding, Run, Suppressed, Undecided};
use crate::policy::{FlowKey, RuleResult, Status};

/// What became of findings.
#[derive(Debug, Default)]
pub struct FindingChanges<'r> {
    /// Those that only the head tells, in its order.
    pub introduced: Vec<&'r Finding>,
    /// Those that the head hides by an exception and the base did not, in its
    /// order.
    pub hidden: Vec<&'r Suppressed>,
    /// Those of the base of which the head cannot tell whether they still hold.
    pub not_decided: Vec<NotDecided<'r>>,
    /// Those of the base after which the head does not ask any more.
    pub unasked: Vec<&'r Finding>,
    /// Those of the base that do not hold any more.
    pub cured: Vec<&'r Finding>,
}

impl FindingChanges<'_> {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.introduced.is_empty()
            && self.hidden.is_empty()
            && self.not_decided.is_empty()
            && self.unasked.is_empty()
            && self.cured.is_empty()
    }
}

/// A finding of the base of which the head cannot tell whether it still holds.
#[derive(Debug, Clone)]
pub struct NotDecided<'r> {
    /// The finding.
    pub finding: &'r Finding,
    /// Why.
    pub why: Doubt<'r>,
}

/// Why it is not known whether a finding still holds.
#[derive(Debug, Clone)]
pub enum Doubt<'r> {
    /// Its rule lacks data, or has an error.
    Rule(&'r RuleResult),
    /// Its rule asks.
    Question(&'r Undecided),
    /// A flow that it is about is not decided any more.
    Flow(&'r FlowKey),
    /// What it rests on is not told any more.
    Lost(Loss),
}

/// What tells that a finding is the same although the text that shows it is
/// written in another way: a renamed group, a rule that was split.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'f> {
    rule: &'f str,
    severity: &'static str,
    subject: &'f str,
    flows: &'f [FlowKey],
    witness: Option<String>,
    /// What it says, where no flow and no packet tells what it is about.
    message: Option<&'f str>,
}

impl<'f> Likeness<'f> {
    fn of(finding: &'f Finding) -> Self {
        let witness = finding.witness.as_ref().map(ToString::to_string);
        let told = !finding.flows.is_empty() || witness.is_some();
        Self {
            rule: &finding.rule.id,
            severity: finding.severity.as_str(),
            subject: &finding.subject,
            flows: &finding.flows,
            message: (!told).then_some(&finding.message),
            witness,
        }
    }
}

/// What became of the findings of two runs.
pub(super) fn changes<'r>(
    base: &'r Run,
    head: &'r Run,
    evidence: &Evidence<'r>,
) -> FindingChanges<'r> {
    let hidden = |run: &'r Run| run.suppressed.iter().map(|hidden| &hidden.finding);
    let (gone, introduced) = apart(&base.findings, &head.findings);
    let (gone, introduced) = without_smaller(gone, introduced);
    // What an exception hides was found all the same.
    let (gone, _) = apart(gone, hidden(head));
    // One that counts otherwise now is told as introduced, and not as cured.
    let (gone, _) = without_common(gone, introduced.clone(), |f| f.fingerprint.as_str());
    let (_, newly_hidden) = apart(hidden(base), hidden(head));
    let newly_hidden: HashSet<*const Finding> =
        newly_hidden.into_iter().map(std::ptr::from_ref).collect();
    let mut out = FindingChanges {
        introduced,
        hidden: head
            .suppressed
            .iter()
            .filter(|known| newly_hidden.contains(&std::ptr::from_ref(&known.finding)))
            .collect(),
        ..FindingChanges::default()
    };
    if gone.is_empty() {
        return out;
    }
    let fates = Fates::new(base, head, evidence);
    for finding in gone {
        match fates.of(finding) {
            Fate::Cured => out.cured.push(finding),
            Fate::Unasked => out.unasked.push(finding),
            Fate::NotDecided(why) => out.not_decided.push(NotDecided { finding, why }),
        }
    }
    out
}

/// Why a finding is not told any more.
enum Fate<'r> {
    Cured,
    Unasked,
    NotDecided(Doubt<'r>),
}

type Ends<'r> = (&'r str, &'r str);

/// What the head says of findings that it does not have.
struct Fates<'c, 'r> {
    head: &'r Run,
    evidence: &'c Evidence<'r>,
    results: HashMap<&'r str, &'r RuleResult>,
    /// Questions that only the head has, by rule.
    questions: HashMap<&'r str, Vec<&'r Undecided>>,
    /// Services between two ends that were decided and are not.
    open: HashMap<Ends<'r>, HashSet<&'r str>>,
}

impl<'c, 'r> Fates<'c, 'r> {
    fn new(base: &'r Run, head: &'r Run, evidence: &'c Evidence<'r>) -> Self {
        let results = head.results.iter();
        let key = |item: &'r Undecided| (item.rule.id.as_str(), &*item.subject, &*item.message);
        let asked: HashSet<_> = base.undecided.iter().map(key).collect();
        let mut questions: HashMap<&str, Vec<&Undecided>> = HashMap::new();
        for item in head
            .undecided
            .iter()
            .filter(|item| !asked.contains(&key(item)))
        {
            questions.entry(&item.rule.id).or_default().push(item);
        }
        Self {
            head,
            evidence,
            results: results.map(|result| (&*result.rule.id, result)).collect(),
            questions,
            open: open(base, head),
        }
    }

    fn of(&self, finding: &'r Finding) -> Fate<'r> {
        let result = self.results.get(&*finding.rule.id).copied();
        match result.map(|result| (result, &result.status)) {
            None | Some((_, Status::Off(_))) => return Fate::Unasked,
            Some((result, Status::LacksData { .. } | Status::Failed(_))) => {
                return Fate::NotDecided(Doubt::Rule(result));
            }
            Some((_, Status::Evaluated | Status::NotApplicable(_))) => {}
        }
        // `Certain` is the lesser one: it comes first.
        if finding.confidence > self.head.configuration.min_confidence.value {
            return Fate::Unasked;
        }
        let questions = self.questions.get(&*finding.rule.id).into_iter().flatten();
        let mut about = questions.filter(|item| {
            item.subject.is_empty() || item.subject.eq_ignore_ascii_case(&finding.subject)
        });
        if let Some(item) = about.next() {
            return Fate::NotDecided(Doubt::Question(item));
        }
        if let Some(flow) = finding.flows.iter().find(|flow| self.is_open(flow)) {
            return Fate::NotDecided(Doubt::Flow(flow));
        }
        let related = finding.related.iter().map(|label| label.span);
        let mut places = std::iter::once(finding.primary.span).chain(related);
        match places.find_map(|at| self.evidence.lost(at)) {
            Some(loss) => Fate::NotDecided(Doubt::Lost(loss)),
            None => Fate::Cured,
        }
    }

    fn is_open(&self, flow: &FlowKey) -> bool {
        let services = self.open.get(&(&*flow.source, &*flow.destination));
        services.is_some_and(|services| match &flow.service {
            Some(service) => services.contains(&**service),
            None => true,
        })
    }
}

/// Services between two ends that the base decides and the head does not.
fn open<'r>(base: &'r Run, head: &'r Run) -> HashMap<Ends<'r>, HashSet<&'r str>> {
    let flows = |run: &'r Run| {
        let exposures = run.facts.exposures.iter();
        let exposures = exposures.map(|known| {
            let ends = (&*known.from, &*known.destination, &*known.service);
            (ends, known.verdict.verdict == "inconclusive")
        });
        let flows = run.facts.flows.iter().map(|known| {
            let ends = (&*known.source, &*known.destination, &*known.service);
            (ends, known.verdict.verdict == "inconclusive")
        });
        flows.chain(exposures)
    };
    let before: HashSet<_> = flows(base)
        .filter(|(_, open)| *open)
        .map(|(ends, _)| ends)
        .collect();
    let mut out: HashMap<Ends<'r>, HashSet<&'r str>> = HashMap::new();
    for (ends, _) in flows(head).filter(|(ends, open)| *open && !before.contains(ends)) {
        let (source, destination, service) = ends;
        out.entry((source, destination))
            .or_default()
            .insert(service);
    }
    out
}

/// Findings that only one of two lists has.
fn apart<'r>(
    before: impl IntoIterator<Item = &'r Finding>,
    after: impl IntoIterator<Item = &'r Finding>,
) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    let (before, after) = (before.into_iter().collect(), after.into_iter().collect());
    // The fingerprint of a finding that grew stays.
    let same = |f: &'r Finding| (f.fingerprint.as_str(), f.severity, &f.scope.about);
    let (before, after) = without_common(before, after, same);
    without_common(before, after, Likeness::of)
}

/// Takes away findings of the head that are the same as one of the base and
/// about less: it shrank, and nothing was introduced.
fn without_smaller<'r>(
    mut before: Vec<&'r Finding>,
    mut after: Vec<&'r Finding>,
) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    after.retain(|finding| {
        let held = before.iter().position(|former| shrank(former, finding));
        if let Some(at) = held {
            before.remove(at);
        }
        held.is_none()
    });
    (before, after)
}

/// Whether a finding is what is left of another.
fn shrank(before: &Finding, after: &Finding) -> bool {
    fn within<T: Ord>(part: &[T], whole: &[T]) -> bool {
        let whole: BTreeSet<&T> = whole.iter().collect();
        !part.is_empty() && part.iter().all(|item| whole.contains(item))
    }
    let same = before.rule.id == after.rule.id
        && before.severity == after.severity
        && before.confidence == after.confidence
        && before.expected == after.expected;
    let told = !before.extent.is_empty();
    same && if told {
        before.subject == after.subject && within(&after.extent, &before.extent)
    } else {
        after.extent.is_empty() && within(&after.flows, &before.flows)
    }
}

/// Takes away what both have, one for one.
fn without_common<'r, K: Eq + Hash>(
    before: Vec<&'r Finding>,
    after: Vec<&'r Finding>,
    key: impl Fn(&'r Finding) -> K,
) -> (Vec<&'r Finding>, Vec<&'r Finding>) {
    let mut known: HashMap<K, usize> = HashMap::new();
    for finding in &before {
        let count = known.entry(key(finding)).or_default();
        *count = count.saturating_add(1);
    }
    let mut common: HashMap<K, usize> = HashMap::new();
    let after = after
        .into_iter()
        .filter(|finding| match known.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                let taken = common.entry(key(finding)).or_default();
                *taken = taken.saturating_add(1);
                false
            }
            _ => true,
        })
        .collect();
    let before = before
        .into_iter()
        .filter(|finding| match common.get_mut(&key(finding)) {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                false
            }
            _ => true,
        })
        .collect();
    (before, after)
}
