//! G2: many try to redeem each code at once, on every kind of store.

use countersign::{
    Ask, Binding, Context, Engine, Proof, Secret, Wallet,
    ethereum::Ethereum,
    jwt::{Algorithm, Jwt, Key, KeyRing},
    sso::{
        Authorization, Client, OAuthCode, Params, Provider, Refusal, StaticClients, form_urlencode,
    },
    stores,
};
use countersign_testkit::{
    ethereum_wallet,
    servers::{Postgres, Redis},
};
use sha2::{Digest, Sha256};

use crate::node::Folder;

#[test]
fn g02_of_32_racers_one_redeems_a_code_in_memory() {
    race("memory:", 2_000);
}

#[test]
fn g02_of_32_racers_one_redeems_a_code_in_sqlite() {
    let folder = Folder::new();
    race(
        &format!("sqlite://{}/race.db", folder.path().display()),
        100,
    );
}

#[test]
fn g02_of_32_racers_one_redeems_a_code_in_redis() {
    let redis = Redis::start();
    race(&redis.url(), 2_000);
}

#[test]
fn g02_of_32_racers_one_redeems_a_code_in_postgres() {
    race(&Postgres::shared().url(), 100);
}

/// Each code has 32 racers; one of them wins, the others hear `invalid_grant`, and nothing fails.
fn race(url: &str, codes: usize) {
    countersign_testkit::run(async {
        let engine = Engine::builder("https://id.example")
            .chain(Ethereum::mainnet())
            .stores(stores::connect(url).await.unwrap())
            .tokens(Jwt::new(KeyRing::of(Key::generate(Algorithm::EdDsa))))
            .secret(Secret::random())
            .without_limits()
            .build()
            .unwrap();
        let redirect = "https://shop.example/callback";
        let mut shop = Client::public("shop", "Shop", &[redirect]).unwrap();
        shop.consent = countersign::sso::ConsentRule::Remember;
        let clients = StaticClients::new([shop]).unwrap();
        let provider = Provider::new(engine.clone(), clients).unwrap();

        let wallet = ethereum_wallet(1);
        let binding = Binding::generate();
        let ask = Ask::chain(wallet.chain().clone()).account(wallet.address());
        let ask = ask.bound_to(binding.clone());
        let message = engine.challenge(ask).await.unwrap().message.unwrap();
        let proof = Proof {
            chain: None,
            signature: wallet.sign(&message),
            message,
        };
        let context = Context::cookie(Some(binding));
        let session = engine.sign_in(&proof, &context).await.unwrap().session;

        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let verifier = "v".repeat(43);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let request = form_urlencode([
            ("response_type", "code"),
            ("client_id", "shop"),
            ("redirect_uri", redirect),
            ("state", "s"),
            ("scope", "openid"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let request = Params::parse(&request).unwrap();
        for round in 0..codes {
            let mut at = provider
                .authorize(&request, Some(&session), None)
                .await
                .unwrap();
            if let Authorization::Ask(question) = at {
                let decided = provider.decide(&question.ticket, true, Some(&session));
                at = decided.await.unwrap();
            }
            let Authorization::Redirect(location) = at else {
                panic!("{at:?}");
            };
            let answer = Params::parse(location.split_once('?').unwrap().1).unwrap();
            let form = form_urlencode([
                ("grant_type", "authorization_code"),
                ("client_id", "shop"),
                ("code", answer.one("code").unwrap().unwrap()),
                ("redirect_uri", redirect),
                ("code_verifier", &verifier),
            ]);
            let form = Params::parse(&form).unwrap();
            let racers: Vec<_> = (0..32)
                .map(|_| {
                    let (provider, form) = (provider.clone(), form.clone());
                    tokio::spawn(async move { provider.token(None, &form, None).await })
                })
                .collect();
            let mut won = 0;
            for racer in racers {
                match racer.await.unwrap() {
                    Ok(_) => won += 1,
                    Err(Refusal::OAuth(error)) => assert_eq!(error.code(), OAuthCode::InvalidGrant),
                    Err(refusal) => panic!("round {round}: {refusal}"),
                }
            }
            assert_eq!(won, 1, "round {round}");
        }
    });
}
