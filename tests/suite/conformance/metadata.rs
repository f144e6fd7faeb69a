//! Metadata: RFC 8414, OpenID Connect Discovery, RFC 9207 section 3, RFC 9700 section 2.1.1.

use countersign_testkit::rig::Answer;
use countersign_tests::{Face, sso::on_the_bare_core};
use serde_json::{Value, json};

use super::text;

async fn document(face: &Face) -> Answer {
    let path = "/.well-known/openid-configuration";
    face.program().get(path).await
}

#[test]
fn metadata_is_json_at_both_places_and_names_the_issuer_it_was_asked_of() {
    on_the_bare_core(async |face, _| {
        let first = document(&face).await;
        let path = "/.well-known/oauth-authorization-server";
        let second = face.program().get(path).await;
        for answer in [&first, &second] {
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.header("content-type"), "application/json");
        }
        assert_eq!(first.json(), second.json());
        let issuer = text(&first.json(), "issuer").to_owned();
        assert_eq!(issuer, face.stage.engine.origin().as_str());
        assert!(!issuer.contains(['?', '#']) && !issuer.ends_with('/'));
    });
}

#[test]
fn every_endpoint_of_the_metadata_is_there() {
    on_the_bare_core(async |face, _| {
        let metadata = document(&face).await.json();
        let issuer = text(&metadata, "issuer").to_owned();
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "end_session_endpoint",
            "jwks_uri",
        ] {
            let path = text(&metadata, name).strip_prefix(&issuer).unwrap();
            let status = face.program().get(path).await.status();
            assert_ne!(status, 404, "{name}");
        }
        let keys = face.program().get("/.well-known/jwks.json").await;
        assert_eq!(keys.status(), 200);
        for key in keys.json()["keys"].as_array().unwrap() {
            assert!(key["kid"].is_string() && key["use"] == "sig", "{key}");
        }
    });
}

#[test]
fn metadata_says_what_is_offered_and_nothing_more() {
    on_the_bare_core(async |face, _| {
        let metadata = document(&face).await.json();
        for (name, expected) in [
            ("response_types_supported", json!(["code"])),
            ("response_modes_supported", json!(["query"])),
            (
                "grant_types_supported",
                json!(["authorization_code", "refresh_token"]),
            ),
            ("subject_types_supported", json!(["public"])),
            ("id_token_signing_alg_values_supported", json!(["EdDSA"])),
            ("code_challenge_methods_supported", json!(["S256"])),
            (
                "authorization_response_iss_parameter_supported",
                json!(true),
            ),
            (
                "scopes_supported",
                json!(["openid", "profile", "offline_access"]),
            ),
            // By default these would be on.
            ("request_uri_parameter_supported", json!(false)),
            ("request_parameter_supported", json!(false)),
            ("claims_parameter_supported", json!(false)),
        ] {
            assert_eq!(metadata[name], expected, "{name}");
        }
        let secrets = json!(["client_secret_basic", "client_secret_post"]);
        assert_eq!(
            metadata["introspection_endpoint_auth_methods_supported"],
            secrets
        );
        for name in ["token_endpoint", "revocation_endpoint"] {
            let methods = &metadata[&format!("{name}_auth_methods_supported")];
            let with_none = json!(["client_secret_basic", "client_secret_post", "none"]);
            assert_eq!(*methods, with_none, "{name}");
        }
    });
}

#[test]
fn metadata_has_no_empty_lists() {
    on_the_bare_core(async |face, _| {
        let metadata = document(&face).await.json();
        for (name, value) in metadata.as_object().unwrap() {
            let is_empty = match value {
                Value::Array(values) => values.is_empty(),
                Value::String(text) => text.is_empty(),
                Value::Null => true,
                _ => false,
            };
            assert!(!is_empty, "{name}");
        }
    });
}

#[test]
fn scripts_of_clients_may_read_what_no_cookie_opens() {
    on_the_bare_core(async |face, _| {
        let mut page = face.program();
        page.origin = Some("https://shop.example".to_owned());
        for path in [
            "/.well-known/openid-configuration",
            "/.well-known/jwks.json",
            "/auth/userinfo",
        ] {
            let answer = page.get(path).await;
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    });
}
