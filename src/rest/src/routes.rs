//! The one route table: path, method, operation and resource of every endpoint. It drives routing, the `Allow` header
//! and the authorizer, and a test holds it against `openapi.yaml`.

use std::sync::LazyLock;

use crate::handlers;
use crate::outcome::{Handler, Work};

/// Methods that endpoints answer. A GET answers HEAD too; every path answers OPTIONS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// GET, and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Verb {
    /// The method's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }

    /// The verb that answers an HTTP method, if one does.
    pub fn of(method: &str) -> Option<Verb> {
        match method {
            "GET" | "HEAD" => Some(Verb::Get),
            "POST" => Some(Verb::Post),
            "PUT" => Some(Verb::Put),
            "DELETE" => Some(Verb::Delete),
            _ => None,
        }
    }

    /// Whether requests of this method carry a body that is read.
    pub const fn has_body(self) -> bool {
        matches!(self, Verb::Post | Verb::Put)
    }
}

/// What an endpoint does, for the authorizer and the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads schemas or names.
    Read,
    /// Adds a version.
    Write,
    /// Removes versions, subjects or contexts.
    Delete,
    /// Asks whether a schema would be accepted.
    Check,
    /// Reads settings.
    DescribeConfig,
    /// Changes settings.
    AlterConfig,
    /// Asks about the server itself.
    Describe,
}

/// What an endpoint is about, for the authorizer and the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The server itself.
    Server,
    /// A subject named in the path, or the list of them.
    Subject,
    /// A schema by id or guid, or the list of them.
    Schema,
    /// The configuration, global or of a subject or context.
    Config,
    /// The mode, global or of a subject or context.
    Mode,
    /// A context, or the list of them.
    Context,
    /// Associations of subjects with topics.
    Association,
}

/// One row: one method of one path.
#[derive(Clone, Copy)]
pub struct Route {
    /// The path below the base path, with `{names}` for parameters.
    pub path: &'static str,
    /// The method.
    pub verb: Verb,
    /// The operation's name: `operationId` in `openapi.yaml`, and the route in logs.
    pub id: &'static str,
    /// What it does.
    pub operation: Operation,
    /// What it is about.
    pub resource: Resource,
    pub(crate) work: Work,
    pub(crate) handler: Handler,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.verb.as_str(), self.path, self.id)
    }
}

macro_rules! routes {
    ($($verb:ident $path:literal $id:literal $operation:ident $resource:ident $work:ident $($handler:ident)::+;)*) => {
        &[$(Route {
            path: $path, verb: Verb::$verb, id: $id, operation: Operation::$operation,
            resource: Resource::$resource, work: Work::$work, handler: handlers::$($handler)::+,
        }),*]
    };
}

/// Every endpoint.
#[rustfmt::skip]
pub const ROUTES: &[Route] = routes! {
    Get    "/"                       "getRoot"       Describe Server Quick root::handle;
    Post   "/"                       "postRoot"      Describe Server Quick root::handle;
    Get    "/health/live"            "getLive"       Describe Server Quick health::live;
    Get    "/health/ready"           "getReady"      Describe Server Quick health::ready;
    Get    "/metrics"                "getMetrics"    Describe Server Pool  metrics::handle;
    Get    "/v1/metadata/id"         "getClusterId"  Describe Server Quick metadata::id;
    Get    "/v1/metadata/version"    "getVersion"    Describe Server Quick metadata::version;
    Get    "/v1/metadata/deployment" "getDeployment" Describe Server Quick metadata::deployment;

    Get    "/v1/assay/settings"      "getSettings"   DescribeConfig Config Pool settings::handle;

    Get    "/subjects"                    "listSubjects"       Read   Subject Pool  list_subjects::handle;
    Post   "/subjects/{subject}"          "lookUpSchema"       Read   Subject Pool  look_up::handle;
    Delete "/subjects/{subject}"          "deleteSubject"      Delete Subject Pool  delete_subject::handle;
    Get    "/subjects/{subject}/metadata" "getLatestWithMetadata" Read Subject Pool subject_metadata::handle;
    Get    "/subjects/{subject}/versions" "listVersions"       Read   Subject Quick list_versions::handle;
    Post   "/subjects/{subject}/versions" "registerSchema"     Write  Subject Pool  register::handle;
    Get    "/subjects/{subject}/versions/{version}"              "getVersionOfSubject" Read   Subject Quick get_version::handle;
    Delete "/subjects/{subject}/versions/{version}"              "deleteVersion"       Delete Subject Pool  delete_version::handle;
    Get    "/subjects/{subject}/versions/{version}/schema"       "getVersionText"      Read   Subject Quick get_version::text;
    Get    "/subjects/{subject}/versions/{version}/referencedby" "getReferencedBy"     Read   Subject Pool  referenced_by::handle;
    Post   "/subjects/{subject}/versions/{version}/tags"         "changeTags"          Write  Subject Pool  tags::handle;

    Get    "/schemas"                    "listSchemas"      Read Schema Pool  list_schemas::handle;
    Get    "/schemas/types"              "listSchemaTypes"  Read Schema Quick schema_types::handle;
    Get    "/schemas/ids/{id}"           "getSchemaById"    Read Schema Quick schema_by_id::handle;
    Get    "/schemas/ids/{id}/schema"    "getSchemaTextById" Read Schema Quick schema_by_id::text;
    Get    "/schemas/ids/{id}/subjects"  "getSubjectsById"  Read Schema Quick id_users::subjects;
    Get    "/schemas/ids/{id}/versions"  "getVersionsById"  Read Schema Quick id_users::versions;
    Get    "/schemas/guids/{guid}"       "getSchemaByGuid"  Read Schema Quick schema_by_guid::handle;
    Get    "/schemas/guids/{guid}/ids"   "getIdsByGuid"     Read Schema Quick schema_by_guid::ids;

    Post   "/compatibility/subjects/{subject}/versions"           "checkCompatibility"        Check Subject Pool compatibility::all;
    Post   "/compatibility/subjects/{subject}/versions/{version}" "checkCompatibilityVersion" Check Subject Pool compatibility::one;

    Get    "/config"           "getGlobalConfig"    DescribeConfig Config Quick config::get_global;
    Put    "/config"           "putGlobalConfig"    AlterConfig    Config Pool  config::put_global;
    Delete "/config"           "deleteGlobalConfig" AlterConfig    Config Pool  config::delete_global;
    Get    "/config/{subject}" "getConfig"          DescribeConfig Config Quick config::get;
    Put    "/config/{subject}" "putConfig"          AlterConfig    Config Pool  config::put;
    Delete "/config/{subject}" "deleteConfig"       AlterConfig    Config Pool  config::delete;

    Get    "/mode"           "getGlobalMode"    DescribeConfig Mode Quick mode::get_global;
    Put    "/mode"           "putGlobalMode"    AlterConfig    Mode Pool  mode::put_global;
    Delete "/mode"           "deleteGlobalMode" AlterConfig    Mode Pool  mode::delete_global;
    Get    "/mode/{subject}" "getMode"          DescribeConfig Mode Quick mode::get;
    Put    "/mode/{subject}" "putMode"          AlterConfig    Mode Pool  mode::put;
    Delete "/mode/{subject}" "deleteMode"       AlterConfig    Mode Pool  mode::delete;

    Get    "/contexts"           "listContexts"  Read   Context Pool contexts::list;
    Delete "/contexts/{context}" "deleteContext" Delete Context Pool contexts::delete;

    Get    "/associations/subjects/{subject}"            "getAssociationsOfSubject"      Read   Association Quick associations::none;
    Get    "/associations/resources/{namespace}/{name}"  "getAssociationsOfResourceName" Read   Association Quick associations::none;
    Get    "/associations/resources/{resourceId}"        "getAssociationsOfResource"     Read   Association Quick associations::none;
    Put    "/associations/resources/{resourceId}"        "putAssociations"               Write  Association Quick associations::unsupported;
    Delete "/associations/resources/{resourceId}"        "deleteAssociations"            Delete Association Quick associations::delete;
    Post   "/associations"             "createAssociations"  Write Association Quick associations::unsupported;
    Post   "/associations:batchGet"    "batchGetAssociations"    Read  Association Quick associations::batch_get;
    Post   "/associations:batchMutate" "batchMutateAssociations" Write Association Quick associations::unsupported;
};

/// The path parameters of a matched route.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The decoded value of a parameter the route has; empty when it has none of that name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v.as_str())
    }

    /// Replaces a parameter's value (aliases).
    pub(crate) fn set(&mut self, name: &str, value: String) {
        if let Some(slot) = self.0.iter_mut().find(|(n, _)| *n == name) {
            slot.1 = value;
        }
    }
}

/// One segment of a path pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    /// `{name}`.
    Parameter(&'static str),
}

impl Segment {
    /// `{subject}` takes any text, also none; `{id}` an `i32`; every other parameter any text but none.
    fn takes(self, part: &str) -> bool {
        match self {
            Segment::Literal(text) => text == part,
            Segment::Parameter("subject") => true,
            Segment::Parameter("id") => part.parse::<i32>().is_ok(),
            Segment::Parameter(_) => !part.is_empty(),
        }
    }
}

/// A path pattern, taken apart once: every request is held against all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern(Vec<Segment>);

impl Pattern {
    /// Reads `/a/{b}/c`.
    fn new(path: &'static str) -> Pattern {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Pattern(
            segments
                .map(|segment| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                    Some(name) => Segment::Parameter(name),
                    None => Segment::Literal(segment),
                })
                .collect(),
        )
    }

    /// Whether decoded segments are of this pattern.
    fn fits(&self, parts: &[String]) -> bool {
        self.0.len() == parts.len() && self.0.iter().zip(parts).all(|(segment, part)| segment.takes(part))
    }

    fn params(&self, parts: &[String]) -> Params {
        let named = self.0.iter().zip(parts).filter_map(|(segment, part)| match segment {
            Segment::Parameter(name) => Some((*name, part.clone())),
            Segment::Literal(_) => None,
        });
        Params(named.collect())
    }
}

static PATTERNS: LazyLock<Vec<(&'static Route, Pattern)>> =
    LazyLock::new(|| ROUTES.iter().map(|route| (route, Pattern::new(route.path))).collect());

/// The rows whose path matches, with the parameters, which are the same for all of them.
pub(crate) fn matching(parts: &[String]) -> Vec<(&'static Route, Params)> {
    let fitting = PATTERNS.iter().filter(|(_, pattern)| pattern.fits(parts));
    fitting.map(|(route, pattern)| (*route, pattern.params(parts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        let mut ids = std::collections::BTreeSet::new();
        for route in ROUTES {
            assert!(route.path.starts_with('/'), "{route:?}");
            assert!(seen.insert((route.path, route.verb)), "{route:?} twice");
            assert!(ids.insert(route.id), "{route:?}: id twice");
        }
    }

    #[test]
    fn no_two_paths_match_the_same_request() {
        for route in ROUTES {
            let sample: Vec<String> = route.path[1..]
                .split('/')
                .filter(|s| !s.is_empty())
                .map(|s| if s == "{id}" { "7".to_owned() } else { s.replace(['{', '}'], "") })
                .collect();
            let paths: std::collections::BTreeSet<_> =
                matching(&sample).iter().map(|(r, _)| r.path).collect();
            assert_eq!(paths.into_iter().collect::<Vec<_>>(), [route.path]);
        }
    }

    #[test]
    fn parameters() {
        let parts = |raw: &str| crate::path::split(raw).unwrap().parts;
        let first = |raw: &str| matching(&parts(raw)).first().map(|(r, p)| (r.path, p.clone()));
        for raw in [
            "/schemas/ids/x",
            "/schemas/ids/",
            "/schemas/ids/2147483648",
            "/schemas/ids/1.0",
            "/nope",
            "/subjects/a/b",
        ] {
            assert_eq!(first(raw), None, "{raw}");
        }
        assert_eq!(first("/schemas/ids/-1").unwrap().1.get("id"), "-1");
        assert_eq!(first("/subjects//versions").unwrap().1.get("subject"), "");
        assert_eq!(first("/subjects/a%2Fb/versions/latest").unwrap().1.get("subject"), "a/b");
    }
}
