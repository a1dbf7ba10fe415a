//! JSON of the API (contract 1.12). Members that other registries leave out are optional; unknown ones are ignored.

use assay_schema::{Reference, SchemaType, Subject, Version};
use assay_wire::{Guid, SchemaId};
use serde::{Deserialize, Serialize};

use crate::{Registered, Schema, SubjectVersion};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaBody<'a> {
    schema: &'a str,
    schema_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceBody<'a>>,
}

#[derive(Debug, Serialize)]
struct ReferenceBody<'a> {
    name: &'a str,
    subject: &'a str,
    version: i32,
}

impl<'a> From<&'a Schema> for SchemaBody<'a> {
    fn from(schema: &'a Schema) -> SchemaBody<'a> {
        let reference =
            |r: &'a Reference| ReferenceBody { name: &r.name, subject: &r.subject, version: r.version };
        SchemaBody {
            schema: &schema.text,
            schema_type: schema.schema_type.as_str(),
            references: schema.references.iter().map(reference).collect(),
        }
    }
}

/// `Schema`, `SchemaString` and `RegisterSchemaResponse` in one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaAnswer {
    subject: Option<String>,
    version: Option<i32>,
    id: Option<u32>,
    guid: Option<String>,
    schema_type: Option<String>,
    references: Option<Vec<ReferenceAnswer>>,
    schema: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReferenceAnswer {
    name: String,
    subject: String,
    version: i32,
}

impl SchemaAnswer {
    pub(crate) fn registered(&self) -> Result<Registered, String> {
        Ok(Registered {
            id: self.id.and_then(SchemaId::new).ok_or("no valid \"id\"")?,
            version: self.version.and_then(|version| Version::try_from(version).ok()),
            guid: self.guid.as_deref().and_then(|guid| guid.parse::<Guid>().ok()),
        })
    }

    pub(crate) fn schema(self) -> Result<Schema, String> {
        let schema_type = match self.schema_type.as_deref() {
            None | Some("") => SchemaType::Avro, // left out for Avro up to 7.9
            Some(name) => name.parse().map_err(|error: assay_schema::UnknownSchemaType| error.to_string())?,
        };
        let text = self.schema.ok_or("no \"schema\"")?;
        let reference =
            |r: ReferenceAnswer| Reference { name: r.name, subject: r.subject, version: r.version };
        Ok(Schema {
            schema_type,
            text: text.into(),
            references: self.references.unwrap_or_default().into_iter().map(reference).collect(),
        })
    }

    pub(crate) fn subject_version(self) -> Result<SubjectVersion, String> {
        let Registered { id, version, guid } = self.registered()?;
        Ok(SubjectVersion {
            subject: Subject::parse(self.subject.as_deref().ok_or("no \"subject\"")?),
            version: version.ok_or("no valid \"version\"")?,
            id,
            guid,
            schema: self.schema()?,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ErrorAnswer {
    pub(crate) error_code: Option<u32>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CompatibilityAnswer {
    pub(crate) is_compatible: bool,
    #[serde(default)]
    pub(crate) messages: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ConfigBody<'a> {
    pub(crate) compatibility: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfigAnswer {
    #[serde(alias = "compatibility")]
    pub(crate) compatibility_level: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mode {
    pub(crate) mode: String,
}
