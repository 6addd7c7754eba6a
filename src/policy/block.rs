//! Finds the METADATA block in a Rego file; the build script uses it too.

/// The YAML of the first METADATA block and the number of the line (from 1)
/// that holds `# METADATA`.
pub fn block(rego: &str) -> Option<(usize, String)> {
    let start = rego
        .lines()
        .position(|line| line.trim_end() == "# METADATA")?;
    let yaml = rego
        .lines()
        .skip(start.saturating_add(1))
        .map_while(|line| line.strip_prefix('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .fold(String::new(), |mut yaml, line| {
            yaml.push_str(line);
            yaml.push('\n');
            yaml
        });
    Some((start.saturating_add(1), yaml))
}
