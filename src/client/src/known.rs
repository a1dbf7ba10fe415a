//! What the registry said: answers that stay, refusals for a short while, and one request at a time for each question.
//!
//! A question that many ask at the same time is asked once; all get the one answer, also when it is an error. Whoever waits
//! drives the request, so that one who gives up holds nobody up. What did not come to an answer is never remembered.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use hashbrown::Equivalent;

use crate::{Cache, ClientError};

type Answer<T> = Result<T, ClientError>;
type Call<T> = BoxFuture<'static, Answer<T>>;

/// Answers to one kind of question.
pub(crate) struct Known<K, T> {
    found: Cache<K, T>,
    refused: Cache<K, (Instant, ClientError)>,
    asking: Mutex<Asking<K, T>>,
}

struct Asking<K, T> {
    /// Changes when what was known is forgotten: a call from before must not be remembered after.
    epoch: u64,
    /// The same for refusals alone.
    refusal_epoch: u64,
    /// Number of the latest call.
    call: u64,
    calls: HashMap<K, (u64, WeakShared<Call<T>>)>,
}

/// What is remembered of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remember {
    /// Whether an answer is.
    pub(crate) found: bool,
    /// How long a refusal is.
    pub(crate) refused: Duration,
}

impl<K, T> fmt::Debug for Known<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("found", &self.found).finish_non_exhaustive()
    }
}

impl<K, T> Known<K, T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(entries_max: usize) -> Arc<Known<K, T>> {
        let asking = Asking { epoch: 0, refusal_epoch: 0, call: 0, calls: HashMap::new() };
        Arc::new(Known {
            found: Cache::new(entries_max),
            refused: Cache::new(entries_max),
            asking: Mutex::new(asking),
        })
    }

    /// An answer that is remembered; no lock, no waiting.
    pub(crate) fn cached<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<T> {
        self.found.get(key)
    }

    /// Puts in what is known from elsewhere.
    pub(crate) fn insert(&self, key: K, value: T) {
        self.found.insert(key, value);
    }

    /// Forgets everything; calls under way are answered, but not remembered, and nobody joins them any more.
    pub(crate) fn forget(&self) {
        let mut asking = self.asking();
        asking.epoch += 1;
        asking.refusal_epoch += 1;
        asking.calls.clear();
        self.found.clear();
        self.refused.clear();
    }

    /// Forgets refusals only: something was registered. Calls under way whose key is not to be kept may be refused for what
    /// was so before; nobody joins them any more.
    pub(crate) fn forget_refusals(&self, keep: impl Fn(&K) -> bool) {
        let mut asking = self.asking();
        asking.refusal_epoch += 1;
        asking.calls.retain(|key, _| keep(key));
        self.refused.clear();
    }

    /// The answer: remembered, or of a call under way, or of the call made here.
    pub(crate) async fn get<F>(
        self: &Arc<Self>,
        key: K,
        remember: Remember,
        ask: impl FnOnce() -> F,
    ) -> Answer<T>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let call = match self.join(key, remember, ask) {
            Ok(known) => return known,
            Err(call) => call,
        };
        call.await
    }

    /// What is known, or the call that will tell.
    fn join<F>(
        self: &Arc<Self>,
        key: K,
        remember: Remember,
        ask: impl FnOnce() -> F,
    ) -> Result<Answer<T>, Shared<Call<T>>>
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let mut asking = self.asking();
        if let Some(found) = self.found.get(&key) {
            return Ok(Ok(found));
        }
        if let Some((until, error)) = self.refused.get(&key)
            && Instant::now() < until
        {
            return Ok(Err(error));
        }
        if let Some(call) = asking.calls.get(&key).and_then(|(_, call)| call.upgrade()) {
            return Err(call);
        }
        asking.call += 1;
        let place = Place {
            known: Arc::clone(self),
            key: key.clone(),
            call: asking.call,
            epoch: asking.epoch,
            refusal_epoch: asking.refusal_epoch,
        };
        let call: Call<T> = Box::pin(run(place, remember, ask()));
        let call = call.shared();
        if let Some(weak) = call.downgrade() {
            let number = asking.call;
            asking.calls.insert(key, (number, weak));
        }
        Err(call)
    }

    fn asking(&self) -> MutexGuard<'_, Asking<K, T>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the call and keeps what it tells.
async fn run<K, T, F>(place: Place<K, T>, remember: Remember, ask: F) -> Answer<T>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    F: Future<Output = Answer<T>> + Send + 'static,
{
    let answer = AssertUnwindSafe(ask).catch_unwind().await;
    let answer =
        answer.unwrap_or_else(|_| Err(ClientError::Runtime("the request stopped with a panic".into())));
    let asking = place.known.asking();
    match &answer {
        Ok(found) if remember.found && asking.epoch == place.epoch => {
            place.known.found.insert(place.key.clone(), found.clone());
        }
        Err(error)
            if error.is_permanent_refusal()
                && !remember.refused.is_zero()
                && asking.refusal_epoch == place.refusal_epoch =>
        {
            let until = Instant::now() + remember.refused;
            place.known.refused.insert(place.key.clone(), (until, error.clone()));
        }
        Ok(_) | Err(_) => {}
    }
    drop(asking);
    answer
}

/// A call's entry in the list of calls; gone with the call, be it done or given up by all who waited.
struct Place<K: Hash + Eq, T> {
    known: Arc<Known<K, T>>,
    key: K,
    call: u64,
    epoch: u64,
    refusal_epoch: u64,
}

impl<K: Hash + Eq, T> Drop for Place<K, T> {
    fn drop(&mut self) {
        let mut asking = self.known.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.calls.get(&self.key).is_some_and(|(call, _)| *call == self.call) {
            asking.calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const KEPT: Remember = Remember { found: true, refused: Duration::from_secs(60) };

    fn refusal(status: u16) -> ClientError {
        ClientError::Api { url: "u".into(), status, error_code: u32::from(status), message: String::new() }
    }

    /// A call that waits to be let go, and counts how often it was made.
    fn slow(
        calls: &Arc<AtomicUsize>,
        gate: &Arc<Notify>,
        answer: Answer<u32>,
    ) -> impl Future<Output = Answer<u32>> + Send + 'static {
        let (calls, gate) = (Arc::clone(calls), Arc::clone(gate));
        async move {
            calls.fetch_add(1, Ordering::SeqCst);
            gate.notified().await;
            answer
        }
    }

    #[tokio::test]
    async fn a_storm_is_one_call_and_all_get_its_answer() {
        for answer in [Ok(7), Err(refusal(404)), Err(refusal(503))] {
            let known = Known::<u32, u32>::new(10);
            let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
            let joined = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..1000)
                .map(|_| {
                    let (known, joined) = (Arc::clone(&known), Arc::clone(&joined));
                    let call = slow(&calls, &gate, answer.clone());
                    tokio::spawn(async move {
                        joined.fetch_add(1, Ordering::SeqCst);
                        known.get(1, KEPT, || call).await // joins before it waits
                    })
                })
                .collect();
            while joined.load(Ordering::SeqCst) < 1000 {
                tokio::task::yield_now().await;
            }
            gate.notify_one();
            for task in tasks {
                assert_eq!(task.await.unwrap(), answer);
            }
            assert_eq!(calls.load(Ordering::SeqCst), 1);
            let transient = answer.as_ref().is_err_and(ClientError::is_transient);
            gate.notify_one();
            assert_eq!(known.get(1, KEPT, || slow(&calls, &gate, Ok(8))).await.ok() == Some(8), transient);
            assert!(known.asking().calls.is_empty());
        }
    }

    #[tokio::test]
    async fn one_who_gives_up_does_not_hold_up_the_others() {
        let known = Known::<u32, u32>::new(10);
        let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let get = || {
            let (known, call) = (Arc::clone(&known), slow(&calls, &gate, Ok(7)));
            tokio::spawn(async move { known.get(1, KEPT, || call).await })
        };
        let leader = get();
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let follower = get();
        tokio::task::yield_now().await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        gate.notify_one();
        assert_eq!(follower.await.unwrap(), Ok(7));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        // All give up: the call is dropped, and the next one asks anew.
        let known = Known::<u32, u32>::new(10);
        let lone = tokio::spawn({
            let (known, call) = (Arc::clone(&known), slow(&calls, &gate, Ok(7)));
            async move { known.get(1, KEPT, || call).await }
        });
        while calls.load(Ordering::SeqCst) == 1 {
            tokio::task::yield_now().await;
        }
        lone.abort();
        assert!(lone.await.is_err());
        assert!(known.asking().calls.is_empty());
        assert_eq!(known.get(1, KEPT, || async { Ok(9) }).await, Ok(9));
    }

    #[tokio::test]
    async fn a_call_from_before_is_not_remembered_after() {
        let known = Known::<u32, u32>::new(10);
        let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let before = tokio::spawn({
            let (known, call) = (Arc::clone(&known), slow(&calls, &gate, Ok(1)));
            async move { known.get(1, KEPT, || call).await }
        });
        while calls.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        known.forget();
        assert_eq!(known.get(1, KEPT, || async { Ok(2) }).await, Ok(2)); // does not join
        gate.notify_one();
        assert_eq!(before.await.unwrap(), Ok(1));
        assert_eq!(known.cached(&1), Some(2));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_all_and_is_not_remembered() {
        let known = Known::<u32, u32>::new(10);
        let error = known.get(1, KEPT, || async { panic!("a bug") }).await.unwrap_err();
        assert!(matches!(error, ClientError::Runtime(_)), "{error}");
        assert_eq!(known.get(1, KEPT, || async { Ok(2) }).await, Ok(2));
    }

    #[tokio::test]
    async fn refusals_last_for_their_time() {
        let known = Known::<u32, u32>::new(10);
        let short = Remember { found: false, refused: Duration::ZERO };
        known.get(1, short, || async { Err(refusal(404)) }).await.unwrap_err();
        assert_eq!(known.get(1, short, || async { Ok(1) }).await, Ok(1));
        assert_eq!(known.get(1, KEPT, || async { Err(refusal(404)) }).await, Err(refusal(404)));
        assert_eq!(known.get(1, KEPT, || async { Ok(3) }).await, Err(refusal(404)));
        known.forget_refusals(|_| false);
        assert_eq!(known.get(1, KEPT, || async { Ok(3) }).await, Ok(3));
    }
}
