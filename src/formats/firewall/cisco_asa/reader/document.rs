//! From the devices of a file to its document.

use super::*;

/// Turns the devices of a file into its document.
pub(super) fn assemble(devices: Vec<Device<'_>>, host: Option<String>, ledger: Ledger) -> Document {
    let mut content = Vec::new();
    let mut problems = Vec::new();
    for mut device in devices {
        let carries = device.carries_policy();
        let shown = std::mem::take(&mut device.shown_routes);
        let contexts = std::mem::take(&mut device.contexts);
        let name = if device.named {
            Some(device.firewall.name.value.clone())
        } else {
            host.clone()
        };
        if let Some(first) = contexts.first() {
            let names: Vec<_> = contexts
                .iter()
                .map(|context| context.value.as_str())
                .collect();
            problems.push(Problem {
                level: ProblemLevel::Note,
                message: format!(
                    "this is the system space of a device with {} contexts",
                    names.len()
                ),
                hint: Some(
                    "export the running configuration of each context (changeto context NAME)"
                        .to_owned(),
                ),
                span: first.span,
            });
        }
        if carries {
            let (firewall, found) = finish::finish(device);
            problems.extend(found);
            content.push(Content::Firewall(Box::new(firewall)));
        } else {
            problems.append(&mut device.problems);
        }
        if !shown.is_empty() {
            content.push(Content::Routes {
                device: name,
                routes: shown,
            });
        }
    }
    distinguish(&mut content);
    Document {
        content,
        ledger,
        problems,
    }
}

/// Two contexts of one device get names of their own.
fn distinguish(content: &mut [Content]) {
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for entry in content {
        if let Content::Firewall(firewall) = entry {
            let count = seen.entry(firewall.name.value.clone()).or_insert(0);
            *count = count.saturating_add(1);
            if *count > 1 {
                firewall.name.value = format!("{}#{count}", firewall.name.value);
            }
        }
    }
}
