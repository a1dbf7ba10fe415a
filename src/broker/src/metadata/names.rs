//! Topic name rules, as Kafka's `org.apache.kafka.common.internals.Topic`.

use thiserror::Error;

/// Longest topic name, in bytes (file names have `-<partition>` added).
pub(crate) const NAME_BYTES_MAX: usize = 249;

/// Why a topic name is not legal. The wording follows Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TopicNameError {
    #[error("Topic name is invalid: the empty string is not allowed")]
    Empty,
    #[error("Topic name is invalid: '{0}' is not allowed")]
    Dots(String),
    #[error("Topic name is invalid: the length of '{0}...' is longer than the max allowed length 249")]
    TooLong(String),
    #[error(
        "Topic name is invalid: '{0}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    )]
    Characters(String),
}

/// Checks a name for a new topic.
pub(crate) fn check_topic_name(name: &str) -> Result<(), TopicNameError> {
    let shown = || name.chars().take(NAME_BYTES_MAX).collect::<String>();
    if name.is_empty() {
        return Err(TopicNameError::Empty);
    }
    if name == "." || name == ".." {
        return Err(TopicNameError::Dots(name.to_owned()));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(TopicNameError::TooLong(shown()));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        return Err(TopicNameError::Characters(shown()));
    }
    Ok(())
}

/// Whether two names would give the same metric name: they are equal once `.` is read as `_`.
pub(crate) fn collides(a: &str, b: &str) -> bool {
    let fold = |b: u8| if b == b'.' { b'_' } else { b };
    a.len() == b.len() && a.bytes().map(fold).eq(b.bytes().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "A.b_c-9", "__consumer_offsets", &"x".repeat(249), "..."] {
            assert_eq!(check_topic_name(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "ä", "a\0", &"x".repeat(250)] {
            assert!(check_topic_name(bad).is_err(), "{bad}");
        }
        assert!(collides("a.b", "a_b"));
        assert!(!collides("a.b", "a-b"));
    }
}
