//! Ports for the servers of tests: each belongs to one server of this machine at a time.

use std::{
    fmt,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    sync::atomic::{AtomicU16, Ordering},
};

/// A TCP port of 127.0.0.1 that no other test on this machine is given while this lives, be it of
/// another process, and be its server down just now. Its neighbour 10,000 further belongs to it:
/// Redis Cluster speaks there.
///
/// What holds the port is a UDP socket of the same number, which goes with the process. Both numbers
/// lie below those that the system hands out to connections.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _held: [UdpSocket; 2],
}

impl Port {
    /// One that is free.
    ///
    /// # Panics
    /// If there is none.
    #[allow(clippy::new_without_default)] // it does something
    pub fn new() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);

        // Processes begin at different places, so that they do not meet at each step.
        let begin = std::process::id().wrapping_mul(7_919);
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let place = begin.wrapping_add(step.into()) % u32::from(COUNT);
            let number = FIRST + u16::try_from(place).expect("it is less than the count");
            if let Some(port) = Self::hold(number) {
                return port;
            }
        }
        panic!("no free port")
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    fn hold(number: u16) -> Option<Self> {
        let udp = |port| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok();
        let held = [udp(number)?, udp(number + 10_000)?];
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        (is_free(number) && is_free(number + 10_000)).then_some(Self {
            number,
            _held: held,
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

const FIRST: u16 = 11_000;
const COUNT: u16 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_held_is_given_to_nobody_else_until_it_is_let_go() {
        let port = Port::new();
        let number = port.number();
        assert!(Port::hold(number).is_none(), "though nothing listens there");
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok());
        drop(port);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number + 10_000));
        assert!(Port::hold(number).is_none(), "its neighbour is taken");
        drop(listener);
    }
}
