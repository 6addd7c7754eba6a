//! The edits, each with what is new and what is gone afterwards.

use crate::Files;
use crate::estates::{ASA, Estate, HUB, INSPECTED, LISTED, SRX};
use crate::forms::{Form, as_set, connectors};

/// An edit of an estate.
pub struct Edit {
    pub name: &'static str,
    pub estate: &'static Estate,
    pub change: fn(&mut Files),
    /// Rules with findings that the baseline does not know, sorted.
    pub new: &'static [&'static str],
    /// Rules with findings that the baseline knows and that are gone, sorted.
    pub gone: &'static [&'static str],
}

const FW: &str = "fw/fw1.cfg";
const TOML: &str = "exlint.toml";
const SRX_FILE: &str = "fw/srx.conf";
const HUB_FILE: &str = "HUB1_ReceiveConnector.txt";

/// Without effect on what is known.
const fn same(name: &'static str, estate: &'static Estate, change: fn(&mut Files)) -> Edit {
    Edit {
        name,
        estate,
        change,
        new: &[],
        gone: &[],
    }
}

/// With an effect.
const fn differs(
    name: &'static str,
    estate: &'static Estate,
    change: fn(&mut Files),
    new: &'static [&'static str],
    gone: &'static [&'static str],
) -> Edit {
    Edit {
        name,
        estate,
        change,
        new,
        gone,
    }
}

fn file<'f>(files: &'f mut Files, name: &str) -> &'f mut String {
    let found = files.iter_mut().find(|(known, _)| known == name);
    &mut found.expect("a file of the estate").1
}

/// Replaces a text that is there once.
fn swap(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = file(files, name);
    assert_eq!(text.matches(from).count(), 1, "{from}");
    *text = text.replace(from, to);
}

/// Replaces a text wherever it is.
fn swap_all(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = file(files, name);
    assert!(text.contains(from), "{from}");
    *text = text.replace(from, to);
}

/// The configuration between the banner and the prompt of the transcript.
fn srx_configuration(files: &mut Files) -> String {
    let text = file(files, SRX_FILE);
    let begin = text.find("\nversion ").expect("a version") + 1;
    let end = text.rfind("\n}").expect("a last brace") + 2;
    text[begin..end].to_owned()
}

fn connectors_as(files: &mut Files, name: &str, form: Form) {
    let index = files.iter().position(|(known, _)| known == HUB_FILE);
    files[index.expect("the export")] = (name.to_owned(), connectors(form));
}

pub static EDITS: &[Edit] = &[
    // Moved and reformatted lines.
    same("a blank line before a rule", &ASA, |files| {
        swap(
            files,
            FW,
            "access-list outside_in remark",
            "\n\naccess-list outside_in remark",
        );
    }),
    same("a comment at the top", &ASA, |files| {
        swap(files, FW, "ASA Version", "! backup of Monday\nASA Version");
    }),
    same("a remark of another wording", &ASA, |files| {
        swap(files, FW, "remark mail", "remark mail for the edge, CHG-1");
    }),
    same("a remark more before the rule", &ASA, |files| {
        swap(
            files,
            FW,
            "access-list outside_in extended permit udp",
            "access-list outside_in remark names\naccess-list outside_in extended permit udp",
        );
    }),
    same("two blanks between words of a rule", &ASA, |files| {
        swap(
            files,
            FW,
            "permit tcp any object-group EDGES object-group DIRECTORY",
            "permit  tcp any  object-group EDGES  object-group DIRECTORY",
        );
    }),
    same("blanks at the ends of lines", &ASA, |files| {
        swap_all(files, FW, " eq smtp\n", " eq smtp  \n");
    }),
    same("lines that end with CR LF", &ASA, |files| {
        swap_all(files, FW, "\n", "\r\n");
    }),
    same("a byte order mark", &ASA, |files| {
        file(files, FW).insert(0, '\u{feff}');
    }),
    same(
        "the prompt and the command around the configuration",
        &ASA,
        |files| {
            let text = file(files, FW);
            *text = format!("fw1# show running-config\n: Saved\n:\n{text}: end\nfw1#\n");
        },
    ),
    same("a port by number instead of by name", &ASA, |files| {
        swap_all(files, FW, "eq smtp", "eq 25");
    }),
    same("a port by name instead of by number", &ASA, |files| {
        swap(files, FW, "eq 445", "eq 00445");
    }),
    same("a host as a network of one address", &ASA, |files| {
        swap(
            files,
            FW,
            "udp any host 192.0.2.10 eq domain",
            "udp any 192.0.2.10 255.255.255.255 eq domain",
        );
    }),
    same("a host instead of a group of one", &ASA, |files| {
        swap(
            files,
            FW,
            "permit tcp any object-group EDGES object-group DIRECTORY",
            "permit tcp any host 192.0.2.10 eq 50389",
        );
    }),
    same("a renamed group", &ASA, |files| {
        swap_all(files, FW, "EDGES", "EDGE-SERVERS");
    }),
    same(
        "a group that is defined elsewhere in the file",
        &ASA,
        |files| {
            let group = "object-group network EDGES\n network-object host 192.0.2.10\n";
            swap(files, FW, group, "");
            swap(
                files,
                FW,
                "!\ninterface Ethernet0/2",
                &format!("{group}!\ninterface Ethernet0/2"),
            );
        },
    ),
    same("a range of one port", &ASA, |files| {
        swap(
            files,
            FW,
            "port-object eq 50389",
            "port-object range 50389 50389",
        );
    }),
    same("logging of a rule", &ASA, |files| {
        swap(files, FW, "eq 445\n", "eq 445 log\n");
    }),
    same(
        "the word extended left out by an older version",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "dmz_in extended permit tcp host 192.0.2.10 host 10.1.0.11 eq 445",
                "dmz_in permit tcp host 192.0.2.10 host 10.1.0.11 eq 445",
            );
        },
    ),
    same("lists in another order", &ASA, |files| {
        let text = file(files, FW);
        let lines: Vec<&str> = text.lines().collect();
        let (lists, others): (Vec<&str>, Vec<&str>) = lines
            .into_iter()
            .partition(|line| line.starts_with("access-list dmz_in"));
        let mut all = others;
        let first = all
            .iter()
            .position(|line| line.starts_with("access-list"))
            .expect("a list");
        all.splice(first..first, lists);
        *text = all.join("\n") + "\n";
    }),
    same("two rules that do not overlap swapped", &ASA, |files| {
        let a = "access-list outside_in extended permit tcp any object-group EDGES eq smtp\n";
        let b = "access-list outside_in extended permit udp any host 192.0.2.10 eq domain\n";
        swap(files, FW, b, "");
        swap(files, FW, a, &format!("{b}{a}"));
    }),
    same("files in another order", &ASA, |files| files.reverse()),
    same("a renamed folder", &ASA, |files| {
        files[0].0 = "2013-06/firewalls/fw1.cfg".to_owned();
    }),
    same("a renamed file", &ASA, |files| {
        files[0].0 = "fw/running-config.txt".to_owned();
    }),
    same("everything one folder deeper", &ASA, |files| {
        for (name, _) in files.iter_mut() {
            *name = format!("exports/{name}");
        }
    }),
    same("a file that nothing recognises", &ASA, |files| {
        files.insert(0, ("notes.txt".to_owned(), "Monday: backup\n".to_owned()));
    }),
    same("a comment in the inventory", &ASA, |files| {
        swap(files, TOML, "[exchange]", "# ours\n[exchange]");
    }),
    same("the inventory's sections in another order", &ASA, |files| {
        let text = file(files, TOML);
        let mut parts: Vec<String> = text
            .split("\n\n")
            .map(|part| part.trim().to_owned())
            .collect();
        parts.reverse();
        *text = parts.join("\n\n") + "\n";
    }),
    same("another day on which it is judged", &ASA, |files| {
        swap(files, TOML, "2013-06-03", "2013-06-04");
    }),
    // Changed meaning on the firewall.
    differs(
        "the faulty port closed",
        &ASA,
        |files| {
            swap(files, FW, "port-object eq 50389", "port-object eq 2525");
        },
        &["FH002"],
        &["FH002", "FU005"],
    ),
    differs(
        "another rule that opens the same port to the same server",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "permit tcp any object-group EDGES object-group DIRECTORY",
                "permit tcp any object-group EDGES range 50389 50390",
            );
        },
        &["FH002", "FU005"],
        &["FH002", "FU005"],
    ),
    differs(
        "a rule for a second port",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "access-list outside_in extended permit udp",
                "access-list outside_in extended permit tcp any host 192.0.2.10 eq 135\naccess-list outside_in extended permit udp",
            );
        },
        &["FH002", "FU001"],
        &[],
    ),
    differs(
        "the whole list open",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "access-list outside_in extended permit udp any host 192.0.2.10 eq domain",
                "access-list outside_in extended permit ip any any",
            );
        },
        &["FH001", "FU001", "FU002", "FU006", "FU008", "FU019"],
        &["FH002"],
    ),
    differs(
        "the rule taken out",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "access-list dmz_in extended permit tcp host 192.0.2.10 host 10.1.0.11 eq 445\n",
                "",
            );
        },
        &[],
        &["FU002"],
    ),
    differs(
        "the rule made inactive",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "host 10.1.0.11 eq 445",
                "host 10.1.0.11 eq 445 inactive",
            );
        },
        &[],
        &["FU002"],
    ),
    // The rule is untouched, and opens 50389 to one network more.
    differs(
        "the list bound to one more interface",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                "!\ninterface Ethernet0/2",
                "!\ninterface Ethernet0/3\n nameif partner\n security-level 10\n \
                 ip address 198.51.100.1 255.255.255.0\n!\ninterface Ethernet0/2",
            );
            file(files, FW).push_str("access-group outside_in in interface partner\n");
            file(files, TOML).push_str(
                "\n[[zone]]\nname = \"partner\"\nclass = \"partner\"\nat = [\"fw1:partner\"]\n",
            );
        },
        &["FU005"],
        &["FU005"],
    ),
    // Renamed devices and servers are other things, in all that speaks of them.
    differs(
        "another name of the device",
        &ASA,
        |files| {
            swap(files, FW, "hostname fw1", "hostname fw9");
            swap_all(files, TOML, "fw1:", "fw9:");
        },
        // FU016: the inside has no list, and the inventory says where the Internet is.
        &[
            "FH002", "FH002", "FU002", "FU005", "FU005", "FU006", "FU016",
        ],
        &[
            "FH002", "FH002", "FU002", "FU005", "FU005", "FU006", "FU016",
        ],
    ),
    differs(
        "another name of the server",
        &ASA,
        |files| {
            swap(files, TOML, "name = \"edge1\"", "name = \"edge9\"");
        },
        &["FH002", "FH002", "FU005", "FU005", "FU006"],
        &["FH002", "FH002", "FU005", "FU005", "FU006"],
    ),
    differs(
        "a second server of the kind behind the same rule",
        &ASA,
        |files| {
            swap(
                files,
                FW,
                " network-object host 192.0.2.10\n",
                " network-object host 192.0.2.10\n network-object host 192.0.2.11\n",
            );
            file(files, TOML).push_str("\n[[server]]\nname = \"edge2\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.11\"]\n");
        },
        &["FH002", "FU005", "FU005", "FU005", "FU006"],
        &["FH002", "FU005", "FU006"],
    ),
    // What shrank is known, and what grew is not.
    same(
        "one of the paths with inspected mail closed",
        &INSPECTED,
        |files| {
            swap(
                files,
                FW,
                "access-list dmz_in extended permit tcp host 192.0.2.11 host 10.1.0.11 eq smtp\n",
                "",
            );
        },
    ),
    differs(
        "one of the paths with inspected mail closed, and another opened",
        &INSPECTED,
        |files| {
            swap(
                files,
                FW,
                "access-list dmz_in extended permit tcp host 192.0.2.11 host 10.1.0.11 eq smtp\n",
                "",
            );
            file(files, TOML).push_str(
                "\n[[server]]\nname = \"hub2\"\nroles = [\"hub\"]\nsite = \"Tokyo\"\naddresses = [\"10.1.0.12\"]\n",
            );
            swap(
                files,
                FW,
                "permit tcp host 10.1.0.11 object-group EDGES eq smtp",
                "permit tcp 10.1.0.0 255.255.255.0 object-group EDGES eq smtp",
            );
        },
        &["FU018"],
        &[],
    ),
    differs(
        "the inspection taken off",
        &INSPECTED,
        |files| swap(files, FW, "  inspect esmtp\n", ""),
        &[],
        &["FU018"],
    ),
    // Junos in both of its forms.
    same("braces exported as set commands", &SRX, |files| {
        let set = as_set(&srx_configuration(files));
        *file(files, SRX_FILE) = set;
    }),
    same(
        "the configuration without the transcript around it",
        &SRX,
        |files| {
            let text = srx_configuration(files);
            *file(files, SRX_FILE) = format!("{text}\n");
        },
    ),
    same("braces indented by two", &SRX, |files| {
        swap_all(files, SRX_FILE, "    ", "  ");
    }),
    same("a description of a policy", &SRX, |files| {
        swap(
            files,
            SRX_FILE,
            "policy clients {",
            "policy clients {\n description \"desktops\";",
        );
    }),
    // Exchange objects in other forms.
    same("a list exported as CSV", &HUB, |files| {
        connectors_as(files, "HUB1_ReceiveConnector.csv", Form::Csv);
    }),
    same("a list exported as JSON", &HUB, |files| {
        connectors_as(files, "HUB1_ReceiveConnector.json", Form::Json);
    }),
    same("a list exported as CLIXML", &HUB, |files| {
        connectors_as(files, "HUB1_ReceiveConnector.xml", Form::Clixml);
    }),
    same("wider columns", &HUB, |files| {
        swap_all(files, HUB_FILE, ": ", "       : ");
    }),
    same("properties sorted otherwise", &HUB, |files| {
        let text = file(files, HUB_FILE);
        let mut parts: Vec<String> = text.split("\r\n\r\n").map(str::to_owned).collect();
        for part in parts.iter_mut().skip(1) {
            let mut lines: Vec<&str> = part.split("\r\n").collect();
            lines.sort_unstable();
            *part = lines.join("\r\n");
        }
        *text = parts.join("\r\n\r\n");
    }),
    same("flags in another order", &HUB, |files| {
        swap(
            files,
            HUB_FILE,
            "Tls, Integrated, BasicAuth, ExchangeServer",
            "BasicAuth, Tls, ExchangeServer, Integrated",
        );
    }),
    same("objects in another order", &HUB, |files| {
        let text = file(files, HUB_FILE);
        let parts: Vec<&str> = text.split("\r\n\r\n").collect();
        *text = [parts[0], parts[2], parts[1], ""].join("\r\n\r\n");
    }),
    same(
        "a property without meaning for the findings",
        &HUB,
        |files| {
            swap_all(
                files,
                HUB_FILE,
                "Comment             : ",
                "Comment             : see CHG-1",
            );
        },
    ),
    differs(
        "the value that was wrong cured",
        &HUB,
        |files| {
            swap(
                files,
                HUB_FILE,
                "ProtocolLoggingLevel: None",
                "ProtocolLoggingLevel: Verbose",
            );
        },
        &[],
        &["RC013"],
    ),
    same(
        "permission groups that no finding speaks of",
        &HUB,
        |files| {
            swap(
                files,
                HUB_FILE,
                "AnonymousUsers, ExchangeUsers, ExchangeServers",
                "AnonymousUsers, ExchangeServers",
            );
        },
    ),
    // Both tell who may connect: RC003 whom the connector trusts, RC004 to whom it
    // offers no TLS. RC004 stays the same finding, as it stands at the mechanisms, and
    // is told where it is about other peers.
    differs(
        "fewer peers, and still too many",
        &HUB,
        |files| {
            let text = file(files, HUB_FILE);
            let (before, relay) = text.split_once("{0.0.0.0:26}").expect("the relay");
            let relay = relay.replace("0.0.0.0-255.255.255.255", "10.0.0.0-10.255.255.255");
            *text = format!("{before}{{0.0.0.0:26}}{relay}");
        },
        &["RC003", "RC004"],
        &["RC003"],
    ),
    same(
        "one of the peers that are listed taken out",
        &LISTED,
        |files| {
            let relay = "10.1.0.20, 10.1.0.64-10.1.0.127";
            swap(files, HUB_FILE, relay, "10.1.0.64-10.1.0.127");
        },
    ),
    differs(
        "another peer among those that are listed",
        &LISTED,
        |files| {
            let relay = "10.1.0.20, 10.1.0.64-10.1.0.127";
            swap(
                files,
                HUB_FILE,
                relay,
                "10.1.0.20, 10.1.0.30, 10.1.0.64-10.1.0.127",
            );
        },
        &["RC003", "RC004"],
        &["RC003"],
    ),
    differs(
        "another address of a host among peers that are listed",
        &LISTED,
        |files| {
            let relay = "10.1.0.20, 10.1.0.64-10.1.0.127";
            swap(files, HUB_FILE, relay, "10.1.0.21, 10.1.0.64-10.1.0.127");
        },
        &["RC003", "RC004"],
        &["RC003"],
    ),
    differs(
        "peers of which one range is wider",
        &LISTED,
        |files| {
            swap(
                files,
                HUB_FILE,
                "10.1.0.64-10.1.0.127",
                "10.1.0.64-10.1.0.254",
            );
        },
        &["RC003", "RC004"],
        &["RC003"],
    ),
    same("peers in another order", &LISTED, |files| {
        let relay = "10.1.0.20, 10.1.0.64-10.1.0.127";
        swap(files, HUB_FILE, relay, "10.1.0.64-10.1.0.127, 10.1.0.20");
    }),
    differs(
        "another connector of the same fault",
        &HUB,
        |files| {
            swap_all(files, HUB_FILE, "Relay", "Scanners");
        },
        &["RC003", "RC004"],
        &["RC003", "RC004"],
    ),
];
