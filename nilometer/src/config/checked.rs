//! What was written, as meant: read, checked, and refused where it cannot be used.

use nilometer_collector::{FlowConfig, KubernetesConfig};
use nilometer_notify::Destination;
use nilometer_parse::RedactConfig;
use nilometer_store::Retention;

use super::settings::{Settings, refuse};
use super::written::Place;
use super::{AskConfig, Config, ConfigError, Key, PairFiles, Port, Role, TlsFiles, value};
use crate::limits::REDACT_PATTERNS_MAX;

impl Settings {
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
            retention: self.retention()?,
            disk_budget_bytes: self.optional(Key::DiskBudget, value::disk_bytes)?,
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
            rules: self.many(Key::Rules, value::path)?,
            default_rules: self.one(Key::DefaultRules, value::flag)?,
            notify: self.destinations()?,
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

    /// Where notices go. What is wrong with one is said without its text, which may hold a secret.
    fn destinations(&self) -> Result<Vec<Destination>, ConfigError> {
        let Some(written) = self.joined.get(Key::Notify) else { return Ok(Vec::new()) };
        let refuse = |problem: String| {
            let place = written.place.describe(Key::Notify);
            ConfigError::new(place, problem, Key::Notify.allowed())
        };
        let mut all: Vec<Destination> = Vec::new();
        for (number, table) in (1..).zip(&written.values) {
            let read = value::destination(table);
            let read = read.map_err(|problem| refuse(format!("table {number}: {problem}")))?;
            if all.iter().any(|known| known.name == read.name) {
                return Err(refuse(format!(
                    "table {number}: another one is called '{}'",
                    read.name
                )));
            }
            all.push(read);
        }
        Ok(all)
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

    fn retention(&self) -> Result<Retention, ConfigError> {
        let keep = self.one(Key::Retention, value::retention)?;
        let rules = self.many(Key::RetentionFor, value::keep_for)?;
        Retention::new(keep, rules).ok_or_else(|| {
            let written = self.joined.get(Key::RetentionFor);
            let place = written.map_or(&Place::Default, |written| &written.place);
            refuse(Key::RetentionFor, "so many", place)
        })
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
