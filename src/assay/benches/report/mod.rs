//! How the load programs print: medians with the range they were taken from.

/// Prints the median of `values` with their range; the median.
pub(crate) fn report(name: &str, unit: &str, mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, middle, high) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    println!("{name:<58} median {middle:>12.2} {unit:<10} ({low:.2} to {high:.2}, n={})", values.len());
    middle
}
