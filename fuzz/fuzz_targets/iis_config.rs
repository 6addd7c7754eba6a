//! Any bytes read as a configuration of IIS 7, and as a metabase of IIS 6; two
//! texts with a NUL between them also as the files of one server.
#![no_main]

use exlint::formats::Content;
use exlint::formats::iis::configuration::Configuration;
use exlint::formats::iis::{CONFIG, METABASE, Web, merge};
use exlint::source::{FileId, SourceFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    exlint_fuzz::read(&CONFIG, bytes);
    exlint_fuzz::read(&METABASE, bytes);
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(host), Some(web)) = (parts.next(), parts.next()) else {
        return;
    };
    let file = SourceFile::decode(FileId(0), "CAS1_applicationHost.config", host.to_vec());
    let other = SourceFile::decode(FileId(1), "web.config", web.to_vec());
    let (Some(host), Some(web)) = (configuration(&file), configuration(&other)) else {
        return;
    };
    let mut places: Vec<String> = host.directories().map(|(_, one)| one.place.clone()).collect();
    places.push("s".to_owned());
    let webs = places.into_iter().map(|place| Web {
        place,
        configuration: &web,
    });
    let webs: Vec<Web<'_>> = webs.collect();
    let one = merge(&file, &host, &webs, &[]);
    let two = merge(&file, &host, &webs, &[&web]);
    assert!(one.content.len() <= 1 && two.content.len() <= 1);
});

fn configuration(file: &SourceFile) -> Option<Configuration> {
    let document = (CONFIG.parse)(file);
    document.content.into_iter().find_map(|content| match content {
        Content::Iis(configuration) => Some(*configuration),
        _ => None,
    })
}
