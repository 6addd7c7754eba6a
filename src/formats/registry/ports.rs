//! Ports in texts of the registry.

use crate::model::net::PortRange;

/// `5000` or `5000-5100`, as RPC reads them (KB 154596).
#[must_use]
pub fn range(text: &str) -> Option<PortRange> {
    let text = text.trim();
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    PortRange::new(port(low)?, port(high)?)
}

/// The servers and ports that an RPC proxy passes on to:
/// `HUB1:6001-6002;HUB1:6004;` (KB 833401).
#[must_use]
pub fn valid_ports(text: &str) -> Option<Vec<(&str, PortRange)>> {
    text.split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let (server, ports) = entry.rsplit_once(':')?;
            Some((server.trim(), range(ports)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_run_upwards_and_hold_no_port_0() {
        assert_eq!(range(" 5000 - 5100 "), PortRange::new(5000, 5100));
        assert_eq!(range("5000"), PortRange::new(5000, 5000));
        for text in [
            "",
            "0-5",
            "5100-5000",
            "5000\u{2013}5100",
            "5000:5100",
            "70000",
            "-",
        ] {
            assert_eq!(range(text), None, "{text}");
        }
    }

    #[test]
    fn an_rpc_proxy_names_a_server_for_each_range() {
        let all = valid_ports("mbx1:6001-6002; mbx1.contoso.com:6004;").expect("a list");
        assert_eq!(all.len(), 2);
        assert_eq!(all.first().map(|(server, _)| *server), Some("mbx1"));
        assert_eq!(valid_ports("mbx1"), None);
        assert_eq!(valid_ports("mbx1:all"), None);
    }
}
