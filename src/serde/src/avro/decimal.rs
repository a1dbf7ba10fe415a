//! Decimals: the unscaled number as bytes (two's complement, big-endian), and its text.

use num_bigint::BigInt;

use super::fail::Fail;

/// Longest unscaled number that is turned into text, in bytes: the work grows with the square.
const BYTES_MAX: usize = 512;

/// Longest text, digits and zeros behind the point included.
const TEXT_MAX: usize = 4096;

/// The text of a decimal: plain digits with `scale` of them behind the point.
pub(super) fn text(bytes: &[u8], scale: u32) -> Result<String, Fail> {
    let scale = usize::try_from(scale).unwrap_or(usize::MAX);
    if bytes.len() > BYTES_MAX || scale > TEXT_MAX {
        let what = format!("a decimal of {} bytes and scale {scale} is too long for text", bytes.len());
        return Err(Fail::new(what));
    }
    let digits = BigInt::from_signed_bytes_be(bytes).to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
    if scale == 0 {
        return Ok(format!("{sign}{digits}"));
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    Ok(format!("{sign}{whole}.{fraction}"))
}

/// The unscaled number of a text such as `-12.50` or `1.25e3`, as few bytes as it takes. Never rounds.
pub(super) fn bytes(text: &str, precision: u32, scale: u32) -> Result<Vec<u8>, Fail> {
    let bad = || Fail::new(format!("{:?} is no decimal number", text.chars().take(64).collect::<String>()));
    if text.len() > TEXT_MAX {
        return Err(bad());
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(bad());
    }
    // How many zeros to add, or to take away.
    let shift = i64::from(scale) + i64::from(exponent) - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let zero = digits.bytes().all(|digit| digit == b'0');
    match usize::try_from(shift.unsigned_abs()).ok().filter(|shift| *shift <= TEXT_MAX) {
        _ if zero => digits = "0".into(),
        Some(shift_by) if shift >= 0 => digits.extend(std::iter::repeat_n('0', shift_by)),
        Some(shift_by) => {
            let kept = digits.len().saturating_sub(shift_by);
            if digits.bytes().skip(kept).any(|digit| digit != b'0') {
                return Err(Fail::new(format!(
                    "{text} has more digits behind the point than the scale {scale}"
                )));
            }
            digits.truncate(kept);
        }
        None => return Err(bad()),
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > usize::try_from(precision).unwrap_or(usize::MAX) {
        return Err(Fail::new(format!("{text} has more digits than the precision {precision}")));
    }
    let number: BigInt =
        if significant.is_empty() { BigInt::ZERO } else { significant.parse().map_err(|_| bad())? };
    Ok(if negative { -number } else { number }.to_signed_bytes_be())
}

/// The number in exactly so many bytes.
pub(super) fn extend(bytes: &[u8], size: usize) -> Result<Vec<u8>, Fail> {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { 0xff } else { 0 };
    let missing = size.checked_sub(bytes.len());
    let missing = missing
        .ok_or_else(|| Fail::new(format!("the decimal takes {} bytes, the fixed has {size}", bytes.len())))?;
    let mut extended = vec![sign; missing];
    extended.extend_from_slice(bytes);
    Ok(extended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (number, precision, scale, unscaled) in [
            ("12.50", 9, 2, &[4, 0xe2][..]),
            ("-0.01", 9, 2, &[0xff]),
            ("0.00", 9, 2, &[0]),
            ("128", 9, 0, &[0, 0x80]),
            ("-128", 9, 0, &[0x80]),
            ("0.000001", 9, 6, &[1]),
        ] {
            assert_eq!(bytes(number, precision, scale).unwrap(), unscaled, "{number}");
            assert_eq!(text(unscaled, scale).unwrap(), number);
        }
        assert_eq!(text(&[], 0).unwrap(), "0");
    }

    #[test]
    fn other_spellings() {
        for (number, scale, want) in [
            ("1.25e3", 2, "1250.00"),
            ("+1", 1, "1.0"),
            ("1.500", 1, "1.5"),
            ("150e-1", 0, "15"),
            (".5", 1, "0.5"),
            ("0e2000000000", 1, "0.0"),
        ] {
            assert_eq!(text(&bytes(number, 9, scale).unwrap(), scale).unwrap(), want);
        }
    }

    #[test]
    fn nothing_is_rounded() {
        for (number, precision, scale) in [
            ("1.255", 9, 2),
            ("1000", 3, 0),
            ("", 9, 0),
            ("-", 9, 0),
            ("1e", 9, 0),
            ("0x1", 9, 0),
            ("1e2000000000", 9, 0),
            ("1e-2000000000", 9, 0),
            ("NaN", 9, 0),
        ] {
            assert!(bytes(number, precision, scale).is_err(), "{number}");
        }
        assert!(extend(&[1, 2], 1).is_err());
        assert_eq!(extend(&[0xfe], 3).unwrap(), [0xff, 0xff, 0xfe]);
        assert!(text(&[1; 1000], 0).is_err() && text(&[1], u32::MAX).is_err());
    }
}
