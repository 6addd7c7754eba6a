use super::*;
use crate::model::server::Role;
use crate::model::zone::ZoneClass;
use crate::source::FileId;
use std::fmt::Write as _;

const EVERY_KEY: &str = r#"# an estate with every key
[exchange]
version = "8.3"
exports = ["exports/*.clixml", "exports/*.txt"]
reference_date = 2009-11-02
smtp_sources = ["198.51.100.0/24"]

[[firewall]]
name = "outer"
format = "cisco-asa"
config = "fw/outer.cfg"
software = "8.2"
routes = "fw/outer-show-route.txt"

[[zone]]
name = "internet"
class = "internet"
at = ["outer:outside"]
networks = ["0.0.0.0/0", "::/0"]

[[zone]]
name = "users"
class = "client"
at = ["inner:users"]
networks = ["10.2.0.0/16"]
uses = ["outlook-mapi", "owa", "smtp-submission"]

[[server]]
name = "edge1"
roles = ["edge"]
addresses = ["192.0.2.10"]
published = ["203.0.113.10"]
adam_ldap_port = 50389
adam_ssl_port = 50636
network_profile = "public"

[[server]]
name = "mbx1"
roles = ["mailbox"]
site = "Tokyo"
addresses = [
    "10.1.0.21",
    # the cluster's own address
    "10.1.0.30-10.1.0.31",
]
state = "active"

[[host]]
name = "tmg1"
roles = ["reverse-proxy"]
addresses = ["192.0.2.20"]
publishes = ["owa", "activesync", "outlook-anywhere"]
terminates_tls = true
preauth = "fba"
forwards_to = "cas1"
forward_port = 443

[rpc]
profile = "restricted"
range = "5000-5100"

[[path]]
from = "internet"
to = "users"
via = ["outer", "inner"]

[[encrypted_link]]
between = ["users", "dr-site"]
by = "ipsec"

[[allowed_flow]]
from = "edge1"
to = "dc1"
service = "udp/123"
reason = "NTP"
until = 2010-01-01
"#;

fn read(text: &str) -> (Inventory, Document, SourceFile) {
    let file = SourceFile::from_text(FileId(0), "exlint.toml", text);
    let mut document = parse(&file);
    let Some(Content::Inventory(inventory)) = document.content.pop() else {
        panic!("an inventory");
    };
    (*inventory, document, file)
}

/// Problems as `line:column level message (hint)`.
fn problems(text: &str) -> Vec<String> {
    let (_, document, file) = read(text);
    document
        .problems
        .iter()
        .map(|problem| {
            let at = file.position(problem.span.start);
            let level = problem.level.as_str();
            let mut text = format!("{}:{} {level} {}", at.line, at.column, problem.message);
            if let Some(hint) = &problem.hint {
                let _ = write!(text, " ({hint})");
            }
            text
        })
        .collect()
}

#[test]
fn every_key_is_read_with_its_place() {
    let (inventory, document, file) = read(EVERY_KEY);
    assert_eq!(document.problems, []);
    assert_eq!(document.ledger.totals().unrecognised, 0);

    let date = inventory.exchange.reference_date.expect("a date");
    assert_eq!(date.value, "2009-11-02");
    assert_eq!(file.slice(date.span), "2009-11-02");
    let version = inventory.exchange.version.expect("a version");
    assert_eq!((version.major, version.minor), (8, 3));
    assert_eq!(inventory.exchange.exports.len(), 2);
    assert_eq!(inventory.exchange.smtp_sources.len(), 1);

    let outer = inventory.firewalls.first().expect("a firewall");
    assert_eq!(file.slice(outer.span), "[[firewall]]");
    assert_eq!(
        outer.software.as_ref().map(|s| s.value.as_str()),
        Some("8.2")
    );

    let users = inventory.zones.get(1).expect("a zone");
    assert_eq!(users.class.map(|c| c.value), Some(ZoneClass::Client));
    assert_eq!(users.uses.len(), 3);
    assert_eq!(
        file.slice(users.at.first().expect("a place").span),
        "\"inner:users\""
    );

    let [edge, mailbox, proxy] = inventory.machines.as_slice() else {
        panic!("three machines");
    };
    assert!(edge.exchange && mailbox.exchange && !proxy.exchange);
    assert_eq!(edge.adam_ssl_port.map(|p| p.value), Some(50636));
    let profile = edge.network_profile.as_ref();
    assert_eq!(profile.map(|p| p.value.as_str()), Some("public"));
    assert_eq!(edge.published.len(), 1);
    assert_eq!(mailbox.addresses.len(), 2);
    assert_eq!(
        mailbox.state.as_ref().map(|s| s.value.as_str()),
        Some("active")
    );
    assert_eq!(
        proxy.roles.first().map(|r| r.value),
        Some(Role::ReverseProxy)
    );
    assert_eq!(proxy.terminates_tls.map(|t| t.value), Some(true));
    assert_eq!(proxy.forward_port.map(|p| p.value), Some(443));

    let rpc = inventory.rpc.expect("a profile");
    assert_eq!(
        rpc.range.map(|r| r.value.to_string()).as_deref(),
        Some("5000-5100")
    );
    assert_eq!(inventory.paths.first().map(|p| p.via.len()), Some(2));
    assert_eq!(
        inventory
            .encrypted_links
            .first()
            .map(|l| l.between[1].value.as_str()),
        Some("dr-site")
    );
    let flow = inventory.allowed_flows.first().expect("a flow");
    assert_eq!(
        flow.until.as_ref().map(|u| u.value.as_str()),
        Some("2010-01-01")
    );
}

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_name() {
    assert_eq!(
        problems("[[server]]\nname = \"edge1\"\nadresses = [\"192.0.2.10\"]\n"),
        ["3:1 error [[server]] has no key `adresses` (did you mean `addresses`?)"]
    );
    assert_eq!(
        problems("[[path]]\nfrom = \"a\"\nto = \"b\"\nvia = [\"f\"]\ncolour = \"red\"\n"),
        ["5:1 error [[path]] has no key `colour` ([[path]] knows from, to or via)"]
    );
}

#[test]
fn an_unknown_section_is_an_error_with_the_nearest_name() {
    assert_eq!(
        problems("[[servers]]\nname = \"edge1\"\n"),
        ["1:3 error exlint.toml has no section `servers` (did you mean `server`?)"]
    );
    let (_, document, _) = read("[[servers]]\nname = \"edge1\"\n");
    assert_eq!(document.ledger.totals().unrecognised, 2);
}

#[test]
fn unknown_roles_and_classes_name_the_right_word() {
    assert_eq!(
        problems("[[server]]\nname = \"a\"\nroles = [\"clientaccess\", \"mailbx\", \"queen\"]\n"),
        [
            "3:10 error `clientaccess` is not a role (did you mean `cas`?)",
            "3:26 error `mailbx` is not a role (did you mean `mailbox`?)",
            "3:36 error `queen` is not a role (write hub, edge, mailbox, cas, um, ad, dns, \
             legacy-mailbox, reverse-proxy, ip-gateway, backup or admin-workstation)",
        ]
    );
    assert_eq!(
        problems("[[zone]]\nname = \"a\"\nclass = \"dmz\"\n"),
        ["3:9 error `dmz` is not a class of zones (did you mean `perimeter`?)"]
    );
}

#[test]
fn wrong_types_are_errors_with_a_hint() {
    assert_eq!(
        problems("[exchange]\nversion = 8.3\n"),
        ["2:11 error `version` must be a text, not a fraction (put the value in quotes)"]
    );
    assert_eq!(
        problems("[[server]]\nname = \"a\"\naddresses = \"10.1.0.5\"\nadam_ssl_port = 70000\n"),
        [
            "3:13 error `addresses` must be a list of texts, not a text \
             (put the value in brackets: [\"…\"])",
            "4:17 error `adam_ssl_port` is not a port number (write a number from 1 to 65535)",
        ]
    );
    assert_eq!(
        problems("[zone]\nname = \"a\"\n"),
        ["1:2 error [zone] must be written [[zone]] \
          (there may be several, so the header has two brackets)"]
    );
}

#[test]
fn bad_dates_and_addresses_are_errors_at_their_place() {
    assert_eq!(
        problems("[exchange]\nreference_date = \"2009-02-30\"\n"),
        ["2:18 error `2009-02-30` is not a date (write the day as 2009-11-02 (year-month-day))"]
    );
    let unquoted = problems("[exchange]\nreference_date = 2009-02-30\n");
    assert!(
        unquoted.first().is_some_and(|p| p.contains("error")),
        "{unquoted:?}"
    );
    assert_eq!(
        problems("[[zone]]\nname = \"a\"\nnetworks = [\"10.1.0.0/24\", \"10.2.0.9/24\"]\n"),
        ["3:28 error `10.2.0.9/24` has bits set behind the prefix \
          (write 10.2.0.0/24 for the network, or 10.2.0.9 for the host)"]
    );
}

#[test]
fn a_bad_item_does_not_hide_the_good_ones() {
    let (inventory, _, _) =
        read("[[server]]\nname = \"a\"\naddresses = [\"10.1.0.300\", \"10.1.0.5\"]\n");
    assert_eq!(
        inventory.machines.first().map(|m| m.addresses.len()),
        Some(1)
    );
}

#[test]
fn missing_keys_are_errors() {
    assert_eq!(
        problems("[[server]]\nroles = [\"edge\"]\n"),
        ["1:1 error [[server]] lacks `name` (add name = … to this entry)"]
    );
    assert_eq!(
        problems("[[allowed_flow]]\nfrom = \"a\"\nto = \"b\"\nservice = \"tcp/25\"\n"),
        ["1:1 error [[allowed_flow]] lacks `reason` (add reason = … to this entry)"]
    );
}

#[test]
fn one_machine_has_one_entry_by_netbios_name_or_fqdn() {
    let two = |a: &str, b: &str| {
        problems(&format!(
            "[[server]]\nname = \"{a}\"\n[[host]]\nname = \"{b}\"\n"
        ))
        .len()
    };
    assert_eq!(two("edge1", "EDGE1.contoso.com"), 1);
    assert_eq!(two("edge1", "Edge1"), 1);
    assert_eq!(two("edge1.contoso.com", "edge1.fabrikam.com"), 0);
    assert_eq!(two("edge1", "edge10"), 0);
    assert_eq!(two("10.1.0.5", "10.1.0.6"), 0);
}

#[test]
fn rules_and_exceptions_are_read_with_their_places() {
    let text = "profile = \"strict\"\nignore = \"FH\"\n[rules]\nRC001 = \"off\"\n\
                CE001 = { severity = \"note\", days = 30 }\n\
                [[exception]]\nrule = [\"FU005\", \"FU006\"]\nobject = \"edge1\"\n\
                reason = \"lab\"\nuntil = 2027-03-31\n";
    let (inventory, document, _) = read(text);
    assert_eq!(document.problems, []);
    assert_eq!(document.ledger.totals().unrecognised, 0);
    let gate = &inventory.gate;
    assert_eq!(gate.profile.as_ref().map(|p| &*p.value), Some("strict"));
    assert_eq!(gate.rules.len(), 2);
    assert_eq!(gate.exceptions.len(), 1);
    assert_eq!(gate.exceptions[0].rules.len(), 2);
    assert_eq!(
        gate.exceptions[0].until.as_ref().map(|day| &*day.value),
        Some("2027-03-31")
    );
}

#[test]
fn an_exception_needs_a_rule_an_object_and_a_reason() {
    assert_eq!(
        problems("[[exception]]\n"),
        [
            "1:1 error [[exception]] lacks `rule` (add rule = … to this entry)",
            "1:1 error [[exception]] lacks `object` (add object = … to this entry)",
            "1:1 error [[exception]] lacks `reason` (add reason = … to this entry)",
        ]
    );
    assert_eq!(
        problems("fail_on = \"warnings\"\n[rules]\nFU005 = 3\n[[suppress]]\n").len(),
        3
    );
}

#[test]
fn broken_toml_is_an_error_and_the_rest_is_read() {
    let text = "[[server]]\nname = \"edge1\"\nroles = [\"edge\"\n\n[[server]]\nname = \"hub1\"\n";
    let (inventory, document, _) = read(text);
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.starts_with("not valid TOML"))
    );
    assert!(inventory.machines.iter().any(|m| m.name.value == "edge1"));
}

#[test]
fn deep_nesting_and_every_truncation_are_survived() {
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(!problems(&deep).is_empty());
    let keys = format!("{} = 1", vec!["a"; 20_000].join("."));
    let _ = problems(&keys);
    for end in 0..EVERY_KEY.len() {
        if let Some(text) = EVERY_KEY.get(..end) {
            let _ = read(text);
        }
    }
}

#[test]
fn an_inventory_is_recognised_by_content() {
    let detected = |text: &str| {
        let file = SourceFile::from_text(FileId(0), "notes.txt", text);
        detect(&file).map(|evidence| evidence.what)
    };
    assert_eq!(
        detected(EVERY_KEY).as_deref(),
        Some("`[exchange]` with `version`")
    );
    assert_eq!(
        detected("# ours\n[[zone]] # one\nname = \"a\"\n").as_deref(),
        Some("`[[zone]]`")
    );
    assert_eq!(
        detected("[package]\nname = \"exlint\"\nversion = \"1\"\n"),
        None
    );
    assert_eq!(detected("[exchange]\nserver = mail\n"), None);
    assert_eq!(detected(""), None);
}

#[test]
fn the_nearest_inventory_upwards_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("folders");
    assert_eq!(discover(&deep), None);
    std::fs::write(folder.path().join(FILE_NAME), "").expect("a file");
    assert_eq!(discover(&deep), Some(folder.path().join(FILE_NAME)));
    std::fs::write(folder.path().join("a").join(FILE_NAME), "").expect("a file");
    let export = deep.join("export.txt");
    assert_eq!(
        discover(&export),
        Some(folder.path().join("a").join(FILE_NAME))
    );
}
