//! Dates as PowerShell prints them, and what of them is certain.
//!
//! Format-List prints a date in the culture of the session, so `12/02/2018`
//! is a day in February or in December. It is read only when its shape, or
//! another date of the same file, settles the order. Text output carries no
//! time zone: such a time stays without one, and is up to 14 hours away from
//! the same time in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// The order of day and month in `1/2/2018`, as far as a file tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Nothing settles it.
    #[default]
    Unknown,
    /// `1/31/2018`.
    MonthFirst,
    /// `31/1/2018`.
    DayFirst,
    /// The file has both: pasted from two sessions.
    Mixed,
}

impl DateOrder {
    /// What is known after one more date was seen.
    #[must_use]
    pub fn learn(self, text: &str) -> Self {
        let Some(parts) = split(text) else {
            return self;
        };
        if parts.separator != '/' || parts.year_first {
            return self;
        }
        let seen = match (parts.first, parts.second) {
            (13..=31, 1..=12) => Self::DayFirst,
            (1..=12, 13..=31) => Self::MonthFirst,
            _ => return self,
        };
        match self {
            Self::Unknown => seen,
            known if known == seen => known,
            _ => Self::Mixed,
        }
    }
}

struct Parts {
    first: u16,
    second: u16,
    third: u16,
    separator: char,
    year_first: bool,
    hour: u16,
    minute: u16,
    second_of_minute: u16,
}

/// Turns a date into `YYYY-MM-DDTHH:MM:SSZ`, or into `YYYY-MM-DDTHH:MM:SS` when
/// the text does not tell its time zone; `None` when it is no date or can be
/// read in more than one way.
#[must_use]
pub fn iso(text: &str, order: DateOrder) -> Option<String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return whole_seconds(instant);
    }
    let parts = split(text)?;
    let (year, month, day) = if parts.year_first {
        (parts.first, parts.second, parts.third)
    } else {
        let day_first = match (parts.separator, parts.first, parts.second, order) {
            ('.', ..) => true,
            (_, 13.., _, _) => true,
            (_, _, 13.., _) => false,
            (_, same, other, _) if same == other => true,
            ('/', _, _, DateOrder::DayFirst) => true,
            ('/', _, _, DateOrder::MonthFirst) => false,
            _ => return None,
        };
        if day_first {
            (parts.third, parts.second, parts.first)
        } else {
            (parts.third, parts.first, parts.second)
        }
    };
    let date = DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        i8::try_from(parts.hour).ok()?,
        i8::try_from(parts.minute).ok()?,
        i8::try_from(parts.second_of_minute).ok()?,
        0,
    )
    .ok()?;
    Some(date.to_string())
}

/// An instant as the facts carry it, without fractions of a second.
#[must_use]
pub fn whole_seconds(instant: Timestamp) -> Option<String> {
    Some(
        Timestamp::from_second(instant.as_second())
            .ok()?
            .to_string(),
    )
}

/// Splits `d/m/yyyy h:mm:ss` in its many spellings into numbers.
fn split(text: &str) -> Option<Parts> {
    let mut words = text
        .split([' ', 'T', '\u{a0}', '\u{202f}'])
        .filter(|w| !w.is_empty());
    let date = words.next()?;
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '/' | '.' | '-') {
        return None;
    }
    let mut numbers = date.trim_end_matches('.').split(separator);
    let (a, b, c) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if numbers.next().is_some() {
        return None;
    }
    let year_first = a.len() == 4;
    if !year_first && c.len() != 4 {
        return None;
    }
    let (mut clock, mut afternoon, mut morning) = (None, false, false);
    for word in words {
        if word.contains(':') {
            clock = Some(word);
        } else {
            match word.to_lowercase().as_str() {
                "pm" | "p.m." | "午後" | "下午" | "오후" => afternoon = true,
                "am" | "a.m." | "午前" | "上午" | "오전" => morning = true,
                _ => return None,
            }
        }
    }
    let (mut hour, mut minute, mut second_of_minute) = (0_u16, 0, 0);
    if let Some(clock) = clock {
        let mut numbers = clock.trim_end_matches('Z').split(':');
        hour = numbers.next()?.parse().ok()?;
        minute = numbers.next()?.parse().ok()?;
        second_of_minute = match numbers.next() {
            Some(n) => n.parse().ok()?,
            None => 0,
        };
        if afternoon && hour < 12 {
            hour = hour.saturating_add(12);
        } else if morning && hour == 12 {
            hour = 0;
        }
    }
    Some(Parts {
        first: a.parse().ok()?,
        second: b.parse().ok()?,
        third: c.parse().ok()?,
        separator,
        year_first,
        hour,
        minute,
        second_of_minute,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_whose_shape_settles_the_order_are_read() {
        for (text, expected) in [
            ("1/26/2009 2:14:47 PM", "2009-01-26T14:14:47"),
            ("02.02.2028 4:22:23", "2028-02-02T04:22:23"),
            ("26/01/2009 14:14:47", "2009-01-26T14:14:47"),
            ("2016/01/02 3:04:05", "2016-01-02T03:04:05"),
            ("2016/1/2 下午 03:04:05", "2016-01-02T15:04:05"),
            ("5/5/2010 12:00:00 AM", "2010-05-05T00:00:00"),
            ("2021-08-21T10:43:54+02:00", "2021-08-21T08:43:54Z"),
            ("2021-08-21T08:43:54.1234567Z", "2021-08-21T08:43:54Z"),
            ("2021-08-21T08:43:54", "2021-08-21T08:43:54"),
        ] {
            assert_eq!(
                iso(text, DateOrder::Unknown).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_date_with_two_readings_needs_a_neighbour_that_settles_it() {
        let date = "12/02/2018 1:53:00 PM";
        assert_eq!(iso(date, DateOrder::Unknown), None);
        assert_eq!(iso(date, DateOrder::Mixed), None);
        let order = DateOrder::Unknown.learn("1/26/2009 2:14:47 PM");
        assert_eq!(iso(date, order).as_deref(), Some("2018-12-02T13:53:00"));
        assert_eq!(order.learn("26/1/2009 02:14"), DateOrder::Mixed);
    }

    #[test]
    fn what_is_no_date_is_not_taken_for_one() {
        for text in [
            "",
            "Unlimited",
            "192.0.2.1",
            "99/99/2009",
            "1/2/09",
            "2009-13-01",
            "1.2.3.4",
        ] {
            assert_eq!(iso(text, DateOrder::DayFirst), None, "{text}");
        }
    }
}
