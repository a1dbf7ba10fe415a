//! One connection: a reader that dispatches in order, a writer that answers in order, and the queue between them.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use assay_protocol::decode_request_header;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tracing::{debug, error, warn};

use crate::config::NetConfig;
use crate::dispatch::{Answer, Listener, Reply, RequestContext};
use crate::frame::{Frame, FrameError, FrameReader, Head};
use crate::serve::Shared;
use crate::stats::NetStats;

/// The principal of a connection without authentication, as Kafka names it.
const ANONYMOUS: &str = "User:ANONYMOUS";

/// How long, and for how many bytes, the end of a connection waits for the client's end.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 1024 * 1024;

/// Why a connection ended.
#[derive(Debug, Error)]
pub(crate) enum End {
    #[error("the client closed the connection")]
    ClientClosed,
    #[error("the answers can no longer be written")]
    WriterGone,
    #[error("shutdown")]
    Shutdown,
    #[error("the handler closed the connection")]
    HandlerClosed,
    #[error("idle for {0} ms")]
    Idle(u64),
    #[error("no request within {0} ms")]
    NoRequest(u64),
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("request header: {0}")]
    Header(#[from] assay_protocol::DecodeError),
    #[error("a handler panicked: {0}")]
    Panic(String),
    #[error("writing an answer: {0}")]
    Write(io::Error),
    #[error("the client has not read for {0} ms")]
    WriteStalled(u64),
}

/// Who is connected; the same for every request of the connection.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) connection_id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) listener: Arc<Listener>,
}

/// A place in the queue of answers.
enum Queued {
    Ready(Bytes),
    Later(BoxFuture<'static, Answer>),
}

/// What reader and writer of a connection both see.
#[derive(Debug)]
struct Flow {
    started: Instant,
    /// Milliseconds after `started` at which a byte was last sent.
    last_sent_ms: AtomicU64,
    /// Answers that are queued or being written.
    in_flight: AtomicUsize,
    /// Bytes of them.
    unsent_bytes: AtomicUsize,
    /// An answer has been written.
    written: Notify,
}

impl Flow {
    fn new() -> Self {
        Flow {
            started: Instant::now(),
            last_sent_ms: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            unsent_bytes: AtomicUsize::new(0),
            written: Notify::new(),
        }
    }

    fn sent_now(&self) {
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_sent_ms.store(ms, Ordering::Relaxed);
    }

    fn last_sent(&self) -> Instant {
        self.started + Duration::from_millis(self.last_sent_ms.load(Ordering::Relaxed))
    }

    /// Waits until less than `max` bytes wait to be sent.
    async fn room(&self, max: u32) {
        while self.unsent_bytes.load(Ordering::Acquire) > max as usize {
            self.written.notified().await;
        }
    }
}

/// Runs a connection to its end. Never panics; says why it ended in the log.
pub(crate) async fn run<R, W>(reader: R, writer: W, identity: Identity, shared: Arc<Shared>)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let _goodbye = Goodbye { connection_id: identity.connection_id, shared: Arc::clone(&shared) };
    let flow = Arc::new(Flow::new());
    let (queue, queued) = mpsc::channel(usize::from(shared.config.in_flight_max.max(1)));
    let writing = tokio::spawn(write_answers(writer, queued, Arc::clone(&flow), shared.config.idle_ms));
    let mut writing = AbortOnDrop(writing);
    let mut incoming = Incoming {
        frames: FrameReader::new(reader, &shared.config, Arc::clone(&shared.budget)),
        client_id: Arc::from(""),
        principal: Arc::from(ANONYMOUS),
        shutdown: shared.shutdown.clone(),
        queue,
        flow,
        identity,
        shared: Arc::clone(&shared),
    };
    let end = incoming.run().await;
    let Incoming { queue, identity, frames, .. } = incoming;
    drop(queue);
    // The answers in flight may still be written, within a limit.
    let written = timeout(time_to_finish(&end, &shared.config), &mut writing.0).await;
    let (end, socket) = match (end, written) {
        (End::WriterGone | End::ClientClosed, Ok(Ok(Err(why)))) => (why, None),
        (end, Ok(Ok(Ok(socket)))) => (end, Some(socket)),
        (end, _) => (end, None),
    };
    log_end(&end, &identity, &shared);
    if let Some(mut socket) = socket {
        say_goodbye(&end, frames.into_socket(), &mut socket).await;
    }
}

/// How long the answers in flight may take once reading has ended.
fn time_to_finish(end: &End, config: &NetConfig) -> Duration {
    Duration::from_millis(match end {
        End::Frame(FrameError::Io(_)) => 0,
        End::Shutdown | End::HandlerClosed => config.drain_ms,
        _ => config.half_closed_ms,
    })
}

/// Tells the handlers that a connection is gone, also when its task is aborted.
struct Goodbye {
    connection_id: u64,
    shared: Arc<Shared>,
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        self.shared.dispatch_disconnected(self.connection_id);
    }
}

/// A task that ends with its owner.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The reading half.
struct Incoming<R> {
    frames: FrameReader<R>,
    client_id: Arc<str>,
    principal: Arc<str>,
    shutdown: watch::Receiver<bool>,
    queue: mpsc::Sender<Queued>,
    flow: Arc<Flow>,
    identity: Identity,
    shared: Arc<Shared>,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    async fn run(&mut self) -> End {
        let mut idle_ms = self.shared.config.first_request_ms;
        let mut first = true;
        loop {
            match self.request(idle_ms).await {
                Ok(()) => {}
                Err(End::Idle(ms)) if first => return End::NoRequest(ms),
                Err(end) => return end,
            }
            first = false;
            idle_ms = self.shared.config.idle_ms;
        }
    }

    /// Reads one request, dispatches it and queues its answer.
    async fn request(&mut self, idle_ms: u64) -> Result<(), End> {
        self.until_unmuted().await?;
        let frame = self.frame(idle_ms).await?;
        let stats = &self.shared.stats;
        NetStats::add(&stats.requests, 1);
        NetStats::add(&stats.bytes_in, frame.bytes.len() as u64 + 4);
        let (cx, body) = self.context(&frame)?;
        let dispatch = Arc::clone(&self.shared.dispatch);
        // Inside an async block, so that a panic before the first await is caught too.
        let stage_one = AssertUnwindSafe(async { dispatch.dispatch(cx, body).await }).catch_unwind();
        let reply = stage_one.await.map_err(|panic| End::Panic(text_of(panic.as_ref())))?;
        drop(frame);
        let queued = match reply {
            Reply::Now(bytes) => Queued::Ready(bytes),
            Reply::Later(answer) => Queued::Later(answer),
            Reply::None => return Ok(()),
            Reply::Close => return Err(End::HandlerClosed),
        };
        if let Queued::Ready(bytes) = &queued {
            self.flow.unsent_bytes.fetch_add(bytes.len(), Ordering::AcqRel);
        }
        self.flow.in_flight.fetch_add(1, Ordering::AcqRel);
        // There is room: only this task fills the queue, and it has waited for room.
        self.queue.send(queued).await.map_err(|_| End::WriterGone)
    }

    /// Waits for room in the queue of answers and among the bytes that wait to be sent.
    async fn until_unmuted(&mut self) -> Result<(), End> {
        let room = async {
            self.flow.room(self.shared.config.unsent_bytes_max).await;
            self.queue.reserve().await.is_ok()
        };
        tokio::select! {
            biased;
            () = asked(&mut self.shutdown) => Err(End::Shutdown),
            room = room => if room { Ok(()) } else { Err(End::WriterGone) },
            () = self.queue.closed() => Err(End::WriterGone),
        }
    }

    async fn frame(&mut self, idle_ms: u64) -> Result<Frame, End> {
        let head = self.head(idle_ms).await?;
        tokio::select! {
            biased;
            frame = self.frames.rest(head) => Ok(frame?),
            () = asked(&mut self.shutdown) => Err(End::Shutdown),
            () = self.queue.closed() => Err(End::WriterGone),
        }
    }

    /// Waits for a frame to begin. Requests in flight and bytes sent count as activity.
    async fn head(&mut self, idle_ms: u64) -> Result<Head, End> {
        let idle = Duration::from_millis(idle_ms);
        let mut deadline = Instant::now() + idle;
        loop {
            tokio::select! {
                biased;
                head = self.frames.head() => return head.map_err(FrameError::Io)?.ok_or(End::ClientClosed),
                () = asked(&mut self.shutdown) => return Err(End::Shutdown),
                () = self.queue.closed() => return Err(End::WriterGone),
                () = tokio::time::sleep_until(deadline) => {}
            }
            let last_active = if self.flow.in_flight.load(Ordering::Acquire) > 0 {
                Instant::now()
            } else {
                self.flow.last_sent()
            };
            if last_active + idle <= deadline {
                return Err(End::Idle(idle_ms));
            }
            deadline = last_active + idle;
        }
    }

    fn context(&mut self, frame: &Frame) -> Result<(RequestContext, Bytes), End> {
        let (header, body) = decode_request_header(&frame.bytes)?;
        let client_id = header.client_id.as_deref().unwrap_or_default();
        if *self.client_id != *client_id {
            self.client_id = Arc::from(client_id);
        }
        let cx = RequestContext {
            principal: Arc::clone(&self.principal),
            peer: self.identity.peer,
            listener: Arc::clone(&self.identity.listener),
            client_id: Arc::clone(&self.client_id),
            header,
            connection_id: self.identity.connection_id,
            received: std::time::Instant::now(),
        };
        Ok((cx, body))
    }
}

/// Resolves when shutdown has been asked for; never, if the asking side is gone.
pub(crate) async fn asked(shutdown: &mut watch::Receiver<bool>) {
    if shutdown.wait_for(|asked| *asked).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The writing half: answers in order until the queue ends, then closes the sending side and gives the socket back.
async fn write_answers<W: AsyncWrite + Unpin>(
    mut socket: W,
    mut queued: mpsc::Receiver<Queued>,
    flow: Arc<Flow>,
    stall_ms: u64,
) -> Result<W, End> {
    while let Some(next) = queued.recv().await {
        let was_ready = matches!(next, Queued::Ready(_));
        let answer = match next {
            Queued::Ready(bytes) => Answer::Frame(bytes),
            Queued::Later(answer) => AssertUnwindSafe(answer)
                .catch_unwind()
                .await
                .map_err(|panic| End::Panic(text_of(panic.as_ref())))?,
        };
        match answer {
            Answer::Frame(bytes) => {
                write_all(&mut socket, &bytes, &flow, stall_ms).await?;
                if was_ready {
                    flow.unsent_bytes.fetch_sub(bytes.len(), Ordering::AcqRel);
                }
            }
            Answer::None => {}
            Answer::Close => return Err(End::HandlerClosed),
        }
        flow.in_flight.fetch_sub(1, Ordering::AcqRel);
        flow.written.notify_one();
    }
    Ok(socket)
}

/// Writes everything, as long as the peer takes some of it within `stall_ms` each time.
async fn write_all<W: AsyncWrite + Unpin>(
    socket: &mut W,
    mut bytes: &[u8],
    flow: &Flow,
    stall_ms: u64,
) -> Result<(), End> {
    while !bytes.is_empty() {
        let written = timeout(Duration::from_millis(stall_ms), socket.write(bytes))
            .await
            .map_err(|_| End::WriteStalled(stall_ms))?
            .map_err(End::Write)?;
        if written == 0 {
            return Err(End::Write(io::ErrorKind::WriteZero.into()));
        }
        bytes = &bytes[written..];
        flow.sent_now();
    }
    Ok(())
}

/// Ends a connection so that the client gets what was written: closing with unread bytes in the socket would reset the
/// connection and could lose the last answers, so the sending side is closed first and some bytes are read.
async fn say_goodbye<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(end: &End, reader: R, writer: &mut W) {
    let polite = async {
        if let End::Frame(FrameError::OtherProtocol(other)) = end {
            writer.write_all(other.answer().as_bytes()).await?;
        }
        writer.shutdown().await?;
        tokio::io::copy(&mut reader.take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    if !matches!(end, End::ClientClosed)
        && let Ok(Err(error)) = timeout(LINGER, polite).await
    {
        debug!(%error, "closing a connection");
    }
}

/// What a panic said.
fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

fn log_end(end: &End, identity: &Identity, shared: &Shared) {
    let Identity { connection_id, peer, listener } = identity;
    let listener = listener.name.as_str();
    let stats = &shared.stats;
    match end {
        End::Panic(_) => {
            NetStats::add(&stats.panicked, 1);
            error!(connection_id, %peer, listener, reason = %end, "connection closed");
        }
        End::Frame(FrameError::Io(_))
        | End::Write(_)
        | End::ClientClosed
        | End::WriterGone
        | End::Shutdown => {
            debug!(connection_id, %peer, listener, reason = %end, "connection closed");
        }
        End::Idle(_) | End::NoRequest(_) | End::HandlerClosed => {
            NetStats::add(&stats.timed_out, u64::from(!matches!(end, End::HandlerClosed)));
            debug!(connection_id, %peer, listener, reason = %end, "connection closed");
        }
        End::WriteStalled(_) | End::Frame(FrameError::TooSlow(_) | FrameError::NoBudget) => {
            NetStats::add(&stats.timed_out, 1);
            shared.warn_limited(|suppressed| {
                warn!(connection_id, %peer, listener, reason = %end, suppressed, "connection closed");
            });
        }
        End::Frame(_) | End::Header(_) => {
            NetStats::add(&stats.malformed, 1);
            shared.warn_limited(|suppressed| {
                warn!(connection_id, %peer, listener, reason = %end, suppressed, "connection closed");
            });
        }
    }
}

/// Whether the configuration makes sense together; called once.
pub(crate) fn budget_bytes(config: &NetConfig) -> usize {
    // A frame must fit, or it would wait for ever.
    config.buffered_bytes_max.max(config.frame_bytes_max) as usize
}
