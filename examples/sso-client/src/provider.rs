//! The provider, by the crate `openidconnect`: this is the part to copy.
//!
//! 1. `ask`: an authorization request with `state`, `nonce` and PKCE.
//! 2. `redeem`: the answer's `state` and `iss` are ours, the code becomes tokens, the ID token is signed
//!    by the provider, for us, in answer to what we asked.
//! 3. `Person::goodbye`: where a browser goes to be signed out at the provider as well.

use std::fmt;

use openidconnect::{
    AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AuthenticationFlow,
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl,
    Scope, TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreGenderClaim, CoreGrantType, CoreIdToken, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
        CoreResponseType, CoreSubjectIdentifierType,
    },
    url::Url,
};
use serde::{Deserialize, Serialize};

use crate::{
    fetch::Fetch,
    settings::{Fault, Settings},
};

pub(crate) struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    redirect_uri: RedirectUrl,
    goodbye: PostLogoutRedirectUrl,
    fetch: Fetch,
}

/// What was asked, until it is answered.
#[derive(Clone)]
pub(crate) struct Asked {
    state: CsrfToken,
    nonce: Nonce,
    verifier: String,
}

/// What the provider sends back with the browser.
#[derive(Deserialize)]
pub(crate) struct Answer {
    state: Option<String>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    /// What an application keys its people by.
    pub(crate) subject: String,
    /// What it shows: the address.
    pub(crate) name: String,
    /// All that is known, in words.
    pub(crate) claims: Vec<(&'static str, String)>,
    /// Where the browser goes to be signed out.
    pub(crate) goodbye: String,
}

impl Provider {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Fault> {
        let origin = &settings.origin;
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: settings.client_secret.clone().map(ClientSecret::new),
            redirect_uri: RedirectUrl::new(format!("{origin}/callback"))?,
            goodbye: PostLogoutRedirectUrl::new(format!("{origin}/"))?,
            fetch: Fetch::new()?,
        })
    }

    /// Where to send the browser, and what to remember until it comes back.
    pub(crate) async fn ask(&self) -> Result<(Url, Asked), Failure> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let client = self.client(self.discover().await?);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned())) // `openid` is there already
            .set_pkce_challenge(challenge)
            .url();
        let verifier = verifier.into_secret();
        let asked = Asked {
            state,
            nonce,
            verifier,
        };
        Ok((url, asked))
    }

    /// From the answer to the person.
    pub(crate) async fn redeem(&self, asked: Asked, answer: Answer) -> Result<Person, Failure> {
        if answer.state.as_ref() != Some(asked.state.secret()) {
            return Err(Failure::NotAsked);
        }
        let metadata = self.discover().await?;
        let more = metadata.additional_metadata().clone();
        // RFC 9207: the answer of one provider is not taken for that of another.
        let is_ours = match &answer.iss {
            Some(iss) => iss == self.issuer.as_str(),
            None => !more.authorization_response_iss_parameter_supported,
        };
        if !is_ours {
            return Err(Failure::AnotherIssuer);
        }
        let Some(code) = answer.code.filter(|_| answer.error.is_none()) else {
            let code = answer.error.unwrap_or_else(|| "no code".to_owned());
            let words = answer.error_description.unwrap_or_default();
            return Err(Failure::Refused { code, words });
        };

        let client = self.client(metadata);
        let fetch = |request| self.fetch.clone().send(request);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(Failure::protocol)?
            .set_pkce_verifier(PkceCodeVerifier::new(asked.verifier))
            .request_async(&fetch)
            .await
            .map_err(Failure::protocol)?;
        let id_token = tokens.id_token().ok_or(Failure::NoIdToken)?;
        let verifier = client.id_token_verifier();
        // Signature, issuer, audience, time and nonce.
        let claims = id_token.claims(&verifier, &asked.nonce);
        let claims = claims.map_err(Failure::protocol)?;
        if let Some(expected) = claims.access_token_hash() {
            let alg = id_token.signing_alg().map_err(Failure::protocol)?;
            let key = id_token.signing_key(&verifier).map_err(Failure::protocol)?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), alg, key);
            if actual.map_err(Failure::protocol)? != *expected {
                return Err(Failure::AnotherToken);
            }
        }
        let subject = claims.subject();
        let userinfo: UserInfoClaims<WalletClaims, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(subject.clone()))
            .map_err(Failure::protocol)?
            .request_async(&fetch)
            .await
            .map_err(Failure::protocol)?;

        let wallet = userinfo.additional_claims();
        let name = userinfo.preferred_username().map(|name| name.to_string());
        let methods = claims.auth_method_refs().into_iter().flatten();
        let methods: Vec<_> = methods.map(|method| method.to_string()).collect();
        let shown = [
            ("Subject", Some(subject.to_string())),
            ("Account", wallet.account.clone()),
            ("Chain", wallet.chain_id.clone()),
            ("Signed with", Some(methods.join(", "))),
            ("Signed in at", claims.auth_time().map(|at| at.to_rfc3339())),
            ("Issuer", Some(claims.issuer().to_string())),
        ];
        Ok(Person {
            subject: subject.to_string(),
            name: name.unwrap_or_else(|| subject.to_string()),
            claims: shown
                .into_iter()
                .filter_map(|(label, value)| Some((label, value?)))
                .collect(),
            goodbye: self.goodbye(more.end_session_endpoint, id_token),
        })
    }

    fn goodbye(&self, endpoint: Option<EndSessionUrl>, id_token: &CoreIdToken) -> String {
        let Some(endpoint) = endpoint else {
            return "/".to_owned(); // a provider without RP-initiated logout
        };
        let request = LogoutRequest::from(endpoint)
            .set_id_token_hint(id_token)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.goodbye.clone());
        request.http_get_url().into()
    }

    /// The provider's endpoints and keys, as they are now: keys change. An application with many
    /// people keeps them for some minutes, and asks again for a key that it does not know.
    async fn discover(&self) -> Result<Metadata, Failure> {
        let fetch = |request| self.fetch.clone().send(request);
        let found = Metadata::discover_async(self.issuer.clone(), &fetch).await;
        found.map_err(|error| Failure::Unreachable {
            issuer: self.issuer.to_string(),
            source: Box::new(error),
        })
    }

    fn client(&self, metadata: Metadata) -> Client {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        CoreClient::from_provider_metadata(metadata, id, secret)
            .set_redirect_uri(self.redirect_uri.clone())
    }
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the standard claims do not have.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct WalletClaims {
    /// CAIP-10, such as `eip155:1:0x…`.
    account: Option<String>,
    /// CAIP-2, such as `eip155:1`.
    chain_id: Option<String>,
}

impl AdditionalClaims for WalletClaims {}

/// What the crate's own metadata does not have.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct More {
    end_session_endpoint: Option<EndSessionUrl>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Why nobody is signed in.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer belongs to no question of this browser.
    NotAsked,
    /// The answer is another provider's.
    AnotherIssuer,
    /// The provider says no, or the person did.
    Refused {
        code: String,
        words: String,
    },
    NoIdToken,
    /// The access token is not the one that the ID token speaks of.
    AnotherToken,
    /// The provider is not there, or is none.
    Unreachable {
        issuer: String,
        source: Fault,
    },
    /// Something that the provider sent is not good.
    Protocol(Fault),
}

impl Failure {
    fn protocol(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Protocol(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => {
                f.write_str("this answer belongs to no sign-in that began in this browser of late")
            }
            Self::AnotherIssuer => f.write_str("this answer is another provider's"),
            Self::Refused { code, .. } if code == "access_denied" => {
                f.write_str("you said no, so nothing was told to this application")
            }
            Self::Refused { code, words } => write!(f, "the provider says {code}: {words}"),
            Self::NoIdToken => f.write_str("the provider gave no ID token"),
            Self::AnotherToken => f.write_str("the access token is not the ID token's"),
            Self::Unreachable { issuer, source } => write!(
                f,
                "the provider at {issuer} did not answer as one ({}); is it running?",
                chain(&**source)
            ),
            Self::Protocol(source) => write!(f, "{}", chain(&**source)),
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let words: Vec<_> = causes.map(ToString::to_string).collect();
    words.join(": ")
}
