//! Every message in every version: bytes made from its description survive decode-then-encode, and no bytes at all
//! make decoding panic or take memory out of proportion.
//!
//! The bytes come from a writer of its own, made from the descriptions alone; so it also judges the encoder.

#![allow(clippy::unwrap_used, reason = "a test: its helpers too may panic")]

use assay_protocol::{AnyMessage, DecodeCause, FieldSpec, Type, messages, properties};
use bytes::{BufMut, Bytes};
use proptest::prelude::*;
use proptest::test_runner::TestRng;

/// Memory in use, so that a test can see how much decoding takes.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// Writes arbitrary values of described fields.
struct Writer<'a> {
    rng: &'a mut TestRng,
    version: i16,
    flexible: bool,
    /// Adds tagged fields that no version has.
    unknown_tags: bool,
    /// Whether values must differ from every default in the tables: inside tagged fields, which are left out else.
    not_default: bool,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn below(&mut self, n: u32) -> u32 {
        self.rng.next_u32() % n
    }

    fn fields(&mut self, fields: &[FieldSpec]) {
        let version = self.version;
        let tag_of = |field: &FieldSpec| field.tag.filter(|(_, v)| v.contains(version)).map(|(tag, _)| tag);
        let present: Vec<_> = fields.iter().filter(|field| field.versions.contains(version)).collect();
        for field in present.iter().filter(|field| tag_of(field).is_none()) {
            self.value(field.ty, field.nullable.contains(version));
        }
        if self.flexible {
            let mut tagged: Vec<_> =
                present.iter().filter_map(|field| Some((tag_of(field)?, Some(field)))).collect();
            tagged.retain(|_| self.below(2) == 0);
            if self.unknown_tags {
                tagged.push((1000, None));
            }
            tagged.sort_by_key(|(tag, _)| *tag);
            self.uvarint(tagged.len() as u32);
            for (tag, field) in tagged {
                self.tagged(tag, field.copied());
            }
        }
    }

    fn tagged(&mut self, tag: u32, field: Option<&FieldSpec>) {
        let outer = (std::mem::take(&mut self.out), std::mem::replace(&mut self.not_default, true));
        match field {
            Some(field) => self.value(field.ty, false),
            None => self.out.put_slice(b"unknown"),
        }
        let value = std::mem::replace(&mut self.out, outer.0);
        self.not_default = outer.1;
        self.uvarint(tag);
        self.uvarint(value.len() as u32);
        self.out.extend(value);
    }

    fn value(&mut self, ty: Type, nullable: bool) {
        let null = nullable && !self.not_default && self.below(4) == 0;
        match ty {
            Type::Bool => {
                let value = self.not_default || self.below(2) == 0;
                self.out.put_u8(value.into());
            }
            Type::Int8 => self.number(1),
            Type::Int16 | Type::Uint16 => self.number(2),
            Type::Int32 | Type::Uint32 => self.number(4),
            Type::Int64 | Type::Float64 => self.number(8),
            Type::Uuid => self.number(16),
            Type::String => {
                let length = self.length(2, null, 12);
                let text: Vec<u8> = (0..length).map(|_| b'a' + self.below(26) as u8).collect();
                self.out.extend(text);
            }
            Type::Bytes => {
                let length = self.length(4, null, 40);
                let bytes: Vec<u8> = (0..length).map(|_| self.below(256) as u8).collect();
                self.out.extend(bytes);
            }
            Type::Array(element) => {
                for _ in 0..self.length(4, null, 4) {
                    self.value(*element, false);
                }
            }
            Type::Struct(_, fields) => self.fields(fields),
        }
    }

    /// A positive number of some bytes; no default in the tables is one of them.
    fn number(&mut self, bytes: usize) {
        let value = 1 + self.below(100);
        self.out.extend(std::iter::repeat_n(0, bytes - 1));
        self.out.put_u8(value as u8);
    }

    /// A length or null, in the version's form.
    fn length(&mut self, old_bytes: usize, null: bool, max: u32) -> u32 {
        let least = u32::from(self.not_default);
        let length = least + self.below(max);
        match (null, self.flexible, old_bytes) {
            (true, true, _) => self.uvarint(0),
            (true, false, 2) => self.out.put_i16(-1),
            (true, false, _) => self.out.put_i32(-1),
            (false, true, _) => self.uvarint(length + 1),
            (false, false, 2) => self.out.put_i16(length as i16),
            (false, false, _) => self.out.put_i32(length as i32),
        }
        if null { 0 } else { length }
    }

    fn uvarint(&mut self, value: u32) {
        if value < 0x80 {
            self.out.put_u8(value as u8);
        } else {
            self.out.put_u8(value as u8 | 0x80);
            self.uvarint(value >> 7);
        }
    }
}

fn arbitrary(message: &AnyMessage, version: i16, seed: u64, unknown_tags: bool) -> Bytes {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes);
    let flexible = message.spec.flexible.contains(version);
    let mut writer =
        Writer { rng: &mut rng, version, flexible, unknown_tags, not_default: false, out: Vec::new() };
    writer.fields(message.spec.fields);
    Bytes::from(writer.out)
}

fn every_version() -> impl Iterator<Item = (&'static AnyMessage, i16)> {
    let versions = |message: &'static AnyMessage| message.spec.versions.min..=message.spec.versions.max;
    messages::ALL.iter().flat_map(move |message| versions(message).map(move |version| (message, version)))
}

#[test]
fn any_value_of_any_version_survives_decode_then_encode() {
    for (message, version) in every_version() {
        for seed in 0..50 {
            let bytes = arbitrary(message, version, seed, false);
            let again = (message.recode)(version, bytes.clone());
            assert_eq!(again, Ok(bytes), "{} v{version} seed {seed}", message.spec.name);
        }
    }
}

#[test]
fn unknown_tagged_fields_are_skipped() {
    for (message, version) in every_version() {
        if message.spec.flexible.contains(version) {
            let bytes = arbitrary(message, version, 7, true);
            let again = (message.recode)(version, bytes.clone()).unwrap();
            assert!(again.len() < bytes.len(), "{} v{version}", message.spec.name);
            assert_eq!((message.recode)(version, again.clone()), Ok(again));
        }
    }
}

#[test]
fn a_cut_message_is_an_error_at_every_length() {
    for (message, version) in every_version() {
        let bytes = arbitrary(message, version, 3, false);
        for end in 0..bytes.len() {
            let cut = (message.recode)(version, bytes.slice(..end));
            assert!(cut.is_err(), "{} v{version} cut to {end} of {}", message.spec.name, bytes.len());
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        let error = (message.recode)(version, longer.into()).unwrap_err();
        assert_eq!(error.cause, DecodeCause::TrailingBytes(1), "{} v{version}", message.spec.name);
    }
}

#[test]
fn changed_bytes_never_panic() {
    for (message, version) in every_version() {
        let bytes = arbitrary(message, version, 11, false);
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = value;
                let _ = (message.recode)(version, changed.into());
            }
        }
    }
}

#[test]
fn versions_outside_the_table_are_refused() {
    for message in messages::ALL {
        for version in [i16::MIN, -1, message.spec.versions.max + 1, i16::MAX] {
            let cause = (message.recode)(version, Bytes::new()).unwrap_err().cause;
            assert_eq!(cause, DecodeCause::UnsupportedVersion(version), "{}", message.spec.name);
        }
    }
}

/// Bodies made to cost memory: a huge count, and as many of the smallest elements as there is room for.
#[test]
fn memory_is_in_proportion_to_the_body() {
    const MIB: usize = 1 << 20;
    for (message, version) in every_version() {
        let bodies = [vec![0x01; MIB], vec![0x00; MIB], vec![0x02; MIB], vec![0x7f; MIB], big_counts(MIB)];
        for body in bodies {
            let body = Bytes::from(body);
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let _ = (message.recode)(version, body);
            let peak = MEMORY.peak_usage().saturating_sub(before);
            // Other tests run beside this one; their share is small.
            assert!(peak < 40 * MIB, "{} v{version}: {peak} bytes", message.spec.name);
        }
    }
}

/// Every four bytes a count of a million, every varint a large one.
fn big_counts(len: usize) -> Vec<u8> {
    [0x00, 0x0f, 0xff, 0xff].into_iter().cycle().take(len).collect()
}

#[test]
fn eight_hostile_bytes_are_an_error() {
    let body = Bytes::from_static(b"\x7f\xff\xff\xff\x7f\xff\xff\xff");
    for (message, version) in every_version() {
        let _ = (message.recode)(version, body.clone());
    }
    let metadata = assay_protocol::Message::decode_body(1, body);
    let metadata: Result<messages::MetadataRequest, _> = metadata;
    assert_eq!(
        metadata.unwrap_err().to_string(),
        "an array claims 2147483647 elements but 4 bytes are left at byte 4 (field `topics`)"
    );
}

proptest! {
    #[test]
    fn any_frame(frame in prop::collection::vec(any::<u8>(), 0..400)) {
        properties::request_frame(&frame);
        properties::offsets_record(&frame);
    }

    /// Frames whose header is right, so that the body is reached.
    #[test]
    fn any_body(key in 0i16..61, version in 0i16..13, body in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut frame = Vec::new();
        frame.put_i16(key);
        frame.put_i16(version);
        frame.put_i32(1);
        frame.put_i16(-1);
        let flexible = assay_protocol::ApiKey::from_i16(key).is_some_and(|key| key.is_flexible(version));
        if flexible {
            frame.put_u8(0);
        }
        frame.extend(body);
        properties::request_frame(&frame);
    }
}
