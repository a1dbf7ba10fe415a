//! Sentences in which names and values stay apart from words, so that each format can show them in its own way and no
//! name is ever read as markup.

/// Characters of one name or value; the rest is cut.
const CODE_MAX: usize = 160;

/// Words, and names or values between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sentence(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Plain(String),
    Code(String),
}

impl Sentence {
    /// Words with `{}` for each of `codes`, in order.
    pub(super) fn new(pattern: &str, codes: &[&str]) -> Sentence {
        let mut words = Vec::new();
        let mut codes = codes.iter();
        for (i, part) in pattern.split("{}").enumerate() {
            if i > 0 {
                words.push(Word::Code(shown(codes.next().unwrap_or(&""))));
            }
            if !part.is_empty() {
                words.push(Word::Plain(part.to_owned()));
            }
        }
        debug_assert!(codes.next().is_none(), "{pattern} has a place for every value");
        Sentence(words)
    }

    pub(super) fn then(mut self, other: &Sentence) -> Sentence {
        self.0.extend(other.0.iter().cloned());
        self
    }

    pub(super) fn then_plain(mut self, text: &str) -> Sentence {
        self.0.push(Word::Plain(text.to_owned()));
        self
    }

    /// For a terminal: names and values as they are, on one line.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .map(|word| match word {
                Word::Plain(text) | Word::Code(text) => text.as_str(),
            })
            .collect()
    }

    /// For Markdown: names and values as code.
    pub fn markdown(&self) -> String {
        let word = |word: &Word| match word {
            Word::Plain(text) => text.clone(),
            Word::Code(text) => code(text),
        };
        self.0.iter().map(word).collect()
    }
}

/// A name or value on one line, of bounded length: control characters and line ends are spelt.
fn shown(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == CODE_MAX {
            out.push_str("...");
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    if out.is_empty() { "\"\"".to_owned() } else { out }
}

/// A code span of Markdown: fenced by more backticks than the text has in a row.
pub(super) fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_markup() {
        let said = Sentence::new("field {} is {}", &["a`b\n", ""]);
        assert_eq!(said.text(), "field a`b\\n is \"\"");
        assert_eq!(said.markdown(), "field ``a`b\\n`` is `\"\"`");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(Sentence::new("{}", &["x{}y"]).text(), "x{}y");
        assert_eq!(Sentence::new("{}", &[&"é".repeat(500)]).text().chars().count(), CODE_MAX + 3);
    }
}
