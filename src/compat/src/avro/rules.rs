//! The rules of Avro (contract 3.3).

use assay_schema::SchemaType;

use crate::rule::rules;

const AVRO: &str = "Avro specification, Schema Resolution";

rules! { Some(SchemaType::Avro);
    NAME_MISMATCH, Incompatible,
        "named types resolve only if their unqualified names are equal or the reader has the writer's as an alias",
        "give the type its old name back, or list the old full name in `aliases`",
        "The name of the type at path '{path}' differs between the {reader} and the {writer} schema",
        AVRO;
    FIXED_SIZE_MISMATCH, Incompatible,
        "a fixed is read with the size of the reader, so the sizes must be equal",
        "keep the size, and use a new field for a fixed of another size",
        "The size of the fixed type at path '{path}' differs between the {reader} and the {writer} schema",
        AVRO;
    MISSING_ENUM_SYMBOLS, Incompatible,
        "a symbol that the reader does not know is an error, unless the reader's enum has a default",
        "keep the symbols, or give the enum that reads a `default` symbol",
        "The {reader} schema lacks enum symbols at path '{path}' that the {writer} schema has, and its enum has no default",
        AVRO;
    READER_FIELD_MISSING_DEFAULT_VALUE, Incompatible,
        "a field that the writer does not have takes its default, and without one is an error",
        "give the field a `default`",
        "The field '{additional}' at path '{path}' of the {reader} schema has no default value and is missing in the {writer} schema",
        AVRO;
    TYPE_MISMATCH, Incompatible,
        "types must be equal or joined by a promotion: int, long, float, double upwards; string and bytes",
        "keep the type, widen it (int to long, float, double), or add a new field with a default",
        "The type at path '{path}' of the {reader} schema cannot read the type of the {writer} schema",
        AVRO;
    MISSING_UNION_BRANCH, Incompatible,
        "every type the writer may write must fit a branch of the reader's union",
        "keep the branch in the union that reads",
        "The {reader} schema lacks a union branch at path '{path}' for a type that the {writer} schema has",
        AVRO;
    AMBIGUOUS_FIELD_ALIAS, Incompatible,
        "a field whose name and aliases match several fields of the writer has no single value",
        "remove the alias that names a field which still exists",
        "The field at path '{path}' of the {reader} schema matches several fields of the {writer} schema by its aliases",
        "Apache Avro for Java refuses to compare such schemas";
    TOO_COMPLEX, Incompatible,
        "a comparison is bounded in depth and steps; beyond them we do not claim that schemas fit",
        "split the schema",
        "The schemas are too complex to compare",
        "limits of this crate";
}
