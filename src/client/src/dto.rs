//! JSON of the API (contract 1.12). Members that other registries leave out are optional; unknown ones are ignored.

use std::sync::Arc;

use assay_schema::{Reference, SchemaType, Subject, Version};
use assay_wire::{Guid, SchemaId};
use serde::{Deserialize, Serialize};

use crate::{Association, Registered, Schema, SubjectVersion};

pub(crate) use contract::{MetadataJson, RuleSetJson};

mod contract;

/// The body of a registration or lookup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaBody {
    #[serde(default)]
    pub(crate) schema: Arc<str>,
    #[serde(default)]
    pub(crate) schema_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<ReferenceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<MetadataJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule_set: Option<RuleSetJson>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReferenceJson {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) version: i32,
}

impl From<&Reference> for ReferenceJson {
    fn from(r: &Reference) -> ReferenceJson {
        ReferenceJson { name: r.name.clone(), subject: r.subject.clone(), version: r.version }
    }
}

impl From<ReferenceJson> for Reference {
    fn from(r: ReferenceJson) -> Reference {
        Reference { name: r.name, subject: r.subject, version: r.version }
    }
}

impl From<&Schema> for SchemaBody {
    fn from(schema: &Schema) -> SchemaBody {
        SchemaBody {
            schema: Arc::clone(&schema.text),
            schema_type: schema.schema_type.as_str().to_owned(),
            references: schema.references.iter().map(ReferenceJson::from).collect(),
            metadata: schema.metadata.as_deref().map(MetadataJson::from),
            rule_set: schema.rule_set.as_deref().map(RuleSetJson::from),
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
    references: Option<Vec<ReferenceJson>>,
    schema: Option<String>,
    metadata: Option<MetadataJson>,
    rule_set: Option<RuleSetJson>,
}

impl SchemaAnswer {
    pub(crate) fn guid(&self) -> Option<Guid> {
        self.guid.as_deref()?.parse().ok()
    }

    pub(crate) fn registered(&self) -> Result<Registered, String> {
        Ok(Registered {
            id: self.id.and_then(SchemaId::new).ok_or("no valid \"id\"")?,
            version: self.version.and_then(|version| Version::try_from(version).ok()),
            guid: self.guid.as_deref().and_then(|guid| guid.parse::<Guid>().ok()),
        })
    }

    pub(crate) fn schema(self) -> Result<Schema, String> {
        let text = self.schema.ok_or("no \"schema\"")?;
        Ok(Schema {
            schema_type: schema_type(self.schema_type.as_deref())?,
            text: text.into(),
            references: self.references.unwrap_or_default().into_iter().map(Reference::from).collect(),
            metadata: self.metadata.map(|metadata| Arc::new(metadata.into())),
            rule_set: self.rule_set.map(|rules| Arc::new(rules.into())),
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

/// Left out for Avro up to 7.9.
pub(crate) fn schema_type(name: Option<&str>) -> Result<SchemaType, String> {
    match name {
        None | Some("") => Ok(SchemaType::Avro),
        Some(name) => name.parse().map_err(|error: assay_schema::UnknownSchemaType| error.to_string()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssociationAnswer {
    subject: String,
    association_type: Option<String>,
    resource_type: Option<String>,
    resource_name: Option<String>,
    resource_namespace: Option<String>,
    lifecycle: Option<String>,
}

impl From<AssociationAnswer> for Association {
    fn from(answer: AssociationAnswer) -> Association {
        Association {
            subject: Subject::parse(&answer.subject),
            association_type: answer.association_type.unwrap_or_default(),
            resource_type: answer.resource_type.unwrap_or_default(),
            resource_name: answer.resource_name.unwrap_or_default(),
            resource_namespace: answer.resource_namespace.unwrap_or_default(),
            lifecycle: answer.lifecycle,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct GuidId {
    pub(crate) context: String,
    pub(crate) id: u32,
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
