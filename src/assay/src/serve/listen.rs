//! Listening addresses: parsing, binding, and what clients are told to connect to.

use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};

use crate::error::Fatal;

/// The name of a listener that is given none. Source: Kafka's `listeners`.
const DEFAULT_NAME: &str = "PLAINTEXT";

/// One bound Kafka socket and the address its clients are told.
#[derive(Debug)]
pub(crate) struct Bound {
    /// Listener name.
    pub(crate) name: String,
    /// The bound socket, non-blocking.
    pub(crate) socket: TcpListener,
    /// Host and port for Metadata.
    pub(crate) advertised: (String, u16),
}

/// What is being bound, for messages.
#[derive(Clone, Copy)]
pub(crate) struct What {
    /// `the registry` or `Kafka`.
    pub(crate) name: &'static str,
    /// The flag that changes it.
    pub(crate) flag: &'static str,
}

/// The registry's sockets.
pub(crate) const HTTP: What = What { name: "the registry", flag: "--http-listen" };
/// The broker's sockets.
pub(crate) const KAFKA: What = What { name: "Kafka", flag: "--kafka-listen" };

/// Binds a comma-separated list. With `default`, an address of a family this machine lacks is left out; otherwise it is an
/// error. Port 0 takes a free port, the same one for the whole list where it can.
pub(crate) fn bind_all(list: &str, default: bool, what: What) -> Result<Vec<(String, TcpListener)>, Fatal> {
    let mut bound: Vec<(String, TcpListener)> = Vec::new();
    for (name, mut address) in addresses(list, what)? {
        if address.port() == 0
            && let Some(port) = port_to_share(&bound, address.ip())
        {
            address.set_port(port);
        }
        match assay_net::bind(address) {
            Ok(socket) => bound.push((name, socket)),
            Err(error) if default && address.is_ipv6() && no_such_family(&error) => {
                tracing::info!(%address, "no IPv6 loopback on this machine, left out");
            }
            Err(source) => return Err(Fatal::Bind { address, what: what.name, flag: what.flag, source }),
        }
    }
    if bound.is_empty() {
        return Err(Fatal::Config(format!("{} {list:?}: no address to listen on", what.flag)));
    }
    Ok(bound)
}

/// The port an earlier address of the list got, unless this very IP has it already.
fn port_to_share(bound: &[(String, TcpListener)], ip: IpAddr) -> Option<u16> {
    let taken: Vec<SocketAddr> = bound.iter().filter_map(|(_, s)| s.local_addr().ok()).collect();
    if taken.iter().any(|a| a.ip() == ip) { None } else { taken.first().map(SocketAddr::port) }
}

/// Binds the Kafka listeners and settles what each advertises.
///
/// # Errors
/// A wildcard address without an advertised one is refused before anything is bound: clients would be told `0.0.0.0`.
pub(crate) fn bind_kafka(list: &str, default: bool, advertised: Option<&str>) -> Result<Vec<Bound>, Fatal> {
    let told = advertised.map(parse_advertised).transpose()?.unwrap_or_default();
    for (name, address) in addresses(list, KAFKA)? {
        if address.ip().is_unspecified() && told_for(&told, &name).is_none() {
            return Err(Fatal::Config(format!(
                "--kafka-listen {address} accepts clients on every interface but does not say what they should connect to; \
                 add --kafka-advertised HOST:{} with a host name or address that your clients can reach",
                address.port()
            )));
        }
    }
    let sockets = bind_all(list, default, KAFKA)?;
    sockets
        .into_iter()
        .map(|(name, socket)| {
            let local =
                socket.local_addr().map_err(|source| Fatal::Io { what: "listener address", source })?;
            let advertised = match told_for(&told, &name) {
                Some((host, 0)) => (host.clone(), local.port()),
                Some(told) => told.clone(),
                None => (local.ip().to_string(), local.port()),
            };
            Ok(Bound { name, socket, advertised })
        })
        .collect()
}

type Told = Vec<(Option<String>, (String, u16))>;

fn told_for<'a>(told: &'a Told, name: &str) -> Option<&'a (String, u16)> {
    let by_name = told.iter().find(|(n, _)| n.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)));
    by_name.or_else(|| told.iter().find(|(n, _)| n.is_none())).map(|(_, address)| address)
}

fn split_name(entry: &str) -> (Option<&str>, &str) {
    entry.split_once("://").map_or((None, entry), |(name, rest)| (Some(name), rest))
}

fn parse_advertised(list: &str) -> Result<Told, Fatal> {
    list.split(',')
        .map(str::trim)
        .filter(|e| !e.is_empty())
        .map(|entry| {
            let (name, address) = split_name(entry);
            let bad = |why: &str| Fatal::Config(format!("--kafka-advertised {entry:?}: {why}"));
            let (host, port) = address.rsplit_once(':').ok_or_else(|| bad("expected HOST:PORT"))?;
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let port = port.parse().map_err(|_| bad("the port is a number from 0 to 65535"))?;
            if host.is_empty() || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
                return Err(bad("expected a host that clients can reach"));
            }
            Ok((name.map(str::to_owned), (host.to_owned(), port)))
        })
        .collect()
}

fn addresses(list: &str, what: What) -> Result<Vec<(String, SocketAddr)>, Fatal> {
    let mut found = Vec::new();
    for entry in list.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        let (name, address) = split_name(entry);
        let resolved = address
            .to_socket_addrs()
            .map_err(|e| Fatal::Config(format!("{} {entry:?}: expected HOST:PORT ({e})", what.flag)))?;
        found.extend(resolved.map(|a| (name.unwrap_or(DEFAULT_NAME).to_uppercase(), a)));
    }
    if found.is_empty() {
        return Err(Fatal::Config(format!("{} {list:?}: expected HOST:PORT", what.flag)));
    }
    Ok(found)
}

fn no_such_family(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, Unsupported};
    matches!(error.kind(), AddrNotAvailable | Unsupported) || error.raw_os_error() == Some(97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_without_an_advertised_address_is_refused_with_the_advice() {
        for list in ["0.0.0.0:0", "[::]:0", "127.0.0.1:0,OUT://0.0.0.0:0"] {
            let error = bind_kafka(list, false, None).unwrap_err().to_string();
            assert!(error.contains("--kafka-advertised"), "{error}");
        }
        let error = bind_kafka("0.0.0.0:0", false, Some("0.0.0.0:9092")).unwrap_err().to_string();
        assert!(error.contains("clients can reach"), "{error}");
    }

    #[test]
    fn each_listener_advertises_its_own_address() {
        let told = Some("OUT://kafka.example:19092");
        let bound = bind_kafka("IN://127.0.0.1:0,OUT://127.0.0.1:0", false, told).unwrap();
        assert_eq!(bound[0].advertised.0, "127.0.0.1");
        assert_eq!(bound[1].advertised, ("kafka.example".to_owned(), 19092));
        let bound = bind_kafka("0.0.0.0:0", false, Some("kafka.example:0")).unwrap();
        assert_eq!(bound[0].advertised.1, bound[0].socket.local_addr().unwrap().port());
    }

    #[test]
    fn a_taken_port_names_the_address_and_the_flag() {
        let first = bind_all("127.0.0.1:0", false, HTTP).unwrap();
        let address = first[0].1.local_addr().unwrap();
        let error = bind_all(&address.to_string(), false, HTTP).unwrap_err().to_string();
        assert!(error.contains(&address.to_string()) && error.contains("--http-listen"), "{error}");
    }
}
