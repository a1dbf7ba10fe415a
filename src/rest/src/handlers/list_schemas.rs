//! `GET /schemas` (contract 1.5): versions by subject, then number; the default context unless `subjectPrefix` says
//! otherwise. The filters on associations admit everything or nothing, as there are none.

use assay_registry::SchemaFilter;

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
    let rows: Vec<_> =
        found.iter().map(|stored| SchemaJson::new(stored, Shape::Schema, settings.generation)).collect();
    Reply::json(&rows)?.done()
}
