//! A broker without a registry, for trying clients by hand: nothing is validated.
//! `cargo run -p assay-broker --example plain_broker -- <directory> <port>`; ends on Ctrl-C.

use std::sync::Arc;

use assay_broker::{Broker, BrokerConfig};
use assay_net::{Listener, NetConfig};
use assay_validate::{Resolution, SchemaSource};

struct NoSchemas;

impl SchemaSource for NoSchemas {
    fn by_id(&self, _: &assay_schema::Context, _: assay_schema::SchemaId) -> Resolution {
        Resolution::Unknown
    }
    fn by_guid(&self, _: &assay_schema::Guid) -> Resolution {
        Resolution::Unknown
    }
    fn subject_exists(&self, _: &assay_schema::Subject) -> bool {
        false
    }
    fn version_in(
        &self,
        _: &assay_schema::Context,
        _: assay_schema::SchemaId,
        _: &assay_schema::Subject,
    ) -> Option<assay_schema::Version> {
        None
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: plain_broker <directory> <port>")?;
    let port: u16 = args.next().ok_or("usage: plain_broker <directory> <port>")?.parse()?;
    let socket = assay_net::bind(([127, 0, 0, 1], port).into())?;
    let listener = Arc::new(Listener {
        name: "PLAINTEXT".into(),
        advertised: ("127.0.0.1".into(), socket.local_addr()?.port()),
    });
    let listeners = [listener.clone()];
    let broker = Broker::open(dir.as_ref(), BrokerConfig::default(), &listeners, Arc::new(NoSchemas))?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(assay_net::serve(
        vec![(socket, listener)],
        broker.clone(),
        NetConfig::default(),
        stopped,
    ));
    tokio::signal::ctrl_c().await?;
    stop.send(true)?;
    serving.await??;
    broker.shutdown().await?;
    Ok(())
}
