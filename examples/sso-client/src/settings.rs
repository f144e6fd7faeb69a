//! The environment this application reads; by default it fits `countersign serve --dev`.
//!
//! | Variable | Default | Meaning |
//! |---|---|---|
//! | `PORT` | `3000` | where to listen, on 127.0.0.1 |
//! | `SSO_ORIGIN` | `http://127.0.0.1:$PORT` | where browsers find this application; `/callback` there is its redirect URI |
//! | `SSO_ISSUER` | `http://127.0.0.1:8080` | the provider |
//! | `SSO_CLIENT_ID` | `example` | this application's name there |
//! | `SSO_CLIENT_SECRET` | none | its secret; without one it is a public client |

use std::{env, net::SocketAddr};

use axum::http::{HeaderMap, header};

/// A fault of the environment, in words.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Settings {
    port: u16,
    pub(crate) origin: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Fault> {
        let port = match variable("PORT") {
            Some(text) => text
                .parse()
                .map_err(|_| format!("PORT={text} is no port"))?,
            None => 3000,
        };
        let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        let origin = or("SSO_ORIGIN", &format!("http://127.0.0.1:{port}"));
        Ok(Self {
            port,
            origin: origin.trim_end_matches('/').to_owned(),
            issuer: or("SSO_ISSUER", "http://127.0.0.1:8080"),
            client_id: or("SSO_CLIENT_ID", "example"),
            client_secret: variable("SSO_CLIENT_SECRET"),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Whether a browser came by the address that is registered, not by `localhost` say.
    pub(crate) fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let asked = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let own = self.origin.split_once("://").map(|(_, host)| host);
        asked.is_some() && asked == own
    }

    pub(crate) fn announce(&self) {
        eprintln!("\nListening: open {} in a browser.", self.origin);
        eprintln!(
            "People sign in at {}, where this application is `{}`.\n",
            self.issuer, self.client_id
        );
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
