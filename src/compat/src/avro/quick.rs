//! The usual case without any book-keeping: schemas that surely fit. Most checks are of schemas that fit, with fields in
//! the same order and new ones at the end: then names are compared as one text, fields of primitive types as sets
//! ([`RecordOutline`](assay_schema::avro::RecordOutline)), and nothing is allocated for a schema of one record.
//!
//! `true` is a proof: every pair met was found to fit, those in circles included (each is looked at once, in this very
//! pass). `false` means nothing but "look closer": aliases, fields far from where they were, deep or big schemas.

use assay_schema::avro::{AvroSchema, AvroType, Field, Name, TypeId};

/// Types inside types, and records in all, looked at here.
const DEPTH_MAX: usize = 32;
const RECORDS_MAX: usize = 64;
/// Names that may be compared in vain, beside a few per field, before it pays to look them up.
const IN_VAIN_MAX: usize = 1_000;

/// Whether `reader` surely reads all data of `writer`.
pub(super) fn fits(reader: &AvroSchema, writer: &AvroSchema) -> bool {
    let mut quick = Quick { reader, writer, first: None, records: Vec::new(), skipped: 0 };
    quick.pair(reader.root(), writer.root(), 0)
}

struct Quick<'s> {
    reader: &'s AvroSchema,
    writer: &'s AvroSchema,
    /// Pairs of records that were entered: the first, and those after it.
    first: Option<(TypeId, TypeId)>,
    records: Vec<(TypeId, TypeId)>,
    skipped: usize,
}

impl<'s> Quick<'s> {
    fn pair(&mut self, r: TypeId, w: TypeId, depth: usize) -> bool {
        use AvroType as T;
        if depth > DEPTH_MAX {
            return false;
        }
        match (self.reader.get(r), self.writer.get(w)) {
            (T::Array { items: a }, T::Array { items: b }) => self.pair(*a, *b, depth + 1),
            (T::Map { values: a }, T::Map { values: b }) => self.pair(*a, *b, depth + 1),
            (T::Fixed { name: n, size: a, .. }, T::Fixed { name: m, size: b, .. }) => a == b && same(n, m),
            (T::Enum { name: n, symbols: a, .. }, T::Enum { name: m, symbols: b, .. }) => {
                same(n, m) && a.starts_with(b)
            }
            (T::Record { name: n, fields: a, .. }, T::Record { name: m, fields: b, .. }) => {
                same(n, m) && self.records(r, w, a, b, depth)
            }
            (T::Union(branches), T::Union(written)) => {
                written.iter().all(|branch| self.branch(branches, *branch, depth))
            }
            (T::Union(branches), _) => self.branch(branches, w, depth),
            (_, T::Union(_)) => false,
            (reader, writer) => scalars_fit(reader, writer),
        }
    }

    /// The branch of the very same type, or one that surely reads it. Branches of records must have the same full name:
    /// which of several is meant is for the closer look.
    fn branch(&mut self, branches: &[TypeId], w: TypeId, depth: usize) -> bool {
        let writer = self.writer.get(w);
        let name = writer.name();
        branches.iter().any(|branch| {
            let reader = self.reader.get(*branch);
            match name {
                Some(name) => reader.name() == Some(name) && self.pair(*branch, w, depth + 1),
                None => match (reader, writer) {
                    (AvroType::Array { .. }, AvroType::Array { .. })
                    | (AvroType::Map { .. }, AvroType::Map { .. }) => self.pair(*branch, w, depth + 1),
                    _ => scalars_fit(reader, writer),
                },
            }
        })
    }

    fn records(
        &mut self,
        r: TypeId,
        w: TypeId,
        fields: &'s [Field],
        written: &'s [Field],
        depth: usize,
    ) -> bool {
        match self.first {
            None => self.first = Some((r, w)),
            // Looked at, or being looked at.
            Some(first) if first == (r, w) || self.records.contains(&(r, w)) => return true,
            Some(_) if self.records.len() >= RECORDS_MAX => return false,
            Some(_) => self.records.push((r, w)),
        }
        let (reader, writer) = (self.reader, self.writer);
        if let (Some(is), Some(was)) = (reader.outline(r), writer.outline(w))
            && let Some(both) = is.in_step_with(was)
        {
            return !is.has_aliases()
                && fields.iter().skip(both).all(|field| field.default.is_some())
                && is.unsure(was, both).all(|i| match (fields.get(i), written.get(i)) {
                    (Some(field), Some(other)) => self.pair(field.ty, other.ty, depth + 1),
                    _ => false,
                });
        }
        self.out_of_step(fields, written, depth)
    }

    /// Fields one by one, where some came or went between others.
    fn out_of_step(&mut self, fields: &'s [Field], written: &'s [Field], depth: usize) -> bool {
        let mut at = 0;
        fields.iter().all(|field| {
            if !field.aliases.is_empty() {
                return false;
            }
            // The next field of the writer with this name; those before it may be gone from the reader.
            let rest = written.get(at..).unwrap_or_default();
            let found = rest.iter().position(|other| other.name == field.name);
            self.skipped += found.unwrap_or(rest.len() + written.len());
            if self.skipped > IN_VAIN_MAX + 4 * fields.len() {
                return false;
            }
            match found.and_then(|skip| Some((skip, rest.get(skip)?))) {
                Some((skip, other)) => {
                    at += skip + 1;
                    self.pair(field.ty, other.ty, depth + 1)
                }
                None => field.default.is_some() && written.iter().all(|other| other.name != field.name),
            }
        })
    }
}

/// Whether unqualified names are equal.
fn same(a: &Name, b: &Name) -> bool {
    a == b || a.simple() == b.simple()
}

fn scalars_fit(reader: &AvroType, writer: &AvroType) -> bool {
    use AvroType as T;
    matches!(
        (reader, writer),
        (T::Null, T::Null)
            | (T::Boolean, T::Boolean)
            | (T::Int, T::Int)
            | (T::Long, T::Long | T::Int)
            | (T::Float, T::Float | T::Int | T::Long)
            | (T::Double, T::Double | T::Int | T::Long | T::Float)
            | (T::Bytes | T::String, T::Bytes | T::String)
    )
}

#[cfg(test)]
mod tests {
    use assay_schema::testing::{Rng, avro_schema, next_version};
    use assay_schema::{Limits, Strictness};

    use super::*;

    #[test]
    fn what_fits_quickly_fits_closely() {
        let mut rng = Rng::new(51);
        let read = |text: &str| AvroSchema::parse(text, &[], Strictness::Stored, &Limits::default()).ok();
        let (mut quick, mut close) = (0, 0);
        for _ in 0..3_000 {
            let text = avro_schema(&mut rng);
            let (Some(a), Some(b)) = (read(&text), read(&next_version(&text, &mut rng))) else { continue };
            for (reader, writer) in [(&a, &b), (&b, &a), (&a, &a)] {
                let found = super::super::closely(reader, writer);
                close += usize::from(found.is_empty());
                if fits(reader, writer) {
                    quick += 1;
                    assert!(found.is_empty(), "{}\n{}\n{found:?}", reader.canonical(), writer.canonical());
                }
            }
        }
        assert!(quick * 2 > close, "{quick} of {close} that fit were seen at once");
    }
}
