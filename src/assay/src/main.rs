//! `assay`: a Confluent-compatible schema registry and a Kafka broker in one process.
//!
//! This crate holds the command line, the configuration, the wiring and the signals. Rules live elsewhere:
//! schemas in `assay-registry`, records in `assay-broker`, payloads in `assay-validate`.

mod check;
mod cli;
mod config;
mod demo;
mod diff;
mod error;
mod lint;
mod quarantine;
mod remote;
mod serve;
mod source;
mod tail;
mod transfer;
mod wanted;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => return check::run(&args),
        Command::Diff(args) => return diff::run(&args),
        Command::Plan(args) => return wanted::plan(&args),
        Command::Apply(args) => return wanted::apply_plan(&args),
        Command::Pull(args) => return wanted::pull(&args),
        Command::Lint(args) => return lint::run(&args),
        Command::Backup(args) => transfer::backup(&args),
        Command::Restore(args) => transfer::restore(&args),
        Command::Migrate(args) => transfer::migrate(&args),
        Command::Tail(args) => tail::run(&args),
        Command::Quarantine(args) => quarantine::run(&args),
        Command::Config(args) => config::print(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assay: {error}");
            ExitCode::FAILURE
        }
    }
}
