//! The command line, as written: which command, which flags. What they mean is `config`'s to say.
//!
//! Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 `prove` does not balance.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Key, Layer};

/// Logs from every container of a host, exactly once, searchable at once.
#[derive(Debug, Parser)]
#[command(name = "nilometer", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole of it on one machine: collect this host's logs, keep them, show them
    Up(UpOptions),
    /// Read this node's logs and ship them to a centre
    Collect(CollectOptions),
    /// The centre: take in, keep, answer
    Serve(ServeOptions),
    /// The newest records that a query matches
    Search(SearchOptions),
    /// Records that a query matches, as they come in
    Tail(TailOptions),
    /// All records that a query matches, oldest first; goes on where a broken connection left off
    Export(ExportOptions),
    /// The ledger: whether everything that was read is accounted for, and what is lost (exit 3 if not)
    Prove(AskOptions),
    /// Remove records for good: from answers at once, then from all that is kept
    Purge(PurgeOptions),
    /// Read all that is stored, to see whether it still is what was written (exit 1 if not)
    Verify(AskOptions),
    /// What is read, and how far
    Sources(AskOptions),
    /// A trace as a waterfall
    Trace(TraceOptions),
    /// Records that were turned away
    DeadLetter {
        #[command(subcommand)]
        command: DeadLetterCommand,
    },
    /// Ranges of time that stay, whatever retention and disk budget say
    Pin {
        #[command(subcommand)]
        command: PinCommand,
    },
    /// What goes wrong in the demo (`up --demo`), and switching it: demo slow checkout on
    Demo(DemoOptions),
    /// A part of the demo's shop; started by it
    #[command(hide = true)]
    DemoService {
        /// Which, for whoever looks at the list of processes
        name: String,
    },
    /// Rules of alerts, and whether they do what they are meant to
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// The configuration, and whether it is right
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetterCommand {
    /// All of them
    List(AskOptions),
    /// One of them, whole
    Show(DeadLetterOptions),
    /// Let one of them in now
    Retry(DeadLetterOptions),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// All of them
    List(AskOptions),
    /// Hold a range
    Add(PinOptions),
    /// Let a range go
    Remove {
        /// As `pin list` shows it
        name: String,
        #[command(flatten)]
        ask: AskOptions,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PinOptions {
    /// What it is called
    pub(crate) name: String,
    /// RFC 3339, or a time ago: -90s -15m -2h -7d
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(crate) from: String,
    /// The first moment that is not held
    #[arg(long, value_name = "T", allow_hyphen_values = true, default_value = "now")]
    pub(crate) to: String,
    /// Only what has records of this component
    #[arg(long, value_name = "NAME")]
    pub(crate) component: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Run the tests of a TOML file against its rules; no server is asked (exit 1 if one fails)
    Test { file: PathBuf },
    /// When the rules of a TOML file would have fired on what is stored
    Replay(ReplayOptions),
    /// Send a notice to the destinations of a configuration file, to see whether it arrives
    NotifyTest(NotifyTestOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// The rules
    pub(crate) file: PathBuf,
    /// How far back to begin: 90m, 12h, 30d
    #[arg(long, value_name = "LENGTH", default_value = "1d")]
    pub(crate) last: String,
    /// What each step sees: what had been received by then, or all that is stored now
    #[arg(long, value_parser = ["then", "now"], default_value = "then")]
    pub(crate) seen: String,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

#[derive(Debug, Args)]
pub(crate) struct NotifyTestOptions {
    /// Only to this one
    pub(crate) name: Option<String>,
    /// The TOML file with its [[notify]] tables
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a TOML file: its keys and their values
    Check { file: PathBuf },
    /// Every key, its value, and where that comes from
    Show {
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// What every role takes.
#[derive(Debug, Args)]
pub(crate) struct RoleOptions {
    /// Where everything is kept [default: $STATE_DIRECTORY, else ./nilometer-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// UI, API and metrics [default: 127.0.0.1:6456, collect: 127.0.0.1:6457]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// OTLP over gRPC, or none [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDR")]
    otlp_grpc: Option<String>,
    /// OTLP over HTTP, or none [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR")]
    otlp_http: Option<String>,
    /// Tokens [default: DATA/tokens]; for collect the one it shows to the centre
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    #[command(flatten)]
    tls: TlsOptions,
    /// Ask nobody for a token, on whatever address
    #[arg(long)]
    insecure: bool,
    /// Send spans of our own work to this OTLP/HTTP endpoint
    #[arg(long, value_name = "URL")]
    trace_to: Option<String>,
    /// A TOML file; flags and NILOMETER_<OPTION> variables go before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What TLS takes, whichever end of it this process is.
#[derive(Debug, Args)]
pub(crate) struct TlsOptions {
    /// The own certificate (PEM): a listener's; for collect and commands that ask, the client's too
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Whose certificates are believed (PEM): clients' by a listener, else the server's
    /// [default: the system's]
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<String>,
}

/// What reading a node takes.
#[derive(Debug, Args)]
pub(crate) struct NodeOptions {
    /// Where the host's root is seen: what container logs are looked for below [default: /]
    #[arg(long, value_name = "DIR")]
    rootfs: Option<String>,
    /// This host's name in every record [default: what the kernel calls it]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Plain log files; may be given several times
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UpOptions {
    #[command(flatten)]
    pub(crate) role: RoleOptions,
    #[command(flatten)]
    pub(crate) node: NodeOptions,
    /// Run a small shop beside it, to look at and to break [its data: ./nilometer-demo unless --data]
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CollectOptions {
    /// The intakes of one pipeline, the preferred one first; those of our zone before others
    #[arg(long, value_name = "URL[#zone=Z][,URL]")]
    to: Vec<String>,
    #[command(flatten)]
    pub(crate) role: RoleOptions,
    #[command(flatten)]
    pub(crate) node: NodeOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// What this process does [default: all]
    #[arg(long, value_name = "intake,index,query,alert")]
    roles: Option<String>,
    #[command(flatten)]
    pub(crate) role: RoleOptions,
}

/// What every command that asks a server takes.
#[derive(Debug, Args)]
pub(crate) struct AskOptions {
    /// Whom to ask [default: http://127.0.0.1:6456]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Holds the token to show
    #[arg(long, value_name = "FILE")]
    token_file: Option<String>,
    #[command(flatten)]
    tls: TlsOptions,
    /// text, ndjson or csv [default: text]
    #[arg(long, value_name = "FORMAT")]
    output: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TraceOptions {
    /// 32 hex digits
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLetterOptions {
    /// As `dead-letter list` shows it
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

/// What is to be gone.
#[derive(Debug, Args)]
pub(crate) struct PurgeOptions {
    /// Which records, spans and samples; `*` is everything in the range
    #[arg(allow_hyphen_values = true, required_unless_present_any = ["list", "end"])]
    pub(crate) query: Option<String>,
    /// Nothing but these [default: all to which the query can be put]
    #[arg(long, value_parser = ["logs", "spans", "samples"], requires = "query")]
    pub(crate) signal: Option<String>,
    /// The first time of these: RFC 3339, now, or a time ago [default: the first that there is]
    #[arg(long, value_name = "T", allow_hyphen_values = true, requires = "query")]
    pub(crate) from: Option<String>,
    /// The first moment that is too late
    #[arg(long, value_name = "T", allow_hyphen_values = true, requires = "query")]
    pub(crate) to: Option<String>,
    /// Kept for good, unlike the query: a ticket's number, not a name
    #[arg(long, value_name = "TEXT", requires = "query")]
    pub(crate) reason: Option<String>,
    /// Only say how many there are
    #[arg(long, requires = "query")]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, requires = "query")]
    pub(crate) yes: bool,
    /// What was purged, and how far that is
    #[arg(long, conflicts_with_all = ["query", "end", "signal", "from", "to", "reason", "dry_run", "yes"])]
    pub(crate) list: bool,
    /// Refuse nothing for this purge any more, and forget what it asked
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "signal", "from", "to", "reason", "dry_run", "yes"])]
    pub(crate) end: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

/// A fault of the demo; without one, what is on is shown.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// What goes wrong
    #[arg(value_parser = ["slow", "fail", "crash", "flood", "silence", "surprise"], requires_all = ["service", "switch"])]
    pub(crate) fault: Option<String>,
    /// Whose fault it is: frontend, cart, catalog, checkout, payment, shipping or recommendation
    pub(crate) service: Option<String>,
    /// Whether it does from now on
    #[arg(value_parser = ["on", "off"])]
    pub(crate) switch: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

/// A range of time and how much of it.
#[derive(Debug, Args)]
pub(crate) struct RangeOptions {
    /// RFC 3339, now, or a time ago: -90s -15m -2h -7d
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// The first moment that is too late
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// At most so many records
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct SearchOptions {
    /// Words, "phrases", field:value ...; see docs/query-language.md
    #[arg(allow_hyphen_values = true)]
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) range: RangeOptions,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

#[derive(Debug, Args)]
pub(crate) struct TailOptions {
    /// What to wait for; `*` is everything
    #[arg(allow_hyphen_values = true)]
    pub(crate) query: String,
    /// End after so many records
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// What to export; everything unless given
    #[arg(allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) range: RangeOptions,
    #[command(flatten)]
    pub(crate) ask: AskOptions,
}

impl RoleOptions {
    fn flags(&self) -> Layer {
        let mut layer = Layer::default();
        layer.flag(Key::Data, self.data.clone());
        layer.flag(Key::Listen, self.listen.clone());
        layer.flag(Key::OtlpGrpc, self.otlp_grpc.clone());
        layer.flag(Key::OtlpHttp, self.otlp_http.clone());
        layer.flag(Key::TokenFile, self.token_file.clone());
        self.tls.add_to(&mut layer);
        layer.flag(Key::Insecure, self.insecure.then(|| "true".to_owned()));
        layer.flag(Key::TraceTo, self.trace_to.clone());
        layer
    }
}

impl TlsOptions {
    fn add_to(&self, layer: &mut Layer) {
        layer.flag(Key::TlsCert, self.tls_cert.clone());
        layer.flag(Key::TlsKey, self.tls_key.clone());
        layer.flag(Key::TlsCa, self.tls_ca.clone());
    }
}

impl NodeOptions {
    fn add_to(&self, layer: &mut Layer) {
        layer.flag(Key::Rootfs, self.rootfs.clone());
        layer.flag(Key::Node, self.node.clone());
        layer.flag(Key::File, self.file.clone());
    }
}

impl UpOptions {
    pub(crate) fn flags(&self) -> Layer {
        let mut layer = self.role.flags();
        self.node.add_to(&mut layer);
        layer.flag(Key::Demo, self.demo.then(|| "true".to_owned()));
        layer
    }
}

impl CollectOptions {
    pub(crate) fn flags(&self) -> Layer {
        let mut layer = self.role.flags();
        self.node.add_to(&mut layer);
        layer.flag(Key::To, self.to.clone());
        layer
    }
}

impl ServeOptions {
    pub(crate) fn flags(&self) -> Layer {
        let mut layer = self.role.flags();
        layer.flag(Key::Roles, self.roles.clone());
        layer
    }
}

impl AskOptions {
    pub(crate) fn flags(&self) -> Layer {
        let mut layer = Layer::default();
        layer.flag(Key::Server, self.server.clone());
        layer.flag(Key::TokenFile, self.token_file.clone());
        self.tls.add_to(&mut layer);
        layer.flag(Key::Output, self.output.clone());
        layer
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_query_and_a_time_may_begin_with_a_hyphen() {
        let cli =
            Cli::try_parse_from(["nilometer", "search", "-path:/x", "--from", "-15m"]).unwrap();
        let Command::Search(search) = cli.command else { panic!("not a search") };
        assert_eq!(search.query, "-path:/x");
        assert_eq!(search.range.from.as_deref(), Some("-15m"));
    }

    #[test]
    fn a_purge_says_what_is_to_be_gone_or_which_purge_is_meant() {
        for (arguments, is_right) in [
            (&["purge"][..], false),
            (&["purge", "--yes"], false),
            (&["purge", "-a", "--yes", "--from", "-2h"], true),
            (&["purge", "a", "--signal", "spans"], true),
            (&["purge", "a", "--signal", "metrics"], false),
            (&["purge", "a", "--list"], false),
            (&["purge", "--list"], true),
            (&["purge", "--end", "7"], true),
            (&["purge", "--end", "7", "--dry-run"], false),
        ] {
            let all = std::iter::once("nilometer").chain(arguments.iter().copied());
            assert_eq!(Cli::try_parse_from(all).is_ok(), is_right, "{arguments:?}");
        }
    }
}
