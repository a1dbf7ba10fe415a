//! Rules about content models: what may be in an object, or an array, beside what is declared.

use assay_schema::SchemaType;

use super::SOURCE;
use crate::rule::rules;

const ALLOWED_NOW: &str = "more than before is allowed";
const OPEN: &str = "data may hold anything under the name of the new property";
const CLOSE: &str =
    "declare `additionalProperties: false` from the first version on, or set compatibilityPolicy to LENIENT";

rules! { Some(SchemaType::Json);
    ADDITIONAL_PROPERTIES_ADDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    ADDITIONAL_PROPERTIES_REMOVED, LenientOnly,
        "data may hold properties that are not declared",
        "keep additionalProperties as it was",
        "The {reader} schema forbids properties that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    ADDITIONAL_PROPERTIES_EXTENDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    ADDITIONAL_PROPERTIES_NARROWED, LenientOnly,
        "data may hold other properties that are not declared",
        "keep additionalProperties as it was",
        "The {reader} schema restricts properties that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    UNEVALUATED_PROPERTIES_ADDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    UNEVALUATED_PROPERTIES_REMOVED, LenientOnly,
        "data may hold properties that are not declared",
        "keep unevaluatedProperties as it was",
        "The {reader} schema forbids properties that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    UNEVALUATED_PROPERTIES_EXTENDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    UNEVALUATED_PROPERTIES_NARROWED, LenientOnly,
        "data may hold other properties that are not declared",
        "keep unevaluatedProperties as it was",
        "The {reader} schema restricts properties that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    ADDITIONAL_ITEMS_ADDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    ADDITIONAL_ITEMS_REMOVED, Incompatible,
        "data may hold items that are not declared",
        "keep additionalItems as it was",
        "The {reader} schema forbids items that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    ADDITIONAL_ITEMS_EXTENDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    ADDITIONAL_ITEMS_NARROWED, Incompatible,
        "data may hold other items that are not declared",
        "keep additionalItems as it was",
        "The {reader} schema restricts items that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    UNEVALUATED_ITEMS_ADDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    UNEVALUATED_ITEMS_REMOVED, Incompatible,
        "data may hold items that are not declared",
        "keep unevaluatedItems as it was",
        "The {reader} schema forbids items that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    UNEVALUATED_ITEMS_EXTENDED, Compatible, ALLOWED_NOW, "", "", SOURCE;
    UNEVALUATED_ITEMS_NARROWED, Incompatible,
        "data may hold other items that are not declared",
        "keep unevaluatedItems as it was",
        "The {reader} schema restricts items that are not declared at path '{path}', and the {writer} schema does not",
        SOURCE;
    PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL, Compatible, "any value is allowed, as before", "", "", SOURCE;
    REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL, LenientOnly,
        OPEN,
        CLOSE,
        "The {reader} schema has a required property with a default at path '{path}', and the content model of the {writer} schema is open",
        SOURCE;
    REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL, Incompatible,
        "data may lack the property, or hold anything under its name",
        "make the property optional, and see that the older schema is closed; or set the level to NONE for this step",
        "The {reader} schema has a required property at path '{path}', and the content model of the {writer} schema is open",
        SOURCE;
    OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL, LenientOnly,
        OPEN,
        CLOSE,
        "The {reader} schema has a property at path '{path}', and the content model of the {writer} schema is open",
        SOURCE;
    REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL, Compatible, "a reader that knows the default can put it in", "", "", SOURCE;
    REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL, Incompatible,
        "data lacks the property",
        "make the property optional, or give it a `default`",
        "The {reader} schema has a required property without a default at path '{path}' that the {writer} schema lacks",
        SOURCE;
    OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL, Compatible, "data does not have the property yet", "", "", SOURCE;
    PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL, Compatible, "the property is one of those that are not declared now", "", "", SOURCE;
    PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, Compatible, "the property was never allowed", "", "", SOURCE;
    PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL, LenientOnly,
        "data may hold the property, which is not allowed any more",
        "keep the property, or allow additional properties",
        "The {reader} schema lacks the property at path '{path}' that the {writer} schema has, and its content model is closed",
        SOURCE;
    PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Compatible, "what covers the property allows all it did", "", "", SOURCE;
    PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, LenientOnly,
        "data may hold the property with values that are not allowed any more",
        "keep the property, or let patternProperties or additionalProperties allow what it allowed",
        "The {reader} schema lacks the property at path '{path}' that the {writer} schema has, and what covers it does not allow the same",
        SOURCE;
    PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Compatible, "the property allows all that what covered it did", "", "", SOURCE;
    PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, LenientOnly,
        "data may hold the name with values that are not allowed any more",
        "let the property allow what patternProperties or additionalProperties allowed for it",
        "The {reader} schema has a property at path '{path}' that does not allow what the content model of the {writer} schema allows there",
        SOURCE;
    ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL, Compatible, "any value is allowed, as before", "", "", SOURCE;
    ITEM_ADDED_TO_OPEN_CONTENT_MODEL, Incompatible,
        "data may hold anything at that place",
        "let the item be anything, or forbid additional items from the first version on",
        "The {reader} schema has an item at path '{path}', and the content model of the {writer} schema is open",
        SOURCE;
    ITEM_ADDED_TO_CLOSED_CONTENT_MODEL, Compatible, "data does not have the item yet", "", "", SOURCE;
    ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Compatible, "the item allows all that what covered it did", "", "", SOURCE;
    ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Incompatible,
        "data may hold other values at that place",
        "let the item allow what was allowed there",
        "The {reader} schema has an item at path '{path}' that does not allow what the content model of the {writer} schema allows there",
        SOURCE;
    ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL, Compatible, "the item is one of those that are not declared now", "", "", SOURCE;
    ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL, Compatible, "the item was never allowed", "", "", SOURCE;
    ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL, Incompatible,
        "data may hold the item, which is not allowed any more",
        "keep the item, or allow additional items",
        "The {reader} schema lacks the item at path '{path}' that the {writer} schema has, and its content model is closed",
        SOURCE;
    ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Compatible, "what covers the item allows all it did", "", "", SOURCE;
    ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, Incompatible,
        "data may hold the item with values that are not allowed any more",
        "keep the item, or let additional items allow what it allowed",
        "The {reader} schema lacks the item at path '{path}' that the {writer} schema has, and what covers it does not allow the same",
        SOURCE;
}
