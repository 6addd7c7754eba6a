//! What one configuration file of IIS 7 and later states: sites with their
//! directories, settings by location, and which sections lower files may not
//! state.

use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::settings::below;
use super::settings::{Placed, Provider, Setting, Settings, Stated};
use crate::source::Span;

/// A section of settings: what IIS locks and unlocks as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `system.webServer/security/access`.
    Access,
    /// `…/security/authentication/anonymousAuthentication`.
    Anonymous,
    /// `…/basicAuthentication`.
    Basic,
    /// `…/digestAuthentication`.
    Digest,
    /// `…/windowsAuthentication`.
    Windows,
    /// `…/clientCertificateMappingAuthentication`.
    ClientCertificate,
}

impl Section {
    /// All with the names of their elements.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Access, "access"),
        (Self::Anonymous, "anonymousAuthentication"),
        (Self::Basic, "basicAuthentication"),
        (Self::Digest, "digestAuthentication"),
        (Self::Windows, "windowsAuthentication"),
        (
            Self::ClientCertificate,
            "clientCertificateMappingAuthentication",
        ),
    ];

    /// The section of an element below the element `above`, both as they are
    /// written.
    #[must_use]
    pub fn of(above: &str, element: &str) -> Option<Self> {
        let group = match above {
            "security" => true,
            "authentication" => false,
            _ => return None,
        };
        let found = Self::ALL.iter().find(|(_, name)| *name == element);
        let (section, _) = found?;
        ((*section == Self::Access) == group).then_some(*section)
    }

    /// The name of its element.
    #[must_use]
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(section, _)| *section == self)
            .map_or("", |(_, name)| name)
    }

    /// The settings in it.
    #[must_use]
    pub fn settings(self) -> &'static [Setting] {
        match self {
            Self::Access => &[Setting::Ssl],
            Self::Anonymous => &[Setting::Anonymous],
            Self::Basic => &[Setting::Basic],
            Self::Digest => &[Setting::Digest],
            Self::Windows => &[Setting::Windows, Setting::ExtendedProtection],
            Self::ClientCertificate => &[Setting::ClientCertificate],
        }
    }

    /// The section that a setting is in.
    #[must_use]
    pub fn with(setting: Setting) -> Self {
        match setting {
            Setting::Ssl => Self::Access,
            Setting::Anonymous => Self::Anonymous,
            Setting::Basic => Self::Basic,
            Setting::Digest => Self::Digest,
            Setting::Windows | Setting::ExtendedProtection => Self::Windows,
            Setting::ClientCertificate => Self::ClientCertificate,
        }
    }
}

/// Whether lower files may state a section (`overrideMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They may.
    Allow,
    /// They may not.
    Deny,
}

/// How the section is registered (`<configSections>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// `overrideModeDefault`.
    pub mode: Mode,
    /// Whether only the folder of an application may hold it, and no folder
    /// below (`allowDefinition="MachineToApplication"`).
    pub in_applications: bool,
}

/// One thing that a file states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The element of the section is there.
    Present,
    /// A value.
    Value(Setting, Stated),
    /// A change to the providers of Windows authentication.
    Provider(Provider),
    /// A section that a `location` with `overrideMode` holds.
    Mode(Mode),
    /// A section parts of which are locked (`lockAttributes`, `lockItem` …).
    PartLocked,
}

/// What a file states for a location of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The path of the `location`, relative to the file's level; often empty.
    pub location: String,
    /// Whether applications below inherit it (`inheritInChildApplications`).
    pub inherited: bool,
    /// The section.
    pub section: Section,
    /// What it says.
    pub change: Change,
    /// Where.
    pub span: Span,
}

/// An application or a virtual directory of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// `/owa`; empty for the site itself.
    pub path: String,
    /// `Default Web Site/owa`, in lower case.
    pub place: String,
    /// The folder as it is written.
    pub folder: Option<Placed>,
    /// Whether it is the root of an application.
    pub application: bool,
    /// Whether folders below may have a `web.config` (`allowSubDirConfig`).
    pub below: bool,
    /// The name that Microsoft's support collector gives to the copy of its
    /// `web.config`, up to `_web.config`, in lower case.
    pub collected: String,
    /// Where it is declared.
    pub span: Span,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: Option<Placed>,
    /// `https *:443:`, with their places.
    pub bindings: Vec<Placed>,
    /// Its applications and virtual directories.
    pub directories: Vec<Directory>,
}

/// Which file of IIS it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `applicationHost.config`: it has the sites.
    Host,
    /// `web.config`, or what may be one.
    Web,
    /// What `appcmd list config` prints of a place: resolved already.
    Effective,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Which file it is.
    pub kind: Kind,
    /// The server, where the export tells it.
    pub host: Option<Arc<str>>,
    /// The place in IIS of a `web.config`, where the export tells it.
    pub place: Option<String>,
    /// Its path on the server, where the export tells it.
    pub path: Option<String>,
    /// Sites.
    pub sites: Vec<Site>,
    /// What it states, in the order of the file.
    pub statements: Vec<Statement>,
    /// How sections are registered.
    pub registered: BTreeMap<Section, Registered>,
    /// Whether the file is not well formed, so that it may state anything.
    pub broken: bool,
    /// The whole text.
    pub span: Span,
}

impl Configuration {
    /// Whether two copies of a file state the same.
    #[must_use]
    pub fn says_what(&self, other: &Self) -> bool {
        let said = |one: &Statement| {
            let mut change = one.change.clone();
            if let Change::Provider(Provider::Add(_, span) | Provider::Unknown(_, span)) =
                &mut change
            {
                *span = self.span;
            }
            (one.location.to_lowercase(), one.inherited, change)
        };
        self.broken == other.broken
            && self.statements.len() == other.statements.len()
            && (self.statements.iter().zip(&other.statements))
                .all(|(one, two)| said(one) == said(two))
    }

    /// Directories of all sites, each with its site.
    pub fn directories(&self) -> impl Iterator<Item = (&Site, &Directory)> {
        let sites = self.sites.iter();
        sites.flat_map(|site| site.directories.iter().map(move |one| (site, one)))
    }

    /// The settings of the file as it stands at a level of IIS: empty for the
    /// server, `default web site/owa` for a `web.config` there.
    #[must_use]
    pub fn settings(&self, level: &str) -> Settings {
        let mut settings = Settings::default();
        for statement in &self.statements {
            let path = below(level, &statement.location);
            match &statement.change {
                Change::Value(setting, stated) => {
                    let (span, inherited) = (statement.span, statement.inherited);
                    settings.state(&path, *setting, stated.clone(), span, inherited);
                }
                Change::Provider(change) => {
                    settings.change_providers(&path, change.clone(), statement.inherited);
                }
                Change::Present | Change::Mode(_) | Change::PartLocked => {}
            }
        }
        settings
    }
}
