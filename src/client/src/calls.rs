//! Calls whose answers are not remembered: lists, deletions, compatibility, config, mode, metadata, associations.

use assay_schema::{Context, Subject, Version, VersionSpec};
use assay_wire::{Guid, SchemaId};
use reqwest::Method;

use crate::{
    Association, Client, ClientError, Compatibility, Deleted, Deletion, Schema, SubjectVersion,
    dto::{
        AssociationAnswer, CompatibilityAnswer, ConfigAnswer, ConfigBody, GuidId, Mode, SchemaAnswer,
        SchemaBody,
    },
    http::Request,
};

impl Client {
    /// All subjects with an active version, of all contexts.
    /// # Errors
    /// See [`ClientError`].
    pub async fn subjects(&self) -> Result<Vec<Subject>, ClientError> {
        let names: Vec<String> = self.send(Request::get(&["subjects"], &[])).await?;
        Ok(names.iter().map(|name| Subject::parse(name)).collect())
    }

    /// The active versions of a subject, ascending.
    /// # Errors
    /// `Api` with 40401 when there is no such subject; see [`ClientError`].
    pub async fn versions(&self, subject: &Subject) -> Result<Vec<Version>, ClientError> {
        let numbers: Vec<i32> =
            self.send(Request::get(&["subjects", &subject.to_string(), "versions"], &[])).await?;
        numbers.into_iter().map(|number| self.version_number(number)).collect()
    }

    /// Whether a schema could be registered, and why not.
    /// # Errors
    /// See [`ClientError`].
    pub async fn check_compatibility(
        &self,
        subject: &Subject,
        schema: &Schema,
    ) -> Result<Compatibility, ClientError> {
        let name = subject.to_string();
        let path = ["compatibility", "subjects", &name, "versions"];
        let query = [("verbose", "true")];
        let request = Request::with_body(Method::POST, &path, &query, &SchemaBody::from(schema))?;
        let answer: CompatibilityAnswer = self.send(request).await?;
        Ok(Compatibility {
            is_compatible: answer.is_compatible,
            messages: answer.messages.unwrap_or_default(),
        })
    }

    /// Deletes a subject; the versions deleted are returned. Forgets what was remembered of schemas' ids.
    /// # Errors
    /// `Api` with 40401, 40404, 40405 or 42206; see [`ClientError`].
    pub async fn delete_subject(
        &self,
        subject: &Subject,
        deletion: Deletion,
    ) -> Result<Vec<Version>, ClientError> {
        self.forget();
        let name = subject.to_string();
        let numbers: Vec<i32> = self.send(Request::delete(&["subjects", &name], permanent(deletion))).await?;
        self.forget();
        numbers.into_iter().map(|number| self.version_number(number)).collect()
    }

    /// Deletes a version; its number is returned. Forgets what was remembered of schemas' ids.
    /// # Errors
    /// `Api` with 40401, 40402, 40406, 40407 or 42206; see [`ClientError`].
    pub async fn delete_version(
        &self,
        subject: &Subject,
        version: VersionSpec,
        deletion: Deletion,
    ) -> Result<Version, ClientError> {
        self.forget();
        let (name, version) = (subject.to_string(), version.to_string());
        let path = ["subjects", &name, "versions", &version];
        let number: i32 = self.send(Request::delete(&path, permanent(deletion))).await?;
        self.forget();
        self.version_number(number)
    }

    /// The compatibility level in force for a subject, or the global one.
    /// # Errors
    /// See [`ClientError`].
    pub async fn compatibility_level(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let name = subject.map(Subject::to_string);
        let answer: ConfigAnswer = self
            .send(Request::get(&scoped("config", name.as_deref()), &[("defaultToGlobal", "true")]))
            .await?;
        answer.compatibility_level.ok_or_else(|| self.odd("no \"compatibilityLevel\"".into()))
    }

    /// Sets the compatibility level of a subject, or the global one.
    /// # Errors
    /// `Api` with 42203 for an unknown level; see [`ClientError`].
    pub async fn set_compatibility_level(
        &self,
        subject: Option<&Subject>,
        level: &str,
    ) -> Result<(), ClientError> {
        let name = subject.map(Subject::to_string);
        let path = scoped("config", name.as_deref());
        let request = Request::with_body(Method::PUT, &path, &[], &ConfigBody { compatibility: level })?;
        self.send::<ConfigAnswer>(request).await.map(|_| ())
    }

    /// The mode in force for a subject, or the global one.
    /// # Errors
    /// See [`ClientError`].
    pub async fn mode(&self, subject: Option<&Subject>) -> Result<String, ClientError> {
        let name = subject.map(Subject::to_string);
        let answer: Mode =
            self.send(Request::get(&scoped("mode", name.as_deref()), &[("defaultToGlobal", "true")])).await?;
        Ok(answer.mode)
    }

    /// Sets the mode of a subject, or the global one.
    /// # Errors
    /// `Api` with 42204 for an unknown mode, 42205 when it may not be set; see [`ClientError`].
    pub async fn set_mode(&self, subject: Option<&Subject>, mode: &str) -> Result<(), ClientError> {
        let name = subject.map(Subject::to_string);
        let path = scoped("mode", name.as_deref());
        let request = Request::with_body(Method::PUT, &path, &[], &Mode { mode: mode.to_owned() })?;
        self.send::<Mode>(request).await.map(|_| ())
    }

    /// The highest version of a subject whose metadata has all these properties (contract 1.3).
    /// # Errors
    /// `Api` with 40401 (no such subject) or 40403 (no version has them); see [`ClientError`].
    pub async fn latest_with_metadata(
        &self,
        subject: &Subject,
        properties: &[(&str, &str)],
        deleted: Deleted,
    ) -> Result<SubjectVersion, ClientError> {
        let name = subject.to_string();
        let mut query: Vec<(&str, &str)> = Vec::new();
        for (key, value) in properties {
            query.extend([("key", *key), ("value", *value)]);
        }
        if deleted == Deleted::Include {
            query.push(("deleted", "true"));
        }
        let path = ["subjects", &name, "metadata"];
        let answer: SchemaAnswer = self.send(Request::get(&path, &query)).await?;
        answer.subject_version().map_err(|reason| self.odd(reason))
    }

    /// The subjects tied to a resource such as a topic: `namespace` is the Kafka cluster's id or `-` for any, and
    /// `association_type` is `key` or `value` (contract 1.10, 5.6). None for a registry that knows no associations.
    /// # Errors
    /// See [`ClientError`].
    pub async fn associations(
        &self,
        namespace: &str,
        resource: &str,
        resource_type: &str,
        association_type: &str,
    ) -> Result<Vec<Association>, ClientError> {
        let path = ["associations", "resources", namespace, resource];
        let query = [("resourceType", resource_type), ("associationType", association_type)];
        match self.send::<Vec<AssociationAnswer>>(Request::get(&path, &query)).await {
            Ok(found) => Ok(found.into_iter().map(Association::from).collect()),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The ids of a GUID, one per context that has the schema (contract 1.5); none for one that is unknown.
    /// # Errors
    /// See [`ClientError`].
    pub async fn ids_by_guid(&self, guid: &Guid) -> Result<Vec<(Context, SchemaId)>, ClientError> {
        let path = ["schemas", "guids", &guid.to_string(), "ids"];
        let found: Vec<GuidId> = match self.send(Request::get(&path, &[])).await {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            found => found?,
        };
        let read = |row: GuidId| {
            let context = Context::parse(&row.context).map_err(|error| self.odd(error.to_string()))?;
            let id = SchemaId::new(row.id).ok_or_else(|| self.odd("no valid \"id\"".into()))?;
            Ok((context, id))
        };
        found.into_iter().map(read).collect()
    }
}

fn permanent(deletion: Deletion) -> &'static [(&'static str, &'static str)] {
    match deletion {
        Deletion::Soft => &[],
        Deletion::Permanent => &[("permanent", "true")],
    }
}

fn scoped<'a>(what: &'a str, subject: Option<&'a str>) -> Vec<&'a str> {
    std::iter::once(what).chain(subject).collect()
}
