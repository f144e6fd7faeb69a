//! The same small app on each framework: `GET /bare`, and `GET /guarded` with the same answer. On axum
//! also `/checked`, whose handler calls `jsonwebtoken`, and `/stateless`.

use std::{net::SocketAddr, sync::Arc};

use countersign::{
    AuthHttp, Engine,
    ethereum::Ethereum,
    jwt::{Algorithm, Jwt, KeyRing},
    stores,
};
use serde_json::json;
use tokio::{net::TcpListener, runtime::Builder};

use crate::{
    keys::{SECRET, key},
    yardstick::{self, Yardstick},
};

/// Serves until it is killed.
pub(crate) fn serve(framework: &str, algorithm: Algorithm, port: u16) {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    if framework == "actix" {
        return actix_web::rt::System::new().block_on(async {
            actix(auth(address, algorithm).await, address).await;
        });
    }
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let auth = auth(address, algorithm).await;
        match framework {
            "axum" => axum(auth, algorithm, address).await,
            "poem" => poem(auth, address).await,
            "rocket" => rocket(auth, address).await,
            "warp" => warp(auth, address).await,
            _ => panic!("{framework} is none of {FRAMEWORKS:?}"),
        }
    });
}

async fn auth(address: SocketAddr, algorithm: Algorithm) -> AuthHttp {
    let engine = Engine::builder(&format!("http://{address}"))
        .chain(Ethereum::mainnet())
        .stores(stores::connect("memory:").await.unwrap())
        .tokens(Jwt::new(KeyRing::of(key(algorithm))))
        .without_limits()
        .dev()
        .build();
    AuthHttp::new(engine.unwrap())
}

/// What both routes answer.
fn answer() -> String {
    json!({"message": "hello", "number": 42}).to_string()
}

async fn actix(auth: AuthHttp, address: SocketAddr) {
    use actix_web::{App, HttpResponse, HttpServer, web};
    use countersign::actix::{SignedIn, countersign};

    async fn bare() -> HttpResponse {
        HttpResponse::Ok().content_type(JSON).body(answer())
    }

    async fn guarded(_: SignedIn) -> HttpResponse {
        bare().await
    }

    let app = move || {
        App::new()
            .configure(countersign(auth.clone()))
            .route("/bare", web::get().to(bare))
            .route("/guarded", web::get().to(guarded))
    };
    let server = HttpServer::new(app).workers(1).bind(address).unwrap();
    server.run().await.unwrap();
}

async fn axum(auth: AuthHttp, algorithm: Algorithm, address: SocketAddr) {
    use axum::{
        Router,
        http::{HeaderMap, HeaderName, header::AUTHORIZATION},
        routing::get,
    };
    use countersign::axum::{SignedIn, countersign};

    type Json = ([(HeaderName, &'static str); 1], String);

    async fn bare() -> Json {
        ([(axum::http::header::CONTENT_TYPE, JSON)], answer())
    }

    async fn guarded(_: SignedIn) -> Json {
        bare().await
    }

    yardstick::install();
    let bare_check = Arc::new(Yardstick::new(
        algorithm,
        SECRET,
        &format!("http://{address}"),
    ));
    let checked = async move |headers: HeaderMap| {
        let value = headers[AUTHORIZATION].to_str().unwrap();
        bare_check.verify(value.strip_prefix("Bearer ").unwrap());
        bare().await
    };
    let stateless = Router::new()
        .route("/stateless", get(guarded))
        .with_state(auth.clone().stateless());
    let app = Router::new()
        .route("/bare", get(bare))
        .route("/checked", get(checked))
        .route("/guarded", get(guarded))
        .merge(countersign(auth.clone()))
        .with_state(auth)
        .merge(stateless)
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind(address).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}

async fn poem(auth: AuthHttp, address: SocketAddr) {
    use countersign::poem::{SignedIn, mount};
    use poem::{EndpointExt, Response, Route, Server, get, handler, listener};

    fn json() -> Response {
        Response::builder().content_type(JSON).body(answer())
    }

    #[handler]
    fn bare() -> Response {
        json()
    }

    #[handler]
    fn guarded(_: SignedIn) -> Response {
        json()
    }

    let app = Route::new()
        .at("/bare", get(bare))
        .at("/guarded", get(guarded));
    let app = mount(app, &auth).data(auth);
    let server = Server::new(listener::TcpListener::bind(address));
    server.run(app).await.unwrap();
}

async fn rocket(auth: AuthHttp, address: SocketAddr) {
    use countersign::rocket::{Countersign, SignedIn};
    use rocket::{Config, config::LogLevel, get, response::content::RawJson, routes};

    #[get("/bare")]
    fn bare() -> RawJson<String> {
        RawJson(answer())
    }

    #[get("/guarded")]
    fn guarded(_user: SignedIn) -> RawJson<String> {
        RawJson(answer())
    }

    let config = Config {
        port: address.port(),
        log_level: LogLevel::Off,
        ..Config::release_default()
    };
    let app = rocket::custom(config)
        .attach(Countersign(auth))
        .mount("/", routes![bare, guarded]);
    app.launch().await.unwrap();
}

async fn warp(auth: AuthHttp, address: SocketAddr) {
    use countersign::warp::{SignedIn, countersign, recover, signed_in};
    use warp::{Filter, path, reply::with_header};

    let json = || with_header(answer(), "content-type", JSON);
    let bare = path!("bare").and(warp::get()).map(json);
    let guarded = path!("guarded")
        .and(warp::get())
        .and(signed_in(&auth))
        .map(move |_: SignedIn| json());
    let app = bare.or(guarded).or(countersign(&auth)).recover(recover);
    let listener = TcpListener::bind(address).await.unwrap();
    warp::serve(app).incoming(listener).run().await;
}

pub(crate) const FRAMEWORKS: [&str; 5] = ["actix", "axum", "poem", "rocket", "warp"];

const JSON: &str = "application/json";
