//! A broker without a registry, for trying clients by hand. Topics named `checked*` take framed Avro strings of schema 1.
//! `cargo run -p assay-broker --example plain_broker -- <directory> <port>`; ends on Ctrl-C.

use std::sync::Arc;

use assay_broker::{Broker, BrokerConfig};
use assay_net::{Listener, NetConfig};
use assay_validate::schema::{Context, Guid, Limits, SchemaId, SchemaType, Strictness, Subject, Version};
use assay_validate::{Compiled, Fact, RecordNames, Resolution, SchemaSource, compile};

/// No registry: but schema 1 is the Avro type `string`, registered for topics whose name begins with `checked`.
struct OneSchema(Arc<Compiled>);

impl SchemaSource for OneSchema {
    fn by_id(&self, _: &Context, id: SchemaId) -> Resolution {
        if id == self.0.id { Resolution::Ready(self.0.clone()) } else { Resolution::Unknown }
    }
    fn by_guid(&self, _: &Guid) -> Resolution {
        Resolution::Unknown
    }
    fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
        Fact::Known(is_checked(subject))
    }
    fn version_in(&self, _: &Context, _: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        self.latest_version(subject)
    }
    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        Fact::Known(is_checked(subject).then(|| Version::new(1)).flatten())
    }
}

fn is_checked(subject: &Subject) -> bool {
    subject.name().starts_with("checked") && subject.name().ends_with("-value")
}

fn one_schema() -> Result<OneSchema, Box<dyn std::error::Error>> {
    let parsed = assay_validate::schema::parse(
        SchemaType::Avro,
        "\"string\"",
        &[],
        Strictness::New,
        &Limits::default(),
    )?;
    Ok(OneSchema(Arc::new(Compiled {
        context: Context::default(),
        id: SchemaId::new(1).ok_or("an id")?,
        schema_type: SchemaType::Avro,
        record_names: RecordNames::of(&parsed),
        validator: compile(&parsed).map(Arc::new),
    })))
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
    let broker = Broker::open(dir.as_ref(), BrokerConfig::default(), &listeners, Arc::new(one_schema()?))?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(assay_net::serve(
        vec![(socket, listener)],
        broker.clone(),
        NetConfig::default(),
        stopped,
    ));
    tokio::signal::ctrl_c().await?;
    stop.send(true)?;
    broker.drain();
    serving.await??;
    broker.shutdown().await?;
    Ok(())
}
