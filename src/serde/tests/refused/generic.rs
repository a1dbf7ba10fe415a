//! A generic type.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
pub struct Page<T> { //~ AssayAvro does not take generic types
    pub items: Vec<T>,
}
