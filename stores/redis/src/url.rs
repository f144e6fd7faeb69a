//! What the URLs of a Cluster and of a set under Sentinel say.

use crate::ConnectError;

/// `scheme://user:password@host:port,host:port/path`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Many<'a> {
    /// With the `@`, or empty.
    pub(crate) user: &'a str,
    pub(crate) hosts: Vec<(&'a str, u16)>,
    pub(crate) path: &'a str,
}

impl<'a> Many<'a> {
    /// Reads what follows `://`.
    pub(crate) fn parse(rest: &'a str, default_port: u16) -> Result<Self, ConnectError> {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let at = authority.rfind('@').map_or(0, |at| at + 1);
        let (user, hosts) = authority.split_at(at);
        let hosts = hosts.split(',').map(|host| address(host, default_port));
        Ok(Self {
            user,
            hosts: hosts.collect::<Result<_, _>>()?,
            path,
        })
    }
}

fn address(text: &str, default_port: u16) -> Result<(&str, u16), ConnectError> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let port = port.parse();
            (
                host,
                port.map_err(|_| ConnectError::Url("a port is no number"))?,
            )
        }
        _ => (text, default_port),
    };
    match host {
        "" => Err(ConnectError::Url("a host is missing")),
        host => Ok((host, port)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn hosts_and_paths_are_read() {
        let many = Many::parse("me:p@ss@a:1,[::1]:2,b/m/3", 9).unwrap();
        assert_eq!(many.user, "me:p@ss@");
        assert_eq!(many.hosts, [("a", 1), ("[::1]", 2), ("b", 9)]);
        assert_eq!(many.path, "m/3");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for rest in ["", "a:x", "a,,b", ":1", "a:70000"] {
            assert!(Many::parse(rest, 9).is_err(), "{rest}");
        }
    }
}
