//! Real configurations: every filter is evaluated whole, and the parts of an
//! answer always make up the question.

use std::path::{Path, PathBuf};

use crate::flow::*;
use crate::formats::{Content, firewall};
use crate::model::firewall::FilterId;
use crate::source::{FileId, SourceFile};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/cisco_asa");
    folder.is_dir().then_some(folder)
}

#[test]
fn the_parts_of_every_real_list_make_up_all_packets() {
    let Some(folder) = folder() else {
        println!("skipped: the corpus is not here");
        return;
    };
    let mut lists = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        // Large lists are for the benches.
        if bytes.len() > 200_000 {
            continue;
        }
        let file = SourceFile::decode(FileId(0), "corpus", bytes);
        if (firewall::cisco_asa::FORMAT.detect)(&file).is_none() {
            continue;
        }
        for content in (firewall::cisco_asa::FORMAT.parse)(&file).content {
            let Content::Firewall(firewall) = content else {
                continue;
            };
            let engine = Engine::new(&firewall, "2013-06-03", &[]);
            let hiding = engine.hidden_rules();
            assert!(
                hiding
                    .rules
                    .iter()
                    .all(|hidden| engine.rule(hidden.rule).is_some())
            );
            for id in 0..firewall.filters.len() as u32 {
                let parts =
                    engine.evaluate_filter(FilterId(id), &PacketSet::all(), &Context::default());
                lists += 1;
                let cubes: Vec<&Cube> = parts.iter().flat_map(|p| p.packets.cubes()).collect();
                if cubes.len() < 150 {
                    for (index, cube) in cubes.iter().enumerate() {
                        let others = cubes.iter().skip(index + 1);
                        assert!(
                            others.clone().all(|other| !other.overlaps(cube)),
                            "{path:?}"
                        );
                    }
                    let mut left = PacketSet::all();
                    for part in &parts {
                        left = left.subtract(&part.packets);
                    }
                    assert!(left.is_empty(), "{path:?}: {}", left.describe());
                }
                for part in &parts {
                    let witness = part.packets.witness(&[]).unwrap();
                    assert!(part.packets.contains(&witness), "{path:?}");
                    let open = part.outcome.verdict == PartVerdict::Inconclusive;
                    assert_eq!(open, !part.outcome.reasons.is_empty(), "{path:?}");
                }
            }
        }
    }
    assert!(lists > 50, "{lists} lists");
}
