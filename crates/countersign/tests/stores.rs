//! `stores::connect`: every scheme opens its store, or says which feature is missing.

#![allow(clippy::unwrap_used)]

use countersign::stores::{ConnectError, connect};

#[tokio::test]
async fn an_unknown_scheme_is_refused_without_showing_the_url() {
    for url in ["", "mongodb://me:secret@host/", "Redis://x", "secret"] {
        let error = connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::UnknownScheme), "{url}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_scheme_without_its_feature_says_which_to_enable() {
    for (is_on, url, feature) in [
        (cfg!(feature = "memory"), "memory:", "memory"),
        (cfg!(feature = "redis"), "redis://127.0.0.1:1/", "redis"),
        (cfg!(feature = "redis"), "rediss://127.0.0.1:1/", "redis"),
        (
            cfg!(feature = "redis-cluster"),
            "redis+cluster://127.0.0.1:1/",
            "redis-cluster",
        ),
        (
            cfg!(feature = "redis-sentinel"),
            "redis+sentinel://127.0.0.1:1/m",
            "redis-sentinel",
        ),
        (
            cfg!(feature = "postgres"),
            "postgres://127.0.0.1:1/",
            "postgres",
        ),
        (cfg!(feature = "mysql"), "mysql://127.0.0.1:1/", "mysql"),
        (cfg!(feature = "sqlite"), "sqlite:/nowhere/at/all", "sqlite"),
    ] {
        let says = match connect(url).await {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let scheme = url.split_once(':').unwrap().0;
        let expected = format!("`{scheme}:` needs the feature `{feature}` of countersign");
        assert_eq!(says == expected, !is_on, "{url}: {says}");
    }
}

#[cfg(any(feature = "redis", feature = "postgres", feature = "mysql"))]
#[tokio::test]
async fn a_store_on_another_host_without_a_word_on_tls_is_refused() {
    let urls = [
        #[cfg(feature = "redis")]
        "redis://me:canary@db.example/",
        #[cfg(feature = "redis-cluster")]
        "redis+cluster://127.0.0.1:1,db.example:1/",
        #[cfg(feature = "redis-sentinel")]
        "redis+sentinel://db.example:1/m",
        #[cfg(feature = "postgres")]
        "postgres://me:canary@db.example/app",
        #[cfg(feature = "mysql")]
        "mysql://me:canary@db.example/app",
    ];
    for url in urls {
        let error = connect(url).await.unwrap_err();
        let ConnectError::Unfit(fault) = &error else {
            panic!("{url}: {error:?}")
        };
        assert_eq!(fault.code, "CFG_STORE_TLS");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[cfg(any(feature = "redis", feature = "postgres", feature = "mysql"))]
#[tokio::test]
async fn a_store_that_is_not_there_is_said_at_once_and_without_the_password() {
    let urls = [
        #[cfg(feature = "redis")]
        "redis://me:canary@127.0.0.1:1/",
        #[cfg(feature = "redis-cluster")]
        "redis+cluster://me:canary@127.0.0.1:1/",
        #[cfg(feature = "redis-sentinel")]
        "redis+sentinel://me:canary@127.0.0.1:1/m",
        #[cfg(feature = "postgres")]
        "postgres://me:canary@127.0.0.1:1/db",
        #[cfg(feature = "mysql")]
        "mysql://me:canary@127.0.0.1:1/db",
    ];
    for url in urls {
        let begin = std::time::Instant::now();
        let error = connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::Unreachable(_)), "{error:?}");
        assert!(
            begin.elapsed().as_secs() < 5,
            "{url}: {:?}",
            begin.elapsed()
        );
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
        if matches!(url.split_once(':'), Some(("postgres" | "mysql", _))) {
            assert!(format!("{error:?}").contains("refused"), "{error:?}"); // not only that it waited
        }
    }
}
