//! What the text of a policy can name; the build script uses it too, so that
//! the program need not look through its own rules at every start.

/// Whether a line is nothing but a comment of Rego.
pub fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a name that is a whole word can hold a character; `-` is in the
/// names of cmdlets.
pub fn part_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The words of a text outside of comments; some come more than once.
pub fn words(rego: &str) -> impl Iterator<Item = &str> {
    let lines = rego.lines().filter(|line| !is_comment(line));
    let words = lines.flat_map(|line| line.split(|c| !part_of_name(c)));
    words.filter(|word| !word.is_empty())
}

/// The sections that a text reads as `input.SECTION`; `None` where it uses
/// `input` in any other way.
pub fn sections(rego: &str) -> Option<Vec<&str>> {
    const INPUT: &str = "input";
    let mut sections = Vec::new();
    for line in rego.lines().filter(|line| !is_comment(line)) {
        for (at, _) in line.match_indices(INPUT) {
            let (before, from) = line.split_at(at);
            let after = from.strip_prefix(INPUT)?;
            if before.ends_with(part_of_name) || after.starts_with(part_of_name) {
                continue;
            }
            let path = after.strip_prefix('.')?;
            sections.push(path.split(|c| !part_of_name(c)).next()?);
        }
    }
    Some(sections)
}
