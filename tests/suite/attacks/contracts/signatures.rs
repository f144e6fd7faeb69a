//! What a contract may answer, and which signatures reach one.

use super::*;

#[test]
fn c03_answers_that_are_not_the_one_clean_word() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let magic = evm::magic_word();
        let dirty = |place: usize| {
            let mut word = magic;
            word[place] = 1;
            word
        };
        let mut right_aligned = [0; 32];
        right_aligned[28..].copy_from_slice(&evm::MAGIC);
        let cases = [
            ("nothing", evm::returns(&[])),
            ("four bytes", evm::returns(&evm::MAGIC)),
            ("31 bytes", evm::returns(&magic[..31])),
            ("33 bytes", evm::returns(&[&magic[..], &[0]].concat())),
            ("two words", evm::returns(&[magic, [0; 32]].concat())),
            ("a dirty tail", evm::returns(&dirty(31))),
            ("a dirty fifth byte", evm::returns(&dirty(4))),
            ("right aligned", evm::returns(&right_aligned)),
            ("a bool", evm::returns(&evm::number(1))),
            ("another word", evm::returns(&[0xff; 32])),
            ("an echo", evm::echoes()),
            ("an echo of a word", evm::echoes_a_word()),
            ("a revert", evm::reverts(&[])),
            ("a revert with the magic word", evm::reverts(&magic)),
            ("an invalid operation", evm::is_invalid()),
            ("a contract that destroys itself", evm::destroys_itself()),
        ];
        for (number, (what, code)) in cases.iter().enumerate() {
            let account = site.chain.contract(number as u8, code).await;
            site.refused(&account, INVALID, what).await;
        }
        // The one word is good, and whoever destroyed himself in a simulation is still there.
        let account = site.chain.contract(100, &evm::agrees()).await;
        site.accepted(&account, "eip1271", "the word").await;
        let code = json!([evm::address(cases.len() as u8 - 1).to_string(), "latest"]);
        assert_eq!(site.chain.ask("eth_getCode", code).await, "0x33ff");
        // Precompiled contracts have no code, and one of them is an echo.
        let mut bytes = [0; 20];
        for number in [1, 2, 4, 9, 10] {
            bytes[19] = number;
            let account = Account::at(bytes.into());
            site.refused(&account, INVALID, "a precompiled contract")
                .await;
        }
        // A selector echoed alone is that word: whoever writes such a contract opens his own door.
        let account = site.chain.contract(101, &evm::echoes_the_selector()).await;
        site.accepted(&account, "eip1271", "its selector").await;
    });
}

#[test]
fn c04_wrapped_first_then_the_key_then_the_contract() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let creation = evm::creation(&evm::agrees());
        let (input, address) = evm::deployment(&creation);
        let wrapped = evm::wrapped(&evm::deployer(), &input, &[1; 65]);
        let account = Account::at(address).signing(wrapped.clone());
        site.accepted(&account, "eip6492", "not deployed").await;
        let code = json!([address.to_string(), "latest"]);
        let code = site.chain.ask("eth_getCode", code).await;
        assert_eq!(code, "0x", "a simulation deploys nothing");

        // Once it is deployed it is asked directly, and what is around its signature is not run.
        site.chain.put(&address, &evm::agrees()).await;
        site.node.asked();
        site.accepted(&account, "eip1271", "deployed").await;
        let asked = site.node.asked();
        assert_eq!(asked.last().unwrap()["params"][0]["to"], account.address());
        site.chain.put(&address, &evm::reverts(&[])).await;
        site.refused(&account, INVALID, "deployed, and refuses")
            .await;

        // A key's own signature is looked at first, and the chain is not asked.
        site.node.asked();
        site.accepted(&key(1), "eip191", "a key").await;
        assert!(site.node.asked().is_empty());
        // But not inside a wrapper: that is the contract's, and there is none.
        let browser = site.browser();
        let text = browser.challenge(&key(1)).await;
        let own = key(1).sign(&text);
        let wrapped_key = evm::wrapped(&evm::deployer(), &input, &own);
        let address = key(1).address().parse().unwrap();
        let account = Account::at(address).signing(wrapped_key);
        assert_refused(
            &browser.verify(&account, &text).await,
            INVALID,
            "a wrapped key",
        );

        // Any length reaches a contract, and none reaches a key's account.
        for length in [0, 1, 64, 65, 66, 130, 1_000, 16 * 1024] {
            let account = site.chain.contract(1, &evm::agrees()).await;
            let account = account.signing(vec![7; length]);
            let what = format!("{length} bytes");
            site.accepted(&account, "eip1271", &what).await;
            let nobody = Account::at(evm::address(99)).signing(vec![7; length]);
            site.refused(&nobody, INVALID, &what).await;
        }
        let long = site.chain.contract(1, &evm::agrees()).await;
        let long = long.signing(vec![7; 16 * 1024 + 1]);
        site.refused(&long, MALFORMED, "over 16 KiB").await;
        // Without a chain to ask, what is no key's signature is none at all.
        for length in [0, 64, 66] {
            let account = Account::at(evm::address(1)).on(1).signing(vec![7; length]);
            site.refused(&account, MALFORMED, "no path").await;
        }
    });
}

#[test]
fn c04_wrappers_that_are_not_what_erc_6492_says() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let (input, address) = evm::deployment(&evm::creation(&evm::agrees()));
        let whole = evm::wrapped(&evm::deployer(), &input, &[1; 65]);
        let suffix = [0x64, 0x92].repeat(16);
        let mut far = whole.clone();
        far[32..64].copy_from_slice(&[0xff; 32]);
        let mut long = whole.clone();
        long[96..128].copy_from_slice(&evm::number(1 << 40));
        let mut wide = whole.clone();
        wide[0] = 1;
        for (what, signature) in [
            ("the suffix alone", suffix.clone()),
            ("a word", [&[0; 32][..], &suffix].concat()),
            ("an offset beyond", far),
            ("a length beyond", long),
            ("an address of 32 bytes", wide),
            ("cut", [&whole[..whole.len() - 96], &suffix[..]].concat()),
        ] {
            site.node.asked();
            let account = Account::at(address).signing(signature);
            site.refused(&account, MALFORMED, what).await;
            assert!(site.node.asked().is_empty(), "{what}: no reason to ask");
        }
        // The suffix must end it.
        let account = Account::at(address).signing([&whole[..], &[0]].concat());
        site.refused(&account, INVALID, "a byte after the suffix")
            .await;
    });
}

#[test]
fn c05_deployments_that_burn_gas_grow_or_never_come_back() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let hostile = [
            ("a loop", evm::loops()),
            ("a mebibyte", evm::returns_a_mebibyte()),
            ("a recursion", evm::recurses()),
            ("a revert", evm::reverts(&evm::magic_word())),
            ("an invalid operation", evm::is_invalid()),
            ("a contract that destroys itself", evm::destroys_itself()),
            ("the magic word from the wrong one", evm::agrees()),
        ];
        let (_, undeployed) = evm::deployment(&evm::creation(&evm::agrees()));
        for (number, (what, code)) in hostile.iter().enumerate() {
            // As a factory …
            let factory = site.chain.contract(number as u8, code).await;
            let wrapped = evm::wrapped(&factory.address, &[1; 100], &[1; 65]);
            let account = Account::at(undeployed).signing(wrapped);
            site.refused(&account, INVALID, what).await;
            // … as what a deployment makes …
            let (input, address) = evm::deployment(&evm::creation(code));
            let wrapped = evm::wrapped(&evm::deployer(), &input, &[1; 65]);
            let account = Account::at(address).signing(wrapped);
            let answer = site.sign_in(&account).await;
            match *what {
                "the magic word from the wrong one" => assert_eq!(answer.status(), 200),
                _ => assert_refused(&answer, INVALID, what),
            }
            // … and as the wallet itself.
            if *what != "the magic word from the wrong one" {
                site.refused(&factory, INVALID, what).await;
            }
        }
        // A creation code that itself never ends.
        let (input, address) = evm::deployment(&evm::loops());
        let wrapped = evm::wrapped(&evm::deployer(), &input, &[1; 65]);
        let account = Account::at(address).signing(wrapped);
        site.refused(&account, INVALID, "a looping creation").await;
        // What is too long to be looked at is not.
        for (length, expected) in [
            (17 * 1024, (400, "signature_malformed")),
            (1024 * 1024, (413, "request_too_large")),
        ] {
            site.node.asked();
            let wrapped = evm::wrapped(&evm::deployer(), &vec![0; length], &[1; 65]);
            let account = Account::at(undeployed).signing(wrapped);
            site.refused(&account, expected, "long input").await;
            assert!(site.node.asked().is_empty());
        }
        // None of it was ever sent to the chain.
        assert_eq!(site.chain.ask("eth_blockNumber", json!([])).await, "0x0");
    });
}

#[test]
fn c06_calls_come_from_one_ordinary_address() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let (input, address) = evm::deployment(&evm::creation(&evm::agrees()));
        let wrapped = evm::wrapped(&evm::deployer(), &input, &[1; 65]);
        let direct = site.chain.contract(1, &evm::agrees()).await;
        site.accepted(&direct, "eip1271", "direct").await;
        let account = Account::at(address).signing(wrapped);
        site.accepted(&account, "eip6492", "simulated").await;
        let asked = site.node.asked();
        let calls: Vec<_> = asked
            .iter()
            .filter(|question| question["method"] == "eth_call")
            .map(|question| &question["params"])
            .collect();
        assert_eq!(calls.len(), 2);
        for call in calls {
            assert_eq!(call[0]["from"], Call::FROM.to_string());
            assert_eq!(call[0]["gas"], "0x4c4b40");
            assert_eq!(call[0].get("value"), None);
            assert_eq!(call[1], "latest");
        }
        assert!(!Call::FROM.is_reserved());
        // No field of a request reaches the call.
        for field in ["from", "rpc", "chain_rpc", "gas"] {
            let browser = site.browser();
            let text = browser.challenge(&direct).await;
            let mut body = proof(&direct, &text);
            body[field] = "0x0000000000000000000000000000000000000001".into();
            let answer = browser.post("/auth/verify", body).await;
            assert_refused(&answer, (400, "request_malformed"), field);
        }
        assert!(site.node.asked().is_empty());
    });
}

#[test]
fn c14_a_delegating_account_signs_with_its_key_or_through_its_contract() {
    countersign_testkit::run(async {
        let site = Site::start().await;
        let wallet = key(1);
        let address = wallet.address().parse().unwrap();
        let delegating =
            |to: &countersign_ethereum::Address| [&[0xef, 0x01, 0x00][..], to.as_bytes()].concat();
        let willing = site.chain.contract(1, &evm::agrees()).await;
        let unwilling = site.chain.contract(2, &evm::reverts(&[])).await;
        let foreign = Instead(&key(2), Account::at(address));
        for to in [&willing, &unwilling] {
            site.chain.put(&address, &delegating(&to.address)).await;
            site.node.asked();
            site.accepted(&wallet, "eip191", "its own key").await;
            assert!(site.node.asked().is_empty(), "the key needs no chain");
        }
        site.refused(&foreign, INVALID, "an unwilling contract")
            .await;
        site.chain
            .put(&address, &delegating(&willing.address))
            .await;
        site.accepted(&foreign, "eip1271", "a willing contract")
            .await;
        let empty = Account::at(address).signing([]);
        site.accepted(&empty, "eip1271", "no signature").await;
        // To nobody, to a precompiled contract that echoes, and code that only looks like it.
        let mut identity = [0; 20];
        identity[19] = 4;
        for to in [[0; 20], identity, *evm::address(77).as_bytes()] {
            site.chain.put(&address, &delegating(&to.into())).await;
            site.accepted(&wallet, "eip191", "its own key").await;
            site.refused(&foreign, INVALID, "nobody to ask").await;
            let wrapped = evm::wrapped(&willing.address, &[], &[1; 65]);
            let wrapped = Account::at(address).signing(wrapped);
            site.refused(&wrapped, INVALID, "nor wrapped").await;
        }
    });
}
