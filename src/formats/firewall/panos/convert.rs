//! From the statements of a file to vendor-neutral firewalls.

use std::collections::HashSet;

use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};
use crate::formats::{Ledger, LineState, Problem, ProblemLevel};
use crate::model::firewall::Firewall;
use crate::source::{Span, Spanned};

use super::device::Device;
use super::layout::{self, Context};
use super::statements::Statements;
use super::text::Text;
use super::{
    addresses, before_policy, document, effects, host, interfaces, nat, objects, routes,
    running_policy, schedules, security, services, tables,
};

/// Rules that are shared by devices are written out for each: this many, and as
/// many as the file has statements.
const MAX_RULES: usize = 100_000;

/// The firewalls of a file.
pub fn convert<'t>(
    text: &'t Text<'_>,
    mut read: Statements<'t>,
    ledger: &mut Ledger,
) -> (Vec<Firewall>, Vec<Problem>) {
    let mut firewalls = Vec::new();
    let mut problems = Vec::new();
    let broken = std::mem::take(&mut read.broken);
    let cut = read.cut;
    let open: HashSet<NodeId> = std::mem::take(&mut read.left_open).into_iter().collect();
    let contexts = if read.tree.is_empty() {
        Vec::new()
    } else {
        layout::contexts(&read.tree)
    };
    let pushed = missing_rules(text, &read, &contexts);
    if let Some((message, span)) = &pushed {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: message.clone(),
            hint: Some(document::MERGED.to_owned()),
            span: *span,
        });
    }
    if contexts.iter().any(|context| context.managed) {
        problems.push(Problem {
            level: ProblemLevel::Note,
            message: "a Panorama does not hold the local rules of its firewalls: what is said holds without them".to_owned(),
            hint: Some("for one firewall give the output of `show config merged` on it".to_owned()),
            span: Span::of(text.file().id(), 0..0),
        });
    }
    let differs = running_policy::differs(&read.running, &read.tree, &contexts);
    if let Some(span) = differs {
        problems.push(Problem {
            level: ProblemLevel::Warning,
            message: running_policy::DIFFERS.to_owned(),
            hint: Some(document::MERGED.to_owned()),
            span,
        });
    }
    let differs = differs.map(|span| (running_policy::DIFFERS.to_owned(), span));
    let single = contexts.len() == 1;
    let mut left = read.units.saturating_add(MAX_RULES);
    for mut context in contexts {
        let rules = rule_count(&read.tree, &context);
        let too_many = !single && rules > left;
        left = left.saturating_sub(rules);
        if too_many {
            context.rulebases.clear();
        }
        let mut device = Device::new(text, &mut read.tree, context);
        if too_many {
            let span = device.statement(device.context.node);
            device.doubt(
                "shared rules are not followed for so many device groups",
                span,
            );
        }
        device.cut = cut;
        device.open.clone_from(&open);
        name(&mut device, read.prompt_host, read.version);
        for (why, span) in broken.iter().chain(&pushed).chain(&differs) {
            device.doubt(why.clone(), *span);
        }
        build(&mut device);
        problems.append(&mut device.problems);
        if !carries_nothing(&device) || single && is_configuration(&device) {
            firewalls.push(device.firewall);
        }
    }
    objects::account(&mut read.tree);
    report(text, &mut read.tree, ledger);
    distinguish(&mut firewalls);
    (firewalls, problems)
}

/// How many rules a device has.
fn rule_count(tree: &WordTree<'_>, context: &Context<'_>) -> usize {
    let lists = context.rulebases.iter().flat_map(|base| {
        ["security", "nat"]
            .into_iter()
            .filter_map(|kind| tree.at(base.node, &[kind, "rules"]))
    });
    lists.map(|list| tree.children(list).count()).sum()
}

fn build(device: &mut Device<'_, '_>) {
    interfaces::read(device);
    interfaces::zones(device);
    interfaces::assume_zones(device);
    interfaces::bridges(device);
    let routers = routes::read(device);
    addresses::define(device);
    services::define(device);
    schedules::define(device);
    nat::compile(device);
    before_policy::compile(device);
    security::compile(device, &routers);
    discards::stage(&mut device.firewall);
    effects::read(device);
    host::compile(device);
    addresses::fill(device);
    services::fill(device);
    interfaces::classify(device);
    for filter in &mut device.firewall.filters {
        filter.rules.shrink_to_fit();
    }
}

/// Whether nothing about packets was read.
fn carries_nothing(device: &Device<'_, '_>) -> bool {
    let firewall = &device.firewall;
    firewall.interfaces.is_empty()
        && firewall.routes.is_empty()
        && firewall.address_objects.is_empty()
        && firewall.service_objects.is_empty()
        && firewall.nat.rules.is_empty()
        && device.context.rulebases.is_empty()
        && firewall.references.is_empty()
}

/// What a configuration consists of.
const SECTIONS: [&str; 5] = ["deviceconfig", "network", "vsys", "mgt-config", "shared"];

fn is_configuration(device: &Device<'_, '_>) -> bool {
    SECTIONS
        .iter()
        .any(|word| device.tree.get(ROOT, word).is_some())
}

fn name<'t>(device: &mut Device<'_, 't>, prompt: Option<&'t str>, version: Option<&'t str>) {
    if let Some(version) = version {
        let span = device.text.span_of(version);
        device.firewall.software = Some(Spanned::new(version.to_owned(), span));
    }
    let host = device
        .network(&["deviceconfig", "system", "hostname"])
        .and_then(|node| device.tree.children(node).next());
    if let Some(node) = host
        && !crate::formats::firewall::shared::templates::is_placeholder(device.word(node))
    {
        let span = device.statement(node);
        device.firewall.name = Spanned::new(device.word(node).to_owned(), span);
    } else if let Some(prompt) = prompt {
        let span = device.text.span_of(prompt);
        device.firewall.name = Spanned::new(prompt.to_owned(), span);
    }
    if let Some(part) = device.context.name.clone() {
        let value = if device.context.managed {
            part
        } else {
            format!("{}/{part}", device.firewall.name.value)
        };
        let span = if device.context.node == ROOT {
            device.firewall.name.span
        } else {
            device.statement(device.context.node)
        };
        device.firewall.name = Spanned::new(value, span);
    }
}

/// Two devices of one name get names of their own.
fn distinguish(firewalls: &mut [Firewall]) {
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for firewall in firewalls {
        let count = seen.entry(firewall.name.value.clone()).or_insert(0);
        *count = count.saturating_add(1);
        if *count > 1 {
            firewall.name.value = format!("{}#{count}", firewall.name.value);
        }
    }
}

/// Whether a Panorama pushes rules that the file does not show.
fn missing_rules(
    text: &Text<'_>,
    read: &Statements<'_>,
    contexts: &[Context<'_>],
) -> Option<(String, Span)> {
    let tree = &read.tree;
    let server = [
        &["deviceconfig", "system", "panorama-server"][..],
        &[
            "deviceconfig",
            "system",
            "panorama",
            "local-panorama",
            "panorama-server",
        ],
    ]
    .into_iter()
    .find_map(|path| tree.at(ROOT, path))?;
    let shown = read.merged
        || tree.at(ROOT, &["policy", "panorama"]).is_some()
        || contexts.iter().any(|context| {
            let bases = &context.rulebases;
            context.managed || bases.iter().any(|base| tree.word(base.node) != "rulebase")
        });
    if shown || tree.is_leaf(server) {
        return None;
    }
    let value = tree.children(server).next()?;
    let span = text.span_of(tree.word(value));
    let message =
        "the device is managed by a Panorama, and the rules that it pushes are not in this file";
    Some((message.to_owned(), span))
}

/// Gives every unit its state.
fn report<'t>(text: &'t Text<'_>, tree: &mut WordTree<'t>, ledger: &mut Ledger) {
    let rank = |state: LineState| match state {
        LineState::Irrelevant => 0,
        LineState::Modelled => 1,
        LineState::NotModelled => 2,
        LineState::Unrecognised => 3,
    };
    tables::classify(tree, ROOT, "device");
    for section in SECTIONS {
        // `<shared/>`: a section without anything in it.
        if let Some(node) = tree.find(ROOT, section)
            && tree.children(node).next().is_none()
            && !tree.is_marked(node)
        {
            tree.cover(node, LineState::Irrelevant);
        }
    }
    let mut before: Option<(u32, LineState)> = None;
    for (line, node, state) in tree.states() {
        let state = match before {
            Some((last, held)) if last == line && rank(held) > rank(state) => held,
            _ => state,
        };
        before = Some((line, state));
        ledger.set(line as usize, state);
        if state == LineState::Unrecognised {
            let why = "no statement of PAN-OS is known to exlint that reads like this";
            ledger.note(state, why, text.span_of(tree.word(node)));
        }
    }
    let notes: Vec<(NodeId, LineState, std::borrow::Cow<'static, str>)> = tree
        .remarks()
        .iter()
        .map(|remark| (remark.node, remark.state, remark.why.clone()))
        .collect();
    for (node, state, why) in notes {
        ledger.note(state, why, text.span_of(tree.word(node)));
    }
}
