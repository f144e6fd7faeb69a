//! What a sign-in text must say to count here: one set of rules for all chains, open to no plugin.

use std::time::Duration;

use crate::{
    error::{Code, ConfigFault},
    origin::Origin,
    sign_in::{DomainText, SignIn, TextDialect},
    time::Timestamp,
};

/// The rules. The engine checks them before it touches a store.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Where front ends live; the first is the main one.
    pub(crate) origins: Vec<Origin>,
    pub(crate) cross_site: bool,
    pub(crate) statement: Option<String>,
    pub(crate) challenge_ttl: Duration,
    pub(crate) times: TimeRules,
    pub(crate) lifetimes: Lifetimes,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A cookie session ends when it was not used for so long. 30 minutes by default.
    pub cookie_idle: Duration,
    /// A cookie session ends after so long in any case. 24 hours by default.
    pub cookie_absolute: Duration,
    /// A token session ends after so long in any case. 7 days by default.
    pub token_absolute: Duration,
    /// A signed access token is good for so long. 15 minutes by default, 24 hours at most.
    pub access: Duration,
    /// For so long after its use, a refresh token gets the same successor again. 10 seconds by
    /// default; zero makes every second use a replay.
    pub refresh_grace: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            cookie_idle: 30 * MINUTE,
            cookie_absolute: 24 * HOUR,
            token_absolute: 7 * 24 * HOUR,
            access: 15 * MINUTE,
            refresh_grace: Duration::from_secs(10),
        }
    }
}

/// How the times of a text are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRules {
    /// How old `Issued At` may be. 10 minutes by default.
    pub message_age: Duration,
    /// How far the signer's clock may be ahead: `Issued At` and `Not Before` may lie so far in the
    /// future. 60 seconds by default.
    pub leeway: Duration,
}

impl Default for TimeRules {
    fn default() -> Self {
        Self {
            message_age: 10 * MINUTE,
            leeway: MINUTE,
        }
    }
}

impl TimeRules {
    /// Judges the times: `not_before <= now < expiration`, and `Issued At` neither old nor ahead.
    ///
    /// # Errors
    /// `message_expired`, `not_yet_valid`, `issued_at_out_of_range`.
    pub fn check(&self, sign_in: &SignIn<'_>, now: Timestamp) -> Result<(), Code> {
        if sign_in
            .expiration_time
            .as_ref()
            .is_some_and(|end| now >= end.floor())
        {
            return Err(Code::MessageExpired);
        }
        if sign_in
            .not_before
            .as_ref()
            .is_some_and(|start| now + self.leeway < start.ceil())
        {
            return Err(Code::NotYetValid);
        }
        match sign_in.issued_at.as_ref().map(|at| at.floor()) {
            Some(at) if at > now + self.leeway || at < now - self.message_age => {
                Err(Code::IssuedAtOutOfRange)
            }
            _ => Ok(()),
        }
    }
}

/// Whether the text was made for the site at `origin`: same host and port, and the same scheme
/// where the text names one. Letter case and a stated default port make no difference.
pub fn names_site(sign_in: &SignIn<'_>, origin: &Origin) -> bool {
    let scheme = sign_in.scheme.as_deref().unwrap_or(origin.scheme());
    // What we compose, and most clients, write it just so.
    scheme == origin.scheme() && sign_in.domain == origin.authority()
        || Origin::of_uri(&format!("{scheme}://{}", sign_in.domain)).as_ref() == Some(origin)
}

/// Whether the text's URI is one of the site at `origin`. A profile may do without a URI.
pub fn names_uri(sign_in: &SignIn<'_>, origin: &Origin) -> bool {
    sign_in
        .uri
        .as_ref()
        .is_none_or(|uri| uri == origin.as_str() || Origin::of_uri(uri).as_ref() == Some(origin))
}

/// Whether the text names the bare host of the site, where that will do.
fn names_host(sign_in: &SignIn<'_>, origin: &Origin, domain: DomainText) -> bool {
    let scheme = sign_in.scheme.as_deref().unwrap_or(origin.scheme());
    domain == DomainText::OrHost
        && scheme.eq_ignore_ascii_case(origin.scheme())
        && sign_in.domain.eq_ignore_ascii_case(origin.host())
}

impl Policy {
    pub(crate) fn main_origin(&self) -> &Origin {
        &self.origins[0]
    }

    /// Whether a page of this origin may speak to us.
    pub(crate) fn admits(&self, origin: &Origin) -> bool {
        self.origins.contains(origin)
    }

    /// Checks domain and URI, for the origin the proof came from or else for any of ours.
    pub(crate) fn check_site(
        &self,
        sign_in: &SignIn<'_>,
        from: Option<&Origin>,
        dialect: TextDialect,
    ) -> Result<(), Code> {
        let candidates = from.map_or(&*self.origins, std::slice::from_ref);
        let mut sites = candidates
            .iter()
            .filter(|site| names_site(sign_in, site) || names_host(sign_in, site, dialect.domain))
            .peekable();
        if sites.peek().is_none() {
            return Err(Code::DomainMismatch);
        }
        let by_key = sign_in
            .uri
            .as_ref()
            .is_some_and(|uri| dialect.uri.allows(uri));
        if by_key || sites.any(|site| names_uri(sign_in, site)) {
            Ok(())
        } else {
            Err(Code::UriMismatch)
        }
    }

    /// What is wrong with these rules.
    pub(crate) fn faults(&self) -> Vec<ConfigFault> {
        let mut faults = Vec::new();
        let mut fault = |code, detail: String| faults.push(ConfigFault::new(code, detail));
        for origin in &self.origins {
            if origin.ip().is_some() && !origin.is_loopback() {
                fault(
                    "CFG_ORIGIN",
                    format!("{origin} is an IP address; a site needs a name"),
                );
            }
            if !origin.is_https() && !origin.is_loopback() {
                fault(
                    "CFG_INSECURE_ORIGIN",
                    format!(
                        "{origin} is plain http beyond loopback; write https, also where a proxy ends the TLS"
                    ),
                );
            }
        }
        let main = self.main_origin();
        for other in &self.origins[1..] {
            let same = main.is_same_site(other) || main.is_loopback_alias(other);
            if !same && !self.cross_site {
                let hint =
                    "cookies of one do not reach the other unless cross_site_cookies() is set";
                fault(
                    "CFG_CORS",
                    format!("{other} is another site than {main}; {hint}"),
                );
            }
        }
        if self.cross_site && !main.is_https() {
            fault(
                "CFG_COOKIE",
                "SameSite=None needs Secure, and Secure needs https".to_owned(),
            );
        }
        if self.times.leeway > 2 * MINUTE {
            fault("CFG_LEEWAY", "the leeway is over 120 seconds".to_owned());
        }
        let mut bounded = |name: &str, value: Duration, least: Duration, most: Duration| {
            if value < least || value > most {
                fault(
                    "CFG_TTL",
                    format!("{name} is {value:?}; it must be {least:?} to {most:?}"),
                );
            }
        };
        let Lifetimes {
            cookie_idle,
            cookie_absolute,
            token_absolute,
            access,
            refresh_grace,
        } = self.lifetimes;
        bounded(
            "the challenge's lifetime",
            self.challenge_ttl,
            SECOND,
            15 * MINUTE,
        );
        bounded(
            "the age of a message",
            self.times.message_age,
            SECOND,
            24 * HOUR,
        );
        bounded("the idle time of a session", cookie_idle, SECOND, YEAR);
        bounded(
            "the lifetime of a cookie session",
            cookie_absolute,
            SECOND,
            YEAR,
        );
        bounded(
            "the lifetime of a token session",
            token_absolute,
            SECOND,
            YEAR,
        );
        bounded("the lifetime of an access token", access, SECOND, 24 * HOUR);
        let none = Duration::ZERO;
        bounded(
            "the grace time of refresh tokens",
            refresh_grace,
            none,
            MINUTE,
        );
        faults
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
