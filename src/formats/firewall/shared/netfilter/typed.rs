//! Lines that somebody typed: prompts, and the programs behind them.
//!
//! A capture holds the prompts of many shells, and commands behind `sudo`, `ssh`,
//! `time` and their like. Nothing is run or expanded here: a word is taken for a
//! program wherever it stands in a statement, so that what may have changed or
//! cut down rules is seen in any spelling.

use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::{KeySet, Map, rows};

/// Whether the data file has a name under a kind.
fn is_kind(kind: &str, name: &str) -> bool {
    static TABLE: OnceLock<Map<&'static str, KeySet<&'static str>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/programs.tsv"))
            .filter_map(|row| Some((*row.first()?, row.get(1)?.split(' ').collect())))
            .collect()
    });
    table.get(kind).is_some_and(|names| names.contains(name))
}

/// A line that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'t> {
    /// The host in the prompt.
    pub host: Option<&'t str>,
    /// What was typed.
    pub text: &'t str,
}

/// Splits a line at its prompt. `# iptables-save` is one of root, or a comment:
/// `root` tells which.
pub fn prompted(line: &str, root: bool) -> Option<Line<'_>> {
    const MARKS: [char; 4] = ['#', '$', '%', '>'];
    /// No prompt is longer.
    const LONGEST: usize = 100;
    if let Some(text) = line.strip_prefix("+ ") {
        return Some(Line { host: None, text });
    }
    let at = line
        .char_indices()
        .take(LONGEST)
        .find(|(_, c)| MARKS.contains(c) || matches!(c, '"' | '\'' | '*' | '='))?
        .0;
    let (head, rest) = line.split_at_checked(at)?;
    let mark = rest.chars().next().filter(|c| MARKS.contains(c))?;
    let behind = rest.get(mark.len_utf8()..)?;
    let text = behind.trim_start();
    let apart = behind.is_empty() || text.len() < behind.len();
    let head = head.trim_end();
    if head.is_empty() {
        let typed = apart && (matches!(mark, '$' | '%') || mark == '#' && root && is_bare(text));
        return typed.then_some(Line { host: None, text });
    }
    // `root@gw1:~#iptables -F`.
    let direct = || head.contains('@') && text.split([' ', '-']).next().is_some_and(is_program);
    // `cat > file`.
    let written = mark == '>' && !head.contains('@');
    if written || !(apart || direct()) || !is_prompt(head) {
        return None;
    }
    let host = host(head);
    Some(Line { host, text })
}

/// A line without the codes that a terminal gets at its start (`ESC [ ? 2004 l`).
pub fn without_codes(mut line: &str) -> &str {
    while let Some(code) = line.strip_prefix("\u{1b}[") {
        let Some(end) = code.find(|c: char| c.is_ascii_alphabetic()) else {
            break;
        };
        line = code.get(end.saturating_add(1)..).unwrap_or_default();
    }
    line
}

/// Whether the text before a mark is that of a prompt.
fn is_prompt(head: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "@:~/._-[]() ".contains(c);
    if !head.chars().all(plain) {
        return false;
    }
    if let Some(shell) = head.strip_prefix('-') {
        return ["bash", "sh", "ash", "zsh", "ksh"]
            .iter()
            .any(|name| shell.starts_with(name));
    }
    let words = head.split(' ').count();
    words <= 4
        && (words == 1
            || head.contains('@')
            || head.ends_with(['~', '/', ']'])
            || head.contains(":~")
            || head.contains(":/"))
        && !head.starts_with([':', '.'])
}

/// The host that a prompt names.
fn host(head: &str) -> Option<&str> {
    let own = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = match head.rsplit_once('@') {
        Some((_, rest)) => rest.split(|c| !own(c)).next()?,
        None => {
            let word = head.split(' ').next()?;
            let name = word.split(':').next()?;
            let shell = ["bash", "sh", "zsh", "ash", "ksh"]
                .iter()
                .any(|shell| name.trim_start_matches('-').starts_with(shell));
            if shell || !name.chars().all(own) {
                return None;
            }
            name
        }
    };
    (!name.is_empty()).then_some(name)
}

/// Whether a line begins with a program that prints or changes rules, or that
/// calls one: it was typed, though no prompt stands before it.
pub fn is_bare(line: &str) -> bool {
    let mut words = line.split([' ', '\t']);
    let name = base(words.next().unwrap_or_default());
    // `iptables-save v1.8.7 (legacy)` was printed.
    let version = words.next().and_then(|word| word.strip_prefix('v'));
    let printed = version.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    !printed && (is_program(name) || is_kind("calls", name))
}

/// A word as the name of a program.
pub fn base(word: &str) -> &str {
    let word = word.trim_matches(['\'', '"', '(', ')', '`', '\\', '{', '}']);
    let word = word.strip_prefix("<(").unwrap_or(word);
    let word = word.strip_prefix("$(").unwrap_or(word);
    word.rsplit('/').next().unwrap_or_default()
}

/// iptables in any of its spellings.
pub fn is_tables(name: &str) -> bool {
    let name = name.trim_start_matches(['$', '{']).trim_end_matches('}');
    let variable = ["IPTABLES", "IP6TABLES", "IPT", "IP6T", "IPT6"];
    let plain = name
        .strip_suffix("-nft")
        .or_else(|| name.strip_suffix("-legacy"))
        .unwrap_or(name);
    matches!(plain, "iptables" | "ip6tables") || variable.contains(&name)
}

/// What prints a dump.
pub fn is_save(name: &str) -> bool {
    name.ends_with("-save") && name.contains("tables")
}

fn is_restore(name: &str) -> bool {
    (name.ends_with("-restore") || name.ends_with("-apply")) && name.contains("tables")
}

fn is_program(name: &str) -> bool {
    is_tables(name)
        || is_save(name)
        || is_restore(name)
        || name.starts_with("xtables-")
        || matches!(
            name,
            "nft"
                | "ufw"
                | "firewall-cmd"
                | "netfilter-persistent"
                | "shorewall"
                | "service"
                | "systemctl"
        )
}

/// The statements of a line.
pub fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '\n'])
        .flat_map(|part| part.split("&&"))
        .flat_map(|part| part.split("||"))
}

/// The programs of a statement that a pipe connects.
pub fn stages(statement: &str) -> impl Iterator<Item = &str> {
    statement
        .split('|')
        .map(|stage| stage.strip_prefix('&').unwrap_or(stage))
}

/// Where else a command is run: another host, a container, a name space.
pub fn elsewhere(text: &str) -> Option<&str> {
    const VALUED: [&str; 14] = [
        "-p", "-i", "-l", "-o", "-F", "-J", "-b", "-c", "-e", "-m", "-n", "-u", "-w", "-E",
    ];
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let called = match base(word) {
            "ssh" => true,
            "exec" => {
                text.contains("netns")
                    || ["docker", "podman", "kubectl", "lxc"]
                        .iter()
                        .any(|name| text.contains(name))
            }
            "nsenter" => return Some("nsenter"),
            _ => false,
        };
        if !called {
            continue;
        }
        while let Some(word) = words.next() {
            if VALUED.contains(&word) {
                words.next();
            } else if !word.starts_with('-') {
                let name = word.rsplit('@').next().unwrap_or(word);
                let own = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
                return name.chars().all(own).then_some(name);
            }
        }
    }
    None
}

/// Whether a typed line changes rules. A restore of what follows in the line's
/// own text (`<<EOF`) does not.
pub fn changes(text: &str) -> bool {
    statements(text).flat_map(stages).any(|stage| {
        let words: Vec<&str> = stage.split_whitespace().collect();
        words.iter().enumerate().any(|(at, word)| {
            let rest = words.get(at.saturating_add(1)..).unwrap_or_default();
            is_change(base(word), word, rest)
        })
    })
}

fn is_change(name: &str, word: &str, rest: &[&str]) -> bool {
    let has = |known: &[&str]| rest.iter().any(|word| known.contains(&bare_of(word)));
    if has(&["--help", "--version", "--test", "-V"]) {
        return false;
    }
    let any = |kind: &str| {
        let mut words = rest.iter().map(|word| bare_of(word));
        words.any(|word| is_kind(kind, word))
    };
    let service = || (any("service") || is_kind("service", name)) && any("verb");
    if is_restore(name) {
        return !rest.iter().any(|word| word.contains("<<"));
    }
    if is_tables(name) {
        return rest.iter().any(|word| is_changing(word)) || word.contains("init.d/") && service();
    }
    match name {
        "nft" => has(&[
            "flush", "add", "delete", "insert", "replace", "destroy", "create", "rename", "-f",
            "--file",
        ]),
        "firewall-cmd" => rest.iter().any(|word| {
            [
                "--add",
                "--remove",
                "--reload",
                "--complete",
                "--set",
                "--panic",
                "--direct",
            ]
            .iter()
            .any(|start| word.starts_with(start))
        }),
        _ if is_kind("front", name) => !rest.is_empty() && !any("asks"),
        "service" | "systemctl" | "rc-service" => service(),
        _ => word.contains("init.d/") && service(),
    }
}

/// A word without its quotation marks and brackets, a unit without its kind.
fn bare_of(word: &str) -> &str {
    let word = word.trim_matches(['\'', '"', ')', '(']);
    word.strip_suffix(".service").unwrap_or(word)
}

/// Whether a line may write into a file.
pub fn edits(text: &str, path: &str) -> bool {
    statements(text).flat_map(stages).any(|stage| {
        let mut words = stage.split_whitespace();
        let named = words.clone().any(|word| bare_of(word) == path);
        let program = words
            .find(|word| !is_kind("calls", base(word)) && !is_kind("grammar", word))
            .map(base);
        let keeps = program.is_some_and(|name| is_kind("keeps", name) || is_restore(name));
        named && !keeps || written(stage).any(|file| file == path)
    })
}

/// Whether a word is an option that changes rules, alone or behind others:
/// `-F`, `-vF`, `-PFORWARD`, `--delet`.
fn is_changing(word: &str) -> bool {
    const LONG: [&str; 8] = [
        "--append",
        "--insert",
        "--delete-chain",
        "--policy",
        "--flush",
        "--replace",
        "--rename-chain",
        "--delete",
    ];
    let word = word.trim_matches(['\'', '"', ')', '`']);
    if word.starts_with("--") {
        return word.len() > 4 && LONG.iter().any(|long| long.starts_with(word));
    }
    let Some(letters) = word.strip_prefix('-') else {
        return false;
    };
    let told = letters
        .chars()
        .find(|c| !matches!(c, 'v' | 'n' | 'x' | 'f' | '4' | '6'));
    told.is_some_and(|c| "AIDPFRXE".contains(c))
}

/// Whether what a typed line prints may lack lines of what it reads.
pub fn cuts_down(text: &str) -> bool {
    let prints = |statement: &&str| {
        statement
            .split(char::is_whitespace)
            .map(base)
            .any(|name| is_save(name) || is_tables(name))
    };
    let named = statements(text).any(|statement| prints(&statement));
    let files: Vec<&str> = written(text).take(4).collect();
    let reads = |statement: &&str| {
        let mut words = statement.split_whitespace();
        words.any(|word| files.contains(&word))
    };
    statements(text)
        .filter(|statement| !named || prints(statement) || reads(statement))
        .any(|statement| {
            let mut stages = stages(statement);
            let first = stages.next().unwrap_or_default();
            let known = |word: &str| {
                let name = base(word);
                is_kind("cut", name) || is_kind("whole", name) || is_tables(name) || is_save(name)
            };
            let first = first.split_whitespace().find(|word| known(word));
            first.is_some_and(|word| is_kind("cut", base(word)))
                || stages.any(|stage| {
                    let mut words = stage.split_whitespace().map(base);
                    let program = words.find(|word| !matches!(*word, "sudo" | "doas"));
                    !program.is_some_and(|program| is_kind("whole", program))
                })
        })
}

/// The files that a typed line writes.
pub fn written(text: &str) -> impl Iterator<Item = &str> {
    let mut words = text
        .split(|c: char| c.is_whitespace() || c == ';')
        .filter(|word| !word.is_empty());
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            let Some((before, path)) = word.split_once('>') else {
                continue;
            };
            // `2>` holds errors.
            let path = path.trim_start_matches(['>', '|']);
            let path = if path.is_empty() { words.next()? } else { path };
            if !before.ends_with('2') && !path.starts_with('&') {
                return Some(path.trim_matches(['\'', '"', ')']));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_many_shells_are_known() {
        let host = |line| prompted(line, false).map(|line| (line.host, line.text));
        for (line, host_, text) in [
            ("root@gw1:~# iptables -F", Some("gw1"), "iptables -F"),
            ("[root@gw1 ~]# iptables -F", Some("gw1"), "iptables -F"),
            ("root@gw1 ~ # iptables -F", Some("gw1"), "iptables -F"),
            ("gw1:~ # iptables -F", Some("gw1"), "iptables -F"),
            ("gw1# iptables -F", Some("gw1"), "iptables -F"),
            ("bash-5.1# iptables -F", None, "iptables -F"),
            ("-bash-4.2# iptables -F", None, "iptables -F"),
            ("/ # iptables -F", None, "iptables -F"),
            ("$ iptables -F", None, "iptables -F"),
            ("(venv) root@gw1:~# iptables -F", Some("gw1"), "iptables -F"),
            (
                "[10:01:22] root@gw1:~# iptables -F",
                Some("gw1"),
                "iptables -F",
            ),
            ("root@gw1:~#iptables -F", Some("gw1"), "iptables -F"),
            ("root@gw1:~#", Some("gw1"), ""),
            ("+ iptables -F", None, "iptables -F"),
        ] {
            assert_eq!(host(line), Some((host_, text)), "{line}");
        }
        for line in [
            "-A INPUT -m comment --comment \"a # b\" -j ACCEPT",
            ":INPUT ACCEPT [0:0]",
            "*filter",
            "cat > /etc/rules <<EOF",
            "# Generated by iptables-save v1.8.7",
            "#iptables -F",
            "To clear all of it use # iptables -F",
            "COMMIT",
            "    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0",
        ] {
            assert_eq!(prompted(line, false), None, "{line}");
        }
        assert!(prompted("# iptables -F", true).is_some());
    }

    #[test]
    fn what_changes_rules_is_seen_in_any_spelling() {
        for text in [
            "iptables -F",
            "cd /tmp; iptables -F",
            "date && iptables -F",
            "for n in 1 2; do iptables -D FORWARD 1; done",
            "cat other | iptables-restore",
            "(iptables -F)",
            "sudo -n iptables -F",
            "su -c 'iptables -F'",
            "sudo sh -c 'iptables -P FORWARD ACCEPT'",
            "env X=1 iptables -F",
            "\\iptables -F",
            "xtables-nft-multi iptables -F",
            "iptables -PFORWARD ACCEPT",
            "iptables -vF",
            "iptables --delet FORWARD 1",
            "iptables -t nat -F",
            "iptables-apply new",
            "nft flush ruleset",
            "service iptables stop",
            "systemctl restart firewalld.service",
            "/etc/init.d/iptables stop",
            "ufw disable",
            "netfilter-persistent flush",
            "shorewall clear",
        ] {
            assert!(changes(text), "{text}");
        }
        for text in [
            "iptables -S",
            "iptables -nvL FORWARD",
            "iptables -t nat -L -n -v --line-numbers",
            "iptables -V",
            "iptables -A FORWARD --help",
            "iptables-restore --test < new",
            "iptables-restore <<EOF",
            "systemctl restart postfix",
            "systemctl status iptables",
            "ufw status verbose",
            "nft list ruleset",
            "netfilter-persistent save",
            "iptables-save > rules",
        ] {
            assert!(!changes(text), "{text}");
        }
    }

    #[test]
    fn a_part_of_the_rules_is_told_from_all_of_them() {
        for text in [
            "iptables-save | grep -v x",
            "ssh gw2 grep -v x rules",
            "sudo -u root grep -v x rules",
            "LC_ALL=C grep -v x rules",
            "time head rules",
            "tac rules",
            "iptables -S |sudo head -5",
            "grep -v x <(iptables -S)",
            "iptables -S > a; iptables -S | sort",
        ] {
            assert!(cuts_down(text), "{text}");
        }
        for text in [
            "iptables-save",
            "iptables-save > rules",
            "iptables-save || echo failed",
            "iptables-save |& tee rules",
            "iptables-save | column",
            "hostname | tr a-z A-Z; iptables-save",
            "cat rules",
        ] {
            assert!(!cuts_down(text), "{text}");
        }
        assert!(edits("sed -i '/x/d' rules", "rules") && edits("cat x >> rules", "rules"));
        assert!(!edits("chmod 600 rules", "rules") && !edits("iptables-restore < rules", "rules"));
        let files: Vec<_> = written("iptables-save 2>/dev/null | grep x > a.txt >>'b'").collect();
        assert_eq!(files, ["a.txt", "b"]);
    }

    #[test]
    fn commands_may_run_elsewhere() {
        for (text, name) in [
            ("ssh root@gw2 iptables-save", Some("gw2")),
            (
                "ssh -p 2222 -o StrictHostKeyChecking=no gw2 iptables-save",
                Some("gw2"),
            ),
            ("docker exec -it web iptables-save", Some("web")),
            ("sudo ip netns exec red iptables-save", Some("red")),
            ("sudo iptables-save", None),
        ] {
            assert_eq!(elsewhere(text), name, "{text}");
        }
    }
}
