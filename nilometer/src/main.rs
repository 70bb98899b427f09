//! `nilometer`: read the command line, do what it says, end with its exit code.

mod allocator;
mod assets;
mod audit;
mod centre;
mod certificates;
mod cli;
mod client;
mod config;
mod data_dir;
mod demo;
mod dispatch;
mod entrance;
mod failpoints;
mod limits;
mod listen;
mod live;
mod metrics;
mod notify;
mod receivers;
mod redaction;
mod reload;
mod roles;
mod rules;
mod shutdown;
mod telemetry;
mod tls;
mod tokens;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    allocator::configure();
    // Whoever makes an HTTP client finds it; a second installation is no harm.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let _armed = failpoints::arm();
    match cli::Cli::try_parse() {
        Ok(cli) => dispatch::run(cli.command),
        Err(error) => dispatch::usage(&error),
    }
}
