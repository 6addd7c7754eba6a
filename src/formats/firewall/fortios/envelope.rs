//! The envelope of the configuration that a virtual FortiGate boots from.
//!
//! Clouds hand a virtual machine its first configuration and its licence as the
//! parts of one MIME message (RFC 2046, section 5.1). Source: Fortinet,
//! FortiGate-VM Administration Guides for public clouds, "Cloud-init": the part
//! whose file name is `config` holds commands, that of `license` the licence.

/// Where in the message the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Headers,
    Commands,
    /// A part that holds no commands.
    Other,
}

/// The envelope of a file that is such a message.
#[derive(Debug)]
pub struct Envelope<'t> {
    boundary: &'t str,
    within: Within,
    commands: bool,
}

impl<'t> Envelope<'t> {
    /// The envelope, when the first line of a text opens one.
    pub fn of(text: &'t str) -> Option<Self> {
        let (mut multipart, mut boundary) = (false, None);
        for line in text
            .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
            .lines()
            .take(16)
            .take_while(|line| !line.trim().is_empty())
        {
            multipart |= value(line, "content-type:")
                .is_some_and(|value| starts(value.trim_start(), "multipart/"));
            boundary = boundary.or_else(|| parameter(line, "boundary="));
        }
        let boundary = boundary.filter(|boundary| multipart && !boundary.is_empty())?;
        Some(Self {
            boundary,
            within: Within::Headers,
            commands: true,
        })
    }

    /// Whether a line is not for the command line: a header, a boundary, or a
    /// line of another part.
    pub fn holds(&mut self, line: &str) -> bool {
        let limit = line.strip_prefix("--");
        if limit
            .is_some_and(|rest| rest.trim_end_matches('-') == self.boundary.trim_end_matches('-'))
        {
            self.within = Within::Headers;
            self.commands = true;
            return true;
        }
        match self.within {
            Within::Other => true,
            Within::Commands => false,
            Within::Headers if line.is_empty() => {
                self.within = if self.commands {
                    Within::Commands
                } else {
                    Within::Other
                };
                true
            }
            Within::Headers => {
                if value(line, "content-disposition:").is_some()
                    && let Some(name) = parameter(line, "filename=")
                {
                    self.commands = name != "license";
                }
                true
            }
        }
    }
}

fn starts(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// What stands behind the name of a header.
fn value<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    starts(line, name).then(|| line.get(name.len()..))?
}

/// The value of a parameter, without its quotes.
fn parameter<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = line.split_once(name)?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([';', ' ', '\t']).next(),
    }
}
