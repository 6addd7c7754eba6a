//! Places and addresses of files.

use std::collections::HashMap;

use serde::Serialize;

use super::Message;
use crate::finding::Run;
use crate::report::text::printable;
use crate::report::told::ToldPlace;

/// Addresses of the files of a run, each with its place among the artifacts.
pub struct Uris {
    all: Vec<String>,
    by_name: HashMap<String, usize>,
}

/// The address of a file.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl Uris {
    /// The files of a run, in order.
    pub fn new(run: &Run) -> Self {
        let mut uris = Self {
            all: Vec::new(),
            by_name: HashMap::new(),
        };
        for file in run.sources.files() {
            let name = printable(file.name()).into_owned();
            let next = uris.all.len();
            uris.by_name.entry(name.clone()).or_insert_with(|| {
                uris.all.push(uri(&name));
                next
            });
        }
        uris
    }

    /// The addresses in order, as artifacts have them.
    pub fn all(&self) -> impl Iterator<Item = ArtifactLocation> + '_ {
        self.all.iter().map(|uri| location(uri.clone(), None))
    }

    /// The address of a file by its name as shown.
    pub fn of(&self, name: &str) -> ArtifactLocation {
        let index = self.by_name.get(name).copied();
        let known = index.and_then(|index| self.all.get(index)).cloned();
        location(known.unwrap_or_else(|| uri(name)), index)
    }
}

fn location(uri: String, index: Option<usize>) -> ArtifactLocation {
    let below = !uri.starts_with("file:") && !uri.starts_with("../");
    ArtifactLocation {
        uri,
        uri_base_id: below.then_some("%SRCROOT%"),
        index,
    }
}

/// The address of a file (RFC 3986): relative where its name is, with
/// everything but unreserved characters, `/` and the sub-delimiters encoded.
fn uri(name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    let mut out = String::with_capacity(name.len());
    let absolute = name.starts_with('/');
    let drive = name
        .get(1..3)
        .is_some_and(|rest| matches!(rest, ":/" | ":\\"));
    if absolute {
        out.push_str("file://");
    } else if drive {
        out.push_str("file:///");
    }
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
            | b'+' | b',' | b';' | b'=' | b'@' => out.push(char::from(byte)),
            b':' if drive => out.push(':'),
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A place in a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl Location {
    /// A place; `id` is what a message links to.
    pub fn new(place: &ToldPlace, id: Option<usize>, uris: &Uris) -> Self {
        let label = place.label.as_str();
        Self {
            id,
            physical_location: PhysicalLocation {
                artifact_location: uris.of(&place.file),
                region: Region {
                    start_line: place.line.max(1),
                    start_column: place.column.max(1),
                    end_line: place.end_line.max(place.line).max(1),
                    end_column: place.end_column.max(1),
                },
            },
            message: (!label.is_empty()).then(|| label.to_owned().into()),
        }
    }

    /// A place of which only the start is known.
    pub fn point(file: &str, line: u32, column: u32, uris: &Uris) -> Self {
        let place = ToldPlace {
            file: printable(file).into_owned(),
            line,
            column,
            end_line: line,
            end_column: column,
            label: String::new(),
        };
        Self::new(&place, None, uris)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_relative_and_encoded() {
        assert_eq!(uri("./fw/inner 1.cfg"), "fw/inner%201.cfg");
        assert_eq!(uri("a/100%#?.txt"), "a/100%25%23%3F.txt");
        assert_eq!(uri("設定.cfg"), "%E8%A8%AD%E5%AE%9A.cfg");
        assert_eq!(uri("a:b.cfg"), "a%3Ab.cfg");
        assert_eq!(uri("/tmp/x.cfg"), "file:///tmp/x.cfg");
        assert_eq!(uri("C:/x.cfg"), "file:///C:/x.cfg");
    }
}
