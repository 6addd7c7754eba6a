//! Files that hold together.

use super::super::config::take;
use super::super::reader::Text as Xml;
use super::*;
use crate::formats::exchange::testing::{list, named, records};
use crate::model::exchange::Value;
use crate::source::FileId;

const DENIED: &str = r#"<configSections><sectionGroup name="system.webServer"><sectionGroup name="security">
<section name="access" overrideModeDefault="Deny" />
<sectionGroup name="authentication"><section name="basicAuthentication" overrideModeDefault="Deny" /><section name="windowsAuthentication" overrideModeDefault="Deny" /></sectionGroup>
</sectionGroup></sectionGroup></configSections>"#;

const SITES: &str = r#"<system.applicationHost><sites><site name="s" id="1">
<application path="/"><virtualDirectory path="/" physicalPath="C:\w" /></application>
<application path="/owa"><virtualDirectory path="/" physicalPath="C:\owa" /></application>
<application path="/owa/x"><virtualDirectory path="/" physicalPath="C:\x" /></application>
</site></sites></system.applicationHost>"#;

/// Opens all sections.
const OPEN: &str = r#"<location path="" overrideMode="Allow"><system.webServer><security><access sslFlags="Ssl" />
<authentication><basicAuthentication enabled="false" /><windowsAuthentication enabled="true"><providers><add value="Negotiate" /><add value="NTLM" /></providers></windowsAuthentication></authentication>
</security></system.webServer></location>"#;

const SSL: &str = r#"<access sslFlags="Ssl" />"#;
const NONE: &str = r#"<access sslFlags="None" />"#;

fn providers_of(changes: &str) -> String {
    format!(
        "<authentication><windowsAuthentication><providers>{changes}</providers></windowsAuthentication></authentication>"
    )
}

/// A `location` with a security group.
fn location(path: &str, mode: &str, security: &str) -> String {
    format!(
        r#"<location path="{path}" {mode}><system.webServer><security>{security}</security></system.webServer></location>"#
    )
}

/// A `web.config`.
fn web(security: &str) -> String {
    location(".", "", security)
}

/// Files of `<configuration>`, each of its own number.
struct Files(Vec<Configuration>);

impl Files {
    fn new(texts: &[&str]) -> Self {
        let texts = texts.iter().enumerate();
        Self(texts.map(|(at, text)| read(at, text)).collect())
    }

    fn merged(&self, host: &str, places: &[&str], unplaced: &[&str]) -> Document {
        let host = format!("<configuration>{DENIED}{SITES}{host}</configuration>");
        let file = named("applicationHost.config", &host);
        let host = configuration(0, &host);
        let webs: Vec<Web<'_>> = (places.iter().zip(&self.0))
            .map(|(place, configuration)| Web {
                place: (*place).to_owned(),
                configuration,
            })
            .collect();
        let unplaced = Self::new(unplaced);
        let unplaced: Vec<&Configuration> = unplaced.0.iter().collect();
        merge(&file, &host, &webs, &unplaced)
    }
}

/// `BROKEN` stands for a file that is not well formed.
fn read(at: usize, text: &str) -> Configuration {
    let mut configuration = configuration(
        u32::try_from(at).expect("few").saturating_add(1),
        &format!(
            "<configuration>{}</configuration>",
            text.replace("BROKEN", "")
        ),
    );
    configuration.broken = text.contains("BROKEN");
    configuration
}

fn configuration(id: u32, text: &str) -> Configuration {
    let place = |range| Span::of(FileId(id), range);
    let text = Xml {
        text,
        place: &place,
    };
    take(&text, &mut Vec::new()).expect("well formed")
}

/// What a path has once files are at places.
fn holds(host: &str, webs: &[(&str, &str)], unplaced: &[&str], path: &str, name: &str) -> Value {
    let texts: Vec<&str> = webs.iter().map(|(_, text)| *text).collect();
    let places: Vec<&str> = webs.iter().map(|(place, _)| *place).collect();
    let document = Files::new(&texts).merged(host, &places, unplaced);
    let all = records(&document);
    let record = all
        .iter()
        .find(|one| one.text("Path").map(|(known, _)| known) == Some(path));
    let record = record.unwrap_or_else(|| panic!("no {path}"));
    record.properties.get(name).expect("there").value.clone()
}

fn ssl(host: &str, webs: &[(&str, &str)], unplaced: &[&str], path: &str) -> Value {
    holds(host, webs, unplaced, path, "RequireSSL")
}

fn offered(host: &str, webs: &[(&str, &str)], unplaced: &[&str], path: &str) -> Value {
    holds(host, webs, unplaced, path, "WindowsAuthenticationProviders")
}

#[track_caller]
fn is_open(value: &Value, why: &str) {
    match value {
        Value::Unusable(told) => assert_eq!(told.to_string(), why),
        other => panic!("known: {other:?}"),
    }
}

#[test]
fn a_location_below_counts_against_each_file_above_it() {
    let host = format!("{OPEN}{}", location("s/owa/x", "", SSL));
    let (none, ssl_too) = (web(NONE), web(SSL));
    is_open(&ssl(&host, &[("s/owa", &none)], &[], "/owa/x"), BOTH);
    for root in [&none, &ssl_too] {
        let webs = [("s", root.as_str()), ("s/owa", none.as_str())];
        is_open(&ssl(&host, &webs, &[], "/owa/x"), BOTH);
    }
    let webs = [("s", ssl_too.as_str()), ("s/owa", ssl_too.as_str())];
    assert_eq!(ssl(&host, &webs, &[], "/owa/x"), Value::Bool(true));
}

#[test]
fn a_location_of_a_web_config_for_providers_counts_against_the_next_one() {
    let own = providers_of(r#"<clear /><add value="NTLM" />"#);
    let upper = location(
        "owa/x",
        "",
        &providers_of(r#"<clear /><add value="Kerberos" />"#),
    );
    let own = web(&own);
    let webs = [("s", upper.as_str()), ("s/owa", own.as_str())];
    is_open(&offered(OPEN, &webs, &[], "/owa/x"), BOTH);
    assert_eq!(offered(OPEN, &webs, &[], "/owa"), list(&["NTLM"]));
}

#[test]
fn what_may_be_refused_opens_the_whole_section() {
    let locked = OPEN.replace(
        r#"<windowsAuthentication enabled="true">"#,
        r#"<windowsAuthentication enabled="true" lockAttributes="enabled">"#,
    );
    let states =
        web("<authentication><windowsAuthentication enabled=\"false\" /></authentication>");
    let webs = [("s/owa", states.as_str())];
    is_open(&offered(&locked, &webs, &[], "/owa"), PART_LOCKED);
    let both = list(&["Negotiate", "NTLM"]);
    assert_eq!(offered(&locked, &webs, &[], "/"), both);
    assert_eq!(offered(OPEN, &webs, &[], "/owa"), both);
}

#[test]
fn a_file_without_a_place_acts_from_any_level_that_is_open() {
    let host = format!(
        "{}{}",
        location("s", r#"overrideMode="Allow""#, SSL),
        location("s/owa", r#"overrideMode="Deny""#, SSL)
    );
    is_open(&ssl(&host, &[], &[&web(NONE)], "/owa"), UNPLACED);
    assert_eq!(ssl(&host, &[], &[&web(SSL)], "/owa"), Value::Bool(true));
    let locked = location("s", "", SSL);
    let value = ssl(&locked, &[], &[&web(NONE)], "/owa");
    assert_eq!(value, Value::Bool(true));
    // Two values: one of them is another one, whichever holds.
    let both = format!("{}{}", web(SSL), location("y", "", NONE));
    is_open(&ssl(OPEN, &[], &[&both], "/owa"), UNPLACED);
}

#[test]
fn a_file_without_a_place_may_lock_what_states_the_same_value() {
    let lock = location(".", r#"overrideMode="Deny""#, NONE);
    let webs = [("s/owa", &*web(NONE))];
    is_open(&ssl(OPEN, &webs, &[&lock], "/owa"), UNPLACED);
    is_open(&ssl(OPEN, &webs, &[&lock], "/owa/x"), UNPLACED);
    let value = ssl(OPEN, &webs, &[&web(NONE)], "/owa");
    assert_eq!(value, Value::Bool(false));
}

#[test]
fn a_provider_that_a_web_config_adds_again_is_refused() {
    let again = web(&providers_of(r#"<add value="ntlm" />"#));
    let value = offered(OPEN, &[("s/owa", &again)], &[], "/owa");
    is_open(
        &value,
        "IIS refuses this configuration, because it adds a provider twice",
    );
    let less = web(&providers_of(r#"<remove value="ntlm" />"#));
    let value = offered(OPEN, &[("s/owa", &less)], &[], "/owa");
    assert_eq!(value, list(&["Negotiate"]));
}

#[test]
fn a_lock_that_only_one_copy_has_is_open_in_any_order() {
    let lock = location(".", r#"overrideMode="Deny""#, SSL);
    let (plain, own) = (web(SSL), web(NONE));
    for copies in [[&lock, &plain], [&plain, &lock]] {
        let webs = [
            ("s", copies[0].as_str()),
            ("s", copies[1].as_str()),
            ("s/owa", own.as_str()),
        ];
        is_open(&ssl(OPEN, &webs, &[], "/owa"), DISAGREE);
        assert_eq!(ssl(OPEN, &webs, &[], "/"), Value::Bool(true));
    }
    // What only one of them states is locked.
    let locked = location("s", "", SSL);
    let empty = web("");
    let webs = [("s/owa", own.as_str()), ("s/owa", empty.as_str())];
    is_open(&ssl(&locked, &webs, &[], "/owa"), DISAGREE);
}

#[test]
fn copies_that_differ_elsewhere_agree_here() {
    let one = format!("{}{}", web(NONE), location("y", "", SSL));
    let two = format!("{}{}", web(NONE), location("z", "", SSL));
    let webs = [("s/owa", one.as_str()), ("s/owa", two.as_str())];
    assert_eq!(ssl(OPEN, &webs, &[], "/owa"), Value::Bool(false));
    is_open(&ssl(OPEN, &webs, &[], "/owa/y"), DISAGREE);
}

#[test]
fn providers_of_a_refused_file_are_open() {
    let host = location("s", "", &providers_of(r#"<add value="NTLM" />"#));
    let off = web("<authentication><windowsAuthentication enabled=\"false\" /></authentication>");
    let webs = [("s/owa", off.as_str())];
    is_open(&offered(&host, &webs, &[], "/owa"), LOCKED);
    assert_eq!(offered(&host, &webs, &[], "/"), list(&["NTLM"]));
}

#[test]
fn a_broken_file_opens_what_is_not_locked() {
    let own = web(SSL);
    let webs = [("s/owa", "BROKEN"), ("s/owa/x", own.as_str())];
    for path in ["/owa", "/owa/x"] {
        is_open(&ssl(OPEN, &webs, &[], path), BROKEN);
        is_open(&offered(OPEN, &webs, &[], path), BROKEN);
    }
    assert_eq!(ssl(OPEN, &webs, &[], "/"), Value::Bool(true));
    let locked = location("s", "", SSL);
    let value = ssl(&locked, &webs[..1], &[], "/owa");
    assert_eq!(value, Value::Bool(true));
    is_open(&ssl(OPEN, &[], &["BROKEN"], "/owa"), UNPLACED);
    let value = ssl(&locked, &[], &["BROKEN"], "/owa");
    assert_eq!(value, Value::Bool(true));
}

#[test]
fn a_file_at_too_many_places_is_told_and_open_at_the_rest() {
    let host = format!("<configuration>{DENIED}{SITES}{OPEN}</configuration>");
    let file = named("applicationHost.config", &host);
    let host = configuration(0, &host);
    let own = read(0, &web(NONE));
    let at = |place: String| Web {
        place,
        configuration: &own,
    };
    let mut webs: Vec<Web<'_>> = (1..MAX_PLACES).map(|n| at(format!("s/y{n}"))).collect();
    webs.extend([at("s/owa/x".to_owned()), at("s/owa".to_owned())]);
    let document = merge(&file, &host, &webs, &[]);
    let of = |path: &str| {
        let all = records(&document);
        let mut all = all.iter();
        let record = all.find(|one| one.text("Path").map(|(known, _)| known) == Some(path));
        let record = record.expect("there");
        record
            .properties
            .get("RequireSSL")
            .expect("there")
            .value
            .clone()
    };
    assert_eq!(of("/"), Value::Bool(true));
    assert_eq!(of("/y1"), Value::Bool(false));
    is_open(&of("/owa"), MANY);
    is_open(&of("/owa/x"), MANY);
    let told = document.problems.iter();
    let told = told.filter(|one| one.message.contains("more places than are read"));
    assert_eq!(told.count(), 1);
}
