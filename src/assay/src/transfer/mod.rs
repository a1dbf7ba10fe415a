//! `assay backup`, `restore` and `migrate`: flags, files and progress around `assay-check`'s transfer.

mod file;
mod shown;

use assay_check::transfer::{self, OnConflict, Plan, Snapshot, TransferError, Written};
use assay_client::{Client, ClientConfig};

use crate::cli::{BackupArgs, Conflicts, MigrateArgs, RestoreArgs, Side};
use crate::error::Fatal;
use crate::serve::RegistryAlone;
pub(crate) use shown::Shown;

/// Bytes of one answer: a page of 200 versions of at most 1 MiB each.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Reads a registry into a file.
///
/// # Errors
/// One line: the registry or the file.
pub(crate) fn backup(args: &BackupArgs) -> Result<(), Fatal> {
    let mut shown = Shown::new();
    let snapshot = in_runtime(async {
        with_side(&args.side, Absent::Refused, async |client| {
            Ok(transfer::read(client, &mut |p| shown.progress(p)).await?)
        })
        .await
    })?;
    file::write(&args.output, &snapshot)?;
    shown.done(&format!(
        "{} versions, {} configs, {} modes written to {}",
        snapshot.schemas.len(),
        snapshot.configs.len(),
        snapshot.modes.len(),
        args.output.display()
    ));
    Ok(())
}

/// Writes a file into a registry.
///
/// # Errors
/// One line: the file, the registry, or the first conflicts.
pub(crate) fn restore(args: &RestoreArgs) -> Result<(), Fatal> {
    let wanted = file::read(&args.file)?;
    let mut shown = Shown::new();
    let (written, _) = in_runtime(async {
        with_side(&args.side, Absent::Made, async |client| {
            carry_out(client, &wanted, args.on_conflict, &mut shown).await
        })
        .await
    })?;
    report(&written, None, args.json);
    Ok(())
}

/// Copies one running registry into another, and compares both.
///
/// # Errors
/// One line: either registry, the first conflicts, or what differs afterwards.
pub(crate) fn migrate(args: &MigrateArgs) -> Result<(), Fatal> {
    let mut shown = Shown::new();
    in_runtime(async {
        let (from, to) = (connect(&args.from)?, connect(&args.to)?);
        let wanted = transfer::read(&from, &mut |p| shown.progress(p)).await.map_err(failed)?;
        let (written, expected) = carry_out(&to, &wanted, args.on_conflict, &mut shown).await?;
        let now = transfer::read(&to, &mut |_| {}).await.map_err(failed)?;
        let differ =
            transfer::verify(&to, &expected, &now, &mut |p| shown.progress(p)).await.map_err(failed)?;
        shown.clear();
        if differ.is_empty() {
            report(&written, Some(expected.schemas.len()), args.json);
            return Ok(());
        }
        let first: Vec<String> = differ.iter().take(5).map(|m| format!("{}: {}", m.what, m.reason)).collect();
        Err(Fatal::Transfer(format!(
            "{} differences after the migration; {}",
            differ.len(),
            first.join("; ")
        )))
    })
}

/// Plans against what the target holds, and writes; tells what was done and what the target has to hold now.
async fn carry_out(
    client: &Client,
    wanted: &Snapshot,
    on_conflict: Conflicts,
    shown: &mut Shown,
) -> Result<(Written, Snapshot), Fatal> {
    let on_conflict = match on_conflict {
        Conflicts::Fail => OnConflict::Fail,
        Conflicts::Skip => OnConflict::Skip,
        Conflicts::Overwrite => OnConflict::Overwrite,
    };
    let target = transfer::read(client, &mut |p| shown.progress(p)).await.map_err(failed)?;
    let plan = transfer::plan(wanted, &target, on_conflict).map_err(failed)?;
    if plan.obstacles(on_conflict).next().is_some() {
        shown.clear();
        return Err(conflicts(&plan, on_conflict));
    }
    let written = transfer::write(client, &plan, wanted, &target, &mut |p| shown.progress(p)).await;
    shown.clear();
    Ok((written.map_err(failed)?, plan.expected(wanted)))
}

fn conflicts(plan: &Plan, on_conflict: OnConflict) -> Fatal {
    let obstacles = || plan.obstacles(on_conflict);
    let first: Vec<String> = obstacles().take(5).map(|c| format!("{}: {}", c.place, c.reason)).collect();
    let way_out = match on_conflict {
        OnConflict::Fail => "; --on-conflict skip keeps the target's, overwrite replaces it",
        OnConflict::Skip | OnConflict::Overwrite => "",
    };
    Fatal::Transfer(format!(
        "{} conflicts, nothing written ({}){way_out}",
        obstacles().count(),
        first.join("; ")
    ))
}

fn report(written: &Written, verified: Option<usize>, json: bool) {
    if json {
        println!(
            "{}",
            serde_json::json!({
                "registered": written.registered, "present": written.present, "skipped": written.skipped,
                "replaced": written.replaced, "soft_deleted": written.soft_deleted, "settings": written.settings,
                "verified": verified,
            })
        );
        return;
    }
    let checked = verified.map_or(String::new(), |n| format!("; {n} verified, id by id and guid by guid"));
    println!(
        "{} versions registered ({} were there, {} skipped, {} replaced), {} soft-deleted, {} configs and modes set{checked}",
        written.registered,
        written.present,
        written.skipped,
        written.replaced,
        written.soft_deleted,
        written.settings
    );
}

/// What becomes of a data directory that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Refused,
    Made,
}

/// Gives the work a client of the side, which is opened for it when it is a directory.
async fn with_side<T>(
    side: &Side,
    absent: Absent,
    work: impl AsyncFnOnce(&Client) -> Result<T, Fatal>,
) -> Result<T, Fatal> {
    if let Some(url) = &side.url {
        return work(&connect(url)?).await;
    }
    let dir = side.data_dir.clone().unwrap_or_default();
    if absent == Absent::Refused && !dir.join("registry").is_dir() {
        return Err(Fatal::Transfer(format!("{}: no registry in this directory", dir.display())));
    }
    let alone = RegistryAlone::open(&dir)?;
    let outcome = match connect(alone.url()) {
        Ok(client) => work(&client).await,
        Err(error) => Err(error),
    };
    alone.close().await;
    outcome
}

/// A registry's URL without user, password and what follows the path.
pub(crate) fn shown_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or(authority))
        }
        None => url.rsplit('@').next().unwrap_or(url).to_owned(),
    }
}

/// A client of a registry.
///
/// # Errors
/// One line: the URL.
pub(crate) fn connect(url: &str) -> Result<Client, Fatal> {
    let mut config = ClientConfig::new(url);
    config.answer_bytes_max = ANSWER_BYTES_MAX;
    Client::new(config).map_err(|e| Fatal::Transfer(e.to_string()))
}

/// Runs async work to its end.
///
/// # Errors
/// The work's.
pub(crate) fn in_runtime<T>(work: impl Future<Output = Result<T, Fatal>>) -> Result<T, Fatal> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|source| Fatal::Io { what: "starting the runtime", source })?;
    runtime.block_on(work)
}

fn failed(error: TransferError) -> Fatal {
    Fatal::Transfer(error.to_string())
}

impl From<TransferError> for Fatal {
    fn from(error: TransferError) -> Fatal {
        failed(error)
    }
}
