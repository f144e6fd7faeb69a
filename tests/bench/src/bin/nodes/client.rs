//! What clients send.

use std::{
    cell::RefCell,
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use countersign_bench::{Connection, Load, Response};
use countersign_core::{Clock as _, SystemClock, Wallet};
use countersign_counts::ORIGIN;
use countersign_ethereum::EthereumWallet;
use serde_json::{Value, json};

/// Somebody with a wallet.
pub(crate) struct Client {
    wallet: EthereumWallet,
    address: String,
    texts: AtomicU64,
}

/// How a sign-in goes.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "shared by programs")]
pub(crate) enum Dialect {
    /// Ours, for a cookie: a text to sign, and its proof.
    Cookie,
    /// The same for a token.
    Token,
    /// Ours, for a cookie: a nonce for a text that the page writes, and its proof.
    NonceCookie,
    /// The same for a token.
    NonceToken,
    /// That of the Sign-In with Ethereum quickstart.
    Quickstart,
    /// better-auth's.
    BetterAuth,
}

#[allow(dead_code, reason = "shared by programs")]
impl Client {
    pub(crate) fn new() -> Self {
        let chain = "eip155:1".parse().unwrap();
        let wallet = EthereumWallet::from_bytes(&[7; 32], chain).unwrap();
        Self {
            address: wallet.address(),
            wallet,
            texts: AtomicU64::new(0),
        }
    }

    /// A request with one more header, or none.
    pub(crate) async fn gets(
        &self,
        connection: &mut Connection,
        path: &str,
        header: &str,
    ) -> io::Result<()> {
        expect(connection.send(&get(path, header)).await?, 200).map(drop)
    }

    /// A text and its signature, to the bare handler. Each is another, as each sign-in is: of one
    /// alone, the processor would soon know every branch that the arithmetic takes.
    pub(crate) async fn recovers(&self, connection: &mut Connection) -> io::Result<()> {
        let number = self.texts.fetch_add(1, Ordering::Relaxed);
        let proof = self.proof_of(&self.text(&format!("k7Qm2ZtR9vXc{number:012}")));
        let answer = connection.send(&post("/recover", "", &proof)).await?;
        expect(answer, 200).map(drop)
    }

    /// Signs in once, and gives the `Cookie` header from then on.
    pub(crate) fn cookie(&self, load: &Load, dialect: Dialect) -> String {
        let header = RefCell::new(String::new());
        load.run(1, &async |connection| {
            *header.borrow_mut() = self.signs_in(connection, dialect).await?;
            Ok(())
        });
        header.into_inner()
    }

    /// A challenge, and its proof. Gives the `Cookie` header from then on.
    pub(crate) async fn signs_in(
        &self,
        connection: &mut Connection,
        dialect: Dialect,
    ) -> io::Result<String> {
        let credential = match dialect {
            Dialect::Quickstart => return self.signs_in_at_quickstart(connection).await,
            Dialect::BetterAuth => return self.signs_in_at_better_auth(connection).await,
            Dialect::NonceCookie => return self.signs_own_text(connection, "cookie").await,
            Dialect::NonceToken => return self.signs_own_text(connection, "token").await,
            Dialect::Cookie => "cookie",
            Dialect::Token => "token",
        };
        let ask = json!({"chain": "eip155:1", "account": self.address, "credential": credential});
        let challenge = connection.send(&post("/auth/challenge", "", &ask)).await?;
        let challenge = expect(challenge, 201)?;
        let said: Value = serde_json::from_slice(&challenge.body)?;
        let message = said["message"].as_str().unwrap_or_default();
        let mut proof = self.proof_of(message);
        proof["credential"] = credential.into();
        let verify = post("/auth/verify", &cookie_of(&challenge), &proof);
        let answer = expect(connection.send(&verify).await?, 200)?;
        Ok(cookie_of(&answer))
    }

    async fn signs_own_text(
        &self,
        connection: &mut Connection,
        credential: &str,
    ) -> io::Result<String> {
        let path = format!("/auth/nonce?credential={credential}");
        let answer = expect(connection.send(&get(&path, "")).await?, 200)?;
        let nonce = String::from_utf8_lossy(&answer.body);
        let mut proof = self.proof_of(&self.text(&nonce));
        proof["credential"] = credential.into();
        let verify = post("/auth/verify", &cookie_of(&answer), &proof);
        let answer = expect(connection.send(&verify).await?, 200)?;
        Ok(cookie_of(&answer))
    }

    async fn signs_in_at_quickstart(&self, connection: &mut Connection) -> io::Result<String> {
        let answer = expect(connection.send(&get("/nonce", "")).await?, 200)?;
        let nonce = String::from_utf8_lossy(&answer.body).into_owned();
        let message = self.text(&nonce);
        let cookie = cookie_of(&answer);
        let verify = post("/verify", &cookie, &self.proof_of(&message));
        let answer = expect(connection.send(&verify).await?, 200)?;
        let renewed = cookie_of(&answer);
        Ok(if renewed.is_empty() { cookie } else { renewed })
    }

    async fn signs_in_at_better_auth(&self, connection: &mut Connection) -> io::Result<String> {
        let ask = post("/api/auth/siwe/nonce", "", &json!({}));
        let answer = expect(connection.send(&ask).await?, 200)?;
        let said: Value = serde_json::from_slice(&answer.body)?;
        let message = self.text(said["nonce"].as_str().unwrap_or_default());
        let verify = post("/api/auth/siwe/verify", "", &self.proof_of(&message));
        let answer = expect(connection.send(&verify).await?, 200)?;
        Ok(cookie_of(&answer))
    }

    /// The text of a sign-in, for servers that leave it to the page.
    fn text(&self, nonce: &str) -> String {
        let now = SystemClock.now().to_rfc3339();
        format!(
            "app.example wants you to sign in with your Ethereum account:\n{}\n\n\
            Sign in to app.example with your account.\n\nURI: {ORIGIN}\nVersion: 1\nChain ID: 1\n\
            Nonce: {nonce}\nIssued At: {now}",
            self.address
        )
    }

    fn proof_of(&self, message: &str) -> Value {
        let signature = format!("0x{}", hex::encode(self.wallet.sign(message)));
        json!({"message": message, "signature": signature})
    }
}

/// The `Cookie` header that a browser sends after this answer.
fn cookie_of(answer: &Response) -> String {
    let cookie = answer.header("set-cookie").unwrap_or_default();
    match cookie.split(';').next().unwrap_or_default() {
        "" => String::new(),
        pair => format!("Cookie: {pair}\r\n"),
    }
}

fn get(path: &str, header: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: app.example\r\n{BROWSER}{header}\r\n").into_bytes()
}

fn post(path: &str, header: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: app.example\r\nOrigin: {ORIGIN}\r\n{BROWSER}{header}\
        Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn expect(answer: Response, status: u16) -> io::Result<Response> {
    if answer.status == status {
        return Ok(answer);
    }
    let said = String::from_utf8_lossy(&answer.body);
    Err(io::Error::other(format!("{}: {said}", answer.status)))
}

/// What browsers send with every request.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0\r\n\
    Accept: application/json\r\nAccept-Language: en-US,en;q=0.5\r\n";
