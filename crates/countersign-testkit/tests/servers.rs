//! The private servers start, survive a kill, and are gone afterwards.

#![cfg(feature = "servers")]

use countersign_testkit::servers::{MariaDb, Postgres, Redis, RedisCluster, RedisSentinel};

#[test]
fn redis_comes_back_with_what_was_on_disk() {
    let mut redis = Redis::durable();
    assert_eq!(redis.ask("SET a 1"), "+OK\r\n");
    redis.kill9();
    redis.restart();
    assert_eq!(redis.ask("GET a"), "$1\r\n1\r\n");
    let port = redis.port();
    drop(redis);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_cluster_has_six_nodes() {
    assert_eq!(RedisCluster::start().ports().len(), 6);
}

#[test]
fn a_sentinel_set_names_its_sentinels() {
    let url = RedisSentinel::start().url();
    assert_eq!(url.matches("127.0.0.1").count(), 3, "{url}");
}

#[test]
fn postgres_comes_back_with_what_was_committed() {
    let mut postgres = Postgres::start();
    postgres.admin("CREATE TABLE kept (n int)");
    postgres.kill9();
    postgres.restart();
    postgres.admin("INSERT INTO kept VALUES (1)");
}

#[test]
fn mariadb_comes_back_with_what_was_committed() {
    let mut mariadb = MariaDb::start();
    mariadb.admin("CREATE TABLE app.kept (n int)");
    mariadb.kill9();
    mariadb.restart();
    mariadb.admin("INSERT INTO app.kept VALUES (1)");
}
