//! What clients read about the provider: OpenID Connect Discovery 1.0 and RFC 8414.

use serde_json::{Value, json};

use crate::{provider::Provider, scopes::Scopes};

impl Provider {
    /// The one document for `/.well-known/openid-configuration` and
    /// `/.well-known/oauth-authorization-server`, where the endpoints stand under `base`.
    pub fn metadata(&self, base: &str) -> Value {
        let issuer = self.issuer();
        let at = |path: &str| format!("{issuer}{base}{path}");
        json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "revocation_endpoint": at("/revoke"),
            "introspection_endpoint": at("/introspect"),
            "end_session_endpoint": at("/end_session"),
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "scopes_supported": Scopes::ALL,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": self.algorithms(),
            "token_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "none"],
            "revocation_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "none"],
            "introspection_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "nonce", "at_hash", "sid",
                "preferred_username", "account", "chain_id",
            ],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        })
    }
}
