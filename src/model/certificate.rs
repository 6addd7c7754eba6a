//! Whether a name in a certificate stands for a host (RFC 6125).

/// Whether a DNS name of a certificate (`mail.contoso.com`, `*.contoso.com`)
/// stands for a host.
///
/// Letters compare without case (RFC 6125 6.4.1). A `*` must be the whole
/// left-most label and stands for exactly one label (6.4.3, items 1 and 2); a
/// label that holds more than the `*` fits nothing, which item 3 leaves open. A
/// whole `*` may stand for a label of another alphabet (`xn--…`). An address is
/// never a DNS name: it needs a name of its own kind (1.7.2). A dot at the end
/// does not count.
#[must_use]
pub fn covers(presented: &str, host: &str) -> bool {
    let presented = presented.strip_suffix('.').unwrap_or(presented);
    let host = host.strip_suffix('.').unwrap_or(host);
    if !is_host(host) {
        return false;
    }
    match presented.strip_prefix("*.") {
        None => !presented.contains('*') && presented.eq_ignore_ascii_case(host),
        Some(parent) => {
            let rest = host.split_once('.').map(|(_, rest)| rest);
            let sound = !parent.is_empty() && !parent.contains('*');
            sound && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(parent))
        }
    }
}

/// A name of labels that is no address.
fn is_host(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_err() && host.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_itself_without_regard_to_case() {
        assert!(covers("Mail.Contoso.com", "mail.contoso.COM"));
        assert!(covers("mail.contoso.com.", "mail.contoso.com"));
        assert!(covers("hub1", "HUB1"));
        assert!(!covers("contoso.com", "mail.contoso.com"));
        assert!(!covers("mail.contoso.com", "contoso.com"));
        assert!(!covers("", ""));
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_label_on_the_left() {
        // RFC 6125 6.4.3: *.example.com matches foo.example.com, but neither
        // bar.foo.example.com nor example.com.
        assert!(covers("*.example.com", "foo.example.com"));
        assert!(!covers("*.example.com", "bar.foo.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", ".example.com"));
        assert!(covers("*.example.com", "xn--bcher-kva.example.com"));
    }

    #[test]
    fn a_wildcard_elsewhere_or_in_part_of_a_label_fits_nothing() {
        for presented in [
            "bar.*.example.net",
            "baz*.example.net",
            "*baz.example.net",
            "b*z.example.net",
            "*.*.example.net",
            "*",
            "*.",
            "xn--*.example.net",
        ] {
            for host in [
                "bar.foo.example.net",
                "baz1.example.net",
                "foobaz.example.net",
                "x",
                "a.b.example.net",
            ] {
                assert!(!covers(presented, host), "{presented} {host}");
            }
        }
    }

    #[test]
    fn an_address_is_no_name() {
        assert!(!covers("192.0.2.1", "192.0.2.1"));
        assert!(!covers("*.0.2.1", "192.0.2.1"));
        assert!(!covers("2001:db8::1", "2001:db8::1"));
    }
}
