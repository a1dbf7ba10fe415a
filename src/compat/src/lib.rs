//! Compatibility: levels, one rule per row, a structured report.
