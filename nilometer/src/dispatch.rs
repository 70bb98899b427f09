//! From a command to what does it, and from its outcome to the exit code and the one message.

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

use crate::cli::{
    AskOptions, Command, ConfigCommand, DeadLetterCommand, DemoOptions, PinCommand, PinOptions,
    PurgeOptions, RulesCommand,
};
use crate::client::{
    self, ClientError, DeadLetterAction, DemoSwitch, Outcome, PinAction, PurgeAction, PurgeWanted,
};
use crate::config::{self, AskConfig, Config, ConfigError, Purpose, Settings};
use crate::notify::{self, NotifyError};
use crate::roles::{self, RoleError};

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNBALANCED: u8 = 3;

/// What keeps a command from being done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Role(#[from] RoleError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Notify(#[from] NotifyError),
    #[error(transparent)]
    Demo(#[from] nilometer_demo::ServiceError),
    #[error("cannot start the runtime: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(std::io::Error),
}

/// Does the command.
pub(crate) fn run(command: Command) -> ExitCode {
    match dispatch(command) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Unbalanced) => ExitCode::from(UNBALANCED),
        Ok(Outcome::TestFailed | Outcome::Damaged) => ExitCode::from(FAILED),
        Err(Failure::Client(ClientError::Output(error)))
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            client::note(&format!("nilometer: {failure}"));
            match failure {
                Failure::Config(_) | Failure::Client(ClientError::BadRules(_)) => {
                    ExitCode::from(USAGE)
                }
                _ => ExitCode::from(FAILED),
            }
        }
    }
}

/// Says what is wrong with the command line, or what was asked by `--help`.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // It repeats what was typed, and a shell types file names.
        client::note(error.render().to_string().trim_end());
        return ExitCode::from(USAGE);
    }
    // A closed terminal is no reason to fail otherwise.
    let _printed = error.print();
    ExitCode::SUCCESS
}

fn dispatch(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Up(o) => {
            let settings = Settings::load(o.flags(), o.role.config, Purpose::Up)?;
            settings.require_pair_with_ca()?;
            role(settings.config()?, roles::up)
        }
        Command::Collect(o) => {
            let settings = Settings::load(o.flags(), o.role.config, Purpose::Collect)?;
            settings.require_to()?;
            role(settings.config()?, roles::collect)
        }
        Command::Serve(o) => {
            let settings = Settings::load(o.flags(), o.role.config, Purpose::Serve)?;
            settings.require_pair_with_ca()?;
            role(settings.config()?, roles::serve)
        }
        Command::Search(o) => ask(&o.ask, async |c| client::search(c, &o.query, &o.range).await),
        Command::Tail(o) => ask(&o.ask, async |c| client::tail(c, &o.query, o.limit).await),
        Command::Export(o) => {
            let query = o.query.as_deref().unwrap_or_default();
            ask(&o.ask, async |c| client::export(c, query, &o.range).await)
        }
        Command::Prove(o) => ask(&o, client::prove),
        Command::Verify(o) => ask(&o, client::verify),
        Command::Purge(o) => purge(o),
        Command::Sources(o) => ask(&o, client::sources),
        Command::Trace(o) => ask(&o.ask, async |c| client::trace(c, o.id.clone()).await),
        Command::DeadLetter { command } => dead_letter(command),
        Command::Pin { command } => pin(command),
        Command::Demo(o) => demo(&o),
        Command::DemoService { name: _ } => {
            nilometer_demo::serve(std::io::stdout(), std::io::stderr())?;
            Ok(Outcome::Done)
        }
        Command::Rules { command } => rules(command),
        Command::Config { command } => configuration(command),
    }
}

fn purge(options: PurgeOptions) -> Result<Outcome, Failure> {
    let PurgeOptions { query, signal, from, to, reason, dry_run, yes, end, ask: asked, .. } =
        options;
    let action = match (query, end) {
        (Some(q), _) => {
            let reason = reason.unwrap_or_default();
            PurgeAction::Purge(PurgeWanted { q, signal, from, to, reason, dry_run, yes })
        }
        (None, Some(id)) => PurgeAction::End(id),
        (None, None) => PurgeAction::List,
    };
    ask(&asked, async |config| client::purge(config, action).await)
}

fn rules(command: RulesCommand) -> Result<Outcome, Failure> {
    match command {
        RulesCommand::Test { file } => Ok(runtime()?.block_on(client::test_rules(&file))?),
        RulesCommand::Replay(o) => {
            ask(&o.ask, async |c| client::replay(c, &o.file, (&o.last, &o.seen)).await)
        }
        RulesCommand::NotifyTest(o) => {
            let settings = Settings::load(config::Layer::default(), o.config, Purpose::Serve)?;
            let config = settings.config()?;
            Ok(runtime()?.block_on(notify::test(&config, o.name.as_deref()))?)
        }
    }
}

fn dead_letter(command: DeadLetterCommand) -> Result<Outcome, Failure> {
    let (options, action) = match command {
        DeadLetterCommand::List(ask) => (ask, DeadLetterAction::List),
        DeadLetterCommand::Show(o) => (o.ask, DeadLetterAction::Show(o.id)),
        DeadLetterCommand::Retry(o) => (o.ask, DeadLetterAction::Retry(o.id)),
    };
    ask(&options, async |c| client::dead_letter(c, &action).await)
}

fn pin(command: PinCommand) -> Result<Outcome, Failure> {
    let (options, action) = match command {
        PinCommand::List(ask) => (ask, PinAction::List),
        PinCommand::Add(o) => {
            let PinOptions { name, from, to, component, ask } = o;
            (ask, PinAction::Add { name, from, to, component })
        }
        PinCommand::Remove { name, ask } => (ask, PinAction::Remove(name)),
    };
    ask(&options, async |c| client::pin(c, &action).await)
}

fn demo(options: &DemoOptions) -> Result<Outcome, Failure> {
    let switch = match (&options.fault, &options.service, &options.switch) {
        (Some(fault), Some(service), Some(switch)) => {
            Some(DemoSwitch { fault: fault.clone(), service: service.clone(), on: switch == "on" })
        }
        _ => None,
    };
    ask(&options.ask, async |c| client::demo(c, switch.as_ref()).await)
}

fn configuration(command: ConfigCommand) -> Result<Outcome, Failure> {
    let text = match command {
        ConfigCommand::Check { file } => {
            config::check_file(&file)?;
            format!("{}: ok\n", file.display())
        }
        ConfigCommand::Show { config } => {
            let settings = Settings::load(config::Layer::default(), config, Purpose::Up)?;
            settings.config()?;
            settings.show()
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::Output)?;
    Ok(Outcome::Done)
}

fn role<F>(config: Config, run: impl FnOnce(Config) -> F) -> Result<Outcome, Failure>
where
    F: Future<Output = Result<(), RoleError>>,
{
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    runtime.block_on(Box::pin(run(config)))?;
    Ok(Outcome::Done)
}

fn ask(
    options: &AskOptions,
    run: impl AsyncFnOnce(AskConfig) -> Result<Outcome, ClientError>,
) -> Result<Outcome, Failure> {
    let config = Settings::load(options.flags(), None, Purpose::Ask)?.ask()?;
    Ok(runtime()?.block_on(Box::pin(run(config)))?)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(Failure::Runtime)
}
