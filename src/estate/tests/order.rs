//! The estate does not depend on the order of the files.

use proptest::prelude::*;

use super::*;
use crate::formats::Content;
use crate::source::{SourceFile, Span};

/// Rewrites the file ids of a debug text to file names, so that runs with
/// other ids can be compared.
fn describe(estate: &Estate, sources: &Sources) -> String {
    let mut text = format!("{estate:#?}");
    let pattern = regex::Regex::new(r"FileId\(\s*(\d+),?\s*\)").expect("a pattern");
    text = pattern
        .replace_all(&text, |captures: &regex::Captures<'_>| {
            let id = FileId(captures[1].parse().expect("a number"));
            sources.get(id).map_or("?", |file| file.name()).to_owned()
        })
        .into_owned();
    text
}

/// The same files with ids in another order.
fn reordered(lab: &Lab, order: &[usize]) -> Lab {
    let mut sources = Sources::default();
    let mut ids = vec![FileId(0); order.len()];
    for old in order {
        let file = &lab.sources.files()[*old];
        ids[*old] = sources.add(|id| SourceFile::from_text(id, file.name(), file.text()));
    }
    // Contents are read again from their debug form's source: spans move with
    // the file, so it is enough to rewrite the ids.
    let contents = order
        .iter()
        .flat_map(|old| {
            lab.contents
                .iter()
                .filter(|(id, _)| id.0 as usize == *old)
                .map(|(id, content)| (ids[id.0 as usize], moved(content, ids[id.0 as usize])))
                .collect::<Vec<_>>()
        })
        .collect();
    Lab { sources, contents }
}

fn moved(content: &Content, to: FileId) -> Content {
    let mut content = content.clone();
    let shift = |span: &mut Span| span.file = to;
    match &mut content {
        Content::Firewall(firewall) => {
            shift(&mut firewall.name.span);
            for interface in &mut firewall.interfaces {
                shift(&mut interface.span);
                shift(&mut interface.name.span);
                for address in &mut interface.addresses {
                    shift(&mut address.span);
                }
                if let Some(level) = &mut interface.security_level {
                    shift(&mut level.span);
                }
            }
            for route in &mut firewall.routes {
                shift(&mut route.span);
            }
        }
        Content::Exchange(run) => {
            shift(&mut run.span);
            for record in &mut run.records {
                shift(&mut record.span);
                for property in record.properties.iter_mut() {
                    shift(&mut property.span);
                }
            }
        }
        Content::Routes { routes, .. } => {
            for (_, route) in routes {
                shift(&mut route.span);
            }
        }
        Content::Inventory(_)
        | Content::HostFirewall(_)
        | Content::Secrets(_)
        | Content::Iis(_) => {}
    }
    content
}

/// An estate with copies, contradictions, clusters and two firewalls.
fn rich() -> Lab {
    let mut lab = Lab::new();
    // The inventory stays first: its many spans are not rewritten here.
    lab.inventory(
        "[exchange]\nversion = \"8.3\"\n\
         [[zone]]\nname = \"dmz\"\nclass = \"perimeter\"\nat = [\"outer:dmz\"]\n\
         [[server]]\nname = \"edge1\"\nroles = [\"edge\"]\nsite = \"Osaka\"\n\
         addresses = [\"192.0.2.10\"]\n\
         [[host]]\nname = \"dc1\"\nroles = [\"ad\"]\naddresses = [\"10.1.0.5\"]\n",
    )
    .firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("dmz", 50, "192.0.2.1/24")
            .route("outside", "0.0.0.0/0", "203.0.113.1");
    })
    .firewall("inner", |f| {
        f.interface("outside", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24");
    })
    .firewall_in("old/inner.cfg", "inner", |f| {
        f.interface("outside", 0, "192.0.2.3/24");
    })
    .export(
        "a.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nFqdn : hub1.contoso.com\nServerRole : HubTransport\n\
         Site : x/Sites/Tokyo\n\nName : EDGE1\nServerRole : Edge\nSite : x/Sites/Tokyo\n\n\
         Name : LOST1\nServerRole : Mailbox\n",
    )
    .export(
        "b.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nServerRole : HubTransport, Mailbox\nSite : x/Sites/Osaka\n",
    )
    .export(
        "c.txt",
        "Get-ReceiveConnector",
        "Identity : HUB1\\Default HUB1\nAuthMechanism : Tls\nBindings : {10.1.0.12:25}\n",
    )
    .export(
        "d.txt",
        "Get-ReceiveConnector",
        "Identity : hub1\\Default HUB1\nAuthMechanism : BasicAuth\nEnabled : True\n",
    )
    .export(
        "e.txt",
        "Get-MailboxServer",
        "Name : CMS1\nRedundantMachines : {NODE1, NODE2}\n",
    )
    .export(
        "NODE1_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        "Name : NIC\nIPAddresses : {10.1.0.31}\n",
    )
    .routes("r.txt", Some("outer"), &[("dmz", "10.1.0.0/16")]);
    lab
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn joining_does_not_depend_on_the_order_of_files(
        order in Just((1..11_usize).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let lab = rich();
        prop_assert_eq!(lab.sources.files().len(), 11);
        let expected = describe(&lab.join(), &lab.sources);
        let order: Vec<usize> = std::iter::once(0).chain(order).collect();
        let other = reordered(&lab, &order);
        prop_assert_eq!(describe(&other.join(), &other.sources), expected);
    }
}

#[test]
fn the_rich_estate_has_what_the_order_could_disturb() {
    let estate = rich().join();
    assert!(
        estate.contradictions.len() >= 3,
        "{:?}",
        contradictions(&estate)
    );
    assert_eq!(estate.firewalls.len(), 3);
    assert!(
        estate
            .objects
            .iter()
            .any(|object| !object.copies.is_empty())
    );
    assert!(!estate.questions.is_empty());
    assert_eq!(range("10.0.0.0/8").to_string(), "10.0.0.0/8");
}
