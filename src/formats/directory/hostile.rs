//! Broken and hostile inputs: no reader panics, and every line has a state.

use super::{CONSOLE, LDIF};
use crate::formats::exchange::testing::survives_cuts;

#[test]
fn nothing_breaks_a_reader_of_the_directory() {
    let ldif = "\u{feff}dn: CN=a,CN=Sites,\n CN=Configuration\nobjectClass: site\ncn:: 5p2x\nx:< y\n\n\
        dn:: Q049YQ==\nmember;range=0-*: CN=\\,b,DC=c\nuserAccountControl: 8192\n-\n# c\n d\n";
    let console = "C:\\>dsget group \"CN=a,DC=b\" -members\n\"CN=\u{65e2}\\,,DC=b\"\n\n  dn  dnsname  site\n  CN=a,DC=b  x\n\
        dsget succeeded\nGet list of DCs in domain 'a' from '\\\\b'.\n    c.d [PDC]  [DS] Site: \u{65e2}\n\
        DC: \\\\x.y\nAddress: \\\\10.0.0.1\nNode           Node ID Status\n-------------- ------- ---------------------\n\
        N1 1 Up\n-------------------- --------------- ------\n\u{65e2} N1 Online\n";
    survives_cuts(&LDIF, "x.ldf", ldif);
    survives_cuts(&CONSOLE, "x.txt", console);
}
