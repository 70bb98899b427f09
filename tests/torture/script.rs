//! A script of the kit, running: it takes what it started with it when it ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nilometer_tests::{Scratch, repository, until, within};
use serde_json::Value;

/// How long a script may take to end what it started.
const END_DEADLINE: Duration = Duration::from_secs(20);

pub(super) struct Script {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Script {
    /// Starts it; what it says goes to `log` in the scratch directory.
    pub(super) fn start(scratch: &Scratch, name: &str, log: &str, arguments: &[&str]) -> Self {
        let log = scratch.join(format!("{log}.log"));
        let file = std::fs::File::create(&log).unwrap();
        let mut command = Command::new("python3");
        command.arg(repository().join("tests/torture").join(name)).args(arguments);
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NILOMETER_SEAL_AFTER", "2s")
            .env("NILOMETER_OTLP_GRPC", "none")
            .env("NILOMETER_OTLP_HTTP", "none")
            .stdin(Stdio::null());
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), name: name.to_owned(), log }
    }

    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its summary, the last line of JSON that it says: an interpreter that ends may complain behind it.
    #[track_caller]
    pub(super) fn summary(&self) -> Value {
        let said = self.said();
        let summary = said.lines().rev().find_map(|line| serde_json::from_str(line).ok());
        summary.unwrap_or_else(|| panic!("{} gave no summary: {said}", self.name))
    }

    pub(super) fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether it ends well by itself.
    #[track_caller]
    pub(super) fn ends(&mut self, deadline: Duration) -> bool {
        until(&format!("end of {}", self.name), deadline, || self.child.try_wait().unwrap())
            .success()
    }

    /// SIGTERM, and SIGKILL if that does not help.
    pub(super) fn end(&mut self) {
        if self.running() {
            let _sent = Command::new("kill").arg(self.child.id().to_string()).status();
            if within(END_DEADLINE, || self.child.try_wait().unwrap()).is_none() {
                let _killed = self.child.kill();
                let _reaped = self.child.wait();
            }
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.end();
    }
}

pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
