//! Directories of Exchange and the configuration of IIS, as their readers
//! give them.

mod health_checker;
mod web_config;

use crate::estate::{Estate, Options, join_contents};
use crate::formats::exchange::LIST;
use crate::formats::iis::{CONFIG, METABASE};
use crate::formats::{Content, Format};
use crate::model::exchange::{Lookup, Value};
use crate::source::{FileId, SourceFile, Sources};

const OWA: &str = "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\n\
    Name                : owa (Default Web Site)\n\
    Server              : CAS1\n\
    MetabasePath        : IIS://cas1.contoso.com/W3SVC/1/ROOT/owa\n\
    BasicAuthentication : True\n\
    Identity            : CAS1\\owa (Default Web Site)\n\n[PS] C:\\>\n";

const CONFIGURATION: &str = r#"<configuration>
<system.applicationHost><sites>
<site name="Default Web Site" id="1"><application path="/owa"><virtualDirectory path="/" physicalPath="C:\owa" /></application>
<bindings><binding protocol="http" bindingInformation="*:80:" /><binding protocol="https" bindingInformation="*:443:" /></bindings></site>
<site name="Other" id="2"><application path="/owa"><virtualDirectory path="/" physicalPath="C:\other" /></application></site>
</sites></system.applicationHost>
<location path="Default Web Site/owa"><system.webServer><security><access sslFlags="Ssl" />
<authentication><anonymousAuthentication enabled="false" /><basicAuthentication enabled="true" /></authentication></security></system.webServer></location>
</configuration>"#;

fn estate(files: &[(&str, &Format, &str)]) -> (Estate, Sources) {
    let mut sources = Sources::default();
    let mut contents: Vec<(FileId, Content)> = Vec::new();
    for (name, format, text) in files {
        let id = sources.add(|id| SourceFile::from_text(id, name, *text));
        let file = sources.get(id).expect("added").clone();
        let document = (format.parse)(&file);
        contents.extend(document.content.into_iter().map(|content| (id, content)));
    }
    let estate = join_contents(contents, &sources, &Options::default());
    (estate, sources)
}

/// A property of the one OWA directory.
fn property(estate: &Estate, name: &str) -> Option<Value> {
    let mut directories = estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == "Get-OwaVirtualDirectory");
    let record = &directories.next().expect("a directory").record;
    Some(record.properties.get(name)?.value.clone())
}

fn texts(items: &[&str]) -> Value {
    Value::List(
        items
            .iter()
            .map(|text| Value::Text((*text).into()))
            .collect(),
    )
}

#[test]
fn a_directory_gets_what_iis_does_with_its_path_in_its_site() {
    let (estate, sources) = estate(&[
        ("CAS1/owa.txt", &LIST, OWA),
        ("CAS1/applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    assert_eq!(
        property(&estate, "IisAuthentication"),
        Some(texts(&["Basic"]))
    );
    let bindings = texts(&["http *:80:", "https *:443:"]);
    assert_eq!(property(&estate, "IisBindings"), Some(bindings));
    let owa = &estate
        .objects
        .iter()
        .find(|o| o.cmdlet == "Get-OwaVirtualDirectory");
    let Lookup::Known(_, span) = owa.expect("there").record.get("IisRequireSSL") else {
        panic!("known");
    };
    let (file, at) = sources.locate(span).expect("a place");
    assert_eq!((file, at.line), ("CAS1/applicationHost.config", 7));
    assert!(estate.problems.is_empty(), "{:?}", estate.problems);
}

#[test]
fn names_tell_the_place_where_no_metabase_path_does() {
    let by_name = OWA.replace(
        "MetabasePath        : IIS://cas1.contoso.com/W3SVC/1/ROOT/owa\n",
        "",
    );
    let (estate, _) = estate(&[
        ("CAS1/owa.txt", &LIST, &by_name),
        ("CAS1/applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
}

#[test]
fn the_number_of_the_site_counts_before_its_name() {
    let elsewhere = OWA.replace("W3SVC/1/", "W3SVC/2/");
    let (estate, _) = estate(&[
        ("CAS1/owa.txt", &LIST, &elsewhere),
        ("CAS1/applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(false)));
}

#[test]
fn a_directory_that_iis_does_not_have_is_unknown_and_one_without_iis_is_absent() {
    let orphan = OWA.replace("/owa\n", "/exchange\n");
    let (joined, _) = estate(&[
        ("CAS1/owa.txt", &LIST, &orphan),
        ("CAS1/applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    let value = property(&joined, "IisRequireSSL");
    assert!(matches!(value, Some(Value::Unusable(_))), "{value:?}");
    let (alone, _) = estate(&[("CAS1/owa.txt", &LIST, OWA)]);
    assert_eq!(property(&alone, "IisRequireSSL"), None);
    let (other_server, _) = estate(&[
        ("CAS1/owa.txt", &LIST, OWA),
        (
            "CAS2/owa.txt",
            &LIST,
            &OWA.replace("CAS1", "CAS2").replace("cas1", "cas2"),
        ),
        ("CAS2/applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    assert_eq!(property(&other_server, "IisRequireSSL"), None);
}

#[test]
fn a_configuration_without_a_server_decides_nothing_and_says_so() {
    let (estate, _) = estate(&[
        ("owa.txt", &LIST, OWA),
        ("applicationHost.config", &CONFIG, CONFIGURATION),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), None);
    let [problem] = estate.problems.as_slice() else {
        panic!("{:?}", estate.problems);
    };
    assert!(
        problem
            .hint
            .as_ref()
            .is_some_and(|hint| hint.contains("SERVER_applicationHost.config"))
    );
}

#[test]
fn two_configurations_that_differ_leave_it_open() {
    let other = CONFIGURATION.replace("sslFlags=\"Ssl\"", "sslFlags=\"None\"");
    let (estate, _) = estate(&[
        ("CAS1/owa.txt", &LIST, OWA),
        ("CAS1/applicationHost.config", &CONFIG, CONFIGURATION),
        ("CAS1/old/applicationHost.config", &CONFIG, &other),
    ]);
    let value = property(&estate, "IisRequireSSL");
    assert!(matches!(value, Some(Value::Unusable(_))), "{value:?}");
    let told = estate
        .contradictions
        .iter()
        .any(|c| c.property == "RequireSSL");
    assert!(told, "{:?}", estate.contradictions);
}

#[test]
fn the_metabase_of_iis_6_is_joined_by_the_number_of_the_site() {
    let metabase = "<configuration><MBProperty><IIsWebServer\tLocation =\"/LM/W3SVC/1\" ServerBindings=\":80:\" SecureBindings=\":443:\"/>\
        <IIsWebVirtualDir\tLocation =\"/LM/W3SVC/1/ROOT/owa\" AccessSSLFlags=\"AccessSSL | AccessSSL128\" AuthFlags=\"AuthBasic\"/></MBProperty></configuration>";
    let (estate, _) = estate(&[
        ("CAS1_owa.txt", &LIST, OWA),
        ("CAS1_metabase.xml", &METABASE, metabase),
    ]);
    assert_eq!(property(&estate, "IisRequireSSL"), Some(Value::Bool(true)));
    assert_eq!(
        property(&estate, "IisAuthentication"),
        Some(texts(&["Basic"]))
    );
}
