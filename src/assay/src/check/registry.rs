//! `--against http://registry`: the older versions, fetched before anything is compared.

use std::sync::Mutex;

use assay_check::check::Work;
use assay_check::remote::{Asked, Registered, fetch};
use assay_check::transfer::{Progress, Step};
use assay_compat::Level;

use crate::transfer::{Shown, connect, in_runtime, shown_url};

/// Fetches what a registry has of the subjects.
///
/// # Errors
/// One sentence: the URL, or what the registry said.
pub(super) fn fetched(url: &str, work: &[Work], level: Option<Level>) -> Result<Registered, String> {
    let asked = work.iter().map(|Work { settings, .. }| Asked {
        subject: settings.subject.clone(),
        level: level.or(settings.level),
    });
    let asked: Vec<Asked> = asked.collect();
    let shown = Mutex::new(Shown::new());
    let progress = |done, total| {
        if let Ok(mut shown) = shown.lock() {
            shown.progress(Progress { step: Step::Subjects, done, total: Some(total) });
        }
    };
    let label = shown_url(url);
    let there = in_runtime(async { Ok(fetch(&connect(url)?, &label, &asked, &progress).await?) });
    if let Ok(mut shown) = shown.lock() {
        shown.clear();
    }
    there.map_err(|e| format!("--against {label}: {e}"))
}
