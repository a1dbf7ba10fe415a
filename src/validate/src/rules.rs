//! The rules of a topic: its configs, read once and not for every batch; who they bind; and what only the registry knows.

use std::collections::BTreeMap;

use crate::mode::default_mode;
use crate::{
    Action, Actions, BoxFuture, DefaultMode, Fact, FailureClass, InvalidPolicy, Mode, Part, PartPolicy,
    Patterns, SchemaSource, Strategy, Subjects, TopicPolicy, Versions, is_internal_topic, key_subject,
    value_subject,
};

/// The topic configs read here. `assay.*` wins over the others; of those, `true` means `id` and `false` means `off`.
pub const POLICY_CONFIGS: [&str; 22] = [
    "assay.key.validation",
    "assay.value.validation",
    "assay.key.on.invalid",
    "assay.value.on.invalid",
    "assay.key.required",
    "assay.value.required",
    "assay.key.subject.name.strategy",
    "assay.value.subject.name.strategy",
    "assay.key.subjects",
    "assay.value.subjects",
    "assay.key.schema.versions",
    "assay.value.schema.versions",
    "assay.enforced.client.ids",
    "assay.audit.percent",
    "confluent.key.schema.validation",
    "confluent.value.schema.validation",
    "confluent.key.subject.name.strategy",
    "confluent.value.subject.name.strategy",
    "redpanda.key.schema.id.validation",
    "redpanda.value.schema.id.validation",
    "redpanda.key.subject.name.strategy",
    "redpanda.value.subject.name.strategy",
];

/// What the broker says for topics that say nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defaults {
    /// The mode of values (`assay.validation.default`). Keys are off.
    pub value: DefaultMode,
    /// Records pass when the registry cannot be asked (`assay.registry.unavailable=fail_open`).
    pub fail_open: bool,
}

/// Configs by name.
pub type Configs = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct PartRules {
    mode: DefaultMode,
    required: bool,
    actions: Actions,
    subjects: Subjects,
    versions: Versions,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRules {
    key: PartRules,
    value: PartRules,
    enforced: Patterns,
    audit_percent: u64,
}

/// The policy for a batch, or why there is none yet.
pub enum Settled {
    /// What is asked.
    Policy(TopicPolicy),
    /// The registry is being asked: await, then settle again.
    Pending(BoxFuture<()>),
    /// The registry cannot say whether the topic is to be checked (`auto`).
    Unavailable {
        /// Why it cannot be said.
        why: String,
    },
}

impl TopicRules {
    /// Reads a topic's configs: each layer wins over those behind it (the topic's own, then those of a pattern in the broker's
    /// configuration).
    /// # Errors
    /// [`InvalidPolicy`] for a value that a config of [`POLICY_CONFIGS`] cannot have.
    pub fn parse(topic: &str, layers: &[&Configs], defaults: Defaults) -> Result<TopicRules, InvalidPolicy> {
        let off = |part: Part| PartRules {
            mode: DefaultMode::Off,
            required: false,
            actions: Actions::REJECT,
            subjects: Subjects::one(subject(part, topic)),
            versions: Versions::Any,
        };
        if is_internal_topic(topic) {
            let (key, value) = (off(Part::Key), off(Part::Value));
            return Ok(TopicRules { key, value, enforced: Patterns::parse("*"), audit_percent: 100 });
        }
        let read = Reader { topic, layers, fail_open: defaults.fail_open };
        let percent = read.first("assay.audit.percent", "a number from 0 to 100", |text| {
            text.trim().parse().ok().filter(|n| *n <= 100)
        })?;
        let enforced = read.first("assay.enforced.client.ids", "client ids", |t| Some(Patterns::parse(t)))?;
        Ok(TopicRules {
            key: read.part(Part::Key, DefaultMode::Off)?,
            value: read.part(Part::Value, defaults.value)?,
            enforced: enforced.filter(|p| !p.is_empty()).unwrap_or_else(|| Patterns::parse("*")),
            audit_percent: percent.unwrap_or(100),
        })
    }

    /// Whether no record of the topic ever needs to be looked at, whatever the registry says.
    #[must_use]
    pub fn is_off(&self) -> bool {
        [&self.key, &self.value].into_iter().all(|part| part.mode == DefaultMode::Off && !part.required)
    }

    /// Whether the batch that is the `turn`-th since the start is looked at. Only where nothing can be kept out of the topic
    /// is a share of the batches left out (`assay.audit.percent`), as if by lot: clients that take turns each get their share.
    #[must_use]
    pub fn takes(&self, client_id: &str, turn: u64) -> bool {
        self.audit_percent >= 100 || !self.only_audits(client_id) || mixed(turn) % 100 < self.audit_percent
    }

    fn only_audits(&self, client_id: &str) -> bool {
        let checked = |part: &&PartRules| part.mode != DefaultMode::Off || part.required;
        !self.enforced.fits(client_id)
            || [&self.key, &self.value].into_iter().filter(checked).all(|part| part.actions.only_audit())
    }

    /// The strictest thing that happens to a record of this client that fails in one of these ways, in a part that may be checked.
    #[must_use]
    pub fn strictest(&self, client_id: &str, classes: &[FailureClass]) -> Action {
        if !self.enforced.fits(client_id) {
            return Action::Audit;
        }
        let parts = [&self.key, &self.value].into_iter().filter(|part| part.mode != DefaultMode::Off);
        parts.map(|part| part.actions.strictest(classes)).min().unwrap_or_default()
    }

    /// The policy for a batch of this client. A client that the rules are not enforced for is only audited.
    pub fn settle(&self, client_id: &str, source: &dyn SchemaSource) -> Settled {
        let enforced = self.enforced.fits(client_id);
        let part = |part: &PartRules| -> Result<PartPolicy, Settled> {
            let actions = if enforced { part.actions } else { Actions::AUDIT };
            let mode = match part.mode {
                DefaultMode::Off => Mode::Off,
                DefaultMode::Id => Mode::Id,
                DefaultMode::Payload => Mode::Payload,
                DefaultMode::Auto => part.auto(source)?,
            };
            let (subjects, versions) = (part.subjects.clone(), part.versions);
            Ok(PartPolicy { mode, required: part.required, actions, subjects, versions })
        };
        match (part(&self.key), part(&self.value)) {
            (Ok(key), Ok(value)) => Settled::Policy(TopicPolicy { key, value }),
            (Err(settled), _) | (_, Err(settled)) => settled,
        }
    }
}

impl PartRules {
    /// [`Mode::Payload`] where one of the subjects exists. With the strategies Record and TopicRecord there is no subject
    /// to look for before a record is seen, so that nothing is checked.
    fn auto(&self, source: &dyn SchemaSource) -> Result<Mode, Settled> {
        let Subjects::Listed(subjects) = &self.subjects else { return Ok(Mode::Off) };
        let mut open = None;
        // All are asked for before the first is awaited.
        for subject in subjects.iter() {
            let unsettled = match source.subject_exists(subject) {
                Fact::Known(true) => return Ok(Mode::Payload),
                Fact::Known(false) => continue,
                Fact::Pending(future) => Settled::Pending(future),
                Fact::Unavailable(why) => Settled::Unavailable { why },
            };
            open.get_or_insert(unsettled);
        }
        open.map_or(Ok(Mode::Off), Err)
    }
}

fn subject(part: Part, topic: &str) -> assay_schema::Subject {
    match part {
        Part::Key => key_subject(topic),
        Part::Value => value_subject(topic),
    }
}

/// Reads configs by name from several layers.
struct Reader<'a> {
    topic: &'a str,
    layers: &'a [&'a Configs],
    fail_open: bool,
}

impl Reader<'_> {
    fn read<T>(
        layer: &Configs,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidPolicy> {
        let Some(text) = layer.get(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let invalid = || InvalidPolicy { name: name.into(), value: text.clone(), expected: expected.into() };
        parse(text).map(Some).ok_or_else(invalid)
    }

    /// The value of a config in the first layer that has it.
    fn first<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidPolicy> {
        for layer in self.layers {
            if let Some(found) = Self::read(layer, name, expected, &parse)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn part(&self, part: Part, default: DefaultMode) -> Result<PartRules, InvalidPolicy> {
        let side = match part {
            Part::Key => "key",
            Part::Value => "value",
        };
        let ours = |what: &str| format!("assay.{side}.{what}");
        let mut mode = None;
        let mut subjects = None;
        // What a layer says under any name wins over what a layer behind it says.
        for layer in self.layers {
            mode = mode.or(self.mode(layer, side)?);
            subjects = subjects.or(self.subjects(layer, side, part)?);
        }
        let actions = self.first(&ours("on.invalid"), ACTIONS, |text| text.parse::<Actions>().ok())?;
        let actions = actions.unwrap_or_default();
        Ok(PartRules {
            mode: mode.unwrap_or(default),
            required: self.first(&ours("required"), "true or false", boolean)?.unwrap_or(false),
            actions: if self.fail_open { actions.fail_open() } else { actions },
            subjects: subjects.unwrap_or_else(|| Subjects::one(subject(part, self.topic))),
            versions: self
                .first(&ours("schema.versions"), Versions::EXPECTED, |text| text.parse().ok())?
                .unwrap_or_default(),
        })
    }

    fn mode(&self, layer: &Configs, side: &str) -> Result<Option<DefaultMode>, InvalidPolicy> {
        let name = format!("assay.{side}.validation");
        if let Some(text) = layer.get(&name).filter(|text| !text.trim().is_empty()) {
            return default_mode(&name, text).map(Some);
        }
        let mut on = None;
        for other in
            [format!("confluent.{side}.schema.validation"), format!("redpanda.{side}.schema.id.validation")]
        {
            if let Some(flag) = Self::read(layer, &other, "true or false", boolean)? {
                on = Some(on.unwrap_or(false) || flag);
            }
        }
        Ok(on.map(|on| if on { DefaultMode::Id } else { DefaultMode::Off }))
    }

    fn subjects(&self, layer: &Configs, side: &str, part: Part) -> Result<Option<Subjects>, InvalidPolicy> {
        let name = format!("assay.{side}.subjects");
        if let Some(text) = layer.get(&name).filter(|text| !text.trim().is_empty()) {
            let invalid = |error: crate::InvalidSubjects| InvalidPolicy {
                name,
                value: text.clone(),
                expected: error.to_string(),
            };
            return Subjects::list(text).map(Some).map_err(invalid);
        }
        for vendor in ["assay", "confluent", "redpanda"] {
            let name = format!("{vendor}.{side}.subject.name.strategy");
            let expected = Strategy::NAMES.join(", ");
            if let Some(strategy) = Self::read(layer, &name, &expected, Strategy::parse)? {
                return Ok(Some(match strategy {
                    Strategy::Topic => Subjects::one(subject(part, self.topic)),
                    Strategy::Record => Subjects::Record,
                    Strategy::TopicRecord => Subjects::TopicRecord(format!("{}-", self.topic).into()),
                }));
            }
        }
        Ok(None)
    }
}

const ACTIONS: &str = "reject, quarantine or audit, then exceptions such as undecodable:audit";

/// A number that tells nothing of the one it is made of (the finishing steps of SplitMix64).
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_schema::{Context, Subject, Version};
    use assay_wire::{Guid, SchemaId};

    /// `orders` has subjects for keys and values; `slow` is being asked for; of `far` nothing can be said.
    struct Source;

    impl SchemaSource for Source {
        fn by_id(&self, _: &Context, _: SchemaId) -> crate::Resolution {
            crate::Resolution::Unknown
        }
        fn by_guid(&self, _: &Guid) -> crate::Resolution {
            crate::Resolution::Unknown
        }
        fn subject_exists(&self, subject: &Subject) -> Fact<bool> {
            match subject.name() {
                "orders-value" | "orders-key" => Fact::Known(true),
                "far-value" => Fact::Unavailable("down".into()),
                "slow" => Fact::Pending(Box::pin(async {})),
                _ => Fact::Known(false),
            }
        }
        fn version_in(&self, _: &Context, _: SchemaId, _: &Subject) -> Fact<Option<Version>> {
            Fact::Known(None)
        }
        fn latest_version(&self, _: &Subject) -> Fact<Option<Version>> {
            Fact::Known(None)
        }
    }

    fn map(configs: &[(&str, &str)]) -> Configs {
        configs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn rules(topic: &str, own: &[(&str, &str)], default: DefaultMode) -> Result<TopicRules, InvalidPolicy> {
        TopicRules::parse(topic, &[&map(own)], Defaults { value: default, fail_open: false })
    }

    fn policy(rules: &TopicRules) -> TopicPolicy {
        match rules.settle("client", &Source) {
            Settled::Policy(policy) => policy,
            Settled::Pending(_) | Settled::Unavailable { .. } => panic!("not settled"),
        }
    }

    /// Topic, its configs, the default, and the modes of keys and values.
    type Row = (&'static str, &'static [(&'static str, &'static str)], DefaultMode, (Mode, Mode));

    #[test]
    fn modes() {
        use DefaultMode as D;
        use Mode::{Id, Off, Payload};
        let rows: &[Row] = &[
            ("orders", &[], D::Auto, (Off, Payload)),
            ("other", &[], D::Auto, (Off, Off)),
            ("other", &[], D::Payload, (Off, Payload)),
            ("orders", &[], D::Id, (Off, Id)),
            ("orders", &[], D::Off, (Off, Off)),
            ("orders", &[("assay.value.validation", "off")], D::Payload, (Off, Off)),
            ("orders", &[("assay.value.validation", "ID")], D::Auto, (Off, Id)),
            ("orders", &[("assay.key.validation", "payload")], D::Auto, (Payload, Payload)),
            ("orders", &[("assay.key.validation", "auto")], D::Off, (Payload, Off)),
            ("other", &[("assay.key.validation", "auto")], D::Off, (Off, Off)),
            ("other", &[("assay.value.subjects", "x,orders-value")], D::Auto, (Off, Payload)),
            ("orders", &[("assay.value.subject.name.strategy", "RecordNameStrategy")], D::Auto, (Off, Off)),
            ("orders", &[("confluent.value.schema.validation", "true")], D::Auto, (Off, Id)),
            ("orders", &[("confluent.value.schema.validation", "false")], D::Auto, (Off, Off)),
            ("other", &[("redpanda.key.schema.id.validation", "true")], D::Auto, (Id, Off)),
            (
                "orders",
                &[("confluent.value.schema.validation", "true"), ("assay.value.validation", "payload")],
                D::Off,
                (Off, Payload),
            ),
            ("__consumer_offsets", &[("assay.value.validation", "payload")], D::Payload, (Off, Off)),
            ("_schemas", &[], D::Payload, (Off, Off)),
            ("orders.quarantine", &[], D::Payload, (Off, Off)),
            ("_orders", &[], D::Payload, (Off, Payload)),
        ];
        for (topic, configs, default, (key, value)) in rows {
            let policy = policy(&rules(topic, configs, *default).unwrap());
            assert_eq!((policy.key.mode, policy.value.mode), (*key, *value), "{topic} {configs:?} {default}");
        }
    }

    #[test]
    fn a_layer_wins_whatever_the_name() {
        let own = map(&[("confluent.value.schema.validation", "true"), ("assay.key.required", "true")]);
        let pattern = map(&[("assay.value.validation", "payload"), ("assay.value.on.invalid", "audit")]);
        let policy = policy(&TopicRules::parse("x", &[&own, &pattern], Defaults::default()).unwrap());
        assert_eq!((policy.value.mode, policy.key.required), (Mode::Id, true));
        assert_eq!(policy.action(Part::Value, FailureClass::NotFramed), Action::Audit);
        assert_eq!(policy.action(Part::Key, FailureClass::NotFramed), Action::Reject);
    }

    #[test]
    fn subjects() {
        let of =
            |configs: &[(&str, &str)]| policy(&rules("t", configs, DefaultMode::Off).unwrap()).value.subjects;
        assert_eq!(of(&[]), Subjects::one(value_subject("t")));
        assert_eq!(of(&[("confluent.value.subject.name.strategy", Strategy::NAMES[4])]), Subjects::Record);
        let both = [
            ("redpanda.value.subject.name.strategy", "TopicRecordNameStrategy"),
            ("assay.key.subject.name.strategy", "RecordNameStrategy"),
        ];
        assert_eq!(of(&both), Subjects::TopicRecord("t-".into()));
        let list =
            [("assay.value.subjects", "a"), ("assay.value.subject.name.strategy", "RecordNameStrategy")];
        assert_eq!(of(&list), Subjects::one(Subject::parse("a")));
    }

    #[test]
    fn enforced_by_client_and_a_share_of_what_is_audited() {
        let staged = rules(
            "t",
            &[
                ("assay.value.validation", "payload"),
                ("assay.enforced.client.ids", "billing, shop-*"),
                ("assay.audit.percent", "25"),
            ],
            DefaultMode::Off,
        )
        .unwrap();
        let action = |client: &str| match staged.settle(client, &Source) {
            Settled::Policy(policy) => policy.action(Part::Value, FailureClass::UnknownId),
            _ => panic!("not settled"),
        };
        assert_eq!(
            [action("billing"), action("shop-1"), action("other")],
            [Action::Reject, Action::Reject, Action::Audit]
        );
        let of = |turns: &mut dyn Iterator<Item = u64>, client: &str| {
            turns.take(2000).filter(|turn| staged.takes(client, *turn)).count()
        };
        assert_eq!(of(&mut (0..), "billing"), 2000);
        for stride in [1, 2, 4, 100] {
            let taken = of(&mut (0..).step_by(stride), "other"); // as when this many clients take turns
            assert!((400..600).contains(&taken), "every {stride}th: {taken} of 2000, expected about 500");
        }
    }

    #[test]
    fn a_registry_that_does_not_answer() {
        let settle = |fail_open| {
            let defaults = Defaults { value: DefaultMode::Auto, fail_open };
            let rules = TopicRules::parse("far", &[], defaults).unwrap();
            assert!(matches!(rules.settle("c", &Source), Settled::Unavailable { .. }));
            rules.strictest("c", &[FailureClass::RegistryUnavailable])
        };
        assert_eq!((settle(false), settle(true)), (Action::Reject, Action::Audit));
    }

    #[test]
    fn of_listed_subjects_one_that_exists_settles_it() {
        let settled = |subjects: &str| {
            let rules = rules("t", &[("assay.value.subjects", subjects)], DefaultMode::Auto).unwrap();
            match rules.settle("c", &Source) {
                Settled::Policy(policy) => policy.value.mode.as_str(),
                Settled::Pending(_) => "pending",
                Settled::Unavailable { .. } => "unavailable",
            }
        };
        for (subjects, want) in [
            ("slow, far-value, orders-value", "payload"),
            ("other, slow, far-value", "pending"),
            ("other, far-value, slow", "unavailable"),
            ("other", "off"),
        ] {
            assert_eq!(settled(subjects), want, "{subjects}");
        }
    }

    #[test]
    fn required_and_mistakes() {
        let required = rules("x", &[("assay.value.required", "True")], DefaultMode::Off).unwrap();
        assert!(!required.is_off() && policy(&required).value.required);
        assert!(rules("x", &[("assay.value.on.invalid", "audit")], DefaultMode::Off).unwrap().is_off());
        for (name, value, want) in [
            ("assay.value.validation", "strict", "expected auto, off, id or payload"),
            ("assay.value.required", "1", "expected true or false"),
            ("assay.key.on.invalid", "drop", "expected reject, quarantine or audit, then"),
            ("assay.key.subjects", ",", "expected at least one subject name"),
            ("assay.key.schema.versions", "newest", "expected any, latest, a version such as 3"),
            ("assay.key.subject.name.strategy", "Topic", "expected TopicNameStrategy, RecordNameStrategy,"),
            ("assay.audit.percent", "101", "expected a number from 0 to 100"),
        ] {
            let error = rules("x", &[(name, value)], DefaultMode::Off).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{value}\" is not a value of {name}")), "{error}");
            assert!(error.contains(want), "{error}");
        }
        assert!("AUTO".parse::<DefaultMode>().is_ok() && "on".parse::<DefaultMode>().is_err());
        assert!("auto".parse::<Mode>().is_err());
    }
}
