//! `GET /schemas` (contract 1.5): versions by subject, then number; the default context unless `subjectPrefix` says
//! otherwise. The filters on associations admit everything or nothing, as there are none.

use assay_registry::{Registry, SchemaFilter};
use assay_schema::Subject;

use crate::dto::schema::{SchemaJson, Shape};
use crate::error::Refusal;
use crate::outcome::{Outcome, Request};
use crate::query::PageBounds;
use crate::reply::Reply;

pub(crate) fn handle(request: &Request) -> Result<Outcome, Refusal> {
    let lifecycles: Vec<&str> = request.query.all("lifecycle").collect();
    if !lifecycles.is_empty() && !lifecycles.iter().any(|l| l.eq_ignore_ascii_case("none")) {
        return Reply::json::<[u8; 0]>(&[])?.done();
    }
    let settings = &request.settings;
    let bounds = PageBounds { default: settings.schemas_default_limit, max: settings.schemas_max_limit };
    let page = request.query.page(bounds);
    let filter = SchemaFilter {
        prefix: request.query.get("subjectPrefix").unwrap_or_default().to_owned(),
        deleted: request.deleted(),
        latest_only: request.query.flag("latestOnly"),
        rule_type: request.query.get("ruleType").filter(|text| !text.is_empty()).map(str::to_owned),
        offset: page.offset,
        limit: Some(page.limit),
    };
    let found = request.registry.snapshot().schemas(&filter);
    let mut aliases = Aliases { wanted: request.query.flag("aliases"), last: None };
    // Ours: `format=original` works here too, for backups. The contract has no `format` in this listing.
    let originals = request.query.get("format").is_some_and(|format| format.eq_ignore_ascii_case("original"));
    let texts: Vec<_> = found.iter().map(|stored| originals.then(|| stored.original_text())).collect();
    let rows: Vec<_> = (found.iter().zip(&texts))
        .map(|(stored, text)| {
            let json = SchemaJson::new(stored, Shape::Schema, settings.generation);
            let mut json = json.with_text(text.as_deref());
            json.aliases = aliases.of(&request.registry, &stored.subject);
            json
        })
        .collect();
    Reply::json(&rows)?.done()
}

/// The aliases of the subject asked for last: the rows of a subject follow each other.
struct Aliases {
    wanted: bool,
    last: Option<(Subject, Vec<String>)>,
}

impl Aliases {
    fn of(&mut self, registry: &Registry, subject: &Subject) -> Vec<String> {
        if !self.wanted {
            return Vec::new();
        }
        match &self.last {
            Some((last, names)) if last == subject => names.clone(),
            _ => {
                let names: Vec<String> =
                    registry.aliases_of(subject).iter().map(Subject::to_string).collect();
                self.last = Some((subject.clone(), names.clone()));
                names
            }
        }
    }
}
