//! The records of `__consumer_offsets`, in Kafka's format: which group has committed what, and who is in it.
//!
//! Keys and values start with a 2-byte version. A key's version also says what kind of record it is: 0 and 1 an offset
//! commit, 2 a group. Value versions are chosen by [`OffsetCommitValue::VERSION`] and [`GroupMetadataValue::VERSION`],
//! which every Kafka since 2.3 reads. Other keys (Kafka's newer group types) are kept apart as unknown, so that a
//! replay can skip them.
//!
//! Layout: `OffsetCommitKey.json`, `OffsetCommitValue.json`, `GroupMetadataKey.json` and `GroupMetadataValue.json` of
//! Kafka's group coordinator (Apache License 2.0).

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::{DecodeCause, DecodeError};
use crate::reader::Reader;
use crate::table::Message;
use crate::{Str, Uuid};

table! {
    data [0-1], flexible [none];

    /// The key of an offset commit.
    OffsetCommitKey {
        /// The consumer group id.
        group: Str [0+];
        /// The topic name.
        topic: Str [0+];
        /// The partition index.
        partition: i32 [0+];
    }
}

table! {
    data [0-4], flexible [4+];

    /// The value of an offset commit; a null value deletes it.
    OffsetCommitValue {
        /// The next offset the group will read.
        offset: i64 [0+];
        /// The leader epoch of the last consumed record, or -1.
        leader_epoch: i32 [3+] = -1;
        /// What the client wants to keep beside it.
        metadata: Str [0+];
        /// When it was committed, in Unix milliseconds.
        commit_timestamp: i64 [0+];
        /// When it expires, in Unix milliseconds, or -1 for the broker's retention.
        expire_timestamp: i64 [1] = -1;
        /// The topic id, if known.
        topic_id: Uuid [4+] tag 0 [4+];
    }
}

table! {
    data [2], flexible [none];

    /// The key of a group.
    GroupMetadataKey {
        /// The group id.
        group: Str [2];
    }
}

table! {
    data [0-4], flexible [4+];

    /// The value of a group: its generation and members; a null value deletes it.
    GroupMetadataValue {
        /// The protocol type, such as `consumer` or `connect`.
        protocol_type: Str [0+];
        /// The generation.
        generation: i32 [0+];
        /// The protocol the members agreed on.
        protocol: Option<Str> [0+] null [0+];
        /// The member id of the leader.
        leader: Option<Str> [0+] null [0+];
        /// When the group entered its state, in Unix milliseconds, or -1.
        current_state_timestamp: i64 [2+] = -1;
        /// The members.
        members: Vec<MemberMetadata> [0+];
    }

    /// An element of `members`.
    MemberMetadata {
        /// The member id.
        member_id: Str [0+];
        /// The static member's own name, or null.
        group_instance_id: Option<Str> [3+] null [3+] = None;
        /// The client id.
        client_id: Str [0+];
        /// The client's address.
        client_host: Str [0+];
        /// The rebalance timeout in milliseconds.
        rebalance_timeout: i32 [1+] = -1;
        /// The session timeout in milliseconds.
        session_timeout: i32 [0+];
        /// What the member sent for the chosen protocol.
        subscription: Bytes [0+];
        /// What the leader assigned to the member.
        assignment: Bytes [0+];
    }
}

impl OffsetCommitKey {
    /// The version written.
    pub const VERSION: i16 = 1;
}

impl OffsetCommitValue {
    /// The version written: with the leader epoch, not flexible (as Kafka 2.1 to 4.0 write).
    pub const VERSION: i16 = 3;
}

impl GroupMetadataKey {
    /// The version written.
    pub const VERSION: i16 = 2;
}

impl GroupMetadataValue {
    /// The version written: with static members, not flexible (as Kafka 2.3 to 4.0 write).
    pub const VERSION: i16 = 3;
}

/// A decoded key of the topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// Whose value is an [`OffsetCommitValue`].
    OffsetCommit(OffsetCommitKey),
    /// Whose value is a [`GroupMetadataValue`].
    GroupMetadata(GroupMetadataKey),
    /// A kind of record that is not spoken here, with its number: skip it.
    Unknown(i16),
}

impl Key {
    /// Reads a record's key.
    ///
    /// # Errors
    /// The bytes are not a key of the kind they claim.
    pub fn decode(key: Bytes) -> Result<Key, DecodeError> {
        let mut r = Reader::new(key);
        match read_version(&mut r)? {
            version @ 0..=1 => OffsetCommitKey::decode(version, &mut r).map(Key::OffsetCommit),
            version @ 2 => GroupMetadataKey::decode(version, &mut r).map(Key::GroupMetadata),
            version => Ok(Key::Unknown(version)),
        }
    }

    /// The record key's bytes. An unknown key has only its number.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        match self {
            Key::OffsetCommit(key) => encode(OffsetCommitKey::VERSION, key),
            Key::GroupMetadata(key) => encode(GroupMetadataKey::VERSION, key),
            Key::Unknown(version) => Bytes::copy_from_slice(&version.to_be_bytes()),
        }
    }
}

/// A record's bytes: the 2-byte version, then the message in that version.
#[must_use]
pub fn encode<M: Message>(version: i16, message: &M) -> Bytes {
    let mut out = BytesMut::with_capacity(64);
    out.put_i16(version);
    message.encode(version, &mut out);
    out.freeze()
}

/// Reads a record's value (or a key of known kind): the 2-byte version, then the message.
///
/// # Errors
/// The version is not known, or the bytes are malformed.
pub fn decode<M: Message>(bytes: Bytes) -> Result<M, DecodeError> {
    let mut r = Reader::new(bytes);
    let version = read_version(&mut r)?;
    let message = M::decode(version, &mut r)?;
    match r.remaining() {
        0 => Ok(message),
        left => Err(r.error(DecodeCause::TrailingBytes(left))),
    }
}

fn read_version(r: &mut Reader) -> Result<i16, DecodeError> {
    r.array().map(i16::from_be_bytes).map_err(|e| e.in_field("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_commit_has_kafkas_bytes() {
        let key = Key::OffsetCommit(OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 5 });
        assert_eq!(&key.encode()[..], b"\0\x01\0\x01g\0\x01t\0\0\0\x05");
        assert_eq!(Key::decode(key.encode()), Ok(key));

        let value =
            OffsetCommitValue { offset: 7, metadata: "m".into(), commit_timestamp: 9, ..Default::default() };
        let bytes = encode(OffsetCommitValue::VERSION, &value);
        assert_eq!(&bytes[..], b"\0\x03\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\0\x01m\0\0\0\0\0\0\0\x09");
        assert_eq!(decode(bytes), Ok(value));
    }

    #[test]
    fn every_value_version_is_read() {
        let member = MemberMetadata { member_id: "m-1".into(), session_timeout: 10, ..Default::default() };
        let group = GroupMetadataValue {
            protocol_type: "consumer".into(),
            members: vec![member],
            ..Default::default()
        };
        for version in 0..=4 {
            let read: GroupMetadataValue = decode(encode(version, &group)).unwrap();
            assert_eq!(read.members[0].member_id, "m-1");
            let value = OffsetCommitValue { offset: i64::from(version), ..Default::default() };
            assert_eq!(decode(encode(version, &value)), Ok(value));
        }
    }

    #[test]
    fn foreign_and_broken_keys() {
        assert_eq!(Key::decode(Bytes::from_static(&[0, 3, 1, 2])), Ok(Key::Unknown(3)));
        assert!(Key::decode(Bytes::from_static(&[0])).is_err());
        assert!(Key::decode(Bytes::from_static(&[0, 1, 0, 9])).is_err());
        let cause = decode::<OffsetCommitValue>(Bytes::from_static(&[0, 9])).unwrap_err().cause;
        assert_eq!(cause, DecodeCause::UnsupportedVersion(9));
    }
}
