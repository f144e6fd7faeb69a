//! The nodes of a run: processes that are started, killed and asked.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use crate::node::Order;

/// Nodes over one store. They end when this is dropped, and also when this process dies.
#[derive(Debug)]
pub struct Fleet {
    program: PathBuf,
    nodes: Vec<Mutex<Node>>,
}

#[derive(Debug)]
struct Node {
    order: Order,
    running: Option<(Child, SocketAddr)>,
}

impl Fleet {
    /// Starts as many nodes as there are stores to go to: all the same store, by a URL each.
    pub fn start(program: PathBuf, orders: Vec<Order>) -> Arc<Self> {
        let nodes = orders.into_iter().map(|order| {
            Mutex::new(Node {
                order,
                running: None,
            })
        });
        let fleet = Self {
            program,
            nodes: nodes.collect(),
        };
        for node in 0..fleet.len() {
            fleet.restart(node, |_| {});
        }
        Arc::new(fleet)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Where a node listens, or listened last.
    pub fn address(&self, node: usize) -> SocketAddr {
        let running = &self.node(node).running;
        running.as_ref().expect("nodes are started at once").1
    }

    /// SIGKILL.
    pub fn kill9(&self, node: usize) {
        if let Some((child, _)) = &mut self.node(node).running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts a node again, on another port; ends it first if it runs.
    pub fn restart(&self, node: usize, change: impl FnOnce(&mut Order)) {
        self.kill9(node);
        let mut node = self.node(node);
        change(&mut node.order);
        let mut child = Command::new(&self.program)
            .args(node.order.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let mut line = String::new();
        let said = child.stdout.take().expect("a pipe");
        BufReader::new(said).read_line(&mut line).unwrap();
        let port: u16 = line
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("a node did not start over {}", node.order.store));
        node.running = Some((child, ([127, 0, 0, 1], port).into()));
    }

    fn node(&self, node: usize) -> std::sync::MutexGuard<'_, Node> {
        let node = self.nodes[node].lock();
        node.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for node in 0..self.len() {
            self.kill9(node);
        }
    }
}
