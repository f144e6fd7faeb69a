//! Every adapter behind a real nginx and a real HAProxy, with the blocks of `docs/proxies.md`.

use std::{fmt::Write as _, fs, net::SocketAddr, time::Duration};

use countersign_core::{Limits, Quota};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, ProxyHeader};
use countersign_testkit::{ORIGIN, Stage, run, servers::ReverseProxy};
use countersign_tests::{FACES, every_socket, root, unix_server};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

/// A server whose clients may ask for two nonces a minute, behind the proxies that are named.
fn behind(header: ProxyHeader, proxies: &[&str]) -> AuthHttp {
    let limits = Limits {
        challenge: Quota::per_minute(2),
        ..Limits::default()
    };
    let stage = Stage::limited(ORIGIN, |b| b.chain(Ethereum::mainnet()).limits(limits));
    AuthHttp::new(stage.engine).behind(header, proxies).unwrap()
}

/// Every adapter, each with a server of its own.
async fn each(auth: impl Fn() -> AuthHttp) -> Vec<(&'static str, SocketAddr)> {
    let mut sockets = Vec::new();
    for name in FACES.into_iter().filter(|name| *name != "bare") {
        let all = every_socket(&auth()).await;
        sockets.extend(all.into_iter().find(|(other, _)| *other == name));
    }
    sockets
}

fn nginx(upstreams: &[String], forwarded: bool) -> ReverseProxy {
    let [server, other] = blocks("nginx").try_into().unwrap();
    let (map, line) = other.split_once("}\n").unwrap();
    ReverseProxy::nginx(upstreams.len(), |ports, _| {
        let mut http = if forwarded {
            format!("{map}}}\n")
        } else {
            String::new()
        };
        for (port, upstream) in ports.iter().zip(upstreams) {
            let mut server = server
                .replace("443 ssl", &format!("127.0.0.1:{port}"))
                .replace("http://app", upstream);
            if forwarded {
                let xff = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;";
                server = replaced(&server, xff, line);
            }
            http += &server;
        }
        http
    })
}

fn haproxy(upstreams: &[SocketAddr], forwarded: bool) -> ReverseProxy {
    let [config, other] = blocks("haproxy").try_into().unwrap();
    let (defaults, frontend) = config.split_once("frontend web").unwrap();
    ReverseProxy::haproxy(upstreams.len(), |ports, _| {
        let mut sections = if forwarded {
            replaced(defaults, "    option forwardfor\n", "")
        } else {
            defaults.to_owned()
        };
        for (n, (port, upstream)) in ports.iter().zip(upstreams).enumerate() {
            let frontend = replaced(
                frontend,
                ":443 ssl crt site.pem",
                &format!("127.0.0.1:{port}"),
            );
            let frontend = replaced(&frontend, "backend app", &format!("backend app{n}"));
            let lines = if forwarded { &*other } else { "" };
            write!(
                sections,
                "frontend web{n}{frontend}\n{lines}\nbackend app{n}\n    server one {upstream}\n"
            )
            .unwrap();
        }
        sections
    })
}

/// The blocks of the document in one language, with shorter times.
fn blocks(language: &str) -> Vec<String> {
    let document = fs::read_to_string(root().join("docs/proxies.md")).unwrap();
    let fence = format!("```{language}\n");
    let found = document
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().replace("10s", "1s"));
    found.collect()
}

fn replaced(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "no {part:?} in {text:?}");
    text.replace(part, by)
}

/// The status of a nonce that a client at `client` asks for, with a header.
async fn asked(port: u16, client: &str, header: &str) -> u16 {
    let socket = TcpSocket::new_v4().unwrap();
    let client = format!("{client}:0").parse().unwrap();
    socket.bind(client).unwrap();
    let mut stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let request = format!(
        "GET /auth/nonce HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n{header}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard[9..12].parse().unwrap()
}

/// Each client has a quota of its own, whatever it claims.
async fn clients_are_told_apart(name: &str, port: u16) {
    for (client, header, status) in [
        ("127.0.0.2", "X-Forwarded-For: 192.0.2.1", 200),
        ("127.0.0.2", "Forwarded: for=192.0.2.2", 200),
        ("127.0.0.2", "X-Forwarded-For: 192.0.2.3", 429),
        ("127.0.0.2", "Forwarded: for=192.0.2.4", 429),
        ("127.0.0.2", "X-Forwarded-For: 127.0.0.3, 127.0.0.1", 429),
        ("127.0.0.2", "Forwarded: for=127.0.0.3, for=\"", 429),
        ("127.0.0.2", "X-Real-IP: 127.0.0.3", 429),
        ("127.0.0.3", "Accept: */*", 200),
        ("127.0.0.3", "X-Forwarded-For: 127.0.0.2", 200),
        ("127.0.0.3", "Accept: */*", 429),
        ("127.0.0.4", "X-Forwarded-For: 127.0.0.3", 200),
    ] {
        let heard = asked(port, client, header).await;
        assert_eq!(heard, status, "{name}: {client}, {header}");
    }
}

fn http(upstreams: &[(&str, SocketAddr)]) -> Vec<String> {
    let addresses = upstreams.iter().map(|(_, address)| address);
    addresses
        .map(|address| format!("http://{address}"))
        .collect()
}

fn addresses(upstreams: &[(&str, SocketAddr)]) -> Vec<SocketAddr> {
    upstreams.iter().map(|(_, address)| *address).collect()
}

#[test]
fn behind_nginx_the_client_counts_and_not_what_it_claims() {
    run(async {
        for (header, forwarded) in [
            (ProxyHeader::XForwardedFor, false),
            (ProxyHeader::Forwarded, true),
        ] {
            let apps = each(|| behind(header, &["127.0.0.1"])).await;
            let proxy = nginx(&http(&apps), forwarded);
            for ((name, _), port) in apps.iter().zip(proxy.ports()) {
                clients_are_told_apart(name, *port).await;
            }
        }
    });
}

#[test]
fn behind_haproxy_the_client_counts_and_not_what_it_claims() {
    run(async {
        for (header, forwarded) in [
            (ProxyHeader::XForwardedFor, false),
            (ProxyHeader::Forwarded, true),
        ] {
            let apps = each(|| behind(header, &["127.0.0.1"])).await;
            let proxy = haproxy(&addresses(&apps), forwarded);
            for ((name, _), port) in apps.iter().zip(proxy.ports()) {
                clients_are_told_apart(name, *port).await;
            }
        }
    });
}

#[test]
fn behind_one_proxy_behind_another_the_client_counts() {
    run(async {
        let apps = each(|| behind(ProxyHeader::XForwardedFor, &["127.0.0.1"])).await;
        let inner = nginx(&http(&apps), false);
        let nearer = inner
            .ports()
            .iter()
            .map(|port| ([127, 0, 0, 1], *port).into());
        let nearer: Vec<SocketAddr> = nearer.collect();
        let outer = haproxy(&nearer, false);
        for ((name, _), port) in apps.iter().zip(outer.ports()) {
            clients_are_told_apart(name, *port).await;
        }
    });
}

#[test]
fn behind_a_proxy_that_nobody_named_all_clients_are_one() {
    run(async {
        let apps = each(|| behind(ProxyHeader::XForwardedFor, &["192.0.2.250"])).await;
        let proxy = nginx(&http(&apps), false);
        for ((name, _), port) in apps.iter().zip(proxy.ports()) {
            for (client, status) in [("127.0.0.2", 200), ("127.0.0.3", 200), ("127.0.0.4", 429)] {
                let heard = asked(*port, client, "Accept: */*").await;
                assert_eq!(heard, status, "{name}: {client}");
            }
        }
    });
}

#[test]
fn behind_a_proxy_that_comes_by_a_unix_socket_the_client_counts() {
    run(async {
        let sockets = countersign_testkit::servers::Dir::new();
        let names = ["axum", "poem", "warp"];
        let mut upstreams = Vec::new();
        for (n, name) in names.iter().cycle().take(6).enumerate() {
            let path = sockets.path().join(format!("{n}.sock"));
            // The second time round nobody says that such a peer is a proxy.
            let trusted = if n < 3 { "unix" } else { "127.0.0.1" };
            let auth = behind(ProxyHeader::XForwardedFor, &[trusted]);
            unix_server(name, auth, &path).await;
            upstreams.push(format!("http://unix:{}:", path.display()));
        }
        let proxy = nginx(&upstreams, false);
        for (name, port) in names.iter().zip(&proxy.ports()[..3]) {
            clients_are_told_apart(name, *port).await;
        }
        for (name, port) in names.iter().zip(&proxy.ports()[3..]) {
            for (client, status) in [("127.0.0.2", 200), ("127.0.0.3", 200), ("127.0.0.4", 429)] {
                let heard = asked(*port, client, "Accept: */*").await;
                assert_eq!(heard, status, "{name}: {client}");
            }
        }
    });
}

/// Actix Web has a deadline by itself; the others have that of the proxy in front, as their READMEs
/// say.
#[test]
fn h02_headers_that_trickle() {
    run(async {
        let auth = AuthHttp::new(Stage::ethereum().engine);
        let apps = every_socket(&auth).await;
        let (nginx, haproxy) = (
            nginx(&http(&apps), false),
            haproxy(&addresses(&apps), false),
        );
        let mut slow = Vec::new();
        for (n, (name, address)) in apps.iter().enumerate() {
            for (server, port) in [("nginx", nginx.ports()[n]), ("HAProxy", haproxy.ports()[n])] {
                let what = format!("{name} behind {server}");
                slow.push(trickle(what, ([127, 0, 0, 1], port).into()));
            }
            if *name == "actix" {
                slow.push(trickle((*name).to_owned(), *address));
            }
        }
        join_all(slow).await;
    });
}

/// Sends the headers of a request byte by byte; it must be cut off before its half minute is over.
async fn trickle(what: String, address: SocketAddr) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let speak = async {
        let head = format!("GET /auth/session HTTP/1.1\r\nX-Slow: {}", "a".repeat(300));
        for byte in head.bytes() {
            if to.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        std::future::pending::<()>().await;
    };
    let listen = async {
        let mut heard = Vec::new();
        let _ = from.read_to_end(&mut heard).await; // a reset is an end, too
        String::from_utf8_lossy(&heard).into_owned()
    };
    let heard = tokio::select! {
        () = speak => unreachable!("it never ends by itself"),
        heard = timeout(Duration::from_secs(30), listen) => heard,
    };
    let heard = heard.unwrap_or_else(|_| panic!("{what} waits for more"));
    assert!(
        heard.is_empty() || heard.contains(" 408 "),
        "{what}: {heard}"
    );
}
