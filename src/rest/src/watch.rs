//! Hangs up on connections that hold a place and do nothing with it. The HTTP library times the first request head and
//! idle keep-alive; it does not time a later head that drips, nor a client that does not read its answer. A second
//! handle on each socket closes those.

use std::any::Any;
use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use crate::config::RestConfig;

/// Bytes of an answer handed to the socket at a time: what is not handed over yet tells a slow reader.
pub(crate) const PIECE_BYTES: usize = 64 << 10;

/// What a connection is doing. Requests on one connection are answered one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Phase {
    /// Between requests, perhaps inside a head, or inside the last piece of an answer.
    Between = 0,
    /// A request is being read or worked on; other limits apply.
    Working = 1,
    /// An answer is being taken by the client.
    Answering = 2,
}

/// One connection: its phase, since when, and a handle to close it with.
#[derive(Debug)]
pub(crate) struct Connection {
    started: Instant,
    phase: AtomicU8,
    since_ms: AtomicU64,
    socket: TcpStream,
}

impl Connection {
    fn enter(&self, phase: Phase) {
        self.since_ms.store(millis(self.started.elapsed()), Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// A request head has been read.
    pub(crate) fn working(&self) {
        self.phase.store(Phase::Working as u8, Ordering::Relaxed);
    }

    /// An answer of one piece at most is on its way.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Between);
    }

    /// The body of a large answer. Until it is taken the client has to make progress.
    pub(crate) fn body(self: &Arc<Self>, bytes: Bytes) -> Body {
        self.enter(Phase::Answering);
        Body { bytes, connection: Arc::clone(self) }
    }

    fn overdue(&self, limits: &Limits) -> bool {
        let quiet = millis(self.started.elapsed()).saturating_sub(self.since_ms.load(Ordering::Relaxed));
        match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Between as u8 => quiet > limits.between_ms,
            phase if phase == Phase::Answering as u8 => quiet > limits.answering_ms,
            _ => false,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The bytes of an answer, in pieces.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    connection: Arc<Connection>,
}

impl MessageBody for Body {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        self.connection.enter(Phase::Answering);
        let piece = self.bytes.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(self.bytes.split_to(piece))))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.connection.enter(Phase::Between);
    }
}

/// How long a connection may stay in a phase.
#[derive(Clone, Copy, Debug)]
struct Limits {
    between_ms: u64,
    answering_ms: u64,
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Watch {
    limits: Limits,
    connections: Mutex<VecDeque<Weak<Connection>>>,
}

impl Watch {
    /// Starts to watch; ends when the returned value is dropped. Needs a tokio runtime.
    pub(crate) fn start(settings: &RestConfig) -> Arc<Watch> {
        let keep_alive_ms = settings.keep_alive_s.saturating_mul(1000);
        let limits = Limits {
            // the library closes what is idle after keep-alive; what stays longer is inside a head
            between_ms: keep_alive_ms.saturating_add(settings.head_ms_max),
            answering_ms: settings.answer_stall_ms_max,
        };
        let watch = Arc::new(Watch { limits, connections: Mutex::default() });
        let pause = limits.between_ms.min(limits.answering_ms) / 8;
        let pause = Duration::from_millis(pause.clamp(20, 2_000));
        let weak = Arc::downgrade(&watch);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(watch) = weak.upgrade() else { return };
                watch.hang_up();
            }
        });
        watch
    }

    /// Watches a socket that was just accepted. `None`, and no watch, when it is none or the process has too many files
    /// open.
    pub(crate) fn connected(&self, socket: &dyn Any) -> Option<Arc<Connection>> {
        let socket = socket.downcast_ref::<actix_web::rt::net::TcpStream>()?;
        let connection = Arc::new(Connection {
            started: Instant::now(),
            phase: AtomicU8::new(Phase::Working as u8), // the library times the first head
            since_ms: AtomicU64::new(0),
            socket: TcpStream::from(socket.as_fd().try_clone_to_owned().ok()?),
        });
        let weak = Arc::downgrade(&connection);
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push_back(weak);
        Some(connection)
    }

    fn hang_up(&self) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| {
            let Some(connection) = connection.upgrade() else { return false };
            let overdue = connection.overdue(&self.limits);
            if overdue {
                tracing::debug!(peer = ?connection.socket.peer_addr().ok(), "connection made no progress; closed");
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
            !overdue
        });
    }
}
