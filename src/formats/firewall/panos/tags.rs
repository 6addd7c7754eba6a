//! The filter of a dynamic address group: tags joined by `and`, `or`, `not`.
//!
//! Source: Palo Alto Networks, "PAN-OS Web Interface Help", "Objects > Address
//! Groups": tags stand in single quotes; `and` binds tighter than `or`.

/// Most words of a filter.
const MAX_WORDS: usize = 4_096;
/// Brackets nest at most this deep.
const MAX_DEPTH: usize = 64;

/// A filter in reverse Polish order, so that its depth costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Tag(String),
    And,
    Or,
    Not,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Open,
    Close,
    Operator(Step),
    Tag(String),
}

/// Reads a filter; `None` where it is not one.
pub fn parse(text: &str) -> Option<Filter> {
    let mut output = Vec::new();
    let mut held: Vec<Word> = Vec::new();
    let mut wants_tag = true;
    let mut depth = 0usize;
    for word in words(text)? {
        match word {
            Word::Tag(tag) if wants_tag => {
                output.push(Step::Tag(tag));
                wants_tag = false;
            }
            Word::Open if wants_tag => {
                depth = depth.saturating_add(1);
                if depth > MAX_DEPTH {
                    return None;
                }
                held.push(Word::Open);
            }
            Word::Operator(Step::Not) if wants_tag => held.push(Word::Operator(Step::Not)),
            Word::Close if !wants_tag => {
                while let Word::Operator(step) = held.pop()? {
                    output.push(step);
                }
            }
            Word::Operator(step) if !wants_tag => {
                while let Some(Word::Operator(above)) = held.last() {
                    if binds(above) < binds(&step) {
                        break;
                    }
                    output.push(above.clone());
                    held.pop();
                }
                held.push(Word::Operator(step));
                wants_tag = true;
            }
            _ => return None,
        }
    }
    while let Some(word) = held.pop() {
        match word {
            Word::Operator(step) => output.push(step),
            _ => return None,
        }
    }
    (!wants_tag).then_some(Filter(output))
}

fn binds(step: &Step) -> u8 {
    match step {
        Step::Not => 3,
        Step::And => 2,
        Step::Or => 1,
        Step::Tag(_) => 0,
    }
}

fn words(text: &str) -> Option<Vec<Word>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if found.len() > MAX_WORDS {
            return None;
        }
        let tail = rest.get(first.len_utf8()..)?;
        match first {
            '(' => {
                found.push(Word::Open);
                rest = tail;
            }
            ')' => {
                found.push(Word::Close);
                rest = tail;
            }
            '\'' | '"' => {
                let (tag, after) = tail.split_once(first)?;
                found.push(Word::Tag(tag.to_owned()));
                rest = after;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                found.push(match word.to_ascii_lowercase().as_str() {
                    "and" => Word::Operator(Step::And),
                    "or" => Word::Operator(Step::Or),
                    "not" => Word::Operator(Step::Not),
                    _ => Word::Tag(word.to_owned()),
                });
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    Some(found)
}

impl Filter {
    /// Whether it holds for something with these tags.
    pub fn holds(&self, has: &impl Fn(&str) -> bool) -> bool {
        let mut stack: Vec<bool> = Vec::new();
        for step in &self.0 {
            let result = match step {
                Step::Tag(tag) => has(tag),
                Step::Not => !stack.pop().unwrap_or(false),
                Step::And | Step::Or => {
                    let right = stack.pop().unwrap_or(false);
                    let left = stack.pop().unwrap_or(false);
                    if *step == Step::And {
                        left && right
                    } else {
                        left || right
                    }
                }
            };
            stack.push(result);
        }
        stack.pop().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn holds(filter: &str, tags: &[&str]) -> Option<bool> {
        Some(parse(filter)?.holds(&|tag: &str| tags.contains(&tag)))
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(holds("'a' or 'b' and 'c'", &["a"]), Some(true));
        assert_eq!(holds("('a' or 'b') and 'c'", &["a"]), Some(false));
        assert_eq!(holds("'tag A' and tag1", &["tag A", "tag1"]), Some(true));
        assert_eq!(holds("not 'a' and b", &["b"]), Some(true));
        assert_eq!(holds("not 'a' and b", &["a", "b"]), Some(false));
    }

    #[test]
    fn what_is_no_filter_is_none() {
        for text in ["", "and", "'a' 'b'", "('a'", "'a')", "'a", "'a' and"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
