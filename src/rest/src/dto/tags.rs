//! *SchemaTags* (contract 1.12, 6.3), both ways: the inline tags of one record or field of a schema.

use assay_schema::{EntityKind, TaggedEntity};
use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer};

use crate::coerce::{List, Text, object};
use crate::error::ApiError;

object! {
    /// Tags to add or to remove.
    pub(crate) struct SchemaTagsBody {
        entity: Option<EntityBody> = "schemaEntity",
        tags: Option<List<Text>> = "tags",
    }
}

object! {
    /// Of what.
    pub(crate) struct EntityBody {
        path: Option<Text> = "entityPath",
        kind: Option<Kind> = "entityType",
    }
}

/// An unknown constant does not map (400, contract 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(EntityKind);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        Text::deserialize(deserializer)?.0.parse().map(Kind).map_err(de::Error::custom)
    }
}

/// The entities of a list; those without any tag ask for nothing, but must still exist.
///
/// # Errors
/// 42201 when a path or a type is missing.
pub(crate) fn entities(
    list: Option<List<SchemaTagsBody>>,
    member: &str,
) -> Result<Vec<TaggedEntity>, ApiError> {
    let rows = list.map_or_else(Vec::new, |list| list.0);
    rows.into_iter().enumerate().map(|(index, row)| entity(row, member, index)).collect()
}

fn entity(row: SchemaTagsBody, member: &str, index: usize) -> Result<TaggedEntity, ApiError> {
    let EntityBody { path, kind } = row.entity.unwrap_or_default();
    let (Some(path), Some(kind)) = (path, kind) else {
        let what = format!("{member}[{index}].schemaEntity must have an entityPath and an entityType");
        return Err(ApiError::coded(42201, what));
    };
    let tags = row.tags.map_or_else(Vec::new, |tags| tags.0.into_iter().map(|tag| tag.0).collect());
    Ok(TaggedEntity { path: path.0, kind: kind.0, tags })
}

/// Tags as answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaTagsJson {
    schema_entity: EntityJson,
    tags: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntityJson {
    entity_path: String,
    entity_type: &'static str,
}

impl From<TaggedEntity> for SchemaTagsJson {
    fn from(entity: TaggedEntity) -> SchemaTagsJson {
        let TaggedEntity { path, kind, tags } = entity;
        SchemaTagsJson { schema_entity: EntityJson { entity_path: path, entity_type: kind.as_str() }, tags }
    }
}
