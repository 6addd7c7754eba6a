//! No secret and nothing that a terminal obeys gets into any output.

use crate::estate::{Estate, FIREWALL, INVENTORY};

/// Every output of every command on an estate, both channels.
fn everything(estate: &Estate) -> String {
    let mut all = String::new();
    for args in [
        &["-v", "exports"][..],
        &["-v", "--lang", "ja", "exports"],
        &["--format", "json", "exports"],
        &["-v", "coverage", "exports"],
        &["coverage", "--format", "json", "exports"],
        &["-v", "paths", "exports"],
        &["paths", "--format", "json", "exports"],
        &["facts", "exports"],
    ] {
        let outcome = estate.run(args);
        assert!((0..=3).contains(&outcome.code), "{args:?}: {outcome:?}");
        all.push_str(&outcome.out);
        all.push_str(&outcome.err);
    }
    all
}

/// Lines with secrets in the syntax of their systems; each secret holds
/// `Zaphod`.
const SECRETS: &[&str] = &[
    "enable password Zaphod1 encrypted",
    "passwd Zaphod2 encrypted",
    "username admin password Zaphod3 encrypted privilege 15",
    "snmp-server community Zaphod4",
    "snmp-server host inside 10.1.0.99 community Zaphod5 version 2c",
    "aaa-server RADIUS (inside) host 10.1.0.5 Zaphod6 timeout 10",
    " key Zaphod7",
    "tunnel-group 203.0.113.1 ipsec-attributes",
    " pre-shared-key Zaphod8",
    " ikev1 pre-shared-key Zaphod9",
    "isakmp key ZaphodA address 203.0.113.1 netmask 255.255.255.255",
    "failover key ZaphodB",
    "ntp authentication-key 1 md5 ZaphodC",
    "vpdn username pppoe password ZaphodD store-local",
    "  ospf message-digest-key 1 md5 ZaphodE",
    "ldap-login-password ZaphodF",
    "boot config ftp://admin:ZaphodG@10.1.0.9/asa.cfg",
    "frobnicate password ZaphodH",
];

#[test]
fn no_secret_of_a_firewall_is_printed_wherever_it_stands() {
    let mut firewall = FIREWALL.replace("Zaphod-Community", "ZaphodX");
    // Beside lines that findings show, and where nothing is modelled.
    for secret in SECRETS {
        firewall = firewall.replace(
            "access-list inside_in extended deny",
            &format!("{secret}\naccess-list inside_in extended deny"),
        );
    }
    let estate = Estate::small().with("exports/inner.cfg", firewall);
    let all = everything(&estate);
    let leak = all.lines().find(|line| line.contains("Zaphod"));
    assert_eq!(leak, None);
    assert!(all.contains("FU005"));
}

#[test]
fn no_credential_of_exchange_is_printed() {
    let connector = "\
[PS] C:\\>Get-SendConnector | fl *

AuthenticationCredential  : Zaphod1
Password                  : Zaphod2
SmartHostAuthMechanism    : BasicAuth
Name                      : To Internet
Identity                  : To Internet

";
    let clixml = "\
<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">
  <Obj RefId=\"0\">
    <TN RefId=\"0\">
      <T>Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig</T>
      <T>System.Object</T>
    </TN>
    <ToString>To Internet</ToString>
    <Props>
      <Obj N=\"AuthenticationCredential\" RefId=\"1\">
        <Props><S N=\"UserName\">relay</S><SS N=\"Password\">Zaphod3</SS></Props>
      </Obj>
      <S N=\"Identity\">To Internet</S>
      <S N=\"SharedSecret\">Zaphod4</S>
    </Props>
  </Obj>
</Objs>
";
    let estate = Estate::small()
        .with("exports/send.txt", connector)
        .with("exports/send.xml", clixml);
    let leak = everything(&estate);
    let leak = leak.lines().find(|line| line.contains("Zaphod"));
    assert_eq!(leak, None);
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}evil\u{200b}\u{9b}31m";
    let firewall = FIREWALL
        .replace("hostname inner", &format!("hostname inner{evil}"))
        .replace("EXCH-HUBS", &format!("EXCH{evil}HUBS"));
    let estate = Estate::small()
        .with("exports/inner.cfg", firewall)
        .with(
            "exports/exlint.toml",
            INVENTORY.replace("Tokyo", "To\\u001b[31mkyo"),
        )
        .with("exports/odd\u{1b}[31m name.txt", "x\n");
    let all = everything(&estate);
    let bad = all.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(bad, None);
}

#[test]
fn a_very_long_line_is_cut_not_printed_whole() {
    let list: String = (0..20_000)
        .map(|n| format!(" port-object eq {n}"))
        .collect();
    let firewall = FIREWALL.replace(
        "access-list inside_in extended deny",
        &format!("!{list}\naccess-list inside_in extended deny"),
    );
    let estate = Estate::small().with("exports/inner.cfg", firewall);
    let outcome = estate.run(&["exports"]);
    assert_eq!(outcome.code, 1);
    let longest = outcome.out.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(300), "{longest:?}");
}

/// Secrets in known places of all formats, each with the same mark.
#[test]
fn no_marked_secret_leaves_by_any_command_format_or_language() {
    let firewall = format!(
        "{FIREWALL}\nkey config-key password-encryption MARKED01\n\
         username joe password MARKED02 encrypted\ntacacs-server host 10.1.1.1 key MARKED03\n\
         copy ftp://joe:MARKED04@10.1.1.1/x flash:\nfoo http://MARKED05@host/\n"
    );
    let directories = "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\n\
         Name        : owa (Default Web Site)\nServer      : CAS1\n\
         InternalUrl : https://cas1.contoso.com/owa?sig=MARKED06\n\
         ExternalUrl : http://joe:MARKED07@mail.contoso.com/owa?token=MARKED08&password=MARKED09&a=1\n\
         Identity    : CAS1\\owa (Default Web Site)\n\n";
    let estate = Estate::empty()
        .with("exlint.toml", INVENTORY)
        .with("inner.cfg", firewall)
        .with("owa.txt", directories);
    for language in ["en", "ja"] {
        for command in [
            &["check"][..],
            &["check", "-v"],
            &["check", "--format", "json"],
            &["facts"],
            &["coverage", "-v"],
            &["coverage", "--format", "json"],
            &["paths", "-v"],
            &["paths", "--format", "json"],
        ] {
            let args = [command, &["--lang", language, "."]].concat();
            let outcome = estate.run(&args);
            assert!(!outcome.out.is_empty(), "{args:?}: {outcome:?}");
            for output in [&outcome.out, &outcome.err] {
                let leak = output.lines().find(|line| line.contains("MARKED"));
                assert_eq!(leak, None, "{args:?}");
            }
        }
    }
}

/// Forms of Exchange exports in which the line around a secret does not tell
/// that it is one; each stands in the row that a finding shows.
const EXPORTS: &[(&str, &str)] = &[
    (
        "HUB1_ReceiveConnector.csv",
        "Identity,AuthMechanism,PermissionGroups,Bindings,Enabled,RelayPassword\n\
         HUB1\\Csv,BasicAuth,ExchangeUsers,0.0.0.0:25,True,Zaphod-csv\n",
    ),
    (
        "HUB1_ReceiveConnector.json",
        "[{\"Identity\":\"HUB1\\\\Json\",\"AuthMechanism\":4,\"PermissionGroups\":2,\"Enabled\":true,\
         \"Bindings\":[\"0.0.0.0:25\"],\"Relay\":{\"UserName\":\"x\",\"Password\":\"Zaphod-json\"},\
         \"RelaySecret\":[\"Zaphod-items\"]}]",
    ),
    (
        "HUB1_ReceiveConnector.html",
        "<table><tr><th>Identity</th><th>AuthMechanism</th><th>PermissionGroups</th><th>RelayPassword</th></tr>\
         <tr><td>HUB1\\Html</td><td>BasicAuth</td><td>ExchangeUsers</td><td>Zaphod-html</td></tr></table>",
    ),
    (
        "table.txt",
        "[PS] C:\\>Get-ReceiveConnector -Server HUB1 | ft\n\n\
         Identity    AuthMechanism PermissionGroups RelayPassword\n\
         --------    ------------- ---------------- -------------\n\
         HUB1\\Table  BasicAuth     ExchangeUsers    Zaphod-table\n",
    ),
];

#[test]
fn no_secret_in_a_table_or_in_json_is_printed() {
    let mut estate = Estate::small();
    for (name, text) in EXPORTS {
        estate = estate.with(&format!("exports/{name}"), *text);
    }
    let all = everything(&estate);
    for connector in ["Csv", "Json", "Html", "Table"] {
        let shown = all.contains(&format!("HUB1\\{connector}"))
            || all.contains(&format!("HUB1\\\\{connector}"));
        assert!(shown, "no finding shows {connector}: {all}");
    }
    let leak = all.lines().find(|line| line.contains("Zaphod"));
    assert_eq!(leak, None);
}
