//! What we were told to do: as written, then as meant.
//!
//! ```text
//!   flag  >  NILOMETER_<OPTION>  >  TOML file  >  default      (config/written.rs, config/raw.rs)
//!                        |
//!                        v  checked once, here
//!                     Config
//! ```
//! Invariants:
//! - this is the only place in the product that reads the environment or a config file;
//! - a [`Config`] that exists is valid: nobody checks its fields again;
//! - whatever is refused names where it was written, the key, and what is allowed.

mod key;
mod raw;
mod value;
mod written;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use nilometer_collector::{FirstLine, FlowConfig, IntakeAddress, KubernetesConfig};
use nilometer_model::limits::MESSAGE_BYTES_MAX;
use nilometer_parse::RedactConfig;
use ring::digest::{SHA256, digest};

pub(crate) use self::key::Key;
pub(crate) use self::value::{Output, Role};
pub(crate) use self::written::Layer;
use self::written::Place;
use crate::limits::REDACT_PATTERNS_MAX;

const LISTEN_PORT: u16 = 6456;
const LISTEN_PORT_COLLECT: u16 = 6457;
const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
/// Where a pod finds who it is to its cluster.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The command that a configuration is for; it decides a few defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Up,
    Collect,
    Serve,
    Ask,
}

/// How `up`, `collect` and `serve` are to run.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where everything of ours is kept.
    pub(crate) data: PathBuf,
    /// UI, API and `/metrics`.
    pub(crate) listen: SocketAddr,
    /// OTLP over gRPC, if it is received.
    pub(crate) otlp_grpc: Option<Port>,
    /// OTLP over HTTP, if it is received on a port of its own.
    pub(crate) otlp_http: Option<Port>,
    /// What the paths of container logs are below.
    pub(crate) rootfs: PathBuf,
    /// This host's name in every record.
    pub(crate) node: String,
    /// Where this node stands.
    pub(crate) zone: Option<String>,
    /// Globs of plain files.
    pub(crate) files: Vec<String>,
    /// Intakes of one pipeline, the first one first.
    pub(crate) to: Vec<IntakeAddress>,
    /// Tokens: those that are let in, or for a collector the one that it shows.
    pub(crate) token_file: Option<PathBuf>,
    /// What this process shows of itself over TLS, and whom it believes.
    pub(crate) tls: TlsFiles,
    /// No token is asked for even when not on loopback: said on purpose.
    pub(crate) insecure: bool,
    /// How long records are kept, counted from receipt.
    pub(crate) retention: Duration,
    /// How long rows may wait in memory before they are sealed into a split.
    pub(crate) seal_after: Duration,
    /// How much of our own life is told on stderr.
    pub(crate) log_level: tracing::Level,
    /// What the first lines of some components' records look like.
    pub(crate) first_lines: Vec<FirstLine>,
    /// Longest line that is kept whole, bytes.
    pub(crate) line_bytes_max: usize,
    /// Of the times in plain files that name none.
    pub(crate) timezone: TimeZone,
    /// Most that the collector's spool takes on disk, bytes; then it stops reading.
    pub(crate) spool_bytes_max: u64,
    /// Batches that waited for longer are dropped, if at all.
    pub(crate) spool_age_max: Option<Duration>,
    /// What of what was read is not kept.
    pub(crate) flow: FlowConfig,
    /// Rows in memory that are sealed into a split at this size, bytes.
    pub(crate) buffer_bytes: usize,
    /// What of a text is secret; `None`: texts are kept as written.
    pub(crate) redact: Option<RedactConfig>,
    /// Holds the key of the marks, when it is not our own.
    pub(crate) redact_key_file: Option<PathBuf>,
    /// Where spans of our own work go, if anywhere: an OTLP/HTTP endpoint.
    pub(crate) trace_to: Option<String>,
    /// Whether `up` runs the demo's shop beside itself.
    pub(crate) demo: bool,
    /// The cluster that tells of this node's pods.
    pub(crate) kubernetes: Option<KubernetesConfig>,
    /// What it was made of, to be read anew.
    pub(crate) settings: Settings,
}

/// Where a receiver listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    /// Nobody asked for it: it may be done without.
    pub(crate) is_default: bool,
}

/// The files of TLS, none of them looked at yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The own certificate and its key: one is never without the other.
    pub(crate) pair: Option<PairFiles>,
    /// Certificates of the authorities that are believed.
    pub(crate) ca: Option<PathBuf>,
}

/// The files of a certificate and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// How the commands that ask a server find it.
#[derive(Debug, Clone)]
pub(crate) struct AskConfig {
    /// The server's URL, without a slash at its end.
    pub(crate) server: String,
    /// Holds the token to show.
    pub(crate) token_file: Option<PathBuf>,
    /// The client certificate to show, and whom to believe.
    pub(crate) tls: TlsFiles,
    /// How answers are printed.
    pub(crate) output: Output,
}

/// A setting that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    place: String,
    problem: String,
    allowed: String,
}

impl ConfigError {
    fn new(place: String, problem: String, allowed: String) -> Self {
        Self { place, problem, allowed }
    }

    fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let place = format!("--config {}", path.display());
        Self::new(place, error.to_string(), "a TOML file that can be read".to_owned())
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; allowed: {}", self.place, self.problem, self.allowed)
    }
}

/// All layers joined; every key that has a default has a value.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    joined: Layer,
    flags: Layer,
    /// The file that was read, if one was named.
    file: Option<PathBuf>,
    purpose: Purpose,
}

impl Settings {
    /// Joins the flags with the real environment, and with the file that `--config` or
    /// `NILOMETER_CONFIG` names.
    pub(crate) fn load(
        flags: Layer,
        file: Option<PathBuf>,
        purpose: Purpose,
    ) -> Result<Self, ConfigError> {
        Self::join(flags, file, purpose, variable)
    }

    fn join(
        flags: Layer,
        file: Option<PathBuf>,
        purpose: Purpose,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let named =
            || variable("NILOMETER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let file = file.or_else(named);
        let read = file.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let environment = Layer::environment(&variable);
        let written = flags.clone().over(environment).over(read);
        let defaults = defaults(purpose, is_demo(&written), &variable);
        Ok(Self { joined: written.over(defaults), flags, file, purpose })
    }

    /// What one layer says.
    fn of(joined: Layer) -> Self {
        Self { joined, flags: Layer::default(), file: None, purpose: Purpose::Up }
    }

    /// The file that was read, if one was named.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads all layers again, and checks them. What may change is as they say now, all else as it was;
    /// also gives the keys that are written differently and wait for a restart.
    pub(crate) fn read_again(&self) -> Result<(Self, Vec<Key>), ConfigError> {
        let read = Self::load(self.flags.clone(), self.file.clone(), self.purpose)?;
        read.config()?;
        if self.purpose == Purpose::Collect {
            read.require_to()?;
        }
        Ok(self.renewed(read))
    }

    fn renewed(&self, read: Self) -> (Self, Vec<Key>) {
        let values = |layer: &Layer, key| layer.get(key).map(|written| written.values.clone());
        let differs = |key: &Key| values(&self.joined, *key) != values(&read.joined, *key);
        let waiting = Key::ALL.into_iter().filter(|key| !key.is_live() && differs(key)).collect();
        (Self { joined: read.joined.mixed(&self.joined, Key::is_live), ..self.clone() }, waiting)
    }

    /// Names what is in force: the same values have the same version, wherever they are written.
    pub(crate) fn version(&self) -> String {
        let value = |key: Key| self.joined.get(key).map(|written| (key.name(), &written.values));
        let values: Vec<_> = Key::ALL.into_iter().filter_map(value).collect();
        let digest = digest(&SHA256, format!("{values:?}").as_bytes());
        digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The settings of a role, checked.
    pub(crate) fn config(&self) -> Result<Config, ConfigError> {
        self.check_roles()?;
        Ok(Config {
            data: self.one(Key::Data, value::path)?,
            listen: self.one(Key::Listen, value::address)?,
            otlp_grpc: self.port(Key::OtlpGrpc)?,
            otlp_http: self.port(Key::OtlpHttp)?,
            rootfs: self.one(Key::Rootfs, value::path)?,
            node: self.one(Key::Node, value::name)?,
            zone: self.optional(Key::Zone, value::name)?,
            files: self.many(Key::File, value::glob)?,
            to: self.many(Key::To, value::intake)?,
            token_file: self.optional(Key::TokenFile, value::path)?,
            tls: self.tls()?,
            insecure: self.one(Key::Insecure, value::flag)?,
            retention: self.one(Key::Retention, value::retention)?,
            seal_after: self.one(Key::SealAfter, value::seal_after)?,
            log_level: self.one(Key::LogLevel, value::level)?,
            first_lines: self.many(Key::Multiline, value::first_line)?,
            line_bytes_max: self.one(Key::LineBytesMax, value::line_bytes)?,
            timezone: self.one(Key::Timezone, value::timezone)?,
            spool_bytes_max: self.one(Key::SpoolBytesMax, value::spool_bytes)?,
            spool_age_max: self.optional(Key::SpoolAgeMax, value::retention)?,
            flow: self.flow()?,
            buffer_bytes: self.one(Key::BufferBytes, value::buffer_bytes)?,
            redact: self.redact()?,
            redact_key_file: self.path(Key::RedactKeyFile)?,
            trace_to: self.optional(Key::TraceTo, value::url)?,
            demo: self.one(Key::Demo, value::flag)?,
            kubernetes: self.kubernetes()?,
            settings: self.clone(),
        })
    }

    /// The settings of a command that asks a server, checked.
    pub(crate) fn ask(&self) -> Result<AskConfig, ConfigError> {
        Ok(AskConfig {
            server: self.one(Key::Server, value::url)?,
            token_file: self.optional(Key::TokenFile, value::path)?,
            tls: self.tls()?,
            output: self.one(Key::Output, value::output)?,
        })
    }

    fn flow(&self) -> Result<FlowConfig, ConfigError> {
        Ok(FlowConfig {
            on_full: self.one(Key::OnFull, value::on_full)?,
            limits: self.many(Key::Limit, value::limit)?,
            trace_sample: self.optional(Key::TraceSample, value::share)?,
            cpu_cores_max: self.optional(Key::CpuCoresMax, value::cores)?,
        })
    }

    /// The cluster, if there is one and it is wanted.
    fn kubernetes(&self) -> Result<Option<KubernetesConfig>, ConfigError> {
        let enabled = self.one(Key::KubernetesEnabled, value::automatic)?;
        let labels = self.many(Key::KubernetesLabels, value::label)?;
        let annotations = self.many(Key::KubernetesAnnotations, value::label)?;
        let api = match (enabled, self.optional(Key::KubernetesApi, value::url)?) {
            (Some(false), _) | (None, None) => return Ok(None),
            (Some(true), None) => {
                return Err(self.lacks(Key::KubernetesEnabled, Key::KubernetesApi));
            }
            (_, Some(api)) => api,
        };
        // What this pod is given for its own cluster is shown to no other.
        let place = |key: Key| self.joined.get(key).map(|written| written.place == Place::Default);
        let ours = |key: Key| place(key) != Some(true) || place(Key::KubernetesApi) == Some(true);
        let file = |key: Key| Ok(self.path(key)?.filter(|_| ours(key)));
        let (token_file, ca_file) = (file(Key::KubernetesTokenFile)?, file(Key::KubernetesCaFile)?);
        if api.starts_with("https:") && ca_file.is_none() {
            return Err(self.lacks(Key::KubernetesApi, Key::KubernetesCaFile));
        }
        Ok(Some(KubernetesConfig { api, token_file, ca_file, labels, annotations }))
    }

    fn redact(&self) -> Result<Option<RedactConfig>, ConfigError> {
        let off = self.many(Key::RedactOff, value::redact_off)?;
        let also = self.many(Key::RedactAlso, value::redact_also)?;
        let patterns = self.many(Key::RedactPattern, value::redact_pattern)?;
        if let Some(written) = self.joined.get(Key::RedactPattern)
            && patterns.len() > REDACT_PATTERNS_MAX
        {
            return Err(refuse(Key::RedactPattern, "so many", &written.place));
        }
        let mut kinds = RedactConfig::default().kinds;
        kinds.retain(|kind| !off.contains(kind));
        kinds.extend(also);
        let is_on = self.one(Key::Redact, value::flag)?;
        Ok(is_on.then_some(RedactConfig { kinds, patterns }))
    }

    fn port(&self, key: Key) -> Result<Option<Port>, ConfigError> {
        let is_default = self.joined.get(key).is_none_or(|written| written.place == Place::Default);
        let address = self.one(key, value::port)?;
        Ok(address.map(|address| Port { address, is_default }))
    }

    /// Half a pair would be TLS that somebody believes in and nobody has.
    fn tls(&self) -> Result<TlsFiles, ConfigError> {
        let pair = match (self.path(Key::TlsCert)?, self.path(Key::TlsKey)?) {
            (Some(cert), Some(key)) => Some(PairFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => return Err(self.lacks(Key::TlsCert, Key::TlsKey)),
            (None, Some(_)) => return Err(self.lacks(Key::TlsKey, Key::TlsCert)),
        };
        Ok(TlsFiles { pair, ca: self.path(Key::TlsCa)? })
    }

    /// A listener that is to look at client certificates must speak TLS.
    pub(crate) fn require_pair_with_ca(&self) -> Result<(), ConfigError> {
        let tls = self.tls()?;
        match (&tls.pair, &tls.ca) {
            (None, Some(_)) => Err(self.lacks(Key::TlsCa, Key::TlsCert)),
            _ => Ok(()),
        }
    }

    fn lacks(&self, there: Key, missing: Key) -> ConfigError {
        let place = self.joined.get(there).map(|written| written.place.describe(there));
        let problem = format!("{} is missing", missing.name());
        ConfigError::new(place.unwrap_or_else(|| there.flag()), problem, there.allowed())
    }

    /// `to` must be there for a collector that has no centre of its own.
    pub(crate) fn require_to(&self) -> Result<(), ConfigError> {
        match self.joined.get(Key::To) {
            Some(_) => Ok(()),
            None => Err(ConfigError::new(
                Key::To.flag(),
                "collect needs it".to_owned(),
                Key::To.allowed(),
            )),
        }
    }

    /// Every key, its value as TOML, and where that comes from.
    pub(crate) fn show(&self) -> String {
        let width = Key::ALL.iter().map(|key| key.name().len()).max().unwrap_or_default();
        let line = |key: Key| match self.joined.get(key) {
            None => format!("# {:width$} is not set\n", key.name()),
            Some(written) => {
                format!(
                    "{:width$} = {}  # {}\n",
                    key.name(),
                    toml_value(key, &written.values),
                    written.place
                )
            }
        };
        Key::ALL.into_iter().map(line).collect()
    }

    fn path(&self, key: Key) -> Result<Option<PathBuf>, ConfigError> {
        self.optional(key, value::path)
    }

    fn optional<T>(&self, key: Key, read: fn(&str) -> Option<T>) -> Result<Option<T>, ConfigError> {
        Ok(self.many(key, read)?.pop())
    }

    fn one<T>(&self, key: Key, read: fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        self.optional(key, read)?.ok_or_else(|| {
            ConfigError::new(key.flag(), "not set, and has no default".to_owned(), key.allowed())
        })
    }

    fn many<T>(&self, key: Key, read: fn(&str) -> Option<T>) -> Result<Vec<T>, ConfigError> {
        let Some(written) = self.joined.get(key) else { return Ok(Vec::new()) };
        let read = |text: &String| read(text).ok_or_else(|| refuse(key, text, &written.place));
        written.values.iter().map(read).collect()
    }

    /// A part of the centre's work needs the cluster's Log, which this build does not have: all or none.
    fn check_roles(&self) -> Result<(), ConfigError> {
        let roles = self.many(Key::Roles, Role::parse)?;
        match (Role::ALL.iter().all(|role| roles.contains(role)), self.joined.get(Key::Roles)) {
            (false, Some(written)) => {
                Err(refuse(Key::Roles, &written.values.join(","), &written.place))
            }
            _ => Ok(()),
        }
    }
}

fn refuse(key: Key, text: &str, place: &Place) -> ConfigError {
    let shown = text.escape_debug();
    ConfigError::new(place.describe(key), format!("'{shown}' does not fit"), key.allowed())
}

/// Reads a file and checks it whole, as it would be used with no flag and no variable.
pub(crate) fn check_file(path: &Path) -> Result<(), ConfigError> {
    let layer = read_file(path)?;
    let settings = Settings::of(layer.over(defaults(Purpose::Up, false, &|_| None)));
    settings.config()?;
    settings.ask()?;
    Ok(())
}

fn read_file(path: &Path) -> Result<Layer, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    raw::read(path, &text)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether somebody asks for the demo; what is neither yes nor no is refused later.
fn is_demo(written: &Layer) -> bool {
    let demo = written.get(Key::Demo).and_then(|written| written.values.last());
    demo.and_then(|text| value::flag(text)).unwrap_or(false)
}

/// What holds when nobody says anything.
fn defaults(purpose: Purpose, demo: bool, variable: &dyn Fn(&str) -> Option<String>) -> Layer {
    let port = if purpose == Purpose::Collect { LISTEN_PORT_COLLECT } else { LISTEN_PORT };
    let state = variable("STATE_DIRECTORY");
    let state =
        state.as_deref().and_then(|list| list.split(':').next()).filter(|dir| !dir.is_empty());
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string();
    // A demo's data lies in a directory of its own, so that it can be thrown away.
    let data = match (state, demo) {
        (None, false) => "./nilometer-data".to_owned(),
        (None, true) => "./nilometer-demo".to_owned(),
        (Some(state), false) => state.to_owned(),
        (Some(state), true) => format!("{state}/demo"),
    };
    let values = [
        (Key::Data, data),
        (Key::Listen, loopback(port)),
        (Key::OtlpGrpc, loopback(OTLP_GRPC_PORT)),
        (Key::OtlpHttp, loopback(OTLP_HTTP_PORT)),
        (Key::Rootfs, "/".to_owned()),
        (Key::Node, host_name()),
        (Key::Insecure, "false".to_owned()),
        (Key::Demo, "false".to_owned()),
        (Key::Redact, "true".to_owned()),
        (Key::Retention, "30d".to_owned()),
        (Key::SealAfter, "5m".to_owned()),
        (Key::LogLevel, "info".to_owned()),
        (Key::LineBytesMax, MESSAGE_BYTES_MAX.to_string()),
        (Key::Timezone, "UTC".to_owned()),
        (Key::SpoolBytesMax, (1_u64 << 30).to_string()),
        (Key::OnFull, "pause".to_owned()),
        (Key::BufferBytes, (64 << 20).to_string()),
        (Key::Server, format!("http://127.0.0.1:{LISTEN_PORT}")),
        (Key::Output, "text".to_owned()),
        (Key::KubernetesEnabled, "auto".to_owned()),
    ];
    let mut layer = Layer::default();
    for (key, value) in values.into_iter().chain(own_cluster(variable)) {
        layer.set(key, vec![value], Place::Default);
    }
    layer.set(
        Key::Roles,
        Role::ALL.iter().map(|role| role.name().to_owned()).collect(),
        Place::Default,
    );
    layer
}

/// How a pod reaches the cluster that it runs in, if it is one and may.
fn own_cluster(variable: &dyn Fn(&str) -> Option<String>) -> Vec<(Key, String)> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let Some(host) = given("KUBERNETES_SERVICE_HOST") else { return Vec::new() };
    let port = given("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let [token, ca] = ["token", "ca.crt"].map(|name| format!("{SERVICE_ACCOUNT}/{name}"));
    if !Path::new(&token).exists() {
        return Vec::new();
    }
    vec![
        (Key::KubernetesApi, format!("https://{host}:{port}")),
        (Key::KubernetesTokenFile, token),
        (Key::KubernetesCaFile, ca),
    ]
}

/// What the kernel calls this host.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".to_owned() } else { name.trim().to_owned() }
}

fn toml_value(key: Key, values: &[String]) -> String {
    let text = |value: &String| toml::Value::String(value.clone()).to_string();
    match key {
        Key::Insecure
        | Key::Redact
        | Key::Demo
        | Key::LineBytesMax
        | Key::SpoolBytesMax
        | Key::TraceSample
        | Key::CpuCoresMax
        | Key::BufferBytes => values.concat(),
        _ if key.is_list() => {
            format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        _ => values.iter().map(text).collect(),
    }
}

#[cfg(test)]
mod tests;
