//! The clients of Rust: `openidconnect` and `oauth2`, with an HTTP client of the test's own.

use std::convert::Infallible;

use bytes::Bytes;
use countersign_testkit::rig::{OnSocket, Rig};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AsyncHttpClient, AuthType,
    AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndSessionUrl,
    HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadata, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope,
    TokenIntrospectionResponse, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClient,
        CoreClientAuthMethod, CoreErrorResponseType, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
        CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreSubjectIdentifierType,
        CoreUserInfoClaims,
    },
    url::Url,
};
use serde::{Deserialize, Serialize};

use crate::{
    clients::{ODD_SECRET, REDIRECT, provider},
    person::Person,
};

#[test]
fn openidconnect_signs_in_with_eddsa() {
    openidconnect("EdDSA", CoreJwsSigningAlgorithm::EdDsa);
}

#[test]
fn openidconnect_signs_in_with_es256() {
    openidconnect("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256);
}

#[cfg(feature = "rs256")]
#[test]
fn openidconnect_signs_in_with_rs256() {
    openidconnect("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256);
}

/// It reads no ID token, so the algorithm is nothing to it.
#[test]
fn oauth2_signs_in_refreshes_introspects_and_revokes() {
    let (_folder, node) = provider("EdDSA");
    let rig = OnSocket(node.address);
    countersign_testkit::run(async {
        let http = |request| send(rig, request);
        let metadata = discover(&node.origin, &http).await;
        for (id, secret, method) in CLIENTS {
            let person = Person::at(&rig, &node.origin);
            let mut client = oauth2::basic::BasicClient::new(ClientId::new(id.to_owned()))
                .set_auth_uri(metadata.authorization_endpoint().clone())
                .set_token_uri(metadata.token_endpoint().unwrap().clone())
                .set_introspection_url(introspection(&metadata))
                .set_revocation_url(revocation(&metadata))
                .set_redirect_uri(redirect())
                .set_auth_type(method);
            if let Some(secret) = secret {
                client = client.set_client_secret(ClientSecret::new(secret.to_owned()));
            }
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let (url, state) = client
                .authorize_url(CsrfToken::new_random)
                .add_scope(Scope::new("openid".to_owned()))
                .add_scope(Scope::new("offline_access".to_owned()))
                .set_pkce_challenge(challenge)
                .url();
            let code = code(&person.goes(url.as_str()).await, &state, &node.origin);
            let again = PkceCodeVerifier::new(verifier.secret().clone());

            let exchange = client.exchange_code(code.clone());
            let tokens = exchange.set_pkce_verifier(verifier).request_async(&http);
            let tokens = tokens.await.unwrap();
            assert!(tokens.expires_in().is_some(), "{id}");
            let refresh = tokens.refresh_token().unwrap();
            let refreshed = client.exchange_refresh_token(refresh).request_async(&http);
            let refreshed = refreshed.await.unwrap();
            assert_ne!(
                refreshed.access_token().secret(),
                tokens.access_token().secret(),
                "{id}"
            );
            let access = refreshed.access_token();
            if secret.is_some() {
                let said = client
                    .introspect(access)
                    .request_async(&http)
                    .await
                    .unwrap();
                assert!(said.active(), "{id}");
                assert_eq!(said.client_id().map(|id| id.as_str()), Some(id));
                assert!(said.sub().unwrap().starts_with("eip155:0x"), "{id}");
            }
            let revoked = client.revoke_token(revocable(&refreshed)).unwrap();
            revoked.request_async(&http).await.unwrap();
            if secret.is_some() {
                let said = client
                    .introspect(access)
                    .request_async(&http)
                    .await
                    .unwrap();
                assert!(!said.active(), "{id}: revoked");
            }
            let replayed = client.exchange_code(code).set_pkce_verifier(again);
            let replayed = replayed.request_async(&http).await.unwrap_err();
            assert!(is_invalid_grant(&replayed), "{id}: {replayed:?}");
        }
    });
}

fn openidconnect(alg: &str, expected: CoreJwsSigningAlgorithm) {
    let (_folder, node) = provider(alg);
    let rig = OnSocket(node.address);
    countersign_testkit::run(async {
        let http = |request| send(rig, request);
        for (id, secret, method) in CLIENTS {
            let person = Person::at(&rig, &node.origin);
            let metadata = discover(&node.origin, &http).await;
            let goodbye = metadata.additional_metadata().end_session_endpoint.clone();
            let (introspection, revocation) = (introspection(&metadata), revocation(&metadata));
            let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
            let is_confidential = secret.is_some();
            let id = ClientId::new(id.to_owned());
            let client = CoreClient::from_provider_metadata(metadata, id.clone(), secret)
                .set_introspection_url(introspection)
                .set_revocation_url(revocation)
                .set_redirect_uri(redirect())
                .set_auth_type(method);
            let ask = |prompt: Option<CoreAuthPrompt>| {
                let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
                let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
                let request = client
                    .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
                    .add_scope(Scope::new("profile".to_owned()))
                    .add_scope(Scope::new("offline_access".to_owned()))
                    .set_pkce_challenge(challenge);
                let (url, state, nonce) = prompt
                    .into_iter()
                    .fold(request, |r, p| r.add_prompt(p))
                    .url();
                (url, state, nonce, verifier)
            };

            let (url, state, nonce, verifier) = ask(None);
            let code = code(&person.goes(url.as_str()).await, &state, &node.origin);
            let again = PkceCodeVerifier::new(verifier.secret().clone());
            let exchange = client.exchange_code(code.clone()).unwrap();
            let tokens = exchange.set_pkce_verifier(verifier).request_async(&http);
            let tokens = tokens.await.unwrap();
            let id_token = tokens.id_token().unwrap();
            let verifier = client.id_token_verifier();
            let claims = id_token.claims(&verifier, &nonce).unwrap();
            assert!(claims.subject().starts_with("eip155:0x"), "{id:?}");
            assert!(claims.auth_time().is_some(), "{id:?}");
            assert_eq!(claims.auth_method_refs().unwrap()[0].as_str(), "eip191");
            let other = Nonce::new_random();
            assert!(
                id_token.claims(&verifier, &other).is_err(),
                "another's nonce"
            );
            let used = id_token.signing_alg().unwrap();
            assert_eq!(*used, expected);
            let key = id_token.signing_key(&verifier).unwrap();
            let hash = AccessTokenHash::from_token(tokens.access_token(), used, key).unwrap();
            assert_eq!(claims.access_token_hash(), Some(&hash), "{id:?}");

            let about = |token: &AccessToken| {
                let subject = Some(claims.subject().clone());
                let request = client.user_info(token.clone(), subject).unwrap();
                async move { request.request_async(&http).await }
            };
            let userinfo: CoreUserInfoClaims = about(tokens.access_token()).await.unwrap();
            assert!(userinfo.preferred_username().unwrap().starts_with("0x"));

            let refresh: &RefreshToken = tokens.refresh_token().unwrap();
            let refreshed = client.exchange_refresh_token(refresh).unwrap();
            let refreshed = refreshed.request_async(&http).await.unwrap();
            let rotated = refreshed.refresh_token().unwrap();
            assert_ne!(rotated.secret(), refresh.secret(), "{id:?}");
            let access = refreshed.access_token();
            if is_confidential {
                let said = client
                    .introspect(access)
                    .request_async(&http)
                    .await
                    .unwrap();
                assert!(said.active() && said.client_id() == Some(&id), "{said:?}");
            }
            let revoked = client.revoke_token(revocable(&refreshed)).unwrap();
            revoked.request_async(&http).await.unwrap();
            let over: Result<CoreUserInfoClaims, _> = about(access).await;
            assert!(over.is_err(), "{id:?}: revoked");
            let refused = client.exchange_refresh_token(rotated).unwrap();
            let refused = refused.request_async(&http).await.unwrap_err();
            assert!(is_invalid_grant(&refused), "{id:?}: {refused:?}");
            let replayed = client.exchange_code(code).unwrap().set_pkce_verifier(again);
            let replayed = replayed.request_async(&http).await.unwrap_err();
            assert!(is_invalid_grant(&replayed), "{id:?}: {replayed:?}");

            let next = PostLogoutRedirectUrl::new(format!("{REDIRECT}/goodbye")).unwrap();
            let out = LogoutRequest::from(goodbye)
                .set_id_token_hint(id_token)
                .set_client_id(id.clone())
                .set_post_logout_redirect_uri(next)
                .set_state(state.clone());
            let end = person.goes(out.http_get_url().as_str()).await;
            let expected = format!("{REDIRECT}/goodbye?state={}", state.secret());
            assert_eq!(end, expected, "{id:?}");
            let (url, ..) = ask(Some(CoreAuthPrompt::None));
            let end = person.goes(url.as_str()).await;
            assert!(end.contains("error=login_required"), "{id:?}: {end}");
        }
    });
}

/// Each way to prove oneself.
const CLIENTS: [(&str, Option<&str>, AuthType); 3] = [
    ("basic.client", Some(ODD_SECRET), AuthType::BasicAuth),
    ("post_client", Some(ODD_SECRET), AuthType::RequestBody),
    ("public-client", None, AuthType::RequestBody),
];

/// What the crate's own metadata does not have.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct More {
    end_session_endpoint: EndSessionUrl,
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
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

async fn discover<'c, C>(issuer: &str, http: &'c C) -> Metadata
where
    C: AsyncHttpClient<'c, Error = Infallible>,
{
    let issuer = IssuerUrl::new(issuer.to_owned()).unwrap();
    Metadata::discover_async(issuer, http).await.unwrap()
}

fn redirect() -> RedirectUrl {
    RedirectUrl::new(REDIRECT.to_owned()).unwrap()
}

fn introspection(metadata: &Metadata) -> IntrospectionUrl {
    metadata
        .additional_metadata()
        .introspection_endpoint
        .clone()
}

/// Both crates revoke by `https` alone; here the words reach the same socket.
fn revocation(metadata: &Metadata) -> RevocationUrl {
    let url = metadata.additional_metadata().revocation_endpoint.as_str();
    RevocationUrl::new(url.replacen("http:", "https:", 1)).unwrap()
}

fn revocable(tokens: &impl OAuth2TokenResponse) -> CoreRevocableToken {
    tokens.refresh_token().unwrap().clone().into()
}

/// The code of an answer that is ours and the issuer's.
fn code(end: &str, state: &CsrfToken, issuer: &str) -> AuthorizationCode {
    assert!(end.starts_with(REDIRECT), "{end}");
    let url = Url::parse(end).unwrap();
    let one = |name: &str| {
        let mut pairs = url.query_pairs().filter(|(key, _)| key == name);
        let (_, value) = pairs.next().unwrap_or_else(|| panic!("no {name}: {end}"));
        value.into_owned()
    };
    assert_eq!(one("state"), *state.secret());
    assert_eq!(one("iss"), issuer);
    AuthorizationCode::new(one("code"))
}

fn is_invalid_grant<E: std::error::Error>(
    error: &RequestTokenError<E, openidconnect::StandardErrorResponse<CoreErrorResponseType>>,
) -> bool {
    matches!(error, RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant)
}

/// One request to the server, wherever it was meant to go.
async fn send(rig: OnSocket, request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let mut request = request.map(Bytes::from);
    let path = request.uri().path_and_query().unwrap().as_str().parse();
    *request.uri_mut() = path.unwrap();
    Ok(rig.send(request).await.map(|body| body.to_vec()))
}
