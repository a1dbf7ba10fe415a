//! The rules of Protobuf (contract 3.5).

use assay_schema::SchemaType;

use crate::rule::rules;

const WIRE: &str = "registry contract 3.5; Protocol Buffers, Updating A Message Type";
const CONTRACT: &str = "registry contract 3.5";

rules! { Some(SchemaType::Protobuf);
    PACKAGE_CHANGED, Incompatible,
        "the package is part of the name of every message, which serialisers and generated code look up",
        "keep the package, or register the schema under another subject",
        "The package at path '{path}' of the {reader} schema differs from the one of the {writer} schema",
        CONTRACT;
    MESSAGE_ADDED, Compatible, "nothing was written with it yet", "", "", CONTRACT;
    MESSAGE_REMOVED, Incompatible,
        "data of the message may exist, and readers look it up by name or index",
        "keep the message; mark it `deprecated = true` if nobody should use it",
        "The {reader} schema lacks the message at path '{path}' that the {writer} schema has",
        CONTRACT;
    MESSAGE_MOVED, Compatible,
        "messages are matched by name; serialisers count indexes in the schema they write with", "", "", CONTRACT;
    ENUM_ADDED, Compatible, "nothing was written with it yet", "", "", CONTRACT;
    ENUM_REMOVED, Compatible, "an enum is an int32 on the wire", "", "", CONTRACT;
    ENUM_CONST_ADDED, Compatible, "an enum is an int32 on the wire", "", "", CONTRACT;
    ENUM_CONST_CHANGED, Compatible, "names of constants are not on the wire", "", "", CONTRACT;
    ENUM_CONST_REMOVED, Compatible, "an enum is an int32 on the wire", "", "", CONTRACT;
    FIELD_ADDED, Compatible, "an absent field has its default", "", "", WIRE;
    FIELD_REMOVED, Compatible, "an unknown field is skipped", "", "", WIRE;
    FIELD_NAME_CHANGED, Compatible, "names of fields are not on the wire", "", "", WIRE;
    FIELD_KIND_CHANGED, Incompatible,
        "a scalar, a map, a message and a group are written differently",
        "keep the type under this number, and use a new number for the new type",
        "The field at path '{path}' of the {reader} schema is of another kind (scalar, map, message or group) than in the {writer} schema",
        WIRE;
    FIELD_SCALAR_KIND_CHANGED, Incompatible,
        "only scalars of one group share their wire format: int32, int64, uint32, uint64, bool and enums; sint32 and sint64; string and bytes; fixed32 and sfixed32; fixed64 and sfixed64",
        "keep a type of the same group under this number, and use a new number for the new type",
        "The scalar type of the field at path '{path}' of the {reader} schema does not fit the one of the {writer} schema",
        WIRE;
    FIELD_NAMED_TYPE_CHANGED, Incompatible,
        "the message of the field must keep its name and stay compatible itself",
        "keep the message type of this field compatible, and use a new number for another message",
        "The message type of the field at path '{path}' of the {reader} schema does not fit the one of the {writer} schema",
        CONTRACT;
    FIELD_STRING_OR_BYTES_LABEL_CHANGED, Compatible,
        "a reader of one string or bytes takes the last of several", "", "", WIRE;
    FIELD_NUMERIC_LABEL_CHANGED, Incompatible,
        "several numbers may be packed into one value, which a reader of one number cannot take",
        "keep the label under this number, and use a new number for the new label",
        "The label of the numeric field at path '{path}' of the {reader} schema differs from the one in the {writer} schema",
        WIRE;
    REQUIRED_FIELD_ADDED, Incompatible,
        "data written before does not have it, and a reader refuses data without it",
        "make the field `optional`",
        "The {reader} schema has a required field at path '{path}' that the {writer} schema lacks",
        WIRE;
    REQUIRED_FIELD_REMOVED, Incompatible,
        "readers that still have it refuse data without it",
        "keep the field",
        "The {reader} schema lacks the field at path '{path}' that the {writer} schema requires",
        WIRE;
    ONEOF_ADDED, Compatible, "a oneof is not on the wire", "", "", CONTRACT;
    ONEOF_REMOVED, Compatible, "a oneof is not on the wire", "", "", CONTRACT;
    ONEOF_FIELD_ADDED, Compatible, "an absent field has its default", "", "", WIRE;
    ONEOF_FIELD_REMOVED, Incompatible,
        "whether the oneof is unset or holds the removed field can no longer be told",
        "keep the field in the oneof; mark it `deprecated = true` if nobody should use it",
        "The {reader} schema lacks the field at path '{path}' that is in a oneof of the {writer} schema",
        WIRE;
    ONEOF_FIELD_MOVED_TO_TOP_LEVEL, Compatible, "it is written in the same way", "", "", CONTRACT;
    MULTIPLE_FIELDS_MOVED_TO_ONEOF, Incompatible,
        "data that has several of the fields would lose all but the last",
        "move one field at most into a new oneof, and leave the others outside",
        "Several fields were moved into the oneof at path '{path}' of the {reader} schema that are outside of it in the {writer} schema",
        WIRE;
    FIELD_MOVED_TO_EXISTING_ONEOF, Incompatible,
        "data that has the field and a member of the oneof would lose one of them",
        "leave the field outside of the oneof",
        "A field was moved into the oneof at path '{path}' of the {reader} schema whose other members could be set beside it in the {writer} schema",
        WIRE;
    TOO_COMPLEX, Incompatible,
        "a comparison is bounded in steps; beyond them we do not claim that schemas fit",
        "split the schema",
        "The schemas are too complex to compare at path '{path}'",
        "limits of this crate";
}
