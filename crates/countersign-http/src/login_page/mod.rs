//! The login page, the list of sessions, and the client for pages of one's own.

mod assets;
mod render;
#[cfg(feature = "polkadot-sso")]
pub(crate) mod signing;
mod target;

use std::collections::BTreeMap;

use bytes::Bytes;
use countersign_core::{Code, ConfigError, ConfigFault, Engine, Error, async_trait};
use http::{HeaderMap, header, request::Parts};

use crate::{
    AuthHttp, Inner,
    mounts::{Endpoint, Endpoints},
    reply::Reply,
};

use assets::Asset;

/// A page on which people choose a wallet and sign in, and one that lists where they are signed in.
///
/// [`AuthHttp::login_page`] serves it under the base path, as `/auth/login`, and the list as
/// `/auth/sessions` to whoever asks for HTML. `/auth/login?return_to=/path` goes on to that path, of
/// the same site only; `again=1` asks for a signature even of who is signed in, and `cancel_to=/path`
/// adds a way out. `/auth/client.js` is for pages of one's own.
///
/// ```
/// # use countersign_core::{ConfigError, Engine};
/// use countersign_http::{AuthHttp, LoginPage};
///
/// # fn run(engine: Engine) -> Result<(), ConfigError> {
/// let page = LoginPage::new()
///     .title("Acme")
///     .variable("--accent", "#0a7d4f")
///     .words("choose", "Pick your wallet");
/// let auth = AuthHttp::new(engine).login_page(page)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct LoginPage {
    title: Option<String>,
    home: String,
    lang: String,
    words: BTreeMap<String, String>,
    variables: Vec<(String, String)>,
    dark_variables: Vec<(String, String)>,
}

impl Default for LoginPage {
    fn default() -> Self {
        Self {
            title: None,
            home: "/".into(),
            lang: "en".into(),
            words: BTreeMap::new(),
            variables: Vec::new(),
            dark_variables: Vec::new(),
        }
    }
}

impl LoginPage {
    /// The page as it comes: it calls the site by its domain, and goes on to `/`.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the site is called.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The path to go on to where no `return_to` says otherwise.
    pub fn home(mut self, path: impl Into<String>) -> Self {
        self.home = path.into();
        self
    }

    /// The language of the [`words`](Self::words), such as `de` or `pt-BR`.
    pub fn lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = lang.into();
        self
    }

    /// Another text for one of the words in `assets/login.js` and `assets/sessions.js`; those in
    /// braces are filled in, and `|` parts what happened from what to do.
    pub fn words(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.words.insert(name.into(), text.into());
        self
    }

    /// A CSS variable of `assets/login.css`, such as `--accent`, in light and dark.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The same for dark only.
    pub fn dark_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dark_variables.push((name.into(), value.into()));
        self
    }

    fn check(&self) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        let mut fault = |detail| faults.push(ConfigFault::new("CFG_PAGE", detail));
        if !target::is_own_path(&self.home) {
            fault(format!("{:?} is no path of the site", self.home));
        }
        let is_tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if self.lang.is_empty() || !self.lang.bytes().all(is_tag) {
            fault(format!("{:?} is no language", self.lang));
        }
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        for (name, value) in self.variables.iter().chain(&self.dark_variables) {
            let is_value = !value.contains(['{', '}', ';', '<', '>', '\\', '@', '\n'])
                && !value.to_ascii_lowercase().contains("url(");
            if !name.starts_with("--") || !name.bytes().all(is_name) || !is_value {
                fault(format!("{name}: {value} is no CSS variable"));
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.into())
        }
    }

    /// The style sheet, with the site's own variables after ours.
    fn style(&self) -> Asset {
        let rules = |variables: &[(String, String)]| -> String {
            variables
                .iter()
                .map(|(name, value)| format!("{name}:{value};"))
                .collect()
        };
        let (both, dark) = (rules(&self.variables), rules(&self.dark_variables));
        let own = match (&*both, &*dark) {
            ("", "") => String::new(),
            _ => format!(
                ":root{{{both}}}\n@media (prefers-color-scheme: dark) {{ :root{{{dark}}} }}\n"
            ),
        };
        Asset::style(assets::squeezed(assets::CSS.lines()) + &own)
    }
}

/// The pages of one site, ready to be served.
#[derive(Debug, Clone)]
pub(crate) struct Pages {
    page: LoginPage,
    site: String,
    base: String,
    style: Asset,
    /// Whether the demo wallet is on the page.
    demo: bool,
    endpoints: [Endpoint; 6],
}

impl Pages {
    fn new(page: LoginPage, engine: &Engine, base: &str) -> Result<Self, ConfigError> {
        page.check()?;
        let endpoint = |name: &'static str| Endpoint::get(&format!("{base}/{name}"), name);
        let site = page.title.clone();
        Ok(Self {
            site: site.unwrap_or_else(|| engine.origin().authority().to_owned()),
            base: base.to_owned(),
            style: page.style(),
            demo: engine.is_dev(),
            endpoints: [LOGIN, LOGIN_CSS, LOGIN_JS, SESSIONS_JS, CLIENT_JS, SS58_JS].map(endpoint),
            page,
        })
    }

    fn login_script(&self) -> &'static Asset {
        if self.demo {
            &assets::LOGIN_WITH_DEMO
        } else {
            &assets::LOGIN
        }
    }

    /// The list of sessions, to a browser that asks for a page.
    pub(crate) fn sessions(&self, headers: &HeaderMap) -> Option<Reply> {
        let accepted = headers.get_all(header::ACCEPT).iter();
        let mut kinds = accepted.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let wants = kinds.any(|kind| kind.trim_ascii().starts_with(b"text/html"));
        wants.then(|| self.sessions_page())
    }
}

#[async_trait]
impl Endpoints for Pages {
    fn name(&self) -> &'static str {
        "the login page"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        _body: &Bytes,
    ) -> Result<Reply, Error> {
        let asset = match action {
            LOGIN => {
                let query = parts.uri.query().unwrap_or_default();
                return Ok(self.login_page(&auth.engine, query));
            }
            LOGIN_CSS => &self.style,
            LOGIN_JS => self.login_script(),
            SESSIONS_JS => &assets::SESSIONS,
            CLIENT_JS => &assets::CLIENT,
            SS58_JS => &assets::SS58,
            _ => return Err(Code::NotFound.into()),
        };
        Ok(asset.answer(&parts.headers))
    }
}

impl AuthHttp {
    /// Serves a login page, a list of sessions for people, and `client.js`.
    ///
    /// # Errors
    /// `CFG_PAGE`: a path, language or CSS variable that is none. `CFG_PLUGIN_CONFLICT`: a path of
    /// it is served already.
    pub fn login_page(mut self, page: LoginPage) -> Result<Self, ConfigError> {
        let inner = std::sync::Arc::make_mut(&mut self.0);
        let pages = Pages::new(page, &inner.engine, &inner.base)?;
        let pages = std::sync::Arc::new(pages);
        inner.mounts.add(pages.clone(), &inner.base)?;
        inner.pages = Some(pages);
        Ok(self)
    }
}

const LOGIN: &str = "login";
const LOGIN_CSS: &str = "login.css";
const LOGIN_JS: &str = "login.js";
const SESSIONS_JS: &str = "sessions.js";
const CLIENT_JS: &str = "client.js";
const SS58_JS: &str = "ss58.js";
