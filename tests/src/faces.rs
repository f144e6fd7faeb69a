//! The faces of a server: the bare core, and each framework on a real socket.

use std::net::SocketAddr;

use countersign_core::EngineBuilder;
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_testkit::{
    ORIGIN, Stage,
    rig::{Bare, Browser, OnSocket, Rig},
};

use crate::servers;

/// A server with one face, and the hand on its clock.
pub struct Face {
    /// What it is called, for messages.
    pub name: &'static str,
    /// The engine and its clock.
    pub stage: Stage,
    /// The server.
    pub rig: Box<dyn Rig>,
}

impl Face {
    /// A browser on the site's own page.
    pub fn browser(&self) -> Browser<'_> {
        Browser::on(&*self.rig, self.stage.engine.origin().as_str())
    }

    /// A client that names no origin.
    pub fn program(&self) -> Browser<'_> {
        Browser::program(&*self.rig)
    }
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Runs a test on every face, each with an engine of its own at [`ORIGIN`] that serves Ethereum.
pub fn on_every_face(test: impl AsyncFn(Face)) {
    with_engine(ORIGIN, |builder| builder, test);
}

/// The same, with an engine at another origin or with other parts.
pub fn with_engine(
    origin: &str,
    change: impl Fn(EngineBuilder) -> EngineBuilder,
    test: impl AsyncFn(Face),
) {
    with_parts(
        origin,
        |builder| change(builder.chain(Ethereum::mainnet())),
        test,
    );
}

/// The same, with no chain but what is added.
pub fn with_parts(
    origin: &str,
    change: impl Fn(EngineBuilder) -> EngineBuilder,
    test: impl AsyncFn(Face),
) {
    countersign_testkit::run(async {
        for name in FACES {
            let stage = Stage::built(origin, &change);
            let rig = rig(name, AuthHttp::new(stage.engine.clone())).await;
            test(Face { name, stage, rig }).await;
        }
    });
}

/// Every face for one engine, with its name.
pub async fn every_rig(auth: &AuthHttp) -> Vec<(&'static str, Box<dyn Rig>)> {
    let mut rigs = Vec::with_capacity(FACES.len());
    for name in FACES {
        rigs.push((name, rig(name, auth.clone()).await));
    }
    rigs
}

/// The same for a site that must know its own origin: `auth` gets it, and a second name of it.
pub async fn poem_rig_at(auth: impl FnOnce(&str, &str) -> AuthHttp) -> SocketAddr {
    let listener = servers::listen();
    let address = listener.local_addr().unwrap();
    let second_name = format!("http://localhost:{}", address.port());
    servers::poem_on(listener, auth(&format!("http://{address}"), &second_name)).0
}

/// Every adapter for one engine, with its name: for what a client does to a connection.
pub async fn every_socket(auth: &AuthHttp) -> Vec<(&'static str, SocketAddr)> {
    let mut sockets = Vec::with_capacity(FACES.len());
    for name in FACES {
        if let Some(socket) = socket(name, auth.clone()).await {
            sockets.push((name, socket.0));
        }
    }
    sockets
}

/// One face for an engine.
pub async fn rig(name: &str, auth: AuthHttp) -> Box<dyn Rig> {
    match socket(name, auth.clone()).await {
        Some(socket) => Box::new(socket),
        None => Box::new(Bare(auth)),
    }
}

async fn socket(name: &str, auth: AuthHttp) -> Option<OnSocket> {
    Some(match name {
        "bare" => return None,
        "actix" => servers::actix_rig(auth).await,
        "axum" => servers::axum_rig(auth).await,
        "poem" => servers::poem_rig(auth).await,
        "rocket" => servers::rocket_rig(auth).await,
        "warp" => servers::warp_rig(auth).await,
        _ => unreachable!("{name} is none of the faces"),
    })
}

/// The bare core, and every adapter.
pub const FACES: [&str; 6] = ["bare", "actix", "axum", "poem", "rocket", "warp"];
