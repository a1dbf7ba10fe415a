//! Opening the listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections the kernel holds for us until they are accepted.
const BACKLOG: i32 = 1024;

/// Listens on `address`, port 0 meaning any free one. An IPv6 address accepts IPv6 only, so that a v4 socket can have
/// the same port; a port left in TIME_WAIT by an earlier process can be taken over at once.
///
/// # Errors
/// The operating system's: the port is taken, the address is not ours, no permission.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_an_error() {
        let first = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let error = bind(first.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
