//! What the records of a batch are checked by: the topic's policy, once the registry has said what it goes by; and for how long, and
//! then how, a batch does without what the registry has not said.

use std::sync::Arc;
use std::time::Duration;

use assay_validate::{Action, FailureClass, SchemaSource, Settled, TopicPolicy, TopicRules};
use futures::future::{BoxFuture, join_all};
use tokio::time::{Instant, timeout_at};

use super::content::Content;

/// See the module.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) asked: Asked,
    pub(super) source: Arc<dyn SchemaSource>,
    pub(super) missing: Missing,
    deadline: Instant,
    late: Late,
}

#[derive(Clone)]
pub(super) enum Asked {
    Policy(TopicPolicy),
    /// The batch is not of the share that is checked.
    Nothing,
    /// It cannot be told whether they are to be checked: this happens to all of them.
    Unsettled {
        action: Action,
        why: String,
    },
}

/// What happens to records whose schema has not arrived yet.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    /// The batch waits for it.
    Wait,
    /// It has waited long enough.
    Fails { action: Action, why: &'static str },
}

/// What happens at the deadline.
#[derive(Clone, Copy)]
struct Late {
    /// When the registry is silent: as when it cannot be reached.
    silent: Action,
    /// When it answers, but too slowly or too many have to be asked for. It is not down, so `fail_open` does not count: what
    /// the schemas may have against the records does.
    slow: Action,
}

impl Late {
    fn new(strictest: impl Fn(&[FailureClass]) -> Action, open: &[FailureClass]) -> Late {
        // Nobody knows which records are bad, so that none can be set aside.
        let certain = |action| if action == Action::Quarantine { Action::Reject } else { action };
        let silent = certain(strictest(&[FailureClass::RegistryUnavailable]));
        Late { silent, slow: certain(strictest(open)) }
    }

    fn action(self, source: &dyn SchemaSource) -> (Action, &'static str) {
        if source.is_silent() {
            (self.silent, "the schema registry did not answer in time")
        } else {
            (
                self.slow,
                "not all schemas arrived in time: the schema registry is slow, or is asked for too many",
            )
        }
    }
}

impl Plan {
    /// Whether no record is looked at for its schema.
    pub(super) fn is_off(&self) -> bool {
        match &self.asked {
            Asked::Policy(policy) => policy.is_off(),
            Asked::Nothing => true,
            Asked::Unsettled { .. } => false,
        }
    }

    /// Awaits schemas on their way; from the deadline on they are missing.
    pub(super) async fn wait(&mut self, arrivals: Vec<BoxFuture<'static, ()>>) {
        if timeout_at(self.deadline, join_all(arrivals)).await.is_err() {
            let (action, why) = self.late.action(&*self.source);
            self.missing = Missing::Fails { action, why };
        }
    }
}

impl Content {
    /// The plan for this batch, whose look-ups begin now.
    pub(super) async fn plan(&self, rules: &TopicRules) -> Plan {
        let source = self.core.source.for_batch().unwrap_or_else(|| self.core.source.clone());
        let wait = self.core.config.load().size("assay.schema.wait.ms");
        let deadline = Instant::now() + Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX));
        let asked = if rules.takes(&self.client_id, self.settings.checks.turn()) {
            self.settle(rules, &*source, deadline).await
        } else {
            self.settings.checks.left_out(usize::try_from(self.batch.header().record_count).unwrap_or(0));
            Asked::Nothing
        };
        let late = match &asked {
            Asked::Policy(policy) => Late::new(|classes| policy.strictest(classes), FailureClass::FRAMED),
            Asked::Nothing => Late { silent: Action::Audit, slow: Action::Audit }, // waits for nothing
            Asked::Unsettled { action, .. } => Late { silent: *action, slow: *action },
        };
        Plan { asked, source, missing: Missing::Wait, deadline, late }
    }

    /// The policy, once the registry has said what it goes by.
    async fn settle(&self, rules: &TopicRules, source: &dyn SchemaSource, deadline: Instant) -> Asked {
        let late =
            || Late::new(|classes| rules.strictest(&self.client_id, classes), FailureClass::OF_RECORDS);
        loop {
            match rules.settle(&self.client_id, source) {
                Settled::Policy(policy) => return Asked::Policy(policy),
                Settled::Unavailable { why } => {
                    let why = format!("the schema registry did not answer: {why}");
                    return Asked::Unsettled { action: late().silent, why };
                }
                Settled::Pending(arrives) => {
                    if timeout_at(deadline, arrives).await.is_err() {
                        let (action, why) = late().action(source);
                        return Asked::Unsettled { action, why: why.to_owned() };
                    }
                }
            }
        }
    }
}
