//! Tickets: the promise that something written becomes durable. A future and a blocking wait in one, on std only.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::StoreError;

type Outcome = Result<(), StoreError>;
type Callback = Box<dyn FnOnce(&Outcome) + Send>;

#[derive(Default)]
struct Shared {
    outcome: Option<Outcome>,
    callbacks: Vec<Callback>,
    wakers: Vec<Waker>,
}

#[derive(Default)]
struct Cell {
    shared: Mutex<Shared>,
    done: Condvar,
}

impl Cell {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resolves when what it was given for is durable, or has failed. Clones resolve together.
#[derive(Clone)]
pub struct Ticket {
    cell: Arc<Cell>,
}

/// The other end of a [`Ticket`]. Dropped without an outcome, it fails the ticket with [`StoreError::Closed`].
pub struct Completer {
    cell: Arc<Cell>,
}

impl Ticket {
    /// A ticket and the end that resolves it.
    pub fn new() -> (Completer, Ticket) {
        let cell = Arc::new(Cell::default());
        (Completer { cell: cell.clone() }, Ticket { cell })
    }

    /// A ticket that is durable already.
    pub fn ready() -> Ticket {
        let (completer, ticket) = Ticket::new();
        completer.complete(Ok(()));
        ticket
    }

    /// Blocks until the outcome is known.
    ///
    /// # Errors
    /// What kept it from becoming durable.
    pub fn wait(&self) -> Outcome {
        let mut shared = self.cell.lock();
        loop {
            if let Some(outcome) = &shared.outcome {
                return outcome.clone();
            }
            shared = self.cell.done.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The outcome if it is known already.
    pub fn outcome(&self) -> Option<Outcome> {
        self.cell.lock().outcome.clone()
    }

    /// Runs `callback` with the outcome: before any waiter is woken, or at once if the outcome is known.
    pub fn on_complete(&self, callback: impl FnOnce(&Outcome) + Send + 'static) {
        let mut shared = self.cell.lock();
        match shared.outcome.clone() {
            None => shared.callbacks.push(Box::new(callback)),
            Some(outcome) => {
                drop(shared);
                callback(&outcome);
            }
        }
    }
}

impl Future for Ticket {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let mut shared = self.cell.lock();
        if let Some(outcome) = &shared.outcome {
            return Poll::Ready(outcome.clone());
        }
        if !shared.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            shared.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ticket").field(&self.outcome()).finish()
    }
}

impl Completer {
    /// Resolves the ticket: callbacks first, then waiters.
    pub fn complete(self, outcome: Outcome) {
        self.settle(&outcome);
    }

    fn settle(&self, outcome: &Outcome) {
        let callbacks = {
            let shared = &mut *self.cell.lock();
            if shared.outcome.is_some() {
                return;
            }
            std::mem::take(&mut shared.callbacks)
        };
        callbacks.into_iter().for_each(|callback| callback(outcome));
        let (late, wakers) = {
            let shared = &mut *self.cell.lock();
            shared.outcome = Some(outcome.clone());
            (std::mem::take(&mut shared.callbacks), std::mem::take(&mut shared.wakers))
        };
        late.into_iter().for_each(|callback| callback(outcome));
        self.cell.done.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        self.settle(&Err(StoreError::Closed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Count(AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn callbacks_run_before_waiters_and_late_ones_at_once() {
        let (completer, ticket) = Ticket::new();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        ticket.on_complete(move |outcome| {
            assert!(outcome.is_ok());
            count.fetch_add(1, Ordering::SeqCst);
        });
        let waiter = std::thread::spawn({
            let (ticket, seen) = (ticket.clone(), seen.clone());
            move || {
                ticket.wait().unwrap();
                seen.load(Ordering::SeqCst)
            }
        });
        completer.complete(Ok(()));
        assert_eq!(waiter.join().unwrap(), 1);
        let count = seen.clone();
        ticket.on_complete(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(seen.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_future_is_woken_once_and_dropping_the_completer_fails_it() {
        let (completer, mut ticket) = Ticket::new();
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(count.clone());
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut ticket).poll(&mut cx).is_pending());
        assert!(Pin::new(&mut ticket).poll(&mut cx).is_pending());
        drop(completer);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(Pin::new(&mut ticket).poll(&mut cx), Poll::Ready(Err(StoreError::Closed)));
        assert_eq!(ticket.wait(), Err(StoreError::Closed));
        assert_eq!(Ticket::ready().wait(), Ok(()));
    }
}
