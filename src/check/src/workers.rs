//! The same work for many things, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each item; the results in the order of the items.
///
/// # Errors
/// One sentence: a worker ended early, which is a defect of ours.
pub(crate) fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Result<Vec<T>, String> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let run = || {
            let mut mine = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { break };
                mine.push((index, work(item)));
            }
            mine
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    if done.len() != items.len() {
        return Err("a worker ended early; please report this".to_owned());
    }
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
