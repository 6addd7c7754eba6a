//! Character data of CLIXML: XML references and PowerShell's `_xHHHH_`.

use std::borrow::Cow;

/// Decodes what stands between two tags. Only the five predefined entities
/// and character references are expanded; any other entity stays as written,
/// so that a document type declaration cannot do anything.
#[must_use]
pub fn decode(raw: &str) -> Cow<'_, str> {
    let plain = memchr::memchr3(b'&', b'<', b'_', raw.as_bytes()).is_none();
    if plain {
        return Cow::Borrowed(raw);
    }
    let without_markup = strip_markup(raw);
    let unescaped = match without_markup {
        Cow::Borrowed(text) => expand_references(text),
        Cow::Owned(text) => Cow::Owned(expand_references(&text).into_owned()),
    };
    match unescaped {
        Cow::Borrowed(text) => expand_code_units(text),
        Cow::Owned(text) => Cow::Owned(expand_code_units(&text).into_owned()),
    }
}

/// Removes comments and other markup, and opens CDATA sections.
fn strip_markup(raw: &str) -> Cow<'_, str> {
    if !raw.contains('<') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, markup)) = rest.split_once('<') {
        text.push_str(before);
        if let Some(data) = markup.strip_prefix("![CDATA[") {
            let (inner, after) = data.split_once("]]>").unwrap_or((data, ""));
            // What stands in CDATA is literal: hide it from the next step.
            text.push_str(&inner.replace('&', "&amp;"));
            rest = after;
        } else if let Some(comment) = markup.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else {
            rest = markup.split_once('>').map_or("", |(_, after)| after);
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Expands the predefined entities and character references.
#[must_use]
pub fn expand_references(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        match after
            .split_once(';')
            .and_then(|(name, tail)| Some((reference(name)?, tail)))
        {
            Some((character, tail)) => {
                text.push(character);
                rest = tail;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Expands `_xHHHH_`, a UTF-16 code unit; two of them may form one character.
fn expand_code_units(raw: &str) -> Cow<'_, str> {
    if !raw.contains("_x") && !raw.contains("_X") {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = raw;
    while let Some(at) = rest.find('_') {
        let (before, tail) = rest.split_at(at);
        if !before.is_empty() {
            flush(&mut units, &mut text);
            text.push_str(before);
        }
        match code_unit(tail) {
            Some((unit, after)) => {
                units.push(unit);
                rest = after;
            }
            None => {
                flush(&mut units, &mut text);
                text.push('_');
                rest = tail.strip_prefix('_').unwrap_or_default();
            }
        }
    }
    flush(&mut units, &mut text);
    text.push_str(rest);
    Cow::Owned(text)
}

fn code_unit(text: &str) -> Option<(u16, &str)> {
    let hex = text
        .strip_prefix("_x")
        .or_else(|| text.strip_prefix("_X"))?;
    let digits = hex.get(..4)?;
    let after = hex.get(4..)?.strip_prefix('_')?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

fn flush(units: &mut Vec<u16>, text: &mut String) {
    text.extend(
        char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
    );
}

/// Turns an XML duration (`P1DT2H3M4S`) into PowerShell's `1.02:03:04`.
#[must_use]
pub fn time_span(text: &str) -> Option<String> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let text = text.strip_prefix('P')?;
    let (days, clock) = text.split_once('T').unwrap_or((text, ""));
    let day_count: u64 = match days.strip_suffix('D') {
        Some(number) => number.parse().ok()?,
        None if days.is_empty() => 0,
        None => return None,
    };
    let mut rest = clock;
    let mut take = |unit: char| -> Option<&str> {
        match rest.split_once(unit) {
            Some((number, after)) => {
                rest = after;
                Some(number)
            }
            None => Some("0"),
        }
    };
    let hours: u64 = take('H')?.parse().ok()?;
    let minutes: u64 = take('M')?.parse().ok()?;
    let seconds = take('S')?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let whole: u64 = whole.parse().ok()?;
    let sign = if negative { "-" } else { "" };
    let day_part = if day_count > 0 {
        format!("{day_count}.")
    } else {
        String::new()
    };
    let fraction_part = if fraction.is_empty() {
        String::new()
    } else {
        format!(".{fraction:0<7}")
    };
    Some(format!(
        "{sign}{day_part}{hours:02}:{minutes:02}:{whole:02}{fraction_part}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_code_units_are_expanded() {
        assert_eq!(decode("a_x000D__x000A_b"), "a\r\nb");
        assert_eq!(decode("_x005F_x0041_"), "_x0041_");
        assert_eq!(decode("_xD83D__xDE00_"), "😀");
        assert_eq!(decode("&lt;I&gt;CN=a&amp;b&#x41;&#66;"), "<I>CN=a&bAB");
        assert_eq!(
            decode("plain_text _x12_ _xZZZZ_"),
            "plain_text _x12_ _xZZZZ_"
        );
    }

    #[test]
    fn unknown_entities_stay_as_written() {
        assert_eq!(decode("&lol9; & x"), "&lol9; & x");
    }

    #[test]
    fn cdata_is_literal_and_comments_vanish() {
        assert_eq!(decode("a<![CDATA[<b>&amp;]]>c<!-- d -->e"), "a<b>&amp;ce");
    }

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        assert_eq!(decode("_xD83D_x"), "\u{fffd}x");
    }

    #[test]
    fn durations_are_written_as_powershell_prints_them() {
        assert_eq!(time_span("PT10M").as_deref(), Some("00:10:00"));
        assert_eq!(time_span("P10D").as_deref(), Some("10.00:00:00"));
        assert_eq!(
            time_span("-P1DT2H3M4.5S").as_deref(),
            Some("-1.02:03:04.5000000")
        );
        assert_eq!(time_span("10 minutes"), None);
    }
}
