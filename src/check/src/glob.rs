//! Globs over slash-separated paths and over subjects: `*` and `?` stay within a path segment, `**` does not.

/// Whether `text` matches `pattern` in full. Time is bounded by the product of the lengths; no recursion.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern = tokens(pattern);
    let mut reach = vec![false; pattern.len() + 1];
    reach[0] = true;
    skip_empty(&pattern, &mut reach);
    for c in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (i, token) in pattern.iter().enumerate().filter(|(i, _)| reach[*i]) {
            match token {
                Token::Gate => {}
                Token::Any => next[i] = true,
                Token::Dirs => {
                    next[i] = true;
                    next[i + 1] |= c == '/';
                }
                Token::Star => next[i] |= c != '/',
                Token::One => next[i + 1] |= c != '/',
                Token::Char(wanted) => next[i + 1] |= *wanted == c,
            }
        }
        skip_empty(&pattern, &mut next);
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

/// A step of a pattern.
enum Token {
    /// Before `Dirs`: takes nothing, and leads to it or past it.
    Gate,
    /// `**/` once begun: whole segments, so only a slash leads on.
    Dirs,
    /// `**`
    Any,
    /// `*`
    Star,
    /// `?`
    One,
    /// Itself.
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = pattern;
    let mut at_segment = true;
    while let Some(c) = rest.chars().next() {
        let taken = if at_segment && rest.starts_with("**/") {
            out.extend([Token::Gate, Token::Dirs]);
            3
        } else if rest.starts_with("**") {
            out.push(Token::Any);
            2
        } else {
            out.push(match c {
                '*' => Token::Star,
                '?' => Token::One,
                c => Token::Char(c),
            });
            c.len_utf8()
        };
        at_segment = matches!(out.last(), Some(Token::Dirs | Token::Char('/')));
        rest = rest.get(taken..).unwrap_or("");
    }
    out
}

/// What may stand for nothing is passed.
fn skip_empty(pattern: &[Token], reach: &mut [bool]) {
    for (i, token) in pattern.iter().enumerate() {
        if !reach[i] {
            continue;
        }
        match token {
            Token::Gate => {
                reach[i + 1] = true;
                reach[i + 2] = true;
            }
            Token::Any | Token::Star => reach[i + 1] = true,
            Token::Dirs | Token::One | Token::Char(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_segments() {
        for (pattern, text, wanted) in [
            ("a*.avsc", "abc.avsc", true),
            ("a*.avsc", "a/b.avsc", false),
            ("**/*.avsc", "b.avsc", true),
            ("**/*.avsc", "x/y/b.avsc", true),
            ("x/**/b", "x/b", true),
            ("x/**/b", "x/y/z/b", true),
            ("x/**/b", "x/yb", false),
            ("**/b", "ab", false),
            ("x/**", "x/y/z", true),
            ("o?-*", "o1-value", true),
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
