//! Distinguished names (RFC 4514), and what their places in the directory say.

/// The parts of a name are at most this many.
const MOST_PARTS: usize = 64;

/// The values of a distinguished name with their attributes, the object's own
/// first; `None` where the text is none.
#[must_use]
pub fn parts(text: &str) -> Option<Vec<(&str, String)>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (attribute, after) = rest.split_once('=')?;
        let attribute = attribute.trim();
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if attribute.is_empty() || !attribute.bytes().all(sound) || parts.len() >= MOST_PARTS {
            return None;
        }
        let mut value = String::new();
        let mut escaped = false;
        let mut end = after.len();
        for (at, c) in after.char_indices() {
            match c {
                _ if escaped => {
                    value.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                ',' => {
                    end = at;
                    break;
                }
                _ => value.push(c),
            }
        }
        parts.push((attribute, value.trim().to_owned()));
        rest = after
            .get(end.saturating_add(1)..)
            .unwrap_or_default()
            .trim_start();
    }
    (parts.len() > 1).then_some(parts)
}

/// The name of an object without its place: `HUB1` of
/// `CN=HUB1,OU=Servers,DC=contoso,DC=com`.
#[must_use]
pub fn leaf(text: &str) -> Option<String> {
    parts(text)?.into_iter().next().map(|(_, value)| value)
}

/// The DNS name of the domain that a name ends in.
#[must_use]
pub fn domain(text: &str) -> Option<String> {
    let parts = parts(text)?;
    let labels = parts.iter().filter(|(a, _)| a.eq_ignore_ascii_case("DC"));
    let labels: Vec<&str> = labels.map(|(_, value)| value.as_str()).collect();
    (!labels.is_empty()).then(|| labels.join("."))
}

/// What the place of an object says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `CN=10.1.0.0/24,CN=Subnets,CN=Sites,CN=Configuration,…`
    Subnet(String),
    /// `CN=Tokyo,CN=Sites,CN=Configuration,…`
    Site(String),
    /// `CN=DC1,CN=Servers,CN=Tokyo,CN=Sites,CN=Configuration,…`
    Server {
        /// Its name.
        name: String,
        /// Its site.
        site: String,
    },
    /// `CN=NTDS Settings` below a server: only domain controllers have it.
    Agent {
        /// The server's name.
        name: String,
        /// The server's site.
        site: String,
    },
    /// A site link.
    Link(String),
    /// Elsewhere.
    Other,
}

/// The place of an object below `CN=Sites,CN=Configuration`.
#[must_use]
pub fn place(text: &str) -> Place {
    let Some(parts) = parts(text) else {
        return Place::Other;
    };
    let names: Vec<&str> = parts.iter().map(|(_, value)| value.as_str()).collect();
    let is = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    match names.as_slice() {
        [name, subnets, sites, configuration, ..]
            if is(subnets, "Subnets")
                && is(sites, "Sites")
                && is(configuration, "Configuration") =>
        {
            Place::Subnet((*name).to_owned())
        }
        [name, _, transports, sites, configuration, ..]
            if is(transports, "Inter-Site Transports")
                && is(sites, "Sites")
                && is(configuration, "Configuration") =>
        {
            Place::Link((*name).to_owned())
        }
        [name, servers, site, sites, configuration, ..]
            if is(servers, "Servers")
                && is(sites, "Sites")
                && is(configuration, "Configuration") =>
        {
            Place::Server {
                name: (*name).to_owned(),
                site: (*site).to_owned(),
            }
        }
        [agent, name, servers, site, sites, ..]
            if is(agent, "NTDS Settings") && is(servers, "Servers") && is(sites, "Sites") =>
        {
            Place::Agent {
                name: (*name).to_owned(),
                site: (*site).to_owned(),
            }
        }
        [name, sites, configuration, ..]
            if is(sites, "Sites")
                && is(configuration, "Configuration")
                && !is(name, "Subnets")
                && !is(name, "Inter-Site Transports") =>
        {
            Place::Site((*name).to_owned())
        }
        _ => Place::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_names_are_escaped() {
        let name = "CN=Yamada\\, Taro,OU=A\\\\B, DC=contoso,DC=com";
        assert_eq!(leaf(name).as_deref(), Some("Yamada, Taro"));
        assert_eq!(domain(name).as_deref(), Some("contoso.com"));
        for text in ["", "HUB1", "CN=one", "a b=c,d=e", "CN=x,,"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn the_place_in_the_configuration_says_what_an_object_is() {
        let below = |head: &str| {
            place(&format!(
                "{head},CN=Sites,CN=Configuration,DC=contoso,DC=com"
            ))
        };
        assert_eq!(
            below("CN=10.1.0.0/24,CN=Subnets"),
            Place::Subnet("10.1.0.0/24".to_owned())
        );
        assert_eq!(below("CN=Tokyo"), Place::Site("Tokyo".to_owned()));
        let (name, site) = ("DC1".to_owned(), "Tokyo".to_owned());
        assert_eq!(
            below("CN=DC1,CN=Servers,CN=Tokyo"),
            Place::Server {
                name: name.clone(),
                site: site.clone()
            }
        );
        assert_eq!(
            below("CN=NTDS Settings,CN=DC1,CN=Servers,CN=Tokyo"),
            Place::Agent { name, site }
        );
        assert_eq!(
            below("CN=A-B,CN=IP,CN=Inter-Site Transports"),
            Place::Link("A-B".to_owned())
        );
        assert_eq!(below("CN=Subnets"), Place::Other);
        assert_eq!(place("CN=HUB1,OU=Servers,DC=contoso,DC=com"), Place::Other);
    }
}
