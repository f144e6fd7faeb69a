//! A TCP proxy between the nodes and the store, that delays, cuts and swallows what it is told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::Notify,
};

/// A proxy on a port of its own, for as long as the runtime lives. Clones are the same proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    faults: Arc<Faults>,
}

/// What happens to the bytes that pass.
#[derive(Debug)]
struct Faults {
    /// Where connections lead.
    target: AtomicU16,
    /// How long the store's bytes are held back, in milliseconds.
    delay: AtomicU64,
    /// How many of the store's replies still pass before one is swallowed and its connection cut.
    replies_to_cut: AtomicI64,
    /// How many requests still pass before one is swallowed and its connection cut.
    requests_to_cut: AtomicI64,
    /// How many bytes still pass, in either direction, before a connection is cut.
    bytes_to_cut: AtomicI64,
    /// Bytes are taken and not passed on, while connections stay open.
    half_open: AtomicBool,
    /// How many cuts have been made.
    cuts: AtomicU64,
    /// Ends all connections that are open.
    cut_all: Notify,
}

impl Proxy {
    /// Leads to a port of this machine.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            faults: Arc::new(Faults {
                target: AtomicU16::new(target),
                delay: AtomicU64::new(0),
                replies_to_cut: AtomicI64::new(NEVER),
                requests_to_cut: AtomicI64::new(NEVER),
                bytes_to_cut: AtomicI64::new(NEVER),
                half_open: AtomicBool::new(false),
                cuts: AtomicU64::new(0),
                cut_all: Notify::new(),
            }),
        };
        let faults = proxy.faults.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, faults.clone()));
            }
        });
        proxy
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Leads new connections elsewhere, and ends those that are open.
    pub fn lead_to(&self, target: u16) {
        self.faults.target.store(target, Ordering::SeqCst);
        self.cut_all();
    }

    /// Ends all connections that are open.
    pub fn cut_all(&self) {
        self.faults.cut_all.notify_waiters();
    }

    /// Holds the store's bytes back from now on.
    pub fn delay(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap();
        self.faults.delay.store(millis, Ordering::SeqCst);
    }

    /// Takes bytes and passes none on, or passes them on again.
    pub fn half_open(&self, is_on: bool) {
        self.faults.half_open.store(is_on, Ordering::SeqCst);
        if !is_on {
            self.cut_all(); // what was swallowed never comes
        }
    }

    /// Swallows the `nth` reply of the store from now on, and cuts its connection: the store did
    /// what it was asked, and nobody hears of it.
    pub fn cut_reply(&self, nth: i64) {
        self.faults.replies_to_cut.store(nth, Ordering::SeqCst);
    }

    /// Swallows the `nth` request from now on, and cuts its connection: the store never hears of it.
    pub fn cut_request(&self, nth: i64) {
        self.faults.requests_to_cut.store(nth, Ordering::SeqCst);
    }

    /// Cuts the connection on which the `nth` byte from now on passes, in either direction.
    pub fn cut_after(&self, nth: i64) {
        self.faults.bytes_to_cut.store(nth, Ordering::SeqCst);
    }

    /// Disarms the cuts that have not happened.
    pub fn disarm(&self) {
        self.cut_reply(NEVER);
        self.cut_request(NEVER);
        self.cut_after(NEVER);
    }

    /// How many cuts have been made.
    pub fn cuts(&self) -> u64 {
        self.faults.cuts.load(Ordering::SeqCst)
    }
}

impl Faults {
    /// Whether `amount` crosses the line that `counter` draws.
    fn is_due(&self, counter: &AtomicI64, amount: i64) -> bool {
        let before = counter.fetch_sub(amount, Ordering::SeqCst);
        let is_due = before > 0 && before <= amount;
        if is_due {
            counter.store(NEVER, Ordering::SeqCst);
            self.cuts.fetch_add(1, Ordering::SeqCst);
        }
        is_due
    }
}

async fn connect(client: TcpStream, faults: Arc<Faults>) {
    let target = SocketAddr::from(([127, 0, 0, 1], faults.target.load(Ordering::SeqCst)));
    let Ok(store) = TcpStream::connect(target).await else {
        return;
    };
    let _ = (client.set_nodelay(true), store.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_store, to_store) = store.into_split();
    tokio::select! {
        () = faults.cut_all.notified() => {}
        () = pump(from_client, to_store, &faults, false) => {}
        () = pump(from_store, to_client, &faults, true) => {}
    }
}

/// Passes bytes on until somebody hangs up or a fault cuts the line.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, faults: &Faults, is_reply: bool) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        if faults.half_open.load(Ordering::SeqCst) {
            continue;
        }
        let to_cut = match is_reply {
            true => &faults.replies_to_cut,
            false => &faults.requests_to_cut,
        };
        if faults.is_due(to_cut, 1) {
            return;
        }
        if faults.is_due(&faults.bytes_to_cut, i64::try_from(read).unwrap()) {
            let _ = to.write_all(&buffer[..read / 2]).await;
            return;
        }
        let delay = faults.delay.load(Ordering::SeqCst);
        if is_reply && delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

const NEVER: i64 = i64::MIN / 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each line with the same line.
    async fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        port
    }

    async fn ask(stream: &mut TcpStream) -> Option<[u8; 4]> {
        stream.write_all(b"ping").await.ok()?;
        let mut answer = [0; 4];
        let read = stream.read_exact(&mut answer);
        let read = tokio::time::timeout(Duration::from_millis(300), read).await;
        read.ok()?.ok().map(|_| answer)
    }

    #[test]
    fn the_reply_it_is_told_to_cut_does_not_arrive() {
        countersign_testkit::run(async {
            let proxy = Proxy::to(echo().await).await;
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
                .await
                .unwrap();
            assert!(ask(&mut stream).await.is_some());
            proxy.cut_reply(2);
            assert!(ask(&mut stream).await.is_some());
            assert!(ask(&mut stream).await.is_none());
            assert_eq!(proxy.cuts(), 1);
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
                .await
                .unwrap();
            proxy.cut_request(1);
            assert!(ask(&mut stream).await.is_none());
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
                .await
                .unwrap();
            assert!(ask(&mut stream).await.is_some(), "once only");
        });
    }

    #[test]
    fn half_open_connections_stay_open_and_say_nothing() {
        countersign_testkit::run(async {
            let proxy = Proxy::to(echo().await).await;
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
                .await
                .unwrap();
            proxy.half_open(true);
            assert!(ask(&mut stream).await.is_none());
            proxy.half_open(false);
            proxy.cut_after(6);
            let mut stream = TcpStream::connect(("127.0.0.1", proxy.port()))
                .await
                .unwrap();
            assert!(ask(&mut stream).await.is_none(), "cut on its way back");
        });
    }
}
