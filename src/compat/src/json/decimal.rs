//! JSON numbers compared exactly: a sign, digits and a power of ten. Nothing is rounded, and an exponent of a billion
//! costs no more than its digits.

use std::cmp::Ordering;

/// Beyond these exponents a number is as good as infinite, or zero; sums of two of them still fit.
const EXPONENT_MAX: i64 = i64::MAX / 8;

/// A number: `±0.d₁d₂d₃… × 10^point`; zero has no digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Decimal {
    negative: bool,
    /// Without zeros at either end.
    digits: String,
    point: i64,
}

impl Decimal {
    /// Reads the text of a JSON number.
    pub(super) fn read(text: &str) -> Decimal {
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
        let exponent = exponent.parse::<i64>().unwrap_or(match exponent.starts_with('-') {
            true => -EXPONENT_MAX,
            false => EXPONENT_MAX,
        });
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let leading = digits.bytes().take_while(|b| *b == b'0').count();
        digits.truncate(digits.trim_end_matches('0').len());
        let digits = digits.get(leading..).unwrap_or("").to_owned();
        if digits.is_empty() {
            return Decimal { negative: false, digits, point: 0 };
        }
        let point = count(whole.len()) - count(leading) + exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX);
        Decimal { negative, digits, point }
    }

    /// Whether it is `other` times a whole number. Divisors of more than 37 digits count as dividing only their equals.
    pub(super) fn is_multiple_of(&self, other: &Decimal) -> bool {
        if self.digits.is_empty() {
            return !other.digits.is_empty();
        }
        if self.digits == other.digits && self.point >= other.point {
            return true;
        }
        let scale = |d: &Decimal| d.point - count(d.digits.len()); // the power of ten of the last digit
        let shift = scale(self) - scale(other);
        let divisor = match other.digits.parse::<u128>() {
            Ok(divisor) if other.digits.len() <= 37 && divisor > 0 => divisor,
            _ => return false,
        };
        // Digits end in no zero, so no power of ten can be taken out of them.
        let Ok(shift) = u32::try_from(shift.min(128)) else { return false };
        let step = |rest: u128, digit: u8| (rest * 10 + u128::from(digit)) % divisor;
        let rest = self.digits.bytes().fold(0, |rest, b| step(rest, b.wrapping_sub(b'0')));
        // After 128 zeros every factor 2 and 5 of a divisor below 2^124 is taken out: more change nothing.
        (0..shift).fold(rest, |rest, _| step(rest, 0)) == 0
    }

    /// The same number in the same words: `1.0`, `1e0` and `1` are `1`.
    pub(super) fn text(&self) -> String {
        format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, self.point)
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(EXPONENT_MAX)
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let sign = |d: &Decimal| match (d.digits.is_empty(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = || self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => size(),
            _ => size().reverse(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value() {
        let ascending = [
            "-1e999999999999999999999",
            "-100",
            "-99.5",
            "-0.1",
            "0",
            "1e-99999",
            "0.0099",
            "0.01",
            "1",
            "1.0000000000000000000000000000001",
            "9",
            "10",
            "9007199254740993",
            "9007199254740994",
            "1e400",
            "1e999999999999999999999",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(Decimal::read(a).cmp(&Decimal::read(b)), i.cmp(&j), "{a} {b}");
            }
        }
        for same in [["1", "1.0"], ["100", "1e2"], ["0.1", "1E-1"], ["-0", "0e7"], ["12.50", "125e-1"]] {
            assert_eq!(Decimal::read(same[0]), Decimal::read(same[1]), "{same:?}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        let rows = [
            ("10", "5", true),
            ("5", "10", false),
            ("0.3", "0.1", true),
            ("0.1", "0.3", false),
            ("1e300", "7", false),
            ("1e300", "8", true),
            ("1e300", "1e300", true),
            ("1e301", "1e300", true),
            ("1e300", "1e301", false),
            ("7", "7", true),
            ("1", "0", false),
            ("0", "3", true),
            ("100000000000000000000000000000000000000000", "3", false),
            ("99999999999999999999999999999999999999999", "3", true),
            ("12", "1.5", true),
            ("12", "1.6", false),
        ];
        for (a, b, want) in rows {
            assert_eq!(Decimal::read(a).is_multiple_of(&Decimal::read(b)), want, "{a} {b}");
        }
    }
}
