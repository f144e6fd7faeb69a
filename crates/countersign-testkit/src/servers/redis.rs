//! Redis: one node, a cluster, a set under Sentinel.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use super::{
    PATIENCE,
    home::Home,
    process::{Process, free_port, installed, run},
    wait_until,
};

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
        format!("redis://127.0.0.1:{}/", self.node.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.node.port
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
        ask(self.node.port, command).unwrap()
    }
}

/// Three masters with a replica each.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Node>,
    _home: Home,
}

impl RedisCluster {
    /// Starts the six nodes, and waits until the cluster works.
    pub fn start() -> Self {
        let home = Home::new("cluster");
        let mut nodes: Vec<_> = (0..6)
            .map(|_| {
                let port = free_port();
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
                        "2000",
                    ],
                ];
                Node::at(&home, port, &arguments.concat())
            })
            .collect();
        nodes.iter_mut().for_each(Node::start);
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        run(Command::new(installed("redis-cli", "redis-tools"))
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"]));
        wait_until("the cluster agrees", PATIENCE, || {
            nodes.iter().all(|node| {
                let says =
                    |command, words| ask(node.port, command).is_ok_and(|a| a.contains(words));
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

    /// One cluster for all tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The ports of all nodes on 127.0.0.1.
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(|node| node.port).collect()
    }

    /// `redis+cluster://127.0.0.1:…,127.0.0.1:…/`.
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
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
                ask(node.port, "INFO replication")
                    .is_ok_and(|answer| answer.contains("master_link_status:up"))
            });
            let agree = self.nodes.iter().all(|node| {
                ask(node.port, "CLUSTER INFO").is_ok_and(|a| a.contains("cluster_state:ok"))
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
                    let _ = ask(node.port, "CLUSTER FAILOVER TAKEOVER");
                    role(node) == Some(true)
                });
            }
        }
    }

    /// SIGKILL for one master, once its replica has all that it has; says which node it was.
    pub fn kill9_a_master(&mut self) -> usize {
        let place = position_of_a_master(&self.nodes);
        let port = self.nodes[place].port;
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

/// A master with two replicas, watched by three sentinels under the name `m`.
#[derive(Debug)]
pub struct RedisSentinel {
    nodes: Vec<Node>,
    sentinels: Vec<(u16, Process)>,
    _home: Home,
}

impl RedisSentinel {
    /// Starts all six, and waits until the sentinels know the replicas and each other.
    pub fn start() -> Self {
        let home = Home::new("sentinel");
        let plain = ["--save", "", "--appendonly", "no"];
        let master = Node::new(&home, &plain);
        let of_master = format!("127.0.0.1 {}", master.port);
        let replica = [&plain[..], &["--replicaof", &of_master]].concat();
        let mut nodes = vec![
            master,
            Node::new(&home, &replica),
            Node::new(&home, &replica),
        ];
        nodes.iter_mut().for_each(Node::start);
        for node in &nodes[1..] {
            wait_until("the replica is linked", PATIENCE, || {
                ask(node.port, "INFO replication")
                    .is_ok_and(|a| a.contains("master_link_status:up"))
            });
        }
        let program = installed("redis-sentinel", "redis-sentinel");
        let sentinels: Vec<_> = (0..3)
            .map(|number| {
                let port = free_port();
                let config = home.path().join(format!("sentinel-{number}.conf"));
                let text = format!(
                    "bind 127.0.0.1\nport {port}\nsentinel monitor m {of_master} 2\n\
                     sentinel down-after-milliseconds m 1000\nsentinel failover-timeout m 5000\n"
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
                ask(*port, "SENTINEL MASTER m").is_ok_and(|answer| {
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

    /// One set for all tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisSentinel> = OnceLock::new();
        SHARED.get_or_init(Self::start)
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
        let dead = self.nodes[dead].port.to_string();
        wait_until("the Sentinels name another master", PATIENCE, || {
            self.sentinels.iter().all(|(port, _)| {
                ask(*port, "SENTINEL GET-MASTER-ADDR-BY-NAME m")
                    .is_ok_and(|answer| !answer.contains(&dead))
            })
        });
    }

    /// Waits until there is one master, with two replicas that are up.
    pub fn wait_for_replicas(&self) {
        wait_until("the master has its replicas", PATIENCE, || {
            let linked = self.nodes.iter().filter(|node| {
                ask(node.port, "INFO replication")
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

#[derive(Debug)]
struct Node {
    port: u16,
    process: Process,
}

impl Node {
    fn new(home: &Home, arguments: &[&str]) -> Self {
        // A port is free until its server listens: another node of this home may have been given it.
        let is_taken = |port: &u16| home.path().join(format!("redis-{port}")).exists();
        let port = std::iter::repeat_with(free_port).find(|port| !is_taken(port));
        Self::at(home, port.expect("there is always another"), arguments)
    }

    fn at(home: &Home, port: u16, arguments: &[&str]) -> Self {
        let name = format!("redis-{port}");
        let dir = home.path().join(&name);
        fs::create_dir(&dir).unwrap();
        let port_text = port.to_string();
        let place = ["--bind", "127.0.0.1", "--port", &port_text];
        let dir = ["--dir", dir.to_str().unwrap()];
        let at_once = ["--repl-diskless-sync-delay", "0"];
        let place = [&place[..], &dir, &at_once, arguments].concat();
        let program = installed("redis-server", "redis-server");
        Self {
            port,
            process: Process::new(home, &name, "KILL", program, place),
        }
    }

    fn start(&mut self) {
        self.process.start();
        let (port, process) = (self.port, &mut self.process);
        wait_until("redis-server answers", PATIENCE, || {
            assert!(
                process.is_alive(),
                "redis-server ended: {}",
                process.words()
            );
            ask(port, "PING").is_ok_and(|answer| answer == "+PONG\r\n")
        });
    }
}

fn position_of_a_master(nodes: &[Node]) -> usize {
    let masters = nodes.iter().position(|node| role(node) == Some(true));
    masters.expect("there is always a master")
}

/// Whether it is a master, if it answers.
fn role(node: &Node) -> Option<bool> {
    let answer = ask(node.port, "INFO replication").ok()?;
    Some(answer.contains("role:master"))
}

fn freeze_replicas(nodes: &[Node]) {
    for node in nodes {
        if role(node) == Some(false) {
            node.process.signal("STOP");
        }
    }
}

/// Sends an inline command; gives the raw answer.
fn ask(port: u16, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "{command}\r\n")?;
    stream.shutdown(Shutdown::Write)?; // it answers what it has read, then closes
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
