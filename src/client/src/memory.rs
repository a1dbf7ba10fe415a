//! A registry in memory, behind the same requests a real one answers (contract 1.3 to 1.5, 2.1 to 2.6), for tests.
//!
//! Not here: compatibility, config, modes, associations, tags. They are refused, so that no test passes for what was not tried.

use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{ClientError, http::Request};

mod deletion;
mod state;
mod write;

use state::{Refusal, State};

/// See the module.
#[derive(Default)]
pub(crate) struct Memory(Mutex<State>);

/// What a request asks with: `key=value` pairs.
struct Query<'a>(&'a [(&'a str, &'a str)]);

impl<'a> Query<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn all(&self, key: &str) -> Vec<&'a str> {
        self.0.iter().filter(|(name, _)| *name == key).map(|(_, value)| *value).collect()
    }

    fn is(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

impl Memory {
    /// What errors show as the URL.
    pub(crate) const URL: &'static str = "memory:";

    pub(crate) fn send<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, ClientError> {
        let url = || format!("{}/{}", Memory::URL, request.path.join("/"));
        let answered = self.answer(request).map_err(|Refusal { code, message }| ClientError::Api {
            url: url(),
            status: u16::try_from(if code < 1000 { code } else { code / 100 }).unwrap_or(500),
            error_code: code,
            message,
        })?;
        serde_json::from_value(answered)
            .map_err(|error| ClientError::Answer { url: url(), reason: error.to_string() })
    }

    fn answer(&self, request: &Request<'_>) -> Result<Value, Refusal> {
        let query = Query(request.query);
        let body: Value = match &request.body {
            Some(body) => serde_json::from_str(body)
                .map_err(|error| Refusal { code: 400, message: error.to_string() })?,
            None => Value::Null,
        };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if request.method == Method::GET {
            return read(&state, request.path, &query);
        }
        if request.method == Method::POST {
            match request.path {
                ["subjects", subject] => state.lookup(subject, body, &query),
                ["subjects", subject, "versions"] => state.register(subject, body, &query),
                _ => Err(not_here(request)),
            }
        } else if request.method == Method::DELETE {
            match request.path {
                ["subjects", subject] => state.delete_subject(subject, query.is("permanent")),
                ["subjects", subject, "versions", version] => {
                    state.delete_version(subject, version, query.is("permanent"))
                }
                _ => Err(not_here(request)),
            }
        } else {
            Err(not_here(request))
        }
    }
}

fn read(state: &State, path: &[&str], query: &Query<'_>) -> Result<Value, Refusal> {
    let deleted = query.is("deleted");
    match path {
        [] => Ok(json!({})),
        ["schemas", "types"] => Ok(json!(["JSON", "PROTOBUF", "AVRO"])),
        ["schemas", "ids", id] => state.by_id(id, query.get("subject")),
        ["schemas", "ids", id, "versions"] => state.places(id, query.get("subject"), deleted),
        ["schemas", "guids", guid] => state.by_guid(guid),
        ["schemas", "guids", guid, "ids"] => state.ids_by_guid(guid),
        ["subjects"] => Ok(state.subjects(query.get("subjectPrefix"), deleted)),
        ["subjects", subject, "versions"] => state.versions(subject, deleted),
        ["subjects", subject, "versions", version] => state.version(subject, version, deleted),
        ["subjects", subject, "metadata"] => {
            let pairs: Vec<_> = query.all("key").into_iter().zip(query.all("value")).collect();
            state.with_metadata(subject, &pairs, deleted)
        }
        ["config" | "mode", ..] if query.is("defaultToGlobal") || path.len() == 1 => {
            Ok(json!({"compatibilityLevel": "NONE", "mode": "READWRITE"}))
        }
        ["associations", "resources", ..] => Ok(json!([])),
        _ => Err(Refusal {
            code: 501,
            message: format!("the in-memory registry has no GET /{}", path.join("/")),
        }),
    }
}

fn not_here(request: &Request<'_>) -> Refusal {
    let path = request.path.join("/");
    Refusal { code: 501, message: format!("the in-memory registry has no {} /{path}", request.method) }
}
