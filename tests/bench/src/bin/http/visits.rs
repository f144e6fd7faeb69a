//! What the clients send.

use std::{cell::RefCell, io, net::SocketAddr};

use countersign::{Wallet, ethereum::EthereumWallet};
use countersign_bench::{Connection, Load, Response};
use serde_json::{Value, json};

/// A `GET` with one more header, which must be answered by 200.
pub(crate) fn get(
    path: &str,
    header: &str,
) -> impl AsyncFn(&mut Connection) -> io::Result<()> + use<> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{BROWSER}{header}\r\n");
    async move |connection| {
        let answer = connection.send(request.as_bytes()).await?;
        expect(answer, 200).map(drop)
    }
}

/// Somebody with a wallet.
pub(crate) struct Visitor {
    address: SocketAddr,
    wallet: EthereumWallet,
}

impl Visitor {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let chain = "eip155:1".parse().unwrap();
        let wallet = EthereumWallet::from_bytes(&[7; 32], chain).unwrap();
        Self { address, wallet }
    }

    /// Signs in, and gives the header that a browser sends from then on.
    pub(crate) fn cookie(&self) -> String {
        let answer = self.signed_in("cookie");
        let cookie = answer.header("set-cookie").unwrap();
        format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
    }

    /// Signs in, and gives the header that a program sends from then on.
    pub(crate) fn bearer(&self) -> String {
        let answer: Value = serde_json::from_slice(&self.signed_in("token").body).unwrap();
        let token = answer["access_token"].as_str().unwrap();
        format!("Authorization: Bearer {token}\r\n")
    }

    /// A challenge and its proof, for a cookie.
    pub(crate) async fn signs_in(&self, connection: &mut Connection) -> io::Result<()> {
        self.sign_in(connection, "cookie").await.map(drop)
    }

    fn signed_in(&self, credential: &str) -> Response {
        let answer = RefCell::new(None);
        Load::new(self.address, 1).run(1, &async |connection| {
            let signed_in = self.sign_in(connection, credential).await?;
            *answer.borrow_mut() = Some(signed_in);
            Ok(())
        });
        answer.into_inner().unwrap()
    }

    async fn sign_in(&self, connection: &mut Connection, credential: &str) -> io::Result<Response> {
        let account = self.wallet.address();
        let ask = json!({"chain": "eip155:1", "account": account, "credential": credential});
        let challenge = connection.send(&self.post("challenge", "", &ask)).await?;
        let challenge = expect(challenge, 201)?;
        let binding = challenge
            .header("set-cookie")
            .map_or(String::new(), |cookie| {
                format!(
                    "Cookie: {}\r\n",
                    cookie.split(';').next().unwrap_or_default()
                )
            });
        let said: Value = serde_json::from_slice(&challenge.body)?;
        let message = said["message"].as_str().unwrap_or_default();
        let signature = format!("0x{}", hex::encode(self.wallet.sign(message)));
        let proof = json!({"message": message, "signature": signature, "credential": credential});
        let answer = connection
            .send(&self.post("verify", &binding, &proof))
            .await?;
        expect(answer, 200)
    }

    fn post(&self, endpoint: &str, header: &str, body: &Value) -> Vec<u8> {
        let (origin, body) = (self.address, body.to_string());
        let length = body.len();
        format!(
            "POST /auth/{endpoint} HTTP/1.1\r\nHost: {origin}\r\nOrigin: http://{origin}\r\n\
            {BROWSER}Content-Type: application/json\r\nContent-Length: {length}\r\n{header}\r\n{body}"
        )
        .into_bytes()
    }
}

fn expect(answer: Response, status: u16) -> io::Result<Response> {
    if answer.status == status {
        return Ok(answer);
    }
    let said = String::from_utf8_lossy(&answer.body).into_owned();
    Err(io::Error::other(format!("{}: {said}", answer.status)))
}

/// What browsers send with every request.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/145.0\r\n\
    Accept: application/json\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n\
    Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n";
