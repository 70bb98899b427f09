//! What clippy cannot check: the house is as STYLE and ARCHITECTURE say.
//!
//! Every finding names the file; all findings of a rule are reported at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nilometer_tests::{Process, Scratch, repository, run};
use serde_json::Value;

const FILE_LINES_MAX: usize = 800;
const TSX_LINES_MAX: usize = 300;
/// Made by a program, for a program: nobody reads it from top to bottom.
const GENERATED: &str = "ui/web/api/schema.ts";
const NAMES_BANNED: [&str; 4] = ["mod", "util", "utils", "common"];
const DIRS_SKIPPED: [&str; 6] =
    ["target", "node_modules", ".git", "dist", "nilometer-data", "nilometer-demo"];

/// What each crate of ours may see of the others: dependencies point down.
const SEES: [(&str, &[&str]); 15] = [
    ("nilometer-model", &[]),
    ("nilometer-block", &["model"]),
    ("nilometer-wire", &["model", "block"]),
    ("nilometer-otlp", &["model"]),
    ("nilometer-parse", &["model"]),
    ("nilometer-journal", &["model"]),
    ("nilometer-store", &["model", "block", "wire", "journal"]),
    ("nilometer-collector", &["model", "block", "wire", "journal", "parse"]),
    ("nilometer-receive", &["model", "wire", "otlp", "parse"]),
    ("nilometer-indexer", &["model", "block", "wire", "journal", "store"]),
    ("nilometer-alert", &["model"]),
    ("nilometer-query", &["model", "block", "wire", "store", "alert"]),
    ("nilometer-notify", &["model", "alert", "query"]),
    ("nilometer-ui", &[]),
    ("nilometer-demo", &["model"]),
];

/// Crates that must never get into these, however far down.
const NEVER: [(&str, &[&str]); 8] = [
    ("nilometer-model", &["tokio", "reqwest", "axum", "object_store", "tantivy"]),
    ("nilometer-block", &["tokio", "reqwest", "axum", "object_store", "tantivy"]),
    ("nilometer-alert", &["tokio", "reqwest", "axum", "object_store", "tantivy"]),
    ("nilometer-otlp", &["tokio", "reqwest", "axum", "object_store", "tantivy"]),
    ("nilometer-parse", &["tokio", "reqwest", "axum", "object_store", "tantivy"]),
    ("nilometer-receive", &["reqwest", "tantivy", "object_store", "nilometer-store"]),
    ("nilometer-collector", &["tantivy", "object_store", "nilometer-store"]),
    ("nilometer-query", &["nilometer-collector", "nilometer-indexer"]),
];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(repository(), &mut found);
    assert!(found.len() > 50, "this looks at too little: {}", found.len());
    found
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !DIRS_SKIPPED.contains(&name.as_str()) {
            walk(&path, found);
        } else if matches!(extension(&path), "rs" | "ts" | "tsx") {
            found.push(path);
        }
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

/// What `rule` finds in each source: its path below the repository, and its text.
fn each_source(rule: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let find = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let short = path.strip_prefix(repository()).unwrap();
        rule(short, &text).map(|finding| format!("{}: {finding}", short.display()))
    };
    sources().into_iter().filter_map(find).collect()
}

#[test]
fn every_file_begins_with_what_it_is() {
    none(&each_source(|path, text| {
        let begins = match extension(path) {
            "rs" => text.starts_with("//!"),
            _ => text.starts_with("//") || text.starts_with("/*"),
        };
        (!begins).then(|| "no header".to_owned())
    }));
}

#[test]
fn no_file_is_too_long() {
    none(&each_source(|path, text| {
        let limit = if extension(path) == "tsx" { TSX_LINES_MAX } else { FILE_LINES_MAX };
        let lines = text.lines().count();
        (lines > limit && path != Path::new(GENERATED))
            .then(|| format!("{lines} lines, {limit} allowed"))
    }));
}

#[test]
fn no_file_is_named_after_nothing() {
    none(&each_source(|path, _| {
        let stem = path.file_stem().unwrap().to_string_lossy();
        NAMES_BANNED.contains(&stem.as_ref()).then(|| "name it after what is in it".to_owned())
    }));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    none(&each_source(|path, text| {
        let allow = ["#[", "allow("].concat();
        (extension(path) == "rs" && text.contains(&allow))
            .then(|| "use #[expect(.., reason)]".to_owned())
    }));
}

/// Name -> its dependencies (not those for tests), for every package that cargo knows here.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    // What a fuzzer builds is not shipped.
    let ships = |kind: &Value| kind["kind"].is_null() && kind["target"] != "cfg(fuzzing)";
    let normal = |dep: &&Value| dep["dep_kinds"].as_array().unwrap().iter().any(ships);
    let mut graph: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let deps = node["deps"].as_array().unwrap().iter().filter(normal);
        let deps = deps.map(|dep| names[dep["pkg"].as_str().unwrap()].to_owned());
        graph.entry(names[node["id"].as_str().unwrap()].to_owned()).or_default().extend(deps);
    }
    graph
}

#[test]
fn dependencies_point_down() {
    let graph = dependencies();
    let mut findings = Vec::new();
    for (name, allowed) in SEES {
        for dependency in &graph[name] {
            if let Some(ours) = dependency.strip_prefix("nilometer-")
                && !allowed.contains(&ours)
            {
                findings.push(format!("{name} sees {dependency}"));
            }
        }
    }
    none(&findings);
}

#[test]
fn what_must_not_be_seen_is_not_seen_however_far_down() {
    let graph = dependencies();
    let mut findings = Vec::new();
    for (name, banned) in NEVER {
        let (mut seen, mut next) = (vec![name.to_owned()], vec![name.to_owned()]);
        while let Some(package) = next.pop() {
            for dependency in graph.get(&package).into_iter().flatten() {
                if !seen.contains(dependency) {
                    seen.push(dependency.clone());
                    next.push(dependency.clone());
                }
            }
        }
        let found = banned.iter().filter(|banned| seen.iter().any(|package| package == *banned));
        findings.extend(found.map(|found| format!("{name} sees {found}")));
    }
    none(&findings);
}

#[test]
fn the_long_c_build_is_not_among_the_dependencies() {
    let graph = dependencies();
    let found = graph.keys().filter(|name| name.starts_with("aws-lc")).cloned().collect::<Vec<_>>();
    none(&found);
}

fn document(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

#[test]
fn every_config_key_is_documented() {
    let shown = run(&["config", "show"]).out;
    let keys =
        shown.lines().filter_map(|line| line.trim_start_matches("# ").split_whitespace().next());
    let document = document("configuration.md");
    let missing = keys.filter(|key| !document.contains(&format!("`{key}`"))).map(str::to_owned);
    none(&missing.collect::<Vec<_>>());
}

#[test]
fn every_metric_is_documented() {
    let operating = document("operating.md");
    let name = regex::Regex::new(r#""(nilometer_[a-z0-9_]+)""#).unwrap();
    none(&each_source(|path, text| {
        if path.file_name().is_none_or(|name| name != "metrics.rs") {
            return None;
        }
        let missing: Vec<&str> = name
            .captures_iter(text)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|metric| !operating.contains(&format!("`{metric}`")))
            .collect();
        (!missing.is_empty()).then(|| format!("not in docs/operating.md: {}", missing.join(", ")))
    }));
}

#[test]
fn every_route_is_in_the_openapi_document() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let document = api.json("/api/openapi.json");
    let table = std::fs::read_to_string(repository().join("query/src/api/access.rs")).unwrap();
    let row = regex::Regex::new(r#"\("(GET|POST|PUT|DELETE)", "(/api/v1/[^"]*)""#).unwrap();
    let missing = row.captures_iter(&table).filter_map(|found| {
        let (method, path) = (&found[1], &found[2]);
        let there = document["paths"][path][method.to_lowercase()].is_object();
        (!there).then(|| format!("{method} {path}"))
    });
    none(&missing.collect::<Vec<_>>());
}
