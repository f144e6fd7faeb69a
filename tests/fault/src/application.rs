//! An application that signs people in through the nodes, and the person it sends there.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use countersign_core::Wallet;
use countersign_ethereum::EthereumWallet;
use countersign_sso::{Client as Application, Params, form_urlencode};
use http::{Request, Response, header};
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    client::{Client, cookies},
    dice::Dice,
    node::ORIGIN,
};

/// The applications: `shop`, whose people are asked once, and `desk`, whose people are asked always.
pub fn clients() -> [Application; 2] {
    [SHOP, DESK].map(|(id, uri)| Application::public(id, id, &[uri]).expect("a sound client"))
}

/// A client's name, and where it gets its answers.
pub type Known = (&'static str, &'static str);
/// A web application.
pub const SHOP: Known = ("shop", "https://shop.example/callback");
/// A native application.
pub const DESK: Known = ("desk", "http://127.0.0.1/callback");

/// An answer of a node, or of the proxy before it.
#[derive(Debug)]
pub struct Page {
    /// The status; 0 if there was no answer.
    pub status: u16,
    /// Where it sends the browser.
    pub location: String,
    /// The body.
    pub text: String,
    /// The node that answered, if a proxy says so.
    pub node: String,
}

impl Page {
    fn read(answer: Option<&Response<Bytes>>) -> Self {
        let header = |name: &str| {
            let value = answer.and_then(|answer| answer.headers().get(name)?.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let body = answer.map(|answer| String::from_utf8_lossy(answer.body()).into_owned());
        Self {
            status: answer.map_or(0, |answer| answer.status().as_u16()),
            location: header("location"),
            text: body.unwrap_or_default(),
            node: header(NODE),
        }
    }

    /// Whether nobody knows what happened, or nothing did: no answer, or one that says "later".
    pub fn is_unheard(&self) -> bool {
        matches!(self.status, 0 | 502..=504)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The error's code.
    pub fn code(&self) -> String {
        let body = self.json();
        body["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The ticket of a page that asks.
    pub fn ticket(&self) -> Option<&str> {
        let after = self.text.split("name=\"ticket\" value=\"").nth(1)?;
        after.split('"').next()
    }
}

/// A person with a wallet and a browser.
#[derive(Debug)]
pub struct Person {
    client: Arc<Client>,
    /// Whom they are.
    pub wallet: EthereumWallet,
    jar: Vec<(String, String)>,
}

impl Person {
    /// A person whose browser is new.
    pub fn new(client: Arc<Client>, wallet: EthereumWallet) -> Self {
        let jar = Vec::new();
        Self {
            client,
            wallet,
            jar,
        }
    }

    /// Goes to a page of the provider.
    pub async fn goes(&mut self, node: SocketAddr, path: &str) -> Page {
        let request = Request::get(path).body(Full::default());
        self.ask(node, request.expect("a path")).await
    }

    /// Allows what a page asks.
    pub async fn allows(&mut self, node: SocketAddr, ticket: &str) -> Page {
        let body = form_urlencode([("ticket", ticket), ("decision", "allow")]);
        let request = Request::post("/auth/authorize/decide")
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, FORM)
            .body(Full::from(body));
        self.ask(node, request.expect("a form")).await
    }

    /// Asks for a challenge and signs it: what `/auth/verify` wants.
    pub async fn proves(&mut self, node: SocketAddr) -> (Page, Value) {
        let chain = self.wallet.chain().as_str().to_owned();
        let ask = json!({"chain": chain, "account": self.wallet.address()});
        let page = self.posts(node, "/auth/challenge", &ask).await;
        let message = page.json()["message"].as_str().map(str::to_owned);
        let message = message.unwrap_or_default();
        let signature = format!("0x{}", hex::encode(self.wallet.sign(&message)));
        (page, json!({"message": message, "signature": signature}))
    }

    /// Sends JSON, as the pages of the provider do.
    pub async fn posts(&mut self, node: SocketAddr, path: &str, body: &Value) -> Page {
        let request = Request::post(path)
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()));
        self.ask(node, request.expect("a path")).await
    }

    async fn ask(&mut self, node: SocketAddr, mut request: Request<Full<Bytes>>) -> Page {
        let sent: Vec<_> = self.jar.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = request.headers_mut();
        headers.insert(header::HOST, HOST.parse().expect("a host"));
        if !sent.is_empty() {
            let sent = sent.join("; ").parse().expect("cookies that were set");
            headers.insert(header::COOKIE, sent);
        }
        let answer = self.client.ask(node, request).await;
        for cookie in answer.iter().flat_map(cookies) {
            let (name, value) = cookie.split_once('=').unwrap_or((cookie, ""));
            self.jar.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.jar.push((name.to_owned(), value.to_owned()));
            }
        }
        Page::read(answer.as_ref())
    }
}

/// One request of an application, as it remembers it.
#[derive(Debug)]
pub struct Attempt {
    known: Known,
    verifier: String,
    /// What comes back with the answer.
    pub state: String,
    /// What comes back in the ID token.
    pub nonce: String,
}

impl Attempt {
    /// A fresh one.
    pub fn of(known: Known, dice: &mut Dice) -> Self {
        let mut word = || {
            format!(
                "{:016x}{:016x}{:016x}",
                dice.roll(),
                dice.roll(),
                dice.roll()
            )
        };
        Self {
            known,
            verifier: word(),
            state: word(),
            nonce: word(),
        }
    }

    /// Where the person is sent.
    pub fn path(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        let query = form_urlencode([
            ("response_type", "code"),
            ("client_id", self.known.0),
            ("redirect_uri", self.known.1),
            ("scope", "openid profile offline_access"),
            ("state", &*self.state),
            ("nonce", &*self.nonce),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
        ]);
        format!("/auth/authorize?{query}")
    }

    /// The code that an answer brings, if it is the answer to this request.
    pub fn code(&self, location: &str) -> Option<String> {
        let query = location.strip_prefix(self.known.1)?.strip_prefix('?')?;
        let params = Params::parse(query)?;
        let is_ours = params.one("state") == Ok(Some(&*self.state));
        let is_theirs = params.one("iss") == Ok(Some(ORIGIN));
        let code = params.one("code").ok()?.filter(|_| is_ours && is_theirs);
        code.map(str::to_owned)
    }

    /// Whether an audience is its client.
    pub fn is_for(&self, audience: &str) -> bool {
        self.known.0 == audience
    }

    /// Redeems a code.
    pub async fn redeem(&self, client: &Client, node: SocketAddr, code: &str) -> Page {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", self.known.0),
            ("code", code),
            ("redirect_uri", self.known.1),
            ("code_verifier", &*self.verifier),
        ];
        token(client, node, &pairs).await
    }

    /// Asks for the next tokens.
    pub async fn refresh(&self, client: &Client, node: SocketAddr, refresh: &str) -> Page {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", self.known.0),
            ("refresh_token", refresh),
        ];
        token(client, node, &pairs).await
    }
}

/// Asks who is behind an access token.
pub async fn userinfo(client: &Client, node: SocketAddr, access: &str) -> Page {
    let request = Request::get("/auth/userinfo")
        .header(header::HOST, HOST)
        .header(header::AUTHORIZATION, format!("Bearer {access}"))
        .body(Full::default());
    let answer = client.ask(node, request.expect("a token of ours")).await;
    Page::read(answer.as_ref())
}

async fn token(client: &Client, node: SocketAddr, pairs: &[(&str, &str)]) -> Page {
    let request = Request::post("/auth/token")
        .header(header::HOST, HOST)
        .header(header::CONTENT_TYPE, FORM)
        .body(Full::from(form_urlencode(pairs.iter().copied())));
    let answer = client.ask(node, request.expect("a form")).await;
    Page::read(answer.as_ref())
}

/// The header in which a proxy tells the node.
pub const NODE: &str = "x-node";
const HOST: &str = "app.example";
const FORM: &str = "application/x-www-form-urlencoded";
