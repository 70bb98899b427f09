//! Standard input: the assignment, then the faults, then the end.
//!
//! Invariant: when the supervisor is gone, however it went, its pipe has ended and so do we.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::thread;

use tokio::sync::watch;

use super::ServiceError;
use crate::assignment::Assignment;
use crate::fault::Fault;
use crate::limits::CONTROL_LINE_BYTES_MAX;

/// The faults that are on; the channel closes when standard input ends.
pub(super) struct Control(watch::Receiver<BTreeSet<Fault>>);

/// Reads the first line; gives what comes behind it, too.
pub(super) fn assignment<R: Read>(input: R) -> Result<(Assignment, BufReader<R>), ServiceError> {
    let mut input = BufReader::new(input);
    let line = next(&mut input).ok_or(ServiceError::Unassigned)?;
    let assignment = serde_json::from_slice(&line).map_err(|_| ServiceError::Unassigned)?;
    Ok((assignment, input))
}

/// Follows the faults in a thread of its own: a read of standard input cannot be broken off.
pub(super) fn listen(
    mut input: impl BufRead + Send + 'static,
    first: BTreeSet<Fault>,
) -> std::io::Result<Control> {
    let (sender, receiver) = watch::channel(first);
    thread::Builder::new().name("control".to_owned()).spawn(move || {
        while let Some(line) = next(&mut input) {
            let Ok(faults) = serde_json::from_slice(&line) else { return };
            sender.send_replace(faults);
        }
    })?;
    Ok(Control(receiver))
}

fn next(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let read = input.take(CONTROL_LINE_BYTES_MAX).read_until(b'\n', &mut line);
    read.is_ok_and(|_| line.ends_with(b"\n")).then_some(line)
}

impl Control {
    /// The faults that are on, now and from now on.
    pub(super) fn faults(&self) -> watch::Receiver<BTreeSet<Fault>> {
        self.0.clone()
    }

    /// Returns once standard input has ended.
    pub(super) async fn ended(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn faults_follow_the_assignment_until_the_end_of_the_input() {
        let text = b"{\"service\":null,\"peers\":{},\"otlp\":{\"url\":\"u\",\"token\":null}}\n[\"slow\",\"fail\"]\n";
        let (assignment, rest) = assignment(&text[..]).unwrap();
        assert_eq!(assignment.service, None);
        let mut control =
            listen(std::io::Cursor::new(rest.buffer().to_vec()), BTreeSet::new()).unwrap();
        control.ended().await;
        assert_eq!(*control.faults().borrow(), [Fault::Slow, Fault::Fail].into());
    }

    #[test]
    fn whoever_is_assigned_nothing_says_how_the_demo_is_started() {
        for input in ["", "\n", "hello\n", "{\"service\":null"] {
            let error = assignment(input.as_bytes()).err().unwrap().to_string();
            assert!(error.contains("nilometer up --demo"), "{input}: {error}");
        }
    }
}
