//! `docs/exchange-objects.md` says what the table of cmdlets says. Run with
//! `EXLINT_WRITE=1` to write it anew after the table changed.

use std::fmt::Write as _;
use std::path::Path;

use exlint::formats::exchange::cmdlets::{Cmdlet, Enumeration, Kind, PropertyKind, table};
use exlint::model::path::exchange_2007;

const INTRODUCTION: &str = "\
# The Exchange objects that exlint knows

Written from `src/formats/exchange/cmdlets.txt` by a test; change that file, not this one.

A property that is not listed is kept as it stands and counted by `exlint coverage`; it is never
an error. *Versions* are those of Exchange Server (2019 stands for the Subscription Edition too),
and for `Get-SmbServerConfiguration` those of Windows Server. A default is what a new object has;
it is shown for comparison, and never taken for the value of a property that an export lacks.
A secret is dropped while a file is read.
";

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Bool => "True or False".to_owned(),
        Kind::Integer => "number".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Url => "URL".to_owned(),
        Kind::Version => "version".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::List => "list".to_owned(),
        Kind::ListOf(of) => format!("list of {}", link(of)),
        Kind::Enum(of) => link(of),
        Kind::Flags(of) => format!("set of {}", link(of)),
        Kind::TypeName => "type name".to_owned(),
        Kind::Secret => "secret, dropped".to_owned(),
    }
}

fn link(enumeration: &str) -> String {
    format!("[{enumeration}](#{})", enumeration.to_ascii_lowercase())
}

fn defaults(cmdlet: &Cmdlet, property: &PropertyKind) -> String {
    let of_property = |known: &&exlint::formats::exchange::cmdlets::DefaultValue| {
        known.property.eq_ignore_ascii_case(property.name)
    };
    let shown = cmdlet.defaults.iter().filter(of_property).map(|default| {
        let value = default.value.replace('~', " ");
        match default.since {
            Some(version) => format!("`{value}` (from {version} on)"),
            None => format!("`{value}`"),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn versions(cmdlet: &Cmdlet, property: &PropertyKind) -> String {
    let find = |list: &[(&'static str, &'static str)]| {
        let found = list
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(property.name));
        found.map(|(_, version)| *version)
    };
    match (find(&cmdlet.since), find(&cmdlet.until)) {
        (Some(since), Some(until)) => format!("{since} to {until}"),
        (Some(since), None) => format!("from {since} on"),
        (None, Some(until)) => format!("to {until}"),
        (None, None) => String::new(),
    }
}

fn object(page: &mut String, cmdlet: &Cmdlet) {
    let _ = writeln!(page, "\n## {}\n", cmdlet.name);
    let (first, last) = cmdlet.versions;
    let range = match last {
        Some(last) if last == first => format!("{first} only"),
        Some(last) => format!("{first} to {last}"),
        None => format!("{first} and later"),
    };
    let _ = write!(page, "Versions: {range}.");
    if !cmdlet.aliases.is_empty() {
        let _ = write!(page, " Also: {}.", cmdlet.aliases.join(", "));
    }
    if !cmdlet.paths.is_empty() {
        let paths: Vec<String> = cmdlet.paths.iter().map(|id| format!("`{id}`")).collect();
        let _ = write!(page, " Data paths: {}.", paths.join(", "));
    }
    page.push_str("\n\n| Property | Value | Default | Versions |\n|---|---|---|---|\n");
    for property in &cmdlet.order {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            property.name,
            kind(property.kind),
            defaults(cmdlet, property),
            versions(cmdlet, property)
        );
    }
}

/// What virtual directories get from IIS.
fn web(page: &mut String) {
    page.push_str(
        "\n## From IIS\n\nA virtual directory gets these properties where the configuration of IIS of its \
         server is among the\ninputs, by the number of the site and the path (`MetabasePath`), else by their \
         names (`Identity`). A\ndirectory that IIS does not have makes them unknown; without the configuration \
         they are absent.\n\n| Property | Value |\n|---|---|\n",
    );
    for property in &table().web {
        let _ = writeln!(page, "| {} | {} |", property.name, kind(property.kind));
    }
}

fn enumeration(page: &mut String, name: &str, known: &Enumeration) {
    let _ = writeln!(page, "\n### {name}\n");
    let names = known.names.iter().map(|(name, number)| match number {
        Some(number) => format!("{name} ({number})"),
        None => (*name).to_owned(),
    });
    let shape = if known.flags { "Values combine. " } else { "" };
    let growth = if known.open {
        " Other names are kept."
    } else {
        " Another name makes the value unknown."
    };
    let names: Vec<String> = names.collect();
    let _ = writeln!(page, "{shape}{}.{growth}", names.join(", "));
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for cmdlet in &table().cmdlets {
        object(&mut page, cmdlet);
    }
    web(&mut page);
    page.push_str(
        "\n## Values\n\nThe number in parentheses is the one that an export may show in the place of the \
         name. A value\nwithout a number is known by name only: an export that shows a number for it says \
         nothing.\n",
    );
    let mut kinds: Vec<&'static str> = table()
        .cmdlets
        .iter()
        .flat_map(|cmdlet| &cmdlet.order)
        .filter_map(|property| match property.kind {
            Kind::Enum(of) | Kind::ListOf(of) | Kind::Flags(of) => Some(of),
            _ => None,
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    for name in kinds {
        enumeration(&mut page, name, table().enumeration(name).expect(name));
    }
    page
}

#[test]
fn the_list_of_objects_in_the_documents_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exchange-objects.md");
    let page = page();
    if std::env::var_os("EXLINT_WRITE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/exchange-objects.md is old; run this test with EXLINT_WRITE=1"
    );
}

#[test]
fn every_data_path_that_an_object_helps_to_decide_is_in_the_catalogue() {
    let catalogue = exchange_2007().expect("the catalogue");
    for cmdlet in &table().cmdlets {
        for id in &cmdlet.paths {
            let known = catalogue.paths.iter().any(|path| *path.id.0 == **id);
            assert!(known, "{} {id}", cmdlet.name);
        }
    }
}

/// What the programs of Windows print, and its registry: older PowerShells do
/// not have these cmdlets.
const OF_HOST: &[&str] = &[
    "Get-ItemProperty",
    "Get-NetIPConfiguration",
    "Get-NetIPAddress",
    "Get-DnsClientGlobalSetting",
    "Get-NetTCPSetting",
    "Get-NetUDPSetting",
    "Get-NetFirewallProfile",
    "Get-NetIPsecRule",
    "Win32_NetworkAdapterConfiguration",
];

/// What needs to be told a name, a group, a resource or a file.
const OF_QUESTIONS: &[&str] = &[
    "Get-ClusterParameter",
    "Resolve-DnsName",
    "Get-DnsServerResourceRecord",
    "Get-ADGroupMember",
    "Get-PfxCertificate",
];

#[test]
fn the_script_exports_every_object_of_the_table_and_nothing_else() {
    let script = include_str!("../scripts/export-exlint.ps1");
    assert!(script.is_ascii());
    for cmdlet in &table().cmdlets {
        // What IIS is configured to do is copied, not asked for.
        let wanted = cmdlet.name != "Get-WebApplication"
            && !OF_HOST.contains(&cmdlet.name)
            && !OF_QUESTIONS.contains(&cmdlet.name);
        let asked = script.contains(&format!("\"{}\"", cmdlet.name));
        assert_eq!(asked, wanted, "{}", cmdlet.name);
    }
    let words = script.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    for name in words.filter(|word| word.starts_with("Get-") && word.len() > 4) {
        let known = table().cmdlet(name).is_some() || name == "Get-Command";
        assert!(known, "{name}");
    }
}
