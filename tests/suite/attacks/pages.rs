//! The login page and its files, as they go over the wire.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign_ethereum::Ethereum;
use countersign_http::{AuthHttp, LoginPage};
use countersign_testkit::{
    ORIGIN, Stage,
    rig::{Answer, Bare, Browser, Rig},
};
use countersign_tests::every_rig;
use http::header;
use serde_json::Value;
use sha2::{Digest, Sha256};

const HOSTILE: &str = "</script><script>alert(1)</script>\u{2028}\u{202e}\"'&amp;";

/// Runs a test on every face of a site with this page; browsers come to it as the test says.
fn with_page(page: LoginPage, test: impl AsyncFn(Visited)) {
    countersign_testkit::run(async {
        let stage = Stage::built(ORIGIN, |builder| builder.chain(Ethereum::mainnet()));
        let auth = AuthHttp::new(stage.engine).login_page(page).unwrap();
        for (name, rig) in every_rig(&auth).await {
            test(Visited { name, rig }).await;
        }
    });
}

struct Visited {
    name: &'static str,
    rig: Box<dyn Rig>,
}

impl Visited {
    fn browser(&self) -> Browser<'_> {
        Browser::on(&*self.rig, ORIGIN)
    }

    /// A browser that says what it would like to have.
    fn accepting(&self, kind: &str) -> Browser<'_> {
        let mut browser = self.browser();
        browser
            .headers
            .insert(header::ACCEPT, kind.parse().unwrap());
        browser
    }
}

impl std::fmt::Debug for Visited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What the page's script is told.
fn boot(page: &Answer) -> Value {
    let text = page.text();
    let (_, rest) = text.split_once("id=\"boot\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The value of an attribute of the element that begins so.
fn attribute<'a>(text: &'a str, element: &str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(element).unwrap();
    let (_, rest) = rest.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn u01_no_page_can_be_framed() {
    with_page(LoginPage::new(), async |face| {
        let browser = face.accepting("text/html");
        for path in ["/auth/login", "/auth/sessions", "/auth/session"] {
            let answer = browser.get(path).await;
            let policy = answer.header("content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{face:?} {path}: {policy}"
            );
            assert_eq!(answer.header("x-frame-options"), "DENY", "{face:?} {path}");
        }
    });
}

#[test]
fn u02_hostile_words_stay_words() {
    let page = LoginPage::new().title(HOSTILE).words("choose", HOSTILE);
    with_page(page, async |face| {
        let answer = face.browser().get("/auth/login").await;
        let text = answer.text();
        assert_eq!(text.matches("<script").count(), 2, "{face:?}: {text}");
        let title = text
            .split_once("<title>")
            .unwrap()
            .1
            .split_once("</title>")
            .unwrap()
            .0;
        assert!(!title.contains(['<', '>', '"']), "{face:?}: {title}");
        assert_eq!(boot(&answer)["words"]["choose"], HOSTILE);
    });
}

#[test]
fn u03_the_boot_json_cannot_end_its_element() {
    with_page(LoginPage::new().title(HOSTILE), async |face| {
        let answer = face.browser().get("/auth/login").await;
        let text = answer.text();
        let (_, rest) = text.split_once("id=\"boot\">").unwrap();
        let json = rest
            .split_once('\n')
            .unwrap()
            .0
            .strip_suffix("</script>")
            .unwrap();
        for unwanted in ["<", ">", "&", "\u{2028}"] {
            assert!(!json.contains(unwanted), "{face:?}: {unwanted:?} in {json}");
        }
        assert_eq!(boot(&answer)["site"], HOSTILE, "{face:?}");
    });
}

#[test]
fn u04_pages_are_not_kept_and_files_are_asked_for_again() {
    with_page(LoginPage::new(), async |face| {
        let browser = face.accepting("text/html");
        for path in ["/auth/login", "/auth/sessions"] {
            let page = browser.get(path).await;
            assert_eq!(page.header("cache-control"), "no-store", "{face:?} {path}");
            assert!(
                !page.text().to_lowercase().contains("nonce"),
                "{face:?} {path}"
            );
        }
        for file in FILES {
            let mut browser = face.browser();
            let first = browser.get(file).await;
            assert_eq!(first.header("cache-control"), "public, no-cache", "{file}");
            let etag = first.header("etag").parse().unwrap();
            browser.headers.insert(header::IF_NONE_MATCH, etag);
            let again = browser.get(file).await;
            assert_eq!(
                (again.status(), again.text().len()),
                (304.try_into().unwrap(), 0),
                "{face:?} {file}"
            );
        }
    });
}

#[test]
fn u07_no_opener_reaches_a_page() {
    with_page(LoginPage::new(), async |face| {
        let browser = face.accepting("text/html");
        for path in ["/auth/login", "/auth/sessions"] {
            let page = browser.get(path).await;
            assert_eq!(
                page.header("cross-origin-opener-policy"),
                "same-origin",
                "{face:?}"
            );
            assert_eq!(
                page.header("cross-origin-resource-policy"),
                "same-origin",
                "{face:?}"
            );
        }
        let script = face.browser().get("/auth/login.js").await.text();
        assert!(!script.contains("postMessage") && !script.contains("window.opener"));
    });
}

#[test]
fn u08_no_referrer_leaves_a_page() {
    with_page(LoginPage::new(), async |face| {
        let browser = face.accepting("text/html");
        for path in ["/auth/login?return_to=/a?code=1", "/auth/sessions"] {
            let page = browser.get(path).await;
            assert_eq!(
                page.header("referrer-policy"),
                "no-referrer",
                "{face:?} {path}"
            );
        }
    });
}

#[test]
fn u09_a_page_runs_its_own_script_only_and_only_as_it_was_built() {
    with_page(LoginPage::new(), async |face| {
        let browser = face.accepting("text/html");
        for path in ["/auth/login", "/auth/sessions"] {
            let page = browser.get(path).await;
            let text = page.text();
            let source = attribute(&text, "<script type=\"module\"", "src");
            let script = browser.get(source).await.text();
            let digest = format!("sha256-{}", STANDARD.encode(Sha256::digest(&script)));
            assert_eq!(
                attribute(&text, "<script type=\"module\"", "integrity"),
                digest
            );
            assert_eq!(
                page.header("content-security-policy"),
                format!(
                    "default-src 'none'; script-src '{digest}'; style-src 'self'; img-src data:; \
                     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                ),
                "{face:?} {path}"
            );
            assert!(
                !script.lines().any(|line| line.starts_with("import ")),
                "{face:?}"
            );
            for (before, _) in text
                .match_indices("src=\"")
                .chain(text.match_indices("href=\""))
            {
                let to = text[before..].split('"').nth(1).unwrap();
                assert!(
                    to == "data:," || to.starts_with("/auth/"),
                    "{face:?} {path}: {to}"
                );
            }
            assert!(
                !text.contains(" style=") && !text.contains("<style"),
                "{face:?} {path}"
            );
        }
    });
}

#[test]
fn u10_the_page_goes_on_to_a_path_of_its_own_site_only() {
    with_page(LoginPage::new().home("/home"), async |face| {
        let browser = face.browser();
        for evil in [
            "//evil.example",
            "/%5Cevil.example",
            "/%09/evil",
            "https:evil",
            "javascript:alert(1)",
            "https%3A%2F%2Fevil.example",
            "%2F%2Fevil",
            "",
            "evil",
            "/%0D%0AX:y",
            "%5C%5Cevil",
        ] {
            for name in ["return_to", "cancel_to"] {
                let page = browser.get(&format!("/auth/login?{name}={evil}")).await;
                let boot = boot(&page);
                assert_eq!(boot["return_to"], "/home", "{face:?} {evil}");
                assert_eq!(boot["cancel_to"], Value::Null, "{face:?} {evil}");
            }
        }
        let query = "return_to=%2Fauth%2Fauthorize%3Fclient_id%3Da%26state%3Db%2520c&cancel_to=/no";
        let boot = boot(&browser.get(&format!("/auth/login?{query}")).await);
        assert_eq!(
            boot["return_to"], "/auth/authorize?client_id=a&state=b%20c",
            "{face:?}"
        );
        assert_eq!(boot["cancel_to"], "/no", "{face:?}");
    });
}

#[test]
fn h12_no_path_leads_beyond_the_files_of_the_page() {
    with_page(LoginPage::new(), async |face| {
        for path in [
            "/auth/../../etc/passwd",
            "/auth/login.html",
            "/auth/client.js/",
            "/auth/demo.js",
            "/auth/%2e%2e/client.js",
            "/auth/assets/client.js",
            "/auth/Client.js",
            "/auth//client.js",
        ] {
            let answer = face.browser().get(path).await;
            assert_eq!(answer.status(), 404, "{face:?} {path}");
        }
    });
}

#[test]
fn the_demo_wallet_is_there_in_dev_mode_only() {
    countersign_testkit::run(async {
        for dev in [true, false] {
            let origin = "http://127.0.0.1:3000";
            let stage = Stage::built(origin, |builder| {
                let builder = builder.chain(Ethereum::mainnet());
                if dev { builder.dev() } else { builder }
            });
            let rig = Bare(
                AuthHttp::new(stage.engine)
                    .login_page(LoginPage::new())
                    .unwrap(),
            );
            let browser = Browser::on(&rig, origin);
            let script = browser.get("/auth/login.js").await.text();
            assert_eq!(script.contains("function demoWallets"), dev);
            assert_eq!(boot(&browser.get("/auth/login").await)["demo"], dev);
        }
    });
}

#[test]
fn programs_get_the_list_of_sessions_as_json() {
    with_page(LoginPage::new(), async |face| {
        for accept in ["*/*", "application/json"] {
            let answer = face.accepting(accept).get("/auth/sessions").await;
            assert_eq!(
                answer.refusal(),
                (401, "session_required".to_owned()),
                "{face:?} {accept}"
            );
        }
        let page = face
            .accepting("text/html,*/*;q=0.8")
            .get("/auth/sessions")
            .await;
        assert_eq!(
            (page.status(), page.header("content-type")),
            (200.try_into().unwrap(), "text/html; charset=utf-8")
        );
    });
}

#[test]
fn without_the_page_nothing_of_it_is_there() {
    countersign_tests::on_every_face(async |face| {
        for path in ["/auth/login", "/auth/client.js", "/auth/login.css"] {
            assert_eq!(
                face.browser().get(path).await.status(),
                404,
                "{face:?} {path}"
            );
        }
    });
}

#[test]
fn a_page_that_cannot_be_is_refused_at_boot() {
    let engine = || Stage::built(ORIGIN, |builder| builder.chain(Ethereum::mainnet())).engine;
    for page in [
        LoginPage::new().home("https://evil.example"),
        LoginPage::new().home("//evil.example"),
        LoginPage::new().lang("en\"><script>"),
        LoginPage::new().variable("accent", "red"),
        LoginPage::new().variable("--accent", "red;} body { display: none"),
        LoginPage::new().dark_variable("--page", "url(https://evil.example)"),
    ] {
        let fault = AuthHttp::new(engine()).login_page(page).unwrap_err();
        assert_eq!(fault.faults()[0].code, "CFG_PAGE");
    }
    let page = AuthHttp::new(engine())
        .login_page(LoginPage::new())
        .unwrap();
    let fault = page.login_page(LoginPage::new()).unwrap_err();
    assert_eq!(fault.faults()[0].code, "CFG_PLUGIN_CONFLICT");
}

const FILES: [&str; 5] = [
    "/auth/client.js",
    "/auth/ss58.js",
    "/auth/login.js",
    "/auth/sessions.js",
    "/auth/login.css",
];
