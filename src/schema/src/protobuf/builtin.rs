//! The imports that resolve without being registered (contract 2.14). `google/protobuf/*` are the descriptors
//! `prost-reflect` carries; the others are the files under `proto/` at the root of the repository.

use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;

/// Import path and text of the files we bundle.
const FILES: &[(&str, &str)] = &[
    ("confluent/meta.proto", include_str!("../../../../proto/confluent/meta.proto")),
    ("confluent/type/decimal.proto", include_str!("../../../../proto/confluent/type/decimal.proto")),
    ("confluent/type/variant.proto", include_str!("../../../../proto/confluent/type/variant.proto")),
    (
        "google/type/calendar_period.proto",
        include_str!("../../../../proto/google/type/calendar_period.proto"),
    ),
    ("google/type/color.proto", include_str!("../../../../proto/google/type/color.proto")),
    ("google/type/date.proto", include_str!("../../../../proto/google/type/date.proto")),
    ("google/type/datetime.proto", include_str!("../../../../proto/google/type/datetime.proto")),
    ("google/type/dayofweek.proto", include_str!("../../../../proto/google/type/dayofweek.proto")),
    ("google/type/decimal.proto", include_str!("../../../../proto/google/type/decimal.proto")),
    ("google/type/expr.proto", include_str!("../../../../proto/google/type/expr.proto")),
    ("google/type/fraction.proto", include_str!("../../../../proto/google/type/fraction.proto")),
    ("google/type/interval.proto", include_str!("../../../../proto/google/type/interval.proto")),
    ("google/type/latlng.proto", include_str!("../../../../proto/google/type/latlng.proto")),
    ("google/type/money.proto", include_str!("../../../../proto/google/type/money.proto")),
    ("google/type/month.proto", include_str!("../../../../proto/google/type/month.proto")),
    ("google/type/phone_number.proto", include_str!("../../../../proto/google/type/phone_number.proto")),
    ("google/type/postal_address.proto", include_str!("../../../../proto/google/type/postal_address.proto")),
    ("google/type/quaternion.proto", include_str!("../../../../proto/google/type/quaternion.proto")),
    ("google/type/timeofday.proto", include_str!("../../../../proto/google/type/timeofday.proto")),
];

/// The `google/protobuf` files, in the contract's order.
const GOOGLE: &[&str] = &[
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// The descriptor of a bundled file, or `None` for any other path.
pub(super) fn descriptor(path: &str) -> Option<FileDescriptorProto> {
    if GOOGLE.contains(&path) {
        let file = DescriptorPool::global().get_file_by_name(path)?;
        return Some(file.file_descriptor_proto().clone());
    }
    let (_, text) = FILES.iter().find(|(name, _)| *name == path)?;
    protox_parse::parse(path, text).ok()
}

/// Import paths that need no reference, sorted.
pub fn builtin_imports() -> impl Iterator<Item = &'static str> {
    FILES[..3]
        .iter()
        .map(|(name, _)| *name)
        .chain(GOOGLE.iter().copied())
        .chain(FILES[3..].iter().map(|(name, _)| *name))
}
