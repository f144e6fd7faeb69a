//! The suite for registries.

use std::sync::Arc;

use countersign_core::{Registry, StoreError};
use tokio::{sync::Barrier, task::JoinSet};

/// Stamps the suite for a [`Registry`]: one named `#[test]` per contract line. The expression makes
/// a fresh, empty registry and may `.await`.
#[macro_export]
macro_rules! registry_suite {
    ($registry:expr) => {
        $crate::stamp!(
            $crate::registries,
            [
                an_entry_comes_back_byte_for_byte,
                a_second_entry_of_a_name_is_a_conflict,
                of_many_inserters_one_wins,
                putting_replaces,
                kinds_and_names_are_kept_apart,
                a_list_is_in_the_order_of_names,
                removing_an_entry_may_be_repeated,
            ],
            ($registry)
        );
    };
}

/// Values are opaque.
pub async fn an_entry_comes_back_byte_for_byte(registry: impl Registry) {
    for (name, value) in [
        ("empty", vec![]),
        ("bytes", (0..=255).collect::<Vec<u8>>()),
        ("ein name\twith é", vec![7; 30_000]),
    ] {
        registry.insert("client", name, &value).await.unwrap();
        let found = registry.find("client", name).await.unwrap();
        assert_eq!(found, Some(value), "{name}");
    }
}

/// A second entry of one name is a conflict, and the first one stays.
pub async fn a_second_entry_of_a_name_is_a_conflict(registry: impl Registry) {
    registry.insert("client", "a", b"first").await.unwrap();
    let second = registry.insert("client", "a", b"second").await;
    assert!(matches!(second, Err(StoreError::Conflict)), "{second:?}");
    let found = registry.find("client", "a").await.unwrap();
    assert_eq!(found.as_deref(), Some(&b"first"[..]));
}

/// Sixteen callers at once insert one name: exactly one of them may.
pub async fn of_many_inserters_one_wins(registry: impl Registry) {
    let registry = Arc::new(registry);
    for round in 0..20 {
        let start = Arc::new(Barrier::new(16));
        let mut racers = JoinSet::new();
        for racer in 0..16_u8 {
            let (registry, start) = (registry.clone(), start.clone());
            racers.spawn(async move {
                start.wait().await;
                let name = format!("round {round}");
                registry.insert("client", &name, &[racer]).await.is_ok()
            });
        }
        let winners = racers.join_all().await.into_iter().filter(|won| *won);
        assert_eq!(winners.count(), 1, "round {round}");
    }
}

/// `put` writes over what there is.
pub async fn putting_replaces(registry: impl Registry) {
    for value in [&b"first"[..], b"second", b"second"] {
        registry.put("client", "a", value).await.unwrap();
        let found = registry.find("client", "a").await.unwrap();
        assert_eq!(found.as_deref(), Some(value));
    }
    assert_eq!(registry.list("client").await.unwrap().len(), 1);
}

/// Another kind, another letter case, a space behind: another entry.
pub async fn kinds_and_names_are_kept_apart(registry: impl Registry) {
    registry.insert("client", "a", b"1").await.unwrap();
    for (kind, name) in [("consent", "a"), ("client", "A"), ("client", "a ")] {
        assert_eq!(registry.find(kind, name).await.unwrap(), None, "{name:?}");
        registry.insert(kind, name, b"2").await.unwrap();
    }
    assert_eq!(registry.list("client").await.unwrap().len(), 3);
    assert_eq!(registry.list("consent").await.unwrap().len(), 1);
}

/// All of one kind, by name.
pub async fn a_list_is_in_the_order_of_names(registry: impl Registry) {
    assert_eq!(registry.list("client").await.unwrap(), vec![]);
    for name in ["b", "c", "a"] {
        registry.put("client", name, name.as_bytes()).await.unwrap();
    }
    let names: Vec<_> = registry.list("client").await.unwrap();
    let expected: Vec<_> = ["a", "b", "c"]
        .map(|name| (name.to_owned(), name.as_bytes().to_vec()))
        .into();
    assert_eq!(names, expected);
}

/// Only the first removal finds something.
pub async fn removing_an_entry_may_be_repeated(registry: impl Registry) {
    registry.insert("client", "a", b"1").await.unwrap();
    assert!(registry.remove("client", "a").await.unwrap());
    assert!(!registry.remove("client", "a").await.unwrap());
    assert_eq!(registry.find("client", "a").await.unwrap(), None);
    registry.insert("client", "a", b"2").await.unwrap();
}
