//! What must hold for any two texts; run by proptest on stable and by cargo-fuzz (`src/compat/fuzz`).

use assay_schema::{Limits, SchemaType, Strictness, Version, parse};

use crate::{Direction, Level, Old, Policy, Report, changes, check, check_with};

/// Any two texts as an older and a newer schema: never panics, and ends soon; the laws between the levels hold; a
/// schema follows itself; what is refused is among what changed, and is said.
pub fn compatibility_properties(ty: SchemaType, old: &str, new: &str) {
    let limits = Limits { schema_bytes: 32 << 10, ..Limits::default() };
    let read = |text: &str| parse(ty, text, &[], Strictness::Stored, &limits);
    let (Ok(old), Ok(new)) = (read(old), read(new)) else { return };
    let olds = [Old { version: Version::FIRST, schema: &old }];
    let at = |level: Level| {
        let report = check(level, &new, &olds);
        assert_eq!(report.is_compatible(), report.messages().is_empty(), "{level}");
        report
    };
    let (backward, forward) = (at(Level::Backward), at(Level::Forward));
    let both = backward.is_compatible() && forward.is_compatible();
    assert_eq!(at(Level::Full).is_compatible(), both, "FULL is BACKWARD and FORWARD");
    assert!(at(Level::None).is_compatible(), "NONE accepts");
    for (level, plain) in [(Level::BackwardTransitive, &backward), (Level::ForwardTransitive, &forward)] {
        assert_eq!(
            at(level).differences(),
            plain.differences(),
            "{level} over one version is the plain level"
        );
    }
    let turned = check(Level::Backward, &old, &[Old { version: Version::FIRST, schema: &new }]);
    let ids = |report: &Report| -> Vec<_> {
        report.differences().iter().map(|found| (found.rule, found.path.clone())).collect()
    };
    assert_eq!(ids(&forward), ids(&turned), "forward is backward the other way round");
    let all = changes(Policy::Strict, &new, &Old { version: Version::FIRST, schema: &old });
    for found in backward.differences() {
        assert!(
            all.contains(found) && !found.description.is_empty() && !found.hint().is_empty(),
            "{found:?}"
        );
        assert!(found.direction != Direction::Forward, "{found:?}");
    }
    let refused = all.iter().filter(|found| found.rule.row().verdict.is_breaking(Policy::Strict));
    assert!(refused.eq(backward.differences()), "what is refused is what breaks of all that changed");
    let own = check(Level::Full, &new, &[Old { version: Version::FIRST, schema: &new }]);
    assert!(own.differences().iter().all(|found| found.rule.id() == "TOO_COMPLEX"), "{:?}", own.messages());
    if ty != SchemaType::Json {
        let lenient = check_with(Level::Backward, Policy::Lenient, &new, &olds);
        assert_eq!(lenient, backward, "the policy is for JSON Schema alone");
    }
}
