//! Whether a struct's fields are those of a record, in the same order: then they are read by place, and no name is looked up.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What a record knows of the structs that were read from it: the address of the names of the first that has its fields in order, or
/// one of the two constants. A struct's names are `'static`, so nothing else ever has their address.
#[derive(Debug)]
pub(super) struct Places(AtomicUsize);

/// No struct was read yet.
const NONE: usize = 0;

/// By name only, whatever the struct.
const NEVER: usize = usize::MAX;

impl Places {
    /// `in_order`: whether the record's fields come in their order.
    pub(super) fn new(in_order: bool) -> Places {
        Places(AtomicUsize::new(if in_order { NONE } else { NEVER }))
    }

    /// Whether a struct with these names has the record's fields in their order.
    #[inline]
    pub(super) fn are<'f>(
        &self,
        names: &'static [&'static str],
        fields: impl ExactSizeIterator<Item = &'f str>,
    ) -> bool {
        names.len() == fields.len()
            && (self.0.load(Ordering::Relaxed) == names.as_ptr().addr() || self.compare(names, fields))
    }

    #[cold]
    fn compare<'f>(&self, names: &'static [&'static str], fields: impl Iterator<Item = &'f str>) -> bool {
        let known = self.0.load(Ordering::Relaxed);
        if known == NEVER || !names.iter().copied().eq(fields) {
            return false;
        }
        if known == NONE {
            // Lost against another thread's struct is as well: this one is compared again.
            let _ =
                self.0.compare_exchange(NONE, names.as_ptr().addr(), Ordering::Relaxed, Ordering::Relaxed);
        }
        true
    }

    /// Structs of this record are read by name from now on: there is one that cannot be read by place.
    #[cold]
    pub(super) fn forget(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }
}

/// A copy learns anew.
impl Clone for Places {
    fn clone(&self) -> Places {
        Places::new(self.0.load(Ordering::Relaxed) != NEVER)
    }
}
