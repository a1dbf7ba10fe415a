//! Finding the branch of a big union without trying all of them.

use std::collections::HashMap;

use assay_schema::avro::{AvroSchema, AvroType, TypeId};

/// Branches of a reader's union by what a writer's type must have to fit them.
pub(crate) struct BranchIndex {
    /// Named branches by kind, and unqualified name or full name of an alias.
    named: HashMap<(&'static str, String), Vec<TypeId>>,
    /// All other branches: one per kind at most.
    unnamed: Vec<TypeId>,
}

impl BranchIndex {
    /// From this many branches on an index is used. Below it all are tried, in order, as the judge does: that shows in
    /// the paths of pairs that come up again.
    pub(crate) const WORTH_IT: usize = 16;

    /// Indexes the branches of a union of `schema`.
    pub(crate) fn new(schema: &AvroSchema, branches: &[TypeId]) -> BranchIndex {
        let mut index = BranchIndex { named: HashMap::new(), unnamed: Vec::new() };
        for branch in branches {
            let ty = schema.get(*branch);
            let Some(name) = ty.name() else {
                index.unnamed.push(*branch);
                continue;
            };
            let aliases = ty.aliases().iter().map(|alias| alias.full().to_owned());
            for key in aliases.chain([name.simple().to_owned()]) {
                let list = index.named.entry((ty.kind(), key)).or_default();
                if list.last() != Some(branch) {
                    list.push(*branch);
                }
            }
        }
        index
    }

    /// Branches that may fit a type of the writer; no other branch can. A named type is found by its unqualified name,
    /// or, through an alias, by its full name.
    pub(crate) fn candidates(&self, writer: &AvroType) -> Vec<TypeId> {
        let Some(name) = writer.name() else { return self.unnamed.clone() };
        let of = |key: &str| self.named.get(&(writer.kind(), key.to_owned())).into_iter().flatten().copied();
        of(name.simple()).chain(of(name.full())).collect()
    }
}
