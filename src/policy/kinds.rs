//! Which command gives a kind of input.

use crate::model::path::Localised;

/// The table: kind, English, Japanese.
const TABLE: &str = include_str!("kinds.tsv");

/// What gives a kind of input: a command, or words where there is none.
#[must_use]
pub fn settle(kind: &str) -> Localised {
    let row = |wanted: &str| {
        TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some((cells.next()?, cells.next()?, cells.next()?))
            })
            .find(|(name, _, _)| *name == wanted)
    };
    let (en, ja) = row(kind)
        .or_else(|| row("*"))
        .map_or((kind, kind), |(_, en, ja)| (en, ja));
    Localised {
        en: en.replace("{kind}", kind),
        ja: ja.replace("{kind}", kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cmdlet_without_a_row_is_exported_as_clixml() {
        assert_eq!(
            settle("Get-SendConnector").en,
            "`Get-SendConnector | Export-Clixml Get-SendConnector.xml`"
        );
    }

    #[test]
    fn the_firewall_row_is_in_both_languages() {
        let text = settle("firewall");
        assert!(text.en.contains("show running-config"));
        assert!(text.ja.contains("ファイアウォール"));
    }
}
