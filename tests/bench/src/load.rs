//! A load: so many connections that ask one thing after the other, on a core of their own.

use std::{cell::Cell, io, net::SocketAddr, rc::Rc, time::Duration};

use futures_util::future::try_join_all;
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::{LocalSet, spawn_local, yield_now},
    time::timeout,
};

/// A bounded number of HTTP/1.1 connections to one server, each with one request under way.
#[derive(Debug)]
pub struct Load {
    address: SocketAddr,
    connections: usize,
    awake: bool,
    runtime: Runtime,
}

/// One connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Load {
    /// So many connections to that address.
    pub fn new(address: SocketAddr, connections: usize) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        Self {
            address,
            connections,
            awake: false,
            runtime: runtime.expect("a runtime starts"),
        }
    }

    /// Clients that never sleep. To wake a sleeper costs the server more than a microsecond where the
    /// machine is virtual, and the slower a server is, the more sleepers it finds: the time of two
    /// routes can only be compared without.
    #[must_use]
    pub fn awake(mut self) -> Self {
        self.awake = true;
        self
    }

    /// Does so many exchanges, on the second core if there is one, and waits for them all.
    ///
    /// # Panics
    /// If one fails, or takes more than ten seconds: a load that was not served is no measurement.
    pub fn run(&self, exchanges: u64, exchange: &impl AsyncFn(&mut Connection) -> io::Result<()>) {
        let this_thread = Pid::from_raw(0);
        let before = sched_getaffinity(this_thread).ok();
        let mut second = CpuSet::new();
        let _ = second.set(1);
        let _ = sched_setaffinity(this_thread, &second); // one core only: stay where we are
        let left = Rc::new(Cell::new(exchanges));
        self.runtime.block_on(LocalSet::new().run_until(async {
            if self.awake {
                spawn_local(async {
                    loop {
                        yield_now().await;
                    }
                }); // ends with the set
            }
            let all = (0..self.connections).map(|_| self.work(&left, exchange));
            let outcome = try_join_all(all).await;
            outcome.expect("the server answers all that it is asked");
        }));
        if let Some(before) = before {
            let _ = sched_setaffinity(this_thread, &before);
        }
    }

    async fn work(
        &self,
        left: &Cell<u64>,
        exchange: &impl AsyncFn(&mut Connection) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        while left.get() > 0 {
            left.set(left.get() - 1);
            timeout(Duration::from_secs(10), exchange(&mut connection)).await??;
        }
        Ok(())
    }
}

impl Connection {
    async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(8 * 1024),
        })
    }

    /// Sends the bytes of a request, and reads the whole answer: one with a `Content-Length`, in
    /// chunks, or without a body.
    ///
    /// # Errors
    /// Those of the socket; `InvalidData` for what is no such answer.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Response> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            let end = self.buffer.windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let body = match header(&text, "content-length") {
            Some(length) => {
                let length: usize = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
                while self.buffer.len() < head + length {
                    self.read().await?;
                }
                self.buffer[head..head + length].to_vec()
            }
            None if status == 204 => Vec::new(),
            None if header(&text, "transfer-encoding").is_some() => self.chunks(head).await?,
            None => return Err(io::ErrorKind::InvalidData.into()),
        };
        Ok(Response {
            status,
            head: text,
            body,
        })
    }

    /// The body that comes in chunks after so many bytes of head (RFC 9112 section 7.1), without
    /// trailers.
    async fn chunks(&mut self, head: usize) -> io::Result<Vec<u8>> {
        while !self.buffer[head..].ends_with(b"0\r\n\r\n") {
            self.read().await?;
        }
        let (mut body, mut rest) = (Vec::new(), &self.buffer[head..]);
        loop {
            let end = rest.windows(2).position(|window| window == b"\r\n");
            let (size, after) = rest.split_at(end.ok_or(io::ErrorKind::InvalidData)?);
            let size = str::from_utf8(size).ok();
            let size = size.and_then(|digits| usize::from_str_radix(digits, 16).ok());
            let size = size.ok_or(io::ErrorKind::InvalidData)?;
            let chunk = after.get(2..2 + size).ok_or(io::ErrorKind::InvalidData)?;
            if chunk.is_empty() {
                return Ok(body);
            }
            body.extend_from_slice(chunk);
            rest = after.get(4 + size..).ok_or(io::ErrorKind::InvalidData)?;
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Response {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let field = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
    field.map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn a_body_in_chunks_is_put_together() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            // Who closes with a request unread resets the connection.
            let _ = stream.read(&mut [0; 1024]).expect("a request");
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            for part in [&head[..], b"5\r\nhe", b"llo\r\n1", b"\r\n!\r\n0\r\n\r\n"] {
                stream.write_all(part).expect("the client reads");
            }
        });
        Load::new(address, 1).run(1, &async |connection| {
            let answer = connection.send(b"GET / HTTP/1.1\r\n\r\n").await?;
            assert_eq!(answer.body, b"hello!");
            Ok(())
        });
    }

    #[test]
    fn a_load_does_as_many_exchanges_as_it_is_told() {
        static SERVED: AtomicU64 = AtomicU64::new(0);
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut request = [0; 1024];
                    while stream.read(&mut request).is_ok_and(|n| n > 0) {
                        SERVED.fetch_add(1, Ordering::Relaxed);
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
                        stream.write_all(answer).expect("the client reads");
                    }
                });
            }
        });
        Load::new(address, 8).run(100, &async |connection| {
            let answer = connection
                .send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .await?;
            assert_eq!((answer.status, &*answer.body), (200, &b"hi"[..]));
            assert_eq!(answer.header("content-length"), Some("2"));
            Ok(())
        });
        assert_eq!(SERVED.load(Ordering::Relaxed), 100);
    }
}
