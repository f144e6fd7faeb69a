//! The stores that a run can be over, each with a server of its own, and what can be done to them.

use std::path::PathBuf;

use countersign_testkit::servers::{
    Dir, MariaDb, Postgres, Redis, RedisCluster, RedisSentinel, fresh_prefix,
};

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the process: one node only.
    Memory,
    /// A file that two nodes share.
    Sqlite,
    /// One node of Redis.
    Redis,
    /// Three masters with a replica each.
    Cluster,
    /// A master with two replicas, and three Sentinels.
    Sentinel,
    /// Postgres.
    Postgres,
    /// MariaDB.
    MariaDb,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::Sqlite,
        Self::Redis,
        Self::Cluster,
        Self::Sentinel,
        Self::Postgres,
        Self::MariaDb,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Redis => "redis",
            Self::Cluster => "redis-cluster",
            Self::Sentinel => "redis-sentinel",
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
        }
    }

    /// How many nodes share it here.
    pub fn nodes(self) -> usize {
        match self {
            Self::Memory => 1,
            Self::Sqlite => 2,
            _ => 4,
        }
    }

    /// Whether its replicas hear of writes after the client does, so that a failover may lose what
    /// was acknowledged.
    pub fn may_lose(self) -> bool {
        matches!(self, Self::Cluster | Self::Sentinel)
    }

    /// Whether there is one server, on one port, that a proxy can stand before.
    pub fn has_one_port(self) -> bool {
        matches!(self, Self::Redis | Self::Postgres | Self::MariaDb)
    }
}

/// A store of one's own, that ends when it is dropped.
#[derive(Debug)]
pub enum Backend {
    /// In the process.
    Memory,
    /// The file, in a folder of its own.
    Sqlite(Dir, PathBuf),
    /// One node.
    Redis(Redis),
    /// With the node that was killed last.
    Cluster(RedisCluster, Option<usize>),
    /// With the node that was killed last.
    Sentinel(RedisSentinel, Option<usize>),
    /// Postgres.
    Postgres(Postgres),
    /// MariaDB.
    MariaDb(MariaDb),
}

impl Backend {
    /// A store that has every write on disk before it answers, where it can.
    pub fn durable(kind: Kind) -> Self {
        match kind {
            Kind::Memory => Self::Memory,
            Kind::Sqlite => {
                let dir = Dir::new();
                let file = dir.path().join(format!("{}.sqlite", fresh_prefix()));
                Self::Sqlite(dir, file)
            }
            Kind::Redis => Self::Redis(Redis::durable()),
            Kind::Cluster => Self::Cluster(RedisCluster::start(), None),
            Kind::Sentinel => Self::Sentinel(RedisSentinel::start(), None),
            Kind::Postgres => Self::Postgres(Postgres::start_with(&["max_connections=200"])),
            Kind::MariaDb => Self::MariaDb(MariaDb::start()),
        }
    }

    /// Where nodes find it.
    pub fn url(&self) -> String {
        match self {
            Self::Memory => "memory:".to_owned(),
            Self::Sqlite(_, file) => format!("sqlite://{}", file.display()),
            Self::Redis(redis) => redis.url(),
            Self::Cluster(cluster, _) => cluster.url(),
            Self::Sentinel(sentinel, _) => sentinel.url(),
            Self::Postgres(postgres) => postgres.url(),
            Self::MariaDb(mariadb) => mariadb.url(),
        }
    }

    /// The one port of its one server.
    pub fn port(&self) -> u16 {
        match self {
            Self::Redis(redis) => redis.port(),
            Self::Postgres(postgres) => postgres.port(),
            Self::MariaDb(mariadb) => mariadb.port(),
            _ => unreachable!("it has more ports than one, or none"),
        }
    }

    /// Where nodes find it behind a proxy.
    pub fn url_by(&self, port: u16) -> String {
        let own = format!(":{}/", self.port());
        self.url().replace(&own, &format!(":{port}/"))
    }

    /// SIGKILL for the server; for a master, where there are several.
    pub fn kill9(&mut self) {
        match self {
            Self::Redis(redis) => redis.kill9(),
            Self::Cluster(cluster, dead) => *dead = Some(cluster.kill9_a_master_now()),
            Self::Sentinel(sentinel, dead) => *dead = Some(sentinel.kill9_the_master()),
            Self::Postgres(postgres) => postgres.kill9(),
            Self::MariaDb(mariadb) => mariadb.kill9(),
            Self::Memory | Self::Sqlite(..) => unreachable!("it has no server"),
        }
    }

    /// Starts what was killed again, and returns when it answers.
    pub fn restart(&mut self) {
        match self {
            Self::Redis(redis) => redis.restart(),
            Self::Cluster(cluster, dead) => {
                // Sooner it would come back empty, and still be the master.
                cluster.wait_for_failover();
                cluster.restart(dead.take().expect("one was killed"));
                cluster.wait_for_replicas();
            }
            Self::Sentinel(sentinel, dead) => {
                let dead = dead.take().expect("one was killed");
                sentinel.wait_for_failover(dead);
                sentinel.restart(dead);
                sentinel.wait_for_replicas();
            }
            Self::Postgres(postgres) => postgres.restart(),
            Self::MariaDb(mariadb) => mariadb.restart(),
            Self::Memory | Self::Sqlite(..) => unreachable!("it has no server"),
        }
    }
}
