//! Stores for one node: nothing leaves the process and nothing survives it.
//!
//! All of them are bounded by a stated capacity. A store that is full says so
//! ([`StoreError::Full`](countersign_core::StoreError::Full)) and drops nothing: a flood of
//! requests cannot push out what honest clients hold. Expired entries go when
//! [`Engine::purge`](countersign_core::Engine::purge) is called.
//!
//! ```
//! # use countersign_core::{Engine, Secret};
//! let builder = Engine::builder("http://127.0.0.1:3000")
//!     .stores(countersign_store_memory::stores())
//!     .secret(Secret::random());
//! # let _ = builder;
//! ```

#[cfg(feature = "cache")]
mod cached;
mod limiter;
mod nonces;
mod piece;
mod registry;
mod sessions;
mod shards;

use std::sync::Arc;

use countersign_core::{Durability, Stores};

#[cfg(feature = "cache")]
pub use cached::Cached;
pub use limiter::MemoryLimiter;
pub use nonces::MemoryNonces;
pub use registry::MemoryRegistry;
pub use sessions::MemorySessions;

/// All stores of this crate, with their default capacities.
pub fn stores() -> Stores {
    Stores {
        nonces: Arc::new(MemoryNonces::default()),
        sessions: Arc::new(MemorySessions::default()),
        limiter: Arc::new(MemoryLimiter::default()),
        registry: Some(Arc::new(MemoryRegistry::default())),
        durability: Durability::Volatile,
    }
}
