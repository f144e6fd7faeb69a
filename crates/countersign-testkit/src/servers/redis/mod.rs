//! Redis: one node, a cluster, a set under Sentinel.

mod cluster;
mod node;
mod sentinel;

use std::sync::OnceLock;

use super::home::Home;
use node::{Node, ask};

pub use cluster::RedisCluster;
pub use sentinel::RedisSentinel;

/// One Redis node. By default it keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    node: Node,
    _home: Home,
}

impl Redis {
    /// A node without persistence.
    pub fn start() -> Self {
        Self::start_with(&["--save", "", "--appendonly", "no"])
    }

    /// A node that has every write on disk before it answers.
    pub fn durable() -> Self {
        let always = [
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ];
        Self::start_with(&always)
    }

    /// A node with these arguments of `redis-server`.
    pub fn start_with(arguments: &[&str]) -> Self {
        let home = Home::new("redis");
        let mut node = Node::new(&home, arguments);
        node.start();
        Self { node, _home: home }
    }

    /// One node for all tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// `redis://127.0.0.1:…/`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.node.port())
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.node.port()
    }

    /// SIGKILL.
    pub fn kill9(&mut self) {
        self.node.process.kill9();
    }

    /// Starts it again, where and as it was; ends it first if it runs.
    pub fn restart(&mut self) {
        self.node.process.stop();
        self.node.start();
    }

    /// Holds it still: it keeps its connections and answers nothing until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.node.process.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.node.process.signal("CONT");
    }

    /// The raw answer to one inline command, such as `INFO server`.
    pub fn ask(&self, command: &str) -> String {
        ask(self.node.port(), command).unwrap()
    }
}
