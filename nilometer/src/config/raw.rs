//! The TOML file as written.
//!
//! Invariant: a key that nobody reads is an error, so a slip of the pen is never silent.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::written::{Layer, Place};
use super::{ConfigError, Key};

/// The file's keys; `RawConfig::layer` gives them to the list of [`Key`]s.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    data: Option<Spanned<String>>,
    listen: Option<Spanned<String>>,
    otlp_grpc: Option<Spanned<String>>,
    otlp_http: Option<Spanned<String>>,
    rootfs: Option<Spanned<String>>,
    node: Option<Spanned<String>>,
    zone: Option<Spanned<String>>,
    file: Option<Spanned<OneOrMany>>,
    to: Option<Spanned<OneOrMany>>,
    roles: Option<Spanned<OneOrMany>>,
    token_file: Option<Spanned<String>>,
    tls_cert: Option<Spanned<String>>,
    tls_key: Option<Spanned<String>>,
    tls_ca: Option<Spanned<String>>,
    insecure: Option<Spanned<bool>>,
    retention: Option<Spanned<String>>,
    retention_for: Option<Spanned<OneOrMany>>,
    disk_budget: Option<Spanned<String>>,
    seal_after: Option<Spanned<String>>,
    log_level: Option<Spanned<String>>,
    line_bytes_max: Option<Spanned<u64>>,
    timezone: Option<Spanned<String>>,
    spool_bytes_max: Option<Spanned<u64>>,
    on_full: Option<Spanned<String>>,
    spool_age_max: Option<Spanned<String>>,
    limit: Option<Spanned<OneOrMany>>,
    multiline: Option<Spanned<OneOrMany>>,
    trace_sample: Option<Spanned<f64>>,
    cpu_cores_max: Option<Spanned<f64>>,
    buffer_bytes: Option<Spanned<u64>>,
    redact: Option<Spanned<bool>>,
    redact_off: Option<Spanned<OneOrMany>>,
    redact_also: Option<Spanned<OneOrMany>>,
    redact_key_file: Option<Spanned<String>>,
    redact_pattern: Option<Spanned<OneOrMany>>,
    server: Option<Spanned<String>>,
    output: Option<Spanned<String>>,
    trace_to: Option<Spanned<String>>,
    demo: Option<Spanned<bool>>,
    rules: Option<Spanned<OneOrMany>>,
    default_rules: Option<Spanned<bool>>,
    notify: Option<Spanned<Vec<toml::Table>>>,
    kubernetes: Option<RawKubernetes>,
}

/// `[kubernetes]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKubernetes {
    enabled: Option<Spanned<Automatic>>,
    api: Option<Spanned<String>>,
    token_file: Option<Spanned<String>>,
    ca_file: Option<Spanned<String>>,
    labels: Option<Spanned<OneOrMany>>,
    annotations: Option<Spanned<OneOrMany>>,
}

/// `enabled = true` or `enabled = "auto"`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected true, false or \"auto\"")]
enum Automatic {
    Flag(bool),
    Text(String),
}

impl Automatic {
    fn into_values(self) -> Vec<String> {
        match self {
            Self::Flag(flag) => vec![flag.to_string()],
            Self::Text(text) => vec![text],
        }
    }
}

/// `to = "a"` or `to = ["a", "b"]`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_values(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

/// Reads the file's text; `path` is only for messages.
pub(super) fn read(path: &Path, text: &str) -> Result<Layer, ConfigError> {
    let raw: RawConfig = toml::from_str(text).map_err(|error| refuse(path, text, &error))?;
    Ok(raw.layer(&Lines { path, text }))
}

/// Finds lines and columns in the text of a file.
struct Lines<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Lines<'_> {
    fn place(&self, offset: usize) -> Place {
        let (line, column) = self.line_and_column(offset);
        Place::File { path: self.path.to_owned(), line, column }
    }

    /// Both from 1; columns count characters.
    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// The key at the beginning of the line that holds the offset, behind its table's name.
    fn key(&self, offset: usize) -> String {
        let offset = self.text.floor_char_boundary(offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[start..].lines().next().unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim();
        let tables = self.text[..start].lines().rev().map(str::trim);
        let table = tables.filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).next();
        table.map_or_else(|| key.to_owned(), |table| format!("{table}.{key}"))
    }
}

impl RawConfig {
    fn layer(self, lines: &Lines<'_>) -> Layer {
        let mut layer = Layer::default();
        let texts = [
            (Key::Data, self.data),
            (Key::Listen, self.listen),
            (Key::OtlpGrpc, self.otlp_grpc),
            (Key::OtlpHttp, self.otlp_http),
            (Key::Rootfs, self.rootfs),
            (Key::Node, self.node),
            (Key::Zone, self.zone),
            (Key::TokenFile, self.token_file),
            (Key::TlsCert, self.tls_cert),
            (Key::TlsKey, self.tls_key),
            (Key::TlsCa, self.tls_ca),
            (Key::Retention, self.retention),
            (Key::DiskBudget, self.disk_budget),
            (Key::SealAfter, self.seal_after),
            (Key::LogLevel, self.log_level),
            (Key::Timezone, self.timezone),
            (Key::OnFull, self.on_full),
            (Key::SpoolAgeMax, self.spool_age_max),
            (Key::RedactKeyFile, self.redact_key_file),
            (Key::Server, self.server),
            (Key::Output, self.output),
            (Key::TraceTo, self.trace_to),
        ];
        for (key, written) in texts {
            put(&mut layer, lines, key, written, |value| vec![value]);
        }
        let lists = [
            (Key::File, self.file),
            (Key::To, self.to),
            (Key::Roles, self.roles),
            (Key::RetentionFor, self.retention_for),
            (Key::Limit, self.limit),
            (Key::Multiline, self.multiline),
            (Key::RedactOff, self.redact_off),
            (Key::RedactAlso, self.redact_also),
            (Key::RedactPattern, self.redact_pattern),
            (Key::Rules, self.rules),
        ];
        for (key, written) in lists {
            put(&mut layer, lines, key, written, OneOrMany::into_values);
        }
        let numbers = [
            (Key::LineBytesMax, self.line_bytes_max),
            (Key::SpoolBytesMax, self.spool_bytes_max),
            (Key::BufferBytes, self.buffer_bytes),
        ];
        for (key, written) in numbers {
            put(&mut layer, lines, key, written, |value| vec![value.to_string()]);
        }
        let shares =
            [(Key::TraceSample, self.trace_sample), (Key::CpuCoresMax, self.cpu_cores_max)];
        for (key, written) in shares {
            put(&mut layer, lines, key, written, |value| vec![value.to_string()]);
        }
        let flags = [
            (Key::Insecure, self.insecure),
            (Key::Demo, self.demo),
            (Key::Redact, self.redact),
            (Key::DefaultRules, self.default_rules),
        ];
        for (key, written) in flags {
            put(&mut layer, lines, key, written, |value| vec![value.to_string()]);
        }
        put(&mut layer, lines, Key::Notify, self.notify, |tables| {
            tables.iter().filter_map(|table| serde_json::to_string(table).ok()).collect()
        });
        self.kubernetes.unwrap_or_default().put(&mut layer, lines);
        layer
    }
}

impl RawKubernetes {
    fn put(self, layer: &mut Layer, lines: &Lines<'_>) {
        put(layer, lines, Key::KubernetesEnabled, self.enabled, Automatic::into_values);
        for (key, written) in [
            (Key::KubernetesApi, self.api),
            (Key::KubernetesTokenFile, self.token_file),
            (Key::KubernetesCaFile, self.ca_file),
        ] {
            put(layer, lines, key, written, |value| vec![value]);
        }
        for (key, written) in
            [(Key::KubernetesLabels, self.labels), (Key::KubernetesAnnotations, self.annotations)]
        {
            put(layer, lines, key, written, OneOrMany::into_values);
        }
    }
}

fn put<T>(
    layer: &mut Layer,
    lines: &Lines<'_>,
    key: Key,
    written: Option<Spanned<T>>,
    values: impl Fn(T) -> Vec<String>,
) {
    if let Some(written) = written {
        let place = lines.place(written.span().start);
        layer.set(key, values(written.into_inner()), place);
    }
}

/// Says in our words what `toml` found: file, line, key, what is allowed.
fn refuse(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let lines = Lines { path, text };
    let offset = error.span().map_or(0, |span| span.start);
    let (line, column) = lines.line_and_column(offset);
    let place = format!("{}:{line}:{column}", path.display());
    let message = error.message().lines().next().unwrap_or_default();
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let key = rest.split('`').next().unwrap_or_default();
        let allowed = Key::ALL.map(Key::name).join(", ");
        return ConfigError::new(format!("{place}: {key}"), "unknown key".to_owned(), allowed);
    }
    let key = lines.key(offset);
    let allowed =
        Key::parse(&key).map_or_else(|| "TOML, one `key = value` a line".to_owned(), Key::allowed);
    ConfigError::new(format!("{place}: {key}"), message.to_owned(), allowed)
}
