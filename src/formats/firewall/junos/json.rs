//! `display json`: the same elements as in XML, as keys and values.
//!
//! Source: Juniper, "Junos XML Management Protocol Developer Guide", "Mapping
//! Junos OS Configuration … to JSON": a list is an array of objects, an empty
//! element is `[null]`, attributes stand under `"@"`.

use crate::source::{SourceFile, Span};

use super::markup::{Refused, Translated, Writer};

/// Arrays and objects nest at most this deep.
const MAX_DEPTH: usize = 400;

struct Json<'t> {
    file: &'t SourceFile,
    text: &'t str,
    at: usize,
    writer: Writer<'t>,
}

/// Reads the configuration of a file.
///
/// # Errors
/// When the text is not JSON as Junos writes it.
pub fn read(file: &SourceFile) -> Result<Translated, Refused> {
    let mut json = Json {
        file,
        text: file.text(),
        at: 0,
        writer: Writer::new(file),
    };
    json.skip_blanks();
    json.value("", 0)?;
    Ok(json.writer.finish())
}

impl<'t> Json<'t> {
    fn refuse<T>(&self, why: &str) -> Result<T, Refused> {
        Err((
            format!("the JSON cannot be read: {why}"),
            Span::of(self.file.id(), self.at..self.at),
        ))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_whitespace() {
                self.at = self.at.saturating_add(1);
            } else if self
                .text
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with('\u{feff}'))
            {
                self.at = self.at.saturating_add('\u{feff}'.len_utf8());
            } else {
                return;
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Refused> {
        self.skip_blanks();
        if self.peek() != Some(byte) {
            return self.refuse(&format!("`{}` is missing", char::from(byte)));
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// A string: its slice in the file, between the quotes.
    fn string(&mut self) -> Result<&'t str, Refused> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek() {
                None => return self.refuse("a string is not closed"),
                Some(b'"') => break,
                Some(b'\\') => self.at = self.at.saturating_add(2),
                Some(_) => self.at = self.at.saturating_add(1),
            }
        }
        let Some(part) = self.text.get(start..self.at) else {
            return self.refuse("a string is cut");
        };
        self.at = self.at.saturating_add(1);
        Ok(part)
    }

    /// The value of a key. An element of an array is an element of that name.
    fn value(&mut self, key: &'t str, depth: usize) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return self.refuse("it nests deeper than Junos nests it");
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'[') => {
                self.at = self.at.saturating_add(1);
                loop {
                    self.skip_blanks();
                    match self.peek() {
                        Some(b']') => {
                            self.at = self.at.saturating_add(1);
                            return Ok(());
                        }
                        Some(b',') => self.at = self.at.saturating_add(1),
                        Some(_) => self.value(key, depth.saturating_add(1))?,
                        None => return self.refuse("it ends inside a list"),
                    }
                }
            }
            Some(b'{') => self.object(key, depth),
            Some(b'"') => {
                let part = self.string()?;
                self.element(key, Some((unescape(part), part)))
            }
            Some(_) => {
                let start = self.at;
                while self.peek().is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
                }) {
                    self.at = self.at.saturating_add(1);
                }
                let part = self.text.get(start..self.at).unwrap_or_default();
                if part.is_empty() {
                    return self.refuse("a value is missing");
                }
                let value = (part != "null").then(|| (part.to_owned(), part));
                self.element(key, value)
            }
            None => self.refuse("it ends before a value"),
        }
    }

    fn element(&mut self, key: &'t str, value: Option<(String, &'t str)>) -> Result<(), Refused> {
        if key.is_empty() {
            return self.refuse("the configuration is not an object");
        }
        if !self.writer.open(key, false) {
            return self.refuse("it nests deeper than Junos nests it");
        }
        if let Some((text, part)) = value {
            self.writer.text(text, part);
        }
        self.writer.close(key);
        Ok(())
    }

    fn object(&mut self, key: &'t str, depth: usize) -> Result<(), Refused> {
        // Attributes of the object may stand anywhere in it.
        let inactive = self.is_inactive();
        self.expect(b'{')?;
        let named = !key.is_empty();
        if named && !self.writer.open(key, inactive) {
            return self.refuse("it nests deeper than Junos nests it");
        }
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'}') => {
                    let part = self
                        .text
                        .get(self.at..self.at.saturating_add(1))
                        .unwrap_or(key);
                    self.at = self.at.saturating_add(1);
                    if named {
                        self.writer.close(part);
                    }
                    return Ok(());
                }
                Some(b',') => self.at = self.at.saturating_add(1),
                Some(b'"') => {
                    let name = self.string()?;
                    self.expect(b':')?;
                    if let Some(of) = name.strip_suffix('@') {
                        let start = self.at;
                        self.skip_value(depth)?;
                        let part = self.text.get(start..self.at).unwrap_or_default();
                        if !of.is_empty() && part.contains("inactive") {
                            return self.refuse("deactivated values are not read in this form");
                        }
                        continue;
                    }
                    self.value(name, depth.saturating_add(1))?;
                }
                _ => return self.refuse("a key is missing"),
            }
        }
    }

    /// Whether the object that starts here is deactivated: `"@": { "inactive":
    /// true }` is its first key where it is there.
    fn is_inactive(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '{');
        let Some(after) = rest.strip_prefix("\"@\"") else {
            return false;
        };
        rest = after.split('}').next().unwrap_or_default();
        rest.contains("\"inactive\"") && rest.contains("true")
    }

    /// Passes over a value.
    fn skip_value(&mut self, depth: usize) -> Result<(), Refused> {
        let mut open = 0usize;
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return self.refuse("it ends inside a value"),
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{' | b'[') => {
                    open = open.saturating_add(1);
                    self.at = self.at.saturating_add(1);
                    if open.saturating_add(depth) > MAX_DEPTH {
                        return self.refuse("it nests deeper than Junos nests it");
                    }
                }
                Some(b'}' | b']') => {
                    open = open.saturating_sub(1);
                    self.at = self.at.saturating_add(1);
                }
                Some(_) => self.at = self.at.saturating_add(1),
            }
            if open == 0 {
                self.skip_blanks();
                if matches!(self.peek(), Some(b',' | b'}' | b']') | None) {
                    return Ok(());
                }
            }
        }
    }
}

/// A string without its escapes; what is no escape stays.
fn unescape(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't' | 'b' | 'f') => out.push(' '),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                out.push(code.filter(|c| !c.is_control()).unwrap_or('?'));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
