//! One process of `redis-server`.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use super::super::{
    PATIENCE,
    home::Home,
    ports::Port,
    process::{Process, installed},
    wait_until,
};

/// A node that can be started again.
#[derive(Debug)]
pub(super) struct Node {
    held: Port,
    pub(super) process: Process,
}

impl Node {
    pub(super) fn new(home: &Home, arguments: &[&str]) -> Self {
        Self::at(home, Port::new(), arguments)
    }

    pub(super) fn at(home: &Home, held: Port, arguments: &[&str]) -> Self {
        let port = held.number();
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
            held,
            process: Process::new(home, &name, "KILL", program, place),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.held.number()
    }

    pub(super) fn start(&mut self) {
        self.process.start();
        let (port, process) = (self.port(), &mut self.process);
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

pub(super) fn position_of_a_master(nodes: &[Node]) -> usize {
    let masters = nodes.iter().position(|node| role(node) == Some(true));
    masters.expect("there is always a master")
}

/// Whether it is a master, if it answers.
pub(super) fn role(node: &Node) -> Option<bool> {
    let answer = ask(node.port(), "INFO replication").ok()?;
    Some(answer.contains("role:master"))
}

pub(super) fn freeze_replicas(nodes: &[Node]) {
    for node in nodes {
        if role(node) == Some(false) {
            node.process.signal("STOP");
        }
    }
}

/// Sends an inline command; gives the raw answer.
pub(super) fn ask(port: u16, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "{command}\r\n")?;
    stream.shutdown(Shutdown::Write)?; // it answers what it has read, then closes
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
