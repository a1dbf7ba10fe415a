//! InitProducerId, key 22, v0-v4.
//! v3 the producer's present id and epoch (KIP-360). Without a transactional id every call gets a fresh id, as Kafka
//! does; ids come from persisted blocks and never repeat. Transactional ids are refused.

use assay_protocol::messages::InitProducerIdRequest;
use assay_protocol::messages::init_producer_id::InitProducerIdResponse;
use assay_protocol::{ApiKey, ErrorCode};

use crate::dispatch::{Api, Cx, answer, blocking};

pub(crate) const API: Api =
    Api { key: ApiKey::InitProducerId, min: 0, max: 4, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: InitProducerIdRequest) -> InitProducerIdResponse {
    if let Some(id) = request.transactional_id {
        tracing::warn!(client_id = %cx.request.client_id, transactional_id = %id, "{}", crate::core::NO_TRANSACTIONS);
        return failed(ErrorCode::TransactionalIdAuthorizationFailed);
    }
    if (request.producer_id < 0) != (request.producer_epoch < 0) {
        return failed(ErrorCode::InvalidRequest);
    }
    let core = cx.core.clone();
    match blocking(move || core.metadata.next_producer_id()).await {
        Some(Ok(id)) => InitProducerIdResponse { producer_id: id, producer_epoch: 0, ..Default::default() },
        Some(Err(error)) => {
            tracing::error!(%error, "no producer id could be reserved");
            failed(ErrorCode::KafkaStorageError)
        }
        None => failed(ErrorCode::UnknownServerError),
    }
}

fn failed(error: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: error.into(),
        producer_id: -1,
        producer_epoch: -1,
        ..Default::default()
    }
}
