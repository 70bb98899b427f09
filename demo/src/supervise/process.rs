//! One process: started with an assignment, told of faults, ended by the end of its standard input.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::capture::Capture;
use super::cri::RunLog;
use crate::assignment::{Assignment, line};
use crate::fault::Board;
use crate::limits::END_TIMEOUT;

/// What is started.
pub(super) struct Program<'a> {
    pub(super) path: &'a Path,
    /// Shown by `ps`, and of no other use.
    pub(super) name: &'a str,
}

/// A process that runs.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    greeting: Vec<u8>,
    capture: Option<Capture>,
}

impl Process {
    /// Starts it; its output goes to `log`, or nowhere.
    pub(super) fn start(
        program: &Program<'_>,
        assignment: &Assignment,
        log: Option<RunLog>,
    ) -> std::io::Result<Self> {
        let output = || if log.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut child = Command::new(program.path)
            .args(["demo-service", program.name])
            // Whatever configures this process or its SDK is not meant for the shop.
            .env_clear()
            // Ctrl-C in a terminal is for us; we end the others in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(output())
            .stderr(output())
            .kill_on_drop(true)
            .spawn()?;
        let capture = match (log, child.stdout.take(), child.stderr.take()) {
            (Some(log), Some(out), Some(err)) => {
                Some(Capture::begin(out.into_owned_fd()?, err.into_owned_fd()?, log)?)
            }
            _ => None,
        };
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, greeting: line(assignment), capture })
    }

    /// Runs it until it ends or has to, and says how it ended.
    pub(super) async fn run(
        mut self,
        board: &mut watch::Receiver<Board>,
        service: Option<&'static str>,
        end: &CancellationToken,
    ) -> String {
        // What was switched between the assignment and now is told at once.
        board.mark_changed();
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = tell(self.stdin.take(), &self.greeting, board, service, end) => self.end().await,
        };
        if let Some(capture) = self.capture {
            // It has broken only if it panicked, and then has said so.
            let _finished = tokio::task::spawn_blocking(|| capture.finish()).await;
        }
        status.map_or_else(|error| error.to_string(), said)
    }

    /// Its standard input has ended; if that is not enough, it is killed.
    async fn end(&mut self) -> std::io::Result<ExitStatus> {
        match timeout(END_TIMEOUT, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                tracing::warn!("demo: a process did not end in time and is killed");
                self.child.kill().await?;
                self.child.wait().await
            }
        }
    }
}

fn said(status: ExitStatus) -> String {
    status.to_string()
}

/// Tells the process what it is and which faults are on, until `end`; then its standard input ends.
async fn tell(
    stdin: Option<ChildStdin>,
    greeting: &[u8],
    board: &mut watch::Receiver<Board>,
    service: Option<&'static str>,
    end: &CancellationToken,
) {
    let Some(mut stdin) = stdin else { return end.cancelled().await };
    tokio::select! {
        () = end.cancelled() => {}
        // Who does not listen any more has ended or will; that is seen elsewhere.
        () = follow(&mut stdin, greeting, board, service) => end.cancelled().await,
    }
}

async fn follow(
    stdin: &mut ChildStdin,
    greeting: &[u8],
    board: &mut watch::Receiver<Board>,
    service: Option<&'static str>,
) {
    let mut said = stdin.write_all(greeting).await;
    let Some(service) = service else { return };
    while said.is_ok() && board.changed().await.is_ok() {
        let faults = board.borrow_and_update().get(service).cloned().unwrap_or_default();
        said = stdin.write_all(&line(&faults)).await;
    }
}
