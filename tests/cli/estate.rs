//! A small estate in a temporary folder, and the binary run in it with a
//! scrubbed environment.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// An inner firewall that opens the clear-text ADAM port and inspects SMTP.
pub const FIREWALL: &str = "\
: Saved
ASA Version 8.2(5)
!
hostname inner
enable password 2KFQnbNIdI.2KYOU encrypted
passwd 2KFQnbNIdI.2KYOU encrypted
names
!
interface Ethernet0/0
 nameif dmz
 security-level 10
 ip address 192.0.2.254 255.255.255.0
!
interface Ethernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
!
object-group network EXCH-HUBS
 network-object host 10.1.0.12
object-group service EDGESYNC tcp
 port-object eq 50636
 port-object eq 50389
access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 eq smtp
access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 object-group EDGESYNC
access-list inside_in extended deny ip any 192.0.2.0 255.255.255.0 log
access-list dmz_in extended permit tcp host 192.0.2.10 object-group EXCH-HUBS eq smtp
access-list dmz_in extended deny ip any any log
static (inside,dmz) 10.1.0.0 10.1.0.0 netmask 255.255.255.0
access-group dmz_in in interface dmz
access-group inside_in in interface inside
route dmz 0.0.0.0 0.0.0.0 192.0.2.1 1
snmp-server host inside 10.1.0.99 community Zaphod-Community version 2c
!
class-map inspection_default
 match default-inspection-traffic
!
policy-map global_policy
 class inspection_default
  inspect dns
  inspect esmtp
!
service-policy global_policy global
: end
";

/// What the exports lack.
pub const INVENTORY: &str = "\
[exchange]
reference_date = 2009-11-02

[[firewall]]
name = \"inner\"
config = \"inner.cfg\"

[[zone]]
name = \"dmz\"
class = \"perimeter\"
at = [\"inner:dmz\"]
networks = [\"192.0.2.0/24\"]

[[zone]]
name = \"servers\"
class = \"internal\"
at = [\"inner:inside\"]
networks = [\"10.1.0.0/24\"]

[[server]]
name = \"hub1\"
roles = [\"hub\"]
site = \"Tokyo\"
addresses = [\"10.1.0.12\"]

[[server]]
name = \"edge1\"
roles = [\"edge\"]
addresses = [\"192.0.2.10\"]
";

/// A capture of the Exchange Management Shell.
pub const CONNECTORS: &str = "\
[PS] C:\\>Get-ReceiveConnector | fl *

AuthMechanism                           : Tls, BasicAuth
Banner                                  :
Bindings                                : {0.0.0.0:25}
Enabled                                 : True
Fqdn                                    : HUB1.contoso.com
PermissionGroups                        : ExchangeUsers
RemoteIPRanges                          : {0.0.0.0-255.255.255.255}
RequireTLS                              : False
Server                                  : HUB1
Name                                    : Client HUB1
Identity                                : HUB1\\Client HUB1
ObjectClass                             : {top, msExchSmtpReceiveConnector}

";

/// A temporary estate.
pub struct Estate {
    folder: TempDir,
}

impl Estate {
    /// An empty folder.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// The firewall, the inventory and the capture, in `exports`.
    pub fn small() -> Self {
        Self::empty()
            .with("exports/inner.cfg", FIREWALL)
            .with("exports/exlint.toml", INVENTORY)
            .with("exports/connectors.txt", CONNECTORS)
    }

    /// Adds a file.
    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary in this folder.
    pub fn exlint(&self) -> Command {
        let mut command = Command::from_std(self.std());
        command.timeout(std::time::Duration::from_secs(120));
        command
    }

    /// The same for tests that handle pipes themselves.
    pub fn std(&self) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("exlint"));
        command.current_dir(self.path()).env_clear();
        command.env("LANG", "C");
        command
    }

    /// Runs with arguments.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.finish(self.exlint().args(args))
    }

    /// Runs with arguments and standard input.
    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Outcome {
        self.finish(self.exlint().args(args).write_stdin(input))
    }

    fn finish(&self, command: &mut Command) -> Outcome {
        let output = command.output().expect("the binary runs");
        Outcome {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// What a run printed and returned.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Outcome {
    /// The whole outcome for a snapshot.
    pub fn shown(&self) -> String {
        format!(
            "exit code: {}\n--- standard output\n{}--- standard error\n{}",
            self.code, self.out, self.err
        )
    }
}
