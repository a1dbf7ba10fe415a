//! JSON Schema: what differs between an original and an update (contract 3.4)?
//!
//! Both schemas are read into models (`model.rs`, `read.rs`), pairs of schemas are looked at (`look.rs` and the files of
//! its kinds) and settled (`pairs.rs`), and what they hold is told (`tell.rs`). Nothing recurses over schemas, each pair
//! is looked at a bounded number of times, and steps are bounded on top; beyond them the verdict is "incompatible", never
//! a guess.
//!
//! What the contract leaves open, and how it is here: among several `patternProperties` that match a name, the first in
//! the order of their texts counts, so that the order of keys does not; an annotation beside `$ref` makes no part of its
//! own; a `$dynamicRef` means what it says where it stands; in draft 4, `exclusiveMaximum: true` is added or removed like
//! any keyword, and the number of later drafts is compared with the `maximum` it sharpens.

mod combined;
mod decimal;
mod kinds;
mod look;
mod model;
mod object;
mod pairs;
mod read;
pub(crate) mod rules;
mod tell;

use assay_schema::json_schema::JsonSchema;

use crate::check::Wanted;
use crate::level::Policy;
use crate::report::Found;
use model::Made;
use pairs::Pairs;

/// What differs between `update`, which reads, and `original`, whose data it reads: all of it, or what makes them unfit
/// and maybe more. Telling costs more than finding out, so where only refusals are asked for and there are none,
/// nothing is told.
pub(crate) fn differences(
    update: &JsonSchema,
    original: &JsonSchema,
    policy: Policy,
    wanted: Wanted,
) -> Vec<Found> {
    let (old, new) = (Made::of(original), Made::of(update));
    let (old, new) = (old.model(), new.model());
    match Pairs::compare(old, new, policy) {
        Ok(settled) if wanted == Wanted::Refusals && settled.fits(0) => Vec::new(),
        Ok(settled) => tell::tell(&settled.pairs, 0, old, new),
        Err(pairs::TooComplex) if is_same(update, original) => Vec::new(),
        Err(pairs::TooComplex) => {
            let limit = format!("more than {} steps", pairs::STEPS_MAX);
            vec![Found::new(rules::kinds::TOO_COMPLEX, "#/").additional(limit)]
        }
    }
}

/// Whether both say the same, references included.
fn is_same(a: &JsonSchema, b: &JsonSchema) -> bool {
    let (a, b) = (&a.resolution().documents, &b.resolution().documents);
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.uri == b.uri && a.draft == b.draft && a.root == b.root)
}
