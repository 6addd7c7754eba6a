//! Over the corpus, and what is left to others.

use super::{CONFIG, METABASE};
use crate::formats::ProblemLevel;
use crate::formats::exchange::corpus;
use crate::formats::exchange::testing::{named, records};
use crate::model::exchange::Value;

#[test]
fn real_server_configurations_are_read_and_a_broken_one_is_refused() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let files = corpus::all_files(&folder.join("iis-applicationHost"));
    let mut read = 0_usize;
    for file in &files {
        assert!((CONFIG.detect)(file).is_some(), "{}", file.name());
        let document = (CONFIG.parse)(file);
        if file.name().contains("Bad") {
            assert!(document.content.is_empty());
            assert_eq!(document.problems[0].level, ProblemLevel::Error);
            continue;
        }
        // One for each virtual directory that the file declares, or more.
        let declared = file.text().matches("<virtualDirectory ").count();
        let found = records(&document);
        assert!(found.len() >= declared && declared > 10, "{}", file.name());
        for record in found {
            let ssl = record.properties.get("RequireSSL").map(|p| &p.value);
            assert!(matches!(ssl, Some(Value::Bool(_))), "{}", file.name());
        }
        read += 1;
    }
    assert!(read > 5, "{read}");
}

#[test]
fn other_xml_is_left_to_others() {
    for xml in [
        "<?xml version=\"1.0\"?><configuration><runtime/></configuration>",
        "<config version=\"10.1.0\"><devices/></config>",
        "system.webServer in a text",
        "<system.web",
    ] {
        let file = named("x.config", xml);
        assert_eq!((CONFIG.detect)(&file), None, "{xml}");
        assert_eq!((METABASE.detect)(&file), None, "{xml}");
    }
}

#[test]
fn a_long_comment_and_a_broken_root_hide_no_configuration() {
    let web = "<configuration><system.webServer /></configuration>";
    let comment = format!(
        "<?xml version=\"1.0\"?>\r\n<!-- {} -->\r\n{web}",
        "x".repeat(5000)
    );
    let file = named("x.config", &comment);
    assert!((CONFIG.detect)(&file).is_some());
    for name in ["CAS1/C/x/web.config", "Default Web Site_owa__web.config"] {
        for text in [comment.as_str(), "<configuration><system.w", "<configurat"] {
            let file = named(name, text);
            assert!((CONFIG.detect)(&file).is_some(), "{name} {text}");
        }
        assert!((CONFIG.detect)(&named(name, "no XML")).is_none());
    }
}
