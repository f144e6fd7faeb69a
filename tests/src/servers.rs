//! Each framework on a real socket: countersign's endpoints, and the same few routes of an app.
//!
//! | Route | Guard | Answer |
//! |---|---|---|
//! | `GET /` | `Option<SignedIn>` | whether somebody is signed in |
//! | `GET /me` | `SignedIn` | `hello <CAIP-10 account>` |
//! | `GET /address` | `SignedIn<Recent<600, EthereumAddress>>` | the address |
//! | `GET /substrate` | `Option<SignedIn<PolkadotAccount>>` | the account, or `none` |
//! | `POST /leave` | `SignedIn` | signs out, and takes the cookie back |
//! | `GET /authx` | none | `the app's own` |

use std::net::{SocketAddr, TcpListener};

use countersign_core::Recent;
use countersign_ethereum::EthereumAddress;
use countersign_http::AuthHttp;
use countersign_polkadot::PolkadotAccount;
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
    use countersign_poem::{SignedIn, mount};
    use poem::{
        EndpointExt, IntoResponse, Response, Route, Server, get, handler, listener::TcpAcceptor,
        post, web::Data,
    };

    #[handler]
    fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    #[handler]
    fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    #[handler]
    fn address(SignedIn(Recent(address)): SignedIn<Recent<600, EthereumAddress>>) -> String {
        address.to_string()
    }

    #[handler]
    fn substrate(user: Option<SignedIn<PolkadotAccount>>) -> String {
        said(user.map(|user| user.0))
    }

    #[handler]
    async fn leave(SignedIn(session): SignedIn, auth: Data<&AuthHttp>) -> Response {
        let cookie = auth.sign_out(&session).await.unwrap();
        "bye".with_header("set-cookie", cookie).into_response()
    }

    #[handler]
    fn authx() -> &'static str {
        OWN
    }

    let bound = listener.local_addr().unwrap();
    let app = Route::new()
        .at("/", get(home))
        .at("/me", get(me))
        .at("/address", get(address))
        .at("/substrate", get(substrate))
        .at("/leave", post(leave))
        .at("/authx", get(authx));
    let app = mount(app, &auth).data(auth);
    let acceptor = TcpAcceptor::from_std(listener).unwrap();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    OnSocket(bound)
}

/// An axum server.
pub async fn axum_rig(auth: AuthHttp) -> OnSocket {
    let listener = tokio::net::TcpListener::from_std(listen()).unwrap();
    let bound = listener.local_addr().unwrap();
    let app = axum_app(auth).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    OnSocket(bound)
}

fn axum_app(auth: AuthHttp) -> axum::Router {
    use axum::{
        Router,
        extract::State,
        response::{IntoResponse, Response},
        routing::{get, post},
    };
    use countersign_axum::{SignedIn, countersign};

    async fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    async fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    async fn address(SignedIn(Recent(address)): SignedIn<Recent<600, EthereumAddress>>) -> String {
        address.to_string()
    }

    async fn substrate(user: Option<SignedIn<PolkadotAccount>>) -> String {
        said(user.map(|user| user.0))
    }

    async fn leave(SignedIn(session): SignedIn, State(auth): State<AuthHttp>) -> Response {
        let cookie = auth.sign_out(&session).await.unwrap();
        ([("set-cookie", cookie)], "bye").into_response()
    }

    Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .route("/address", get(address))
        .route("/substrate", get(substrate))
        .route("/leave", post(leave))
        .route("/authx", get(async || OWN))
        .merge(countersign(auth.clone()))
        .with_state(auth)
}

/// A Warp server.
pub async fn warp_rig(auth: AuthHttp) -> OnSocket {
    let listener = tokio::net::TcpListener::from_std(listen()).unwrap();
    let bound = listener.local_addr().unwrap();
    tokio::spawn(warp::serve(warp_app(auth)).incoming(listener).run());
    OnSocket(bound)
}

fn warp_app(
    auth: AuthHttp,
) -> impl warp::Filter<Extract = impl warp::Reply, Error = warp::Rejection> + Clone {
    use countersign_warp::{
        SignedIn, countersign, maybe_signed_in, maybe_signed_in_as, recover, signed_in,
        signed_in_as,
    };
    use warp::{Filter, get, path, post, reply::with_header};

    let home = path::end()
        .and(get())
        .and(maybe_signed_in(&auth))
        .map(|user: Option<SignedIn>| greeting(user.is_some()));
    let me = path!("me")
        .and(get())
        .and(signed_in(&auth))
        .map(|SignedIn(session)| format!("hello {}", session.identity.account));
    let address = path!("address")
        .and(get())
        .and(signed_in_as(&auth))
        .map(|address: Recent<600, EthereumAddress>| address.0.to_string());
    let substrate = path!("substrate")
        .and(get())
        .and(maybe_signed_in_as::<PolkadotAccount>(&auth))
        .map(said);
    let own = auth.clone();
    let leave = path!("leave")
        .and(post())
        .and(signed_in(&auth))
        .then(move |SignedIn(session)| {
            let auth = own.clone();
            async move {
                let cookie = auth.sign_out(&session).await.unwrap();
                with_header("bye", "set-cookie", cookie)
            }
        });
    let authx = path!("authx").and(get()).map(|| OWN);
    let app = countersign(&auth).or(home).or(me).or(address).or(substrate);
    app.or(leave).or(authx).recover(recover)
}

/// An Actix Web server.
pub async fn actix_rig(auth: AuthHttp) -> OnSocket {
    use actix_web::{App, HttpResponse, HttpServer, web};
    use countersign_actix::{SignedIn, countersign};

    async fn me(SignedIn(session): SignedIn) -> String {
        format!("hello {}", session.identity.account)
    }

    async fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    async fn address(SignedIn(Recent(address)): SignedIn<Recent<600, EthereumAddress>>) -> String {
        address.to_string()
    }

    async fn substrate(user: Option<SignedIn<PolkadotAccount>>) -> String {
        said(user.map(|user| user.0))
    }

    async fn leave(SignedIn(session): SignedIn, auth: web::Data<AuthHttp>) -> HttpResponse {
        let cookie = auth.sign_out(&session).await.unwrap();
        let cookie = ("set-cookie", cookie.to_str().unwrap());
        HttpResponse::Ok().insert_header(cookie).body("bye")
    }

    let listener = listen();
    let bound = listener.local_addr().unwrap();
    let app = move || {
        App::new()
            .configure(countersign(auth.clone()))
            .route("/", web::get().to(home))
            .route("/me", web::get().to(me))
            .route("/address", web::get().to(address))
            .route("/substrate", web::get().to(substrate))
            .route("/leave", web::post().to(leave))
            .route("/authx", web::get().to(async || OWN))
    };
    let server = HttpServer::new(app).workers(4).disable_signals();
    tokio::spawn(server.listen(listener).unwrap().run());
    OnSocket(bound)
}

/// A Rocket server.
pub async fn rocket_rig(auth: AuthHttp) -> OnSocket {
    use countersign_rocket::{Countersign, SignedIn};
    use rocket::{
        Config, Responder, State,
        config::{LogLevel, Shutdown},
        fairing::AdHoc,
        get,
        http::Header,
        post, routes,
    };

    #[get("/me")]
    fn me(user: SignedIn) -> String {
        format!("hello {}", user.0.identity.account)
    }

    #[get("/")]
    fn home(user: Option<SignedIn>) -> &'static str {
        greeting(user.is_some())
    }

    #[get("/address")]
    fn address(user: SignedIn<Recent<600, EthereumAddress>>) -> String {
        user.0.0.to_string()
    }

    #[get("/substrate")]
    fn substrate(user: Option<SignedIn<PolkadotAccount>>) -> String {
        said(user.map(|user| user.0))
    }

    #[derive(Responder)]
    struct Bye(&'static str, Header<'static>);

    #[post("/leave")]
    async fn leave(user: SignedIn, auth: &State<AuthHttp>) -> Bye {
        let cookie = auth.sign_out(&user.0).await.unwrap();
        let cookie = cookie.to_str().unwrap().to_owned();
        Bye("bye", Header::new("set-cookie", cookie))
    }

    #[get("/authx")]
    fn authx() -> &'static str {
        OWN
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
        .mount("/", routes![home, me, address, substrate, leave, authx])
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

/// What `GET /substrate` says.
fn said(account: Option<PolkadotAccount>) -> String {
    account.map_or("none".to_owned(), |account| account.to_string())
}

/// What `GET /authx` says.
const OWN: &str = "the app's own";
