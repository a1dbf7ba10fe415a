//! Words that are nearly others.

/// The known word that `word` was meant to be: the same but for case, or one letter added, left out, changed or swapped.
pub(crate) fn meant<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    if known.contains(&word) || word.chars().count() < 4 || word.len() > 40 {
        return None;
    }
    known.iter().copied().find(|known| near(word, known))
}

fn near(a: &str, b: &str) -> bool {
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(start..).unwrap_or(&[]), b.get(start..).unwrap_or(&[]));
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(..a.len() - end).unwrap_or(&[]), b.get(..b.len() - end).unwrap_or(&[]));
    match (a, b) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([w, x], [y, z]) => w == z && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip() {
        let known = ["default", "aliases", "maxLength"];
        for (word, want) in [
            ("defualt", Some("default")),
            ("Default", Some("default")),
            ("defaults", Some("default")),
            ("alases", Some("aliases")),
            ("maxlength", Some("maxLength")),
            ("default", None),
            ("doc", None),
            ("alternative", None),
            ("aliéses", Some("aliases")),
        ] {
            assert_eq!(meant(word, &known), want, "{word}");
        }
    }
}
