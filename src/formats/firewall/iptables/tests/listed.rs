//! Outputs of `iptables -S`.

use crate::formats::Content;
use crate::formats::firewall::iptables::FORMAT;
use crate::source::{FileId, SourceFile};

const LISTED: &str = "-P INPUT DROP
-P FORWARD DROP
-P OUTPUT ACCEPT
-A FORWARD -d 192.0.2.5/32 -p tcp -m tcp --dport 25 -j ACCEPT
";

fn read(text: &str) -> (Vec<String>, usize) {
    let file = SourceFile::from_text(FileId(0), "gw1.txt", text);
    let document = (FORMAT.parse)(&file);
    let mut labels = Vec::new();
    for content in &document.content {
        if let Content::Firewall(firewall) = content {
            labels.extend(firewall.stages.iter().map(|stage| stage.label.clone()));
        }
    }
    (labels, document.problems.len())
}

#[test]
fn two_listings_in_one_file_decide_nothing() {
    let why = "the file holds several listings";
    let (labels, problems) = read(LISTED);
    assert!(!labels.is_empty() && labels.iter().all(|label| label != why));
    assert_eq!(problems, 0);
    let (labels, problems) = read(&format!("{LISTED}{}", LISTED.replace("ACCEPT", "DROP")));
    assert_eq!(labels, [why; 3]);
    assert_eq!(problems, 1);
}
