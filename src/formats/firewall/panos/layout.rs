//! Which devices a configuration is for, and where the statements of each
//! stand.
//!
//! A firewall is one device for each virtual system; an export of Panorama is
//! one for each device group, joined with the templates of its serial numbers.
//! Sources: Palo Alto Networks, "Panorama Administrator's Guide", "Device Group
//! Policies" (order of evaluation: shared pre-rules, pre-rules of the device
//! groups from the outermost, local rules, post-rules from the innermost, shared
//! post-rules, default rules), "Device Group Objects" (an object of an inner
//! group overrides one that it inherits), "Templates and Template Stacks" (the
//! upper template of a stack wins).

use std::collections::HashMap;

use crate::formats::firewall::shared::word_tree::{NodeId, ROOT, WordTree};

/// Device groups nest at most four deep on a Panorama.
const MAX_PARENTS: usize = 16;
/// Most devices of one file.
const MAX_DEVICES: usize = 2_000;

/// The rules of one layer.
#[derive(Debug, Clone, Copy)]
pub struct Rulebase {
    /// The rule base.
    pub node: NodeId,
}

/// One device.
#[derive(Debug, Clone)]
pub struct Context<'t> {
    /// Name, where it is not the host name alone.
    pub name: Option<String>,
    /// What the name stands at.
    pub node: NodeId,
    /// Where objects are looked up, in this order.
    pub scopes: Vec<NodeId>,
    /// Where `network` and `deviceconfig` stand, the first wins.
    pub networks: Vec<NodeId>,
    /// Where zones and imports stand.
    pub systems: Vec<NodeId>,
    /// Rule bases in the order of evaluation.
    pub rulebases: Vec<Rulebase>,
    /// Serial numbers of the devices.
    pub serials: Vec<&'t str>,
    /// Where the values of template variables stand, the first wins.
    pub variables: Vec<NodeId>,
    /// The template stack, where devices have values of their own.
    pub stack: Option<NodeId>,
    /// Whether the device has interfaces of its own only.
    pub shares_network: bool,
    /// Whether no other device uses the innermost scope.
    pub owns_objects: bool,
    /// Whether a Panorama holds the configuration.
    pub managed: bool,
}

/// Whether the configuration is that of a Panorama.
pub fn is_panorama(tree: &WordTree<'_>) -> bool {
    let shared = tree.get(ROOT, "shared");
    let rules = |scope: NodeId| {
        tree.get(scope, "pre-rulebase").is_some() || tree.get(scope, "post-rulebase").is_some()
    };
    tree.get(ROOT, "device-group").is_some()
        || tree.get(ROOT, "template").is_some()
        || tree.get(ROOT, "template-stack").is_some()
        || shared.is_some_and(rules) && tree.get(ROOT, "vsys").is_none()
}

/// All devices of a configuration.
pub fn contexts<'t>(tree: &WordTree<'t>) -> Vec<Context<'t>> {
    if is_panorama(tree) {
        return panorama(tree);
    }
    let shared = tree.get(ROOT, "shared");
    let mut systems: Vec<(Option<&'t str>, Vec<NodeId>)> = tree
        .get(ROOT, "vsys")
        .map(|top| tree.children(top).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .map(|node| (Some(tree.word(node)), vec![node]))
        .collect();
    // On a device with one virtual system `set` leaves its name out.
    let bare = [
        "rulebase",
        "zone",
        "address",
        "service",
        "import",
        "address-group",
    ]
    .iter()
    .any(|word| tree.get(ROOT, word).is_some());
    if bare || systems.is_empty() {
        match systems.iter_mut().find(|(name, _)| *name == Some("vsys1")) {
            Some((_, nodes)) => nodes.push(ROOT),
            None => systems.insert(0, (None, vec![ROOT])),
        }
    }
    let several = systems.len() > 1;
    systems
        .into_iter()
        .map(|(name, nodes)| local(tree, name, nodes, shared, several))
        .collect()
}

/// A virtual system of a firewall.
fn local<'t>(
    tree: &WordTree<'t>,
    name: Option<&'t str>,
    nodes: Vec<NodeId>,
    shared: Option<NodeId>,
    several: bool,
) -> Context<'t> {
    // What a Panorama pushed, in the places where exports show it.
    let mut pushed = Vec::new();
    for path in [&["policy", "panorama"][..], &["panorama"]] {
        let Some(top) = tree.at(ROOT, path) else {
            continue;
        };
        let own = tree
            .get(top, "vsys")
            .and_then(|systems| tree.get(systems, name.unwrap_or("vsys1")));
        pushed.extend(own);
        pushed.push(top);
    }
    let mut context = Context {
        name: name.filter(|_| several).map(str::to_owned),
        node: nodes.first().copied().unwrap_or(ROOT),
        scopes: nodes.iter().copied().chain(shared).collect(),
        networks: vec![ROOT],
        systems: nodes.clone(),
        rulebases: Vec::new(),
        serials: Vec::new(),
        variables: Vec::new(),
        stack: None,
        shares_network: several,
        owns_objects: true,
        managed: false,
    };
    context.scopes.extend(&pushed);
    let mut add = |place: NodeId, word: &str| {
        let found = tree.get(place, word);
        context
            .rulebases
            .extend(found.map(|node| Rulebase { node }));
    };
    for place in pushed.iter().rev().chain(&nodes) {
        add(*place, "pre-rulebase");
    }
    for place in &nodes {
        add(*place, "rulebase");
    }
    for place in nodes.iter().chain(&pushed) {
        add(*place, "post-rulebase");
    }
    context
}

/// The devices of a Panorama.
fn panorama<'t>(tree: &WordTree<'t>) -> Vec<Context<'t>> {
    let groups: Vec<NodeId> = tree
        .get(ROOT, "device-group")
        .map(|top| tree.children(top).collect())
        .unwrap_or_default();
    let mut devices = Vec::new();
    let parents: HashMap<&str, &str> = groups
        .iter()
        .filter_map(|group| Some((tree.word(*group), parent(tree, *group)?)))
        .collect();
    let stacks = stacks(tree);
    for group in &groups {
        let name = tree.word(*group);
        let mut chain = vec![*group];
        let mut at = name;
        while let Some(up) = parents.get(at)
            && chain.len() < MAX_PARENTS
        {
            at = up;
            let Some(node) = tree.at(ROOT, &["device-group", up]) else {
                break;
            };
            if chain.contains(&node) {
                break;
            }
            chain.push(node);
        }
        let is_parent = parents.values().any(|parent| *parent == name);
        let members: Vec<(&'t str, Vec<&'t str>)> = tree
            .get(*group, "devices")
            .map(|top| tree.children(top).collect::<Vec<_>>())
            .unwrap_or_default()
            .into_iter()
            .map(|serial| {
                let systems = tree.get(serial, "vsys");
                let systems = systems.map(|top| tree.children(top).map(|n| tree.word(n)).collect());
                (tree.word(serial), systems.unwrap_or_default())
            })
            .collect();
        if members.is_empty() && is_parent {
            continue;
        }
        // Devices of one stack and one virtual system are alike.
        let mut alike: Vec<(Option<usize>, Vec<&'t str>, Vec<&'t str>)> = Vec::new();
        for (serial, systems) in members {
            let stack = stacks
                .iter()
                .position(|stack| stack.serials.contains(&serial));
            match alike
                .iter_mut()
                .find(|(held, of, _)| *held == stack && *of == systems)
            {
                Some((_, _, serials)) => serials.push(serial),
                None => alike.push((stack, systems, vec![serial])),
            }
        }
        if alike.is_empty() {
            alike.push((None, Vec::new(), Vec::new()));
        }
        let several = alike.len() > 1;
        for (stack, systems, serials) in alike {
            if devices.len() >= MAX_DEVICES {
                return devices;
            }
            let stack = stack.and_then(|index| stacks.get(index));
            let mut label = name.to_owned();
            if several {
                let more = systems.first().copied();
                let more = stack.map(|stack| stack.name).into_iter().chain(more);
                for part in more {
                    label = format!("{label}@{part}");
                }
            }
            let mut context = group_device(tree, *group, &chain, stack, &systems);
            context.name = Some(label);
            context.serials = serials;
            context.owns_objects = !is_parent && !several;
            devices.push(context);
        }
    }
    if devices.is_empty() {
        devices = without_groups(tree, &stacks);
    }
    devices
}

/// The parent of a device group.
fn parent<'t>(tree: &WordTree<'t>, group: NodeId) -> Option<&'t str> {
    let value = |node| tree.value(node, "parent-dg").map(|node| tree.word(node));
    if let Some(own) = value(group) {
        return Some(own);
    }
    let top = tree.at(ROOT, &["readonly", "devices"])?;
    tree.children(top).find_map(|device| {
        let node = tree.at(device, &["device-group", tree.word(group)])?;
        value(node)
    })
}

/// A template or a stack of templates that devices use.
struct Stack<'t> {
    name: &'t str,
    node: NodeId,
    serials: Vec<&'t str>,
    /// The configurations, the first wins.
    configs: Vec<NodeId>,
    variables: Vec<NodeId>,
}

fn stacks<'t>(tree: &WordTree<'t>) -> Vec<Stack<'t>> {
    let mut found = Vec::new();
    for kind in ["template-stack", "template"] {
        let Some(top) = tree.get(ROOT, kind) else {
            continue;
        };
        for node in tree.children(top) {
            let serials = tree
                .get(node, "devices")
                .map(|devices| tree.children(devices).map(|n| tree.word(n)).collect())
                .unwrap_or_default();
            let mut stack = Stack {
                name: tree.word(node),
                node,
                serials,
                configs: tree.get(node, "config").into_iter().collect(),
                variables: tree.get(node, "variable").into_iter().collect(),
            };
            let templates: Vec<NodeId> = tree
                .get(node, "templates")
                .map(|templates| tree.children(templates).collect())
                .unwrap_or_default();
            for template in templates {
                let word = tree.word(template);
                stack
                    .configs
                    .extend(tree.at(ROOT, &["template", word, "config"]));
                stack
                    .variables
                    .extend(tree.at(ROOT, &["template", word, "variable"]));
            }
            found.push(stack);
        }
    }
    found
}

/// The device of a group and, perhaps, a stack.
fn group_device<'t>(
    tree: &WordTree<'t>,
    group: NodeId,
    chain: &[NodeId],
    stack: Option<&Stack<'t>>,
    systems: &[&'t str],
) -> Context<'t> {
    let shared = tree.get(ROOT, "shared");
    let mut context = Context {
        name: None,
        node: group,
        scopes: chain.iter().copied().chain(shared).collect(),
        networks: Vec::new(),
        systems: Vec::new(),
        rulebases: Vec::new(),
        serials: Vec::new(),
        variables: Vec::new(),
        stack: None,
        shares_network: !systems.is_empty(),
        owns_objects: false,
        managed: true,
    };
    with_stack(tree, &mut context, stack, systems);
    let mut add = |place: NodeId, word: &str| {
        let found = tree.get(place, word);
        context
            .rulebases
            .extend(found.map(|node| Rulebase { node }));
    };
    for place in shared.iter().chain(chain.iter().rev()) {
        add(*place, "pre-rulebase");
    }
    for place in chain.iter().chain(&shared) {
        add(*place, "post-rulebase");
    }
    context
}

fn with_stack<'t>(
    tree: &WordTree<'t>,
    context: &mut Context<'t>,
    stack: Option<&Stack<'t>>,
    systems: &[&'t str],
) {
    let Some(stack) = stack else { return };
    context.networks.clone_from(&stack.configs);
    context.variables.clone_from(&stack.variables);
    context.stack = Some(stack.node);
    for config in &stack.configs {
        let Some(top) = tree.get(*config, "vsys") else {
            continue;
        };
        let wanted = tree
            .children(top)
            .filter(|node| systems.is_empty() || systems.contains(&tree.word(*node)));
        context.systems.extend(wanted);
        if let Some(shared) = tree.get(*config, "shared") {
            context.scopes.push(shared);
        }
    }
}

/// A Panorama without device groups: its shared rules, or its templates.
fn without_groups<'t>(tree: &WordTree<'t>, stacks: &[Stack<'t>]) -> Vec<Context<'t>> {
    let mut devices = Vec::new();
    let used = stacks.iter().filter(|stack| !stack.configs.is_empty());
    for stack in used.take(MAX_DEVICES) {
        let mut context = group_device(tree, ROOT, &[], Some(stack), &[]);
        context.name = Some(stack.name.to_owned());
        devices.push(context);
    }
    if devices.is_empty() {
        devices.push(group_device(tree, ROOT, &[], None, &[]));
    }
    devices
}
