//! The exact JSON of every answer, for both generations: `goldens/requests.txt` against `goldens/generation-7.txt` and `-8.txt`.
//! `UPDATE_GOLDENS=1 cargo test -p assay-rest --test it goldens` writes them anew; read the difference before you commit it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use crate::support::Api;
use assay_rest::{Generation, ROUTES, RestConfig, Verb};

const REQUESTS: &str = include_str!("goldens/requests.txt");

fn answers(generation: Generation) -> String {
    let api = Api::with(RestConfig { generation, ..RestConfig::default() });
    let mut out = String::new();
    for line in REQUESTS.lines() {
        let (method, rest) = line.split_once(' ').unwrap();
        let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let headers: &[&str] = if body.is_empty() { &[] } else { &["Content-Type: application/json"] };
        let answer = api.call(method, path, headers, body.as_bytes());
        out.push_str(&format!("{line}\n  {} {}\n", answer.status, answer.text()));
    }
    out
}

fn compare(generation: Generation, name: &str) {
    let path = format!("{}/tests/goldens/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let got = answers(generation);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (number, (expected, got)) in expected.lines().zip(got.lines()).enumerate() {
        assert_eq!(expected, got, "{name}.txt:{}", number + 1);
    }
    assert_eq!(expected.lines().count(), got.lines().count());
}

#[test]
fn generation_8() {
    compare(Generation::Eight, "generation-8");
}

#[test]
fn generation_7() {
    compare(Generation::Seven, "generation-7");
}

/// A new route needs a golden; what answers a number, a text or nothing special is listed.
#[test]
fn every_route_has_a_golden() {
    const WITHOUT: &[&str] = &[
        "getMetrics",
        "postRoot",
        "changeTags",
        "getVersionsById",
        "getIdsByGuid",
        "checkCompatibilityVersion",
        "deleteGlobalMode",
        "getAssociationsOfResourceName",
        "getAssociationsOfResource",
        "putAssociations",
        "batchGetAssociations",
        "batchMutateAssociations",
    ];
    let asked: BTreeSet<(String, String)> = REQUESTS
        .lines()
        .map(|line| {
            let mut words = line.split(' ');
            let (method, path) = (words.next().unwrap(), words.next().unwrap());
            (method.to_owned(), path.split('?').next().unwrap().to_owned())
        })
        .collect();
    let fits = |pattern: &str, path: &str| {
        let (a, b): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(p, s)| p.starts_with('{') || p == s)
    };
    let missing: Vec<&str> = ROUTES
        .iter()
        .filter(|route| !WITHOUT.contains(&route.id))
        .filter(|route| !asked.iter().any(|(m, p)| Verb::of(m) == Some(route.verb) && fits(route.path, p)))
        .map(|route| route.id)
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "routes without a golden");
}
