//! Rules about types, values, required properties, dependencies and combined schemas.

use assay_schema::SchemaType;

use super::SOURCE;
use crate::rule::rules;

const ANNOTATION: &str = "it says something about data and restricts none";
const WIDER: &str = "all that was allowed still is";
const TIGHTER: &str = "data may lie outside of the new limit";
const OLD_LIMIT: &str = "keep the old limit, or widen it";
const NEW_LIMIT: &str = "data was written without this restriction";
const NO_LIMIT: &str = "leave the restriction out, or put it on a new property";

rules! { Some(SchemaType::Json);
    ID_CHANGED, Compatible, ANNOTATION, "", "", SOURCE;
    TITLE_CHANGED, Compatible, ANNOTATION, "", "", SOURCE;
    DESCRIPTION_CHANGED, Compatible, ANNOTATION, "", "", SOURCE;
    DEFAULT_CHANGED, Compatible, ANNOTATION, "", "", SOURCE;
    SCHEMA_ADDED, Incompatible,
        "a schema restricts what had no restriction",
        "leave the schema out, or make it `true`",
        "The {reader} schema has a schema at path '{path}' that the {writer} schema lacks",
        SOURCE;
    SCHEMA_REMOVED, Compatible, WIDER, "", "", SOURCE;
    TYPE_EXTENDED, Compatible, "every integer is a number", "", "", SOURCE;
    TYPE_NARROWED, Incompatible,
        "a number need not be an integer",
        "keep the type `number`",
        "The type at path '{path}' is integer in the {reader} schema and number in the {writer} schema",
        SOURCE;
    TYPE_CHANGED, Incompatible,
        "values of one type are not valid as another",
        "keep the type, add the new one beside it (`anyOf`, or a list in `type`), or use a new property",
        "The type at path '{path}' of the {reader} schema differs from the one of the {writer} schema",
        SOURCE;
    MAX_LENGTH_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits maxLength at path '{path}', and the {writer} schema does not",
        SOURCE;
    MAX_LENGTH_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MAX_LENGTH_INCREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_LENGTH_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The maxLength at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_LENGTH_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits minLength at path '{path}', and the {writer} schema does not",
        SOURCE;
    MIN_LENGTH_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MIN_LENGTH_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The minLength at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_LENGTH_DECREASED, Compatible, WIDER, "", "", SOURCE;
    MAXIMUM_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits maximum at path '{path}', and the {writer} schema does not",
        SOURCE;
    MAXIMUM_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MAXIMUM_INCREASED, Compatible, WIDER, "", "", SOURCE;
    MAXIMUM_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The maximum at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    MINIMUM_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits minimum at path '{path}', and the {writer} schema does not",
        SOURCE;
    MINIMUM_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MINIMUM_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The minimum at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    MINIMUM_DECREASED, Compatible, WIDER, "", "", SOURCE;
    EXCLUSIVE_MAXIMUM_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits exclusiveMaximum at path '{path}', and the {writer} schema does not",
        SOURCE;
    EXCLUSIVE_MAXIMUM_REMOVED, Compatible, WIDER, "", "", SOURCE;
    EXCLUSIVE_MAXIMUM_INCREASED, Compatible, WIDER, "", "", SOURCE;
    EXCLUSIVE_MAXIMUM_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The exclusiveMaximum at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    EXCLUSIVE_MINIMUM_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits exclusiveMinimum at path '{path}', and the {writer} schema does not",
        SOURCE;
    EXCLUSIVE_MINIMUM_REMOVED, Compatible, WIDER, "", "", SOURCE;
    EXCLUSIVE_MINIMUM_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The exclusiveMinimum at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    EXCLUSIVE_MINIMUM_DECREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_PROPERTIES_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits maxProperties at path '{path}', and the {writer} schema does not",
        SOURCE;
    MAX_PROPERTIES_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MAX_PROPERTIES_INCREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_PROPERTIES_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The maxProperties at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_PROPERTIES_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits minProperties at path '{path}', and the {writer} schema does not",
        SOURCE;
    MIN_PROPERTIES_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MIN_PROPERTIES_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The minProperties at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_PROPERTIES_DECREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_ITEMS_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits maxItems at path '{path}', and the {writer} schema does not",
        SOURCE;
    MAX_ITEMS_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MAX_ITEMS_INCREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_ITEMS_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The maxItems at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_ITEMS_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits minItems at path '{path}', and the {writer} schema does not",
        SOURCE;
    MIN_ITEMS_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MIN_ITEMS_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The minItems at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_ITEMS_DECREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_CONTAINS_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits maxContains at path '{path}', and the {writer} schema does not",
        SOURCE;
    MAX_CONTAINS_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MAX_CONTAINS_INCREASED, Compatible, WIDER, "", "", SOURCE;
    MAX_CONTAINS_DECREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The maxContains at path '{path}' is lower in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_CONTAINS_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema limits minContains at path '{path}', and the {writer} schema does not",
        SOURCE;
    MIN_CONTAINS_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MIN_CONTAINS_INCREASED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The minContains at path '{path}' is higher in the {reader} schema than in the {writer} schema",
        SOURCE;
    MIN_CONTAINS_DECREASED, Compatible, WIDER, "", "", SOURCE;
    PATTERN_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema has a pattern at path '{path}', and the {writer} schema does not",
        SOURCE;
    PATTERN_REMOVED, Compatible, WIDER, "", "", SOURCE;
    PATTERN_CHANGED, Incompatible,
        "whether one pattern allows all that another does is not looked into",
        "keep the pattern, or remove it",
        "The pattern at path '{path}' differs between the {reader} and the {writer} schema",
        SOURCE;
    MULTIPLE_OF_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema has a multipleOf at path '{path}', and the {writer} schema does not",
        SOURCE;
    MULTIPLE_OF_REMOVED, Compatible, WIDER, "", "", SOURCE;
    MULTIPLE_OF_EXPANDED, Incompatible,
        TIGHTER,
        OLD_LIMIT,
        "The multipleOf at path '{path}' of the {reader} schema is a multiple of the one of the {writer} schema",
        SOURCE;
    MULTIPLE_OF_REDUCED, Compatible, "what is a multiple of the old number is one of the new", "", "", SOURCE;
    MULTIPLE_OF_CHANGED, Incompatible,
        "a multiple of the old number need not be one of the new",
        "keep the number, or divide it by a whole one",
        "The multipleOf at path '{path}' of the {reader} schema does not divide the one of the {writer} schema",
        SOURCE;
    ENUM_ARRAY_EXTENDED, Compatible, WIDER, "", "", SOURCE;
    ENUM_ARRAY_NARROWED, Incompatible,
        "data may hold the values that are gone",
        "keep the values",
        "The {reader} schema lacks values at path '{path}' that the {writer} schema allows",
        SOURCE;
    ENUM_ARRAY_CHANGED, Incompatible,
        "data may hold the values that are gone",
        "keep the values, and add new ones beside them",
        "The values at path '{path}' of the {reader} schema do not include those of the {writer} schema",
        SOURCE;
    NOT_TYPE_NARROWED, Compatible, "less is forbidden", "", "", SOURCE;
    NOT_TYPE_EXTENDED, Incompatible,
        "data may hold what is forbidden now",
        "forbid no more than before",
        "The {reader} schema forbids more at path '{path}' than the {writer} schema",
        SOURCE;
    REQUIRED_ATTRIBUTE_REMOVED, Compatible, WIDER, "", "", SOURCE;
    REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED, Compatible, "a reader that knows the default can put it in", "", "", SOURCE;
    REQUIRED_ATTRIBUTE_ADDED, Incompatible,
        "data may lack the property",
        "leave the property optional, or give it a `default`",
        "The {reader} schema requires the property at path '{path}', and the {writer} schema does not",
        SOURCE;
    DEPENDENCY_ARRAY_ADDED, Incompatible,
        "data may hold the property without those it depends on now",
        NO_LIMIT,
        "The {reader} schema has dependencies at path '{path}' that the {writer} schema lacks",
        SOURCE;
    DEPENDENCY_ARRAY_REMOVED, Compatible, WIDER, "", "", SOURCE;
    DEPENDENCY_ARRAY_EXTENDED, Incompatible,
        "data may lack the properties that are asked for now",
        "ask for no more properties than before",
        "The dependencies at path '{path}' of the {reader} schema ask for more properties than those of the {writer} schema",
        SOURCE;
    DEPENDENCY_ARRAY_NARROWED, Compatible, WIDER, "", "", SOURCE;
    DEPENDENCY_ARRAY_CHANGED, Incompatible,
        "data may lack the properties that are asked for now",
        "ask for no other properties than before",
        "The dependencies at path '{path}' differ between the {reader} and the {writer} schema",
        SOURCE;
    DEPENDENCY_SCHEMA_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema has a schema at path '{path}' for data with this property that the {writer} schema lacks",
        SOURCE;
    DEPENDENCY_SCHEMA_REMOVED, Compatible, WIDER, "", "", SOURCE;
    UNIQUE_ITEMS_ADDED, Incompatible,
        NEW_LIMIT,
        NO_LIMIT,
        "The {reader} schema asks for unique items at path '{path}', and the {writer} schema does not",
        SOURCE;
    UNIQUE_ITEMS_REMOVED, Compatible, WIDER, "", "", SOURCE;
    COMBINED_TYPE_EXTENDED, Compatible, "`anyOf` allows what any combination of the same schemas allows", "", "", SOURCE;
    COMBINED_TYPE_CHANGED, Incompatible,
        "another way to combine schemas allows other data",
        "keep the keyword, or change to `anyOf`",
        "The schemas at path '{path}' are combined in another way in the {reader} than in the {writer} schema",
        SOURCE;
    PRODUCT_TYPE_EXTENDED, Incompatible,
        "data must fit one schema more",
        "leave the added schema of `allOf` out",
        "The {reader} schema has more schemas in allOf at path '{path}' than the {writer} schema",
        SOURCE;
    PRODUCT_TYPE_NARROWED, Compatible, "data has to fit one schema less", "", "", SOURCE;
    SUM_TYPE_EXTENDED, Compatible, "data may fit one schema more", "", "", SOURCE;
    SUM_TYPE_NARROWED, Incompatible,
        "data may fit only the schema that is gone",
        "keep the alternatives, and add new ones beside them",
        "The {reader} schema has fewer alternatives at path '{path}' than the {writer} schema",
        SOURCE;
    COMBINED_TYPE_SUBSCHEMAS_CHANGED, Incompatible,
        "every schema of the smaller side must fit one of the other",
        "keep each combined schema compatible with its older self",
        "A combined schema at path '{path}' of the {reader} schema has no compatible counterpart in the {writer} schema",
        SOURCE;
    TOO_COMPLEX, Incompatible,
        "a comparison is bounded in steps; beyond them we do not claim that schemas fit",
        "split the schema",
        "The schemas are too complex to compare at path '{path}'",
        "limits of this crate";
}
