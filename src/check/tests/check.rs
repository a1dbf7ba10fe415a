//! Any text, and texts that are nearly schemas or configs, where `assay check` reads them.
#![allow(clippy::unwrap_used, reason = "tests")]

use assay_check::properties::{
    check_properties, config_properties, diff_properties, lint_properties, wanted_properties,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text(text in ".*", place in "[a/.*?0~]{0,6}") {
        check_properties(&text, &place);
    }

    #[test]
    fn any_text_is_wanted(text in ".*") {
        wanted_properties(&text);
    }

    #[test]
    fn nearly_references(parts in proptest::collection::vec(
        "[{}\\[\\],:]|\"[$]ref\":|\"[$]id\":|\"(a|b|d/c)[.]json(#/a)?\"|\"https://h/a[.]json\"|\"type\":\"record\",\"name\":\"R\"|\"a\":|import \"[ab][.]proto\";|message M \\{\\}", 0..12)) {
        wanted_properties(&parts.concat());
    }

    #[test]
    fn nearly_plan(action in "register|config|delete|x", version in -2i32..3, versions in "\\[[0-9,]{0,5}\\]") {
        let step = format!("{{\"action\":\"{action}\",\"subject\":\"s\",\"file\":\"f\",\"version\":{version},\"body\":{{}},\"decided\":\"here\"}}");
        let delete = format!("{{\"action\":\"delete\",\"subject\":\"s\",\"versions\":{versions}}}");
        for step in [step, delete] {
            wanted_properties(&format!("{{\"assay-plan\":1,\"registry\":\"r\",\"steps\":[{step}],\"refused\":[],\"notes\":[],\"unchanged\":0,\"state\":{{}}}}"));
        }
    }

    #[test]
    fn nearly_proto(parts in proptest::collection::vec("message |enum |oneof |M|a|[{}=;.\"'\\\\]|/\\*|//|\n|package |é", 0..30), place in "(M|a)([.](M|a)){0,2}") {
        check_properties(&parts.concat(), &place);
    }

    #[test]
    fn nearly_config(subject in ".{0,4}", date in "[0-9]{4}-[0-9]{2}-[0-9]{2}", path in "[{}a-z*/]{0,12}") {
        let text = format!("[[schema]]\npath = \"**\"\nsubject = \"{path}\"\n[[allow]]\nsubject = {subject:?}\nrule = \"R\"\nreason = \"x\"\nexpires = \"{date}\"\n");
        check_properties(&text, "a/b.avsc");
    }

    #[test]
    fn any_config(text in ".*", path in ".{0,8}") {
        config_properties(&text, &path);
    }

    #[test]
    fn nearly_rows(rows in proptest::collection::vec(
        "level = \"(FULL|X)\"|\\[\\[(schema|allow|lint)\\]\\]|path = \"[a*/{}]{0,4}\"|subject = \"[a{}:]{0,6}\"|rule = \"(TYPE_CHANGED|\\*|avro-\\*)\"|reason = \"w\"|expires = \"?2[0-9]{3}-[01][0-9]-[0-3][0-9]\"?|version = [0-2]|references = \\[\\{ name = \"a\", subject = \"a\" \\}\\]|level = \"allow\"", 0..10),
        path in "[a/]{1,4}") {
        config_properties(&rows.join("\n"), &path);
    }

    #[test]
    fn any_two_texts(old in ".*", new in ".*") {
        diff_properties(&old, &new);
        lint_properties(&old, &new);
    }

    #[test]
    fn nearly_schemas(parts in proptest::collection::vec(
        "[{}\\[\\],:]|\"type\":|\"(record|int|string|object|array|enum|null)\"|\"name\":\"[AB]\"|\"fields\":|\"default\":|1|\"(properties|items|required|oneOf|[$]defs)\":|message M \\{|int32 a = [12];|\\}|enum E \\{ Z = 0; \\}|reserved 2;", 0..14),
        at in 0usize..14) {
        let (old, new) = parts.split_at(at.min(parts.len()));
        diff_properties(&old.concat(), &parts.concat());
        lint_properties(&parts.concat(), &new.concat());
    }
}
