//! The native endpoints.

pub(crate) mod answering;
pub(crate) mod asking;
pub(crate) mod sessions;
mod tokens;

use bytes::Bytes;
use countersign_core::{Code, Error, SessionKind};
use http::request::Parts;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{Inner, Peer, body::Text, reply::Reply, route::Route};

pub(crate) async fn dispatch(
    auth: &Inner,
    route: &Route<'_>,
    parts: &Parts,
    body: &Bytes,
) -> Result<Reply, Error> {
    match route {
        Route::Challenge => asking::challenge(auth, parts, body).await,
        Route::Nonce => asking::nonce(auth, parts).await,
        Route::Verify => answering::verify(auth, parts, body).await,
        Route::Refresh => tokens::refresh(auth, parts, body).await,
        Route::Keys => tokens::keys(auth),
        Route::Session => sessions::current(auth, parts).await,
        Route::Sessions => sessions::list(auth, parts).await,
        Route::OneSession(handle) => sessions::end(auth, parts, handle).await,
        Route::Logout => sessions::logout(auth, parts).await,
        Route::LogoutAll => sessions::logout_all(auth, parts).await,
        Route::Mounted(path) => match path.handler(&parts.method) {
            Some(handler) => handler.answer(auth, parts, body).await,
            None => Err(Code::MethodNotAllowed.into()),
        },
        Route::Health => {
            let peer = parts.extensions.get::<Peer>();
            auth.health.answer(&auth.engine, peer, &parts.headers).await
        }
    }
}

/// The word for a session's kind on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum CredentialName {
    #[default]
    Cookie,
    Token,
}

impl<'de> Deserialize<'de> for CredentialName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(name) = Text::deserialize(deserializer)?;
        match &*name {
            "cookie" => Ok(Self::Cookie),
            "token" => Ok(Self::Token),
            _ => Err(D::Error::custom("a credential is `cookie` or `token`")),
        }
    }
}

impl From<CredentialName> for SessionKind {
    fn from(name: CredentialName) -> Self {
        match name {
            CredentialName::Cookie => Self::Cookie,
            CredentialName::Token => Self::Token,
        }
    }
}
