//! G8: the store does what it is asked, and the reply is cut on its way: at claims, and where
//! refresh tokens are exchanged. Nobody gets two sessions for one proof, or two successors.

use std::collections::HashSet;

use http::Method;
use serde_json::json;

use crate::{
    backend::Backend,
    client::{Client, credential, wallet},
    dice::Dice,
    node::Order,
    proxy::Proxy,
    report::Line,
    scene::{Plan, Scene},
};

/// What was counted.
#[derive(Default)]
struct Counts {
    /// The store did it, and the client heard nothing good.
    cut: usize,
    /// One cause, two effects.
    doubled: usize,
}

pub(super) async fn run(plan: &Plan) -> Line {
    let backend = Backend::durable(plan.kind);
    // One connection for each node: the next reply is the one that is meant.
    let proxy = Proxy::to(backend.port()).await;
    let scene = plan.scene_of(Order {
        connections: 1,
        ..plan.order(backend.url_by(proxy.port()))
    });
    let (goal, mut dice) = (plan.size(1_000, 10), plan.dice.clone());
    let claims = claims(&scene, &proxy, goal, &mut dice).await;
    let refreshes = refreshes(&scene, &proxy, goal, &mut dice).await;
    let says = format!(
        "{} claims and {} refreshes cut after they were done: {} and {} had two effects",
        claims.cut, refreshes.cut, claims.doubled, refreshes.doubled,
    );
    Line::new("G8", plan.kind, says)
        .expect("claims cut", claims.cut, goal)
        .expect("claims with two effects", claims.doubled, 0)
        .expect("refreshes cut", refreshes.cut, goal)
        .expect("refreshes with two effects", refreshes.doubled, 0)
}

/// Cuts the reply to a claim, or to the insertion of the session after it; then the proof is shown
/// again. The sessions of the account say how often it counted.
async fn claims(scene: &Scene, proxy: &Proxy, goal: usize, dice: &mut Dice) -> Counts {
    let mut counts = Counts::default();
    for number in 0..goal * TRIES {
        if counts.cut == goal {
            break;
        }
        let (client, wallet) = (&scene.client, wallet(number + 1_000));
        let Ok(proof) = client.prove(scene.any(dice), &wallet, "cookie").await else {
            continue; // a connection that an earlier cut left behind
        };
        let nth = 1 + (dice.roll() % 4) as i64;
        match dice.one_in(4) {
            true => proxy.cut_request(nth),
            false => proxy.cut_reply(nth),
        }
        let first = client.verify(scene.any(dice), &proof).await;
        proxy.disarm();
        let mut heard_of = usize::from(first.status == 200);
        let mut last = first.status;
        for _ in 0..5 {
            let again = client.verify(scene.any(dice), &proof).await;
            last = again.status;
            heard_of += usize::from(last == 200);
            if last != 503 {
                break;
            }
        }
        // What was cut had been done if the second try was refused for good.
        counts.cut += usize::from(first.status == 503 && last == 401);
        let sessions = sessions_of(scene, number + 1_000, dice).await;
        counts.doubled += usize::from(heard_of > 1 || sessions.is_some_and(|all| all > 2));
    }
    counts
}

/// How many sessions an account has, with the one that asks.
async fn sessions_of(scene: &Scene, number: usize, dice: &mut Dice) -> Option<usize> {
    let (client, wallet) = (&scene.client, wallet(number));
    for _ in 0..20 {
        let Ok(proof) = client.prove(scene.any(dice), &wallet, "cookie").await else {
            continue;
        };
        let answer = client.verify(scene.any(dice), &proof).await;
        if answer.status != 200 {
            continue;
        }
        let (session, node) = (credential(&answer), scene.any(dice));
        let listed = client.send(node, Method::GET, "/auth/sessions", &session, None);
        let listed = listed.await.body;
        return listed["sessions"].as_array().map(Vec::len);
    }
    None
}

/// Cuts the replies to a refresh; then the same refresh token is shown again, twice. All answers
/// name one successor.
async fn refreshes(scene: &Scene, proxy: &Proxy, goal: usize, dice: &mut Dice) -> Counts {
    let mut counts = Counts::default();
    let client: &Client = &scene.client;
    let refresh = async |node, token: &str| {
        let body = json!({ "refresh_token": token });
        let answer = client.send(node, Method::POST, "/auth/refresh", "", Some(&body));
        answer.await
    };
    let token_of = |body: &serde_json::Value| body["refresh_token"].as_str().map(str::to_owned);
    let mut token = None;
    for number in 0..goal * TRIES {
        if counts.cut == goal {
            break;
        }
        let Some(current) = &token else {
            if let Ok(proof) = client
                .prove(scene.any(dice), &wallet(number), "token")
                .await
            {
                token = token_of(&client.verify(scene.any(dice), &proof).await.body);
            }
            continue;
        };
        // The first reply is that to the read; then comes that to the write, if the connection
        // knows the statement.
        proxy.cut_reply(2 + (dice.roll() % 2) as i64);
        let first = refresh(scene.any(dice), current).await;
        proxy.disarm();
        let mut successors = HashSet::new();
        successors.extend(token_of(&first.body));
        for _ in 0..2 {
            let again = refresh(scene.any(dice), current).await;
            successors.extend(token_of(&again.body));
        }
        counts.cut += usize::from(first.status == 503);
        counts.doubled += usize::from(successors.len() > 1);
        token = successors.into_iter().next();
    }
    counts
}

/// A cut often hits what is only on the way to the statement that is meant: the handshake of a
/// connection that is new since the last cut, or a statement being prepared.
const TRIES: usize = 40;
