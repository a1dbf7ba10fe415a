//! Numbers as Java prints them: `Double.toString` and `BigDecimal.toString`.

/// A double as `Double.toString` of Java 19 and later gives it: the shortest digits that read back to the same double
/// (two at least), plain from 10⁻³ up to 10⁷, else with an exponent. `NaN` and `Infinity` come without quotes.
///
/// Releases of Java before 19 give one digit too many for some doubles; we follow the later ones.
pub fn double_text(d: f64) -> String {
    if d.is_nan() {
        return "NaN".to_owned();
    }
    if d.is_infinite() {
        return if d > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if d == 0.0 {
        return if d.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    let (digits, exponent) = shortest_digits(d.abs());
    let sign = if d < 0.0 { "-" } else { "" };
    let body = if (-3..7).contains(&exponent) {
        plain(&digits, exponent)
    } else {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        format!("{first}.{rest}E{exponent}")
    };
    format!("{sign}{body}")
}

/// Significant digits without trailing zeros, and the exponent of the first one.
fn shortest_digits(d: f64) -> (String, i32) {
    let split = |text: String| {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
        (digits, exponent.parse::<i32>().unwrap_or(0))
    };
    let (digits, exponent) = split(format!("{d:e}"));
    if digits.len() == 1 {
        // Java wants two digits at least, and the closer pair of them: 4.9E-324, not 5E-324.
        let two = format!("{d:.1e}");
        if two.parse() == Ok(d) {
            let (digits, exponent) = split(two);
            return (digits.trim_end_matches('0').to_owned(), exponent);
        }
    }
    (digits, exponent)
}

/// `digits` with the point after digit number `exponent` + 1, and at least one digit on either side.
fn plain(digits: &str, exponent: i32) -> String {
    match usize::try_from(exponent) {
        Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0))),
        Ok(exponent) if digits.len() > exponent + 1 => {
            let (whole, fraction) = digits.split_at(exponent + 1);
            format!("{whole}.{fraction}")
        }
        Ok(exponent) => format!("{digits}{}.0", "0".repeat(exponent + 1 - digits.len())),
    }
}

/// A JSON number as Jackson prints it when it keeps decimals exact: whole numbers as their digits, others as
/// `BigDecimal.toString` (`1e3` is `1E+3`, `1.50` stays). `text` must be a JSON number.
pub fn decimal_text(text: &str) -> String {
    if !text.contains(['.', 'e', 'E']) {
        return if text == "-0" { "0".to_owned() } else { text.to_owned() };
    }
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => ("-", body),
        None => ("", text),
    };
    let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i32>() else {
        return text.to_owned(); // beyond what a decimal can scale; kept as written
    };
    let digits = format!("{whole}{fraction}");
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let sign = if digits == "0" { "" } else { sign };
    let scale = fraction.len() as i64 - i64::from(exponent);
    let adjusted = digits.len() as i64 - 1 - scale;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    if scale > 0 && adjusted >= -6 {
        let scale = usize::try_from(scale).unwrap_or(0);
        return if digits.len() > scale {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{fraction}")
        } else {
            format!("{sign}0.{}{digits}", "0".repeat(scale - digits.len()))
        };
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    if adjusted == 0 {
        format!("{sign}{first}{point}{rest}")
    } else {
        format!("{sign}{first}{point}{rest}E{adjusted:+}")
    }
}

/// Reads a decimal floating-point literal as Java's `Double.parseDouble` does: surrounding white space and one type
/// suffix (`f F d D`) allowed. Hexadecimal literals are not read.
pub fn parse_java_double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(if trimmed.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let body = trimmed.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(trimmed);
    body.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Right-hand sides were printed by Java's `Double.toString`.
    #[test]
    fn doubles_print_as_in_java() {
        let rows = [
            ("1e3", "1000.0"),
            ("1.5", "1.5"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("9999999.0", "9999999.0"),
            ("1e7", "1.0E7"),
            ("12345678.9", "1.23456789E7"),
            ("123456.789", "123456.789"),
            ("1e23", "1.0E23"),
            ("4.9e-324", "4.9E-324"),
            ("1.7976931348623157e308", "1.7976931348623157E308"),
            ("-0.0", "-0.0"),
            ("0.1", "0.1"),
            ("100", "100.0"),
            ("1e400", "Infinity"),
            ("-1e400", "-Infinity"),
            ("2e-323", "2.0E-323"),
            ("0.00123", "0.00123"),
        ];
        for (text, want) in rows {
            assert_eq!(double_text(text.parse().unwrap()), want, "{text}");
        }
        assert_eq!(double_text(f64::NAN), "NaN");
    }

    /// Right-hand sides were printed by Java's `BigDecimal.toString` and `BigInteger.toString`.
    #[test]
    fn decimals_print_as_in_java() {
        let rows = [
            ("1e3", "1E+3"),
            ("1.50", "1.50"),
            ("1.0", "1.0"),
            ("-0.0", "0.0"),
            ("0e5", "0E+5"),
            ("123.456e1", "1234.56"),
            ("1.5e2", "1.5E+2"),
            ("150e-2", "1.50"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("1234567e-12", "0.000001234567"),
            ("12345678901234567890.1", "12345678901234567890.1"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("-0", "0"),
            ("1E+2", "1E+2"),
            ("10e0", "10"),
        ];
        for (text, want) in rows {
            assert_eq!(decimal_text(text), want, "{text}");
        }
    }

    #[test]
    fn java_double_literals_read() {
        for (text, want) in
            [("1.5", 1.5), (" 1e3 ", 1000.0), ("2f", 2.0), ("2.D", 2.0), (".5", 0.5), ("+1", 1.0)]
        {
            assert_eq!(parse_java_double(text), Some(want), "{text}");
        }
        assert_eq!(parse_java_double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_java_double("NaN").unwrap().is_nan());
        for bad in ["", "x", "inf", "nan", "infinity", "1 2", "--1", "f", "0x1p3"] {
            assert_eq!(parse_java_double(bad), None, "{bad}");
        }
    }
}
