//! Buffers of large frames, used again. Memory fresh from the system costs a fault per page, which for batches of some 100 KiB is
//! more than reading them; and a frame's buffer is free again as soon as its request has been dealt with.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Most bytes that are kept for later.
const KEPT_MAX: usize = 16 * 1024 * 1024;

/// Largest buffer that is kept.
const BUFFER_MAX: usize = 4 * 1024 * 1024;

/// Buffers that wait for a frame; a clone is another handle to the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Pool {
    /// An empty buffer, with the room it had when it was given back.
    pub(crate) fn take(&self) -> Pooled {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.buffers.pop().unwrap_or_default();
        kept.bytes -= bytes.capacity();
        drop(kept);
        Pooled { bytes, pool: self.clone() }
    }

    fn give_back(&self, mut bytes: Vec<u8>) {
        let room = bytes.capacity();
        if room > BUFFER_MAX {
            return;
        }
        bytes.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + room <= KEPT_MAX {
            kept.bytes += room;
            kept.buffers.push(bytes);
        }
    }
}

/// A buffer that goes back when it is dropped, or when the last of its [`Bytes`] is.
#[derive(Debug)]
pub(crate) struct Pooled {
    pub(crate) bytes: Vec<u8>,
    pool: Pool,
}

impl Pooled {
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pool: &Pool) -> (usize, usize) {
        let kept = pool.0.lock().unwrap();
        assert_eq!(kept.bytes, kept.buffers.iter().map(Vec::capacity).sum::<usize>());
        (kept.buffers.len(), kept.bytes)
    }

    fn filled(pool: &Pool, room: usize) -> Pooled {
        let mut buffer = pool.take();
        buffer.bytes.reserve_exact(room);
        buffer.bytes.push(7);
        buffer
    }

    #[test]
    fn the_last_reader_gives_it_back_empty() {
        let pool = Pool::default();
        let frame = filled(&pool, 100_000).freeze();
        let part = frame.slice(..1);
        drop(frame);
        assert_eq!((&part[..], kept(&pool)), (&[7][..], (0, 0)));
        drop(part);
        assert_eq!(kept(&pool), (1, 100_000));
        let again = pool.take();
        assert_eq!((again.bytes.len(), again.bytes.capacity(), kept(&pool)), (0, 100_000, (0, 0)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let pool = Pool::default();
        drop(filled(&pool, BUFFER_MAX + 1));
        assert_eq!(kept(&pool), (0, 0));
        let many: Vec<Pooled> = (0..100).map(|_| filled(&pool, 1 << 20)).collect();
        drop(many);
        assert_eq!(kept(&pool), (16, KEPT_MAX));
    }
}
