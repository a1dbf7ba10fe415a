//! A listener with a toy behind it, and a client that speaks frames.
//!
//! A request's body is a command; see [`Toy::dispatch`]. An answer is the correlation id and the body.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "test support")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use assay_net::{Answer, Dispatch, Listener, NetConfig, NetStats, Reply, RequestContext};
use bytes::{BufMut, Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub(crate) struct Toy {
    /// Requests dispatched so far.
    pub(crate) seen: AtomicUsize,
    /// `later` answers wait for a permit each.
    pub(crate) gate: Arc<Semaphore>,
    /// Connections that were said to be gone.
    pub(crate) gone: Mutex<Vec<u64>>,
    /// The contexts seen.
    pub(crate) contexts: Mutex<Vec<RequestContext>>,
}

impl Dispatch for Toy {
    fn dispatch(&self, cx: RequestContext, body: Bytes) -> BoxFuture<'_, Reply> {
        self.seen.fetch_add(1, Ordering::SeqCst);
        let answer = frame(cx.header.correlation_id, &body);
        self.contexts.lock().unwrap().push(cx);
        let gate = Arc::clone(&self.gate);
        match &body[..] {
            b"panic at once" => panic!("told to"),
            b"panic" => async { panic!("told to") }.boxed(),
            b"panic later" => ready(Reply::Later(async { panic!("told to") }.boxed())),
            b"none" => ready(Reply::None),
            b"close" => ready(Reply::Close),
            b"close later" => ready(Reply::Later(async { Answer::Close }.boxed())),
            b"none later" => ready(Reply::Later(async { Answer::None }.boxed())),
            b"big" => ready(Reply::Now(frame(1, &vec![b'x'; 4 << 20]))),
            b"later" => ready(Reply::Later(
                async move {
                    gate.acquire().await.unwrap().forget();
                    Answer::Frame(answer)
                }
                .boxed(),
            )),
            b"slow" => async move {
                gate.acquire().await.unwrap().forget();
                Reply::Now(answer)
            }
            .boxed(),
            _ => ready(Reply::Now(answer)),
        }
    }

    fn disconnected(&self, connection_id: u64) {
        self.gone.lock().unwrap().push(connection_id);
    }
}

fn ready(reply: Reply) -> BoxFuture<'static, Reply> {
    async { reply }.boxed()
}

fn frame(correlation_id: i32, body: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    out.put_u32(body.len() as u32 + 4);
    out.put_i32(correlation_id);
    out.put_slice(body);
    out.freeze()
}

/// A running listener.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) toy: Arc<Toy>,
    pub(crate) stats: Arc<NetStats>,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) done: JoinHandle<std::io::Result<()>>,
}

pub(crate) fn start(config: NetConfig) -> Served {
    let toy = Arc::new(Toy {
        seen: AtomicUsize::new(0),
        gate: Arc::new(Semaphore::new(0)),
        gone: Mutex::default(),
        contexts: Mutex::default(),
    });
    let socket = assay_net::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    let listener =
        Arc::new(Listener { name: "PLAINTEXT".into(), advertised: ("localhost".into(), address.port()) });
    let (shutdown, asked) = watch::channel(false);
    let stats = Arc::new(NetStats::default());
    let dispatch: Arc<dyn Dispatch> = Arc::clone(&toy) as Arc<dyn Dispatch>;
    let serving =
        assay_net::serve_counted(vec![(socket, listener)], dispatch, config, Arc::clone(&stats), asked);
    Served { address, toy, stats, shutdown, done: tokio::spawn(serving) }
}

impl Served {
    pub(crate) async fn client(&self) -> Client {
        Client { socket: TcpStream::connect(self.address).await.unwrap() }
    }

    /// Waits until the listener says so.
    pub(crate) async fn until(&self, condition: impl Fn(&Served) -> bool) {
        while !condition(self) {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn open(&self) -> u64 {
        NetStats::get(&self.stats.connections)
    }

    pub(crate) fn seen(&self) -> usize {
        self.toy.seen.load(Ordering::SeqCst)
    }
}

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
}

/// A whole request frame: ApiVersions v0 with this id, client id `toy` and the command as body.
pub(crate) fn request(correlation_id: i32, command: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(8 + 2 + 3 + command.len() as u32);
    out.put_i16(18);
    out.put_i16(0);
    out.put_i32(correlation_id);
    out.put_i16(3);
    out.put_slice(b"toy");
    out.put_slice(command);
    out
}

impl Client {
    pub(crate) async fn send(&mut self, correlation_id: i32, command: &str) {
        self.send_raw(&request(correlation_id, command.as_bytes())).await;
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// The next answer: correlation id and body. `None` when the listener has closed the connection.
    pub(crate) async fn receive(&mut self) -> Option<(i32, Vec<u8>)> {
        let length = self.socket.read_u32().await.ok()?;
        let mut body = vec![0; length as usize];
        self.socket.read_exact(&mut body).await.ok()?;
        let id = i32::from_be_bytes(body[..4].try_into().unwrap());
        Some((id, body.split_off(4)))
    }

    pub(crate) async fn echo(&mut self, correlation_id: i32) {
        self.send(correlation_id, "echo").await;
        assert_eq!(self.receive().await, Some((correlation_id, b"echo".to_vec())));
    }

    /// Waits for the end of the connection and returns what came before it.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = self.socket.read_to_end(&mut rest).await;
        rest
    }
}
