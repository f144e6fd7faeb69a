//! A provider with a few clients, and the steps of a person and of an application through it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use countersign_core::EngineBuilder;
use countersign_ethereum::Ethereum;
use countersign_http::AuthHttp;
use countersign_jwt::{Algorithm, Jwt, Key, KeyRing};
use countersign_sso::{
    Client, ClientSecret, Params, RedirectUri, StaticClients, StoredClients, form_urlencode,
};
use countersign_testkit::{
    ORIGIN, Stage, ethereum_wallet,
    rig::{Answer, Browser},
};
use http::{Request, header};
use sha2::{Digest, Sha256};

use crate::faces::{FACES, Face, rig};

/// Where the application with a secret gets its answers.
pub const CALLBACK: &str = "https://shop.example/callback";
/// The same with a query of its own.
pub const WITH_QUERY: &str = "https://shop.example/callback?by=wallet";
/// The verifier of all applications here.
pub const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";

/// The clients of the provider: `shop` and `rival` have secrets, `desk` is a native application, `api`
/// only introspects.
#[derive(Debug)]
pub struct Clients {
    /// The secret of `shop`.
    pub shop: ClientSecret,
    /// The secret of `rival`.
    pub rival: ClientSecret,
    /// The secret of `api`.
    pub api: ClientSecret,
}

/// A provider over an engine, and the secrets of its clients.
pub fn provider(stage: &Stage) -> (AuthHttp, Clients) {
    let (mut shop, shop_secret) =
        Client::confidential("shop", "The <Shop>", &[CALLBACK, WITH_QUERY]).unwrap();
    shop.post_logout_redirect_uris =
        vec![RedirectUri::parse("https://shop.example/goodbye").unwrap()];
    let uris = ["https://rival.example/callback"];
    let (rival, rival_secret) = Client::confidential("rival", "Rival", &uris).unwrap();
    let uris = ["http://127.0.0.1/callback", "com.example.desk:/callback"];
    let desk = Client::public("desk", "Desk", &uris).unwrap();
    let (mut api, api_secret) = Client::confidential("api", "An API", &[CALLBACK]).unwrap();
    api.introspects = true;
    api.scopes = vec!["openid".to_owned()].try_into().unwrap();
    let first = StaticClients::new([shop, rival, desk, api]).unwrap();
    let registry = stage.engine.registry().unwrap().clone();
    let clients = StoredClients::new(registry, first);
    let auth = AuthHttp::new(stage.engine.clone()).sso(clients).unwrap();
    let secrets = Clients {
        shop: shop_secret,
        rival: rival_secret,
        api: api_secret,
    };
    (auth, secrets)
}

/// Adds to an engine what a provider needs.
pub fn parts(builder: EngineBuilder) -> EngineBuilder {
    let ring = KeyRing::of(Key::generate(Algorithm::EdDsa));
    builder.chain(Ethereum::mainnet()).tokens(Jwt::new(ring))
}

/// Runs a test against a provider without any framework.
pub fn on_the_bare_core(test: impl AsyncFn(Face, Clients)) {
    countersign_testkit::run(async {
        let stage = Stage::built(ORIGIN, parts);
        let (auth, clients) = provider(&stage);
        let rig = rig("bare", auth).await;
        let name = "bare";
        test(Face { name, stage, rig }, clients).await;
    });
}

/// Runs a test against a provider on every face.
pub fn on_every_face(test: impl AsyncFn(Face, Clients)) {
    countersign_testkit::run(async {
        for name in FACES {
            let stage = Stage::built(ORIGIN, parts);
            let (auth, clients) = provider(&stage);
            let rig = rig(name, auth).await;
            test(Face { name, stage, rig }, clients).await;
        }
    });
}

/// The parameters of an authorization request, to be changed.
pub fn request(client: &str, redirect_uri: &str) -> BTreeMap<&'static str, String> {
    [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", redirect_uri),
        ("scope", "openid profile offline_access"),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// The path of an authorization request.
pub fn path(request: &BTreeMap<&'static str, String>) -> String {
    let pairs = request.iter().map(|(name, value)| (*name, value.as_str()));
    format!("/auth/authorize?{}", form_urlencode(pairs))
}

/// RFC 7636 section 4.2.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Sends a form.
pub async fn form(
    browser: &Browser<'_>,
    path: &str,
    authorization: Option<String>,
    pairs: &[(&str, &str)],
) -> Answer {
    let mut request =
        Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let body = form_urlencode(pairs.iter().copied());
    browser.raw(request.body(Bytes::from(body)).unwrap()).await
}

/// `Basic`, as most clients send it.
pub fn basic(id: &str, secret: &str) -> Option<String> {
    use base64::engine::general_purpose::STANDARD;

    Some(format!(
        "Basic {}",
        STANDARD.encode(format!("{id}:{secret}"))
    ))
}

/// The parameters that a redirect to the application carries.
pub fn redirected(answer: &Answer) -> Params {
    assert_eq!(answer.status(), 303, "{}", answer.text());
    let location = answer.header("location");
    Params::parse(location.split_once('?').unwrap().1).unwrap()
}

/// The ticket of a page that asks.
pub fn ticket(answer: &Answer) -> String {
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let text = answer.text();
    let after = text.split("name=\"ticket\" value=\"").nth(1);
    after.unwrap().split('"').next().unwrap().to_owned()
}

/// The person allows what the page asks.
pub async fn allow(browser: &Browser<'_>, page: &Answer) -> Answer {
    let ticket = ticket(page);
    let pairs = [("ticket", &*ticket), ("decision", "allow")];
    form(browser, "/auth/authorize/decide", None, &pairs).await
}

/// A person who is signed in already goes through a request to its code.
pub async fn code(browser: &Browser<'_>, request: &BTreeMap<&'static str, String>) -> String {
    let mut answer = browser.get(&path(request)).await;
    if answer.status() == 200 {
        answer = allow(browser, &answer).await;
    }
    let params = redirected(&answer);
    let code = params.one("code").unwrap();
    code.unwrap_or_else(|| panic!("{:?}", answer.header("location")))
        .to_owned()
}

/// A browser whose person is signed in.
pub async fn person(face: &Face) -> Browser<'_> {
    person_with(face, 1).await
}

/// The same with another wallet.
pub async fn person_with(face: &Face, wallet: u8) -> Browser<'_> {
    let browser = face.browser();
    let answer = browser.sign_in(&ethereum_wallet(wallet)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    browser
}

/// The application redeems a code.
pub async fn redeem(
    face: &Face,
    authorization: Option<String>,
    code: &str,
    redirect_uri: &str,
) -> Answer {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", VERIFIER),
    ];
    form(&face.program(), "/auth/token", authorization, &pairs).await
}
