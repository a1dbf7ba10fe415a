//! What visitors walk: items, entries, fields, bytes.

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor, value};
use serde::forward_to_deserialize_any;

use super::De;
use crate::avro::cursor::Cursor;
use crate::avro::fail::Fail;
use crate::avro::program::{Id, Record, Step, Type};
use crate::bytes::{Block, Reader};

/// The blocks of an array or map.
struct Blocks {
    block: Block,
    left: u64,
}

impl Blocks {
    const START: Blocks = Blocks { block: Block { items: 0, left_after: None }, left: 0 };

    /// Whether there is another item.
    #[inline]
    fn next(&mut self, reader: &mut Reader<'_>) -> Result<bool, Fail> {
        if self.left == 0 {
            reader.close(self.block)?;
            match reader.block()? {
                None => {
                    self.block = Blocks::START.block;
                    return Ok(false);
                }
                Some(block) => {
                    self.left = block.items;
                    self.block = block;
                }
            }
        }
        self.left -= 1;
        Ok(true)
    }

    fn hint(&self, reader: &Reader<'_>) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX).min(reader.left())
    }
}

/// The items of an array.
pub(super) struct Items<'a, 'p, 'de> {
    cursor: &'a mut Cursor<'p, 'de>,
    items: &'p Type,
    blocks: Blocks,
    at: usize,
    /// The first item is known to be there.
    peeked: bool,
    done: bool,
}

impl<'p, 'de> Items<'_, 'p, 'de> {
    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(
        cursor: &mut Cursor<'p, 'de>,
        items: Id,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        cursor.nested(|cursor| {
            let items = cursor.get(items);
            let mut blocks = Blocks::START;
            // The first block's count is what visitors size their memory by.
            let peeked = blocks.next(&mut cursor.reader)?;
            let mut access = Items { cursor, items, blocks, at: 0, peeked, done: !peeked };
            let value = visitor.visit_seq(&mut access)?;
            if !access.done && (access.peeked || access.blocks.next(&mut access.cursor.reader)?) {
                return Err(Fail::new(format!("the array has more than {} items", access.at)));
            }
            Ok(value)
        })
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_, 'de> {
    type Error = Fail;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fail> {
        if !std::mem::take(&mut self.peeked) && (self.done || !self.blocks.next(&mut self.cursor.reader)?) {
            self.done = true;
            return Ok(None);
        }
        let left = self.cursor.reader.left();
        let item =
            seed.deserialize(De::new(self.cursor, self.items)).map_err(|fail| fail.at_index(self.at))?;
        self.at += 1;
        if self.cursor.reader.left() == left {
            self.cursor.reader.empty()?;
        }
        Ok(Some(item))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.blocks.hint(&self.cursor.reader) + usize::from(self.peeked))
    }
}

/// The entries of a map.
pub(super) struct Entries<'a, 'p, 'de> {
    cursor: &'a mut Cursor<'p, 'de>,
    values: &'p Type,
    blocks: Blocks,
    key: &'de str,
    done: bool,
}

impl<'p, 'de> Entries<'_, 'p, 'de> {
    pub(super) fn visit<V: Visitor<'de>>(
        cursor: &mut Cursor<'p, 'de>,
        values: Id,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        cursor.nested(|cursor| {
            let values = cursor.get(values);
            let mut access = Entries { cursor, values, blocks: Blocks::START, key: "", done: false };
            let value = visitor.visit_map(&mut access)?;
            while access.next()? {
                access.cursor.skip(values)?; // entries that the visitor did not want
            }
            Ok(value)
        })
    }

    fn next(&mut self) -> Result<bool, Fail> {
        if self.done || !self.blocks.next(&mut self.cursor.reader)? {
            self.done = true;
            return Ok(false);
        }
        self.key = self.cursor.reader.str()?;
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = Fail;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fail> {
        if !self.next()? {
            return Ok(None);
        }
        seed.deserialize(Key(self.key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        seed.deserialize(De::new(self.cursor, self.values)).map_err(|fail| fail.at_key(self.key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.blocks.hint(&self.cursor.reader))
    }
}

/// The key of a map: text, or a number or boolean in text where that is asked for.
struct Key<'de>(&'de str);

macro_rules! parsed {
    ($($name:ident $visit:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            match self.0.parse() {
                Ok(key) => visitor.$visit(key),
                Err(_) => visitor.visit_borrowed_str(self.0),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Fail;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_borrowed_str(self.0)
    }

    parsed! {
        deserialize_bool visit_bool deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32
        deserialize_i64 visit_i64 deserialize_i128 visit_i128 deserialize_u8 visit_u8 deserialize_u16 visit_u16
        deserialize_u32 visit_u32 deserialize_u64 visit_u64 deserialize_u128 visit_u128
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_enum(value::BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The fields of a record, in the order of the wire.
pub(super) struct Fields<'a, 'p, 'de> {
    cursor: &'a mut Cursor<'p, 'de>,
    steps: std::slice::Iter<'p, Step>,
    current: Option<&'p Step>,
}

impl<'p, 'de> Fields<'_, 'p, 'de> {
    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(
        cursor: &mut Cursor<'p, 'de>,
        record: &'p Record,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        cursor.nested(|cursor| {
            let mut access = Fields { cursor, steps: record.steps.iter(), current: None };
            let value = visitor.visit_map(&mut access)?;
            access.rest()?;
            Ok(value)
        })
    }

    /// The same for a struct whose fields are those of the record in order, without their names. There are visitors that know names only,
    /// and say so before they have asked for a field, or that take two names for one field: the datum is then read once more.
    #[inline]
    pub(super) fn visit_places<V: Visitor<'de>>(
        cursor: &mut Cursor<'p, 'de>,
        record: &'p Record,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        cursor.nested(|cursor| {
            let mut access = Fields { cursor, steps: record.steps.iter(), current: None };
            let value = visitor.visit_seq(&mut access);
            let is_misread = match &value {
                Ok(_) => access.has_more(),
                Err(_) => access.steps.len() == record.steps.len(),
            };
            if is_misread {
                record.places.forget();
                access.cursor.is_misread = true;
            }
            let value = value?;
            access.rest()?;
            Ok(value)
        })
    }

    /// The same by place. Only where the order of the wire is that of the schema.
    pub(super) fn visit_seq<V: Visitor<'de>>(
        cursor: &mut Cursor<'p, 'de>,
        record: &'p Record,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        if !record.in_order {
            return Err(Fail::new(
                "a tuple takes a record only if writer and reader have the same order of fields",
            ));
        }
        cursor.nested(|cursor| {
            let mut access = Fields { cursor, steps: record.steps.iter(), current: None };
            let value = visitor.visit_seq(&mut access)?;
            if access.has_more() {
                return Err(Fail::new("the record has more fields than the tuple"));
            }
            access.rest()?;
            Ok(value)
        })
    }

    /// Whether there are fields that the visitor did not take.
    #[inline]
    fn has_more(&self) -> bool {
        self.steps.as_slice().iter().any(|step| !matches!(step, Step::Skip(_)))
    }

    /// The next field there is for the reader.
    #[inline]
    fn advance(&mut self) -> Result<Option<&'p Step>, Fail> {
        loop {
            match self.steps.next() {
                Some(Step::Skip(ty)) => self.cursor.skip(self.cursor.get(*ty))?,
                step => return Ok(step),
            }
        }
    }

    /// Reads past the fields that the visitor did not want.
    #[inline]
    fn rest(&mut self) -> Result<(), Fail> {
        for step in self.steps.by_ref() {
            if let Step::Read { ty, .. } | Step::Skip(ty) = step {
                self.cursor.skip(self.cursor.get(*ty))?;
            }
        }
        Ok(())
    }

    #[inline]
    fn value<T: DeserializeSeed<'de>>(&mut self, step: &'p Step, seed: T) -> Result<T::Value, Fail> {
        match step {
            Step::Read { name, ty, .. } => {
                let ty = self.cursor.get(*ty);
                seed.deserialize(De::new(self.cursor, ty)).map_err(|fail| fail.at_field(name))
            }
            Step::Default { name, ty, bytes, .. } => {
                let ty = self.cursor.get(*ty);
                let read = self.cursor.filled(*bytes, |cursor| seed.deserialize(De::new(cursor, ty)));
                read.map_err(|fail| fail.at_field(name))
            }
            Step::Skip(_) => Err(Fail::new("a skipped field has no value")),
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_, 'de> {
    type Error = Fail;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fail> {
        self.current = self.advance()?;
        match self.current {
            None => Ok(None),
            Some(Step::Read { name, .. } | Step::Default { name, .. }) => {
                let name: value::StrDeserializer<'_, Fail> = (**name).into_deserializer();
                seed.deserialize(name).map(Some)
            }
            Some(Step::Skip(_)) => Ok(None),
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        match self.current.take() {
            Some(step) => self.value(step, seed),
            None => Err(Fail::new("a value was asked for before its field")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.steps.len())
    }
}

impl<'de> SeqAccess<'de> for Fields<'_, '_, 'de> {
    type Error = Fail;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fail> {
        match self.advance()? {
            Some(step) => self.value(step, seed).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.steps.len())
    }
}

/// Bytes as a sequence of numbers.
pub(super) struct Bytes;

impl Bytes {
    pub(super) fn visit<'de, V: Visitor<'de>>(bytes: &[u8], visitor: V) -> Result<V::Value, Fail> {
        let mut access = value::SeqDeserializer::<_, Fail>::new(bytes.iter().copied());
        let value = visitor.visit_seq(&mut access)?;
        access.end()?;
        Ok(value)
    }

    /// The three numbers of a duration.
    pub(super) fn visit_words<'de, V: Visitor<'de>>(bytes: &[u8], visitor: V) -> Result<V::Value, Fail> {
        let words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        let mut access = value::SeqDeserializer::<_, Fail>::new(words);
        let value = visitor.visit_seq(&mut access)?;
        access.end()?;
        Ok(value)
    }
}
