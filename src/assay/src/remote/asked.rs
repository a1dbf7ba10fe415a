//! Answers that somebody has to be asked for: each question is asked once at a time, however many wait for it; answers are
//! kept, bounded; and a "no" is asked again for the next batch, but not in a storm.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use assay_validate::BoxFuture;
use futures::FutureExt;
use futures::future::Shared;

/// Answers kept; at the limit those that can be asked for again are forgotten.
const KEPT_MAX: usize = 10_000;
/// After a failure nobody is asked the same for so long.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// First questions: so many at once, then so many a second; others wait for their turn. That is not the registry's doing, so
/// it does not count as its being down.
const FIRST: (f64, f64) = (1000.0, 100.0);
/// After so long a question that had to wait is tried again.
const TURN: Duration = Duration::from_millis(100);
/// Questions asked again after a "no": the same.
const AGAIN: (f64, f64) = (50.0, 10.0);

/// What is known of a question.
pub(super) enum Answer<V> {
    /// This.
    Known(V),
    /// It is being asked: await, then look again.
    Pending(BoxFuture<()>),
    /// It cannot be asked now.
    Unavailable(String),
}

/// How good a kept answer is for this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// As good as a new one.
    Fresh,
    /// To be asked again; but if nobody answers, it will do.
    Old,
    /// It says no: to be asked again if that is not done too often. If nobody answers, nothing is known.
    No,
}

/// `asked` is when somebody began to ask, `at` when the answer came.
enum Slot<V> {
    Flying { flight: Shared<BoxFuture<()>>, asked: Instant, before: Option<V> },
    Known { value: V, asked: Instant, at: Instant },
    Failed { why: String, asked: Instant, at: Instant },
}

/// See the module.
pub(super) struct Asked<K, V> {
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    slots: HashMap<K, Slot<V>>,
    first: Bucket,
    again: Bucket,
}

impl<K: Hash + Eq + Clone, V: Clone> Asked<K, V> {
    pub(super) fn new() -> Asked<K, V> {
        let now = Instant::now();
        let state =
            State { slots: HashMap::new(), first: Bucket::new(FIRST, now), again: Bucket::new(AGAIN, now) };
        Asked { state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of `key` at `now`. An answer that was asked for at `since` or later is good whatever it is; `judge` says how
    /// good an older one is. `ask` begins to ask, and whoever it asks calls [`Asked::told`].
    pub(super) fn get(
        &self,
        key: &K,
        now: Instant,
        since: Instant,
        judge: impl Fn(&V, Duration) -> Use,
        ask: impl FnOnce() -> BoxFuture<()>,
    ) -> Answer<V> {
        let mut state = self.lock();
        let State { slots, first, again } = &mut *state;
        let before = match slots.get(key) {
            // Whoever asked is gone without a word: ask again.
            Some(Slot::Flying { flight, before, .. }) if flight.peek().is_some() => before.clone(),
            Some(Slot::Flying { flight, .. }) => return Answer::Pending(flight.clone().boxed()),
            Some(Slot::Failed { why, asked, at })
                if *asked >= since || now.duration_since(*at) < FAILED_PAUSE =>
            {
                return Answer::Unavailable(why.clone());
            }
            Some(Slot::Known { value, asked, .. }) if *asked >= since => return Answer::Known(value.clone()),
            Some(Slot::Known { value, at, .. }) => {
                let age = now.duration_since(*at);
                match judge(value, age) {
                    Use::Fresh => return Answer::Known(value.clone()),
                    Use::Old => Some(value.clone()),
                    Use::No if !again.take(now) => return Answer::Known(value.clone()),
                    Use::No => None,
                }
            }
            Some(Slot::Failed { .. }) | None => {
                if !first.take(now) {
                    return Answer::Pending(Box::pin(async { tokio::time::sleep(TURN).await }));
                }
                None
            }
        };
        if slots.len() >= KEPT_MAX && !slots.contains_key(key) {
            // First what says no: a producer that makes up ids must not push out the schemas in use.
            slots.retain(|_, slot| match slot {
                Slot::Flying { .. } => true,
                Slot::Known { value, at, .. } => judge(value, now.duration_since(*at)) != Use::No,
                Slot::Failed { .. } => false,
            });
            if slots.len() >= KEPT_MAX {
                slots.retain(|_, slot| matches!(slot, Slot::Flying { .. }));
            }
        }
        let flight = ask().shared();
        slots.insert(key.clone(), Slot::Flying { flight: flight.clone(), asked: now, before });
        Answer::Pending(flight.boxed())
    }

    /// The answer to a question, or why there is none.
    pub(super) fn told(&self, key: K, now: Instant, answer: Result<V, String>) {
        let mut state = self.lock();
        // Nobody is told but by a flight.
        let Some(Slot::Flying { asked, before, .. }) = state.slots.remove(&key) else { return };
        let slot = match (answer, before) {
            (Ok(value), _) => Slot::Known { value, asked, at: now },
            // It was good until now, and is asked for again after a while.
            (Err(_), Some(value)) => Slot::Known { value, asked, at: now },
            (Err(why), None) => Slot::Failed { why, asked, at: now },
        };
        state.slots.insert(key, slot);
    }
}

/// So many at once, then so many a second.
struct Bucket {
    max: f64,
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new((max, per_second): (f64, f64), now: Instant) -> Bucket {
        Bucket { max, per_second, left: max, at: now }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.per_second).min(self.max);
        self.at = self.at.max(now);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// 0 is a no; other answers are good for ten seconds.
    fn judge(value: &u32, age: Duration) -> Use {
        match *value {
            0 => Use::No,
            _ if age < Duration::from_secs(10) => Use::Fresh,
            _ => Use::Old,
        }
    }

    struct Test {
        asked: Asked<u32, u32>,
        asks: Cell<u32>,
        begun: Instant,
    }

    impl Test {
        fn new() -> Test {
            Test { asked: Asked::new(), asks: Cell::new(0), begun: Instant::now() }
        }

        fn at(&self, ms: u64) -> Instant {
            self.begun + Duration::from_millis(ms)
        }

        /// For a batch that begins now.
        fn get(&self, key: u32, ms: u64) -> String {
            self.get_since(key, ms, ms)
        }

        /// For a batch that began at `since`.
        fn get_since(&self, key: u32, ms: u64, since: u64) -> String {
            let ask = || {
                self.asks.set(self.asks.get() + 1);
                Box::pin(std::future::pending()) as BoxFuture<()>
            };
            match self.asked.get(&key, self.at(ms), self.at(since), judge, ask) {
                Answer::Known(value) => value.to_string(),
                Answer::Pending(_) => "pending".into(),
                Answer::Unavailable(why) => why,
            }
        }

        fn told(&self, key: u32, ms: u64, answer: Result<u32, &str>) {
            self.asked.told(key, self.at(ms), answer.map_err(str::to_owned));
        }
    }

    #[test]
    fn one_question_at_a_time_and_old_answers_while_nobody_answers() {
        let test = Test::new();
        for _ in 0..100 {
            assert_eq!(test.get(7, 0), "pending");
        }
        assert_eq!(test.asks.get(), 1);
        test.told(7, 5, Ok(3));
        assert_eq!(test.get(7, 9_000), "3");
        assert_eq!(test.get(7, 11_000), "pending");
        test.told(7, 12_000, Err("down"));
        assert_eq!((test.get(7, 13_000).as_str(), test.asks.get()), ("3", 2));
        assert_eq!(test.get(8, 0), "pending");
        test.told(8, 1, Err("down"));
        assert_eq!(test.get(8, 900), "down");
        assert_eq!((test.get(8, 1_100).as_str(), test.asks.get()), ("pending", 4));
    }

    #[test]
    fn an_answer_is_good_for_the_batch_that_waited_for_it_however_slow_others_are() {
        let test = Test::new();
        for (key, answer) in [(1, Ok(0)), (2, Ok(0)), (3, Ok(9)), (4, Err("down"))] {
            assert_eq!(test.get_since(key, 10, 5), "pending");
            test.told(key, 1_000 * u64::from(key), answer);
        }
        for ms in [5_000, 60_000] {
            assert_eq!([1, 2, 3, 4].map(|key| test.get_since(key, ms, 5)), ["0", "0", "9", "down"]);
        }
        assert_eq!(test.asks.get(), 4);
        // For a batch that began when the question was on its way the answer may be too old.
        assert_eq!((test.get_since(1, 60_000, 11), test.asks.get()), ("pending".into(), 5));
    }

    #[test]
    fn a_no_is_asked_again_at_once_but_not_in_a_storm() {
        let test = Test::new();
        let (mut known, mut again) = (0, 0);
        assert_eq!(test.get(7, 0), "pending");
        test.told(7, 0, Ok(0));
        assert_eq!(test.get_since(7, 50, 0), "0", "the batch that asked is checked with it");
        for ms in 100..10_100 {
            match test.get(7, ms).as_str() {
                "pending" => {
                    again += 1;
                    test.told(7, ms, Ok(0));
                }
                _ => known += 1,
            }
        }
        assert!((90..=150).contains(&again), "{again} asks in ten seconds, {known} answers");
        assert_eq!(test.get(7, 20_000), "pending");
        test.told(7, 20_000, Ok(5));
        assert_eq!(test.get(7, 20_001), "5");
    }

    #[test]
    fn bounded_in_number_and_rate() {
        let test = Test::new();
        assert!((0..5_000).all(|n| test.get(n, 0) == "pending"), "they wait, the registry is not down");
        assert_eq!(test.asks.get(), 1_000);
        let mut most = 0;
        for n in 5_000..35_000u32 {
            let ms = u64::from(n) * 100;
            assert_eq!(test.get(n, ms), "pending");
            test.told(n, ms, Ok(1));
            most = most.max(test.asked.lock().slots.len());
        }
        assert!(most <= KEPT_MAX + 1, "{most}");
    }

    #[test]
    fn whoever_asked_may_die() {
        let asked: Asked<u32, u32> = Asked::new();
        let now = Instant::now();
        let gone = || Box::pin(std::future::ready(())) as BoxFuture<()>;
        let Answer::Pending(flight) = asked.get(&1, now, now, judge, gone) else { panic!() };
        futures::executor::block_on(flight);
        assert!(matches!(asked.get(&1, now, now, judge, gone), Answer::Pending(_)));
    }
}
