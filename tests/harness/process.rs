//! The binary, and processes of it.

use std::fs::File;
use std::io::{Read, Seek};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Api, Scratch, until, within};

/// How long a process may take until `/readyz` answers.
const READY_DEADLINE: Duration = Duration::from_secs(20);
/// How long an ordered shutdown may take.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(20);
/// How long a command that ends by itself may take; an export lives through kills of the server, and the long
/// torture exports half a million lines.
const RUN_DEADLINE: Duration = Duration::from_secs(900);

/// A centre without rules of its own: where a test counts its commits, or its spans, evaluations would be counted too.
pub const NO_RULES: (&str, &str) = ("NILOMETER_DEFAULT_RULES", "false");

/// Where the repository is.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The built binary: it lies above the directory that this test's executable is in. Cargo builds it for
/// `--workspace` because `nilometer` has an integration test of its own.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().and_then(Path::parent).unwrap().join("nilometer");
    assert!(path.exists(), "{} is not built: cargo build --release", path.display());
    path
}

/// A command of the binary, with nothing of our environment that could configure it.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null()).env_remove("STATE_DIRECTORY");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NILOMETER_") {
            command.env_remove(name);
        }
    }
    command
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs a command of the binary to its end.
#[track_caller]
pub fn run(arguments: &[&str]) -> Ended {
    let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut command = command(arguments);
    command.stdout(out.try_clone().unwrap()).stderr(err.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    let Some(status) = within(RUN_DEADLINE, || child.try_wait().unwrap()) else {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("{arguments:?} did not end within {RUN_DEADLINE:?}: {}", whole(err));
    };
    Ended { code: status.code().unwrap_or(-1), out: whole(out), err: whole(err) }
}

fn whole(mut file: File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A port that is free now.
pub fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command; what it says goes to `log`, behind what is there.
    pub fn spawn(mut command: Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log: log.to_owned() }
    }

    /// Starts `nilometer serve` with its data in the scratch directory and waits until it is ready.
    pub fn serve(scratch: &Scratch, arguments: &[&str]) -> (Self, Api) {
        Self::role("serve", scratch, arguments, &[])
    }

    /// Starts `nilometer up` on the scratch directory's `root` and waits until it is ready.
    pub fn up(scratch: &Scratch, arguments: &[&str]) -> (Self, Api) {
        std::fs::create_dir_all(scratch.join("root")).unwrap();
        let root = scratch.join("root").display().to_string();
        let mut all = vec!["--rootfs", root.as_str(), "--node", "node0"];
        all.extend_from_slice(arguments);
        Self::role("up", scratch, &all, &[])
    }

    /// Starts a role with variables in its environment and waits until it is ready.
    pub fn role(
        role: &str,
        scratch: &Scratch,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Self, Api) {
        let (mut process, api) = Self::start(role, scratch, arguments, variables);
        process.ready(&api);
        (process, api)
    }

    /// Starts a role; whether it lives long enough to be ready is another question.
    pub fn start(
        role: &str,
        scratch: &Scratch,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Self, Api) {
        let api = Api::on(port());
        let (data, listen) = (scratch.join("data").display().to_string(), api.address());
        let mut all = vec![role, "--data", data.as_str(), "--listen", listen.as_str()];
        all.extend_from_slice(arguments);
        let mut command = command(&all);
        // Tests run side by side: only who names a receiver's port gets one.
        command.env("NILOMETER_OTLP_GRPC", "none").env("NILOMETER_OTLP_HTTP", "none");
        command.envs(variables.iter().copied());
        (Self::spawn(command, &scratch.join(format!("{role}.log"))), api)
    }

    /// Waits until it is ready.
    #[track_caller]
    pub fn ready(&mut self, api: &Api) {
        until("ready", READY_DEADLINE, || {
            assert!(self.running(), "it ended before it was ready:\n{}", self.said());
            api.get("/readyz").ok().filter(|answer| answer.status == 200)
        });
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-s", name, &id]).status().unwrap();
    }

    /// Asks it to end, and says how and how fast it did.
    pub fn stop(mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.signal("TERM");
        let status = until("end after SIGTERM", SHUTDOWN_DEADLINE, || self.ended());
        (status, start.elapsed())
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self, deadline: Duration) -> ExitStatus {
        until("end of the process", deadline, || self.ended())
    }

    /// Ends it without warning.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
