//! Two types of one name, which a schema cannot have.

use assay_serde::AssayAvro;

pub mod other {
    #[derive(assay_serde::AssayAvro)]
    pub struct Line {
        pub sku: String,
    }
}

#[derive(AssayAvro)]
pub struct Line {
    pub title: String,
}

#[derive(AssayAvro)]
pub struct Order { //~ field "more" of Order: there is another type of the name Line
    pub first: Line,
    pub more: Option<Vec<other::Line>>,
}
