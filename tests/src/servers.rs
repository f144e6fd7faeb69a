//! Each framework on a real socket: countersign's endpoints, and a guarded `GET /me`.

use std::net::{SocketAddr, TcpListener};

use countersign_http::AuthHttp;
use countersign_testkit::rig::OnSocket;
use tokio::sync::oneshot;

/// Listens on a free port.
pub(crate) fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

/// A Poem server on a free port, for as long as the runtime lives; so are the others.
pub async fn poem_rig(auth: AuthHttp) -> OnSocket {
    poem_on(listen(), auth)
}

pub(crate) fn poem_on(listener: TcpListener, auth: AuthHttp) -> OnSocket {
    use countersign_poem::{SignedIn, countersign};
    use poem::{EndpointExt, Route, Server, get, handler, listener::TcpAcceptor};

    #[handler]
    fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    #[handler]
    fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    let address = listener.local_addr().unwrap();
    let mut app = Route::new().nest_no_strip(auth.base(), countersign(auth.clone()));
    for path in auth.beyond_base() {
        app = app.at(path, countersign(auth.clone()));
    }
    let app = app.at("/", get(home)).at("/me", get(me)).data(auth);
    let acceptor = TcpAcceptor::from_std(listener).unwrap();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    OnSocket(address)
}

/// An axum server.
pub async fn axum_rig(auth: AuthHttp) -> OnSocket {
    use axum::{Router, routing::get};
    use countersign_axum::{SignedIn, countersign};

    async fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    async fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    let listener = tokio::net::TcpListener::from_std(listen()).unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .merge(countersign(auth.clone()))
        .with_state(auth)
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    OnSocket(address)
}

/// A Warp server.
pub async fn warp_rig(auth: AuthHttp) -> OnSocket {
    use countersign_warp::{SignedIn, countersign, maybe_signed_in, recover, signed_in};
    use warp::Filter;

    let me = warp::path!("me")
        .and(warp::get())
        .and(signed_in(&auth))
        .map(|SignedIn(session)| format!("hello {}", session.identity.account));
    let home = warp::path::end()
        .and(warp::get())
        .and(maybe_signed_in(&auth))
        .map(|user: Option<SignedIn>| greeting(user.is_some()));
    let app = countersign(&auth).or(home).or(me).recover(recover);
    let listener = tokio::net::TcpListener::from_std(listen()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(warp::serve(app).incoming(listener).run());
    OnSocket(address)
}

/// An Actix Web server.
pub async fn actix_rig(auth: AuthHttp) -> OnSocket {
    use actix_web::{App, HttpServer, web};
    use countersign_actix::{SignedIn, countersign};

    async fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    async fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    let listener = listen();
    let address = listener.local_addr().unwrap();
    let app = move || {
        App::new()
            .configure(countersign(auth.clone()))
            .route("/", web::get().to(home))
            .route("/me", web::get().to(me))
    };
    let server = HttpServer::new(app).workers(4).disable_signals();
    tokio::spawn(server.listen(listener).unwrap().run());
    OnSocket(address)
}

/// A Rocket server.
pub async fn rocket_rig(auth: AuthHttp) -> OnSocket {
    use countersign_rocket::{Countersign, SignedIn};
    use rocket::{Config, config::LogLevel, config::Shutdown, fairing::AdHoc, get, routes};

    #[get("/me")]
    fn me(user: SignedIn) -> String {
        format!("hello {}", user.0.identity.account)
    }

    #[get("/")]
    fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    let config = Config {
        port: 0, // Rocket binds for itself, and says where once it flies
        log_level: LogLevel::Off,
        shutdown: Shutdown {
            ctrlc: false,
            ..Shutdown::default()
        },
        ..Config::release_default()
    };
    let (said, heard) = oneshot::channel();
    let app = rocket::custom(config)
        .attach(Countersign(auth))
        .mount("/", routes![home, me])
        .attach(AdHoc::on_liftoff("port", |rocket| {
            let port = rocket.config().port;
            Box::pin(async move {
                said.send(port).unwrap();
            })
        }));
    tokio::spawn(app.launch());
    OnSocket(([127, 0, 0, 1], heard.await.unwrap()).into())
}

/// What `GET /` says, whose guard is optional.
fn greeting(is_signed_in: bool) -> &'static str {
    if is_signed_in {
        "welcome back"
    } else {
        "hello stranger"
    }
}
