//! Group commit: one fsync at a time per partition, on a blocking thread, for all appends written before it began.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay_log::Flusher;
use assay_protocol::ErrorCode;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::env::PartitionEnv;

type Waiter = (i64, oneshot::Sender<Result<(), ErrorCode>>);

/// Who waits for which offset to be durable.
#[derive(Debug, Default)]
pub(crate) struct FlushQueue {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    running: bool,
    waiting: Vec<Waiter>,
}

impl FlushQueue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves once everything below `offset` survives a power cut. The sync is begun at once, whether or not the future
    /// is polled.
    pub(crate) fn durable(
        self: &Arc<Self>,
        env: &Arc<PartitionEnv>,
        flusher: Flusher,
        offset: i64,
    ) -> BoxFuture<'static, Result<(), ErrorCode>> {
        if flusher.flushed_offset() >= offset {
            return Box::pin(std::future::ready(Ok(())));
        }
        let (done, waiting) = oneshot::channel();
        let mut inner = self.lock();
        inner.waiting.push((offset, done));
        if !inner.running {
            inner.running = true;
            let (queue, env) = (self.clone(), env.clone());
            let runtime = env.runtime.clone();
            drop(inner);
            runtime.spawn_blocking(move || queue.run(&env, &flusher));
        }
        Box::pin(async move { waiting.await.unwrap_or(Err(ErrorCode::KafkaStorageError)) })
    }

    fn run(&self, env: &PartitionEnv, flusher: &Flusher) {
        loop {
            let outcome = if env.is_offline() { Err(None) } else { flusher.flush().map_err(Some) };
            env.flushes.fetch_add(1, Ordering::Relaxed);
            let mut inner = self.lock();
            match outcome {
                Ok(flushed) => {
                    let (done, rest) =
                        std::mem::take(&mut inner.waiting).into_iter().partition(|(o, _)| *o <= flushed);
                    inner.waiting = rest;
                    answer(done, Ok(()));
                    if inner.waiting.is_empty() {
                        inner.running = false;
                        return;
                    }
                }
                Err(error) => {
                    match &error {
                        // The partition was deleted or the broker is stopping: nobody's disk has failed.
                        None | Some(assay_log::LogError::Closed { .. }) => {}
                        Some(error) => env.take_offline(error),
                    }
                    answer(std::mem::take(&mut inner.waiting), Err(ErrorCode::KafkaStorageError));
                    inner.running = false;
                    return;
                }
            }
        }
    }
}

fn answer(waiters: Vec<Waiter>, outcome: Result<(), ErrorCode>) {
    for (_, done) in waiters {
        let _ = done.send(outcome); // the connection may be gone
    }
}
