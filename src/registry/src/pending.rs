//! The answer of a command, on its way to being durable.

use crate::error::RegistryError;
use crate::store::Ticket;

/// A value that may be told to the client once its ticket has resolved.
#[derive(Debug)]
#[must_use = "the answer counts only once it is durable"]
pub struct Pending<T> {
    /// The answer.
    pub value: T,
    /// When it is durable.
    pub ticket: Ticket,
}

impl<T> Pending<T> {
    pub(crate) fn new(value: T, ticket: Ticket) -> Pending<T> {
        Pending { value, ticket }
    }

    /// Blocks until the answer is durable.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub fn wait(self) -> Result<T, RegistryError> {
        self.ticket.wait()?;
        Ok(self.value)
    }

    /// Resolves when the answer is durable.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub async fn durable(self) -> Result<T, RegistryError> {
        self.ticket.await?;
        Ok(self.value)
    }
}
