//! Message indexes (contract 5.3): the path of a message in its file, as serialisers write it before the payload.
//!
//! Serialisers count in the descriptor they hold, where map entries and group bodies are nested messages in the place
//! they were declared. The canonical text has moved fields before nested messages, so with maps in the enclosing
//! message the number is ambiguous; all readings are offered, the likeliest first.

use prost_reflect::{MessageDescriptor, Syntax};

use super::ProtoSchema;

/// Readings offered at most.
const CANDIDATES_MAX: usize = 16;

impl ProtoSchema {
    /// The message at a path of indexes; the likeliest reading. `None` when there is no such message.
    pub fn message_by_indexes(&self, indexes: &[i32]) -> Option<MessageDescriptor> {
        self.messages_by_indexes(indexes).into_iter().next()
    }

    /// Every message a path of indexes can mean: one, unless an enclosing message has maps or groups.
    pub fn messages_by_indexes(&self, indexes: &[i32]) -> Vec<MessageDescriptor> {
        let Some(([first, rest @ ..], file)) = Some(indexes).zip(self.file_descriptor()) else {
            return Vec::new();
        };
        let top: Vec<_> = file.messages().collect();
        let mut found = choose(&top, *first);
        for index in rest {
            found = found
                .iter()
                .flat_map(|message| choose(&message.child_messages().collect::<Vec<_>>(), *index))
                .take(CANDIDATES_MAX)
                .collect();
        }
        found
    }
}

/// The declared messages that index `index` can mean among `all`, of which some are synthetic.
fn choose(all: &[MessageDescriptor], index: i32) -> Vec<MessageDescriptor> {
    let Ok(index) = usize::try_from(index) else { return Vec::new() };
    let declared: Vec<_> = all.iter().filter(|m| !is_synthetic(m)).collect();
    let synthetic = all.len() - declared.len();
    // Before the wanted message stand `before` synthetic ones, from none to all of them.
    let readings = (0..=synthetic.min(index)).filter_map(|before| declared.get(index - before));
    readings.take(CANDIDATES_MAX).map(|m| (*m).clone()).collect()
}

/// Map entries and the bodies of groups.
fn is_synthetic(message: &MessageDescriptor) -> bool {
    message.is_map_entry()
        || message.parent_file().syntax() == Syntax::Proto2
            && message.parent_message().is_some_and(|parent| {
                parent.fields().any(|f| f.is_group() && f.kind().as_message().is_some_and(|m| m == message))
            })
}
