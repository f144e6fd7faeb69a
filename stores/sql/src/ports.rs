//! The ports, written once for all backends.

/// Implements the four ports for a type with the fields `writers` and `readers` (pools), `sql`
/// (its [`Statements`](crate::statements::Statements)), `epoch` and `durability`, and the methods `take` and
/// `spend`, which differ between the backends.
macro_rules! implement_ports {
    ($Stores:ident) => {
        impl $Stores {
            async fn write<'q, A>(
                &self,
                query: impl Fn() -> sqlx::query::Query<'q, Database, A>,
            ) -> Result<u64, countersign_core::StoreError>
            where
                A: sqlx::IntoArguments<Database> + 'q,
            {
                let run = || query().execute(&self.writers);
                let done = $crate::error::attempt($crate::error::Effect::Writes, gave_it_up, run);
                Ok(done.await?.rows_affected())
            }

            /// Removes what lies before `limit`, batch by batch.
            async fn purge_by(
                &self,
                statement: &sqlx::SqlStr,
                limit: i64,
            ) -> Result<u64, countersign_core::StoreError> {
                let mut purged = 0;
                loop {
                    let batch = self
                        .write(|| sqlx::query(statement.clone()).bind(limit))
                        .await?;
                    purged += batch;
                    if batch < $crate::statements::BATCH {
                        return Ok(purged);
                    }
                    tokio::task::yield_now().await;
                }
            }

            /// What a crash may cost, as the database's own settings say.
            pub fn durability(&self) -> countersign_core::Durability {
                self.durability
            }
        }

        impl From<$Stores> for countersign_core::Stores {
            fn from(stores: $Stores) -> Self {
                let durability = stores.durability;
                let stores = std::sync::Arc::new(stores);
                Self {
                    nonces: stores.clone(),
                    sessions: stores.clone(),
                    limiter: stores.clone(),
                    registry: Some(stores),
                    durability,
                }
            }
        }

        #[countersign_core::async_trait]
        impl countersign_core::NonceStore for $Stores {
            async fn issue(
                &self,
                record: &countersign_core::OneTime,
            ) -> Result<(), countersign_core::StoreError> {
                let written = self
                    .write(|| {
                        sqlx::query(self.sql.issue.clone())
                            .bind(record.key.as_bytes())
                            .bind(&record.payload)
                            .bind(record.expires_at.as_millis())
                            .bind(&*self.epoch)
                    })
                    .await?;
                match written {
                    0 => Err(countersign_core::StoreError::Conflict),
                    _ => Ok(()),
                }
            }

            async fn consume(
                &self,
                key: &str,
            ) -> Result<Option<countersign_core::OneTime>, countersign_core::StoreError> {
                let row = $crate::rows::or_absent(self.take(key.as_bytes()).await)?;
                Ok(row.and_then(|(payload, expires_at)| {
                    Some(countersign_core::OneTime {
                        key: key.to_owned(),
                        payload,
                        expires_at: countersign_core::Timestamp::from_millis(expires_at?),
                    })
                }))
            }

            async fn purge(
                &self,
                before: countersign_core::Timestamp,
            ) -> Result<u64, countersign_core::StoreError> {
                self.purge_by(&self.sql.purge_records, before.as_millis())
                    .await
            }
        }

        #[countersign_core::async_trait]
        impl countersign_core::SessionStore for $Stores {
            async fn insert(
                &self,
                session: &countersign_core::Session,
            ) -> Result<(), countersign_core::StoreError> {
                let row = $crate::rows::SessionRow::of(session)?;
                let written = self
                    .write(|| {
                        sqlx::query(self.sql.insert.clone())
                            .bind(row.id)
                            .bind(row.subject)
                            .bind(row.version)
                            .bind(row.ends_at)
                            .bind(&row.payload)
                    })
                    .await?;
                match written {
                    0 => Err(countersign_core::StoreError::Conflict),
                    _ => Ok(()),
                }
            }

            async fn find(
                &self,
                id: &countersign_core::SessionId,
            ) -> Result<Option<countersign_core::Session>, countersign_core::StoreError> {
                let run = || {
                    sqlx::query_as::<Database, (Vec<u8>,)>(self.sql.find.clone())
                        .bind(&id.as_bytes()[..])
                        .fetch_optional(&self.readers)
                };
                let row = $crate::error::attempt($crate::error::Effect::Reads, gave_it_up, run);
                let row = $crate::rows::or_absent(row.await)?;
                Ok($crate::rows::one_session(id, row))
            }

            async fn replace(
                &self,
                session: &countersign_core::Session,
            ) -> Result<(), countersign_core::StoreError> {
                let row = $crate::rows::SessionRow::of(session)?;
                let before = session
                    .version
                    .checked_sub(1)
                    .ok_or(countersign_core::StoreError::Conflict)?;
                let before = $crate::rows::stored_version(before);
                let written = self
                    .write(|| {
                        sqlx::query(self.sql.replace.clone())
                            .bind(row.version)
                            .bind(row.ends_at)
                            .bind(&row.payload)
                            .bind(row.id)
                            .bind(before)
                    })
                    .await?;
                match written {
                    0 => Err(countersign_core::StoreError::Conflict),
                    _ => Ok(()),
                }
            }

            async fn remove(
                &self,
                id: &countersign_core::SessionId,
            ) -> Result<bool, countersign_core::StoreError> {
                let removed = self
                    .write(|| sqlx::query(self.sql.remove.clone()).bind(&id.as_bytes()[..]))
                    .await?;
                Ok(removed > 0)
            }

            async fn of_subject(
                &self,
                subject: &countersign_core::Subject,
            ) -> Result<Vec<countersign_core::Session>, countersign_core::StoreError> {
                let run = || {
                    sqlx::query_as::<Database, (Vec<u8>, Vec<u8>)>(self.sql.of_subject.clone())
                        .bind(subject.as_str().as_bytes())
                        .fetch_all(&self.readers)
                };
                let rows = $crate::error::attempt($crate::error::Effect::Reads, gave_it_up, run);
                Ok($crate::rows::sessions(rows.await?))
            }

            async fn remove_all(
                &self,
                subject: &countersign_core::Subject,
            ) -> Result<u64, countersign_core::StoreError> {
                self.write(|| {
                    sqlx::query(self.sql.remove_all.clone()).bind(subject.as_str().as_bytes())
                })
                .await
            }

            async fn purge(
                &self,
                before: countersign_core::Timestamp,
            ) -> Result<u64, countersign_core::StoreError> {
                self.purge_by(&self.sql.purge_sessions, before.as_millis())
                    .await
            }
        }

        #[countersign_core::async_trait]
        impl countersign_core::Registry for $Stores {
            async fn insert(
                &self,
                kind: &str,
                name: &str,
                value: &[u8],
            ) -> Result<(), countersign_core::StoreError> {
                let written = self
                    .write(|| {
                        sqlx::query(self.sql.insert_entry.clone())
                            .bind(kind.as_bytes())
                            .bind(name.as_bytes())
                            .bind(value)
                    })
                    .await?;
                match written {
                    0 => Err(countersign_core::StoreError::Conflict),
                    _ => Ok(()),
                }
            }

            async fn put(
                &self,
                kind: &str,
                name: &str,
                value: &[u8],
            ) -> Result<(), countersign_core::StoreError> {
                self.write(|| {
                    sqlx::query(self.sql.put_entry.clone())
                        .bind(kind.as_bytes())
                        .bind(name.as_bytes())
                        .bind(value)
                })
                .await
                .map(drop)
            }

            async fn find(
                &self,
                kind: &str,
                name: &str,
            ) -> Result<Option<Vec<u8>>, countersign_core::StoreError> {
                let run = || {
                    sqlx::query_as::<Database, (Vec<u8>,)>(self.sql.find_entry.clone())
                        .bind(kind.as_bytes())
                        .bind(name.as_bytes())
                        .fetch_optional(&self.readers)
                };
                let row = $crate::error::attempt($crate::error::Effect::Reads, gave_it_up, run);
                Ok(row.await?.map(|(payload,)| payload))
            }

            async fn list(
                &self,
                kind: &str,
            ) -> Result<Vec<(String, Vec<u8>)>, countersign_core::StoreError> {
                let run = || {
                    sqlx::query_as::<Database, (Vec<u8>, Vec<u8>)>(self.sql.list_entries.clone())
                        .bind(kind.as_bytes())
                        .fetch_all(&self.readers)
                };
                let rows = $crate::error::attempt($crate::error::Effect::Reads, gave_it_up, run);
                let named = rows.await?.into_iter();
                Ok(named
                    .filter_map(|(name, payload)| Some((String::from_utf8(name).ok()?, payload)))
                    .collect())
            }

            async fn remove(
                &self,
                kind: &str,
                name: &str,
            ) -> Result<bool, countersign_core::StoreError> {
                let removed = self
                    .write(|| {
                        sqlx::query(self.sql.remove_entry.clone())
                            .bind(kind.as_bytes())
                            .bind(name.as_bytes())
                    })
                    .await?;
                Ok(removed > 0)
            }
        }

        #[countersign_core::async_trait]
        impl countersign_core::RateLimiter for $Stores {
            async fn take(
                &self,
                key: &str,
                quota: countersign_core::Quota,
                cost: u32,
                now: countersign_core::Timestamp,
            ) -> Result<countersign_core::Verdict, countersign_core::StoreError> {
                match $crate::quota::Spending::of(key, quota, cost, now) {
                    Some(spending) => self.spend(&spending).await,
                    None => Ok(countersign_core::Verdict::Denied {
                        retry_after: quota.period,
                    }),
                }
            }

            async fn purge(
                &self,
                now: countersign_core::Timestamp,
            ) -> Result<u64, countersign_core::StoreError> {
                self.purge_by(&self.sql.purge_quotas, $crate::quota::micros(now))
                    .await
            }
        }
    };
}
