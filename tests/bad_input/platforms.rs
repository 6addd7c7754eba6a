//! Broken and hostile exports of firewalls other than ASA.

use super::*;

/// One export of each platform, and how far apart the places are where it is
/// cut: the reader of each also has a test that cuts a short one at every byte.
const EXPORTS: [(&str, &str, usize); 6] = [
    ("platforms/ios/ctso-rtr1-confg.txt", "cisco-ios", 13),
    ("platforms/nxos/ctso-core1.log", "cisco-nxos", 11),
    (
        "platforms/iptables/fw/ctso-gw1_iptables-save.txt",
        "iptables",
        11,
    ),
    (
        "platforms/nftables/fw/ctso-gw2_nft-list-ruleset.txt",
        "nftables",
        7,
    ),
    ("platforms/fortios/fw/fgt.conf", "fortios", 257),
    ("platforms/srx/fw/srx.conf", "junos", 409),
];

#[test]
fn every_reader_of_a_platform_takes_every_prefix_of_an_export() {
    for (path, id, step) in EXPORTS {
        let bytes = fs::read(fixture(path)).expect(path);
        let whole = SourceFile::decode(FileId(0), path, bytes.clone());
        match detect(&whole, FORMATS, &[]) {
            Detection::Recognised { format, .. } => assert_eq!(format.id, id, "{path}"),
            Detection::NotRecognised { reason, .. } => panic!("{path}: {reason}"),
        }
        let own: Vec<Format> = FORMATS.iter().filter(|f| f.id == id).copied().collect();
        let ends: Vec<usize> = (0..=bytes.len()).step_by(step).collect();
        ends.into_par_iter()
            .for_each(|end| any_bytes_are_answered(&bytes[..end], &own));
    }
}

#[test]
fn every_reader_takes_the_exports_of_every_other_platform() {
    for (path, id, _) in EXPORTS {
        let bytes = fs::read(fixture(path)).expect(path);
        let others: Vec<Format> = FORMATS.iter().filter(|f| f.id != id).copied().collect();
        any_bytes_are_answered(&bytes, &others);
    }
}

/// What `trace` says of a packet that `text` permits when it is whole.
fn verdict(text: &str, interfaces: [&str; 2]) -> String {
    let dir = folder();
    write(&dir, "gw.conf", text);
    let [ingress, egress] = interfaces;
    let ends = ["--from=198.51.100.7", "--to=10.1.0.11", "--service=tcp/25"];
    let answer = answer(
        exlint()
            .args(["trace", "--format=json", "--in", ingress, "--out", egress])
            .args(ends)
            .arg(dir.path()),
    );
    let Ok(answer) = serde_json::from_str::<Value>(&answer.stdout) else {
        // Nothing is left that could be asked.
        return "no answer".to_owned();
    };
    answer["verdict"].as_str().expect("a verdict").to_owned()
}

const JUNOS: &str = "version 12.1X46-D40;
system { host-name srx1; }
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 203.0.113.1/24; } } }
    ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/16; } } }
}
security {
    policies {
        from-zone untrust to-zone trust {
            policy mail {
                match { source-address any; destination-address any; application any; }
                then { permit; }
            }
        }
    }
    zones {
        security-zone untrust { interfaces { ge-0/0/0.0; } }
        security-zone trust { interfaces { ge-0/0/1.0; } }
    }
}
";

const NFT: &str = "table inet filter {
	set mail {
		type ipv4_addr
		elements = { 10.1.0.11, 10.1.0.12 }
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		iifname \"eth0\" oifname \"eth1\" ip daddr @mail tcp dport 25 accept
	}
}
";

#[test]
fn braces_too_few_or_too_many_never_decide() {
    for (text, interfaces) in [
        (JUNOS, ["ge-0/0/0.0", "ge-0/0/1.0"]),
        (NFT, ["eth0", "eth1"]),
    ] {
        assert_eq!(verdict(text, interfaces), "permit", "{text}");
        let braces: Vec<usize> = text.match_indices(['{', '}']).map(|(at, _)| at).collect();
        for at in braces {
            let mut fewer = text.to_owned();
            fewer.remove(at);
            let mut more = text.to_owned();
            more.insert(at, '}');
            for broken in [fewer, more] {
                let said = verdict(&broken, interfaces);
                assert!(
                    ["inconclusive", "no answer"].contains(&said.as_str()),
                    "{said}:\n{broken}"
                );
            }
        }
    }
}

#[test]
fn encrypted_backups_name_the_export_that_works_and_others_go_on() {
    let dir = folder();
    let mut noise: Vec<u8> = (0..4_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 1)
        .collect();
    noise.retain(|byte| *byte != 0);
    write(
        &dir,
        "fgt.conf",
        [&b"#FGBK|3|FGT60F|7|00|1579|\n"[..], &noise].concat(),
    );
    write(
        &dir,
        "pf.xml",
        "---- BEGIN config.xml ----\nMetadata\nU2FsdGVkX18AAAA\n---- END config.xml ----\n",
    );
    write(&dir, "gw.conf", NFT);
    let answer = answer(exlint().args(["coverage", "--format=json"]).arg(dir.path()));
    assert!(
        answer.stderr.contains("show full-configuration"),
        "{}",
        answer.stderr
    );
    let coverage: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let file = |name: &str| {
        let mut files = coverage["files"].as_array().expect("files").iter();
        files
            .find(|file| {
                let shown = file["file"].as_str();
                shown.is_some_and(|shown| shown.ends_with(name))
            })
            .expect(name)
            .clone()
    };
    assert_eq!(file("gw.conf")["format"], "nftables");
    assert_eq!(file("gw.conf")["lines"]["unrecognised"], 0);
    assert_eq!(file("pf.xml")["format"], Value::Null);
    let all = format!("{}{}", answer.stdout, answer.stderr);
    assert!(all.contains("without encryption"), "{all}");
}

/// Exports with secrets of every kind, each with the mark that no output may hold.
mod planted {
    use super::*;

    const MARK: &str = "S3cr3tZ";

    const IOS: &str = "Building configuration...
version 15.2
service password-encryption
hostname rtr1
enable secret 5 $1$abcd$S3cr3tZa0
enable password 7 S3cr3tZa1
username admin privilege 15 secret 5 $1$x$S3cr3tZa2
username relay password 0 S3cr3tZa3
aaa group server radius R
 server-private 10.1.0.5 auth-port 1812 key 7 S3cr3tZa4
key chain EIGRP
 key 1
  key-string 7 S3cr3tZa5
crypto isakmp key S3cr3tZa6 address 192.0.2.9
crypto keyring K
  pre-shared-key address 192.0.2.10 key S3cr3tZa7
interface GigabitEthernet0/0
 ip address 203.0.113.1 255.255.255.0
 ip ospf message-digest-key 1 md5 7 S3cr3tZa8
 standby 1 authentication S3cr3tZa9
 ppp chap password 7 S3cr3tZb0
 ip access-group outside in
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.0.0
router bgp 65000
 neighbor 192.0.2.1 password 7 S3cr3tZb1
ip access-list extended outside
 remark password S3cr3tZb2
 permit tcp any host 10.1.0.11 eq 25
snmp-server community S3cr3tZb3 RO
snmp-server host 10.1.0.7 version 2c S3cr3tZb4
tacacs-server host 10.1.0.6 key 7 S3cr3tZb5
radius-server key 7 S3cr3tZb6
ip ftp password 7 S3cr3tZb7
archive
 path ftp://admin:S3cr3tZb8@192.0.2.9/rtr1
strange line with password S3cr3tZb9 that nothing knows
line vty 0 4
 password 7 S3cr3tZc0
end
";

    const NXOS: &str = "!Command: show running-config
!Time: Mon Nov  2 09:00:00 2009

version 7.0(3)I7(8)
hostname core1
username admin password 5 $5$S3cr3tZa0  role network-admin
snmp-server user admin network-admin auth md5 0xS3cr3tZa1 priv 0xS3cr3tZa2 localizedkey
snmp-server community S3cr3tZa3 group network-operator
radius-server host 10.1.0.5 key 7 \"S3cr3tZa4\" authentication accounting
ip access-list mail
  10 permit tcp any 10.1.0.11/32 eq 25
interface Vlan10
  ip address 10.1.0.1/16
  ip access-group mail in
  hsrp 1
    authentication text S3cr3tZa5
";

    const SRX: &str = "version 12.1X46-D40;
system {
    host-name srx1;
    root-authentication { encrypted-password \"$1$S3cr3tZa0\"; ## SECRET-DATA
    }
    login { user admin { authentication { encrypted-password \"$5$S3cr3tZa1\"; ssh-rsa \"ssh-rsa AAAAS3cr3tZa2 me@x\"; } } }
    radius-server { 10.1.0.5 secret \"$9$S3cr3tZa3\"; }
    archival { configuration { archive-sites { \"ftp://admin@192.0.2.9/x\" password \"$9$S3cr3tZa4\"; } } }
}
snmp { community S3cr3tZa5 { authorization read-only; } }
security {
    ike { policy p { pre-shared-key ascii-text \"$9$S3cr3tZa6\"; } }
    zones {
        security-zone untrust { interfaces { ge-0/0/0.0; } }
        security-zone trust { interfaces { ge-0/0/1.0; } }
    }
    policies {
        from-zone untrust to-zone trust {
            /* password: S3cr3tZa7 */
            policy mail { match { source-address any; destination-address any; application junos-smtp; } then { permit; } }
        }
    }
}
protocols { bgp { group g { authentication-key \"$9$S3cr3tZa8\"; } } }
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 203.0.113.1/24; } ppp-options { chap { default-chap-secret \"$9$S3cr3tZa9\"; } } } }
    ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/16; } } }
}
";

    const FORTIGATE: &str =
        "#config-version=FGT60F-7.0.14-FW-build0601-240206:opmode=0:vdom=0:user=admin
config system admin
    edit \"admin\"
        set password ENC S3cr3tZa0==
        set ssh-public-key1 \"ssh-rsa AAAAS3cr3tZa1\"
    next
end
config system ha
    set password ENC S3cr3tZa2
end
config system snmp community
    edit 1
        set name \"S3cr3tZa3\"
    next
end
config user radius
    edit \"r\"
        set secret ENC S3cr3tZa4
    next
end
config vpn ipsec phase1-interface
    edit \"v\"
        set psksecret ENC S3cr3tZa5
    next
end
config vpn certificate local
    edit \"c\"
        set password ENC S3cr3tZa6
        set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----
S3cr3tZa7
-----END ENCRYPTED PRIVATE KEY-----\"
    next
end
config wireless-controller vap
    edit \"w\"
        set passphrase S3cr3tZa8
    next
end
config firewall policy
    edit 1
        set srcintf \"wan1\"
        set dstintf \"internal\"
        set srcaddr \"all\"
        set dstaddr \"all\"
        set action accept
        set schedule \"always\"
        set service \"SMTP\"
        set comments \"password=S3cr3tZa9\"
    next
end
";

    #[test]
    fn secrets_of_every_platform_reach_no_output_of_any_command() {
        let dir = folder();
        for (name, text) in [
            ("rtr1.cfg", IOS),
            ("core1.cfg", NXOS),
            ("srx1.conf", SRX),
            ("fgt1.conf", FORTIGATE),
        ] {
            write(&dir, name, text);
        }
        for command in ["check", "coverage", "paths", "facts"] {
            for more in [&[][..], &["-v"], &["--format=json"]] {
                if command == "facts" && !more.is_empty() {
                    continue;
                }
                let answer = answer(exlint().arg(command).args(more).arg(dir.path()));
                for text in [&answer.stdout, &answer.stderr] {
                    let leak = text.lines().find(|line| line.contains(MARK));
                    assert_eq!(leak, None, "{command} {more:?}");
                }
            }
        }
        // They were read, not left out.
        let facts = facts_of(&dir);
        assert_eq!(
            facts["firewalls"].as_array().map(Vec::len),
            Some(4),
            "{facts}"
        );
    }

    #[test]
    fn excerpts_of_every_platform_hide_secrets() {
        for (device, text, ends) in [
            ("rtr1", IOS, ["GigabitEthernet0/0", "GigabitEthernet0/1"]),
            ("srx1", SRX, ["ge-0/0/0.0", "ge-0/0/1.0"]),
        ] {
            let dir = folder();
            write(&dir, "fw.cfg", text);
            let asked = ["--from=198.51.100.7", "--to=10.1.0.11", "--service=tcp/25"];
            let way = ["--device", device, "--in", ends[0], "--out", ends[1]];
            let answer = answer(exlint().arg("trace").args(asked).args(way).arg(dir.path()));
            assert!(answer.stdout.contains("25"), "{}", answer.stderr);
            let leak = answer.stdout.lines().find(|line| line.contains(MARK));
            assert_eq!(leak, None);
        }
    }
}
