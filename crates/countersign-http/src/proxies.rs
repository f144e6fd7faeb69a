//! Whose request it is, where proxies stand in between: the right-most hop that is not one of ours.

use std::net::IpAddr;

use countersign_core::{ConfigError, ConfigFault};
use http::HeaderMap;

/// The header in which the proxies say who asked them. Exactly one: a client may send the other,
/// and proxies hand on what they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`: addresses, the nearest hop last.
    XForwardedFor,
    /// `Forwarded` (RFC 7239): the `for` of each element, the nearest hop last.
    Forwarded,
}

impl ProxyHeader {
    fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The entries of one line, the nearest hop last.
    fn entries(self, line: &str) -> Vec<&str> {
        match self {
            Self::XForwardedFor => line.split(',').collect(),
            // A quote that the client left open must not swallow what the proxy wrote behind it.
            Self::Forwarded if line.matches('"').count() % 2 == 1 => vec![""],
            Self::Forwarded => split(line, ','),
        }
    }

    /// The address that an entry of the list names, if it names one.
    fn address(self, entry: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => node(entry.trim()),
            Self::Forwarded => {
                let mut named = split(entry, ';').into_iter().filter_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("for").then_some(value)
                });
                let value = named.next()?.trim();
                if named.next().is_some() {
                    return None;
                }
                node(value.trim_matches('"'))
            }
        }
    }
}

/// The proxies in front of the server, and the header they write.
#[derive(Debug, Clone)]
pub(crate) struct Proxies {
    header: ProxyHeader,
    networks: Vec<Network>,
    unix: bool,
}

impl Proxies {
    pub(crate) fn read(header: ProxyHeader, proxies: &[&str]) -> Result<Self, ConfigError> {
        let mut read = Self {
            header,
            networks: Vec::new(),
            unix: false,
        };
        let mut faults = Vec::new();
        for text in proxies {
            match Network::read(text) {
                Some(network) => read.networks.push(network),
                None if *text == "unix" => read.unix = true,
                None => {
                    let detail = format!("{text:?} is no address, no network, and not `unix`");
                    faults.push(ConfigFault::new("CFG_PROXY", detail));
                }
            }
        }
        if proxies.is_empty() {
            let detail = "a proxy header is trusted, but the address of no proxy is named";
            faults.push(ConfigFault::new("CFG_PROXY", detail));
        }
        if faults.is_empty() {
            Ok(read)
        } else {
            Err(faults.into())
        }
    }

    /// The client behind `peer`. A header of somebody who is not one of the proxies is not read.
    /// An entry that names no address ends the walk: the hop before it is then as far as we know.
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let trusted = match peer {
            Some(address) => self.trusts(address),
            None => self.unix,
        };
        if !trusted {
            return peer;
        }
        let mut client = peer;
        let lines: Vec<_> = headers.get_all(self.header.name()).iter().collect();
        for line in lines.into_iter().rev() {
            let Ok(line) = line.to_str() else { break };
            for entry in self.header.entries(line).into_iter().rev() {
                let Some(address) = self.header.address(entry) else {
                    return client;
                };
                client = Some(address);
                if !self.trusts(address) {
                    return client;
                }
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(address))
    }
}

/// An address, or all that begin with the same bits (CIDR).
#[derive(Debug, Clone, Copy)]
struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let given: IpAddr = address.parse().ok()?;
        let most = if given.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        // `::ffff:192.0.2.0/120` is `192.0.2.0/24`.
        let first = given.to_canonical();
        let bits = if first.is_ipv4() && given.is_ipv6() {
            u32::checked_sub(bits, 96)?
        } else {
            bits
        };
        (bits <= most).then_some(Self { first, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let differing = a.to_bits() ^ b.to_bits();
                differing.leading_zeros() >= self.bits
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let differing = a.to_bits() ^ b.to_bits();
                differing.leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: Option<IpAddr> = match bare {
        Some(inner) => inner.parse().ok().filter(IpAddr::is_ipv6),
        None => text.parse().ok(),
    };
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip());
    address.or_else(with_port).map(|a| a.to_canonical())
}

/// The parts between separators that do not stand in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(proxies: &Proxies, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(proxies.header.name(), line.parse().unwrap());
        }
        let client = proxies.client(peer.parse().ok(), &headers);
        client.map_or("nobody".to_owned(), |client| client.to_string())
    }

    #[test]
    fn the_client_is_the_right_most_hop_that_is_no_proxy() {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48", "unix"];
        let proxies = Proxies::read(ProxyHeader::XForwardedFor, &trusted).unwrap();
        for (peer, lines, client) in [
            ("10.0.0.1", &["192.0.2.7"][..], "192.0.2.7"),
            ("::ffff:10.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("2001:db8:1::9", &["2001:db8:2::1"], "2001:db8:2::1"),
            ("10.0.0.1", &["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (
                "10.0.0.1",
                &["198.51.100.1, 192.0.2.7, 10.9.9.9"],
                "192.0.2.7",
            ),
            (
                "10.0.0.1",
                &["198.51.100.1", "192.0.2.7,10.9.9.9"],
                "192.0.2.7",
            ),
            ("10.0.0.1", &["::ffff:192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.7, , 10.0.0.2"], "10.0.0.2"),
            ("192.0.2.9", &["192.0.2.7"], "192.0.2.9"),
            ("11.0.0.1", &["192.0.2.7"], "11.0.0.1"),
            ("unix", &["192.0.2.7"], "192.0.2.7"),
        ] {
            assert_eq!(behind(&proxies, peer, lines), client, "{peer} {lines:?}");
        }
        let without_unix = Proxies::read(ProxyHeader::XForwardedFor, &["10.0.0.1"]).unwrap();
        assert_eq!(behind(&without_unix, "unix", &["192.0.2.7"]), "nobody");
        assert_eq!(
            behind(&without_unix, "10.0.0.2", &["192.0.2.7"]),
            "10.0.0.2"
        );
    }

    #[test]
    fn the_forwarded_header_is_read_by_its_grammar() {
        let proxies = Proxies::read(ProxyHeader::Forwarded, &["10.0.0.0/8"]).unwrap();
        for (line, client) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("by=10.0.0.1; FOR=192.0.2.7 ;proto=https", "192.0.2.7"),
            ("for=192.0.2.1, for=192.0.2.7, for=10.1.1.1", "192.0.2.7"),
            ("for=192.0.2.7;host=\"a,for=198.51.100.1\"", "192.0.2.7"),
            ("for=198.51.100.1;x=\", for=192.0.2.7", "10.0.0.1"),
            ("for=198.51.100.1;x=\", for=\"192.0.2.7\"", "10.0.0.1"),
            ("for=198.51.100.1;x=\"\\\"\", for=192.0.2.7", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=192.0.2.7;for=192.0.2.8", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("192.0.2.7", "10.0.0.1"),
        ] {
            assert_eq!(behind(&proxies, "10.0.0.1", &[line]), client, "{line}");
        }
    }

    #[test]
    fn proxies_without_readable_addresses_are_refused() {
        for proxies in [
            &[][..],
            &["proxy.example"],
            &["10.0.0.0/33"],
            &["10.0.0.0/-1"],
            &["10.0.0.0/"],
            &["2001:db8::/129"],
            &["::ffff:10.0.0.0/8"],
            &["10.0.0.1", "*"],
        ] {
            let error = Proxies::read(ProxyHeader::XForwardedFor, proxies).unwrap_err();
            assert!(
                error.faults().iter().all(|fault| fault.code == "CFG_PROXY"),
                "{proxies:?}"
            );
        }
    }
}
