//! `exlint paths`: states, filters, and the story of a row.

use serde_json::Value;

use crate::estate::Estate;

/// A firewall between users and a Client Access server that opens POP3 and
/// Outlook Web Access.
const FIREWALL: &str = "\
: Saved
ASA Version 8.4(2)
!
hostname inner
names
!
interface Ethernet0/0
 nameif users
 security-level 50
 ip address 10.2.0.1 255.255.0.0
!
interface Ethernet0/1
 nameif servers
 security-level 100
 ip address 10.1.0.1 255.255.255.0
!
access-list users_in extended permit tcp 10.2.0.0 255.255.0.0 host 10.1.0.21 eq 110
access-list users_in extended permit tcp 10.2.0.0 255.255.0.0 host 10.1.0.21 eq 443
access-list users_in extended deny ip any any log
access-group users_in in interface users
: end
";

const INVENTORY: &str = "\
[exchange]
reference_date = 2009-11-02

[[firewall]]
name = \"inner\"
config = \"inner.cfg\"

[[zone]]
name = \"users\"
class = \"client\"
at = [\"inner:users\"]
networks = [\"10.2.0.0/16\"]

[[zone]]
name = \"servers\"
class = \"internal\"
at = [\"inner:servers\"]
networks = [\"10.1.0.0/24\"]

[[server]]
name = \"cas1\"
roles = [\"cas\"]
site = \"Tokyo\"
addresses = [\"10.1.0.21\"]
";

fn estate(login: Option<&str>) -> Estate {
    let estate = Estate::empty()
        .with("inner.cfg", FIREWALL)
        .with("exlint.toml", INVENTORY);
    let Some(login) = login else { return estate };
    let settings = format!(
        "[PS] C:\\>Get-PopSettings | fl *\n\n\
         ProtocolName             : POP3\n\
         Name                     : 1\n\
         UnencryptedOrTLSBindings : {{0.0.0.0:110}}\n\
         SSLBindings              : {{0.0.0.0:995}}\n\
         LoginType                : {login}\n\
         X509CertificateName      : cas1.contoso.com\n\
         ProxyTargetPort          : 110\n\
         Server                   : CAS1\n\
         Identity                 : CAS1\\1\n\
         IsValid                  : True\n\n"
    );
    estate.with("pop.txt", settings)
}

fn report(estate: &Estate, more: &[&str]) -> Value {
    let mut args = vec!["paths", "--format", "json"];
    args.extend(more);
    args.push(".");
    serde_json::from_str(&estate.run(&args).out).expect("JSON")
}

/// The row of POP3, and its only place.
fn pop3(login: Option<&str>) -> (Value, Value) {
    let report = report(&estate(login), &["--row", "pop3"]);
    let row = report["paths"][0].clone();
    let place = row["places"][0].clone();
    (row, place)
}

#[test]
fn pop3_is_as_safe_as_its_log_on() {
    for (login, state, encryption) in [
        ("PlainTextLogin", "unsafe", "clear-passwords"),
        ("SecureLogin", "safe", "required"),
    ] {
        let (row, place) = pop3(Some(login));
        assert_eq!(row["state"], state, "{login}: {row}");
        assert_eq!(place["configured"]["encryption"], encryption, "{login}");
    }
}

#[test]
fn pop3_without_its_settings_is_undecided_and_says_what_would_tell() {
    let (row, place) = pop3(None);
    assert_eq!(row["state"], "undecided", "{row}");
    let settle = place["settle"].to_string();
    assert!(settle.contains("Get-PopSettings"), "{settle}");
}

#[test]
fn a_service_and_a_server_leave_the_places_that_have_them() {
    let estate = estate(Some("SecureLogin"));
    let of = |args: &[&str]| {
        let report = report(&estate, args);
        let rows = report["paths"].as_array().expect("rows").clone();
        let services: Vec<String> = rows
            .iter()
            .flat_map(|row| row["places"].as_array().expect("places"))
            .flat_map(|place| place["services"].as_array().expect("services"))
            .map(|service| service["service"].as_str().expect("text").to_owned())
            .collect();
        (rows.len(), services)
    };
    assert_eq!(
        of(&["--service", "110/tcp", "--server", "CAS1"]),
        (1, vec!["tcp/110".to_owned()])
    );
    let (rows, services) = of(&["--service", "tcp/443"]);
    assert!(rows > 1 && services.iter().all(|service| service == "tcp/443"));
}

#[test]
fn an_unknown_server_or_service_is_refused_with_a_hint() {
    let estate = estate(None);
    let server = estate.run(&["paths", "--server", "cas11", "."]);
    assert_eq!(server.code, 2, "{server:?}");
    assert!(server.err.contains("did you mean `cas1`?"), "{server:?}");
    let service = estate.run(&["paths", "--service", "pop3", "."]);
    assert_eq!(service.code, 2, "{service:?}");
    assert!(service.err.contains("tcp/135"), "{service:?}");
}

#[test]
fn the_story_of_a_row_tells_what_the_source_says_and_what_is_here() {
    let story = estate(Some("PlainTextLogin")).run(&["paths", "--row", "client-access/4", "."]);
    insta::assert_snapshot!("path_story", story.shown());
}

#[test]
fn a_summary_is_one_page() {
    let page = Estate::small().run(&["check", "--summary", "exports"]);
    assert!(page.out.lines().count() <= 66, "{}", page.out);
    insta::assert_snapshot!("check_summary", page.shown());
}
