//! The stable codes: what is written down is what there is, and none ever changes its meaning.

use std::fs;

use countersign_core::Code;
use countersign_tests::root;

#[test]
fn the_list_of_codes_is_pinned() {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "request_malformed",
            "message_malformed",
            "unsupported_version",
            "address_invalid",
            "signature_malformed",
            "chain_unsupported",
            "invalid_grant",
            "domain_mismatch",
            "uri_mismatch",
            "chain_not_allowed",
            "address_mismatch",
            "invalid_signature",
            "weak_key",
            "nonce_invalid",
            "challenge_expired",
            "challenge_used",
            "not_yet_valid",
            "message_expired",
            "issued_at_out_of_range",
            "session_required",
            "token_invalid",
            "origin_rejected",
            "not_admitted",
            "not_found",
            "method_not_allowed",
            "request_timeout",
            "request_too_large",
            "message_too_large",
            "unsupported_media_type",
            "field_missing",
            "rate_limited",
            "headers_too_large",
            "plugin_error",
            "internal_error",
            "store_unavailable",
            "chain_unavailable",
        ]
    );
}

#[test]
fn every_code_is_in_the_protocol_document() {
    let document = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    for code in Code::ALL {
        assert!(
            document.contains(&format!("`{code}`")),
            "docs/protocol.md lacks `{code}`"
        );
    }
}

#[test]
fn every_boot_refusal_is_in_the_protocol_document() {
    let document = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let mut found = 0;
    for source in countersign_tests::sources() {
        let text = fs::read_to_string(&source).unwrap();
        for code in text
            .split('"')
            .filter(|word| word.starts_with("CFG_") && word.len() > 4)
        {
            assert!(
                document.contains(&format!("`{code}`")),
                "{source:?}: {code} is not documented"
            );
            found += 1;
        }
    }
    assert!(found > 10, "the sources were not found");
}
