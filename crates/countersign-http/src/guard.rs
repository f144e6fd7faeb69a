//! Guards in front of the application's own routes, and what handlers behind them need.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use countersign_core::{
    Code, Credential, Error, FromSession, LookUp, Session, SessionKind, Timestamp,
};
use futures_util::TryFutureExt as _;
use http::{HeaderValue, Method, Response, header};
use tracing::Instrument as _;

use crate::{
    AuthHttp, Inner, SentHeaders,
    cookies::Cookies,
    headers::text,
    measure::Look,
    origins,
    plugins::{DEADLINE, caught, guarded},
    reply::Reply,
};

/// How a guard looks at a signed access token.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guard {
    Strict,
    Stateless,
}

impl AuthHttp {
    /// The same, with guards that take a signed access token at its word until it expires, without
    /// asking the session store. A sign-out is then seen only when the token ends; the endpoints of
    /// countersign itself stay strict.
    #[must_use]
    pub fn stateless(mut self) -> Self {
        self.1 = Guard::Stateless;
        self
    }

    /// The live session behind a request's headers: a guard for the application's own routes.
    ///
    /// `Authorization: Bearer` counts before the session cookie.
    ///
    /// # Errors
    /// `session_required`, `token_invalid`, `request_malformed` (two session cookies),
    /// `store_unavailable`.
    pub async fn authenticate(&self, headers: &impl SentHeaders) -> Result<Session, Error> {
        match self.look_up(headers)? {
            LookUp::Found(session, _) => Ok(*session),
            LookUp::Asking(asking) => guarded(DEADLINE, asking).await.map(|session| *session),
        }
    }

    /// What can be known at once: with sessions in memory, mostly all. It costs no future.
    fn look_up<'a>(&'a self, headers: &'a impl SentHeaders) -> Result<LookUp<'a>, Error> {
        let engine = &self.0.engine;
        match (self.1, self.0.credential(headers)?) {
            (Guard::Stateless, Credential::Bearer(token)) if token.contains('.') => {
                let session = engine.authenticate_stateless(token);
                Ok(LookUp::Asking(Box::pin(session.map_ok(Box::new))))
            }
            (_, credential) => caught(|| engine.look_up(credential)),
        }
    }

    /// The same for a guard in front of the application's own routes: where a cookie stands behind a
    /// request that may change something (not `GET`, `HEAD` or `OPTIONS`), the request must come
    /// from a page of ours, by the origin rule of the endpoints. Adapters guard by this.
    ///
    /// # Errors
    /// Those of [`authenticate`](Self::authenticate), and `origin_rejected`.
    pub async fn guard(
        &self,
        method: &Method,
        headers: &impl SentHeaders,
    ) -> Result<Session, Error> {
        self.guard_as(method, headers).await
    }

    /// The same for a [view](FromSession) of the session: an account, a role, a recent signature.
    ///
    /// ```
    /// # use countersign_core::{Error, Recent, Subject};
    /// # use countersign_http::AuthHttp;
    /// # async fn run(auth: AuthHttp, parts: http::request::Parts) -> Result<(), Error> {
    /// let (method, headers) = (&parts.method, &parts.headers);
    /// let subject: Subject = auth.guard_as(method, headers).await?;
    /// let Recent(session) = auth.guard_as::<Recent<300>>(method, headers).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`guard`](Self::guard), and those of the view.
    pub async fn guard_as<T: FromSession>(
        &self,
        method: &Method,
        headers: &impl SentHeaders,
    ) -> Result<T, Error> {
        let look = Look::begin();
        let session = match look.span().in_scope(|| self.look_up(headers)) {
            Ok(LookUp::Found(session, now)) => Ok((session, now)),
            Ok(LookUp::Asking(asking)) => {
                let asking = guarded(DEADLINE, asking).instrument(look.span().clone());
                let session = asking.await;
                session.map(|session| (session, self.0.engine.now()))
            }
            Err(error) => Err(error),
        };
        let view = session.and_then(|(session, now)| self.view(session, now, method, headers));
        look.end(view.as_ref().err());
        view
    }

    fn view<T: FromSession>(
        &self,
        session: Box<Session>,
        now: Timestamp,
        method: &Method,
        headers: &impl SentHeaders,
    ) -> Result<T, Error> {
        let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if session.kind == SessionKind::Cookie && !is_safe {
            origins::check(&self.0.engine, headers, &self.0.cookies)?;
        }
        T::from_session(*session, now)
    }

    /// Whether the wallet signed no longer ago than `within`: for what a session alone should not
    /// allow. Who is refused signs in again, which makes a new session. As a guard it is
    /// [`Recent`](countersign_core::Recent).
    ///
    /// # Errors
    /// `session_required`.
    pub fn recent(&self, session: &Session, within: Duration) -> Result<(), Error> {
        session.require_recent(self.0.engine.now(), within)
    }

    /// Ends a session from a handler of the application. The answer is the value of the `Set-Cookie`
    /// header that takes the cookie back from the browser.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn sign_out(&self, session: &Session) -> Result<HeaderValue, Error> {
        guarded(DEADLINE, pin!(self.0.engine.sign_out(&session.id))).await?;
        Ok(self.0.cookies.clear_session())
    }

    /// The answer to a request that a guard refused, in the one shape that all errors have.
    pub fn refuse(&self, error: &Error) -> Response<Bytes> {
        let message = self.0.mounts.guard_message(error);
        Reply::error_saying(error, message).into_response()
    }
}

impl Inner {
    pub(crate) async fn authenticate(&self, headers: &impl SentHeaders) -> Result<Session, Error> {
        self.engine.authenticate(self.credential(headers)?).await
    }

    fn credential<'a>(&self, headers: &'a impl SentHeaders) -> Result<Credential<'a>, Error> {
        if let Some(token) = bearer(headers)? {
            return Ok(Credential::Bearer(token));
        }
        let cookies = Cookies::read(headers, &self.cookies)?;
        let session = cookies.session.ok_or(Code::SessionRequired)?;
        Ok(Credential::Cookie(session))
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), if there is one.
pub(crate) fn bearer(headers: &impl SentHeaders) -> Result<Option<&str>, Error> {
    let mut values = headers.values(&header::AUTHORIZATION);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Code::RequestMalformed.into());
    }
    let value = text(value).ok_or(Code::RequestMalformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then_some(token))
}
