use super::*;
use crate::formats::exchange::testing::{
    at, flags, list, named, records, runs, says_nothing, text, value,
};
use crate::model::exchange::Value;

const TABLE: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"  \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r
<html xmlns=\"http://www.w3.org/1999/xhtml\">\r
<head>\r
<title>HTML TABLE</title>\r
</head><body>\r
<table>\r
<colgroup><col/><col/><col/><col/></colgroup>\r
<tr><th>Identity</th><th>AuthMechanism</th><th>Bindings</th><th>Banner</th></tr>\r
<tr><td>HUB1\\A &amp; B</td><td>Tls, ExchangeServer</td><td>Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding]</td><td></td></tr>\r
</table>\r
</body></html>\r
";

#[test]
fn rows_under_headings_are_objects() {
    let file = named("x.html", TABLE);
    assert_eq!(detect(&file).map(|e| e.strength), Some(88));
    let document = parse(&file);
    let record = records(&document)[0];
    assert_eq!(record.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(value(record, "Identity"), &text("HUB1\\A & B"));
    assert_eq!(
        value(record, "AuthMechanism"),
        &flags(&["Tls", "ExchangeServer"])
    );
    assert_eq!(value(record, "Banner"), &Value::Null);
    assert!(says_nothing(record, "Bindings"));
    assert!(record.properties.get("Enabled").is_none(), "not selected");
    assert_eq!(at(&file, record, "AuthMechanism"), "Tls, ExchangeServer");
}

#[test]
fn pairs_of_name_and_value_are_objects_too() {
    let page = "<h2>Get-PopSettings</h2><table>\
        <tr><td>Server:</td><td>CAS1</td></tr>\
        <tr><td>LoginType:</td><td>SecureLogin</td></tr>\
        <tr><td><hr></td></tr>\
        <tr><td>Server:</td><td>CAS2</td></tr>\
        <tr><td>LoginType:</td><td>PlainTextLogin</td></tr></table>";
    let document = parse(&named("x.htm", page));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].cmdlet, Some("Get-PopSettings"));
    assert_eq!(value(found[1], "LoginType"), &text("PlainTextLogin"));
}

#[test]
fn tables_under_headings_of_several_cmdlets_are_told_apart() {
    let page = "<html><h1>Exchange</h1><h2>Accepted domains</h2><table>\
        <tr><th>Name</th><th>DomainName</th></tr><tr><td>a</td><td>contoso.com</td></tr></table>\
        <h2>Get-EdgeSubscription</h2><table><tr><th>Name</th><th>Site</th></tr></table>\
        <h2>Disks</h2><table><tr><th>Drive</th><th>Free</th></tr><tr><td>C</td><td>1</td></tr></table>";
    let file = named("x.html", page);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let seen: Vec<_> = runs(&document)
        .iter()
        .map(|run| (run.cmdlet.expect("known"), run.records.len()))
        .collect();
    assert_eq!(
        seen,
        [("Get-AcceptedDomain", 1), ("Get-EdgeSubscription", 0)]
    );
    assert_eq!(document.ledger.totals().irrelevant, 1);
}

#[test]
fn a_row_with_more_cells_than_headings_is_refused() {
    let page = "<table><tr><th>Identity</th><th>AuthMechanism</th><th>PermissionGroups</th></tr>\
        <tr><td>a</td><td>Tls</td><td>Custom</td><td>x</td></tr>\
        <tr><td>b</td><td>Tls</td></tr>";
    let document = parse(&named("x.html", page));
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert!(says_nothing(found[0], "PermissionGroups"));
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.level == ProblemLevel::Error)
    );
}

#[test]
fn lists_that_a_script_joined_are_split() {
    let page = "<table><tr><th>Identity</th><th>AuthMechanism</th><th>Bindings</th></tr>\
        <tr><td>HUB1\\A</td><td>Tls</td><td>0.0.0.0:25<br>[::]:25</td></tr></table>";
    let document = parse(&named("x.html", page));
    let record = records(&document)[0];
    assert_eq!(value(record, "Bindings"), &list(&["0.0.0.0:25", "[::]:25"]));
}

#[test]
fn other_pages_are_left_to_others() {
    for page in [
        "<html><table><tr><th>Port</th><th>Action</th></tr><tr><td>25</td><td>permit</td></tr></table>",
        "<html><body><p>Get-ReceiveConnector returns AuthMechanism and PermissionGroups</p>",
        "<?xml version=\"1.0\"?><configuration><system.webServer/></configuration>",
        "<table><tr><th",
        "plain text",
    ] {
        assert_eq!(detect(&named("x.html", page)), None, "{page}");
    }
}

#[test]
fn a_page_that_breaks_off_says_so_and_has_no_empty_result() {
    let row = "<tr><td>HUB1\\Default</td><td>Tls</td><td>True</td></tr>\r\n";
    let head = "<table>\r\n<tr><th>Identity</th><th>AuthMechanism</th><th>PermissionGroups</th>\
                </tr>\r\n";
    let breaks_off = |text: &str| {
        let document = parse(&named("Get-ReceiveConnector.html", text));
        let told = |problem: &crate::formats::Problem| {
            problem.level == ProblemLevel::Error
                && problem.message == "the file ends inside a table"
        };
        let told = document.problems.iter().any(told);
        (told, runs(&document).len(), records(&document).len())
    };
    assert_eq!(breaks_off(&format!("{head}{row}{row}")), (true, 1, 2));
    assert_eq!(
        breaks_off(&format!("{head}{row}</table>\r\n")),
        (false, 1, 1)
    );
    assert_eq!(breaks_off(head), (true, 0, 0));
    assert_eq!(breaks_off(&format!("{head}</table>\r\n")), (false, 1, 0));
}

const PAGE: &str = r#"<!DOCTYPE html>
<html><head><title>Our relays</title><script>var x = "<pre>Name : no";</script></head>
<body><h1>Our relays</h1><p>This is what the shell shows:</p>
<pre class="console">[PS] C:\&gt;Get-ReceiveConnector HUB1\* | fl

Name             : Relay &amp; Fax
Identity         : HUB1\Relay &amp; Fax
Bindings         : {0.0.0.0:25}
PermissionGroups : AnonymousUsers
RemoteIPRanges   : {10.0.0.0/8}
</pre>
<p>The other one, coloured:</p>
<pre><code class="language-powershell"><span class="k">Name</span>             : <b>Default HUB1</b>
<span class="k">Identity</span>         : HUB1\Default HUB1
<span class="k">Bindings</span>         : {0.0.0.0:25}
<span class="k">PermissionGroups</span> : ExchangeUsers, ExchangeServers
<span class="k">RemoteIPRanges</span>   : {0.0.0.0-255.255.255.255}
</code></pre>
</body></html>
"#;

#[test]
fn a_page_that_shows_captures_is_read_as_the_capture() {
    let file = named("relays.html", PAGE);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let all = records(&document);
    let names: Vec<&Value> = all.iter().map(|record| value(record, "Name")).collect();
    assert_eq!(names, [&text("Relay & Fax"), &text("Default HUB1")]);
    assert!(all.iter().all(|r| r.cmdlet == Some("Get-ReceiveConnector")));
    assert_eq!(
        value(all[1], "RemoteIPRanges"),
        &list(&["0.0.0.0-255.255.255.255"])
    );
    assert_eq!(
        value(all[1], "PermissionGroups"),
        &flags(&["ExchangeUsers", "ExchangeServers"])
    );
    assert!(at(&file, all[0], "Bindings").contains("{0.0.0.0:25}"));
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
    assert_eq!(totals.modelled, 11, "{:?}", document.ledger.states());
}

#[test]
fn tables_and_captures_of_one_page_are_both_read() {
    let page = PAGE.replace(
        "<p>The other one",
        "<table><tr><th>Identity</th><th>AuthMechanism</th><th>Bindings</th></tr>\n\
         <tr><td>HUB2\\Relay</td><td>Tls</td><td>0.0.0.0:587</td></tr></table><p>The other one",
    );
    let document = parse(&named("relays.html", &page));
    assert_eq!(records(&document).len(), 3);
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn a_tag_that_breaks_a_line_ends_it() {
    // A line end behind the tag is the same one.
    for tag in ["<br>", "<br />\n"] {
        let page = PAGE.replace(
            "</span>             : <b>Default HUB1</b>\n",
            &format!("</span>             : <b>Default HUB1</b>{tag}"),
        );
        let file = named("relays.html", &page);
        let document = parse(&file);
        let all = records(&document);
        assert_eq!(all.len(), 2, "{tag}");
        assert_eq!(value(all[1], "Name"), &text("Default HUB1"));
        assert_eq!(value(all[1], "Identity"), &text("HUB1\\Default HUB1"));
        let totals = document.ledger.totals();
        assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
    }
}

const POST: &str = "<!DOCTYPE html>\n<html><head><title>Relays</title></head><body><h2>Relays</h2>\n\
<p>Ask for Bindings : and see:</p>\n\
<p>[PS] C:\\&gt;Get-ReceiveConnector &#8220;HUB1\\*&#8221; | fl<br />\nIdentity : HUB1\\Relay<br />\n\
AuthMechanism : Tls<br />\nBindings : {0.0.0.0:25}<br />\nRemoteIPRanges : {10.0.0.1,\n10.0.0.2}<br />\n\
PermissionGroups : AnonymousUsers</p>\n<p>Identity : HUB1\\Client<br />\nAuthMechanism : Tls, Integrated<br />\n\
Bindings : {0.0.0.0:587}<br />\nPermissionGroups : ExchangeUsers</p>\n\
<p>As you see, RequireTLS : it is not there.</p></body></html>\n";

#[test]
fn a_capture_in_paragraphs_is_read_as_a_browser_shows_it() {
    let file = named("post.html", POST);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let all = records(&document);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(value(all[0], "Identity"), &text("HUB1\\Relay"));
    assert_eq!(
        value(all[0], "RemoteIPRanges"),
        &list(&["10.0.0.1", "10.0.0.2"])
    );
    assert_eq!(
        value(all[0], "PermissionGroups"),
        &flags(&["AnonymousUsers"])
    );
    assert_eq!(value(all[1], "Bindings"), &list(&["0.0.0.0:587"]));
    assert!(all[1].properties.get("RequireTLS").is_none());
    let place = all[1].properties.get("Bindings").map(|p| p.span.start);
    let line = place.map(|at| file.line_of(at));
    let wanted = POST.lines().position(|line| line.contains(":587"));
    assert_eq!(line, wanted);
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

#[test]
fn prose_with_names_of_cmdlets_is_no_capture() {
    for page in [
        "<p>Run Get-ReceiveConnector | fl on the server.</p><p>Name : the connector</p>",
        "<div>Identity : who</div><div>Server : where</div>",
        "<h1>Get-ReceiveConnector</h1><ul><li>Identity : its name</li><li>Server : its server</li>\
         <li>Bindings : its addresses</li><li>Enabled : whether it is on</li></ul>",
    ] {
        let page = format!("<html><body>{page}</body></html>");
        assert!(detect(&named("a.html", &page)).is_none(), "{page}");
    }
}

#[test]
fn a_post_in_markdown_shows_captures_with_words_in_colour() {
    let post = "---\ntitle: Certificates\n---\nFirst, list them:\n\n<div class=\"wp_syntax\">\n<pre class=\"powershell\"><span style=\"color: #000000;\">&#91;</span><span>PS</span><span>&#93;</span> C:\\Windows\\system32<span>&gt;</span>Get<span>-</span>ExchangeCertificate\n&nbsp;\nThumbprint                                Services   Subject\n<span>----------</span>                                <span>--------</span>   <span>-------</span>\n8490765C4C47D81AA8490765C4C47D81AA12345F  .P....     CN<span>=</span>cas1\n</pre>\n</div>\n";
    let file = named("2010-11-30-imap.md", post);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(value(found[0], "Services"), &flags(&["POP"]));
    assert_eq!(value(found[0], "Subject"), &text("CN=cas1"));
    // A row that looks like one of a table is no reason to take the page for text.
    let hidden = post.replace(
        "8490765C4C47D81AA8490765C4C47D81AA12345F",
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
    );
    assert!(detect(&named("a.md", &hidden)).is_some());
    // Fences are read as text.
    let fenced = "Notes\n```\n[PS] C:\\>Get-ReceiveConnector | fl Identity,Bindings\n\nIdentity : HUB1\\A\nBindings : {0.0.0.0:25}\n```\n<pre>\nb\n</pre>\n";
    assert!(detect(&named("a.md", fenced)).is_none());
}
