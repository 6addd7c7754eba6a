//! What stands around pasted objects, and blank lines within them.

use super::tests::{read, records};

#[test]
fn a_blank_line_inside_the_first_object_moves_no_property_to_another() {
    let object = |name: &str, port: u32, gap: &str| {
        format!(
            "AuthMechanism : Tls\nBindings      : {{0.0.0.0:{port}}}\n{gap}Enabled       : True\nIdentity      : HUB1\\{name}\n"
        )
    };
    let text = format!(
        "[PS] C:\\>Get-ReceiveConnector | fl\n\n{}{}{}",
        object("Relay", 25, "\n"),
        object("Client", 587, ""),
        object("Default", 2525, "")
    );
    let document = read(&text);
    let shown: Vec<String> = records(&document)
        .iter()
        .map(|record| {
            let text = |key| format!("{:?}", record.properties.get(key).map(|p| &p.value));
            format!("{} {}", text("Identity"), text("Bindings"))
        })
        .collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    for (shown, (name, port)) in
        shown
            .iter()
            .zip([("Relay", "25"), ("Client", "587"), ("Default", "2525")])
    {
        assert!(
            shown.contains(name) && shown.contains(&format!(":{port}\"")),
            "{shown}"
        );
    }
}

#[test]
fn what_frames_a_paste_is_no_part_of_the_value_above_it() {
    let url = "https://autodiscover-of-the-headquarters.contoso.com/Autodiscover/Autodiscover.xml";
    for frame in [
        "```",
        "</pre>",
        "[/code]",
        "{noformat}",
        "****",
        "Stop-Transcript",
    ] {
        let text = format!(
            "[PS] C:\\>Get-ClientAccessServer | fl Name,AutoDiscoverServiceInternalUri\n\n\
             Name                           : CAS1\nAutoDiscoverServiceInternalUri : {url}\n\n\
             Name                           : CAS2\nAutoDiscoverServiceInternalUri : {url}\n{frame}\n"
        );
        let document = read(&text);
        let values: Vec<String> = records(&document)
            .iter()
            .filter_map(|record| record.properties.get("AutoDiscoverServiceInternalUri"))
            .map(|property| format!("{:?}", property.value))
            .collect();
        assert_eq!(values.len(), 2, "{frame}");
        assert!(
            values
                .iter()
                .all(|value| value.contains("Autodiscover.xml\")")),
            "{frame}: {values:?}"
        );
    }
}

#[test]
fn a_command_below_a_heading_with_a_colon_stays_a_command() {
    for heading in ["Output:\n        [PS] C:\\>", "EX:\n    "] {
        let text = format!(
            "{heading}Get-ReceiveConnector | fl\n\n    Name     : Relay\n    Identity : HUB1\\Relay\n    Bindings : {{0.0.0.0:25}}\n"
        );
        let document = read(&text);
        assert_eq!(records(&document).len(), 1, "{heading}");
    }
}

#[test]
fn a_note_below_a_full_line_is_no_part_of_a_whole_value() {
    // 79 columns, as wide as a full line of the usual console.
    let key = "AutoDiscoverServiceInternalUri : ";
    let path = "x".repeat(79 - key.len() - "https://cas1.contoso.com/.xml".len());
    let text = format!(
        "[PS] C:\\>Get-ClientAccessServer | fl Name,AutoDiscoverServiceInternalUri\n\n\
         Name                           : CAS1\n{key}https://cas1.contoso.com/{path}.xml\n\
         this is the one with the problem\n"
    );
    let document = read(&text);
    let records = records(&document);
    let value = records[0].properties.get("AutoDiscoverServiceInternalUri");
    let value = format!("{:?}", value.expect("the property").value);
    assert!(value.starts_with("Unusable"), "{value}");
}
