//! `countersign sign-in`, against a real server on a loopback port.

#![allow(clippy::unwrap_used)]

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Command, Output},
    sync::OnceLock,
};

use countersign::{
    AuthHttp, Engine,
    ethereum::Ethereum,
    poem::{SignedIn, countersign as endpoints},
    polkadot::Polkadot,
    stores,
};
use poem::{
    EndpointExt, IntoEndpoint, Route, Server, get, handler, http::HeaderMap, listener::TcpAcceptor,
    post, web::Path as UrlPath,
};
use serde_json::Value;

#[handler]
fn me(SignedIn(session): SignedIn) -> String {
    format!("hello {}\n", session.identity.account)
}

/// The origin of one server for all tests of this file.
fn server() -> &'static str {
    static ORIGIN: OnceLock<String> = OnceLock::new();
    ORIGIN.get_or_init(|| serve("/auth"))
}

/// Starts a server with the endpoints under `base` and the application's own `/me`.
fn serve(base: &'static str) -> String {
    listen(async move |origin: String| {
        let engine = Engine::builder(&origin)
            .stores(stores::connect("memory:").await.unwrap())
            .chain(Ethereum::mainnet())
            .chain(Polkadot::new())
            .dev()
            .build()
            .unwrap();
        let auth = AuthHttp::at(base, engine);
        Route::new()
            .at("/me", get(me))
            .nest_no_strip(auth.base(), endpoints(auth.clone()))
            .data(auth)
    })
}

/// Runs an application on a free port, until the test process ends; gives its origin.
fn listen<A, F, E>(app: A) -> String
where
    A: FnOnce(String) -> F + Send + 'static,
    F: Future<Output = E>,
    E: IntoEndpoint + 'static,
    E::Endpoint: 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let own = origin.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let app = app(own).await;
            let acceptor = TcpAcceptor::from_std(listener).unwrap();
            Server::new_with_acceptor(acceptor).run(app).await.unwrap();
        });
    });
    origin
}

fn sign_in(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("sign-in")
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn succeeded(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    stdout(output)
}

/// A request as curl would send it; the status and the body.
fn request(method: &str, url: &str, header: (&str, &str), body: &str) -> (u16, String) {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header(header.0, header.1)
        .body(body.to_owned())
        .unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let mut answer = agent.run(request).unwrap();
    (
        answer.status().as_u16(),
        answer.body_mut().read_to_string().unwrap(),
    )
}

/// The answer of a route of the application to the header that the command printed.
fn me_with(header: &str) -> (u16, String) {
    let header = header.split_once(": ").unwrap();
    request("GET", &format!("{}/me", server()), header, "")
}

/// A file of this process's own in the directory for temporary ones.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, content: Option<&str>) -> Self {
        let path = env::temp_dir().join(format!("countersign-{}-{name}", process::id()));
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        Self(path)
    }

    fn as_str(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_new_key_gets_a_cookie_that_opens_the_application() {
    let shown = succeeded(&sign_in(&[server(), "--new-key"]));
    assert!(shown.contains("thrown away at the end"), "{shown}");
    assert!(
        shown.contains("wants you to sign in with your Ethereum account:"),
        "{shown}"
    );
    assert!(shown.contains("method           eip191"), "{shown}");
    let header = shown
        .lines()
        .find(|line| line.starts_with("Cookie: "))
        .unwrap();
    let (status, body) = me_with(header);
    assert_eq!(status, 200, "{body}");
    assert!(body.starts_with("hello eip155:1:0x"), "{body}");
    assert!(
        shown.contains(&format!("curl -H '{header}' {}/me", server())),
        "{shown}"
    );
}

#[test]
fn a_token_opens_the_application_and_json_holds_all_of_it() {
    let output = sign_in(&[server(), "--new-key", "--credential", "token", "--json"]);
    let answer: Value = serde_json::from_str(&succeeded(&output)).unwrap();
    let credential = &answer["credential"];
    assert_eq!(credential["kind"], "token");
    assert!(credential["expires_in"].as_u64().unwrap() > 0);
    let (status, body) = me_with(credential["header"].as_str().unwrap());
    assert_eq!(status, 200, "{body}");
    let address = answer["address"].as_str().unwrap();
    assert_eq!(answer["session"]["subject"], format!("eip155:{address}"));
    assert_eq!(answer["origin"], server());
}

#[test]
fn every_scheme_of_polkadot_signs_in() {
    for (chain, scheme, method) in [
        ("polkadot", None, "sr25519"),
        ("kusama", Some("sr25519"), "sr25519"),
        ("westend", Some("ed25519"), "ed25519"),
        ("polkadot", Some("ecdsa"), "ecdsa"),
        (
            "polkadot:91b171bb158e2d3848fa23a9f1c25182",
            Some("ethereum"),
            "ethereum",
        ),
    ] {
        let mut arguments = vec![server(), "--new-key", "--json", "--chain", chain];
        arguments.extend(scheme.iter().flat_map(|scheme| ["--scheme", scheme]));
        let output = sign_in(&arguments);
        let answer: Value = serde_json::from_str(&succeeded(&output)).unwrap();
        assert_eq!(answer["session"]["method"], method, "{chain} {scheme:?}");
        let subject = answer["session"]["subject"].as_str().unwrap();
        assert!(subject.starts_with("polkadot:"), "{subject}");
    }
    let ethereum_knows_no_scheme = sign_in(&[server(), "--new-key", "--scheme", "ed25519"]);
    assert_eq!(ethereum_knows_no_scheme.status.code(), Some(2));
}

#[test]
fn a_key_file_is_the_same_person_each_time() {
    // A key that many documents of Ethereum show.
    let digits = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    let known = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
    for (name, content) in [
        ("with", digits.to_owned()),
        ("bare", format!("{}\n", &digits[2..])),
    ] {
        let file = TempFile::new(name, Some(&content));
        let output = sign_in(&[server(), "--key-file", file.as_str(), "--json"]);
        let answer: Value = serde_json::from_str(&succeeded(&output)).unwrap();
        assert_eq!(answer["address"], known);
        assert!(!stdout(&output).contains(&digits[2..]), "the key is shown");
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_pointed_out() {
    use std::os::unix::fs::PermissionsExt;

    let file = TempFile::new("open", Some(&"11".repeat(32)));
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&file.0, fs::Permissions::from_mode(mode)).unwrap();
        let output = sign_in(&[server(), "--key-file", file.as_str()]);
        succeeded(&output);
        assert_eq!(stderr(&output).contains("others can read"), warned);
    }
}

#[test]
fn a_saved_proof_is_good_only_once() {
    let proof = TempFile::new("proof", None);
    succeeded(&sign_in(&[
        server(),
        "--new-key",
        "--save-proof",
        proof.as_str(),
    ]));
    let body = fs::read_to_string(&proof.0).unwrap();
    let fields: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        fields.as_object().unwrap().len(),
        2,
        "message and signature"
    );
    let url = format!("{}/auth/verify", server());
    let (status, answer) = request("POST", &url, ("content-type", "application/json"), &body);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["error"]), (401, &"nonce_invalid".into()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&proof.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_base_path_of_the_url_counts() {
    let origin = serve("/api/wallet");
    succeeded(&sign_in(&[&format!("{origin}/api/wallet/"), "--new-key"]));
    let output = sign_in(&[&origin, "--new-key"]);
    assert_eq!(output.status.code(), Some(1));
    one_line(&output, "answered 404");
}

/// What a server that means ill would like to have signed.
const LURES: [(&str, &str); 4] = [
    ("domain", "domain_mismatch"),
    ("uri", "uri_mismatch"),
    ("account", "address_mismatch"),
    ("order", "message_malformed"),
];

/// Answers a challenge with a text that is not for this server and the account that asks.
#[handler]
fn lure(UrlPath(kind): UrlPath<String>, headers: &HeaderMap, body: String) -> String {
    let origin = headers["origin"].to_str().unwrap();
    let own = origin.trim_start_matches("http://");
    let asked: Value = serde_json::from_str(&body).unwrap();
    let asked = asked["account"].as_str().unwrap();
    let (domain, uri, account) = match &*kind {
        "domain" => ("bank.example", "https://bank.example", asked),
        "uri" => (own, "https://bank.example", asked),
        "account" => (own, origin, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        _ => return serde_json::json!({"message": "send 10 ETH to the bank"}).to_string(),
    };
    let message = format!(
        "{domain} wants you to sign in with your Ethereum account:\n{account}\n\n\n\
        URI: {uri}\nVersion: 1\nChain ID: 1\nNonce: k7Qm2ZtR9vXc4LpW\n\
        Issued At: 2026-03-14T09:20:00Z"
    );
    serde_json::json!({ "message": message }).to_string()
}

#[test]
fn a_text_for_another_site_or_account_is_not_signed() {
    let origin = listen(|_| async { Route::new().at("/:kind/challenge", post(lure)) });
    for (kind, code) in LURES {
        let output = sign_in(&[&format!("{origin}/{kind}"), "--new-key"]);
        assert_eq!(output.status.code(), Some(1));
        one_line(&output, code);
        assert!(!stdout(&output).contains("Signed"), "{}", stdout(&output));
    }
}

#[test]
fn a_name_that_the_server_does_not_go_by_is_refused() {
    let elsewhere = server().replace("127.0.0.1", "localhost");
    let output = sign_in(&[&elsewhere, "--new-key"]);
    assert_eq!(output.status.code(), Some(1));
    one_line(&output, "origin_rejected");
}

#[test]
fn the_code_of_the_server_is_told() {
    let output = sign_in(&[server(), "--new-key", "--chain", "eip155:137"]);
    assert_eq!(output.status.code(), Some(1));
    one_line(&output, "chain_unsupported: this chain is not supported");
}

#[test]
fn a_server_that_is_not_there_is_one_line() {
    // Bound, but never listened on by anybody who answers: the port is closed again.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = sign_in(&[&format!("http://{free}"), "--new-key", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    one_line(&output, "refused");
}

#[test]
fn wrong_usage_is_exit_status_2() {
    let short = TempFile::new("short", Some("0x1234"));
    let zero = TempFile::new("zero", Some(&"00".repeat(32)));
    let nowhere = Path::new("no/such/directory/proof.json");
    let url = server();
    for arguments in [
        &[][..],
        &[url],
        &["--new-key"],
        &[url, "--new-key", "--key-file", short.as_str()],
        &[url, "--key-file", short.as_str()],
        &[url, "--key-file", zero.as_str()],
        &[url, "--key-file", "no/such/file"],
        &[url, "--new-key", "--save-proof", nowhere.to_str().unwrap()],
        &[url, "--new-key", "--credential", "paper"],
        &[url, "--new-key", "--chain", "eip155"],
        &["app.example", "--new-key"],
        &["http://app.example", "--new-key"],
    ] {
        let output = sign_in(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_ne!(stderr(&output), "", "{arguments:?}");
    }
}

fn one_line(output: &Output, part: &str) {
    let text = stderr(output);
    assert!(
        text.starts_with("countersign: ") && text.contains(part),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}
