//! Sessions: `{prefix}{shard}:s:{id}`, a string of version, digest of the subject, with
//! `fence_sessions` an `@` and the replication history that wrote it, and its [fields](crate::encoding);
//! and for each shard
//! `{prefix}{shard}:i`, a sorted set of the ids of its sessions. The braces are part of the names:
//! all keys of a shard lie in one slot of a Cluster.
//!
//! A shard is shared by one subject in 65,536, so its index is short, and there are no more of them.
//! A session's score says, from the left, the minute at which Redis lets go of it and 21 bits of the
//! digest of its subject: that tells whose it may be without a look at each, and what to forget.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, LazyLock},
};

use countersign_core::{
    Session, SessionId, SessionStore, StoreError, Subject, Timestamp, async_trait,
};
use redis::{Pipeline, Value};
use sha2::{Digest, Sha256};

use crate::{
    RedisStores, encoding,
    link::{One, command},
    nonces::FENCE,
    script::{Call, Lua},
    unexpected, unreadable,
};

/// The names of what belongs to one session.
struct Names {
    session: String,
    index: String,
    id: String,
}

impl RedisStores {
    fn names(&self, id: &SessionId) -> Names {
        Names {
            session: self.name(id),
            index: self.of_shard(id.shard(), "i"),
            id: id.to_string(),
        }
    }

    /// The name of a session.
    fn name(&self, id: &SessionId) -> String {
        let mut name = self.of_shard(id.shard(), "s:");
        write!(name, "{id}").expect("a string takes what is written to it");
        name
    }

    /// The name of something in a shard, with room for an id.
    fn of_shard(&self, shard: [u8; 2], what: &str) -> String {
        let mut digits = [0; 4];
        hex::encode_to_slice(shard, &mut digits).expect("a byte is two digits");
        let mut name = String::with_capacity(self.prefix.len() + 64);
        name.push_str(&self.prefix);
        name.push('{');
        name.extend(digits.map(char::from));
        name.push_str("}:");
        name.push_str(what);
        name
    }

    /// The one node, if it needs no script to read and to write: in a Cluster, and where sessions
    /// are fenced, the node that answers must have a say.
    fn plain(&self) -> Option<&Arc<One>> {
        self.link.one().filter(|_| !self.fence_sessions)
    }

    /// The first argument of every script here.
    fn fencing(&self) -> &'static [u8] {
        match self.fence_sessions {
            true => b"fenced",
            false => b"open",
        }
    }

    /// Runs a script that writes a session.
    async fn write(&self, script: &Lua, written: &Written, before: &str) -> Result<(), StoreError> {
        let names = &written.names;
        let (head, fields) = written.value.split_at(written.fields_at);
        let numbers = [written.live, written.score, forgettable()].map(|n| n.to_string());
        let call = Call {
            keys: &[&names.session, &names.index],
            arguments: &[
                self.fencing(),
                numbers[0].as_bytes(),
                names.id.as_bytes(),
                numbers[1].as_bytes(),
                numbers[2].as_bytes(),
                head,
                fields,
                before.as_bytes(),
            ],
        };
        match self.link.call(script, call).await? {
            Value::Int(1) => Ok(()),
            Value::Int(0) => Err(StoreError::Conflict),
            other => Err(unexpected(&other)),
        }
    }

    fn written(&self, session: &Session) -> Result<Written, StoreError> {
        let digest = Sha256::digest(session.identity.subject.as_str());
        let mut hex = [0; DIGEST];
        hex::encode_to_slice(digest, &mut hex).map_err(StoreError::corrupt)?;
        let mut head = Vec::with_capacity(512);
        write!(head, "{} ", session.version).map_err(StoreError::corrupt)?;
        head.extend_from_slice(&hex);
        head.push(b' ');
        let live = Self::time_to_live(session.idle_until.min(session.expires_at));
        Ok(Written {
            names: self.names(&session.id),
            live,
            score: (this_minute() + live / MINUTE + 1) * MARKS + mark(&digest),
            fields_at: head.len(),
            value: encoding::write(session, head)?,
        })
    }
}

/// A session on its way to Redis.
struct Written {
    names: Names,
    live: u64,
    score: u64,
    value: Vec<u8>,
    /// Where its fields begin.
    fields_at: usize,
}

#[async_trait]
impl SessionStore for RedisStores {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let written = self.written(session)?;
        let Some(one) = self.plain() else {
            return self.write(&INSERT, &written, "").await;
        };
        let (names, value) = (&written.names, written.value);
        let mut set = command("SET", 5, names.session.len() + value.len() + 24);
        set.arg(&names.session).arg(value);
        set.arg("NX").arg("PX").arg(written.live);
        // If the id is taken it has its place already, and keeps it.
        let mut place = command("ZADD", 4, names.index.len() + names.id.len() + 22);
        place.arg(&names.index).arg("NX");
        place.arg(written.score).arg(&names.id);
        let mut insert = Pipeline::with_capacity(3);
        insert.atomic().add_command(set).add_command(place);
        // One in sixteen sweeps; whose turn it is, its random id says.
        if session.id.as_bytes()[2].is_multiple_of(16) {
            insert.cmd("ZREMRANGEBYSCORE").arg(&names.index);
            insert.arg("-inf").arg(forgettable());
        }
        let answers = one.transact(&insert).await;
        match &answers.map_err(StoreError::unavailable)?[..] {
            [Value::Okay, ..] => Ok(()),
            [Value::Nil, ..] => Err(StoreError::Conflict),
            other => Err(unexpected(&Value::Array(other.to_vec()))),
        }
    }

    async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let name = self.name(id);
        let kept = match self.plain() {
            Some(one) => one.read(name).await.map_err(StoreError::unavailable)?,
            None => Box::pin(self.find_elsewhere(&name)).await?,
        };
        Ok(kept.and_then(|value| read(id, &value)))
    }

    async fn replace(&self, session: &Session) -> Result<(), StoreError> {
        let before = session.version.checked_sub(1).ok_or(StoreError::Conflict)?;
        let written = self.written(session)?;
        self.write(&REPLACE, &written, &before.to_string()).await
    }

    async fn remove(&self, id: &SessionId) -> Result<bool, StoreError> {
        let names = self.names(id);
        let removed = match self.plain() {
            Some(one) => {
                // A place in the index without its session is nothing but rubbish.
                let mut delete = command("DEL", 1, names.session.len());
                delete.arg(&names.session);
                let mut free = command("ZREM", 2, names.index.len() + names.id.len());
                free.arg(&names.index).arg(&names.id);
                let mut remove = Pipeline::with_capacity(2);
                remove.add_command(delete).add_command(free);
                let answers = one.transact(&remove).await;
                let answers = answers.map_err(StoreError::unavailable)?;
                answers.into_iter().next().unwrap_or(Value::Nil)
            }
            None => {
                let call = Call {
                    keys: &[&names.session, &names.index],
                    arguments: &[self.fencing(), names.id.as_bytes()],
                };
                self.link.call(&REMOVE, call).await?
            }
        };
        match removed {
            Value::Int(removed) => Ok(removed == 1),
            other => Err(unexpected(&other)),
        }
    }

    async fn of_subject(&self, subject: &Subject) -> Result<Vec<Session>, StoreError> {
        let Value::Array(answer) = self.call_for(&OF_SUBJECT, subject).await? else {
            return Err(StoreError::unavailable("the script answered no array"));
        };
        let pairs = answer.chunks_exact(2).filter_map(|pair| match pair {
            [Value::BulkString(id), Value::BulkString(value)] => {
                read(&SessionId::parse(std::str::from_utf8(id).ok()?)?, value)
            }
            _ => unreadable("a session"),
        });
        Ok(pairs.collect())
    }

    async fn remove_all(&self, subject: &Subject) -> Result<u64, StoreError> {
        match self.call_for(&REMOVE_ALL, subject).await? {
            Value::Int(removed) => Ok(removed.unsigned_abs()),
            other => Err(unexpected(&other)),
        }
    }

    /// The time to live does it.
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl RedisStores {
    async fn find_elsewhere(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let answer = if self.fence_sessions {
            let call = Call {
                keys: &[name],
                arguments: &[self.fencing()],
            };
            self.link.call(&FIND, call).await?
        } else {
            let mut get = redis::cmd("GET");
            get.arg(name);
            self.link.read(&get).await?
        };
        match answer {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(value)),
            other => Err(unexpected(&other)),
        }
    }

    /// Runs a script over all sessions of a subject.
    async fn call_for(&self, script: &Lua, subject: &Subject) -> Result<Value, StoreError> {
        let digest = Sha256::digest(subject.as_str());
        let (mark, digest) = (mark(&digest).to_string(), hex::encode(digest));
        let shard = subject.shard();
        let (index, sessions) = (self.of_shard(shard, "i"), self.of_shard(shard, "s:"));
        let call = Call {
            keys: &[&index],
            arguments: &[
                self.fencing(),
                sessions.as_bytes(),
                mark.as_bytes(),
                digest.as_bytes(),
            ],
        };
        self.link.call(script, call).await
    }
}

/// What stands behind `version digest ` and the fence, if it is a session and stands under its own id.
fn read(id: &SessionId, value: &[u8]) -> Option<Session> {
    let session = fields(value).and_then(|fields| encoding::read(id, fields));
    session.or_else(|| unreadable("a session"))
}

fn fields(value: &[u8]) -> Option<&[u8]> {
    let (_digest, rest) = behind(value)?.split_at_checked(DIGEST)?;
    match rest.strip_prefix(b" ")? {
        fenced @ [b'@', ..] => behind(fenced),
        open => Some(open),
    }
}

/// What follows the first space.
fn behind(bytes: &[u8]) -> Option<&[u8]> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    Some(&bytes[space + 1..])
}

/// What a subject's scores end in: of its digest, what comes after the shard.
fn mark(digest: &[u8]) -> u64 {
    let bits = digest[2..6].try_into().expect("a digest is longer");
    u64::from(u32::from_be_bytes(bits)) % MARKS
}

/// The highest score that a whole day has passed since: so far apart no two nodes' clocks are.
fn forgettable() -> u64 {
    this_minute().saturating_sub(DAY) * MARKS
}

fn this_minute() -> u64 {
    let now = countersign_core::Clock::now(&countersign_core::SystemClock);
    u64::try_from(now.as_millis()).unwrap_or(0) / MINUTE
}

/// The length of a subject's digest, in hex.
const DIGEST: usize = 64;
/// As many as 21 bits can say. With a minute of 32 bits a score is a whole number that Redis keeps
/// exactly.
const MARKS: u64 = 1 << 21;
/// In milliseconds.
const MINUTE: u64 = 60_000;
/// In minutes.
const DAY: u64 = 24 * 60;

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

/// What a session is written as.
const VALUE: &str = "
local function value()
    local label = ''
    if ARGV[1] == 'fenced' then label = '@' .. here() .. ' ' end
    return ARGV[6] .. label .. ARGV[7]
end";

static INSERT: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        VALUE,
        "
if not redis.call('SET', KEYS[1], value(), 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])
return 1",
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
        VALUE,
        "
local kept = redis.call('GET', KEYS[1])
if not kept or not lives(kept) or string.match(kept, '^(%d+) ') ~= ARGV[8] then return 0 end
redis.call('SET', KEYS[1], value(), 'PX', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
return 1",
    ])
});

static REMOVE: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        "
local kept = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
if kept and lives(kept) then return 1 end
return 0",
    ])
});

/// Goes through what may be the subject's: `kept` is false where Redis has let go of it.
const EACH: &str = "
local function each(visit)
    local index = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
    for at = 1, #index, 2 do
        if tonumber(index[at + 1]) % 2097152 == tonumber(ARGV[3]) then
            local kept = redis.call('GET', ARGV[2] .. index[at])
            local whose = kept and string.match(kept, '^%d+ (%x+) ')
            if not whose or whose == ARGV[4] then visit(index[at], kept) end
        end
    end
end";

static OF_SUBJECT: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        EACH,
        "
local found = {}
each(function(id, kept)
    if kept and lives(kept) then
        found[#found + 1] = id
        found[#found + 1] = kept
    end
end)
return found",
    ])
});

static REMOVE_ALL: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(&[
        FENCE,
        LIVES,
        EACH,
        "
local removed = 0
each(function(id, kept)
    redis.call('DEL', ARGV[2] .. id)
    redis.call('ZREM', KEYS[1], id)
    if kept and lives(kept) then removed = removed + 1 end
end)
return removed",
    ])
});
