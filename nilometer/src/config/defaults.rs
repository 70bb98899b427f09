//! What holds when nobody says anything.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use nilometer_model::limits::MESSAGE_BYTES_MAX;

use super::written::Place;
use super::{Key, Layer, Purpose, Role, value};

const LISTEN_PORT: u16 = 6456;
const LISTEN_PORT_COLLECT: u16 = 6457;
const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
/// Where a pod finds who it is to its cluster.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether somebody asks for the demo; what is neither yes nor no is refused later.
pub(super) fn is_demo(written: &Layer) -> bool {
    let demo = written.get(Key::Demo).and_then(|written| written.values.last());
    demo.and_then(|text| value::flag(text)).unwrap_or(false)
}

/// What holds when nobody says anything.
pub(super) fn defaults(
    purpose: Purpose,
    demo: bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Layer {
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
        (Key::DefaultRules, "true".to_owned()),
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
pub(super) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".to_owned() } else { name.trim().to_owned() }
}
