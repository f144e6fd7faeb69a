//! Instants: milliseconds since the Unix epoch, the clock that tells them, and RFC 3339 text.

use std::{
    fmt,
    ops::{Add, Sub},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use std::time::Duration;
/// use countersign_core::Timestamp;
///
/// let at = Timestamp::from_secs(1_767_225_600) + Duration::from_millis(1_500);
/// assert_eq!(at.as_secs(), 1_767_225_601);
/// assert_eq!(at.to_rfc3339(), "2026-01-01T00:00:01Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The time from `earlier` until here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC, to the second.
    pub fn to_rfc3339(self) -> String {
        let secs = self.as_secs();
        let (year, month, day) = civil_from_days(secs.div_euclid(DAY));
        let of_day = secs.rem_euclid(DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        if !(0..=9999).contains(&year) {
            return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        }
        let mut text = *b"0000-00-00T00:00:00Z"; // by hand: every answer has two of these
        put(year, &mut text[..4]);
        for (value, place) in [month, day, hour, minute, second]
            .into_iter()
            .zip([5, 8, 11, 14, 17])
        {
            put(value, &mut text[place..place + 2]);
        }
        String::from_utf8(text.to_vec()).expect("digits are ASCII")
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// Tells the time. The engine asks at each call and never keeps an answer.
///
/// ```
/// use countersign_core::{Clock, SystemClock};
///
/// assert!(SystemClock.now().as_secs() > 1_700_000_000);
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// An RFC 3339 `date-time`, kept as it was written.
///
/// A time that does not parse is an error, never "no limit". The offset is mandatory, `T` and `Z`
/// may be lower case, the fraction may have any length. A leap second is read only where one can
/// be: as the last second of a month in UTC.
///
/// ```
/// use countersign_core::DateTime;
///
/// let at = DateTime::parse("2026-03-14T12:00:00.0015+02:00").unwrap();
/// assert_eq!(at.as_str(), "2026-03-14T12:00:00.0015+02:00");
/// assert_eq!(at.floor().as_millis(), 1_773_482_400_001);
/// assert_eq!(at.ceil().as_millis(), 1_773_482_400_002);
/// assert!(DateTime::parse("2026-03-14 12:00:00Z").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTime {
    text: String,
    floor: Timestamp,
    exact: bool,
}

impl DateTime {
    /// Reads the text; `None` if it is not an RFC 3339 `date-time`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date_time, rest) = text.as_bytes().split_at_checked(19)?;
        let [
            y1,
            y2,
            y3,
            y4,
            b'-',
            mo1,
            mo2,
            b'-',
            d1,
            d2,
            b'T' | b't',
            rest_of_time @ ..,
        ] = date_time
        else {
            return None;
        };
        let [h1, h2, b':', mi1, mi2, b':', s1, s2] = rest_of_time else {
            return None;
        };
        let year = number(&[*y1, *y2, *y3, *y4])?;
        let month = number(&[*mo1, *mo2]).filter(|month| (1..=12).contains(month))?;
        let day =
            number(&[*d1, *d2]).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
        let hour = number(&[*h1, *h2]).filter(|hour| *hour <= 23)?;
        let minute = number(&[*mi1, *mi2]).filter(|minute| *minute <= 59)?;
        let second = number(&[*s1, *s2]).filter(|second| *second <= 60)?;

        let (fraction, offset) = split_fraction(rest)?;
        let secs = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second
            - offset_secs(offset)?;
        if second == 60 && !starts_a_month(secs) {
            return None;
        }
        let (millis, exact) = millis(fraction);
        Some(Self {
            text: text.to_owned(),
            floor: Timestamp::from_millis(secs * 1_000 + millis),
            exact,
        })
    }

    /// The instant, to the second, in UTC.
    pub fn at(instant: Timestamp) -> Self {
        Self {
            text: instant.to_rfc3339(),
            floor: Timestamp::from_secs(instant.as_secs()),
            exact: true,
        }
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant with the part of a millisecond cut off: what an expiry counts as.
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    /// The instant raised to a whole millisecond: what a start of validity counts as.
    pub fn ceil(&self) -> Timestamp {
        Timestamp::from_millis(self.floor.as_millis() + i64::from(!self.exact))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const DAY: i64 = 86_400;

/// Writes a number that is not negative in as many digits as there are places.
fn put(mut value: i64, places: &mut [u8]) {
    for place in places.iter_mut().rev() {
        *place = b"0123456789"[usize::try_from(value % 10).unwrap_or(0)];
        value /= 10;
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// Splits `.123Z` into `123` and `Z`; a point without digits is refused.
fn split_fraction(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(after_point) = rest.strip_prefix(b".") else {
        return Some((b"", rest));
    };
    let digits = after_point
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (digits > 0).then(|| after_point.split_at(digits))
}

fn offset_secs(offset: &[u8]) -> Option<i64> {
    match offset {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = number(&[*h1, *h2]).filter(|hours| *hours <= 23)?;
            let minutes = number(&[*m1, *m2]).filter(|minutes| *minutes <= 59)?;
            let secs = hours * 3600 + minutes * 60;
            Some(if *sign == b'-' { -secs } else { secs })
        }
        _ => None,
    }
}

fn millis(fraction: &[u8]) -> (i64, bool) {
    let digit = |place: usize| {
        fraction
            .get(place)
            .map_or(0, |digit| i64::from(digit - b'0'))
    };
    let exact = fraction.iter().skip(3).all(|digit| *digit == b'0');
    (digit(0) * 100 + digit(1) * 10 + digit(2), exact)
}

fn starts_a_month(secs: i64) -> bool {
    secs.rem_euclid(DAY) == 0 && civil_from_days(secs.div_euclid(DAY)).2 == 1
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date, counted in 400-year eras from March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;

    #[test]
    fn what_is_not_a_date_time_is_refused() {
        for text in [
            "",
            "soon",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T12:00:60Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0530",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+05:60",
            "+2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z ",
            "2026-1-1T00:00:00Z",
            "２026-01-01T00:00:00Z",
        ] {
            assert!(DateTime::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_first_instant_of_the_next_month() {
        let leap = DateTime::parse("2016-12-31T23:59:60Z").unwrap();
        assert_eq!(
            leap.floor(),
            DateTime::parse("2017-01-01T00:00:00Z").unwrap().floor()
        );
        assert!(DateTime::parse("2017-01-01T05:29:60+05:30").is_some());
        assert!(DateTime::parse("2016-12-30T23:59:60Z").is_none());
    }

    #[test]
    fn the_edges_of_the_calendar_are_read() {
        assert_eq!(
            DateTime::parse("0000-01-01T00:00:00Z")
                .unwrap()
                .floor()
                .as_secs(),
            -62_167_219_200
        );
        assert_eq!(
            DateTime::parse("9999-12-31T23:59:59Z")
                .unwrap()
                .floor()
                .as_secs(),
            253_402_300_799
        );
    }

    proptest! {
        #[test]
        fn every_instant_reads_as_the_time_crate_reads_it(secs in -62_135_596_800_i64..253_402_300_799, nanos in 0_u32..1_000_000_000) {
            let theirs = OffsetDateTime::from_unix_timestamp_nanos(i128::from(secs) * 1_000_000_000 + i128::from(nanos)).unwrap();
            let text = theirs.format(&Rfc3339).unwrap();
            let ours = DateTime::parse(&text).unwrap();
            prop_assert_eq!(ours.floor().as_millis(), secs * 1_000 + i64::from(nanos / 1_000_000));
            prop_assert_eq!(ours.ceil() == ours.floor(), nanos % 1_000_000 == 0);
            let whole = OffsetDateTime::from_unix_timestamp(secs).unwrap().format(&Rfc3339).unwrap();
            prop_assert_eq!(Timestamp::from_secs(secs).to_rfc3339(), whole);
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "[0-9TtZz:.+ -]{0,40}|\\PC{0,40}") {
            if let Some(read) = DateTime::parse(&text) {
                prop_assert_eq!(read.as_str(), text);
            }
        }
    }
}
