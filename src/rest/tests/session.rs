//! A life of a registry, step by step, from a data file: what is sent, and the exact answer.
//!
//! `data/session.json` is a list of steps `{"do": "METHOD target", "send": body?, "status", "answer": JSON | "text"?}`;
//! in an expected answer `"*"` stands for anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support::Api;
use serde_json::Value;

fn matches(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::String(any), _) if any == "*" => true,
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| matches(v, w)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(v, w)| matches(v, w))
        }
        (a, b) => a == b,
    }
}

#[test]
fn every_step_answers_as_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/session.json");
    let steps: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let api = Api::new();
    let mut wrong = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let (method, target) = step["do"].as_str().unwrap().split_once(' ').unwrap();
        let body = step.get("send").map(Value::to_string).unwrap_or_default();
        let answer = api.call(method, target, &[], body.as_bytes());
        let got = match &step["answer"] {
            Value::Null => Value::Null,
            Value::Object(o) if o.contains_key("error_code") => {
                serde_json::json!({ "error_code": answer.code() })
            }
            _ if step.get("raw").is_some() => answer.text().into(),
            _ => serde_json::from_slice(&answer.body).unwrap_or_else(|_| answer.text().into()),
        };
        if u64::from(answer.status) != step["status"].as_u64().unwrap_or(200)
            || !matches(&step["answer"], &got)
        {
            wrong.push(format!(
                "step {index}: {} {}\n  {} {}",
                step["do"],
                body,
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_batch_of_associations_has_one_empty_result_a_request() {
    let api = Api::new();
    let answer = api.post("/associations:batchGet", r#"{"requests":[{"resourceName":"a"},{}]}"#);
    let results =
        r#"{"results":[{"result":{"resourceName":"a","associations":[]}},{"result":{"associations":[]}}]}"#;
    assert_eq!((answer.status, answer.text()), (207, results));
}
