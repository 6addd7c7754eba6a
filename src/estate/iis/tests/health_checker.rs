//! What the export of HealthChecker holds of IIS, joined like its own files.

use super::{LIST, OWA, estate, property};
use crate::formats::exchange::CLIXML;
use crate::model::exchange::Value;

const REPORT: &str = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><MS>\
<Obj N=\"HealthCheckerExchangeServer\" RefId=\"1\"><MS><S N=\"ServerName\">CAS1</S><Obj N=\"ExchangeInformation\" RefId=\"2\"><MS><Obj N=\"IISSettings\" RefId=\"3\"><MS>\
<S N=\"ApplicationHostConfig\">&lt;configuration&gt;&lt;configSections&gt;&lt;sectionGroup name=\"system.webServer\"&gt;&lt;sectionGroup name=\"security\"&gt;\
&lt;section name=\"access\" overrideModeDefault=\"Allow\" /&gt;&lt;/sectionGroup&gt;&lt;/sectionGroup&gt;&lt;/configSections&gt;\
&lt;system.applicationHost&gt;&lt;sites&gt;&lt;site name=\"Default Web Site\" id=\"1\"&gt;&lt;application path=\"/owa\"&gt;&lt;virtualDirectory path=\"/\" physicalPath=\"C:\\owa\" /&gt;\
&lt;virtualDirectory path=\"/Public\" physicalPath=\"C:\\owa\" /&gt;&lt;/application&gt;&lt;/site&gt;&lt;/sites&gt;&lt;/system.applicationHost&gt;&lt;location path=\"Default Web Site\"&gt;&lt;system.webServer&gt;&lt;security&gt;\
&lt;access sslFlags=\"Ssl\" /&gt;&lt;/security&gt;&lt;/system.webServer&gt;&lt;/location&gt;&lt;/configuration&gt;</S>\
<Obj N=\"IISWebApplication\" RefId=\"4\"><LST><Obj RefId=\"5\"><MS><S N=\"FriendlyName\">Default Web Site/owa</S><Obj N=\"ConfigurationFileInfo\" RefId=\"6\"><MS>\
<S N=\"Location\">C:\\owa\\web.config</S><S N=\"Content\">&lt;configuration&gt;&lt;system.webServer&gt;&lt;security&gt;&lt;access sslFlags=\"None\" /&gt;&lt;/security&gt;&lt;/system.webServer&gt;&lt;/configuration&gt;</S></MS></Obj></MS></Obj></LST></Obj>\
</MS></Obj></MS></Obj></MS></Obj></MS></Obj></Objs>";

#[test]
fn a_directory_gets_the_configuration_inside_with_its_web_config() {
    let alone = REPORT.replace("<S N=\"Content\">&lt;", "<S N=\"Other\">&lt;");
    for (report, required) in [(alone.as_str(), true), (REPORT, false)] {
        for name in ["HealthChecker-CAS1-20240101.xml", "report.xml"] {
            let (estate, _) = estate(&[("CAS1/owa.txt", &LIST, OWA), (name, &CLIXML, report)]);
            assert_eq!(
                property(&estate, "IisRequireSSL"),
                Some(Value::Bool(required)),
                "{name}"
            );
            assert!(estate.problems.is_empty(), "{:?}", estate.problems);
            // A virtual directory that the report does not list has the folder, too.
            let public = estate.objects.iter().find(|object| {
                let path = object.record.text("Path").map(|(path, _)| path);
                object.cmdlet == "Get-WebApplication" && path == Some("/owa/Public")
            });
            let public = &public.expect("there").record;
            let property = public.properties.get("RequireSSL").expect("there");
            assert_eq!(property.value, Value::Bool(required));
        }
    }
}
