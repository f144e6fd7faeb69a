//! Our grammar against an independent reading: every difference from the `siwe` crate is one of a
//! listed, explained set. And the law: whatever is read is written back as it was.

use std::collections::BTreeMap;

use countersign_core::{ChainId, SignIn, TextProfile};
use countersign_ethereum::Ethereum;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Why the two may differ over a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// ERC-4361 allows a scheme before the domain; the crate does not read one.
    WeReadASchemePrefix,
    /// ERC-4361 allows a statement line that is empty; the crate does not.
    WeReadAnEmptyStatement,
    /// RFC 3986 allows percent-encoding in a host; the crate does not. No such domain is a site.
    WeReadPercentEncodedDomains,
    /// The crate takes statements of other characters than ERC-4361 allows.
    TheyReadOddStatements,
    /// The crate takes nonces that are not alphanumeric, or over 128 characters.
    TheyReadOddNonces,
    /// The crate takes a sign or zeros before a chain id, and loses them.
    TheyReadOddChainIds,
    /// The crate takes a space for the `T` of a date.
    TheyReadOddDates,
    /// The crate takes request ids that are not `pchar`.
    TheyReadOddRequestIds,
    /// The crate takes user info before the domain, and hosts or ports that are none.
    TheyReadOddDomains,
    /// The crate drops words from the lines that must be empty.
    TheyReadWordsInBlankLines,
    /// We refuse a statement that repeats the first line, and fields over their caps.
    TheyReadWhatWeRefuseByPolicy,
}

/// Finds out why, from the text itself. `None` is a difference nobody has explained.
fn explain(text: &str, ours: bool) -> Option<Reason> {
    use Reason::*;
    let value = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
    let lines: Vec<_> = text.split('\n').collect();
    let domain = lines[0].split(" wants you").next().unwrap_or_default();
    let statement = if lines.get(3).is_some_and(|l| l.starts_with("URI: ")) {
        ""
    } else {
        lines.get(3).copied().unwrap_or_default()
    };
    if ours {
        let empty_statement = lines.get(2..5) == Some(&["", "", ""]);
        return if domain.contains("://") {
            Some(WeReadASchemePrefix)
        } else if domain.contains('%') {
            Some(WeReadPercentEncodedDomains)
        } else {
            empty_statement.then_some(WeReadAnEmptyStatement)
        };
    }
    let nonce = value("Nonce: ").unwrap_or_default();
    let chain = value("Chain ID: ").unwrap_or_default();
    let request_id = value("Request ID: ").unwrap_or_default();
    let uri_characters =
        |c: char| c.is_ascii_alphanumeric() || " -._~:/?#[]@!$&'()*+,;=".contains(c);
    let pchar = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@%".contains(c);
    let odd_date = |d: &str| {
        d.as_bytes()
            .get(10)
            .is_some_and(|b| !matches!(b, b'T' | b't'))
    };
    if !nonce.chars().all(|c| c.is_ascii_alphanumeric()) || nonce.len() > 128 || nonce.len() < 8 {
        Some(TheyReadOddNonces)
    } else if chain.starts_with(['+', '0']) && chain != "0" {
        Some(TheyReadOddChainIds)
    } else if !statement.chars().all(uri_characters) {
        Some(TheyReadOddStatements)
    } else if ["Issued At: ", "Expiration Time: ", "Not Before: "]
        .iter()
        .filter_map(|l| value(l))
        .any(odd_date)
    {
        Some(TheyReadOddDates)
    } else if !request_id.chars().all(pchar) || request_id.contains('%') {
        Some(TheyReadOddRequestIds)
    } else if domain.contains(['@', '%']) || domain.ends_with(':') || port_is_none(domain) {
        Some(TheyReadOddDomains)
    } else if statement.contains(" wants you to sign in with your ") || text.len() > 8_192 {
        Some(TheyReadWhatWeRefuseByPolicy)
    } else if lines.get(2).is_some_and(|l| !l.is_empty())
        || lines
            .get(4)
            .is_some_and(|l| !l.is_empty() && !l.starts_with("Version: "))
    {
        Some(TheyReadWordsInBlankLines)
    } else {
        None
    }
}

/// Whether there is a port, and it is over 65535.
fn port_is_none(domain: &str) -> bool {
    let port = domain.rsplit_once(':').map(|(_, port)| port.parse::<u32>());
    matches!(port, Some(Ok(port)) if port > 65_535)
}

fn ours(text: &str) -> Option<SignIn<'_>> {
    countersign_core::ChainVerifier::parse(&Ethereum::mainnet(), text).ok()
}

/// Texts that are valid, nearly valid, or broken in one place.
fn texts() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![20 => Just(""), 1 => Just("https://"), 1 => Just("ht~tp://")];
    let domain = prop_oneof![
        18 => "[a-z]{1,8}\\.example(:[1-9][0-9]{0,3})?",
        1 => "[a-z]{1,8}\\.example:[0-9]{5}",
        1 => Just("[::1]:3000".to_owned()), 1 => Just("127.0.0.1:3000".to_owned()),
        1 => Just("user:pw@app.example".to_owned()), 1 => Just("app.example/x".to_owned()),
        1 => Just(String::new()), 1 => Just("%61pp.example".to_owned()),
    ];
    let statement = prop_oneof![
        4 => Just(None), 12 => "[a-zA-Z0-9 ,.!?':;-]{1,40}".prop_map(Some),
        1 => Just(Some(String::new())), 2 => "[ -~]{0,30}".prop_map(Some),
        1 => "\\PC{1,10}".prop_map(Some),
        1 => Just(Some("x wants you to sign in with your Ethereum account:".to_owned())),
    ];
    let nonce = prop_oneof![20 => "[A-Za-z0-9]{8,30}", 1 => "[A-Za-z0-9]{1,7}", 1 => "[ -~]{8,12}", 1 => Just("a".repeat(129))];
    let chain = prop_oneof![20 => (0_u64..u64::MAX).prop_map(|n| n.to_string()), 1 => Just("+1".to_owned()), 1 => Just("01".to_owned()), 1 => Just("1e3".to_owned()), 1 => Just("18446744073709551616".to_owned())];
    let version = prop_oneof![24 => Just("1"), 1 => Just("2"), 1 => Just("01")];
    let request_id = prop_oneof![4 => Just(None), 3 => "[a-z0-9._~-]{0,10}".prop_map(Some), 1 => "[ -~]{0,10}".prop_map(Some)];
    let resources = prop_oneof![
        4 => Just(None), 1 => Just(Some(vec![])),
        3 => prop::collection::vec("https://[a-z]{1,5}\\.example/[a-z]{0,5}", 1..4).prop_map(Some),
        1 => prop::collection::vec("[ -~]{0,10}", 1..3).prop_map(Some),
    ];
    let fields = (
        chain,
        nonce,
        date(),
        optional(date()),
        optional(date()),
        request_id,
        resources,
    );
    (scheme, domain, statement, version, fields, damage()).prop_map(
        |(scheme, domain, statement, version, (chain, nonce, iat, exp, nbf, id, resources), damage)| {
            let mut text = format!("{scheme}{domain} wants you to sign in with your Ethereum account:\n0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n\n");
            if let Some(statement) = statement {
                text += &format!("{statement}\n");
            }
            text += &format!("\nURI: https://app.example/login\nVersion: {version}\nChain ID: {chain}\nNonce: {nonce}\nIssued At: {iat}");
            for (label, value) in [("Expiration Time", exp), ("Not Before", nbf), ("Request ID", id)] {
                text += &value.map(|value| format!("\n{label}: {value}")).unwrap_or_default();
            }
            if let Some(resources) = resources {
                text += "\nResources:";
                text.extend(resources.iter().map(|resource| format!("\n- {resource}")));
            }
            damage.apply(text)
        },
    )
}

fn date() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,12})?(Z|\\+05:30|-11:00)",
        1 => Just("2026-02-30T00:00:00Z".to_owned()),
        1 => Just("2016-12-31T23:59:60Z".to_owned()),
        1 => Just("2026-01-01 00:00:00Z".to_owned()),
        1 => Just("2026-01-01t00:00:00z".to_owned()),
        1 => Just("soon".to_owned()),
        1 => Just("9999-12-31T23:59:59Z".to_owned()),
    ]
}

fn optional<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::weighted(0.3, strategy)
}

/// One change to a whole text.
#[derive(Debug, Clone)]
enum Damage {
    None,
    CarriageReturns,
    Prefix(&'static str),
    Suffix(&'static str),
    SwapLines(prop::sample::Index, prop::sample::Index),
    RepeatLine(prop::sample::Index),
    DropLine(prop::sample::Index),
    InsertWords(prop::sample::Index),
}

impl Damage {
    fn apply(self, text: String) -> String {
        let mut lines: Vec<_> = text.split('\n').map(str::to_owned).collect();
        let count = lines.len();
        match self {
            Self::None => {}
            Self::CarriageReturns => return text.replace('\n', "\r\n"),
            Self::Prefix(prefix) => return format!("{prefix}{text}"),
            Self::Suffix(suffix) => return format!("{text}{suffix}"),
            Self::SwapLines(a, b) => lines.swap(a.index(count), b.index(count)),
            Self::RepeatLine(at) => {
                let line = lines[at.index(count)].clone();
                lines.insert(at.index(count), line);
            }
            Self::DropLine(at) => drop(lines.remove(at.index(count))),
            Self::InsertWords(at) => lines.insert(at.index(count), "words".to_owned()),
        }
        lines.join("\n")
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        24 => Just(Damage::None),
        1 => Just(Damage::CarriageReturns),
        1 => prop::sample::select(vec!["\u{feff}", " ", "\n"]).prop_map(Damage::Prefix),
        1 => prop::sample::select(vec!["\n", " ", "\n\n", "\nX: y"]).prop_map(Damage::Suffix),
        1 => (at(), at()).prop_map(|(a, b)| Damage::SwapLines(a, b)),
        1 => at().prop_map(Damage::RepeatLine),
        1 => at().prop_map(Damage::DropLine),
        1 => at().prop_map(Damage::InsertWords),
    ]
}

#[test]
fn every_difference_from_the_siwe_crate_is_explained() {
    let mut runner = TestRunner::new(Config {
        cases: 100_000,
        failure_persistence: None,
        ..Config::default()
    });
    let differences = std::cell::RefCell::new(BTreeMap::<Reason, u32>::new());
    let agreed = std::cell::Cell::new((0_u32, 0_u32));
    let outcome = runner.run(&texts(), |text| {
        let we_read = ours(&text).is_some();
        let theirs = text.parse::<siwe::Message>().ok();
        if we_read == theirs.is_some() {
            let (both, neither) = agreed.get();
            agreed.set(if we_read {
                (both + 1, neither)
            } else {
                (both, neither + 1)
            });
            if let (Some(ours), Some(theirs)) = (ours(&text), theirs) {
                prop_assert_eq!(&ours.nonce, &theirs.nonce);
                prop_assert_eq!(ours.statement.as_deref(), theirs.statement.as_deref());
                prop_assert_eq!(
                    ours.chain_text.as_deref(),
                    Some(&*theirs.chain_id.to_string())
                );
                prop_assert_eq!(&ours.domain, theirs.domain.as_str());
            }
            return Ok(());
        }
        match explain(&text, we_read) {
            Some(reason) => *differences.borrow_mut().entry(reason).or_default() += 1,
            None => prop_assert!(false, "unexplained; we read it: {we_read}\n{text:?}"),
        }
        Ok(())
    });
    outcome.unwrap();
    let (both, neither) = agreed.get();
    let found = differences.into_inner();
    println!("both read {both}, neither {neither}, differences {found:?}");
    assert!(
        both > 10_000 && neither > 10_000,
        "the generator is lopsided: {both}, {neither}"
    );
    assert!(
        found.len() >= 6,
        "the generator reaches too few differences: {found:?}"
    );
}

#[test]
fn whatever_is_read_is_written_back() {
    let mut runner = TestRunner::new(Config {
        cases: 50_000,
        failure_persistence: None,
        ..Config::default()
    });
    let read = std::cell::Cell::new(0);
    let outcome = runner.run(&texts(), |text| {
        for profile in [
            &TextProfile::ERC4361,
            &TextProfile::ERC4361_PRINTABLE,
            &TextProfile::CAIP122,
        ] {
            let chain = |_: &str, id: Option<&str>| ChainId::new("eip155", id?).ok();
            if let Ok(sign_in) = profile.parse(&text, chain) {
                prop_assert_eq!(sign_in.compose(), text.as_str());
                read.set(read.get() + 1);
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(read.get() > 10_000, "only {} texts were read", read.get());
}

#[test]
fn messages_convert_to_the_siwe_crate_and_back() {
    let mut converted = 0;
    for case in crate::vectors::CASES.iter() {
        let Ok(message) = case.message.parse::<siwe::Message>() else {
            continue;
        };
        let Ok(sign_in) = countersign_ethereum::from_siwe(&message) else {
            continue;
        };
        let back = countersign_ethereum::to_siwe(&sign_in).unwrap();
        assert_eq!(back.to_string(), message.to_string(), "{}", case.name);
        converted += 1;
    }
    assert!(converted > 40, "only {converted}");
}
