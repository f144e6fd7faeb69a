//! Who asks at the token endpoint: the client, by its secret (RFC 6749 section 2.3), or as a public
//! one by its name alone.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::{Choice, ConstantTimeEq};

use crate::{
    client::{Client, ClientId, SecretDigest},
    error::{OAuthCode, OAuthError, Refusal},
    params::{Params, form_urldecode},
    provider::Provider,
};

/// A client's name and secret as they were presented: in the header there are two ways to read them.
struct Presented {
    readings: Vec<(String, String)>,
}

impl Provider {
    /// The client behind a request. What is wrong with it is not told.
    ///
    /// # Errors
    /// `invalid_client`; `invalid_request` for two methods at once; `rate_limited` for one who keeps
    /// failing, `store_unavailable`.
    pub(crate) async fn authenticate(
        &self,
        authorization: Option<&str>,
        form: &Params,
        ip: Option<std::net::IpAddr>,
    ) -> Result<Client, Refusal> {
        let client = self.recognize(authorization, form).await;
        if let Err(Refusal::OAuth(error)) = &client
            && error.code() == OAuthCode::InvalidClient
        {
            // Only who fails is counted: all people of an application come from its one address.
            self.count("client", self.engine.limits().token, ip).await?;
        }
        client
    }

    async fn recognize(
        &self,
        authorization: Option<&str>,
        form: &Params,
    ) -> Result<Client, Refusal> {
        if form.has("client_assertion") || form.has("client_assertion_type") {
            return Err(invalid(
                "this client authentication method is not supported",
            ));
        }
        let (named, secret) = (form.one("client_id")?, form.one("client_secret")?);
        let Some(header) = authorization else {
            let id = named.ok_or_else(unproved)?;
            let presented = secret.map(|secret| Presented {
                readings: vec![(id.to_owned(), secret.to_owned())],
            });
            return self.check(Some(id), presented.as_ref()).await;
        };
        if secret.is_some() {
            return Err(invalid("a request has one client authentication method"));
        }
        let presented = Presented::read(header).ok_or_else(unproved)?;
        let is_named = |(id, _): &(String, String)| named.is_none_or(|named| named == id);
        // No id holds a percent sign, so only one reading has the client's name; clients encode a dot.
        let is_id = |(id, _): &&(String, String)| id.parse::<ClientId>().is_ok();
        let mut readings = presented.readings.iter().filter(is_id);
        let id = readings.find(|reading| is_named(reading));
        let id = id.map(|(id, _)| id.clone()).unwrap_or_default();
        self.check(Some(&id), Some(&presented)).await
    }

    /// An unknown client costs what a known one does.
    async fn check(
        &self,
        id: Option<&str>,
        presented: Option<&Presented>,
    ) -> Result<Client, Refusal> {
        let client = match id.and_then(|id| id.parse().ok()) {
            Some(id) => self.clients.find(&id).await?,
            None => None,
        };
        let nobodys = [SecretDigest::NOBODYS];
        let secrets = match &client {
            Some(client) if client.is_confidential() => &client.secrets[..],
            _ => &nobodys[..],
        };
        let is_right = presented.map(|presented| presented.is_one_of(id.unwrap_or(""), secrets));
        match (client, is_right) {
            (Some(client), Some(right)) if right.into() => Ok(client),
            (Some(client), None) if !client.is_confidential() => Ok(client),
            _ => Err(unproved()),
        }
    }
}

impl Presented {
    /// `Basic` (RFC 7617). RFC 6749 has name and secret percent-encoded first; many clients do not.
    fn read(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        let mut readings = vec![(id.to_owned(), secret.to_owned())];
        if let (Some(id), Some(secret)) = (form_urldecode(id), form_urldecode(secret)) {
            readings.push((id, secret));
        }
        Some(Self { readings })
    }

    /// Compares each reading with each secret, all of them, whatever comes of it.
    fn is_one_of(&self, id: &str, secrets: &[SecretDigest]) -> Choice {
        let mut right = Choice::from(0);
        for (named, secret) in &self.readings {
            let is_meant = named.as_bytes().ct_eq(id.as_bytes());
            let digest = SecretDigest::of(secret);
            for kept in secrets {
                right |= digest.is(kept) & is_meant;
            }
        }
        right
    }
}

fn invalid(description: &'static str) -> Refusal {
    OAuthError::new(OAuthCode::InvalidRequest, description).into()
}

fn unproved() -> Refusal {
    let description = "the client is unknown or did not prove itself";
    OAuthError::new(OAuthCode::InvalidClient, description).into()
}
