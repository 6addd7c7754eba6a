//! Profiles: which is in force, whether the firewall is on, what the default is.

use super::{ask, firewall, netsh_profiles, netsh_rule, reasons, tcp};

const ON: &str = "BlockInbound,AllowOutbound";

pub fn current(profile: &str, state: &str, policy: &str) -> String {
    let all = netsh_profiles(state, policy);
    let start = all.find(&format!("{profile} Profile")).unwrap();
    let end = all[start..].find("MaxFileSize").unwrap() + start;
    format!(
        "C:\\>netsh advfirewall show currentprofile\r\n\r\n{}\r\nOk.\r\n",
        &all[start..end]
    )
}

#[test]
fn without_profile_settings_only_what_rules_allow_is_certain() {
    let text = netsh_rule("SMTP", &[])
        + &netsh_rule("No SMB", &[("LocalPort", "445"), ("Action", "Block")])
        + "Ok.\r\n";
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
    assert_eq!(tcp(&host, "10.9.0.1", 445), 'I', "the firewall may be off");
    assert_eq!(tcp(&host, "10.9.0.1", 80), 'I');
    assert_eq!(ask(&host, "outbound", "10.1.0.11", "10.9.0.1", 6, 80), 'I');
    assert!(
        reasons(&host)
            .iter()
            .any(|why| why.contains("show allprofiles"))
    );
}

#[test]
fn a_firewall_that_is_off_lets_everything_pass() {
    let text = netsh_rule("No SMB", &[("LocalPort", "445"), ("Action", "Block")])
        + &netsh_profiles("OFF", ON);
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(tcp(&host, "10.9.0.1", 445), 'P');
}

#[test]
fn shields_up_blocks_what_rules_allow() {
    let text = netsh_rule("SMTP", &[]) + &netsh_profiles("ON", "BlockInboundAlways,AllowOutbound");
    assert_eq!(tcp(&firewall(&[("hub1.txt", &text)]), "10.9.0.1", 25), 'D');
}

#[test]
fn a_default_of_allow_leaves_only_block_rules() {
    let text = netsh_rule("No SMB", &[("LocalPort", "445"), ("Action", "Block")])
        + &netsh_profiles("ON", "AllowInbound,BlockOutbound");
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 445), tcp(&host, "10.9.0.1", 80)),
        ('D', 'P')
    );
    assert_eq!(ask(&host, "outbound", "10.1.0.11", "10.9.0.1", 6, 80), 'D');
}

#[test]
fn a_rule_of_one_profile_is_certain_once_that_is_in_force() {
    let rule = netsh_rule("SMTP", &[("Profiles", "Domain")]);
    let open = firewall(&[("hub1.txt", &(rule.clone() + &netsh_profiles("ON", ON)))]);
    assert_eq!(tcp(&open, "10.9.0.1", 25), 'I');
    assert!(
        reasons(&open)
            .iter()
            .any(|why| why.contains("currentprofile"))
    );
    assert_eq!(tcp(&open, "10.9.0.1", 26), 'D', "no profile allows it");

    let domain = firewall(&[("hub1.txt", &(rule.clone() + &current("Domain", "ON", ON)))]);
    assert_eq!(tcp(&domain, "10.9.0.1", 25), 'P');
    let public = firewall(&[("hub1.txt", &(rule + &current("Public", "ON", ON)))]);
    assert_eq!(tcp(&public, "10.9.0.1", 25), 'D');
}

#[test]
fn what_every_profile_allows_by_a_rule_of_its_own_is_certain() {
    let rules =
        ["Domain", "Private", "Public"].map(|profile| netsh_rule("SMTP", &[("Profiles", profile)]));
    let text = rules.concat() + &netsh_profiles("ON", ON);
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 26)),
        ('P', 'D')
    );
}

/// What is lost may be a rule that blocks, which wins over all others.
#[test]
fn a_listing_that_breaks_off_decides_nothing() {
    let profiles = netsh_profiles("ON", ON);
    let whole =
        netsh_rule("SMTP", &[]) + &netsh_rule("No SMTP", &[("Action", "Block")]) + "Ok.\r\n";
    let cut = &whole[..whole
        .find("Rule Name:                            No SMTP")
        .unwrap()];
    for (text, expected) in [(whole.as_str(), 'D'), (cut, 'I')] {
        let host = firewall(&[("hub1.txt", text), ("profiles.txt", &profiles)]);
        assert_eq!(tcp(&host, "10.9.0.1", 25), expected, "{text}");
    }
}

#[test]
fn rules_and_profiles_may_stand_in_two_files_of_a_folder() {
    let rules = netsh_rule("SMTP", &[]) + "Ok.\r\n";
    let profiles = netsh_profiles("ON", ON);
    let host = firewall(&[("hub1.txt", &rules), ("profiles.txt", &profiles)]);
    assert_eq!(host.name.value, "hub1");
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 26)),
        ('P', 'D')
    );
}

#[test]
fn a_policy_may_leave_the_rules_of_the_computer_out() {
    let profiles = netsh_profiles("ON", ON).replace("N/A (GPO-store only)", "No");
    let local = netsh_rule("SMTP", &[]);
    let policy = netsh_rule(
        "SMTP by policy",
        &[
            ("LocalPort", "587"),
            ("Rule source", "Group Policy Setting"),
        ],
    );
    let host = firewall(&[("hub1.txt", &(local + &policy + &profiles))]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 587)),
        ('D', 'P')
    );
}

#[test]
fn a_listing_by_name_does_not_tell_what_others_do() {
    let text = "C:\\>netsh advfirewall firewall show rule name=\"SMTP\" verbose\r\n".to_owned()
        + &netsh_rule("SMTP", &[])
        + &netsh_profiles("ON", ON);
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 26)),
        ('I', 'I')
    );
}

#[test]
fn a_listing_of_netsh_firewall_that_is_not_whole_tells_on_or_off_only() {
    let config = |mode: &str| {
        format!(
            "C:\\>netsh firewall show config\r\n\r\nDomain profile configuration (current):\r\n{0}\r\n\
         Operational mode                  = {mode}\r\nException mode                    = Enable\r\n\r\n\
         Port configuration for Domain profile:\r\nPort   Protocol  Mode     Name\r\n{0}\r\n\
         25     TCP       Enable   SMTP\r\n\r\n",
            "-".repeat(67)
        )
    };
    let off = firewall(&[("hub1.txt", &config("Disable"))]);
    assert_eq!(tcp(&off, "10.9.0.1", 445), 'P');
    let on = firewall(&[("hub1.txt", &config("Enable"))]);
    assert_eq!(
        (tcp(&on, "10.9.0.1", 25), tcp(&on, "10.9.0.1", 445)),
        ('I', 'I')
    );
}
