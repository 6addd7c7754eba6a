//! Ports that a server's own settings bind in place of those of the catalogue:
//! POP3 and IMAP4, whose clients are set up for them.

use super::asked::{ActualPort, End};
use crate::estate::{Estate, ServerId};
use crate::source::Span;

/// Path, port of the catalogue, cmdlet and property that bind it (Exchange
/// Server 2007 help, `Set-PopSettings` and `Set-ImapSettings`).
const BINDINGS: [(&str, u16, &str, &str); 4] = [
    ("pop3", 110, POP, CLEAR),
    ("pop3", 995, POP, SSL),
    ("imap4", 143, IMAP, CLEAR),
    ("imap4", 993, IMAP, SSL),
];

const POP: &str = "Get-PopSettings";
const IMAP: &str = "Get-ImapSettings";
const CLEAR: &str = "UnencryptedOrTLSBindings";
const SSL: &str = "SSLBindings";

/// Every place that binds ports, with its server.
pub fn places(estate: &Estate) -> impl Iterator<Item = (ServerId, Span)> {
    estate.objects.iter().flat_map(|one| {
        let own = BINDINGS.iter().filter(|known| known.2 == one.cmdlet);
        own.filter_map(|known| Some((one.server?, one.record.names(known.3)?.1)))
    })
}

/// Where a service of a path listens instead; nothing where that is not known,
/// or where the port of the catalogue is bound.
pub fn instead(path: &str, port: u16, destination: End, estate: &Estate) -> Vec<ActualPort> {
    let known = BINDINGS
        .iter()
        .find(|known| known.0 == path && known.1 == port);
    let (Some((.., cmdlet, property)), End::Server(id)) = (known, destination) else {
        return Vec::new();
    };
    let mut objects = estate.objects.iter();
    let settings = objects.find(|one| one.cmdlet == *cmdlet && one.server == Some(id));
    let Some((bindings, span)) = settings.and_then(|one| one.record.names(property)) else {
        return Vec::new();
    };
    let mut ports: Vec<u16> = Vec::new();
    for binding in bindings {
        // `0.0.0.0:110`, `:::110`
        let own = binding
            .rsplit_once(':')
            .map(|(_, port)| port.trim().parse());
        match own {
            Some(Ok(own)) if own == port => return Vec::new(),
            Some(Ok(own)) if !ports.contains(&own) => ports.push(own),
            Some(Ok(_)) => {}
            // What cannot be read may be the usual port.
            Some(Err(_)) | None => return Vec::new(),
        }
    }
    let moved = |value| ActualPort {
        value,
        at: Some(span),
    };
    ports.into_iter().map(moved).collect()
}
