//! Fetch requests that wait for a partition to grow.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The long polls registered with one partition.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    list: Mutex<Vec<Arc<Notify>>>,
}

impl Waiters {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Arc<Notify>>) -> T) -> T {
        act(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Registers until [`Waiters::remove`].
    pub(crate) fn add(&self, waiter: &Arc<Notify>) {
        self.with(|list| list.push(waiter.clone()));
    }

    pub(crate) fn remove(&self, waiter: &Arc<Notify>) {
        self.with(|list| list.retain(|w| !Arc::ptr_eq(w, waiter)));
    }

    /// Wakes everyone; each looks for itself whether there is enough by now.
    pub(crate) fn wake(&self) {
        self.with(|list| list.iter().for_each(|w| w.notify_one()));
    }
}
