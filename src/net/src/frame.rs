//! Reading one frame: a 4-byte length, then that many bytes. Memory grows with the bytes that arrive.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::config::NetConfig;

/// Room made at first, and the part of a frame that does not count against the budget, in bytes.
/// Enough for the batches of most producers, which then take one read and no copy.
const FIRST_ROOM: usize = 64 * 1024;

/// Longest wait for a part of the budget. Half-read frames that wait for each other's memory end here.
const BUDGET_WAIT: Duration = Duration::from_secs(30);

/// Why there is no frame.
#[derive(Debug, Error)]
pub(crate) enum FrameError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the connection ended after {got} of {wanted} bytes")]
    CutOff { got: usize, wanted: usize },
    #[error("a frame length of {0} is negative")]
    Negative(i32),
    #[error("a frame of {length} bytes is over the limit of {max} (socket.request.max.bytes)")]
    TooLarge { length: u32, max: u32 },
    #[error("{}", .0.hint())]
    OtherProtocol(OtherProtocol),
    #[error("a frame took longer than {0} ms")]
    TooSlow(u64),
    #[error("no memory for a frame became free within {} ms (queued.max.request.bytes)", BUDGET_WAIT.as_millis())]
    NoBudget,
}

/// What is spoken to us instead of Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherProtocol {
    Http,
    Tls,
}

impl OtherProtocol {
    /// By the first four bytes of a connection. As Kafka lengths they would be 268 MB or more.
    fn recognise(first: [u8; 4]) -> Option<Self> {
        match &first {
            b"GET " | b"HEAD" | b"POST" | b"PUT " | b"DELE" | b"OPTI" | b"PATC" | b"CONN" | b"TRAC"
            | b"PRI " => Some(OtherProtocol::Http),
            [0x16, 3, 0..=4, _] => Some(OtherProtocol::Tls),
            _ => None,
        }
    }

    /// What a client of that protocol can understand.
    pub(crate) fn answer(self) -> String {
        match self {
            OtherProtocol::Tls => String::new(),
            OtherProtocol::Http => {
                let text = self.hint();
                let length = text.len() + 1;
                let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n";
                format!("{head}Content-Length: {length}\r\n\r\n{text}\n")
            }
        }
    }

    pub(crate) fn hint(self) -> &'static str {
        match self {
            OtherProtocol::Http => {
                "an HTTP client speaks to the Kafka port; the schema registry's API is on the HTTP port (8081 by default)"
            }
            OtherProtocol::Tls => {
                "a TLS client speaks to a plaintext Kafka port; set security.protocol=PLAINTEXT in the client"
            }
        }
    }
}

/// The beginning of a frame: one to four bytes of its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    length: [u8; 4],
    got: usize,
}

/// A frame, without its length.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Bytes,
    /// The frame's part of the budget; given back when the request has been dispatched.
    pub(crate) _budget: Option<OwnedSemaphorePermit>,
}

/// Reads frames off one socket.
pub(crate) struct FrameReader<R> {
    socket: R,
    frame_bytes_max: u32,
    frame_ms: u64,
    budget: Arc<Semaphore>,
    first: bool,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(socket: R, config: &NetConfig, budget: Arc<Semaphore>) -> Self {
        let NetConfig { frame_bytes_max, frame_ms, .. } = *config;
        FrameReader { socket, frame_bytes_max, frame_ms, budget, first: true }
    }

    /// The socket, when no more frames are wanted.
    pub(crate) fn into_socket(self) -> R {
        self.socket
    }

    /// Waits for the first bytes of a frame. `None` is a clean end of the connection. Takes no buffer, so that an
    /// idle connection costs none; and no time limit, which is the caller's.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        let mut length = [0; 4];
        Ok(match self.socket.read(&mut length).await? {
            0 => None,
            got => Some(Head { length, got }),
        })
    }

    /// Reads the rest of a frame that has begun.
    pub(crate) async fn rest(&mut self, head: Head) -> Result<Frame, FrameError> {
        let deadline = Instant::now() + Duration::from_millis(self.frame_ms);
        match timeout_at(deadline, self.read_rest(head)).await {
            Ok(frame) => frame,
            Err(_) => Err(FrameError::TooSlow(self.frame_ms)),
        }
    }

    async fn read_rest(&mut self, head: Head) -> Result<Frame, FrameError> {
        let Head { mut length, mut got } = head;
        while got < 4 {
            match self.socket.read(&mut length[got..]).await? {
                0 => return Err(FrameError::CutOff { got, wanted: 4 }),
                n => got += n,
            }
        }
        let length = self.check_length(length)?;
        self.first = false;
        self.read_body(length).await
    }

    fn check_length(&self, bytes: [u8; 4]) -> Result<usize, FrameError> {
        if self.first
            && let Some(other) = OtherProtocol::recognise(bytes)
        {
            return Err(FrameError::OtherProtocol(other));
        }
        let signed = i32::from_be_bytes(bytes);
        let length = u32::try_from(signed).map_err(|_| FrameError::Negative(signed))?;
        if length > self.frame_bytes_max {
            return Err(FrameError::TooLarge { length, max: self.frame_bytes_max });
        }
        Ok(length as usize)
    }

    /// Doubles the room as bytes arrive, up to `length` exactly.
    async fn read_body(&mut self, length: usize) -> Result<Frame, FrameError> {
        let mut buffer = BytesMut::with_capacity(length.min(FIRST_ROOM));
        let mut budget: Option<OwnedSemaphorePermit> = None;
        while buffer.len() < length {
            if buffer.len() == buffer.capacity() {
                let more = buffer.len().min(length - buffer.len());
                let permit = self.take_budget(more).await?;
                match &mut budget {
                    Some(held) => held.merge(permit),
                    None => budget = Some(permit),
                }
                buffer.reserve(more);
            }
            // Never past the frame: the next one's bytes stay in the socket.
            let wanted = (length - buffer.len()) as u64;
            if (&mut self.socket).take(wanted).read_buf(&mut buffer).await? == 0 {
                return Err(FrameError::CutOff { got: buffer.len(), wanted: length });
            }
        }
        Ok(Frame { bytes: buffer.freeze(), _budget: budget })
    }

    async fn take_budget(&self, bytes: usize) -> Result<OwnedSemaphorePermit, FrameError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.budget).acquire_many_owned(bytes);
        match tokio::time::timeout(BUDGET_WAIT, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(FrameError::NoBudget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8], frame_bytes_max: u32) -> FrameReader<&[u8]> {
        let config = NetConfig { frame_bytes_max, ..NetConfig::default() };
        FrameReader::new(bytes, &config, Arc::new(Semaphore::new(1 << 20)))
    }

    async fn next(reader: &mut FrameReader<&[u8]>) -> Result<Option<Frame>, FrameError> {
        match reader.head().await? {
            Some(head) => reader.rest(head).await.map(Some),
            None => Ok(None),
        }
    }

    #[tokio::test]
    async fn frames_one_after_another() {
        let mut bytes = b"\0\0\0\x03abc\0\0\0\0".to_vec();
        let long = vec![7; 100_000];
        bytes.extend(100_000u32.to_be_bytes());
        bytes.extend(&long);
        let mut reader = reader(&bytes, 1 << 20);
        assert_eq!(next(&mut reader).await.unwrap().unwrap().bytes, &b"abc"[..]);
        assert_eq!(next(&mut reader).await.unwrap().unwrap().bytes, &b""[..]);
        let frame = next(&mut reader).await.unwrap().unwrap();
        assert_eq!(frame.bytes, &long[..]);
        assert_eq!(reader.budget.available_permits(), (1 << 20) - (100_000 - FIRST_ROOM));
        drop(frame);
        assert_eq!(reader.budget.available_permits(), 1 << 20);
        assert!(next(&mut reader).await.unwrap().is_none());
    }

    async fn refusal(bytes: &[u8]) -> String {
        next(&mut reader(bytes, 1000)).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn what_is_no_frame_is_refused_with_a_reason() {
        assert_eq!(refusal(b"\xff\xff\xff\xff").await, "a frame length of -1 is negative");
        assert!(refusal(b"\x7f\xff\xff\xff").await.contains("over the limit of 1000"));
        assert!(refusal(b"GET / HTTP/1.1").await.contains("HTTP client"));
        assert!(refusal(b"\x16\x03\x01\x02\0").await.contains("TLS client"));
        assert_eq!(refusal(b"\0\0").await, "the connection ended after 2 of 4 bytes");
        assert_eq!(refusal(b"\0\0\0\x09abc").await, "the connection ended after 3 of 9 bytes");
    }
}
