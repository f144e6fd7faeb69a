//! Redis over TLS, by a server whose certificate comes from an authority made for the test.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path, process::Command};

use countersign_core::{NonceStore, SessionStore};
use countersign_store_redis::{ConnectError, Options, RedisStores};
use countersign_testkit::{
    nonces::record,
    run,
    servers::{Dir, Port, Redis},
    sessions::session,
};

/// A server, and where its certificates lie.
struct Server {
    redis: Redis,
    port: Port,
    dir: Dir,
}

impl Server {
    /// With a certificate for 127.0.0.1 by the authority `ours`; there is another one, `theirs`.
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(more: &[&str]) -> Self {
        let dir = Dir::new();
        for name in ["ours", "theirs"] {
            openssl(dir.path(), name, "basicConstraints=critical,CA:TRUE", &[]);
        }
        let by_ours = ["-CA", "ours.pem", "-CAkey", "ours.key"];
        openssl(
            dir.path(),
            "server",
            "subjectAltName=IP:127.0.0.1",
            &[&by_ours[..], &["-addext", "basicConstraints=CA:FALSE"]].concat(),
        );
        let port = Port::new();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (certificate, key, authority) =
            (path("server.pem"), path("server.key"), path("ours.pem"));
        let port_text = port.to_string();
        let arguments = [
            &["--save", "", "--tls-port", &port_text][..],
            &["--tls-cert-file", &certificate, "--tls-key-file", &key],
            &["--tls-ca-cert-file", &authority, "--tls-auth-clients", "no"],
            more,
        ];
        let redis = Redis::start_with(&arguments.concat());
        Self { redis, port, dir }
    }

    fn url(&self, host: &str) -> String {
        format!("rediss://{host}:{}/", self.port)
    }

    fn trusting(&self, authority: &str) -> Options {
        let pem = fs::read(self.dir.path().join(format!("{authority}.pem"))).unwrap();
        Options::default().root_certificates(&pem).unwrap()
    }
}

/// Makes `name.key`, and `name.pem` of it: signed by itself unless the rest says by whom.
fn openssl(dir: &Path, name: &str, extension: &str, rest: &[&str]) {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
    let subject = format!("/CN={name}");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", &subject])
        .args(["-keyout", &key, "-out", &certificate, "-addext", extension])
        .args(rest)
        .current_dir(dir)
        .output()
        .expect("`openssl` is not installed: apt-get install --no-install-recommends openssl");
    let says = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{says}");
}

#[test]
fn a_server_that_a_given_authority_vouches_for_is_used_and_comes_back_after_a_restart() {
    let mut server = Server::start();
    run(async {
        let stores = RedisStores::connect(&server.url("127.0.0.1"), server.trusting("ours"))
            .await
            .unwrap();
        let session = session("alice");
        stores.insert(&session).await.unwrap();
        assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
        stores.issue(&record("a")).await.unwrap();
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);

        server.redis.restart();
        let mut tries = 0;
        while stores.issue(&record("b")).await.is_err() {
            tries += 1;
            assert!(tries < 200, "it does not heal");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(stores.consume(&record("b").key).await.unwrap().is_some());
    });
}

/// A Cluster of one node, which holds all slots.
#[cfg(feature = "cluster")]
#[test]
fn a_cluster_is_used_over_tls() {
    let server = Server::start_with(&["--cluster-enabled", "yes", "--tls-cluster", "yes"]);
    let answer = server.redis.ask("CLUSTER ADDSLOTSRANGE 0 16383");
    assert_eq!(answer, "+OK\r\n");
    run(async {
        while !server
            .redis
            .ask("CLUSTER INFO")
            .contains("cluster_state:ok")
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let url = format!("rediss+cluster://127.0.0.1:{}/", server.port);
        let stores = RedisStores::connect(&url, server.trusting("ours")).await;
        let stores = stores.unwrap();
        let session = session("alice");
        stores.insert(&session).await.unwrap();
        assert_eq!(stores.find(&session.id).await.unwrap(), Some(session));
        stores.issue(&record("a")).await.unwrap();
        assert!(stores.consume(&record("a").key).await.unwrap().is_some());
        assert_eq!(stores.consume(&record("a").key).await.unwrap(), None);

        let stranger = RedisStores::connect(&url, server.trusting("theirs")).await;
        assert!(matches!(stranger, Err(ConnectError::Unreachable(_))));
    });
}

#[test]
fn a_server_that_nobody_trusted_vouches_for_is_refused_at_connect() {
    let server = Server::start();
    run(async {
        for (host, options, why) in [
            ("127.0.0.1", server.trusting("theirs"), "UnknownIssuer"),
            ("127.0.0.1", Options::default(), "UnknownIssuer"),
            ("localhost", server.trusting("ours"), "not valid for name"),
        ] {
            let opened = RedisStores::connect(&server.url(host), options).await;
            let Err(ConnectError::Unreachable(cause)) = opened else {
                panic!("{host}: {opened:?}")
            };
            assert!(cause.to_string().contains(why), "{host}: {cause}");
        }
    });
}

#[test]
fn certificates_without_tls_and_what_is_no_certificate_are_refused() {
    let server = Server::start();
    let url = server.redis.url();
    let plain = RedisStores::connect(&url, server.trusting("ours"));
    assert!(matches!(run(plain), Err(ConnectError::Url(_))));
    let key = fs::read(server.dir.path().join("ours.key")).unwrap();
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [&b""[..], &key, broken] {
        let options = Options::default().root_certificates(pem);
        assert!(matches!(options, Err(ConnectError::Certificate)));
    }
}
