//! The forms that Exchange exports have in the wild (`fixtures/forms`), read by
//! the binary. What is expected was written into the files by
//! `fixtures/tools/forms`, and is stated here by hand.

use std::collections::{BTreeMap, BTreeSet};

use assert_cmd::Command;
use serde_json::{Value, json};

/// Why a value is not known, as facts tell it.
const CUT: &str = "the export cut this value off";
const TYPE_NAME: &str =
    "the export shows the name of a .NET type instead of the value; export with Export-Clixml";
const AD_ONLY: &str =
    "the export was taken with -ADPropertiesOnly, which does not read this setting from IIS";
const BLACKED_OUT: &str = "the value was blacked out before the file reached exlint";
const DISAGREE: &str = "two exports disagree about this value";
const DER_ONLY: &str =
    "Export-Clixml holds only the certificate itself; run Get-ExchangeCertificate | fl";

/// What a command prints in JSON about one form.
fn run(command: &str, form: &str) -> Value {
    let mut exlint = Command::cargo_bin("exlint").expect("the binary is built");
    exlint.current_dir(env!("CARGO_MANIFEST_DIR")).arg(command);
    if command != "facts" {
        exlint.args(["--format", "json"]);
    }
    let output = exlint
        .arg(format!("fixtures/forms/{form}"))
        .output()
        .expect("the binary runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        panic!("{form}: {error}\n{complaint}")
    })
}

/// Objects by cmdlet and identity.
struct Facts(Value);

impl Facts {
    fn of(form: &str) -> Self {
        Self(run("facts", form))
    }

    fn objects(&self, cmdlet: &str) -> &[Value] {
        let objects = self.0.pointer("/objects").and_then(|all| all.get(cmdlet));
        objects.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn object(&self, cmdlet: &str, identity: &str) -> &Value {
        let mut found = self.objects(cmdlet).iter();
        let found = found.find(|object| object["identity"] == identity);
        found.unwrap_or_else(|| panic!("no {cmdlet} {identity}: {:#}", self.0["objects"]))
    }

    /// Asserts values of an object's properties.
    fn has(&self, cmdlet: &str, identity: &str, properties: &[(&str, Value)]) {
        let object = self.object(cmdlet, identity);
        for (name, value) in properties {
            assert_eq!(&object["properties"][name], value, "{identity} {name}");
        }
    }

    /// Asserts that properties are not known, and why; `why` of them all is the same.
    fn unknown(&self, cmdlet: &str, identity: &str, names: &[&str], why: &str) {
        let object = self.object(cmdlet, identity);
        for name in names {
            assert_eq!(object["unknown"][name], why, "{identity} {name}");
            let known = object["properties"].get(name);
            assert!(known.is_none(), "{identity} {name} is {known:?}");
        }
    }

    /// How often a cmdlet ran, and how many objects came of it.
    fn runs(&self, cmdlet: &str) -> Vec<u64> {
        let runs = self.0["runs"].as_array().expect("a list");
        let of = runs.iter().filter(|run| run["cmdlet"] == cmdlet);
        of.map(|run| run["count"].as_u64().expect("a number"))
            .collect()
    }

    fn server(&self, name: &str) -> &Value {
        let servers = self.0["servers"].as_array().expect("a list");
        let found = servers.iter().find(|server| server["name"] == name);
        found.unwrap_or_else(|| panic!("no server {name}: {servers:#?}"))
    }
}

/// Numbers of objects by cmdlet.
fn counts(facts: &Facts) -> BTreeMap<String, usize> {
    let objects = facts.0["objects"].as_object().expect("an object");
    objects
        .iter()
        .map(|(cmdlet, objects)| (cmdlet.clone(), objects.as_array().map_or(0, Vec::len)))
        .collect()
}

#[test]
fn console_output_of_80_columns_is_put_together_again() {
    let facts = Facts::of("console-80-columns");
    let expected = [
        ("Get-ExchangeServer", 4),
        ("Get-ReceiveConnector", 4),
        ("Get-SendConnector", 3),
        ("Get-AcceptedDomain", 2),
        ("Get-StorageGroup", 2),
        ("Get-TransportServer", 2),
        ("Get-ExchangeCertificate", 3),
        ("Get-OwaVirtualDirectory", 1),
        ("Get-UMDialPlan", 1),
    ];
    let found = counts(&facts);
    for (cmdlet, count) in expected {
        assert_eq!(found.get(cmdlet), Some(&count), "{cmdlet}");
    }
    // `… BasicAuthR` / `equireTLS, …`: cut in mid-word at column 79.
    facts.has(
        "Get-ReceiveConnector",
        r"NWHUB01\Default NWHUB01",
        &[(
            "AuthMechanism",
            json!([
                "Tls",
                "Integrated",
                "BasicAuth",
                "BasicAuthRequireTLS",
                "ExchangeServer"
            ]),
        )],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"NWHUB01\Application relay",
        &[
            ("AuthMechanism", json!(["Tls", "ExternalAuthoritative"])),
            ("Bindings", json!(["10.8.1.21:25"])),
            (
                "RemoteIPRanges",
                json!(["10.8.4.17", "10.8.4.18", "10.8.5.0/28"]),
            ),
            (
                "Comment",
                json!("Line-of-business applications; owner: operations, ext. 4417"),
            ),
        ],
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        r"NWHUB01\owa (Default Web Site)",
        &[
            (
                "MetabasePath",
                json!("IIS://NWHUB01.northwind.example/W3SVC/1/ROOT/owa"),
            ),
            (
                "WebReadyMimeTypes",
                json!([
                    "application/vnd.ms-powerpoint",
                    "application/x-mspowerpoint",
                    "application/vnd.ms-excel",
                    "application/x-msexcel",
                    "application/msword",
                    "application/pdf"
                ]),
            ),
        ],
    );
    facts.has(
        "Get-SendConnector",
        "Woodgrove Bank",
        &[(
            "SmartHosts",
            json!(["[198.51.100.25]", "mx2.woodgrove.example"]),
        )],
    );
    // The shell shows 16 entries of a list; the 17th was never written.
    facts.unknown(
        "Get-OwaVirtualDirectory",
        r"NWHUB01\owa (Default Web Site)",
        &["AllowedFileTypes", "BlockedFileTypes", "ForceSaveFileTypes"],
        CUT,
    );
    assert_eq!(
        facts.server("nwhub01")["roles"],
        json!(["cas", "hub"]),
        "two roles"
    );
}

/// A time without the mark of the zone, which text never has.
fn without_zone(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.len() == 20 && text.ends_with('Z') => json!(&text[..19]),
        _ => value.clone(),
    }
}

/// Known and unknown properties of all objects but certificates, by cmdlet and
/// identity; times without a zone.
fn comparable(facts: &Facts) -> BTreeMap<(String, String), (Value, Value)> {
    let mut all = BTreeMap::new();
    for (cmdlet, objects) in facts.0["objects"].as_object().expect("an object") {
        if cmdlet == "Get-ExchangeCertificate" {
            continue;
        }
        for object in objects.as_array().expect("a list") {
            let properties = object["properties"].as_object().expect("an object");
            let properties = properties
                .iter()
                .map(|(name, value)| (name.clone(), without_zone(value)))
                .collect();
            let identity = object["identity"].as_str().expect("a name").to_owned();
            let value = (Value::Object(properties), object["unknown"].clone());
            let before = all.insert((cmdlet.clone(), identity), value);
            assert!(before.is_none(), "{cmdlet}: each object once");
        }
    }
    all
}

#[test]
fn clixml_and_console_output_of_one_organisation_give_the_same_facts() {
    let console = comparable(&Facts::of("console-80-columns"));
    let mut clixml = comparable(&Facts::of("clixml"));
    assert_eq!(console.len(), 37);
    // What the console cut off, CLIXML holds.
    let owa = (
        "Get-OwaVirtualDirectory".to_owned(),
        r"NWHUB01\owa (Default Web Site)".to_owned(),
    );
    let (properties, unknown) = clixml.get_mut(&owa).expect("it is there");
    for (name, count) in [
        ("AllowedFileTypes", 20),
        ("BlockedFileTypes", 18),
        ("ForceSaveFileTypes", 20),
    ] {
        let whole = properties.as_object_mut().and_then(|all| all.remove(name));
        let whole = whole.unwrap_or_default();
        assert_eq!(whole.as_array().map(Vec::len), Some(count), "{name}");
        unknown[name] = json!(CUT);
    }
    for (key, expected) in &console {
        assert_eq!(clixml.get(key), Some(expected), "{key:?}");
    }
    assert_eq!(console.len(), clixml.len());
}

#[test]
fn a_certificate_in_clixml_says_what_its_bytes_say() {
    let console = Facts::of("console-80-columns");
    let clixml = Facts::of("clixml");
    for object in clixml.objects("Get-ExchangeCertificate") {
        let identity = object["identity"].as_str().expect("a name");
        let printed = console.object("Get-ExchangeCertificate", identity);
        for name in [
            "Subject",
            "Issuer",
            "Thumbprint",
            "SerialNumber",
            "CertificateDomains",
            "IsSelfSigned",
            "PublicKeySize",
            "NotBefore",
            "NotAfter",
        ] {
            assert_eq!(
                without_zone(&object["properties"][name]),
                printed["properties"][name],
                "{identity} {name}"
            );
        }
        assert_eq!(object["unknown"]["Services"], DER_ONLY);
        assert!(object["properties"].get("Status").is_none());
    }
    assert_eq!(clixml.objects("Get-ExchangeCertificate").len(), 3);
}

#[test]
fn a_command_without_result_is_no_command_that_did_not_run() {
    for form in ["console-80-columns", "clixml"] {
        let facts = Facts::of(form);
        assert_eq!(facts.runs("Get-ForeignConnector"), [0], "{form}");
        assert!(facts.runs("Get-RpcClientAccess").is_empty(), "{form}");
    }
}

#[test]
fn type_names_in_csv_cells_are_no_values() {
    let facts = Facts::of("csv-type-names");
    for connector in [r"LWEX1\Default LWEX1", r"LWEX1\Client LWEX1", r"LWEX1\???"] {
        facts.unknown(
            "Get-ReceiveConnector",
            connector,
            &["Bindings", "RemoteIPRanges"],
            TYPE_NAME,
        );
    }
    // Flags survive, and `None` is an empty set.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Client LWEX1",
        &[(
            "AuthMechanism",
            json!(["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS"]),
        )],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\???",
        &[
            ("AuthMechanism", json!([])),
            ("PermissionGroups", json!(["AnonymousUsers"])),
        ],
    );
    facts.unknown(
        "Get-OwaVirtualDirectory",
        r"LWEX1\owa (Default Web Site)",
        &[
            "InternalAuthenticationMethods",
            "ExternalAuthenticationMethods",
        ],
        TYPE_NAME,
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        r"LWEX1\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("ExternalUrl", json!("https://webmail.litware.example/owa")),
        ],
    );
    assert_eq!(facts.objects("Get-ExchangeServer").len(), 2);
    assert_eq!(facts.server("lwold")["roles"], json!(["legacy-mailbox"]));
    assert_eq!(facts.server("lwold")["version"]["major"], 6);
}

#[test]
fn json_that_was_cut_tells_what_is_left_and_nothing_else() {
    let facts = Facts::of("json-depth-cut");
    // Numbers of flags: 31 and 5.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Default LWEX1",
        &[
            (
                "AuthMechanism",
                json!([
                    "Tls",
                    "Integrated",
                    "BasicAuth",
                    "BasicAuthRequireTLS",
                    "ExchangeServer"
                ]),
            ),
            (
                "PermissionGroups",
                json!(["ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers"]),
            ),
            ("Bindings", json!(["0.0.0.0:25"])),
            ("ProtocolLoggingLevel", json!("None")),
            ("WhenCreated", json!("2008-03-03T09:15:00Z")),
            ("ObjectClass", json!(["top", "msExchSmtpReceiveConnector"])),
        ],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Client LWEX1",
        &[("AuthMechanism", json!(["Tls", "BasicAuth"]))],
    );
    // Addresses hold no blanks, so a list of them survives being joined.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX2\Default LWEX2",
        &[
            ("Bindings", json!(["0.0.0.0:25", "[::]:25"])),
            (
                "RemoteIPRanges",
                json!(["0.0.0.0-255.255.255.255", "192.0.2.7"]),
            ),
        ],
    );
    facts.unknown(
        "Get-ReceiveConnector",
        r"LWEX2\Default LWEX2",
        &["ObjectClass"],
        "the export joined a list with blanks; export with Export-Clixml or a greater -Depth",
    );
}

#[test]
fn a_forum_page_with_blank_lines_everywhere_is_read() {
    let facts = Facts::of("forum-paste");
    // Pasted twice, and one object.
    assert_eq!(facts.objects("Get-OwaVirtualDirectory").len(), 1);
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.has(
        "Get-OwaVirtualDirectory",
        r"AEX1\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("FormsAuthentication", json!(false)),
            ("InternalAuthenticationMethods", json!(["Basic"])),
            ("ExternalUrl", json!("https://mail.adatum.example/owa")),
        ],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"AEX1\From the Internet",
        &[
            ("AuthMechanism", json!(["Tls", "BasicAuth"])),
            (
                "RemoteIPRanges",
                json!(["0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255"]),
            ),
            ("RequireTLS", json!(false)),
        ],
    );
    // Not selected, so neither true nor false.
    let connector = facts.object("Get-ReceiveConnector", r"AEX1\Default AEX1");
    assert!(connector["properties"].get("DomainSecureEnabled").is_none());
    assert!(connector["unknown"].get("DomainSecureEnabled").is_none());
    assert_eq!(facts.0["contradictions"], json!([]));
}

#[test]
fn a_japanese_console_is_read_in_its_code_page() {
    let facts = Facts::of("japanese-windows");
    // Lines of one ideographic space stand between two objects.
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.has(
        "Get-ReceiveConnector",
        r"WTHUB1\Default WTHUB1",
        &[("Comment", json!("既定の受信コネクタ"))],
    );
    // A warning is no object.
    assert!(facts.objects("Get-OwaVirtualDirectory").is_empty());
    let firewalls = facts.0["firewalls"].as_array().expect("a list");
    assert_eq!(firewalls.len(), 1);
    assert_eq!(firewalls[0]["name"], "wthub1");
    assert_every_line_is_understood("japanese-windows", "WTHUB1_advfirewall.txt");
}

#[test]
fn what_was_exported_from_the_directory_alone_is_no_fact_about_iis() {
    let facts = Facts::of("ad-properties-only");
    let owa = r"PWEX1\owa (Default Web Site)";
    facts.unknown(
        "Get-OwaVirtualDirectory",
        owa,
        &[
            "BasicAuthentication",
            "FormsAuthentication",
            "WindowsAuthentication",
            "DigestAuthentication",
        ],
        AD_ONLY,
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        owa,
        &[
            ("InternalAuthenticationMethods", json!(["Basic", "Fba"])),
            ("ExternalUrl", json!("https://mail.proseware.example/owa")),
        ],
    );
    facts.unknown(
        "Get-WebServicesVirtualDirectory",
        r"PWEX1\EWS (Default Web Site)",
        &["BasicAuthentication", "WindowsAuthentication"],
        AD_ONLY,
    );
}

#[test]
fn a_list_that_ends_in_dots_is_not_known() {
    let facts = Facts::of("truncated-lists");
    facts.unknown(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &["RemoteIPRanges"],
        CUT,
    );
    // Four entries are what a list may have.
    facts.has(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &[(
            "Bindings",
            json!([
                "10.4.1.11:25",
                "10.4.1.12:25",
                "10.4.1.13:25",
                "10.4.1.14:25"
            ]),
        )],
    );
    let certificates = facts.objects("Get-ExchangeCertificate");
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0]["unknown"]["CertificateDomains"], CUT);
    // Cells of a table.
    assert_eq!(facts.objects("Get-SendConnector").len(), 2);
    facts.has(
        "Get-SendConnector",
        "To the Internet",
        &[("AddressSpaces", json!(["SMTP:*;1"]))],
    );
    facts.unknown(
        "Get-SendConnector",
        "(unnamed)",
        &["Name", "AddressSpaces"],
        CUT,
    );
}

/// Asserts that coverage has nothing that exlint did not understand in a file.
fn assert_every_line_is_understood(form: &str, name: &str) {
    let coverage = run("coverage", form);
    let files = coverage["files"].as_array().expect("a list");
    let file = files.iter().find(|file| {
        file["file"]
            .as_str()
            .is_some_and(|path| path.ends_with(name))
    });
    let file = file.unwrap_or_else(|| panic!("{name} is no file of {form}"));
    assert!(!file["format"].is_null(), "{name} is recognised");
    assert_eq!(file["lines"]["unrecognised"], 0, "{file:#}");
}

#[test]
fn a_file_of_two_encodings_is_decoded_part_by_part() {
    assert_every_line_is_understood(
        "mixed-encodings",
        "WTMBX1_Firewall_netsh_advfirewall-firewall-rules.TXT",
    );
}

#[test]
fn exchange_2003_servers_stand_beside_those_of_2007() {
    let facts = Facts::of("exchange-2003-coexistence");
    assert_eq!(facts.objects("Get-ExchangeServer").len(), 4);
    for name in ["hiold1", "hiold2"] {
        let server = facts.server(name);
        assert_eq!(server["roles"], json!(["legacy-mailbox"]), "{name}");
        assert_eq!(server["version"]["major"], 6, "{name}");
        assert!(server.get("site").is_none(), "{name} has no site");
    }
    facts.has(
        "Get-OrganizationConfig",
        "Humongous",
        &[("IsMixedMode", json!(true))],
    );
    facts.has(
        "Get-RoutingGroupConnector",
        "Interop RGC back",
        &[
            ("TargetTransportServers", json!(["HIOLD1", "HIOLD2"])),
            ("SourceTransportServers", json!(["HIHUB1"])),
        ],
    );
    let directories: BTreeSet<(String, String)> = facts
        .objects("Get-OwaVirtualDirectory")
        .iter()
        .map(|object| {
            let text = |name: &str| {
                let value = object["properties"][name].as_str();
                value.unwrap_or_default().to_owned()
            };
            (text("OwaVersion"), text("VirtualDirectoryType"))
        })
        .collect();
    let expected = [
        ("Exchange2003or2000", "Exchweb"),
        ("Exchange2003or2000", "Mailboxes"),
        ("Exchange2003or2000", "PublicFolders"),
        ("Exchange2007", "NotSpecified"),
    ];
    let expected = expected.map(|(version, kind)| (version.to_owned(), kind.to_owned()));
    assert_eq!(directories, BTreeSet::from(expected));
    // What IIS 6 of the old server says of /Exchange and of ActiveSync.
    let applications = facts.objects("Get-WebApplication");
    let of = |path: &str| {
        let mut found = applications.iter();
        let found = found.find(|object| object["properties"]["Path"] == path);
        &found.unwrap_or_else(|| panic!("no {path}"))["properties"]
    };
    assert_eq!(of("/Exchange")["WindowsAuthentication"], true);
    assert_eq!(of("/Exchange")["BasicAuthentication"], true);
    assert_eq!(
        of("/Microsoft-Server-ActiveSync")["WindowsAuthentication"],
        false
    );
}

#[test]
fn objects_of_a_cluster_belong_to_its_clustered_mailbox_server() {
    let facts = Facts::of("clustered-mailbox-server");
    for (cmdlet, count) in [
        ("Get-MailboxServer", 1),
        ("Get-ClusteredMailboxServerStatus", 1),
        ("Get-StorageGroup", 2),
        ("Get-StorageGroupCopyStatus", 2),
    ] {
        let objects = facts.objects(cmdlet);
        assert_eq!(objects.len(), count, "{cmdlet}");
        for object in objects {
            assert_eq!(object["server"], "asmbx1", "{cmdlet}");
        }
    }
    let server = facts.server("asmbx1");
    assert_eq!(server["roles"], json!(["mailbox"]));
    assert_eq!(server["cluster"], true);
    facts.has(
        "Get-MailboxServer",
        "ASMBX1",
        &[
            ("ClusteredStorageType", json!("NonShared")),
            ("RedundantMachines", json!(["ASNODE1", "ASNODE2"])),
            ("MAPIEncryptionRequired", json!(false)),
        ],
    );
    facts.has(
        "Get-StorageGroupCopyStatus",
        r"ASMBX1\SG2",
        &[
            ("SummaryCopyStatus", json!("Failed")),
            ("CCRTargetNode", json!("ASNODE2")),
        ],
    );
    assert_eq!(facts.runs("Get-PublicFolderDatabase"), [0]);
}

#[test]
fn a_blacked_out_value_is_no_value_and_a_blacked_out_name_no_server() {
    let facts = Facts::of("redacted");
    facts.has(
        "Get-OwaVirtualDirectory",
        r"_____\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("WindowsAuthentication", json!(false)),
        ],
    );
    facts.unknown(
        "Get-ReceiveConnector",
        r"XXXXXX\Default XXXXXX",
        &["Bindings", "RemoteIPRanges", "Fqdn", "Server"],
        BLACKED_OUT,
    );
    assert_eq!(facts.0["servers"], json!([]));
}

#[test]
fn script_in_a_url_is_text_and_its_scheme_is_what_counts() {
    let facts = Facts::of("script-in-url");
    let script = r#"http://f/<script language="JScript" runat="server">function Page_Load(){/* removed */}</script>"#;
    facts.has(
        "Get-OabVirtualDirectory",
        r"AEX1\OAB (Default Web Site)",
        &[("ExternalUrl", json!(script))],
    );
    // It is http, and that is what there is to say.
    let report = run("check", "script-in-url");
    let findings = report["findings"].as_array().expect("a list");
    let rules: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding["rule"]["id"].as_str())
        .filter(|rule| *rule == "CA003")
        .collect();
    assert_eq!(rules, ["CA003"]);
}

#[test]
fn the_same_object_with_other_values_is_a_contradiction() {
    let facts = Facts::of("conflicting-exports");
    // Five listings, three of them the same.
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.unknown(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &["RemoteIPRanges"],
        DISAGREE,
    );
    facts.has(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &[("AuthMechanism", json!(["Tls"]))],
    );
    facts.unknown("Get-ExchangeServer", "PWEX1", &["Site"], DISAGREE);
    let contradictions = facts.0["contradictions"].as_array().expect("a list");
    let said: BTreeSet<(&str, &str)> = contradictions
        .iter()
        .filter_map(|one| Some((one["subject"].as_str()?, one["property"].as_str()?)))
        .collect();
    assert_eq!(
        said,
        BTreeSet::from([(r"PWEX1\Relay", "RemoteIPRanges"), ("pwex1", "site")])
    );
    for one in contradictions {
        assert_eq!(one["values"].as_array().map(Vec::len), Some(2), "{one}");
    }
}

#[test]
fn front_and_back_end_directories_are_two_objects() {
    let facts = Facts::of("front-and-back-end");
    let front = r"RCEX1\owa (Default Web Site)";
    let back = r"RCEX1\owa (Exchange Back End)";
    facts.has(
        "Get-OwaVirtualDirectory",
        front,
        &[
            ("FormsAuthentication", json!(true)),
            ("ExternalUrl", json!("https://mail.relecloud.example/owa")),
        ],
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        back,
        &[
            ("FormsAuthentication", json!(false)),
            ("WindowsAuthentication", json!(true)),
            ("ExternalUrl", json!(null)),
            (
                "InternalUrl",
                json!("https://RCEX1.relecloud.example:444/owa"),
            ),
        ],
    );
    assert_eq!(facts.objects("Get-WebServicesVirtualDirectory").len(), 2);
    assert_eq!(facts.objects("Get-OabVirtualDirectory").len(), 2);
    facts.has(
        "Get-OutlookAnywhere",
        r"RCEX1\Rpc (Default Web Site)",
        &[
            ("SSLOffloading", json!(true)),
            ("ExternalClientsRequireSsl", json!(true)),
            ("InternalClientsRequireSsl", json!(false)),
            (
                "IISAuthenticationMethods",
                json!(["Basic", "Ntlm", "Negotiate"]),
            ),
        ],
    );
    assert_eq!(facts.server("rcex1")["version"]["major"], 15);
    // IIS: /EWS has no setting of its own and takes that of the site; /Rpc has `None`.
    let expected = [
        ("Default Web Site", "/EWS", true),
        ("Default Web Site", "/Rpc", false),
        ("Exchange Back End", "/owa", true),
    ];
    for (site, path, required) in expected {
        let found = facts.objects("Get-WebApplication").iter().find(|object| {
            object["properties"]["Site"] == site && object["properties"]["Path"] == path
        });
        let found = found.unwrap_or_else(|| panic!("no {site}{path}"));
        assert_eq!(found["properties"]["RequireSSL"], required, "{site}{path}");
    }
}
