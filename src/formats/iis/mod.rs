//! Configuration of Internet Information Services: whether a virtual directory
//! demands TLS, and which authentication it offers.
//!
//! Each application of each site becomes a record of `Get-WebApplication`, with
//! the settings that hold for it after inheritance. Passwords, which these
//! files hold in encrypted form, are never read.

mod adsutil;
mod config;
pub mod configuration;
mod effective;
mod keys;
mod layers;
mod listing;
mod metabase;
pub mod place;
mod places;
mod reader;
mod settings;

pub(in crate::formats) use config::{Level, embedded, unread};
pub(in crate::formats) use effective::listed;
pub use layers::{Web, merge};
pub(in crate::formats) use settings::attribute;

use crate::formats::{Document, Evidence, Format};
use crate::source::{SourceFile, head};

/// `applicationHost.config`, effective configurations and `web.config`.
pub const CONFIG: Format = Format {
    id: "iis-config",
    title: "IIS configuration (applicationHost.config, web.config)",
    detect: |file| {
        let found = mark(file, &["<system.applicationHost", "<system.webServer"]).filter(|_| {
            let head = head(behind_prolog(file.text()), 4096);
            head.contains("<configuration") || head.contains("<CONFIG") || head.contains("<system.")
        });
        found.or_else(|| by_name(file))
    },
    parse: config::parse,
};

/// The metabase of IIS 6.
pub const METABASE: Format = Format {
    id: "iis-metabase",
    title: "IIS 6 metabase (metabase.xml)",
    detect: |file| {
        mark(
            file,
            &["<IIsWebVirtualDir", "<IIsWebServer", "<IIsWebService"],
        )
    },
    parse,
};

fn parse(file: &SourceFile) -> Document {
    metabase::parse(file)
}

/// What `appcmd list` and PowerShell print of IIS.
pub const LISTING: Format = Format {
    id: "iis-listing",
    title: "listing of IIS (appcmd, WebAdministration)",
    detect: listing::detect,
    parse: listing::parse,
};

/// What `adsutil.vbs ENUM` prints of keys of the metabase of IIS 6.
pub const ADSUTIL: Format = Format {
    id: "iis-adsutil",
    title: "IIS 6 metabase (adsutil.vbs ENUM)",
    detect: adsutil::detect,
    parse: adsutil::parse,
};

/// A file that IIS reads by its name, whatever is in it.
fn by_name(file: &SourceFile) -> Option<Evidence> {
    let base = file.name().rsplit(['/', '\\']).next()?;
    let root = behind_prolog(file.text());
    if !config::is_web_config(base) || !root.starts_with('<') || root.starts_with("<Objs") {
        return None;
    }
    Some(Evidence {
        strength: 94,
        what: "XML in a file named web.config".to_owned(),
        span: file.span_of(root.get(..1)?)?,
    })
}

/// What stands behind the declaration of XML and comments, which may be long.
fn behind_prolog(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let end = if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!--") {
            "-->"
        } else {
            return rest;
        };
        match rest.split_once(end) {
            Some((_, behind)) => rest = behind,
            None => return rest,
        }
    }
}

/// How much of a file detection looks at: the schema stands before the sites.
const DETECT_BYTES: usize = 1024 * 1024;

/// The first of some elements in a file of XML.
fn mark(file: &SourceFile, elements: &[&'static str]) -> Option<Evidence> {
    let text = file.text();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with('<') || start.starts_with("<Objs") {
        return None;
    }
    let head = head(text, DETECT_BYTES);
    elements.iter().find_map(|element| {
        let at = head.find(element)?;
        let span = file.span_of(head.get(at..at.saturating_add(element.len()))?)?;
        Some(Evidence {
            strength: 94,
            what: format!("element {element}>"),
            span,
        })
    })
}

#[cfg(test)]
mod tests;
