//! From decisions to durable, published state: one head that commands are decided against, group commit behind it, and
//! the snapshot that reads use.
//!
//! The head is the durable state plus events that are written but not yet durable; later commands build on it, so that
//! many share one sync. A snapshot is published when its events are durable, before any waiter is told, and in order.
//! When a write fails the head falls back to the published state and the registry stays read-only until the process
//! starts again: nothing is ever acknowledged that is not on disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::error::RegistryError;
use crate::event::Event;
use crate::pending::Pending;
use crate::state::State;
use crate::store::{Completer, Store, StoreError, Ticket};
use crate::work::{Effort, Stop, Work};

/// Rounds outside the lock before the whole decision is made under it.
const OPTIMISTIC_ROUNDS: usize = 8;

/// What a command comes to.
pub(crate) enum Decision<T> {
    /// Nothing changes.
    Answer(T),
    /// The events that change the state, and the answer once they are durable.
    Commit {
        /// In order.
        events: Vec<Event>,
        /// The answer.
        value: T,
    },
}

struct Head {
    state: Arc<State>,
    /// Of the newest commit.
    ticket: Ticket,
    failure: Option<StoreError>,
}

/// Shared with the callbacks of tickets.
struct Shared {
    head: Mutex<Head>,
    published: ArcSwap<State>,
}

/// The head and the published state over one store.
pub(crate) struct Ledger {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
}

/// A commit between the append and the hook on its ticket.
struct Appended {
    stored: Ticket,
    state: Arc<State>,
    completer: Completer,
    ticket: Ticket,
}

impl Shared {
    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &Arc<State>) {
        self.published.rcu(|current| {
            if current.revision() < state.revision() { state.clone() } else { current.clone() }
        });
    }

    /// Back to what is durable; nothing is written any more.
    fn fail(&self, head: &mut Head, cause: &StoreError) -> StoreError {
        let failure = head.failure.get_or_insert_with(|| {
            tracing::error!(%cause, "the store failed; the registry is read-only until it is restarted");
            StoreError::failed(format_args!(
                "the store failed ({cause}); the registry is read-only until it is restarted"
            ))
        });
        head.state = self.published.load_full();
        head.ticket = Ticket::ready();
        failure.clone()
    }
}

impl Ledger {
    pub(crate) fn new(store: Arc<dyn Store>, state: State) -> Ledger {
        let state = Arc::new(state);
        let head = Head { state: state.clone(), ticket: Ticket::ready(), failure: None };
        Ledger { store, shared: Arc::new(Shared { head: Mutex::new(head), published: ArcSwap::new(state) }) }
    }

    /// The durable state.
    pub(crate) fn published(&self) -> Arc<State> {
        self.shared.published.load_full()
    }

    /// Why nothing can be written any more, if so.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.shared.head().failure.clone()
    }

    /// Decides a command that costs little, under the lock.
    pub(crate) fn decide_quickly<T>(
        &self,
        decide: impl FnOnce(&State) -> Result<Decision<T>, RegistryError>,
    ) -> Result<Pending<T>, RegistryError> {
        let head = self.shared.head();
        let decision = decide(&head.state)?;
        self.carry_out(head, decision)
    }

    /// Decides a command with expensive parts outside the lock, and confirms the decision under it.
    pub(crate) fn decide<T>(
        &self,
        work: &mut Work<'_>,
        mut decide: impl FnMut(&State, &mut Work<'_>) -> Result<Decision<T>, Stop>,
    ) -> Result<Pending<T>, RegistryError> {
        for _ in 0..OPTIMISTIC_ROUNDS {
            let (state, ticket) = {
                let head = self.shared.head();
                (head.state.clone(), head.ticket.clone())
            };
            work.allow(Effort::Any);
            let decision = match decide(&state, work) {
                Ok(Decision::Answer(value)) => return Ok(Pending::new(value, ticket)),
                Ok(decision) => decision,
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::MoreWork) => continue,
            };
            let head = self.shared.head();
            if head.state.revision() == state.revision() {
                return self.carry_out(head, decision);
            }
            work.allow(Effort::CheapOnly);
            match decide(&head.state, work) {
                Ok(decision) => return self.carry_out(head, decision),
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::MoreWork) => {}
            }
        }
        let head = self.shared.head();
        work.allow(Effort::Any);
        match decide(&head.state, work) {
            Ok(decision) => self.carry_out(head, decision),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::MoreWork) => {
                Err(StoreError::failed("a decision asked for more work than it may").into())
            }
        }
    }

    fn carry_out<T>(
        &self,
        mut head: MutexGuard<'_, Head>,
        decision: Decision<T>,
    ) -> Result<Pending<T>, RegistryError> {
        let (events, value) = match decision {
            Decision::Answer(value) => return Ok(Pending::new(value, head.ticket.clone())),
            Decision::Commit { events, value } if events.is_empty() => {
                return Ok(Pending::new(value, head.ticket.clone()));
            }
            Decision::Commit { events, value } => (events, value),
        };
        let appended = self.append(&mut head, events)?;
        drop(head);
        let Appended { stored, state, completer, ticket } = appended;
        let shared = self.shared.clone();
        stored.on_complete(move |outcome| {
            let outcome = match outcome {
                Ok(()) => {
                    shared.publish(&state);
                    Ok(())
                }
                Err(cause) => Err(shared.fail(&mut shared.head(), cause)),
            };
            completer.complete(outcome);
        });
        Ok(Pending::new(value, ticket))
    }

    fn append(&self, head: &mut Head, events: Vec<Event>) -> Result<Appended, RegistryError> {
        if let Some(failure) = &head.failure {
            return Err(failure.clone().into());
        }
        let mut revision = head.state.revision();
        let stored = match self.store.append(revision, events.clone()) {
            Ok(ticket) => ticket,
            Err(StoreError::TooLarge { bytes, limit }) => {
                return Err(RegistryError::SchemaTooLarge { bytes, limit });
            }
            Err(cause) => return Err(self.shared.fail(head, &cause).into()),
        };
        let mut state = (*head.state).clone();
        for event in &events {
            revision = revision.plus(1);
            state.apply(revision, event);
        }
        let (completer, ticket) = Ticket::new();
        head.state = Arc::new(state);
        head.ticket = ticket.clone();
        Ok(Appended { stored, state: head.state.clone(), completer, ticket })
    }
}
