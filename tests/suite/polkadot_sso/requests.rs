//! Requests for a challenge that are not good.

use super::*;

#[test]
fn a_request_that_is_not_good_is_not_answered_with_a_challenge() {
    run(async {
        let (_, rig) = bare();
        let (program, browser) = (program(&rig), Browser::on(&rig, ORIGIN));
        let good = query("shop", CALLBACK, &alice());
        // Whom to tell is known only where client and redirect URI are good.
        for (name, value, code, status, led) in [
            ("client_id", Some("nobody"), "invalid_client", 401, false),
            ("client_id", None, "invalid_request", 400, false),
            ("redirect_uri", None, "invalid_request", 400, false),
            (
                "redirect_uri",
                Some("https://shop.example/callback?a"),
                "invalid_request",
                400,
                false,
            ),
            (
                "redirect_uri",
                Some("https://shop.example/Callback"),
                "invalid_request",
                400,
                false,
            ),
            (
                "redirect_uri",
                Some("https://rival.example/callback"),
                "invalid_request",
                400,
                false,
            ),
            ("state", None, "invalid_request", 400, true),
            ("code_challenge", None, "invalid_request", 400, true),
            (
                "code_challenge",
                Some("short"),
                "invalid_request",
                400,
                true,
            ),
            ("code_challenge_method", None, "invalid_request", 400, true),
            (
                "code_challenge_method",
                Some("plain"),
                "invalid_request",
                400,
                true,
            ),
            ("address", None, "invalid_request", 400, true),
            ("address", Some("5Grw"), "address_invalid", 400, true),
            ("chain", Some("eip155:1"), "chain_unsupported", 400, true),
            ("chain", Some("ethereum"), "chain_unsupported", 400, true),
        ] {
            let mut query = good.clone();
            query.remove(name);
            query.extend(value.map(|value| (name, value.to_owned())));
            let told = program.get(&path(&query)).await;
            assert_eq!(told.refusal(), refusal(code, status), "{name} {value:?}");
            assert!(told.json()["message"].is_string());
            let shown = browser.get(&path(&query)).await;
            if led {
                let params = redirected(&shown);
                assert_eq!(params.one("error").unwrap(), Some("invalid_request"));
                assert!(shown.header("location").starts_with(CALLBACK));
                assert_eq!(params.one("code").unwrap(), None);
            } else {
                assert_eq!(shown.status(), 400, "{name} {value:?}");
                assert_eq!(shown.header("location"), "");
            }
        }
        let twice = format!("{}&client_id=rival", path(&good));
        let told = program.get(&twice).await;
        assert_eq!(told.refusal(), refusal("invalid_request", 400));
    });
}
