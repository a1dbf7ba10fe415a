//! What happens to a record that fails: one action for all failure classes, and others for some.

use std::{fmt, str::FromStr};

use crate::FailureClass;

/// What happens to a record that fails its check. The strictest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Action {
    /// Its batch is refused.
    #[default]
    Reject,
    /// It goes to the topic `<topic>.quarantine`; the rest of its batch is stored.
    Quarantine,
    /// It is stored, counted and kept in the report: what would have been refused.
    Audit,
}

impl Action {
    /// Every action, the strictest first.
    pub const ALL: [Action; 3] = [Action::Reject, Action::Quarantine, Action::Audit];

    /// `reject`, `quarantine` or `audit`, as in configs, the report and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Reject => "reject",
            Action::Quarantine => "quarantine",
            Action::Audit => "audit",
        }
    }

    fn parse(text: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const CLASSES: usize = FailureClass::ALL.len();

/// One action per failure class. As text: the action for all, then exceptions in any order, separated by commas, such as
/// `reject,registry_unavailable:audit`. `Display` gives a text that reads back as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Actions {
    all: Action,
    exceptions: [Option<Action>; CLASSES],
}

/// A text that is no [`Actions`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidActions {
    /// The first item is not an action.
    #[error("expected reject, quarantine or audit first, got \"{0}\"")]
    NoAction(String),
    /// An item after the first is not `class:action`.
    #[error(
        "expected class:action after the first action, got \"{0}\"; actions are reject, quarantine and audit, classes are not_framed, unknown_id, wrong_subject, undecodable, rule_violated, schema_unusable and registry_unavailable"
    )]
    NoException(String),
    /// A class is there twice.
    #[error("{0} is there twice")]
    Twice(FailureClass),
}

impl Actions {
    /// Every class is refused.
    pub const REJECT: Actions = Actions { all: Action::Reject, exceptions: [None; CLASSES] };

    /// Nothing is refused.
    pub const AUDIT: Actions = Actions { all: Action::Audit, exceptions: [None; CLASSES] };

    /// The action for a class.
    #[must_use]
    pub fn of(&self, class: FailureClass) -> Action {
        let at = FailureClass::ALL.iter().position(|c| *c == class);
        at.and_then(|at| self.exceptions.get(at).copied().flatten()).unwrap_or(self.all)
    }

    /// The strictest action for any of these classes.
    #[must_use]
    pub fn strictest(&self, classes: &[FailureClass]) -> Action {
        classes.iter().map(|class| self.of(*class)).min().unwrap_or_default()
    }

    /// The same, but records pass when the registry cannot be asked, unless an exception says what happens then.
    #[must_use]
    pub fn fail_open(mut self) -> Actions {
        let at = FailureClass::ALL.iter().position(|c| *c == FailureClass::RegistryUnavailable);
        if let Some(slot) = at.and_then(|at| self.exceptions.get_mut(at)) {
            slot.get_or_insert(Action::Audit);
        }
        self
    }

    /// Whether no failure keeps a record out of its topic.
    #[must_use]
    pub fn only_audit(&self) -> bool {
        FailureClass::ALL.into_iter().all(|class| self.of(class) == Action::Audit)
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
        let all = Action::parse(first).ok_or_else(|| InvalidActions::NoAction(quoted(first)))?;
        let mut actions = Actions { all, ..Actions::default() };
        for item in items {
            let exception = item.split_once(':').and_then(|(class, action)| {
                let at = FailureClass::ALL.iter().position(|c| c.as_str() == class.trim())?;
                Some((at, Action::parse(action.trim())?))
            });
            let (at, action) = exception.ok_or_else(|| InvalidActions::NoException(quoted(item)))?;
            let taken = actions.exceptions.get_mut(at).and_then(|slot| slot.replace(action));
            if let (Some(_), Some(class)) = (taken, FailureClass::ALL.get(at)) {
                return Err(InvalidActions::Twice(*class));
            }
        }
        Ok(actions)
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.all.as_str())?;
        for (class, exception) in FailureClass::ALL.iter().zip(&self.exceptions) {
            if let Some(action) = exception {
                write!(f, ",{class}:{action}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        use Action::{Audit, Quarantine, Reject};
        use FailureClass as C;
        let rows: &[(&str, &str, C, Action)] = &[
            ("reject", "reject", C::Undecodable, Reject),
            ("audit", "audit", C::NotFramed, Audit),
            ("reject, unknown_id:audit", "reject,unknown_id:audit", C::UnknownId, Audit),
            ("reject,unknown_id:audit", "reject,unknown_id:audit", C::NotFramed, Reject),
            ("audit,undecodable : reject", "audit,undecodable:reject", C::Undecodable, Reject),
            (
                "quarantine,undecodable:quarantine",
                "quarantine,undecodable:quarantine",
                C::UnknownId,
                Quarantine,
            ),
            (
                "reject,registry_unavailable:audit,not_framed:quarantine",
                "reject,not_framed:quarantine,registry_unavailable:audit",
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
        assert!(
            Actions::AUDIT.only_audit()
                && !"audit,undecodable:quarantine".parse::<Actions>().unwrap().only_audit()
        );
    }

    #[test]
    fn fail_open_gives_way_to_an_exception() {
        let rows = [
            ("reject", Action::Audit),
            ("quarantine", Action::Audit),
            ("reject,registry_unavailable:reject", Action::Reject),
        ];
        for (text, want) in rows {
            let open = text.parse::<Actions>().unwrap().fail_open();
            assert_eq!(open.of(FailureClass::RegistryUnavailable), want, "{text}");
            assert_eq!(
                open.of(FailureClass::NotFramed),
                text.parse::<Actions>().unwrap().of(FailureClass::NotFramed)
            );
        }
    }

    #[test]
    fn mistakes() {
        for (text, want) in [
            ("", "expected reject, quarantine or audit first, got \"\""),
            ("Reject", "expected reject, quarantine or audit first, got \"Reject\""),
            ("unknown_id:audit", "first, got \"unknown_id:audit\""),
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
