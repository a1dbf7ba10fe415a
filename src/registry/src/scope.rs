//! What a config or mode setting applies to.

use std::fmt;

use assay_schema::{Context, Subject};

/// Where a setting is kept (contract 1.7, 2.7).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// `/config`, also written `:.:`; the setting of the default context.
    Global,
    /// `:.__GLOBAL:`, the last step of every chain before the server's default.
    GlobalContext,
    /// `:.ctx:`, a context other than the default one.
    Context(Context),
    /// One subject.
    Subject(Subject),
}

impl Scope {
    /// The scope a `/config/{subject}` or `/mode/{subject}` path names: a subject without a name is its context.
    pub fn of(subject: Subject) -> Scope {
        match (subject.name().is_empty(), subject.context()) {
            (false, _) => Scope::Subject(subject),
            (true, context) if context.is_default() => Scope::Global,
            (true, context) if context.is_global() => Scope::GlobalContext,
            (true, context) => Scope::Context(context.clone()),
        }
    }

    /// The inverse of [`Scope::of`], and how a scope is named in messages and event keys.
    pub fn subject(&self) -> Subject {
        match self {
            Scope::Global => Subject::new(Context::default(), ""),
            Scope::GlobalContext => Subject::parse(":.__GLOBAL:"),
            Scope::Context(context) => Subject::new(context.clone(), ""),
            Scope::Subject(subject) => subject.clone(),
        }
    }

    /// Whether `subject` lies in this scope; `Global` and `GlobalContext` hold every subject (contract 1.8).
    pub fn holds(&self, subject: &Subject) -> bool {
        match self {
            Scope::Global | Scope::GlobalContext => true,
            Scope::Context(context) => subject.context() == context,
            Scope::Subject(own) => own == subject,
        }
    }

    /// The scopes asked in turn for a setting (contract 2.7): own, then context or global, then `:.__GLOBAL:`.
    pub fn chain(&self) -> Vec<Scope> {
        let mut chain = vec![self.clone()];
        if let Scope::Subject(subject) = self {
            chain.push(Scope::of(Subject::new(subject.context().clone(), "")));
        }
        if chain.last() != Some(&Scope::GlobalContext) {
            chain.push(Scope::GlobalContext);
        }
        chain
    }
}

impl From<Subject> for Scope {
    fn from(subject: Subject) -> Scope {
        Scope::of(subject)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Global => f.write_str(":.:"),
            other => other.subject().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_follow_the_contract() {
        let rows = [
            (":.:", vec![":.:", ":.__GLOBAL:"]),
            (":.__GLOBAL:", vec![":.__GLOBAL:"]),
            (":.c:", vec![":.c:", ":.__GLOBAL:"]),
            ("s", vec!["s", ":.:", ":.__GLOBAL:"]),
            (":.c:s", vec![":.c:s", ":.c:", ":.__GLOBAL:"]),
        ];
        for (text, want) in rows {
            let chain: Vec<_> =
                Scope::of(Subject::parse(text)).chain().iter().map(Scope::to_string).collect();
            assert_eq!(chain, want, "{text}");
        }
    }
}
