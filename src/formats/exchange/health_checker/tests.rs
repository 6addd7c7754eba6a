//! A report of two servers, with invented names.

use super::*;
use crate::formats::exchange::testing::{
    flags, list, named, records, says_nothing, survives_cuts, text, value,
};
use crate::model::exchange::Value;

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

/// The part about IIS as the script of 2023 prints it: cells go on below, names
/// are broken at blanks and in words.
const IIS: &str = "Exchange Health Checker version 23.05.12.1230\n\
\n\
Exchange Information\n\
--------------------\n\
\x20       Name: CAS1\n\
\x20       Server Role: Mailbox\n\
\n\
Exchange IIS Information\n\
------------------------\n\
\n\
\x20       Name               State    HSTS Enabled  Protocol - Bindings - Certificate\n\
\x20       ----               -----    ------------  ---------------------------------\n\
\x20       Default Web Site   Started  False         http  - *:80:          - NULL\n\
\x20                                                 https - :443:          - 51F481DC19DB6E95FE834EA3B179BBD4ACD210AF\n\
\x20       Exchange Back End  Started  False         http  - *:81:  - NULL\n\
\n\
\n\
\x20       AppPoolName                          State    GCServerEnabled  RestartConditionSet\n\
\x20       -----------                          -----    ---------------  -------------------\n\
\x20       MSExchangeOWAAppPool                 Started  False            False\n\
\n\
\n\
\x20       Name                 ExtendedProtection  SslFlags        IPFilteringEnabled  URLRewrite  Authentication\n\
\x20       ----                 ------------------  --------        ------------------  ----------  --------------\n\
\x20       Default Web Site     None                False           False                           anonymous (default\n\
\x20                                                                                                setting)\n\
\x20       Default Web          Allow               False           False                           Windows\n\
\x20       Site/EWS                                                                                 (Negotiate,NTLM)\n\
\x20                                                                                                anonymous (default\n\
\x20                                                                                                setting)\n\
\x20       Default Web          Allow               True (128-bit)  False                           basic\n\
\x20       Site/Microsoft-Serv\n\
\x20       er-ActiveSync\n\
\x20       Default Web          None                False           False\n\
\x20       Site/PowerShell                          Cert(Accept)\n\
\x20       Exchange Back        Require             True            False                           Windows\n\
\x20       End/owa                                                                                  (Negotiate,NTLM)\n";

#[test]
fn locations_of_iis_tell_whether_tls_is_required() {
    let document = parse(&named("HealthChecker.txt", IIS));
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let records = records(&document);
    let applications: Vec<_> = records
        .iter()
        .filter(|record| record.cmdlet == Some("Get-WebApplication"))
        .copied()
        .collect();
    let places: Vec<_> = applications
        .iter()
        .filter_map(|record| Some((record.text("Site")?.0, record.text("Path")?.0)))
        .collect();
    let site = "Default Web Site";
    let expected = [
        (site, "/"),
        (site, "/EWS"),
        (site, "/Microsoft-Server-ActiveSync"),
        (site, "/PowerShell"),
        ("Exchange Back End", "/owa"),
    ];
    assert_eq!(places, expected);
    let [top, ews, sync, shell, back] = applications[..] else {
        panic!("{places:?}");
    };
    assert!(
        applications
            .iter()
            .all(|record| record.host.as_deref() == Some("CAS1"))
    );
    // `False` beside `None`: the script may not have looked.
    assert!(says_nothing(top, "RequireSSL"));
    assert!(
        !top.properties
            .iter()
            .any(|property| &*property.name == "SslFlags")
    );
    assert_eq!(value(ews, "RequireSSL"), &Value::Bool(false));
    assert_eq!(value(ews, "WindowsAuthentication"), &Value::Bool(true));
    assert_eq!(value(ews, "AnonymousAuthentication"), &Value::Bool(true));
    assert_eq!(
        value(ews, "WindowsAuthenticationProviders"),
        &list(&["Negotiate", "NTLM"])
    );
    assert_eq!(
        value(ews, "SiteBindings"),
        &list(&["http *:80:", "https :443:"])
    );
    assert_eq!(value(sync, "RequireSSL"), &Value::Bool(true));
    assert_eq!(value(sync, "SslFlags"), &flags(&["Ssl", "Ssl128"]));
    assert_eq!(value(sync, "BasicAuthentication"), &Value::Bool(true));
    assert_eq!(value(shell, "SslFlags"), &flags(&["SslNegotiateCert"]));
    assert_eq!(value(shell, "RequireSSL"), &Value::Bool(false));
    assert_eq!(
        value(back, "ExtendedProtectionTokenChecking"),
        &text("Require")
    );
    assert_eq!(value(back, "SiteBindings"), &list(&["http *:81:"]));
}

#[test]
fn a_table_whose_columns_moved_decides_nothing_from_there_on() {
    let moved = IIS.replace(
        "        Default Web          Allow ",
        "   Default Web          Allow ",
    );
    let document = parse(&named("HealthChecker.txt", &moved));
    let applications = records(&document)
        .iter()
        .filter(|record| record.cmdlet == Some("Get-WebApplication"))
        .count();
    assert_eq!(applications, 0, "the row above is cut off as well");
    survives_cuts(&HEALTH_CHECKER, "HealthChecker.txt", IIS);
}
