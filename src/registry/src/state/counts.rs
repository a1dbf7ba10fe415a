//! What is stored, counted: for metrics.

use assay_schema::SchemaType;

use super::State;
use crate::schema_version::Deleted;

/// What is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subjects with an active version.
    pub subjects: usize,
    /// One row for each of [`TypeCount::ALL`].
    pub by_type: [TypeCount; 3],
}

/// Versions of one schema type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypeCount {
    /// Versions, soft-deleted ones included.
    pub versions: usize,
    /// Soft-deleted versions.
    pub deleted: usize,
}

impl TypeCount {
    /// The types, in the order of [`Counts::by_type`].
    pub const ALL: [SchemaType; 3] = [SchemaType::Avro, SchemaType::Json, SchemaType::Protobuf];
}

impl State {
    /// Counts; looks at every version once.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (_, subject) in self.all_subjects() {
            counts.subjects += usize::from(subject.shows(Deleted::Hide));
            for row in subject.rows.values() {
                let [avro, json, protobuf] = &mut counts.by_type;
                let of_type = match row.schema.schema_type {
                    SchemaType::Avro => avro,
                    SchemaType::Json => json,
                    SchemaType::Protobuf => protobuf,
                };
                of_type.versions += 1;
                of_type.deleted += usize::from(row.schema.deleted);
            }
        }
        counts
    }
}
