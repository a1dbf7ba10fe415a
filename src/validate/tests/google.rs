//! Differential test against Google's `protobuf` (tests/judges/payload). Skipped, and saying so, without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use crate::judge::Judge;
use assay_schema::{ParsedSchema, SchemaType, testing::Rng};
use assay_validate::compile;
use prost_reflect::{MessageDescriptor, prost::Message};

/// What we refuse beyond Google's parsers, by a piece of the reason (`src/protobuf/mod.rs` says why).
const CHOICES: [&str; 4] = [
    "expected ",      // a known field with another wire type, which they keep as unknown
    "is longer than", // excess bits of a varint, which they drop
    "is missing",     // a required field that only a second occurrence of its message has
    "start at 1",     // a field of number 0, which Java's parser refuses as well
];

/// 50,000 payloads of generated files, most of them mutated; a million in full.
#[test]
fn accepts_nothing_that_google_refuses() {
    let Some(judge) = Judge::in_variable("ASSAY_PAYLOAD_JUDGE", "accepts_nothing_that_google_refuses") else {
        return;
    };
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = Rng::new(11);
    let (mut accepted, mut refused, mut asked) = (0, 0, 0);
    for _ in 0..if full { 20 } else { 1 } {
        let (mut cases, mut questions, mut payloads) = (Vec::new(), Vec::new(), 0);
        let mut case = |text: &str, messages: &mut dyn FnMut(&MessageDescriptor) -> Vec<Vec<u8>>| {
            let schema = common::parse(SchemaType::Protobuf, text);
            let ParsedSchema::Protobuf(proto) = &schema else { panic!("a Protobuf schema") };
            let file = proto.file_descriptor().unwrap();
            let messages = messages(&file.messages().next().unwrap());
            questions.push(format!("file\t{}\tM0", hex(&file.file_descriptor_proto().encode_to_vec())));
            questions.extend(messages.iter().map(|message| format!("payload\t{}", hex(message))));
            payloads += messages.len();
            cases.push((compile(&schema).unwrap(), text.to_owned(), messages));
            payloads
        };
        case(common::protobuf::NESTED, &mut |_| (95..105).flat_map(common::protobuf::nested).collect());
        let mutated = |descriptor: &MessageDescriptor, rng: &mut Rng| {
            let message = |round| {
                let mut message = Vec::new();
                common::protobuf::message(descriptor, rng, 0, &mut message);
                if round % 6 != 0 {
                    common::avro::mutate(&mut message, rng);
                }
                message
            };
            (0..100).map(message).collect()
        };
        loop {
            let text = common::protobuf::file(&mut rng);
            if case(&text, &mut |descriptor| mutated(descriptor, &mut rng)) >= 50_000 {
                break;
            }
        }
        asked += payloads;
        let mut answers = judge.ask("protobuf", &questions).unwrap().into_iter();
        for (validator, text, messages) in &cases {
            assert_eq!(answers.next().unwrap().as_deref(), Ok(""), "Google cannot use {text}");
            for message in messages {
                let google = answers.next().unwrap();
                let payload = [&[0], message.as_slice()].concat();
                let verdict = validator.check(&payload);
                assert_eq!(validator.accepts(&payload), Some(verdict.is_ok()), "{text} {}", hex(message));
                match (&verdict, &google) {
                    (Ok(()), Ok(_)) => accepted += 1,
                    (Ok(()), Err(why)) => panic!("accepted, but Google says {why}: {text} {}", hex(message)),
                    (Err(problem), Ok(_)) => {
                        let chosen = CHOICES.iter().any(|choice| problem.reason.contains(choice));
                        assert!(chosen, "{problem}, but Google accepts: {text} {}", hex(message));
                    }
                    (Err(_), Err(_)) => refused += 1,
                }
            }
        }
    }
    println!("{accepted} of {asked} accepted, {refused} refused by both");
    assert!(
        accepted > asked / 10 && refused > asked / 10,
        "{accepted} accepted, {refused} refused of {asked}"
    );
}

fn hex(payload: &[u8]) -> String {
    payload.iter().map(|byte| format!("{byte:02x}")).collect()
}
