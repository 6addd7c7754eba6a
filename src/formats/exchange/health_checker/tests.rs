//! A report of two servers, with invented names.

use super::*;
use crate::formats::exchange::testing::{list, named, records, survives_cuts, text, value};

const REPORT: &str = "Exchange Health Checker version 3.3.1\n\
\n\
Exchange Information\n\
--------------------\n\
\tName: MBX1\n\
\tVersion: Exchange 2016 CU17\n\
\tBuild Number: 15.1.2044.4\n\
\tServer Role: Mailbox\n\
\tDAG Name: \n\
\tAD Site: Tokyo\n\
\n\
NIC Settings Per Active Adapter\n\
-------------------------------\n\
\tInterface Description: vmxnet3 Ethernet Adapter [Ethernet0]\n\
\t\tIPv4 Address: \n\
\t\t\tAddress: 10.20.30.11\\24 Gateway: 10.20.30.1\n\
\t\tIPv6 Address: \n\
\t\tDNS Server: 10.20.30.5 10.20.30.6\n\
\n\
Security Settings\n\
-----------------\n\
\tTLS 1.0\n\
\t\tServer Enabled: True\n\
\tCertificate: \n\
\t\tFriendlyName: mail\n\
\t\tThumbprint: ACC8BDF5DCD7FFFE524A7767AFABABABABABABAB\n\
\t\tLifetime in days: 278\n\
\t\tKey size: 2048\n\
\t\tBound to services: IIS, SMTP\n\
\t\tNamespaces: \n\
\t\t\tmail.contoso.com\n\
\t\t\tmbx1.contoso.com\n\
\tCertificate: \n\
\t\tFriendlyName: Auth\n\
\t\tThumbprint: BBA9F942B32F3E0F6E0C4E735BD1F38D4C06612E\n\
\t\tBound to services: None\n\
\t\tNamespaces: \n\
\t\t\tMicrosoft Exchange Server Auth Certificate\n\
\tValid Auth Certificate Found On Server: True\n\
\n\
Exchange Information\n\
--------------------\n\
\tName: EDGE1\n\
\tBuild Number: 15.1.2044.4\n\
\tServer Role: Edge\n";

#[test]
fn a_report_tells_of_servers_adapters_and_certificates() {
    let file = named("HealthChecker.txt", REPORT);
    let evidence = detect(&file).expect("told by its first line");
    assert_eq!(evidence.what, "Exchange Health Checker version 3.3.1");
    let document = parse(&file);
    let records = records(&document);
    let of = |cmdlet: &str| -> Vec<_> {
        let all = records.iter();
        all.filter(|record| record.cmdlet == Some(cmdlet))
            .copied()
            .collect()
    };
    let servers = of("Get-ExchangeServer");
    let names: Vec<_> = servers.iter().map(|record| value(record, "Name")).collect();
    assert_eq!(names, [&text("MBX1"), &text("EDGE1")]);
    let first = servers.first().expect("a server");
    assert_eq!(value(first, "Site"), &text("Tokyo"));
    let version = value(first, "AdminDisplayVersion");
    assert_eq!(version, &text("Version 15.1 (Build 2044.4)"));
    let adapters = of("Get-NetIPConfiguration");
    let adapter = adapters.first().expect("an adapter");
    assert_eq!(adapter.host.as_deref(), Some("MBX1"));
    assert_eq!(value(adapter, "InterfaceAlias"), &text("Ethernet0"));
    assert_eq!(value(adapter, "IPv4Address"), &list(&["10.20.30.11"]));
    assert_eq!(value(adapter, "IPv4DefaultGateway"), &list(&["10.20.30.1"]));
    let certificates = of("Get-ExchangeCertificate");
    assert_eq!(certificates.len(), 2);
    let certificate = certificates.first().expect("a certificate");
    assert_eq!(certificate.host.as_deref(), Some("MBX1"));
    let domains = list(&["mail.contoso.com", "mbx1.contoso.com"]);
    assert_eq!(value(certificate, "CertificateDomains"), &domains);
    let last = certificates.last().expect("a certificate");
    assert!(last.properties.get("CertificateDomains").is_none());
}

#[test]
fn blank_lines_between_all_lines_change_nothing() {
    let wide = REPORT.replace('\n', "    \n\n");
    let (narrow, wide) = (named("a.txt", REPORT), named("a.txt", &wide));
    let (narrow, wide) = (parse(&narrow), parse(&wide));
    let values = |document| -> Vec<_> {
        let records = records(document).into_iter();
        records
            .flat_map(|record| record.properties.iter())
            .map(|property| (property.name.clone(), property.value.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&narrow), values(&wide));
}

#[test]
fn a_report_may_break_off_anywhere() {
    survives_cuts(&HEALTH_CHECKER, "report.txt", REPORT);
}
