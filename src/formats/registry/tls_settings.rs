//! Settings of TLS as Microsoft's HealthChecker collects them (its function
//! `Get-AllTlsSettings`), saved with `Export-Clixml`.
//!
//! The objects name values of the registry, so they become the records that
//! an export of the registry gives. Shape: the MIT-licensed test data of
//! microsoft/CSS-Exchange.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::formats::iis::attribute;
use crate::formats::windows_host::objects::{Object, Objects};
use crate::formats::{
    CERTAIN, Document, Evidence, Format, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::source::{SourceFile, Span, head};

/// Settings of TLS in CLIXML.
pub const FORMAT: Format = Format {
    id: "windows-tls-settings",
    title: "TLS settings of Windows (HealthChecker, Export-Clixml)",
    detect,
    parse,
};

const WHAT: &str = "TLS settings of HealthChecker";
/// How much of a file detection looks at.
const HEAD: usize = 16 * 1024;
const PROTOCOLS: &str = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols";

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text().trim_start_matches('\u{feff}').trim_start();
    let head = head(text, HEAD);
    // A whole file of HealthChecker has more than these.
    if head.contains("HealthCheckerExchangeServer") {
        return None;
    }
    const MARK: &str = "N=\"TLSVersion\"";
    let at = head.find(MARK)?;
    let is_root = head.starts_with("<Objs")
        && head
            .find("N=\"Registry\"")
            .is_some_and(|registry| registry < at);
    let mark = head.get(at..at.saturating_add(MARK.len()))?;
    is_root.then_some(())?;
    Some(Evidence {
        strength: CERTAIN,
        what: "property TLSVersion of HealthChecker's TLS settings".to_owned(),
        span: file.span_of(mark)?,
    })
}

/// A property of an object: name, text, place.
type Property<'f> = (&'f str, &'f str, Span);

fn parse(file: &SourceFile) -> Document {
    let text = file.text();
    let mut objects = Objects::default();
    let mut ledger = Ledger::new(Unit::Records, 0);
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut frames: Vec<Vec<Property<'_>>> = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut broken = None;
    loop {
        let before = position(&reader, text);
        match reader.read_event() {
            Ok(Event::Start(tag)) => match tag.name().as_ref() {
                "MS" | "Props" => frames.push(Vec::new()),
                _ => {
                    let name = attribute(file, &tag, "N");
                    open = name.map(|(name, _)| (name, position(&reader, text)));
                }
            },
            Ok(Event::End(tag)) => {
                if matches!(tag.name().as_ref(), "MS" | "Props") {
                    let frame = frames.pop().unwrap_or_default();
                    ledger.push(records(&frame, None, &mut objects));
                } else if let (Some((name, start)), Some(frame)) = (open.take(), frames.last_mut())
                {
                    let span = Span::of(file.id(), start..before.max(start));
                    frame.push((name, file.slice(span).trim(), span));
                }
            }
            Ok(Event::Eof) => break,
            Err(_) => {
                broken = Some(before);
                break;
            }
            Ok(_) => {}
        }
    }
    if !frames.is_empty() {
        broken.get_or_insert(text.len());
    }
    let mut problems = std::mem::take(&mut objects.problems);
    if let Some(at) = broken {
        problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the XML breaks off or is broken here; the rest was not read".to_owned(),
            hint: Some("copy or export the file again".to_owned()),
            span: Span::of(file.id(), at..at),
        });
    }
    Document {
        content: objects.finish().collect(),
        ledger,
        problems,
    }
}

fn position(reader: &Reader<&[u8]>, text: &str) -> usize {
    let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    at.min(text.len())
}

/// Makes records of an object that names values of the registry of a machine.
pub fn records(frame: &[Property<'_>], host: Option<&str>, objects: &mut Objects) -> LineState {
    let named = |wanted: &str| frame.iter().find(|(name, ..)| *name == wanted);
    let sides: [(String, &str, [&str; 2]); 2] = if let Some((_, version, _)) = named("TLSVersion") {
        let names = ["Enabled", "DisabledByDefault"];
        let path = |side: &str| format!("{PROTOCOLS}\\TLS {version}\\{side}");
        [
            (path("Server"), "Server", names),
            (path("Client"), "Client", names),
        ]
    } else if let Some((_, version, _)) = named("NetVersion") {
        let names = ["SystemDefaultTlsVersions", "SchUseStrongCrypto"];
        let path = |node: &str| {
            format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\{node}Microsoft\\.NETFramework\\{version}")
        };
        [(path(""), "", names), (path("Wow6432Node\\"), "Wow", names)]
    } else {
        return LineState::Irrelevant;
    };
    for (path, prefix, names) in sides {
        let mut object: Option<Object<'_>> = None;
        for name in names {
            let Some((_, number, span)) = named(&format!("{prefix}{name}Value")) else {
                continue;
            };
            let Some(number) = dword(number) else {
                continue;
            };
            let object = object.get_or_insert_with(|| Object::new("Get-ItemProperty", *span));
            object.text(name, number.to_string(), *span);
        }
        if let Some(mut object) = object {
            let span = object.span();
            let child = path.rsplit('\\').next().unwrap_or_default().to_owned();
            object.text(
                "PSPath",
                format!("Microsoft.PowerShell.Core\\Registry::{path}"),
                span,
            );
            object.text("PSChildName", child, span);
            objects.add(object, host, WHAT);
        }
    }
    LineState::Modelled
}

/// A number of the registry, which PowerShell shows with a sign.
fn dword(text: &str) -> Option<u32> {
    let number: i64 = text.parse().ok()?;
    u32::try_from(number)
        .ok()
        .or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::corpus;
    use crate::formats::exchange::testing::{self, named, value};
    use crate::model::exchange::Value;

    const SETTINGS: &str = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj RefId=\"0\"><MS><Obj N=\"Registry\" RefId=\"1\"><MS><Obj N=\"TLS\" RefId=\"2\"><DCT><En><S N=\"Key\">1.0</S><Obj N=\"Value\" RefId=\"3\"><MS><S N=\"TLSVersion\">1.0</S><I32 N=\"ServerEnabledValue\">-1</I32><Nil N=\"ServerDisabledByDefaultValue\" /><Nil N=\"ClientEnabledValue\" /></MS></Obj></En></DCT></Obj></MS></Obj></MS></Obj></Objs>";

    #[test]
    fn they_are_the_values_of_the_registry() {
        let file = named("tls.xml", SETTINGS);
        assert!(detect(&file).is_some());
        let document = parse(&file);
        let all = testing::records(&document);
        assert_eq!(all.len(), 1);
        assert_eq!(value(all[0], "Enabled"), &Value::Integer(0xffff_ffff));
        let path = format!("Microsoft.PowerShell.Core\\Registry::{PROTOCOLS}\\TLS 1.0\\Server");
        assert_eq!(value(all[0], "PSPath"), &Value::Text(path.as_str().into()));
    }

    #[test]
    fn a_file_that_breaks_off_says_so() {
        for end in 0..SETTINGS.len() {
            let file = named("tls.xml", &SETTINGS[..end]);
            let document = parse(&file);
            assert!(document.problems.len() <= 1);
        }
        let document = parse(&named("tls.xml", &SETTINGS[..SETTINGS.len() - 20]));
        assert_eq!(document.problems.len(), 1);
    }

    #[test]
    fn every_real_file_tells_the_versions_of_tls() {
        let Some(folder) = corpus::folder() else {
            return;
        };
        let files = corpus::all_files(&folder.join("tls-registry"));
        for file in &files {
            assert!(detect(file).is_some(), "{}", file.name());
            let document = parse(file);
            assert!(document.problems.is_empty());
            // One for each side of each version that states a value.
            let stated = file.text().matches("EnabledValue\">").count();
            let protocols = testing::records(&document)
                .iter()
                .filter(|record| record.properties.get("Enabled").is_some())
                .count();
            assert_eq!(protocols, stated, "{}", file.name());
        }
        assert!(files.len() > 3);
    }
}
