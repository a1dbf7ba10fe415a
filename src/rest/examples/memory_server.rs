//! The HTTP API over an in-memory registry, for trying clients: `cargo run -p assay-rest --example memory_server 8081`.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use assay_registry::{MemoryStore, Registry, RegistryConfig};
use assay_rest::{RestConfig, start};

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |text| text.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("listening on http://{}", listener.local_addr()?);
    let registry =
        Registry::open(Arc::new(MemoryStore::default()), RegistryConfig::default(), Arc::new(now_ms))?;
    let (server, _) = start(vec![listener], Arc::new(registry), RestConfig::default())?;
    server.await?;
    Ok(())
}
