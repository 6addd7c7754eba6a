//! An export of HealthChecker as its script makes it, with invented values.

use super::*;
use crate::formats::exchange::CLIXML;
use crate::formats::exchange::testing::{
    at, flags, list, named, records, says_nothing, text, value,
};
use crate::model::exchange::{Record, Value};

const HOST_CONFIG: &str = "&lt;?xml version=\"1.0\"?&gt;_x000D__x000A_&lt;configuration&gt;&lt;system.applicationHost&gt;&lt;sites&gt;\
&lt;site name=\"Default Web Site\" id=\"1\"&gt;&lt;application path=\"/owa\"&gt;&lt;virtualDirectory path=\"/\" physicalPath=\"C:\\owa\" /&gt;&lt;/application&gt;&lt;/site&gt;\
&lt;/sites&gt;&lt;/system.applicationHost&gt;_x000D__x000A_&lt;location path=\"Default Web Site/owa\"&gt;&lt;system.webServer&gt;&lt;security&gt;\
&lt;access sslFlags=\"Ssl, Ssl128\" /&gt;&lt;/security&gt;&lt;/system.webServer&gt;&lt;/location&gt;&lt;/configuration&gt;";

fn report() -> String {
    format!(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><TN RefId=\"0\"><T>HealthChecker.AnalyzedInformation</T><T>System.Object</T></TN><Props>\
<Obj N=\"HealthCheckerExchangeServer\" RefId=\"1\"><TN RefId=\"1\"><T>HealthChecker.HealthCheckerExchangeServer</T></TN><Props><S N=\"ServerName\">MBX1</S>\
<Obj N=\"OSInformation\" RefId=\"2\"><MS>\
<Obj N=\"NetworkInformation\" RefId=\"3\"><MS><Obj N=\"NetworkAdapters\" RefId=\"4\"><TN RefId=\"2\"><T>System.Object[]</T></TN><LST>\
<Obj RefId=\"5\"><MS><S N=\"Name\">Ethernet0</S><S N=\"Description\">vmxnet3 Ethernet Adapter</S>\
<Obj N=\"IPv4Addresses\" RefId=\"6\"><TNRef RefId=\"2\" /><LST>\
<Obj RefId=\"7\"><MS><S N=\"Address\">192.0.2.11</S><By N=\"Subnet\">24</By><S N=\"DefaultGateway\">192.0.2.1</S></MS></Obj>\
<Obj RefId=\"8\"><MS><S N=\"Address\">192.0.2.12</S><By N=\"Subnet\">24</By><S N=\"DefaultGateway\">No default IPv4 gateway set</S></MS></Obj></LST></Obj>\
<Obj N=\"IPv6Addresses\" RefId=\"9\"><TNRef RefId=\"2\" /><LST /></Obj>\
<Obj N=\"DnsServer\" RefId=\"10\"><TN RefId=\"3\"><T>System.String[]</T></TN><LST><S>192.0.2.5</S><S>192.0.2.6</S></LST></Obj></MS></Obj>\
</LST></Obj></MS></Obj>\
<Obj N=\"TLSSettings\" RefId=\"11\"><MS><Obj N=\"Registry\" RefId=\"12\"><MS><Obj N=\"TLS\" RefId=\"13\"><DCT><En><S N=\"Key\">1.0</S>\
<Obj N=\"Value\" RefId=\"14\"><MS><S N=\"TLSVersion\">1.0</S><B N=\"ServerEnabled\">false</B><I32 N=\"ServerEnabledValue\">0</I32><Nil N=\"ClientEnabledValue\" /></MS></Obj></En></DCT></Obj></MS></Obj></MS></Obj>\
</MS></Obj>\
<Obj N=\"ExchangeInformation\" RefId=\"15\"><MS>\
<Obj N=\"ExchangeCertificates\" RefId=\"16\"><TNRef RefId=\"2\" /><LST><Obj RefId=\"17\"><MS>\
<S N=\"Issuer\">CN=Contoso CA</S><S N=\"Subject\">CN=mail.contoso.com</S><S N=\"FriendlyName\">mail.contoso.com</S><S N=\"Thumbprint\">ACC8BDF5DCD7FFFE524A7767AFABABABABABABAB</S>\
<I32 N=\"PublicKeySize\">2048</I32><S N=\"SignatureAlgorithm\">sha256RSA</S><S N=\"SignatureHashAlgorithm\">sha256</S>\
<Obj N=\"Namespaces\" RefId=\"18\"><TNRef RefId=\"2\" /><LST><Obj RefId=\"19\"><ToString>mail.contoso.com</ToString><Props><S N=\"Punycode\">mail.contoso.com</S></Props></Obj>\
<Obj RefId=\"20\"><ToString>autodiscover.contoso.com</ToString></Obj></LST></Obj>\
<Obj N=\"Services\" RefId=\"21\"><TN RefId=\"4\"><T>Microsoft.Exchange.Management.SystemConfigurationTasks.AllowedServices</T></TN><ToString>IIS, SMTP</ToString><I32>10</I32></Obj>\
<I32 N=\"LifetimeInDays\">278</I32><S N=\"Status\">Unknown</S><SS N=\"PrivateKey\">geheim</SS></MS></Obj></LST></Obj>\
<Obj N=\"IISSettings\" RefId=\"22\"><MS><S N=\"applicationHostConfig\">{HOST_CONFIG}</S>\
<Obj N=\"IISWebApplication\" RefId=\"23\"><TNRef RefId=\"2\" /><LST><Obj RefId=\"24\"><MS><S N=\"FriendlyName\">Default Web Site/owa</S><S N=\"Path\">/owa</S>\
<Obj N=\"ConfigurationFileInfo\" RefId=\"25\"><MS><B N=\"Valid\">true</B><S N=\"Location\">C:\\owa\\web.config</S><S N=\"Content\">&lt;configuration&gt;&lt;system.webServer&gt;&lt;security&gt;&lt;access sslFlags=\"None\" /&gt;&lt;/security&gt;&lt;/system.webServer&gt;&lt;/configuration&gt;</S><B N=\"Exist\">true</B></MS></Obj></MS></Obj></LST></Obj>\
</MS></Obj></MS></Obj></Props></Obj></Props></Obj></Objs>"
    )
}

fn only<'r>(all: &[&'r Record], cmdlet: &str) -> &'r Record {
    let mut of_cmdlet = all.iter().filter(|record| record.cmdlet == Some(cmdlet));
    let found = of_cmdlet.next().unwrap_or_else(|| panic!("no {cmdlet}"));
    assert!(of_cmdlet.next().is_none(), "{cmdlet} twice");
    assert_eq!(found.host.as_deref(), Some("MBX1"), "{cmdlet}");
    found
}

#[test]
fn its_own_objects_become_the_records_of_other_exports() {
    let report = report();
    let file = named("HealthChecker-MBX1-20240101.xml", &report);
    assert!((CLIXML.detect)(&file).is_some());
    assert_eq!((crate::formats::registry::TLS_SETTINGS.detect)(&file), None);
    let document = (CLIXML.parse)(&file);
    assert_eq!(document.problems, []);
    let all = records(&document);
    let certificate = only(&all, "Get-ExchangeCertificate");
    assert_eq!(value(certificate, "Services"), &flags(&["IIS", "SMTP"]));
    assert_eq!(at(&file, certificate, "Services"), "IIS, SMTP");
    let names = list(&["mail.contoso.com", "autodiscover.contoso.com"]);
    assert_eq!(value(certificate, "CertificateDomains"), &names);
    assert_eq!(value(certificate, "PublicKeySize"), &Value::Integer(2048));
    for absent in ["Status", "FriendlyName", "PrivateKey"] {
        assert!(certificate.properties.get(absent).is_none(), "{absent}");
    }
    let adapter = only(&all, "Get-NetIPConfiguration");
    let addresses = list(&["192.0.2.11", "192.0.2.12"]);
    assert_eq!(value(adapter, "IPv4Address"), &addresses);
    assert_eq!(at(&file, adapter, "IPv4Address"), "192.0.2.11");
    assert_eq!(value(adapter, "IPv4DefaultGateway"), &list(&["192.0.2.1"]));
    assert_eq!(
        value(adapter, "DNSServer"),
        &list(&["192.0.2.5", "192.0.2.6"])
    );
    assert_eq!(value(adapter, "InterfaceAlias"), &text("Ethernet0"));
    let tls = only(&all, "Get-ItemProperty");
    assert_eq!(value(tls, "Enabled"), &Value::Integer(0));
    let owa = only(&all, "Get-WebApplication");
    assert_eq!(value(owa, "SslFlags"), &flags(&["Ssl", "Ssl128"]));
    assert_eq!(at(&file, owa, "SslFlags"), "Ssl, Ssl128");
    assert_eq!(at(&file, owa, "PhysicalPath"), "C:\\owa");
    let modelled = document.ledger.states().iter();
    assert!(
        modelled
            .filter(|state| **state == LineState::Modelled)
            .count()
            > 15
    );
}

#[test]
fn the_web_config_of_an_application_has_its_place() {
    let report = report();
    let document = (CLIXML.parse)(&named("HealthChecker-MBX1.xml", &report));
    let places: Vec<Option<&str>> = document
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Iis(configuration) => Some(configuration.place.as_deref()),
            _ => None,
        })
        .collect();
    assert_eq!(places, [Some("Default Web Site/owa"), None]);
}

#[test]
fn secrets_are_no_values_and_what_is_cut_off_is_told() {
    let secret = report().replace(
        "<S N=\"Subject\">CN=mail.contoso.com</S>",
        "<SS N=\"Subject\">geheim</SS>",
    );
    let file = named("HealthChecker-MBX1.xml", &secret);
    let document = (CLIXML.parse)(&file);
    let all = records(&document);
    let certificate = only(&all, "Get-ExchangeCertificate");
    assert!(certificate.properties.get("Subject").is_none());
    assert!(!format!("{:?}", document.content).contains("geheim"));
    let many: String = (0..2000)
        .map(|n| format!("<S>n{n}.contoso.com</S>"))
        .collect();
    let long = report().replace(
        "<LST><Obj RefId=\"19\">",
        &format!("<LST>{many}<Obj RefId=\"19\">"),
    );
    let document = (CLIXML.parse)(&named("HealthChecker-MBX1.xml", &long));
    let all = records(&document);
    let certificate = only(&all, "Get-ExchangeCertificate");
    says_nothing(certificate, "CertificateDomains");
}

#[test]
fn a_configuration_that_is_broken_decides_nothing_and_says_where() {
    let broken = report().replace("&lt;/sites&gt;", "&lt;/site&gt;");
    let file = named("HealthChecker-MBX1.xml", &broken);
    let document = (CLIXML.parse)(&file);
    let all = records(&document);
    assert!(
        all.iter()
            .all(|record| record.cmdlet != Some("Get-WebApplication"))
    );
    let [problem] = document.problems.as_slice() else {
        panic!("{:?}", document.problems);
    };
    assert!(problem.message.contains("not well formed"));
    assert!(file.text().get(problem.span.range()).is_some());
}

#[test]
fn a_report_that_ends_anywhere_is_read() {
    let report = report();
    for (end, _) in report.char_indices() {
        let file = named("HealthChecker-MBX1.xml", &report[..end]);
        let document = (CLIXML.parse)(&file);
        for record in records(&document) {
            for property in &record.properties {
                assert!(file.text().get(property.span.range()).is_some());
            }
        }
    }
}

#[test]
fn deep_objects_stay_bounded() {
    let deep = format!(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj N=\"HealthCheckerExchangeServer\">{}",
        "<Obj N=\"Namespaces\"><LST>".repeat(100_000)
    );
    let document = (CLIXML.parse)(&named("HealthChecker-MBX1.xml", &deep));
    assert!(records(&document).is_empty());
    assert!(!document.problems.is_empty());
}
