//! How far a long step is, for whoever shows it.

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading schemas.
    Reading,
    /// Registering schemas.
    Writing,
    /// Soft-deleting what was soft-deleted.
    Deleting,
    /// Setting configs and modes.
    Settings,
    /// Comparing both sides.
    Verifying,
    /// Reading subjects, with their versions and configs.
    Subjects,
    /// Asking whether files may be registered.
    Planning,
    /// Carrying out a plan.
    Applying,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How many are done.
    pub done: usize,
    /// Of how many; `None` while that is unknown.
    pub total: Option<usize>,
}

impl Step {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::Reading => "reading schemas",
            Step::Writing => "registering schemas",
            Step::Deleting => "soft-deleting versions",
            Step::Settings => "setting configs and modes",
            Step::Verifying => "verifying",
            Step::Subjects => "reading subjects",
            Step::Planning => "planning",
            Step::Applying => "applying",
        }
    }
}
