//! File names in a partition directory, as Kafka has them.

use std::path::{Path, PathBuf};

pub(crate) const LOG: &str = "log";
pub(crate) const OFFSET_INDEX: &str = "index";
pub(crate) const TIME_INDEX: &str = "timeindex";
/// Appended to the name of a file that is being written; such files are removed at start.
pub(crate) const TEMPORARY: &str = ".tmp";
pub(crate) const LEADER_EPOCHS: &str = "leader-epoch-checkpoint";
/// Ours: Kafka keeps the log start offset of all partitions in one file of the log directory.
pub(crate) const LOG_START: &str = "log-start-offset-checkpoint";

/// `<dir>/<base offset, 20 digits>.<extension>`.
pub(crate) fn file(dir: &Path, base_offset: i64, extension: &str) -> PathBuf {
    dir.join(format!("{base_offset:020}.{extension}"))
}

/// The base offset in a segment file name with this extension.
pub(crate) fn base_offset(name: &str, extension: &str) -> Option<i64> {
    let digits = name.strip_suffix(extension)?.strip_suffix('.')?;
    if digits.len() != 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kafkas() {
        assert_eq!(file(Path::new("t-0"), 42, LOG), Path::new("t-0/00000000000000000042.log"));
        assert_eq!(base_offset("00000000000000000042.log", LOG), Some(42));
        for odd in [
            "42.log",
            "0000000000000000042x.log",
            "99999999999999999999.log",
            ".log",
            "leader-epoch-checkpoint",
        ] {
            assert_eq!(base_offset(odd, LOG), None, "{odd}");
        }
    }
}
