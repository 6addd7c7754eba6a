//! What a large CLIXML file says, without what no one asks for.
//!
//! Nine tenths of an export are the types of values and the insides of values
//! that PowerShell prints as one text. They are left out while the file streams
//! by, as are objects that no cmdlet of the table returns; a file of a gigabyte
//! is then read in the memory of its tenth. The file is read twice: which
//! values others refer to shows in the first pass.

mod blocks;
mod kept;
mod references;
mod tags;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::reader;
use super::{HEAD, NAMESPACE};
use crate::formats::exchange::cmdlets::table;
use crate::formats::exchange::infer::infer;
use crate::formats::exchange::record::{MAX_OBJECTS, RawProperty};
use crate::source::{Condensed, FileId, Omitted, SourceFile};
use blocks::{Stop, for_each_token};
use kept::{Back, Kept};
use references::References;
use tags::{Kind, Token};

/// Kinds of objects that are told apart in the remark on them.
const MAX_KINDS: usize = 64;

/// The most text that is kept, in bytes: with what is read from it, a run
/// stays below 300 MB.
const MAX_KEPT: usize = 100 * 1024 * 1024;

/// Type names that are remembered.
const MAX_NAMES: usize = 4096;

/// Elements nested deeper than this stand in no export.
const MAX_DEPTH: usize = 256;

/// Keeps what matters of a CLIXML file; `None` when it is none.
///
/// # Errors
/// What the system says.
pub fn condense(file: &mut File) -> io::Result<Option<Condensed>> {
    if !begins_as_clixml(file)? {
        return Ok(None);
    }
    match read(file) {
        Ok(condensed) => Ok(Some(condensed)),
        Err(Stop::Foreign) => Ok(None),
        Err(Stop::Io(error)) => Err(error),
    }
}

fn begins_as_clixml(file: &mut File) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    let most = u64::try_from(HEAD.saturating_mul(2)).unwrap_or(u64::MAX);
    file.by_ref().take(most).read_to_end(&mut head)?;
    head.retain(|byte| *byte != 0);
    let has = |text: &str| memchr::memmem::find(&head, text.as_bytes()).is_some();
    Ok(has("<Objs") && has(NAMESPACE))
}

fn read(file: &mut File) -> Result<Condensed, Stop> {
    let references = References::find(file)?;
    let mut condenser = Condenser::new(references);
    for_each_token(file, &mut |token| condenser.take(token))?;
    if !condenser.stack.is_empty() {
        return Err(Stop::Foreign);
    }
    let (text, cuts, elements) = condenser.kept.finish();
    let names = condenser.names;
    let kinds = condenser.kinds.into_iter().map(|(kind, count)| {
        let name = kind.and_then(|number| names.get(number)).cloned();
        (name, count)
    });
    Ok(Condensed {
        text,
        cuts,
        omitted: Omitted {
            units: condenser.elements.saturating_sub(elements),
            objects: kinds.collect(),
            beyond: condenser.beyond,
        },
    })
}

/// What a list of type names shows.
#[derive(Debug, Clone, Copy, Default)]
struct Types {
    /// Number of the first name in [`Condenser::names`].
    first: Option<usize>,
    cmdlet: bool,
    secret: bool,
}

impl Types {
    fn add(&mut self, other: Self) {
        self.first = self.first.or(other.first);
        self.cmdlet |= other.cmdlet;
        self.secret |= other.secret;
    }
}

/// Why an element is kept although its place gives no reason.
#[derive(Debug, Clone, Copy, Default)]
struct Reasons {
    /// Holds what its own exported object refers to.
    named: bool,
    /// Holds what another exported object refers to, a secret, or the sample
    /// of a kind.
    asked: bool,
    /// Holds an object of a cmdlet.
    cmdlet: bool,
}

impl Reasons {
    fn any(self) -> bool {
        self.named || self.asked || self.cmdlet
    }

    fn add(&mut self, other: Self) {
        self.named |= other.named;
        self.asked |= other.asked;
        self.cmdlet |= other.cmdlet;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Root,
    Object {
        /// One of those that were exported, not a part of one.
        outer: bool,
        cmdlet: bool,
        /// Number of its first type name.
        kind: Option<usize>,
    },
    /// Properties; `used` when they are those of a record.
    Members {
        used: bool,
    },
    List,
    Entry,
    Types(Option<u32>),
    TypeName,
    Leaf,
}

struct Frame {
    element: Element,
    /// Its end tag is kept as well.
    kept: bool,
    back: Back,
    reasons: Reasons,
    types: Types,
    /// An object whose printed form has been read.
    printed: bool,
}

struct Condenser {
    references: References,
    kept: Kept,
    stack: Vec<Frame>,
    /// What the numbered lists of type names show.
    types: HashMap<u32, Types>,
    known: HashMap<String, Types>,
    names: Vec<String>,
    /// Open objects whose type names a cmdlet.
    inside: usize,
    elements: u64,
    objects: usize,
    /// Kinds that no rule reads, by the number of their name.
    kinds: Vec<(Option<usize>, u64)>,
    beyond: u64,
}

impl Condenser {
    fn new(references: References) -> Self {
        Self {
            references,
            kept: Kept::default(),
            stack: Vec::new(),
            types: HashMap::new(),
            known: HashMap::new(),
            names: Vec::new(),
            inside: 0,
            elements: 0,
            objects: 0,
            kinds: Vec::new(),
            beyond: 0,
        }
    }

    fn take(&mut self, token: &Token<'_>) -> Result<(), Stop> {
        match token.kind() {
            Kind::Foreign => Err(Stop::Foreign),
            Kind::Instruction => self.kept.add(token, true),
            Kind::Start => self.open(token),
            Kind::Empty => {
                self.open(token)?;
                self.close("")
            }
            Kind::End => {
                let keep = self.stack.last().is_some_and(|frame| frame.kept);
                self.kept.add(token, keep)?;
                self.close(token.text)
            }
        }
    }

    fn open(&mut self, token: &Token<'_>) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Stop::Foreign);
        }
        self.elements = self.elements.saturating_add(1);
        let back = self.kept.back();
        let mut reasons = Reasons::default();
        let element = match token.name() {
            "Objs" => {
                self.types.clear();
                Element::Root
            }
            "Obj" => {
                if let Some(number) = token.reference() {
                    reasons.named = self.references.is_named(number);
                    reasons.asked = self.references.is_named_from_outside(number);
                }
                Element::Object {
                    outer: self.opens_outer_object(),
                    cmdlet: false,
                    kind: None,
                }
            }
            "Props" | "MS" => Element::Members {
                used: self.holds_a_record(),
            },
            "LST" | "IE" | "STK" | "QUE" | "DCT" => Element::List,
            "En" => Element::Entry,
            "TN" => Element::Types(token.reference()),
            "T" => Element::TypeName,
            _ => Element::Leaf,
        };
        let keep = element != Element::Leaf || self.keeps_leaf(token);
        self.kept.add(token, keep)?;
        if keep {
            self.kept.count();
        }
        if token.name() == "ToString"
            && let Some(object) = self.stack.last_mut()
        {
            object.printed = true;
        }
        self.stack.push(Frame {
            element,
            kept: keep,
            back,
            reasons,
            types: Types::default(),
            printed: false,
        });
        Ok(())
    }

    fn opens_outer_object(&self) -> bool {
        let mut above = self.stack.iter().rev();
        match above.next().map(|frame| &frame.element) {
            None | Some(Element::Root) => true,
            Some(Element::List) => matches!(
                above.next().map(|frame| &frame.element),
                Some(Element::Object {
                    outer: true,
                    cmdlet: false,
                    ..
                })
            ),
            _ => false,
        }
    }

    /// Whether members that open now become the properties of a record.
    fn holds_a_record(&self) -> bool {
        match self.stack.last().map(|frame| &frame.element) {
            Some(Element::Object { outer, cmdlet, .. }) => {
                self.inside <= usize::from(*cmdlet) && (*outer || *cmdlet)
            }
            _ => false,
        }
    }

    fn keeps_leaf(&mut self, token: &Token<'_>) -> bool {
        let parent = self.stack.last().map(|frame| &frame.element);
        match token.name() {
            "TNRef" => {
                let types = token.reference().and_then(|number| self.types.get(&number));
                let types = types.copied().unwrap_or_default();
                let outer = matches!(parent, Some(Element::Object { outer: true, .. }));
                self.set_types(types);
                outer || types.cmdlet || types.secret
            }
            "BA" if token.attribute("N") == Some("SerializationData") => false,
            "ToString" => !matches!(
                parent,
                Some(Element::Members { used: false } | Element::Entry)
            ),
            // The number of an enumeration that is printed as well.
            _ if self.stack.last().is_some_and(|frame| frame.printed)
                && matches!(parent, Some(Element::Object { outer: false, .. })) =>
            {
                false
            }
            _ => !matches!(
                parent,
                Some(Element::Members { used: false } | Element::Entry)
            ),
        }
    }

    /// Gives types to the innermost open element, an object.
    fn set_types(&mut self, types: Types) {
        let outermost = self.inside == 0;
        let Some(frame) = self.stack.last_mut() else {
            return;
        };
        let Element::Object { cmdlet, kind, .. } = &mut frame.element else {
            return;
        };
        *kind = types.first;
        frame.reasons.asked |= types.secret;
        if types.cmdlet && !*cmdlet && outermost {
            *cmdlet = true;
            frame.reasons.cmdlet = true;
            self.inside = self.inside.saturating_add(1);
        }
    }

    /// What a type name shows.
    fn look_up(&mut self, name: &str) -> Types {
        if let Some(types) = self.known.get(name) {
            return *types;
        }
        let mut types = Types {
            first: None,
            cmdlet: table().by_type(name).is_some(),
            secret: name.ends_with(".PSCredential") || name.ends_with(".SecureString"),
        };
        if self.names.len() < MAX_NAMES {
            types.first = Some(self.names.len());
            self.names.push(name.to_owned());
            self.known.insert(name.to_owned(), types);
        }
        types
    }

    /// Ends the innermost element, whose text before the end tag is `text`.
    fn close(&mut self, text: &str) -> Result<(), Stop> {
        let frame = self.stack.pop().ok_or(Stop::Foreign)?;
        let mut reasons = frame.reasons;
        match frame.element {
            Element::TypeName => {
                let types = self.look_up(text.trim());
                if let Some(list) = self.stack.last_mut() {
                    list.types.add(types);
                }
            }
            Element::Types(number) => {
                if let Some(number) = number {
                    self.types.insert(number, frame.types);
                }
                self.set_types(frame.types);
                let outer = matches!(
                    self.stack.last().map(|frame| &frame.element),
                    Some(Element::Object { outer: true, .. })
                );
                if !outer && !frame.types.cmdlet && !frame.types.secret {
                    self.kept.return_to(frame.back);
                }
            }
            Element::Members { used: false } | Element::Entry => {
                if !reasons.any() {
                    self.kept.return_to(frame.back);
                }
            }
            Element::Object {
                outer,
                cmdlet,
                kind,
            } => {
                if cmdlet {
                    self.inside = self.inside.saturating_sub(1);
                }
                if outer && self.inside == 0 {
                    self.close_outer(frame.back, cmdlet, kind, &mut reasons);
                } else if !reasons.any() && self.is_unused_here() {
                    self.kept.return_to(frame.back);
                }
            }
            Element::Members { used: true } | Element::Root | Element::List | Element::Leaf => {}
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.reasons.add(reasons);
        }
        Ok(())
    }

    /// Whether an object at this place is a part of a value that has no use
    /// for it.
    fn is_unused_here(&self) -> bool {
        matches!(
            self.stack.last().map(|frame| &frame.element),
            Some(Element::Members { used: false } | Element::Entry)
        )
    }

    /// Ends an exported object: keeps it if it becomes a record.
    fn close_outer(
        &mut self,
        back: Back,
        cmdlet: bool,
        kind: Option<usize>,
        reasons: &mut Reasons,
    ) {
        let record = cmdlet || (!reasons.cmdlet && is_record(self.kept.since(back)));
        if record {
            reasons.cmdlet = true;
            if self.objects > MAX_OBJECTS || self.kept.len() > MAX_KEPT {
                self.beyond = self.beyond.saturating_add(1);
                self.kept.return_to(back);
            }
            self.objects = self.objects.saturating_add(1);
        } else if !reasons.cmdlet && !reasons.asked {
            if let Some((_, count)) = self.kinds.iter_mut().find(|(known, _)| *known == kind) {
                *count = count.saturating_add(1);
                self.kept.return_to(back);
            } else if self.kinds.len() < MAX_KINDS {
                self.kinds.push((kind, 0));
                reasons.asked = true;
            } else {
                self.kept.return_to(back);
            }
        }
    }
}

/// Whether the properties of an object tell which cmdlet returned it.
fn is_record(object: &str) -> bool {
    let text = format!("<Objs xmlns=\"{NAMESPACE}\">{object}</Objs>");
    let file = SourceFile::from_text(FileId(0), "", text);
    let mut found = false;
    reader::read(&file, &mut |object, _, _| {
        let properties: Vec<RawProperty<'_>> = object
            .properties
            .into_iter()
            .map(|(property, _)| property)
            .collect();
        found |= infer(&properties).is_some();
    });
    found
}

#[cfg(test)]
mod tests;
