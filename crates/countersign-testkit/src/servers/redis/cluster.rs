//! A Redis Cluster.

use std::{process::Command, sync::OnceLock};

use super::{
    super::{
        PATIENCE,
        home::Home,
        ports::Port,
        process::{installed, run},
        wait_until,
    },
    node::{Node, ask, freeze_replicas, position_of_a_master, role},
};

/// Three masters with a replica each.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Node>,
    _home: Home,
}

impl RedisCluster {
    /// Starts the six nodes, and waits until the cluster works. A master that is silent for two
    /// seconds is replaced.
    pub fn start() -> Self {
        Self::replacing_after("2000")
    }

    fn replacing_after(milliseconds: &str) -> Self {
        let home = Home::new("cluster");
        let mut nodes: Vec<_> = (0..6)
            .map(|_| {
                let port = Port::new();
                let config = format!("nodes-{port}.conf");
                let arguments = [
                    &[
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--cluster-enabled",
                        "yes",
                    ][..],
                    &[
                        "--cluster-config-file",
                        &config,
                        "--cluster-node-timeout",
                        milliseconds,
                    ],
                ];
                Node::at(&home, port, &arguments.concat())
            })
            .collect();
        nodes.iter_mut().for_each(Node::start);
        let addresses = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port()));
        run(Command::new(installed("redis-cli", "redis-tools"))
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"]));
        wait_until("the cluster agrees", PATIENCE, || {
            nodes.iter().all(|node| {
                let says =
                    |command, words| ask(node.port(), command).is_ok_and(|a| a.contains(words));
                // Before they are told whose replicas they are, all six are masters.
                let is_linked = || {
                    says("INFO replication", "connected_slaves:1")
                        || says("INFO replication", "master_link_status:up")
                };
                says("CLUSTER INFO", "cluster_state:ok") && is_linked()
            })
        });
        Self { nodes, _home: home }
    }

    /// One cluster for all tests of this process. It bears a busy machine: nobody is replaced whose
    /// turn on the processor came late.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::replacing_after("30000"))
    }

    /// The ports of all nodes on 127.0.0.1.
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(|node| node.port()).collect()
    }

    /// `redis+cluster://127.0.0.1:…,127.0.0.1:…/`.
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis+cluster://{}/", nodes.join(","))
    }

    /// SIGKILL for one master, whatever its replica has; says which node it was.
    pub fn kill9_a_master_now(&mut self) -> usize {
        let place = position_of_a_master(&self.nodes);
        self.nodes[place].process.kill9();
        place
    }

    /// Waits until there are three masters that live.
    pub fn wait_for_failover(&self) {
        wait_until("a replica has taken over", PATIENCE, || {
            let masters = self.nodes.iter().filter(|node| role(node) == Some(true));
            masters.count() == 3
        });
    }

    /// Waits until each of the three masters has a replica that is up.
    pub fn wait_for_replicas(&self) {
        wait_until("each master has its replica", PATIENCE, || {
            let linked = self.nodes.iter().filter(|node| {
                ask(node.port(), "INFO replication")
                    .is_ok_and(|answer| answer.contains("master_link_status:up"))
            });
            let agree = self.nodes.iter().all(|node| {
                ask(node.port(), "CLUSTER INFO").is_ok_and(|a| a.contains("cluster_state:ok"))
            });
            linked.count() == 3 && agree
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

    /// SIGKILL for all masters: their replicas cannot elect anybody, so each is told to take over
    /// without being asked.
    pub fn kill9_the_masters_and_promote(&mut self) {
        let is_master: Vec<_> = self
            .nodes
            .iter()
            .map(|node| role(node) == Some(true))
            .collect();
        for (node, is_master) in self.nodes.iter_mut().zip(&is_master) {
            if *is_master {
                node.process.kill9();
            }
        }
        self.thaw();
        for (node, is_master) in self.nodes.iter().zip(is_master) {
            if !is_master {
                wait_until("a replica takes over", PATIENCE, || {
                    let _ = ask(node.port(), "CLUSTER FAILOVER TAKEOVER");
                    role(node) == Some(true)
                });
            }
        }
    }

    /// SIGKILL for one master, once its replica has all that it has; says which node it was.
    pub fn kill9_a_master(&mut self) -> usize {
        let place = position_of_a_master(&self.nodes);
        let port = self.nodes[place].port();
        wait_until("the replica has caught up", PATIENCE, || {
            ask(port, "INFO replication").is_ok_and(|answer| {
                let offset = answer
                    .lines()
                    .find_map(|line| line.trim().strip_prefix("master_repl_offset:"));
                let caught_up = offset.map(|offset| format!("state=online,offset={offset},"));
                caught_up.is_some_and(|words| answer.contains(&words))
            })
        });
        self.nodes[place].process.kill9();
        place
    }

    /// Starts a node again.
    pub fn restart(&mut self, place: usize) {
        self.nodes[place].process.stop();
        self.nodes[place].start();
    }
}
