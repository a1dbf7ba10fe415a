//! Maps with text keys. Of two entries with one key the last is kept, as Java's decoder does.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::{AvroDecode, AvroEncode, AvroType, DecodeError, Shape, impls::reserved, impls::shape_around};
use crate::bytes::{Reader, Writer, put_block, put_end, put_str};

impl<K, V: AvroType, S> AvroType for HashMap<K, V, S> {
    shape_around!(V, Shape::Map);
}

impl<K, V: AvroType> AvroType for BTreeMap<K, V> {
    shape_around!(V, Shape::Map);
}

fn size<'m, K: AsRef<str> + 'm, V: AvroEncode + 'm>(
    entries: impl Iterator<Item = (&'m K, &'m V)>,
    depth: u32,
) -> usize {
    let Some(depth) = depth.checked_sub(1) else { return 6 };
    entries.map(|(key, value)| key.as_ref().len() + 5 + value.size(depth)).sum::<usize>() + 6
}

fn encode<'m, K: AsRef<str> + 'm, V: AvroEncode + 'm>(
    entries: impl ExactSizeIterator<Item = (&'m K, &'m V)>,
    out: &mut Writer,
) {
    put_block(out, entries.len());
    out.nested(|out| {
        entries.for_each(|(key, value)| {
            put_str(out, key.as_ref());
            value.encode(out);
        });
    });
    put_end(out);
}

impl<K: AsRef<str>, V: AvroEncode, S> AvroEncode for HashMap<K, V, S> {
    fn size(&self, depth: u32) -> usize {
        size(self.iter(), depth)
    }

    fn encode(&self, out: &mut Writer) {
        encode(self.iter(), out);
    }
}

impl<K: AsRef<str>, V: AvroEncode> AvroEncode for BTreeMap<K, V> {
    fn size(&self, depth: u32) -> usize {
        size(self.iter(), depth)
    }

    fn encode(&self, out: &mut Writer) {
        encode(self.iter(), out);
    }
}

impl<'a, K, V, S> AvroDecode<'a> for HashMap<K, V, S>
where
    K: From<&'a str> + AsRef<str> + Eq + Hash,
    V: AvroDecode<'a>,
    S: BuildHasher + Default,
{
    fn decode(reader: &mut Reader<'a>) -> Result<HashMap<K, V, S>, DecodeError> {
        let mut map = HashMap::with_hasher(S::default());
        reader.entries(|reader, key, more| {
            if map.len() == map.capacity() {
                map.reserve(reserved::<(K, V)>(more));
            }
            let value = V::decode(reader).map_err(|error| error.under(key))?;
            map.insert(K::from(key), value);
            Ok::<_, DecodeError>(())
        })?;
        Ok(map)
    }
}

impl<'a, K, V> AvroDecode<'a> for BTreeMap<K, V>
where
    K: From<&'a str> + AsRef<str> + Ord,
    V: AvroDecode<'a>,
{
    fn decode(reader: &mut Reader<'a>) -> Result<BTreeMap<K, V>, DecodeError> {
        let mut map = BTreeMap::new();
        reader.entries(|reader, key, _| {
            let value = V::decode(reader).map_err(|error| error.under(key))?;
            map.insert(K::from(key), value);
            Ok::<_, DecodeError>(())
        })?;
        Ok(map)
    }
}
