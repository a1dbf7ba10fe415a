//! Contexts (contract 1.9).

use assay_schema::{Context, Subject};

use super::drop_settings;
use crate::error::RegistryError;
use crate::event::Event;
use crate::scope::Scope;
use crate::state::State;
use crate::transaction::Decision;

/// `DELETE /contexts/{context}`: an empty context and its own settings go. Its ids are not given out again.
pub(crate) fn delete_context(state: &State, context: &Context) -> Result<Decision<()>, RegistryError> {
    if state.subjects_in(context).next().is_some() {
        return Err(RegistryError::ContextNotEmpty(context.clone()));
    }
    let mut events = Vec::new();
    if !context.is_default() && state.has_context(context) {
        events.push(Event::ContextTombstone { context: context.clone() });
        events.extend(drop_settings(state, &Scope::of(Subject::new(context.clone(), ""))));
    }
    Ok(Decision::Commit { events, value: () })
}
