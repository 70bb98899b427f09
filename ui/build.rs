//! Builds the web app and writes the table of assets that `src/lib.rs` embeds.
//!
//! ```text
//! NILOMETER_UI_DIST=dir ─────────────────────────┐
//! Node there: npm ci (when stale) ─> vite build ─┼─> OUT_DIR/dist/** ─> OUT_DIR/assets.rs
//! no Node, or NILOMETER_UI=skip: one page ───────┘
//! ```
//!
//! - An unchanged web app never builds twice: Cargo runs this again only when one of `INPUTS` or one of
//!   the two variables has changed, and nothing here writes to a path in `INPUTS`.
//! - `node_modules` is stale when the lock file it was installed from is not, byte for byte, ours.
//! - `NILOMETER_UI=auto` (the default) warns and embeds a page that says what is missing; `require` (CI)
//!   fails instead; `skip` never asks for Node.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All that the built web app depends on.
const INPUTS: [&str; 7] = [
    "build.rs",
    "web",
    "vite.config.ts",
    "tsconfig.json",
    "package.json",
    "package-lock.json",
    ".npmrc",
];
/// The lock file that `node_modules` was installed from.
const INSTALLED_LOCK: &str = "node_modules/.installed-from-package-lock.json";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
    }
    for variable in ["NILOMETER_UI", "NILOMETER_UI_DIST"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let out = PathBuf::from(variable("OUT_DIR").ok_or("OUT_DIR is not set: run this by cargo")?);
    let dist = match variable("NILOMETER_UI_DIST") {
        Some(dir) => {
            println!("cargo::rerun-if-changed={}", dir.display());
            PathBuf::from(dir)
        }
        None => build_or_explain(&out)?,
    };
    fs::write(out.join("assets.rs"), table(&dist)?)?;
    Ok(())
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The directory that holds the web app, or the page that stands in for it.
fn build_or_explain(out: &Path) -> Outcome<PathBuf> {
    let dist = out.join("dist");
    let wish = variable("NILOMETER_UI").unwrap_or_else(|| "auto".into());
    let missing = match wish.to_str() {
        Some("skip") => "it was built with NILOMETER_UI=skip".to_owned(),
        Some("auto" | "require") => match build(&dist) {
            Ok(()) => return Ok(dist),
            Err(error) if wish == "require" => return Err(error),
            Err(error) => error.to_string(),
        },
        _ => return Err(format!("NILOMETER_UI={}: auto, skip or require", wish.display()).into()),
    };
    if wish != "skip" {
        println!("cargo::warning=the dashboard is not built in: {}", missing.replace('\n', " "));
    }
    explain(&dist, &missing)?;
    Ok(dist)
}

fn build(dist: &Path) -> Outcome<()> {
    run(Command::new("node").arg("--version"), "Node 20.19 or newer is needed")?;
    let wanted = fs::read("package-lock.json")?;
    if fs::read(INSTALLED_LOCK).ok().as_ref() != Some(&wanted) {
        run(Command::new(NPM).args(["ci", "--include=dev"]), "npm ci failed")?;
        fs::write(INSTALLED_LOCK, wanted)?;
    }
    let vite = "node_modules/vite/bin/vite.js";
    let mut command = Command::new("node");
    command.args([vite, "build", "--logLevel", "warn", "--emptyOutDir", "--outDir"]).arg(dist);
    run(&mut command, "vite build failed")
}

fn run(command: &mut Command, or: &str) -> Outcome<()> {
    // A NODE_ENV from outside would choose another React, or leave out what builds it.
    let output =
        command.env_remove("NODE_ENV").output().map_err(|error| format!("{or}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{or}: {}", String::from_utf8_lossy(&said).trim()).into())
}

/// The page of a binary without a web app.
fn explain(dist: &Path, missing: &str) -> io::Result<()> {
    match fs::remove_dir_all(dist) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(dist)?,
    }
    let missing = missing.replace('&', "&amp;").replace('<', "&lt;");
    let page = include_str!("without-node.html").replace("{missing}", &missing);
    fs::write(dist.join("index.html"), page)
}

/// Rust source of a slice of `Asset`s, sorted by path as `asset` searches it.
fn table(dist: &Path) -> Outcome<String> {
    let mut paths = Vec::new();
    walk(dist, "", &mut paths)?;
    paths.sort();
    if !paths.iter().any(|path| path == "index.html") {
        return Err(format!("{} has no index.html", dist.display()).into());
    }
    let mut source = "&[\n".to_owned();
    for path in paths.iter().filter(|path| !path.ends_with(".gz")) {
        let gzip = match paths.binary_search(&format!("{path}.gz")) {
            Ok(_) => format!("Some(include_bytes!({:?}))", dist.join(format!("{path}.gz"))),
            Err(_) => "None".to_owned(),
        };
        let file = dist.join(path);
        let (mime, hash) = (mime(path), fnv1a(&fs::read(&file)?));
        writeln!(
            source,
            "    Asset {{ path: {path:?}, bytes: include_bytes!({file:?}), gzip: {gzip}, \
             mime: {mime:?}, etag: \"\\\"{hash:016x}\\\"\" }},"
        )?;
    }
    source.push_str("]\n");
    Ok(source)
}

/// Paths of all files below `dir`, each behind `prefix`, with `/` between its parts.
fn walk(dir: &Path, prefix: &str, paths: &mut Vec<String>) -> Outcome<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or("a file name is not UTF-8")?;
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{prefix}{name}/"), paths)?;
        } else {
            paths.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// 64-bit FNV-1a: names a content for caches; nothing depends on it being hard to forge.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
