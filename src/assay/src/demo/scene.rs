//! What happens in the demo, in which order. A step that does not end as it should ends the demo with an error.

use std::time::Instant;

use assay_client::{Client, ClientError, Normalize, Schema};
use assay_wire::SchemaId;

use super::records::{self, Attempt, EXAMPLES, Example};
use super::show::Show;
use super::wire::{Kafka, Outcome, Topic};
use crate::error::Fatal;
use crate::serve::{Running, millis};

/// What has been seen so far.
#[derive(Default)]
struct Count {
    stored: usize,
    refused: usize,
}

/// Plays it against a running server.
///
/// # Errors
/// A server that refuses what is good, stores what is bad, or does not answer.
pub(crate) async fn play(running: &Running, show: &Show, begun: Instant) -> Result<(), Fatal> {
    let ready = running.ready();
    let (http, kafka) = (first(&ready.http), first(&ready.kafka));
    show.started(http, kafka);
    let registry = Client::connect(http).map_err(registry_failed)?;
    let mut kafka = Kafka::connect(kafka, running.refusals()).await?;
    let mut count = Count::default();

    let ids = register_all(&registry).await?;
    for (example, id) in EXAMPLES.iter().zip(ids) {
        show.registered(&example.subject(), example.schema_type.as_str(), id.get());
        let attempts = match example.schema_type {
            assay_schema::SchemaType::Avro => records::avro(&registry, ids[1]).await?,
            assay_schema::SchemaType::Protobuf => records::protobuf(id),
            assay_schema::SchemaType::Json => records::json(id),
        };
        let topic = kafka.create_topic(example.topic).await?;
        produce(&mut kafka, &topic, example, &attempts, show, &mut count).await?;
        read_back(&topic, example, &attempts, show).await?;
        if example.schema_type == assay_schema::SchemaType::Avro {
            refuse_incompatible(&registry, example, show).await?;
        }
    }
    show.done(count.stored, count.refused, millis(begun.elapsed()));
    Ok(())
}

async fn register_all(registry: &Client) -> Result<[SchemaId; 3], Fatal> {
    let mut ids = Vec::new();
    for example in &EXAMPLES {
        let schema = Schema::new(example.schema_type, example.text);
        let registered = registry.register(&example.subject(), &schema, Normalize::Default).await;
        ids.push(registered.map_err(registry_failed)?.id);
    }
    ids.try_into().map_err(|_| Fatal::Demo("three schemas make three ids".to_owned()))
}

async fn produce(
    kafka: &mut Kafka,
    topic: &Topic,
    example: &Example,
    attempts: &[Attempt],
    show: &Show,
    count: &mut Count,
) -> Result<(), Fatal> {
    for attempt in attempts {
        match (kafka.produce(topic, &attempt.values).await?, attempt.wrong) {
            (Outcome::Stored(offsets), None) => {
                for (offset, shown) in offsets.iter().zip(&attempt.shown) {
                    show.stored(example.topic, *offset, shown);
                    count.stored += 1;
                }
            }
            (Outcome::Refused(refusal), Some(wrong)) => {
                show.refused(example.topic, wrong, &refusal);
                count.refused += 1;
            }
            (Outcome::Stored(_), Some(wrong)) => {
                return Err(Fatal::Demo(format!("{}: {wrong}: was stored", example.topic)));
            }
            (Outcome::Refused(refusal), None) => {
                return Err(Fatal::Demo(format!(
                    "{}: a good record was refused: {refusal:?}",
                    example.topic
                )));
            }
        }
    }
    Ok(())
}

async fn read_back(topic: &Topic, example: &Example, attempts: &[Attempt], show: &Show) -> Result<(), Fatal> {
    let good: Vec<&Vec<u8>> = attempts.iter().filter(|a| a.wrong.is_none()).flat_map(|a| &a.values).collect();
    let read = topic.read().await?;
    if read.iter().map(|(_, value)| value).ne(good) {
        return Err(Fatal::Demo(format!("{}: what was read is not what was stored", example.topic)));
    }
    let offsets: Vec<i64> = read.iter().map(|(offset, _)| *offset).collect();
    show.read_back(example.topic, &offsets);
    Ok(())
}

async fn refuse_incompatible(registry: &Client, example: &Example, show: &Show) -> Result<(), Fatal> {
    let schema = Schema::new(example.schema_type, &records::incompatible_avro());
    match registry.register(&example.subject(), &schema, Normalize::Default).await {
        Err(ClientError::Api { status: status @ 409, error_code, message, .. }) => {
            show.incompatible(&example.subject(), status, error_code, &message);
            Ok(())
        }
        Err(error) => Err(registry_failed(error)),
        Ok(_) => Err(Fatal::Demo("an incompatible schema was registered".to_owned())),
    }
}

fn first(list: &[String]) -> &str {
    list.first().map(String::as_str).unwrap_or_default()
}

fn registry_failed(error: ClientError) -> Fatal {
    Fatal::Demo(format!("the registry client: {error}"))
}
