//! The block of an array or map: its count stands in front, and may be known only at the end.

use crate::bytes;

/// An array or map being written, as one block.
pub(in super::super) struct Block {
    /// Where the count stands.
    start: usize,
    /// The count that has been written.
    promised: usize,
    pub(in super::super) count: usize,
}

impl Block {
    #[inline]
    pub(in super::super) fn begin(out: &mut Vec<u8>, length: Option<usize>) -> Block {
        let (start, promised) = (out.len(), length.unwrap_or(0));
        bytes::put_block(out, promised);
        Block { start, promised, count: 0 }
    }

    #[inline]
    pub(in super::super) fn end(self, out: &mut Vec<u8>) {
        if self.count != self.promised {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            bytes::put_block(&mut old, self.promised);
            bytes::put_block(&mut new, self.count);
            out.splice(self.start..self.start + old.len(), new);
        }
        bytes::put_end(out);
    }
}
