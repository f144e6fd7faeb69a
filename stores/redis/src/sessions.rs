//! Sessions: `{prefix}{shard}:s:{id}`, a string of version, digest of the subject, with
//! `fence_sessions` an `@` and the replication history that wrote it, and JSON; and for
//! each subject `{prefix}{shard}:i:{digest}`, a sorted set of its sessions' ids by the instant at
//! which Redis lets go of them. The braces are part of the names: all keys of a subject lie in one
//! slot of a Cluster.

use std::sync::LazyLock;

use countersign_core::{
    Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};
use redis::Value;
use sha2::{Digest, Sha256};

use crate::{
    RedisStores,
    nonces::FENCE,
    script::{Call, Lua},
    unexpected, unreadable,
};

/// The names of what belongs to one session.
struct Names {
    sessions: String,
    indexes: String,
    id: String,
}

impl Names {
    fn session(&self) -> String {
        format!("{}{}", self.sessions, self.id)
    }

    fn index(&self, subject: &Subject) -> String {
        format!("{}{}", self.indexes, digest(subject))
    }
}

impl RedisStores {
    fn names(&self, shard: [u8; 2], id: &SessionId) -> Names {
        Names {
            id: id.to_string(),
            ..self.names_in(shard)
        }
    }

    fn names_in(&self, shard: [u8; 2]) -> Names {
        let shard = hex::encode(shard);
        Names {
            sessions: format!("{}{{{shard}}}:s:", self.prefix),
            indexes: format!("{}{{{shard}}}:i:", self.prefix),
            id: String::new(),
        }
    }

    /// The first argument of every script here.
    fn fencing(&self) -> &'static [u8] {
        match self.fence_sessions {
            true => b"fenced",
            false => b"open",
        }
    }

    /// Runs a script that writes a session.
    async fn write(&self, script: &Lua, session: &Session, before: &str) -> Result<(), StoreError> {
        let subject = &session.identity.subject;
        let names = self.names(session.id.shard(), &session.id);
        let head = format!("{} {} ", session.version, digest(subject));
        let json = serde_json::to_vec(session).map_err(StoreError::corrupt)?;
        let live = Self::time_to_live(session.idle_until.min(session.expires_at)).to_string();
        let call = Call {
            keys: &[&names.session(), &names.index(subject)],
            arguments: &[
                self.fencing(),
                live.as_bytes(),
                names.id.as_bytes(),
                before.as_bytes(),
                head.as_bytes(),
                &json,
            ],
        };
        match self.link.call(script, call).await? {
            Value::Int(1) => Ok(()),
            Value::Int(0) => Err(StoreError::Conflict),
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl SessionStore for RedisStores {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.write(&INSERT, session, "").await
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let names = self.names(id.shard(), id);
        let answer = if self.fence_sessions {
            let call = Call {
                keys: &[&names.session()],
                arguments: &[self.fencing()],
            };
            self.link.call(&FIND, call).await?
        } else {
            let mut get = redis::cmd("GET");
            get.arg(names.session());
            self.link.read(&get).await?
        };
        match answer {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(read(&names.id, &value)),
            other => Err(unexpected(&other)),
        }
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let before = session.version.checked_sub(1).ok_or(StoreError::Conflict)?;
        self.write(&REPLACE, session, &before.to_string()).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let names = self.names(id.shard(), id);
        let call = Call {
            keys: &[&names.session()],
            arguments: &[
                self.fencing(),
                names.indexes.as_bytes(),
                names.id.as_bytes(),
            ],
        };
        match self.link.call(&REMOVE, call).await? {
            Value::Int(removed) => Ok(removed == 1),
            other => Err(unexpected(&other)),
        }
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let names = self.names_in(subject.shard());
        let call = Call {
            keys: &[&names.index(subject)],
            arguments: &[self.fencing(), names.sessions.as_bytes()],
        };
        let Value::Array(answer) = self.link.call(&OF_SUBJECT, call).await? else {
            return Err(StoreError::unavailable("the script answered no array"));
        };
        let pairs = answer.chunks_exact(2).filter_map(|pair| match pair {
            [Value::BulkString(id), Value::BulkString(value)] => {
                read(std::str::from_utf8(id).ok()?, value)
            }
            _ => unreadable("a session"),
        });
        Ok(pairs.collect())
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        let names = self.names_in(subject.shard());
        let call = Call {
            keys: &[&names.index(subject)],
            arguments: &[self.fencing(), names.sessions.as_bytes()],
        };
        match self.link.call(&REMOVE_ALL, call).await? {
            Value::Int(removed) => Ok(removed.unsigned_abs()),
            other => Err(unexpected(&other)),
        }
    }

    /// The time to live does it.
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The JSON behind `version digest ` and the fence, if it is a session and stands under its own id.
fn read(id: &str, value: &[u8]) -> Option<Session> {
    let json = value.splitn(3, |byte| *byte == b' ').nth(2);
    let json = json.and_then(|json| match json.first()? {
        b'@' => json.splitn(2, |byte| *byte == b' ').nth(1),
        _ => Some(json),
    });
    let session = json.and_then(|json| serde_json::from_slice::<Session>(json).ok());
    session
        .filter(|session| session.id.to_string() == id)
        .or_else(|| unreadable("a session"))
}

fn digest(subject: &Subject) -> String {
    hex::encode(Sha256::digest(subject.as_str()))
}

/// Whether a session counts: always, unless they are fenced; then if this history wrote it.
const LIVES: &str = "
local known
local function here()
    known = known or fence() or ''
    return known
end
local function lives(kept)
    if ARGV[1] ~= 'fenced' then return true end
    return (string.match(kept, '^%d+ %x+ @(%w+) ') or 'none') == here()
end";

/// Writes a session and its place in the index. The index lives as long as its last session, and
/// forgets on the way whom Redis has let go of.
const WRITE: &str = "
local function write()
    local label = ''
    if ARGV[1] == 'fenced' then label = '@' .. here() .. ' ' end
    redis.call('SET', KEYS[1], ARGV[5] .. label .. ARGV[6], 'PX', ARGV[2])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - 1))
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[2]), ARGV[3])
    if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
        redis.call('PEXPIRE', KEYS[2], ARGV[2])
    end
    return 1
end";

static INSERT: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        WRITE,
        "
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return write()",
    ])
});

/// With a fence only: without one a plain `GET` does.
static FIND: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        "
local kept = redis.call('GET', KEYS[1])
if kept and lives(kept) then return kept end
return false",
    ])
});

static REPLACE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        WRITE,
        "
local kept = redis.call('GET', KEYS[1])
if not kept or not lives(kept) or string.match(kept, '^(%d+) ') ~= ARGV[4] then return 0 end
return write()",
    ])
});

static REMOVE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        "
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
redis.call('DEL', KEYS[1])
local subject = string.match(kept, '^%d+ (%x+) ')
if subject then redis.call('ZREM', ARGV[2] .. subject, ARGV[3]) end
if lives(kept) then return 1 end
return 0",
    ])
});

static OF_SUBJECT: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        "
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local kept = redis.call('GET', ARGV[2] .. id)
    if kept and lives(kept) then
        found[#found + 1] = id
        found[#found + 1] = kept
    end
end
return found",
    ])
});

static REMOVE_ALL: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        "
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local kept = ARGV[1] == 'fenced' and redis.call('GET', ARGV[2] .. id) or ''
    local gone = redis.call('DEL', ARGV[2] .. id)
    if lives(kept) then removed = removed + gone end
end
redis.call('DEL', KEYS[1])
return removed",
    ])
});
