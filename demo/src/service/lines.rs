//! Lines as services of several makes write them: JSON, logfmt, plain text; each with the ids of its trace.
//!
//! ```text
//!   Json    {"level":"info","time":"…","version":"1.4.2","msg":"…","trace_id":"…","span_id":"…","status":"200"}
//!   Logfmt  time=… level=info msg="…" trace_id=… span_id=… status=200
//!   Plain   2026-11-21T10:30:00.123Z  INFO [trace_id=… span_id=…] … status=200
//! ```
//! JSON goes to standard output alone; the others write what is worse than `info` to standard error.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use nilometer_model::Clock;
use opentelemetry::trace::TraceContextExt;
use serde_json::Value;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::Outputs;
use crate::assignment::Identity;
use crate::shop::{Format, ServiceSpec};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Values beside a line's text.
pub(super) type Fields<'a> = [(&'static str, String)];

/// Writes a service's lines.
pub(super) struct Lines {
    format: Format,
    version: String,
    clock: Arc<dyn Clock>,
    outputs: Mutex<Outputs>,
}

/// One line before it has a form.
struct Line<'a> {
    time: String,
    level: Level,
    version: &'a str,
    text: &'a str,
    /// Trace and span.
    ids: Option<(String, String)>,
    fields: &'a Fields<'a>,
}

impl Lines {
    pub(super) fn new(
        spec: &ServiceSpec,
        identity: &Identity,
        outputs: Outputs,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let version = identity.version.clone();
        Self { format: spec.format, version, clock, outputs: Mutex::new(outputs) }
    }

    /// The first line of a process.
    pub(super) fn begins(&self, identity: &Identity) {
        let text = format!("{} {} is ready", identity.name, identity.version);
        let fields = [
            ("listen", identity.listen.to_string()),
            ("node", identity.node.clone()),
            ("restarts", identity.restarts.to_string()),
        ];
        self.write(Level::Info, &text, &fields);
    }

    /// The last one.
    pub(super) fn ends(&self) {
        self.write(Level::Info, "told to end, bye", &[]);
    }

    /// Writes a line; in a span it carries the ids.
    pub(super) fn write(&self, level: Level, text: &str, fields: &Fields<'_>) {
        let line = Line {
            time: self.clock.now().to_string(),
            level,
            version: &self.version,
            text,
            ids: ids(),
            fields,
        };
        let mut written = match self.format {
            Format::Json => line.json(),
            Format::Logfmt => line.logfmt(),
            Format::Plain => line.plain(),
        };
        written.push('\n');
        self.put(level, &written);
    }

    /// Writes an exception as the language of the service does: several lines that belong together.
    pub(super) fn trace(&self, level: Level, text: &str, stack: &[&str]) {
        self.write(level, text, &[]);
        let stack = stack.iter().fold(String::new(), |all, line| all + line + "\n");
        self.put(level, &stack);
    }

    fn put(&self, level: Level, text: &str) {
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        let bad = level > Level::Info && self.format != Format::Json;
        let output = if bad { &mut outputs.1 } else { &mut outputs.0 };
        // Who reads us has gone, so standard input ends as well.
        let _written = output.write_all(text.as_bytes());
    }
}

/// Trace and span that we are in.
fn ids() -> Option<(String, String)> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| (span.trace_id().to_string(), span.span_id().to_string()))
}

impl Line<'_> {
    fn json(&self) -> String {
        let mut line = String::from("{");
        let mut put = |name: &str, value: &str| {
            let comma = if line.len() > 1 { "," } else { "" };
            // Writing to a String cannot fail.
            let _written = write!(line, "{comma}\"{name}\":{}", Value::from(value));
        };
        put("level", self.level.name());
        put("time", &self.time);
        put("version", self.version);
        put("msg", self.text);
        if let Some((trace, span)) = &self.ids {
            put("trace_id", trace);
            put("span_id", span);
        }
        self.fields.iter().for_each(|(name, value)| put(name, value));
        line.push('}');
        line
    }

    fn logfmt(&self) -> String {
        let mut line = format!("time={} level={}", self.time, self.level.name());
        push(&mut line, "msg", self.text);
        if let Some((trace, span)) = &self.ids {
            push(&mut line, "trace_id", trace);
            push(&mut line, "span_id", span);
        }
        self.push_fields(&mut line);
        line
    }

    fn plain(&self) -> String {
        let level = self.level.name().to_uppercase();
        let (date, _) = self.time.split_at_checked(23).unwrap_or((&self.time, ""));
        let mut line = format!("{date}Z {level:>5}");
        if let Some((trace, span)) = &self.ids {
            line.push_str(&format!(" [trace_id={trace} span_id={span}]"));
        }
        line.push(' ');
        line.push_str(self.text);
        self.push_fields(&mut line);
        line
    }

    fn push_fields(&self, line: &mut String) {
        for (name, value) in self.fields {
            push(line, name, value);
        }
    }
}

/// `name=value`, quoted where it has to be.
fn push(line: &mut String, name: &str, value: &str) {
    let bare = !value.is_empty() && !value.contains([' ', '"', '=', '\n']);
    // Writing to a String cannot fail.
    let _written =
        if bare { write!(line, " {name}={value}") } else { write!(line, " {name}={value:?}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(ids: bool, fields: &'a Fields<'a>) -> Line<'a> {
        Line {
            time: "2026-11-21T10:30:00.123456789Z".to_owned(),
            level: Level::Warn,
            version: "1.0.0",
            text: "said \"no\"",
            ids: ids.then(|| ("aa".to_owned(), "bb".to_owned())),
            fields,
        }
    }

    #[test]
    fn every_format_says_the_time_the_level_the_text_the_ids_and_the_fields() {
        let fields = [("status", "402".to_owned()), ("why", "too much".to_owned())];
        let line = line(true, &fields);
        let json: Value = serde_json::from_str(&line.json()).unwrap();
        assert_eq!((&json["level"], &json["msg"]), (&"warn".into(), &"said \"no\"".into()));
        assert_eq!((&json["trace_id"], &json["why"]), (&"aa".into(), &"too much".into()));
        assert_eq!(
            line.logfmt(),
            r#"time=2026-11-21T10:30:00.123456789Z level=warn msg="said \"no\"" trace_id=aa span_id=bb status=402 why="too much""#
        );
        assert_eq!(
            line.plain(),
            r#"2026-11-21T10:30:00.123Z  WARN [trace_id=aa span_id=bb] said "no" status=402 why="too much""#
        );
    }

    #[test]
    fn outside_of_a_trace_no_ids_are_said() {
        let line = line(false, &[]);
        assert!([line.json(), line.logfmt(), line.plain()].iter().all(|l| !l.contains("_id")));
    }
}
