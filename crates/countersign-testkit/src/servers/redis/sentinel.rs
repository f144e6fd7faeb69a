//! A set of Redis nodes under Sentinel.

use std::{fs, sync::OnceLock};

use super::{
    super::{
        PATIENCE,
        home::Home,
        ports::Port,
        process::{Process, installed},
        wait_until,
    },
    node::{Node, ask, freeze_replicas, position_of_a_master},
};

/// A master with two replicas, watched by three sentinels under the name `m`.
#[derive(Debug)]
pub struct RedisSentinel {
    nodes: Vec<Node>,
    sentinels: Vec<(Port, Process)>,
    _home: Home,
}

impl RedisSentinel {
    /// Starts all six, and waits until the sentinels know the replicas and each other. A master that
    /// is silent for a second is replaced.
    pub fn start() -> Self {
        Self::replacing_after(1_000)
    }

    fn replacing_after(milliseconds: u32) -> Self {
        let home = Home::new("sentinel");
        let plain = ["--save", "", "--appendonly", "no"];
        let master = Node::new(&home, &plain);
        let of_master = format!("127.0.0.1 {}", master.port());
        let replica = [&plain[..], &["--replicaof", &of_master]].concat();
        let mut nodes = vec![
            master,
            Node::new(&home, &replica),
            Node::new(&home, &replica),
        ];
        nodes.iter_mut().for_each(Node::start);
        for node in &nodes[1..] {
            wait_until("the replica is linked", PATIENCE, || {
                ask(node.port(), "INFO replication")
                    .is_ok_and(|a| a.contains("master_link_status:up"))
            });
        }
        let program = installed("redis-sentinel", "redis-sentinel");
        let sentinels: Vec<_> = (0..3)
            .map(|number| {
                let port = Port::new();
                let config = home.path().join(format!("sentinel-{number}.conf"));
                let text = format!(
                    "bind 127.0.0.1\nport {port}\nsentinel monitor m {of_master} 2\n\
                     sentinel down-after-milliseconds m {milliseconds}\nsentinel failover-timeout m 5000\n"
                );
                fs::write(&config, text).unwrap();
                let name = format!("sentinel-{number}");
                let arguments = [config.to_str().unwrap().to_owned()];
                let mut process = Process::new(&home, &name, "KILL", program.clone(), arguments);
                process.start();
                (port, process)
            })
            .collect();
        for (port, _) in &sentinels {
            wait_until("the sentinels know all", PATIENCE, || {
                ask(port.number(), "SENTINEL MASTER m").is_ok_and(|answer| {
                    let value = |name: &str| {
                        let mut lines = answer.lines().skip_while(|line| *line != name);
                        lines.nth(2).map(str::to_owned)
                    };
                    value("num-slaves").as_deref() == Some("2")
                        && value("num-other-sentinels").as_deref() == Some("2")
                })
            });
        }
        Self {
            nodes,
            sentinels,
            _home: home,
        }
    }

    /// One set for all tests of this process. It bears a busy machine, as
    /// [`RedisCluster::shared`](super::RedisCluster::shared) does.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisSentinel> = OnceLock::new();
        SHARED.get_or_init(|| Self::replacing_after(30_000))
    }

    /// `redis+sentinel://127.0.0.1:…,127.0.0.1:…/m`.
    pub fn url(&self) -> String {
        let sentinels: Vec<_> = self
            .sentinels
            .iter()
            .map(|(port, _)| format!("127.0.0.1:{port}"))
            .collect();
        format!("redis+sentinel://{}/m", sentinels.join(","))
    }

    /// SIGKILL for the master; the sentinels make another one within seconds. Says which node it
    /// was.
    pub fn kill9_the_master(&mut self) -> usize {
        let place = position_of_a_master(&self.nodes);
        self.nodes[place].process.kill9();
        place
    }

    /// Waits until all Sentinels name another master than this node.
    pub fn wait_for_failover(&self, dead: usize) {
        let dead = self.nodes[dead].port().to_string();
        wait_until("the Sentinels name another master", PATIENCE, || {
            self.sentinels.iter().all(|(port, _)| {
                ask(port.number(), "SENTINEL GET-MASTER-ADDR-BY-NAME m")
                    .is_ok_and(|answer| !answer.contains(&dead))
            })
        });
    }

    /// Waits until there is one master, with two replicas that are up.
    pub fn wait_for_replicas(&self) {
        wait_until("the master has its replicas", PATIENCE, || {
            let linked = self.nodes.iter().filter(|node| {
                ask(node.port(), "INFO replication")
                    .is_ok_and(|answer| answer.contains("master_link_status:up"))
            });
            linked.count() == 2
        });
    }

    /// Holds all replicas still, so that they miss what is written, until
    /// [`thaw`](Self::thaw).
    pub fn freeze_replicas(&self) {
        freeze_replicas(&self.nodes);
    }

    /// Lets all nodes go on.
    pub fn thaw(&self) {
        self.nodes
            .iter()
            .for_each(|node| node.process.signal("CONT"));
    }

    /// Starts a node again.
    pub fn restart(&mut self, place: usize) {
        self.nodes[place].process.stop();
        self.nodes[place].start();
    }
}
