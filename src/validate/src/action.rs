//! What happens to a record that fails: one action for all failure classes, and others for some.

use std::{fmt, str::FromStr};

use crate::FailureClass;

/// What happens to a record that fails its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Action {
    /// Its batch is refused.
    #[default]
    Reject,
    /// It is stored, counted and kept in the report: what would have been refused.
    Audit,
}

impl Action {
    /// `reject` or `audit`, as in configs, the report and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Reject => "reject",
            Action::Audit => "audit",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One action per failure class. As text: the action for all, then exceptions in any order, separated by commas, such as
/// `reject,registry_unavailable:audit`. `Display` gives the shortest text that reads back as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Actions {
    all: Action,
    of: [Action; FailureClass::ALL.len()],
}

/// A text that is no [`Actions`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidActions {
    /// The first item is not an action.
    #[error("expected reject or audit first, got \"{0}\"")]
    NoAction(String),
    /// An item after the first is not `class:action`.
    #[error(
        "expected class:action after the first action, got \"{0}\"; actions are reject and audit, classes are not_framed, unknown_id, wrong_subject, undecodable, rule_violated, schema_unusable and registry_unavailable"
    )]
    NoException(String),
    /// A class is there twice.
    #[error("{0} is there twice")]
    Twice(FailureClass),
    /// Known from the design, and not built.
    #[error("quarantine is not implemented by this version; expected reject or audit")]
    Quarantine,
}

impl Actions {
    /// Every class is refused.
    pub const REJECT: Actions =
        Actions { all: Action::Reject, of: [Action::Reject; FailureClass::ALL.len()] };

    /// The action for a class.
    #[must_use]
    pub fn of(&self, class: FailureClass) -> Action {
        let at = FailureClass::ALL.iter().position(|c| *c == class);
        at.and_then(|at| self.of.get(at)).copied().unwrap_or(self.all)
    }
}

fn action(text: &str) -> Option<Result<Action, InvalidActions>> {
    match text {
        "reject" => Some(Ok(Action::Reject)),
        "audit" => Some(Ok(Action::Audit)),
        "quarantine" => Some(Err(InvalidActions::Quarantine)),
        _ => None,
    }
}

/// Shortens what an error quotes.
fn quoted(text: &str) -> String {
    text.chars().take(60).collect()
}

impl FromStr for Actions {
    type Err = InvalidActions;

    fn from_str(text: &str) -> Result<Actions, InvalidActions> {
        let mut items = text.split(',').map(str::trim);
        let first = items.next().unwrap_or_default();
        let all = action(first).ok_or_else(|| InvalidActions::NoAction(quoted(first)))??;
        let mut actions = Actions { all, of: [all; FailureClass::ALL.len()] };
        let mut seen = [false; FailureClass::ALL.len()];
        for item in items {
            let invalid = || InvalidActions::NoException(quoted(item));
            let (class, what) = item.split_once(':').ok_or_else(invalid)?;
            let known = FailureClass::ALL.into_iter().enumerate().find(|(_, c)| c.as_str() == class.trim());
            let (at, class) = known.ok_or_else(invalid)?;
            let what = action(what.trim()).ok_or_else(invalid)??;
            if let (Some(slot), Some(seen)) = (actions.of.get_mut(at), seen.get_mut(at)) {
                if std::mem::replace(seen, true) {
                    return Err(InvalidActions::Twice(class));
                }
                *slot = what;
            }
        }
        Ok(actions)
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.all.as_str())?;
        let exceptions = FailureClass::ALL.iter().zip(&self.of).filter(|(_, of)| **of != self.all);
        for (class, of) in exceptions {
            write!(f, ",{class}:{of}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        use Action::{Audit, Reject};
        use FailureClass as C;
        let rows: &[(&str, &str, C, Action)] = &[
            ("reject", "reject", C::Undecodable, Reject),
            ("audit", "audit", C::NotFramed, Audit),
            ("reject, unknown_id:audit", "reject,unknown_id:audit", C::UnknownId, Audit),
            ("reject,unknown_id:audit", "reject,unknown_id:audit", C::NotFramed, Reject),
            ("audit,undecodable : reject", "audit,undecodable:reject", C::Undecodable, Reject),
            ("audit,undecodable:audit", "audit", C::Undecodable, Audit),
            (
                "reject,registry_unavailable:audit,not_framed:audit",
                "reject,not_framed:audit,registry_unavailable:audit",
                C::RegistryUnavailable,
                Audit,
            ),
        ];
        for (text, shown, class, action) in rows {
            let actions: Actions = text.parse().unwrap();
            assert_eq!((actions.to_string().as_str(), actions.of(*class)), (*shown, *action), "{text}");
            assert_eq!(shown.parse::<Actions>().unwrap(), actions);
        }
        assert_eq!("reject".parse::<Actions>().unwrap(), Actions::REJECT);
        assert_eq!(Actions::default(), Actions::REJECT);
    }

    #[test]
    fn mistakes() {
        for (text, want) in [
            ("", "expected reject or audit first, got \"\""),
            ("Reject", "expected reject or audit first, got \"Reject\""),
            ("unknown_id:audit", "expected reject or audit first, got \"unknown_id:audit\""),
            ("quarantine", "quarantine is not implemented"),
            ("audit,undecodable:quarantine", "quarantine is not implemented"),
            ("audit,audit", "expected class:action after the first action, got \"audit\""),
            ("audit,", "expected class:action after the first action, got \"\""),
            ("audit,nope:reject", "got \"nope:reject\"; actions are"),
            ("audit,undecodable:drop", "got \"undecodable:drop\"; actions are"),
            ("audit,undecodable:reject,undecodable:audit", "undecodable is there twice"),
        ] {
            let error = text.parse::<Actions>().unwrap_err().to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
