use exlint::Settings;
use exlint::finding::configuration::{Choices, Origin, Setting};
use exlint::finding::{Filter, PathState, Run, SuppressionKind, path_reports};
use exlint::model::path::exchange_2007;

use crate::{Files, judge, platform, run, told};

fn with(entry: &str) -> Files {
    let mut files = platform("ios");
    let inventory = files.iter_mut().find(|(name, _)| name == "exlint.toml");
    inventory.expect("an inventory").1.push_str(entry);
    files
}

fn hidden(run: &Run) -> Vec<String> {
    told(run.suppressed.iter().map(|hidden| &hidden.finding))
        .into_iter()
        .map(|(rule, _, _)| rule)
        .collect()
}

#[test]
fn an_object_is_a_subject_a_device_a_server_or_a_file() {
    let all = run(&platform("ios"), &["FU005"]).findings.len();
    assert!(all >= 1);
    for (object, count) in [
        ("EDGE1", 1),
        ("edge*", all),
        ("*", all),
        ("ctso-rtr1-confg.txt", all),
        ("*-confg.txt", all),
        ("hub1", 0),
    ] {
        let entry = format!(
            "\n[[exception]]\nrule = \"FU005\"\nobject = \"{object}\"\nreason = \"agreed\"\n"
        );
        let run = run(&with(&entry), &["FU005"]);
        assert_eq!(run.suppressed.len(), count, "{object}");
        assert_eq!(run.findings.len() + run.suppressed.len(), all, "{object}");
    }
}

#[test]
fn an_allowed_flow_hides_only_what_lies_within_it_as_a_whole() {
    let entry = |from: &str, service: &str| {
        format!(
            "\n[[allowed_flow]]\nfrom = \"{from}\"\nto = \"edge1\"\nservice = \"{service}\"\n\
             rule = \"FU005\"\nreason = \"agreed\"\n"
        )
    };
    let files = with("");
    let finding = run(&files, &["FU005"]);
    let flows: Vec<_> = finding.findings.iter().flat_map(|f| &f.flows).collect();
    assert!(!flows.is_empty(), "the rule tells its flows");
    let source = flows[0].source.clone();
    let within = run(&with(&entry(&source, "tcp/50389")), &["FU005"]);
    assert_eq!(hidden(&within), ["FU005"]);
    assert_eq!(within.suppressed[0].by.kind, SuppressionKind::AllowedFlow);
    for (from, service) in [
        (source.as_str(), "tcp/50636"),
        (source.as_str(), "udp/50389"),
        ("dmz", "tcp/50389"),
        ("192.0.2.7", "tcp/50389"),
    ] {
        let beside = run(&with(&entry(from, service)), &["FU005"]);
        assert_eq!(beside.suppressed.len(), 0, "{from} {service}");
    }
}

/// Allowed flows from the zone `dmz` to some servers by SMB.
fn allowed(ends: &[(&str, &str)], service: &str) -> String {
    let entry = |(from, to): &(&str, &str)| {
        format!(
            "\n[[allowed_flow]]\nfrom = \"{from}\"\nto = \"{to}\"\nservice = \"{service}\"\n\
             reason = \"agreed\"\n"
        )
    };
    ends.iter().map(entry).collect()
}

#[test]
fn a_finding_on_several_servers_is_hidden_when_every_way_is_allowed() {
    let all = run(&with(""), &["FU002"]);
    let [finding] = all.findings.as_slice() else {
        panic!("one finding for all servers: {}", all.findings.len());
    };
    let servers: Vec<&str> = finding.flows.iter().map(|f| &*f.destination).collect();
    assert!(servers.len() > 2, "{servers:?}");
    for server in &servers {
        assert!(finding.message.contains(server), "{}", finding.message);
        let one = run(&with(&allowed(&[("dmz", server)], "tcp/445")), &["FU002"]);
        assert_eq!(
            (one.findings.len(), one.suppressed.len()),
            (1, 0),
            "{server}"
        );
    }
    // One entry must hold all: what several hold together is told.
    let wide = run(
        &with(&allowed(&[("dmz", "10.0.0.0/8")], "tcp/445")),
        &["FU002"],
    );
    assert_eq!((wide.findings.len(), wide.suppressed.len()), (0, 1));
    let narrow = run(
        &with(&allowed(&[("dmz", "10.1.0.8/29")], "tcp/445")),
        &["FU002"],
    );
    assert_eq!((narrow.findings.len(), narrow.suppressed.len()), (1, 0));
}

#[test]
fn what_is_blocked_is_told_however_it_is_allowed() {
    let open = run(&with(""), &["FR005", "FS001"]);
    let told: Vec<&str> = open.findings.iter().map(|f| &*f.rule.id).collect();
    assert_eq!(told, ["FR005", "FS001"]);
    assert!(
        open.findings
            .iter()
            .all(|finding| !finding.flows.is_empty())
    );
    let mut entries = String::new();
    for flow in open.findings.iter().flat_map(|finding| &finding.flows) {
        entries.push_str(&format!(
            "\n[[allowed_flow]]\nfrom = \"{}\"\nto = \"{}\"\nreason = \"agreed\"\n",
            flow.source, flow.destination
        ));
    }
    entries.push_str(
        "\n[[allowed_flow]]\nfrom = \"0.0.0.0/0\"\nto = \"0.0.0.0/0\"\nreason = \"agreed\"\n",
    );
    let still = run(&with(&entries), &["FR005", "FS001"]);
    assert_eq!((still.findings.len(), still.suppressed.len()), (2, 0));
}

#[test]
fn more_entries_than_anybody_writes_are_an_error() {
    for (title, most, entry) in [
        ("[[allowed_flow]]", 1000, "from = \"dmz\"\nto = \"hub1\"\n"),
        ("[[exception]]", 5000, "rule = \"FU005\"\nobject = \"x\"\n"),
    ] {
        let entries = |count| format!("\n{title}\n{entry}reason = \"x\"\n").repeat(count);
        for (count, errors) in [(most, 0), (most + 1, 1), (most + 500, 1)] {
            let judged = run(&with(&entries(count)), &["FU001"]);
            let told: Vec<&str> = judged.inventory_errors().map(|p| &*p.message).collect();
            let expected = format!("{title} may stand at most {most} times");
            assert_eq!(told.len(), errors, "{told:?}");
            assert!(told.iter().all(|told| *told == expected), "{told:?}");
        }
    }
}

#[test]
fn an_exception_makes_no_path_safe() {
    let states = |run: &Run| -> Vec<_> {
        let catalogue = exchange_2007().expect("the embedded catalogue");
        let reports = path_reports(catalogue, run, &Filter::default());
        reports.iter().map(|report| report.state).collect()
    };
    let entry = "\n[[exception]]\nrule = \"FU005\"\nobject = \"*\"\nreason = \"agreed\"\n";
    let (open, hidden) = (run(&with(""), &["FU005"]), run(&with(entry), &["FU005"]));
    assert!(hidden.findings.is_empty() && !hidden.suppressed.is_empty());
    assert!(states(&open).contains(&PathState::Unsafe));
    assert_eq!(states(&hidden), states(&open));
}

#[test]
fn a_veto_brings_everything_back() {
    let entry = "\n[[exception]]\nrule = \"FU005\"\nobject = \"*\"\nreason = \"agreed\"\n";
    let settings = Settings {
        choices: Choices {
            no_suppressions: Some(Setting::new(true, Origin::Option("--no-suppressions"))),
            select: Some(Setting::new(
                vec!["FU005".to_owned(), "XS".to_owned()],
                Origin::Option("--select"),
            )),
            ..Choices::default()
        },
        ..Settings::default()
    };
    let vetoed = judge(&with(entry), &settings);
    assert_eq!(vetoed.suppressed.len(), 0);
    assert!(!vetoed.findings.is_empty());
    assert!(
        vetoed
            .findings
            .iter()
            .all(|finding| finding.rule.id == "FU005")
    );
    let rule = format!("{entry}\n[rules]\nFU005 = {{ suppressible = false }}\n");
    let refused = run(&with(&rule), &["FU005", "XS"]);
    assert_eq!(refused.suppressed.len(), 0);
    assert!(
        refused
            .findings
            .iter()
            .any(|finding| finding.rule.id == "XS003")
    );
}

#[test]
fn rules_that_are_turned_off_are_counted() {
    let files = with("\n[rules]\nFU005 = \"off\"\n");
    let run = judge(&files, &Settings::default());
    assert_eq!(run.summary.rules.off, 1);
    assert!(
        run.findings
            .iter()
            .all(|finding| finding.rule.id != "FU005")
    );
    let total = &run.summary.rules;
    assert_eq!(
        total.total,
        total.evaluated + total.not_applicable + total.lacks_data + total.failed + total.off
    );
}
