//! The properties of the fuzz targets, on stable: random text, and generated schemas with random damage.

use assay_schema::testing::{Rng, avro_properties, avro_schema, json_properties, next_version};
use proptest::prelude::*;

/// Pieces from which nearly-JSON is made.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\"",
    "\"type\"",
    "\"name\"",
    "\"fields\"",
    "\"record\"",
    "\"int\"",
    "\\",
    "\\u0041",
    "\\ud800",
    "\\ud83d\\ude00",
    "0",
    "-1",
    "1.5e3",
    "1E400",
    "01",
    "true",
    "nul",
    "null",
    " ",
    "\n",
    "/*",
    "*/",
    "é",
];

proptest! {
    #[test]
    fn json_of_any_text(text in any::<String>()) {
        json_properties(&text);
    }

    #[test]
    fn json_of_pieces(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.into_iter().map(|i| PIECES[i]).collect();
        json_properties(&text);
        avro_properties(&text);
    }

    #[test]
    fn avro_of_generated_schemas(seed in any::<u64>()) {
        let mut rng = Rng::new(seed);
        let text = avro_schema(&mut rng);
        avro_properties(&text);
        avro_properties(&next_version(&text, &mut rng));
    }

    #[test]
    fn avro_of_damaged_schemas(seed in any::<u64>(), cut in any::<prop::sample::Index>(), piece in 0..PIECES.len()) {
        let text = avro_schema(&mut Rng::new(seed));
        let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let at = places[cut.index(places.len())];
        let damaged = format!("{}{}{}", &text[..at], PIECES[piece], text[at..].get(1..).unwrap_or(""));
        json_properties(&damaged);
        avro_properties(&damaged);
    }
}
