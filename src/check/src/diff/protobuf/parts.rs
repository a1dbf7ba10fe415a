//! Enums, reserved numbers, extensions, services and options of two scopes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_schema::protobuf::model::{Enum, Extend, ExtensionRanges, Field, NumberRange, OptionDecl, Service};

use super::ty::written;
use super::words::{Reserved, option, range, signature, value};
use super::{At, Kind, Scope, Walk, What, gone, here};

impl Walk<'_> {
    pub(super) fn enums(&mut self, old: (&Scope, &[Enum]), new: (&Scope, &[Enum])) {
        let ((was, olds), (is, news)) = (old, new);
        let before: HashMap<&str, &Enum> = olds.iter().map(|e| (e.name.as_str(), e)).collect();
        let now: HashMap<&str, &Enum> = news.iter().map(|e| (e.name.as_str(), e)).collect();
        for e in news {
            let at = here("enum {}", was, is, &e.name);
            match before.get(e.name.as_str()) {
                None => self.out.added(What::Type, &at, "added", &[]),
                Some(old) => self.constants((&was.inner(&e.name), old), (&is.inner(&e.name), e), &at),
            }
        }
        for e in olds.iter().filter(|e| !now.contains_key(e.name.as_str())) {
            self.out.removed(What::Type, &gone("enum {}", was, is, &e.name), "removed", &[]);
        }
    }

    fn constants(&mut self, old: (&Scope, &Enum), new: (&Scope, &Enum), at: &At) {
        let ((was, a), (is, b)) = (old, new);
        self.options(&a.options, &b.options, at);
        let numbers = |e: &Enum| -> BTreeMap<i32, Vec<String>> {
            let mut numbers: BTreeMap<i32, Vec<String>> = BTreeMap::new();
            for value in &e.values {
                numbers.entry(value.number).or_default().push(value.name.clone());
            }
            numbers.values_mut().for_each(|names| names.sort());
            numbers
        };
        let (before, now) = (numbers(a), numbers(b));
        for (number, names) in &now {
            let name = names.first().map_or("", String::as_str);
            let number_text = number.to_string();
            let places = At {
                old: was.full(before.get(number).and_then(|n| n.first()).map_or(name, String::as_str)),
                new: is.full(name),
                ..At::root()
            };
            let here = At { text: at.inside("constant {} of ", &[name]).text, ..places };
            match before.get(number) {
                None => self.out.added(What::Symbol, &here, "added: {}", &[&number_text]),
                Some(old) if old != names => {
                    let text = "renamed: {} was {}";
                    self.out.say(Kind::Renamed, What::Symbol, &here, text, &[&number_text, &old.join(", ")]);
                }
                Some(_) => {}
            }
        }
        let reserved = Reserved::new(&b.reserved);
        for (number, names) in before.iter().filter(|(number, _)| !now.contains_key(number)) {
            let name = names.first().map_or("", String::as_str);
            let here = At { old: was.full(name), ..at.inside("constant {} of ", &[name]) };
            let tail = if reserved.has(*number) { "; it is reserved" } else { "; it is not reserved" };
            self.out.removed(What::Symbol, &here, &format!("removed: {{}}{tail}"), &[&number.to_string()]);
        }
        let old_values: HashMap<&str, &[OptionDecl]> =
            a.values.iter().map(|v| (v.name.as_str(), v.options.as_slice())).collect();
        for value in &b.values {
            if let Some(old) = old_values.get(value.name.as_str()) {
                let places = At { old: was.full(&value.name), new: is.full(&value.name), ..At::root() };
                let here = At { text: at.inside("constant {} of ", &[&value.name]).text, ..places };
                self.options(old, &value.options, &here);
            }
        }
        let names = |e: &Enum| e.values.iter().map(|v| v.name.clone()).collect::<Vec<_>>();
        self.order(&names(a), &names(b), at, "has its constants");
        self.reserved((&a.reserved, &a.reserved_names), (&b.reserved, &b.reserved_names), at);
    }

    pub(super) fn reserved(
        &mut self,
        old: (&[NumberRange], &[String]),
        new: (&[NumberRange], &[String]),
        at: &At,
    ) {
        let texts = |(ranges, names): (&[NumberRange], &[String])| -> BTreeSet<String> {
            ranges.iter().map(range).chain(names.iter().map(|name| format!("\"{name}\""))).collect()
        };
        self.sets(&texts(old), &texts(new), at, "reserves {} now", "no longer reserves {}");
    }

    pub(super) fn extension_ranges(&mut self, old: &[ExtensionRanges], new: &[ExtensionRanges], at: &At) {
        let texts = |list: &[ExtensionRanges]| -> BTreeSet<String> {
            let each = |e: &ExtensionRanges| {
                let options: Vec<String> = e.options.iter().map(option).collect();
                let tail =
                    if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
                e.ranges.iter().map(|r| range(r) + &tail).collect::<Vec<_>>()
            };
            list.iter().flat_map(each).collect()
        };
        self.sets(&texts(old), &texts(new), at, "takes extensions {} now", "no longer takes extensions {}");
    }

    fn sets(&mut self, old: &BTreeSet<String>, new: &BTreeSet<String>, at: &At, come: &str, gone: &str) {
        for text in new.difference(old) {
            self.out.say(Kind::Option, What::Other, at, come, &[text]);
        }
        for text in old.difference(new) {
            self.out.say(Kind::Option, What::Other, at, gone, &[text]);
        }
    }

    /// Extensions by what they extend and their number, as written.
    pub(super) fn extends(&mut self, old: &[Extend], new: &[Extend], at: &At) {
        let texts = |list: &[Extend]| -> BTreeMap<(String, i32), String> {
            let each = |extend: &Extend| {
                let line = |f: &Field| {
                    let label = f.label.map_or(String::new(), |label| format!("{} ", label.as_str()));
                    let options: Vec<String> = f.options.iter().map(option).collect();
                    let tail =
                        if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
                    format!("{label}{} {} = {}{tail}", written(&f.ty), f.name, f.number)
                };
                extend
                    .fields
                    .iter()
                    .map(|f| ((extend.extendee.clone(), f.number), line(f)))
                    .collect::<Vec<_>>()
            };
            list.iter().flat_map(each).collect()
        };
        let (was, is) = (texts(old), texts(new));
        let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
        for key in keys {
            let at = at.inside("extension of {} in ", &[&key.0]);
            match (was.get(key), is.get(key)) {
                (None, Some(text)) => self.out.added(What::Other, &at, "added: {}", &[text]),
                (Some(text), None) => self.out.removed(What::Other, &at, "removed: {}", &[text]),
                (Some(old), Some(new)) if old != new => {
                    self.out.say(Kind::Type, What::Other, &at, "changed from {} to {}", &[old, new]);
                }
                _ => {}
            }
        }
    }

    pub(super) fn services<'a>(&mut self, old: (&Scope, &'a [Service]), new: (&Scope, &'a [Service])) {
        let ((was, olds), (is, news)) = (old, new);
        let known = |list: &'a [Service]| -> HashMap<&'a str, &'a Service> {
            list.iter().map(|service| (service.name.as_str(), service)).collect()
        };
        let (before, now) = (known(olds), known(news));
        for service in news {
            let at = here("service {}", was, is, &service.name);
            let Some(old) = before.get(service.name.as_str()) else {
                self.out.added(What::Type, &at, "added", &[]);
                continue;
            };
            self.options(&old.options, &service.options, &at);
            let methods = |s: &Service| -> BTreeMap<String, String> {
                s.methods.iter().map(|m| (m.name.clone(), signature(m))).collect()
            };
            let (before, now) = (methods(old), methods(service));
            for name in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
                let at = at.inside("method {} of ", &[name]);
                let values = (before.get(name).cloned(), now.get(name).cloned());
                match &values {
                    (None, Some(text)) => self.out.added(What::Other, &at, "added: {}", &[text]),
                    (Some(text), None) => self.out.removed(What::Other, &at, "removed: {}", &[text]),
                    _ => self.out.value(Kind::Type, What::Other, &at, ("signature", &[]), values),
                }
            }
        }
        for service in olds.iter().filter(|s| !now.contains_key(s.name.as_str())) {
            self.out.removed(What::Type, &gone("service {}", was, is, &service.name), "removed", &[]);
        }
    }

    /// Options by name; one name may come several times.
    pub(super) fn options(&mut self, old: &[OptionDecl], new: &[OptionDecl], at: &At) {
        let texts = |list: &[OptionDecl]| -> BTreeMap<String, String> {
            let mut texts: BTreeMap<String, String> = BTreeMap::new();
            for decl in list {
                let all = texts.entry(decl.name.clone()).or_default();
                if !all.is_empty() {
                    all.push_str(", ");
                }
                all.push_str(&value(&decl.value));
            }
            texts
        };
        let (was, is) = (texts(old), texts(new));
        for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let values = (was.get(name).cloned(), is.get(name).cloned());
            let kind = match name.as_str() {
                "default" => Kind::Default,
                name if name.ends_with(".doc") => Kind::Doc,
                _ => Kind::Option,
            };
            self.out.value(kind, What::Other, at, ("option {}", &[name]), values);
        }
    }
}
