//! `assay plan`, `apply` and `pull`: flags, files and exit codes around `assay-check`'s wanted state.

mod pulled;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use assay_check::config::{FILE, Missing};
use assay_check::transfer::{Progress, Step};
use assay_check::tree::{Depth, Tree, type_of};
use assay_check::wanted::{Applied, Plan, Removal, Wanted, WantedError, apply, make, show};
use clap::Args;
use serde_json::json;

use crate::check::{configured, enclosing};
use crate::transfer::{Shown, connect, in_runtime, shown_url};

pub(crate) use pulled::{PullArgs, pull};

/// The registry says no.
const REFUSED: u8 = 1;
/// No answer, or a directory that cannot be understood.
const COULD_NOT: u8 = 2;
/// There is something to do, with `--detailed-exitcode`.
const CHANGES: u8 = 3;

/// `assay plan`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 the plan can be carried out (or there is nothing to do), 1 the registry would refuse something, \
2 could not plan, or could not check something at a limit; with --detailed-exitcode 3 instead of 0 when there is something to do."
)]
pub(crate) struct PlanArgs {
    /// A directory of .avsc, .proto and .json files, with assay-check.toml.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Base URL of the registry; user:password@ before the host is sent as basic authentication.
    #[arg(long, value_name = "URL")]
    url: String,
    /// Also soft-delete subjects that begin with a prefix of [registry] owned and have no file.
    #[arg(long)]
    delete: bool,
    /// Write the plan to this file, for `assay apply --plan`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 3 when there is something to do.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Print the plan as JSON.
    #[arg(long)]
    json: bool,
}

/// `assay apply`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 done (or nothing to do), 1 the registry refuses something, 2 could not, for example because the \
registry has moved on since the plan was saved. What is refused when planning is refused before anything is written."
)]
pub(crate) struct ApplyArgs {
    /// A directory, which is planned and carried out at once.
    #[arg(value_name = "DIR", required_unless_present = "plan", conflicts_with = "plan")]
    dir: Option<PathBuf>,
    /// A plan that `assay plan --out` wrote: exactly that, or nothing if the registry has moved on.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Base URL of the registry; user:password@ before the host is sent as basic authentication.
    #[arg(long, value_name = "URL")]
    url: String,
    /// Also soft-delete subjects that begin with a prefix of [registry] owned and have no file.
    #[arg(long, conflicts_with = "plan")]
    delete: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

/// Why a command ended early: the words, and the exit status.
type Ended = (String, u8);

fn could_not(reason: impl ToString) -> Ended {
    (reason.to_string(), COULD_NOT)
}

fn ended(outcome: Result<u8, Ended>) -> ExitCode {
    ExitCode::from(outcome.unwrap_or_else(|(reason, status)| {
        eprintln!("assay: {reason}");
        status
    }))
}

/// Shows what would be done.
pub(crate) fn plan(args: &PlanArgs) -> ExitCode {
    let outside = args.out.iter().try_for_each(|file| outside(file, &args.dir));
    ended(outside.and_then(|()| planned(&args.dir, &args.url, args.delete)).and_then(|plan| {
        if let Some(file) = &args.out {
            std::fs::write(file, plan.print()).map_err(|e| could_not(format!("{}: {e}", file.display())))?;
        }
        print!("{}", if args.json { plan.print() } else { show(&plan) });
        Ok(match (plan.refused.is_empty(), plan.unchecked.is_empty(), plan.steps.is_empty()) {
            (_, false, _) => COULD_NOT,
            (false, ..) => REFUSED,
            (true, true, false) if args.detailed_exitcode => CHANGES,
            _ => 0,
        })
    }))
}

/// Refuses a plan's file that the next plan would take for a schema.
fn outside(file: &Path, dir: &Path) -> Result<(), Ended> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(parent), Ok(root)) = (parent.canonicalize(), dir.canonicalize()) else { return Ok(()) };
    let (Ok(below), Some(name)) = (parent.strip_prefix(&root), file.file_name()) else { return Ok(()) };
    let path = below.join(name).to_string_lossy().replace('\\', "/");
    let config = configured(dir).map_err(could_not)?;
    if type_of(&path).is_some() && config.settings(&path).is_some() {
        let reason = "is in the directory and would be taken for a schema; write it elsewhere";
        return Err(could_not(format!("--out {}: {reason}", file.display())));
    }
    Ok(())
}

/// Does it.
pub(crate) fn apply_plan(args: &ApplyArgs) -> ExitCode {
    ended(chosen(args).and_then(|plan| {
        if !args.json && args.dir.is_some() {
            print!("{}", show(&plan));
        }
        let applied = carried_out(&plan, &args.url)?;
        if args.json {
            let Applied { registered, configured, deleted } = applied;
            println!("{}", json!({ "registered": registered, "configured": configured, "deleted": deleted }));
        } else if !plan.steps.is_empty() {
            println!("done: {applied}");
        }
        Ok(0)
    }))
}

fn chosen(args: &ApplyArgs) -> Result<Plan, Ended> {
    let Some(file) = &args.plan else {
        return planned(&args.dir.clone().unwrap_or_default(), &args.url, args.delete);
    };
    let text = std::fs::read_to_string(file).map_err(|e| could_not(format!("{}: {e}", file.display())))?;
    let plan = Plan::parse(&text).map_err(|e| could_not(format!("{}: {e}", file.display())))?;
    let registry = shown_url(&args.url);
    if plan.registry != registry {
        return Err(could_not(format!("the plan was made for {}, not for {registry}", plan.registry)));
    }
    Ok(plan)
}

/// Reads a directory and asks the registry about it.
fn planned(dir: &Path, url: &str, delete: bool) -> Result<Plan, Ended> {
    let wanted = wanted(dir).map_err(could_not)?;
    let removal = if delete { Removal::Delete } else { Removal::Keep };
    let label = shown_url(url);
    with_progress(Step::Planning, |progress| {
        in_runtime(async { Ok(make(&connect(url)?, &label, &wanted, removal, progress).await) })
    })
}

fn wanted(dir: &Path) -> Result<Wanted, String> {
    if !dir.join(FILE).is_file()
        && let Some((root, _)) = enclosing(dir)?
    {
        return Err(format!(
            "{} has no {FILE}, but {} has: name that directory, or give this one a {FILE} of its own",
            dir.display(),
            root.display()
        ));
    }
    let config = configured(dir)?;
    let mut tree = Tree::read(dir, Depth::All)?;
    config.bind(&mut tree, Missing::Refused)?;
    let wanted = Wanted::new(tree, config)?;
    if wanted.files.is_empty() {
        return Err(format!("no schema files (.avsc, .proto, .json) of {} are subjects", dir.display()));
    }
    Ok(wanted)
}

fn carried_out(plan: &Plan, url: &str) -> Result<Applied, Ended> {
    with_progress(Step::Applying, |progress| {
        in_runtime(async { Ok(apply(&connect(url)?, plan, progress).await) })
    })
}

/// Shows progress on a terminal while work is done.
fn with_progress<T>(
    step: Step,
    work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> Result<Result<T, WantedError>, crate::error::Fatal>,
) -> Result<T, Ended> {
    let shown = Mutex::new(Shown::new());
    let outcome = work(&|done, total| {
        if let Ok(mut shown) = shown.lock() {
            shown.progress(Progress { step, done, total: Some(total) });
        }
    });
    if let Ok(mut shown) = shown.lock() {
        shown.clear();
    }
    let outcome = outcome.map_err(could_not)?;
    outcome.map_err(|e| (e.to_string(), if e.is_refusal() { REFUSED } else { COULD_NOT }))
}
