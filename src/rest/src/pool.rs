//! The bounded pool for registry work: so many threads at once, so many requests waiting, and no more.
//!
//! What waits for durability waits outside, so that one commit can serve many requests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Admission to the blocking threads.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    waiting_max: usize,
}

/// Counts one waiting request for as long as it lives, also when the request is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(crate) fn new(threads: usize, waiting_max: usize) -> Pool {
        Pool { permits: Arc::new(Semaphore::new(threads.max(1))), waiting: Arc::default(), waiting_max }
    }

    /// Runs `work` on a blocking thread.
    ///
    /// # Errors
    /// 429 when too many requests wait already; 500 when `work` panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let waiting = Waiting(Arc::clone(&self.waiting));
                if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.waiting_max {
                    return Err(ApiError::generic(429, "too many requests are waiting; try again later"));
                }
                let permit = Arc::clone(&self.permits).acquire_owned().await;
                drop(waiting);
                permit.map_err(|_| ApiError::internal())?
            }
        };
        let task = tokio::task::spawn_blocking(move || {
            let result = guarded(work);
            drop(permit);
            result
        });
        task.await.map_err(|_| ApiError::internal())?
    }
}

/// Runs `work`; a panic in it is this server's bug and one request's 500.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ApiError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        tracing::error!("a request handler panicked");
        ApiError::internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn is_bounded_and_survives_panics() {
        let pool = Pool::new(1, 1);
        let (enter, entered) = std::sync::mpsc::channel();
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let busy = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    enter.send(()).unwrap();
                    left.recv().unwrap();
                })
                .await
            }
        });
        tokio::task::spawn_blocking(move || entered.recv().unwrap()).await.unwrap();
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| 2).await }
        });
        while pool.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 3).await.unwrap_err().status(), 429);
        leave.send(()).unwrap();
        busy.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(pool.run(|| -> u8 { panic!("a bug") }).await.unwrap_err().status(), 500);
        assert_eq!(pool.run(|| 4).await.unwrap(), 4);
        assert_eq!(pool.waiting.load(Ordering::Relaxed), 0);
    }
}
