//! Where clients are found.

use std::{collections::HashMap, fmt::Debug, sync::Arc};

use countersign_core::{Registry, StoreError, async_trait};

use crate::client::{Client, ClientError, ClientId};

/// Finds clients. A client that is not found is one that does not exist.
#[async_trait]
pub trait ClientRegistry: Debug + Send + Sync + 'static {
    /// The client of that id.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn find(&self, id: &ClientId) -> Result<Option<Client>, StoreError>;
}

/// A registry that several hold together is one.
#[async_trait]
impl<R: ClientRegistry + ?Sized> ClientRegistry for Arc<R> {
    async fn find(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        (**self).find(id).await
    }
}

/// Clients that stand in the configuration.
#[derive(Debug, Clone, Default)]
pub struct StaticClients(HashMap<ClientId, Client>);

impl StaticClients {
    /// These clients.
    ///
    /// # Errors
    /// [`ClientError`], also for two of one id.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Result<Self, ClientError> {
        let mut found = HashMap::new();
        for client in clients {
            client.check()?;
            if found.insert(client.id.clone(), client).is_some() {
                return Err(ClientError::Exists);
            }
        }
        Ok(Self(found))
    }
}

#[async_trait]
impl ClientRegistry for StaticClients {
    async fn find(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self.0.get(id).cloned())
    }
}

/// Clients that stand in a store, beside those of the configuration, which come first.
#[derive(Debug, Clone)]
pub struct StoredClients {
    first: StaticClients,
    registry: Arc<dyn Registry>,
}

impl StoredClients {
    /// The clients of a store, such as [`Engine::registry`](countersign_core::Engine::registry).
    pub fn new(registry: Arc<dyn Registry>, first: StaticClients) -> Self {
        Self { first, registry }
    }

    /// Adds a client.
    ///
    /// # Errors
    /// `Conflict` if there is one of its id, `Unavailable`.
    pub async fn add(&self, client: &Client) -> Result<(), StoreError> {
        if self.first.0.contains_key(&client.id) {
            return Err(StoreError::Conflict);
        }
        let value = serde_json::to_vec(client).map_err(StoreError::corrupt)?;
        self.registry.insert(KIND, client.id.as_str(), &value).await
    }

    /// Writes a client that is there already.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn replace(&self, client: &Client) -> Result<(), StoreError> {
        let value = serde_json::to_vec(client).map_err(StoreError::corrupt)?;
        self.registry.put(KIND, client.id.as_str(), &value).await
    }

    /// Removes a client, and what people allowed it: another one of its name begins anew.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn remove(&self, id: &ClientId) -> Result<bool, StoreError> {
        let was_there = self.registry.remove(KIND, id.as_str()).await?;
        crate::consent::forget(&*self.registry, id).await?;
        Ok(was_there)
    }

    /// All clients of the store, by id; and the ids of those that cannot be read.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self) -> Result<(Vec<Client>, Vec<String>), StoreError> {
        let (mut clients, mut unreadable) = (Vec::new(), Vec::new());
        for (id, value) in self.registry.list(KIND).await? {
            match serde_json::from_slice(&value) {
                Ok(client) => clients.push(client),
                Err(_) => unreadable.push(id),
            }
        }
        Ok((clients, unreadable))
    }
}

#[async_trait]
impl ClientRegistry for StoredClients {
    async fn find(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        if let Some(client) = self.first.0.get(id) {
            return Ok(Some(client.clone()));
        }
        let Some(value) = self.registry.find(KIND, id.as_str()).await? else {
            return Ok(None);
        };
        let read: Option<Client> = serde_json::from_slice(&value).ok();
        if read.is_none() {
            tracing::warn!(target: "countersign", client = %id, "a client cannot be read: taken as absent");
        }
        Ok(read.filter(|client| client.id == *id))
    }
}

const KIND: &str = "client";
