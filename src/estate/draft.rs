//! What is said about one machine, before it is decided.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::names::{Directory, MachineName};
use super::types::{Address, Contradiction, Role, Strength, Version};

/// A statement and whether the inventory makes it.
#[derive(Debug, Clone)]
pub(super) struct Stated<T> {
    pub value: T,
    pub span: Span,
    pub inventory: bool,
}

/// Different statements about one property of one machine that are kept. More
/// are no estate but an attack, and every one costs a comparison with all.
const MOST_STATEMENTS: usize = 64;

/// Adds a statement unless the same source says the same already.
pub(super) fn state<T: PartialEq>(statements: &mut Vec<Stated<T>>, stated: Stated<T>) {
    let known = statements
        .iter()
        .any(|known| known.inventory == stated.inventory && known.value == stated.value);
    if !known && statements.len() < MOST_STATEMENTS {
        statements.push(stated);
    }
}

impl<T> Stated<T> {
    pub fn by_export(value: T, span: Span) -> Self {
        Self {
            value,
            span,
            inventory: false,
        }
    }

    pub fn by_inventory(value: T, span: Span) -> Self {
        Self {
            value,
            span,
            inventory: true,
        }
    }
}

/// An address of a machine and how it is known.
#[derive(Debug, Clone)]
pub(super) struct StatedAddress {
    pub address: Address,
    pub inventory: bool,
    /// Whether it comes from the machine's own network settings, which are
    /// complete.
    pub complete: bool,
    /// Whether it is only named by a setting that may be wrong, such as the
    /// binding of a connector.
    pub named_by_setting: bool,
    /// Whether it is the address of a cluster's node.
    pub by_node: bool,
    /// The node, in lower case, where the export tells.
    pub node: Option<String>,
}

/// One machine with everything that is said about it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub label: String,
    pub exchange: bool,
    pub fqdns: Vec<Stated<String>>,
    pub roles: Vec<Stated<BTreeSet<Role>>>,
    /// Roles that follow from what the machine does (it is listed as a domain
    /// controller, a gateway …): added, never contradicted.
    pub implied_roles: Vec<Spanned<Role>>,
    /// Why the roles in an export could not be used, and where.
    pub roles_unknown: Option<Spanned<String>>,
    pub sites: Vec<Stated<String>>,
    pub versions: Vec<Stated<Version>>,
    pub addresses: Vec<StatedAddress>,
    pub published: Vec<Spanned<IpRange>>,
    pub nodes: Vec<Spanned<String>>,
    pub state: Option<Spanned<String>>,
    pub span: Span,
    /// Whether Get-ExchangeServer or the inventory lists it, and not only
    /// some object's `Server`.
    pub listed: bool,
}

impl Draft {
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.iter().any(|stated| stated.value.contains(&role))
            || self
                .implied_roles
                .iter()
                .any(|implied| implied.value == role)
    }

    /// Adds a role that follows from something else.
    pub fn imply(&mut self, role: Spanned<Role>) {
        if !self
            .implied_roles
            .iter()
            .any(|known| known.value == role.value)
        {
            self.implied_roles.push(role);
        }
    }

    /// Adds an address from an export or the inventory.
    pub fn add_address(&mut self, ip: IpAddr, span: Span, strength: Strength) {
        self.addresses.push(StatedAddress {
            address: Address {
                ip,
                strength,
                span,
                zone: None,
            },
            inventory: strength == Strength::Declared,
            complete: false,
            named_by_setting: false,
            by_node: false,
            node: None,
        });
    }

    /// Adds an address that a setting names as one of the machine's.
    pub fn add_named_address(&mut self, ip: IpAddr, span: Span) {
        self.add_address(ip, span, Strength::Connected);
        if let Some(added) = self.addresses.last_mut() {
            added.named_by_setting = true;
        }
    }
}

/// All machines with their names.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub machines: Vec<Draft>,
    pub directory: Directory,
}

impl Drafts {
    /// The machine of a name, made when there is none. A bare name that fits
    /// several machines gives none.
    pub fn ensure(&mut self, text: &str, exchange: bool, span: Span) -> Option<usize> {
        let name = MachineName::parse(text)?;
        if let Some(machine) = self.directory.own(&name) {
            self.directory.add(&name, machine);
            if let Some(draft) = self.machines.get_mut(machine) {
                draft.exchange |= exchange;
            }
            return Some(machine);
        }
        if self.directory.is_ambiguous(&name) {
            return None;
        }
        let machine = self.machines.len();
        self.directory.add(&name, machine);
        self.machines.push(Draft {
            label: name.label,
            exchange,
            fqdns: Vec::new(),
            roles: Vec::new(),
            implied_roles: Vec::new(),
            roles_unknown: None,
            sites: Vec::new(),
            versions: Vec::new(),
            addresses: Vec::new(),
            published: Vec::new(),
            nodes: Vec::new(),
            state: None,
            span,
            listed: false,
        });
        Some(machine)
    }

    pub fn get_mut(&mut self, machine: usize) -> Option<&mut Draft> {
        self.machines.get_mut(machine)
    }
}

/// Different values that a contradiction shows.
const MOST_VALUES: usize = 16;

/// Decides among statements about one property.
///
/// Exports that agree decide; the inventory decides where there is no export
/// or where exports disagree. Every disagreement is kept as a contradiction,
/// and a value that exports disagree about is not known.
pub(super) fn decide<T: Clone>(
    subject: &str,
    property: &str,
    statements: &[Stated<T>],
    same: impl Fn(&T, &T) -> bool,
    show: impl Fn(&T) -> String,
    contradictions: &mut Vec<Contradiction>,
) -> Option<Spanned<T>> {
    let spanned = |stated: &Stated<T>| Spanned::new(stated.value.clone(), stated.span);
    let declared = statements.iter().find(|stated| stated.inventory);
    let exported: Vec<&Stated<T>> = statements.iter().filter(|s| !s.inventory).collect();
    let Some((first, others)) = exported.split_first() else {
        return declared.map(spanned);
    };
    let mut distinct: Vec<&Stated<T>> = vec![*first];
    for stated in others {
        if distinct.len() < MOST_VALUES
            && !distinct
                .iter()
                .any(|known| same(&known.value, &stated.value))
        {
            distinct.push(stated);
        }
    }
    let mut report = |values: &[&Stated<T>], inventory: bool| {
        contradictions.push(Contradiction {
            subject: subject.to_owned(),
            property: property.to_owned(),
            values: values
                .iter()
                .map(|stated| Spanned::new(show(&stated.value), stated.span))
                .collect(),
            inventory,
        });
    };
    if distinct.len() > 1 {
        report(&distinct, false);
    }
    match declared {
        Some(declared) if !distinct.iter().any(|s| same(&s.value, &declared.value)) => {
            let mut values = vec![declared];
            values.extend(distinct.iter().copied());
            report(&values, true);
        }
        _ => {}
    }
    if distinct.len() == 1 {
        Some(spanned(first))
    } else {
        declared.map(spanned)
    }
}
