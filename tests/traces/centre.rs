//! A centre to which traces are sent, and which can be started again on the same data.

use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, until};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct Centre {
    process: Process,
    scratch: Scratch,
    pub(crate) api: Api,
}

impl Centre {
    pub(crate) fn new() -> Self {
        Self::on(Scratch::new())
    }

    fn on(scratch: Scratch) -> Self {
        let (process, api) = Process::serve(&scratch, &[]);
        Self { process, scratch, api }
    }

    /// Ends it in order, which seals everything into splits, and starts it again.
    pub(crate) fn restart(self) -> Self {
        let Self { process, scratch, .. } = self;
        assert!(process.stop().0.success());
        Self::on(scratch)
    }

    /// Hands in an OTLP request of that signal; nothing of it may be refused.
    #[track_caller]
    pub(crate) fn send(&self, signal: &str, request: &[u8]) {
        let json = [("Content-Type", "application/json")];
        let answer = self.api.send("POST", &format!("/v1/{signal}"), &json, request).unwrap();
        assert_eq!((answer.status, &*answer.text()), (200, "{}"), "{signal}");
    }

    /// The trace, once it has so many spans.
    pub(crate) fn until_trace(&self, id: &str, spans: usize) -> Value {
        until("the trace", DEADLINE, || {
            let answer = self.api.get(&format!("/api/v1/traces/{id}")).unwrap();
            let found = (answer.status == 200).then(|| answer.json())?;
            (found["spans"].as_array().unwrap().len() == spans).then_some(found)
        })
    }
}
