//! Pieces of a `.proto` file as short texts.

use assay_schema::protobuf::model::{
    ImportKind, MAX_FIELD_NUMBER, Method, NumberRange, OptionDecl, Payload, Streaming, Value,
};

/// Reserved ranges, to be asked often. The parser lets none overlap.
pub(crate) struct Reserved(Vec<NumberRange>);

impl Reserved {
    pub(crate) fn new(ranges: &[NumberRange]) -> Reserved {
        let mut ranges = ranges.to_vec();
        ranges.sort();
        Reserved(ranges)
    }

    pub(crate) fn has(&self, number: i32) -> bool {
        let after = self.0.partition_point(|range| range.start <= number);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|range| number <= range.end)
    }
}

pub(super) fn range(range: &NumberRange) -> String {
    match range {
        NumberRange { start, end } if start == end => start.to_string(),
        NumberRange { start, end } if *end >= MAX_FIELD_NUMBER => format!("{start} to max"),
        NumberRange { start, end } => format!("{start} to {end}"),
    }
}

pub(super) fn import(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Plain => "plain",
        ImportKind::Weak => "weak",
        ImportKind::Public => "public",
    }
}

pub(super) fn signature(method: &Method) -> String {
    let side = |p: &Payload| match p.streaming {
        Streaming::Single => p.type_name.clone(),
        Streaming::Stream => format!("stream {}", p.type_name),
    };
    let options: Vec<String> = method.options.iter().map(option).collect();
    let tail = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
    format!("({}) returns ({}){tail}", side(&method.input), side(&method.output))
}

pub(super) fn option(decl: &OptionDecl) -> String {
    format!("{} = {}", decl.name, value(&decl.value))
}

/// The value of an option in a few words; its nesting is bounded by the parser.
pub(super) fn value(value_: &Value) -> String {
    match value_ {
        Value::Ident(text) | Value::Number(text) => text.clone(),
        Value::Text(bytes) => format!("\"{}\"", String::from_utf8_lossy(bytes)),
        Value::Message(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|e| format!("{}: {}", e.name, value(&e.value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
    }
}
