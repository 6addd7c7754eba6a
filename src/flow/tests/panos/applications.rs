//! Applications: what a port tells about them, and what it does not.

use super::*;

/// Measured on a firewall: a port that an application rule was to deny still
/// connected, because the first packets pass before the application shows. By
/// port the verdict is open.
#[test]
fn an_application_with_any_service_is_possible_on_every_port() {
    let text = one("application smtp");
    for port in [25, 80, 9101] {
        assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", port)), 'I');
    }
    let denied = format!(
        "{BASE}{}{}",
        rule("a", "deny", "application smtp"),
        rule("b", "allow", "")
    );
    assert_eq!(out(&denied, tcp("10.1.0.5", "192.0.2.9", 25)), 'I');
}

#[test]
fn default_ports_limit_where_an_application_is_possible() {
    let text = one("application smtp\nservice application-default");
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 25)), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 587)), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 26)), 'D');
    assert_eq!(
        out(&text, ("10.1.0.5", "192.0.2.9", Protocol::UDP, 25)),
        'D'
    );
}

#[test]
fn an_application_whose_ports_are_negotiated_is_possible_on_every_port() {
    let text = one("application ms-exchange\nservice application-default");
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 6001)), 'I');
}

#[test]
fn services_limit_where_an_application_is_possible() {
    let text = one("application web-browsing\nservice service-http");
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 8080)), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 443)), 'D');
}

#[test]
fn any_application_on_its_default_ports_is_open_on_every_port() {
    let text = one("service application-default");
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 25)), 'I');
}

#[test]
fn what_the_header_tells_is_exact() {
    let text = one("application [ ping ipsec-esp ]\nservice application-default");
    let icmp = |kind| ("10.1.0.5", "192.0.2.9", Protocol::ICMP, kind);
    assert_eq!(out(&text, icmp(8)), 'P');
    assert_eq!(out(&text, icmp(13)), 'D');
    assert_eq!(out(&text, ("10.1.0.5", "192.0.2.9", Protocol(50), 0)), 'P');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 25)), 'D');
}

#[test]
fn groups_filters_and_own_applications_are_followed() {
    let text = format!(
        "{}set application-group web members [ own inner ]\n\
         set application-group inner members [ ping web ]\n\
         set application own default port [ tcp/8443 udp/8443 ]\n",
        one("application web\nservice application-default")
    );
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 8443)), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 443)), 'D');
    assert_eq!(
        out(&text, ("10.1.0.5", "192.0.2.9", Protocol::ICMP, 8)),
        'P'
    );
    let filter = format!(
        "{}set application-filter risky risk 5\n",
        one("application risky\nservice application-default")
    );
    assert_eq!(out(&filter, tcp("10.1.0.5", "192.0.2.9", 443)), 'I');
}

#[test]
fn the_reason_names_the_rule_and_the_application() {
    let firewall = firewall(&one("application smtp"));
    let reasons: Vec<&str> = firewall
        .not_modelled
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("`mail`") && reason.contains("`smtp`")),
        "{reasons:?}"
    );
}
