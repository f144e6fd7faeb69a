//! Time.

use std::time::Duration;

use super::*;
use crate::vectors::play_row;

#[test]
fn t01_the_instant_of_the_expiration_time() {
    play_row("T1");
    on_every_face(async |face| {
        let browser = face.browser();
        let answer = verify_edited(&browser, |s| s.expiration_time = Some(after_start(0))).await;
        assert_refused(&answer, (401, "message_expired"), face.name);
    });
}

#[test]
fn t02_not_before_2999() {
    play_row("T2");
}

#[test]
fn t03_an_expiration_time_that_is_none() {
    play_row("T3");
}

#[test]
fn t04_issued_at_in_2099() {
    play_row("T4");
}

#[test]
fn t05_issued_eleven_minutes_ago_with_an_expiry_far_away() {
    play_row("T5");
}

#[test]
fn t06_expired_without_a_not_before_line() {
    play_row("T6");
}

#[test]
fn t07_an_expiry_in_2100_does_not_lengthen_the_session() {
    play_row("T7");
    on_every_face(async |face| {
        let far = DateTime::parse("2100-01-01T00:00:00Z");
        let answer = verify_edited(&face.browser(), |s| s.expiration_time = far.clone()).await;
        assert_eq!(
            answer.json()["expires_at"],
            "2026-01-02T00:00:00Z",
            "24 hours, no more"
        );
        // One that is near shortens it.
        let near = Some(after_start(3_600));
        let answer = verify_edited(&face.browser(), |s| s.expiration_time = near).await;
        assert_eq!(answer.json()["expires_at"], "2026-01-01T01:00:00Z");
    });
}

#[test]
fn t08_odd_dates() {
    play_row("T8");
}

#[test]
fn t09_a_clock_that_goes_back_revives_nothing_that_was_taken() {
    on_every_face(async |face| {
        let wallet = ethereum_wallet(1);
        let browser = face.browser();
        let text = browser.challenge(&wallet).await;
        face.stage.clock.advance(Duration::from_secs(3_600));
        assert_eq!(
            browser.verify(&wallet, &text).await.refusal().0,
            401,
            "an hour ahead"
        );
        face.stage.clock.set(at_start());
        let back = browser.verify(&wallet, &text).await;
        assert_eq!(
            back.status(),
            200,
            "too old for the text's own rules: the nonce was not touched"
        );
        let again = browser.verify(&wallet, &text).await;
        assert_refused(
            &again,
            (401, "nonce_invalid"),
            "once taken, gone, whatever the clock says",
        );

        // Nodes half a minute apart agree about a text within the leeway.
        let text = browser.challenge(&wallet).await;
        face.stage.clock.set(at_start() - Duration::from_secs(30));
        assert_eq!(browser.verify(&wallet, &text).await.status(), 200);
        // One whose clock is an hour behind accepts nothing dated by the others.
        face.stage.clock.set(at_start());
        let text = browser.challenge(&wallet).await;
        face.stage
            .clock
            .set(at_start() - Duration::from_secs(3_600));
        let answer = browser.verify(&wallet, &text).await;
        assert_refused(&answer, (401, "issued_at_out_of_range"), face.name);
    });
}
