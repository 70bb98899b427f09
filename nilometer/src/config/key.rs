//! Everything that can be set, and what is allowed for each: the one list that flags, environment,
//! file, messages and `config show` share.

use nilometer_model::limits::MESSAGE_BYTES_MAX;
use nilometer_parse::Kind;
use nilometer_store::limits::RETENTION_RULES_MAX;

use crate::limits::REDACT_PATTERNS_MAX;

/// One thing that can be set. Its flag is `--name`, its variable `NILOMETER_NAME`, its TOML key `name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::enum_variant_names, reason = "a private key's option is called that everywhere")]
pub(crate) enum Key {
    Data,
    Listen,
    OtlpGrpc,
    OtlpHttp,
    Rootfs,
    Node,
    Zone,
    File,
    To,
    Roles,
    TokenFile,
    TlsCert,
    TlsKey,
    TlsCa,
    Insecure,
    Retention,
    RetentionFor,
    DiskBudget,
    SealAfter,
    LogLevel,
    LineBytesMax,
    Multiline,
    Timezone,
    SpoolBytesMax,
    OnFull,
    SpoolAgeMax,
    Limit,
    TraceSample,
    CpuCoresMax,
    BufferBytes,
    Redact,
    RedactOff,
    RedactAlso,
    RedactKeyFile,
    RedactPattern,
    Server,
    Output,
    TraceTo,
    Demo,
    Rules,
    DefaultRules,
    Notify,
    KubernetesEnabled,
    KubernetesApi,
    KubernetesTokenFile,
    KubernetesCaFile,
    KubernetesLabels,
    KubernetesAnnotations,
}

impl Key {
    pub(crate) const ALL: [Self; 48] = [
        Self::Data,
        Self::Listen,
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::Rootfs,
        Self::Node,
        Self::Zone,
        Self::File,
        Self::To,
        Self::Roles,
        Self::TokenFile,
        Self::TlsCert,
        Self::TlsKey,
        Self::TlsCa,
        Self::Insecure,
        Self::Retention,
        Self::RetentionFor,
        Self::DiskBudget,
        Self::SealAfter,
        Self::LogLevel,
        Self::LineBytesMax,
        Self::Multiline,
        Self::Timezone,
        Self::SpoolBytesMax,
        Self::OnFull,
        Self::SpoolAgeMax,
        Self::Limit,
        Self::TraceSample,
        Self::CpuCoresMax,
        Self::BufferBytes,
        Self::Redact,
        Self::RedactOff,
        Self::RedactAlso,
        Self::RedactKeyFile,
        Self::RedactPattern,
        Self::Server,
        Self::Output,
        Self::TraceTo,
        Self::Demo,
        Self::Rules,
        Self::DefaultRules,
        Self::Notify,
        Self::KubernetesEnabled,
        Self::KubernetesApi,
        Self::KubernetesTokenFile,
        Self::KubernetesCaFile,
        Self::KubernetesLabels,
        Self::KubernetesAnnotations,
    ];

    /// The TOML key; a dot stands behind the name of its table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Listen => "listen",
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::Rootfs => "rootfs",
            Self::Node => "node",
            Self::Zone => "zone",
            Self::File => "file",
            Self::To => "to",
            Self::Roles => "roles",
            Self::TokenFile => "token_file",
            Self::TlsCert => "tls_cert",
            Self::TlsKey => "tls_key",
            Self::TlsCa => "tls_ca",
            Self::Insecure => "insecure",
            Self::Retention => "retention",
            Self::RetentionFor => "retention_for",
            Self::DiskBudget => "disk_budget",
            Self::SealAfter => "seal_after",
            Self::LogLevel => "log_level",
            Self::LineBytesMax => "line_bytes_max",
            Self::Multiline => "multiline",
            Self::Timezone => "timezone",
            Self::SpoolBytesMax => "spool_bytes_max",
            Self::OnFull => "on_full",
            Self::SpoolAgeMax => "spool_age_max",
            Self::Limit => "limit",
            Self::TraceSample => "trace_sample",
            Self::CpuCoresMax => "cpu_cores_max",
            Self::BufferBytes => "buffer_bytes",
            Self::Redact => "redact",
            Self::RedactOff => "redact_off",
            Self::RedactAlso => "redact_also",
            Self::RedactKeyFile => "redact_key_file",
            Self::RedactPattern => "redact_pattern",
            Self::Server => "server",
            Self::Output => "output",
            Self::TraceTo => "trace_to",
            Self::Demo => "demo",
            Self::Rules => "rules",
            Self::DefaultRules => "default_rules",
            Self::Notify => "notify",
            Self::KubernetesEnabled => "kubernetes.enabled",
            Self::KubernetesApi => "kubernetes.api",
            Self::KubernetesTokenFile => "kubernetes.token_file",
            Self::KubernetesCaFile => "kubernetes.ca_file",
            Self::KubernetesLabels => "kubernetes.labels",
            Self::KubernetesAnnotations => "kubernetes.annotations",
        }
    }

    /// The key of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The option on the command line.
    pub(crate) fn flag(self) -> String {
        format!("--{}", self.name().replace(['_', '.'], "-"))
    }

    /// The environment variable.
    pub(crate) fn variable(self) -> String {
        format!("NILOMETER_{}", self.name().replace('.', "_").to_uppercase())
    }

    /// Whether it takes several values; in a variable or after a flag they are separated by commas.
    pub(crate) fn is_list(self) -> bool {
        matches!(
            self,
            Self::File
                | Self::To
                | Self::Roles
                | Self::Limit
                | Self::RetentionFor
                | Self::Multiline
                | Self::RedactOff
                | Self::RedactAlso
                | Self::RedactPattern
                | Self::Rules
                | Self::Notify
                | Self::KubernetesLabels
                | Self::KubernetesAnnotations
        )
    }

    /// Whether another value is taken over while the process runs; the others wait for a restart.
    pub(crate) fn is_live(self) -> bool {
        matches!(
            self,
            Self::To | Self::Zone | Self::File | Self::LineBytesMax | Self::SpoolBytesMax
        )
    }

    /// What is allowed, for messages.
    pub(crate) fn allowed(self) -> String {
        let allowed = match self {
            Self::Data => "a directory that this user may write",
            Self::Listen => "IP:PORT, such as 127.0.0.1:6456 or [::]:6456",
            Self::OtlpGrpc => "IP:PORT, such as 127.0.0.1:4317, or none",
            Self::OtlpHttp => "IP:PORT, such as 127.0.0.1:4318, or none",
            Self::Rootfs => "a directory",
            Self::Node | Self::Zone => "a name of 1 to 253 printable characters",
            Self::File => "a list of file globs, such as /var/log/app/*.log",
            Self::To => {
                "a list of URLs, such as https://10.0.0.1:6456, each with #zone=NAME behind it if wanted"
            }
            Self::Roles => "intake,index,query,alert: all four, as fewer need a cluster's Log",
            Self::TokenFile => "a file of tokens",
            Self::TlsCert => "a PEM file of certificates, with tls_key beside it",
            Self::TlsKey => "the PEM file of tls_cert's private key, with tls_cert",
            Self::TlsCa => {
                "a PEM file of certificates; up and serve need tls_cert and tls_key with it"
            }
            Self::Insecure | Self::Demo | Self::Redact | Self::DefaultRules => "true or false",
            Self::Retention => "a number and s, m, h or d, such as 30d, from 1s to 36500d",
            Self::RetentionFor => {
                return format!(
                    "a list of at most {RETENTION_RULES_MAX} COMPONENT [debug|info|warn] TIME: a glob, perhaps debug (and below), info (and unset) or warn (and above), and how long, such as 'checkout debug 3d' or 'audit-* 365d'"
                );
            }
            Self::DiskBudget => "a number and MB, GB or TB, such as 50GB, from 1MB to 1000000TB",
            Self::SealAfter => "a number and s, m, h or d, such as 5m, from 1s to 1h",
            Self::Multiline => {
                "a list of COMPONENT REGEX: a glob, then what each record's first line matches, such as web-* ^\\d{4}-"
            }
            Self::LogLevel => "error, warn, info, debug or trace",
            Self::LineBytesMax => {
                return format!("a whole number of bytes from 1024 to {MESSAGE_BYTES_MAX}");
            }
            Self::Timezone => "a zone's name, such as UTC or Europe/Berlin",
            Self::SpoolBytesMax => {
                "a whole number of bytes from 16777216 (16 MiB) to 1099511627776 (1 TiB)"
            }
            Self::OnFull => "pause or shed",
            Self::SpoolAgeMax => "a number and s, m, h or d, such as 7d, from 1s to 36500d",
            Self::Limit => {
                "a list of limits, such as 'web-* 200 lines/s' or 'db 1048576 bytes/s burst 8388608'"
            }
            Self::TraceSample => "a share of all traces from 0 to 1, such as 0.1",
            Self::CpuCoresMax => "a number of cores from 0.01 to 64, such as 0.5",
            Self::BufferBytes => {
                "a whole number of bytes from 1048576 (1 MiB) to 4294967296 (4 GiB)"
            }
            Self::RedactOff => return format!("a list of {}", default_kinds()),
            Self::RedactAlso => "a list of email, phone",
            Self::RedactKeyFile => "a file of 16 to 4096 bytes",
            Self::RedactPattern => {
                return format!(
                    "a list of at most {REDACT_PATTERNS_MAX} NAME=REGEX, such as order=ORD-[0-9]{{8}}"
                );
            }
            Self::Rules => "a list of TOML files of rules",
            Self::Notify => {
                "[[notify]] tables: name, kind = webhook|slack|email|alertmanager, url; secret for a webhook, from and to for an email"
            }
            Self::Server => "a URL, such as http://127.0.0.1:6456",
            Self::Output => "text, ndjson or csv",
            Self::TraceTo => "a URL, such as http://10.0.0.1:4318",
            Self::KubernetesEnabled => "auto, true or false",
            Self::KubernetesApi => {
                "a URL, such as http://127.0.0.1:8001; https needs kubernetes.ca_file"
            }
            Self::KubernetesTokenFile => "a file that holds a token",
            Self::KubernetesCaFile => "a PEM file of certificates",
            Self::KubernetesLabels | Self::KubernetesAnnotations => {
                "a list of names, such as app.kubernetes.io/part-of"
            }
        };
        allowed.to_owned()
    }
}

/// The kinds of secrets that are hidden unless switched off.
fn default_kinds() -> String {
    let kinds = Kind::ALL.iter().filter(|kind| kind.is_default());
    kinds.map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}
