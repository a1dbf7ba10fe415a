//! Maps, as maps or as records whose fields are the keys (structs with `flatten` come as maps).

use serde::{Serialize, ser::SerializeMap};

use super::super::fail::Fail;
use super::super::program::{Node, Program, Type};
use super::{Ser, block::Block, key::Key, record::Fields};
use crate::bytes;

/// A map being written.
pub(in super::super) enum Map<'p, 'o> {
    Entries {
        program: &'p Program,
        values: &'p Type,
        out: &'o mut Vec<u8>,
        depth: u32,
        block: Block,
        key: String,
    },
    Record {
        fields: Fields<'p, 'o>,
        key: Option<String>,
    },
}

impl<'p, 'o> Map<'p, 'o> {
    pub(super) fn new(ser: Ser<'p, 'o>, length: Option<usize>) -> Result<Map<'p, 'o>, Fail> {
        match &ser.ty.node {
            Node::Map(values) => {
                let (program, depth) = (ser.program, ser.deeper()?);
                let block = Block::begin(ser.out, length);
                let values = program.get(*values);
                Ok(Map::Entries { program, values, out: ser.out, depth, block, key: String::new() })
            }
            Node::Record(record) => Ok(Map::Record { fields: Fields::new(ser, record)?, key: None }),
            _ => Err(ser.mismatch("a map")),
        }
    }
}

impl SerializeMap for Map<'_, '_> {
    type Ok = ();
    type Error = Fail;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fail> {
        match self {
            Map::Entries { out, key: shown, .. } => key.serialize(Key(|key: &str| {
                bytes::put_str(out, key);
                shown.clear();
                shown.push_str(key); // for the path of an error
                Ok(())
            })),
            Map::Record { key: pending, .. } => key.serialize(Key(|key: &str| {
                *pending = Some(key.to_owned());
                Ok(())
            })),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
        match self {
            Map::Entries { program, values, out, depth, block, key } => {
                block.count += 1;
                let ser = Ser { program, ty: values, out, depth: *depth, some: false };
                value.serialize(ser).map_err(|fail| fail.at_key(key))
            }
            Map::Record { fields, key } => match key.take() {
                Some(key) => fields.named(&key, |ser| value.serialize(ser)),
                None => Err(Fail::new("a value without a key")),
            },
        }
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Fail> {
        match self {
            Map::Entries { program, values, out, depth, block, .. } => {
                block.count += 1;
                key.serialize(Key(|key: &str| {
                    bytes::put_str(out, key);
                    let ser = Ser { program, ty: values, out, depth: *depth, some: false };
                    value.serialize(ser).map_err(|fail| fail.at_key(key))
                }))
            }
            Map::Record { fields, .. } => {
                key.serialize(Key(|key: &str| fields.named(key, |ser| value.serialize(ser))))
            }
        }
    }

    fn end(self) -> Result<(), Fail> {
        match self {
            Map::Entries { out, block, .. } => {
                block.end(out);
                Ok(())
            }
            Map::Record { fields, .. } => fields.end(),
        }
    }
}
