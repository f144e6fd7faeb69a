//! The faces of a server: the bare core, and each framework on a real socket.

use std::net::TcpListener;

use countersign_core::EngineBuilder;
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_poem::{SignedIn, countersign};
use countersign_testkit::{
    ORIGIN, Stage,
    rig::{Bare, Browser, OnSocket, Rig},
};
use poem::{EndpointExt, Route, Server, get, handler, listener::TcpAcceptor};

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
        for name in ["bare", "poem"] {
            let stage = Stage::built(origin, &change);
            let auth = AuthHttp::new(stage.engine.clone());
            let rig: Box<dyn Rig> = match name {
                "bare" => Box::new(Bare(auth)),
                _ => Box::new(poem_rig(auth).await),
            };
            test(Face { name, stage, rig }).await;
        }
    });
}

/// A Poem server on a free port, for as long as the runtime lives.
pub async fn poem_rig(auth: AuthHttp) -> OnSocket {
    serve(listen(), auth)
}

/// The same for a site that must know its own origin: `auth` gets it, and a second name of it.
pub async fn poem_rig_at(auth: impl FnOnce(&str, &str) -> AuthHttp) -> std::net::SocketAddr {
    let listener = listen();
    let address = listener.local_addr().unwrap();
    let second_name = format!("http://localhost:{}", address.port());
    serve(listener, auth(&format!("http://{address}"), &second_name)).0
}

fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

fn serve(listener: TcpListener, auth: AuthHttp) -> OnSocket {
    let address = listener.local_addr().unwrap();
    let mut app = Route::new().nest_no_strip(auth.base(), countersign(auth.clone()));
    for path in auth.well_known() {
        app = app.at(*path, countersign(auth.clone()));
    }
    let app = app.at("/me", get(me)).data(auth);
    let acceptor = TcpAcceptor::from_std(listener).unwrap();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    OnSocket(address)
}

#[handler]
fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}", session.identity.account)
}
