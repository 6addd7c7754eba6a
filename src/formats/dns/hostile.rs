//! Broken and hostile inputs: no reader panics, and every line has a state.

use super::{HOSTS, NSLOOKUP, ZONE};
use crate::formats::exchange::testing::{named, survives_cuts};

#[test]
fn nothing_breaks_a_reader_of_names() {
    let zone = ";  Zone:  contoso.com\n$TTL 1h\n@ IN SOA a. b. ( 1 2\n 3 ; \u{65e2}\n ) \n\t\tMX 10 \u{65e2}\\.x\n\
        a [Aging:1] 600 SRV 0 0 25 \"m;\"\nb TXT \"open\n$ORIGIN .\n@ A 10.0.0.1\n";
    let hosts = "\u{feff}10.0.0.1\tHUB1 hub1.contoso.com # \u{65e2}\r\nfe80::1%12 a\r\n";
    let lookup = "\u{30b5}\u{30fc}\u{30d0}\u{30fc}:  a\nAddress:  10.0.0.2#53\n\n\u{540d}\u{524d}:  b.c\n\
        Addresses:  ::1\n\t10.0.0.3\nAliases: d\nx SRV service location:\n priority = 1\n svr hostname = y\n\
        c MX preference = 1, mail exchanger = z\n";
    for (format, text) in [(&ZONE, zone), (&HOSTS, hosts), (&NSLOOKUP, lookup)] {
        survives_cuts(format, "contoso.com.zone", text);
    }
}

#[test]
fn a_zone_of_parentheses_and_long_words_stays_small() {
    for text in [
        "(".repeat(100_000),
        "a ".repeat(100_000),
        ";(".repeat(50_000),
    ] {
        let document = (ZONE.parse)(&named("x", &format!("$TTL 1\n{text}\n")));
        assert_eq!(document.ledger.states().len(), 2);
    }
}
