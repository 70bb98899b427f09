//! One reader for each kind of value: text to meaning, or `None` when it does not fit.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use glob::Pattern;
use jiff::tz::TimeZone;
use nilometer_collector::{FirstLine, IntakeAddress, OnFull, RateLimit, RateUnit};
use nilometer_model::limits::MESSAGE_BYTES_MAX;
use nilometer_notify::{Destination, RawDestination};
use nilometer_parse::{Kind, Pattern as RedactPattern};
use nilometer_store::{KeepFor, Level};

const LINE_BYTES_MIN: usize = 1 << 10;
const SPOOL_BYTES: std::ops::RangeInclusive<u64> = (16 << 20)..=(1 << 40);
const LIMIT_PER_S: std::ops::RangeInclusive<u64> = 1..=1 << 40;
/// How many seconds' worth may come at once where no burst is set.
const LIMIT_BURST_S: u64 = 5;
const CORES: std::ops::RangeInclusive<f64> = 0.01..=64.0;
const BUFFER_BYTES: std::ops::RangeInclusive<usize> = (1 << 20)..=(4 << 30);
const DISK_BYTES: std::ops::RangeInclusive<u64> = 1_000_000..=1_000_000_000_000_000_000;
const RETENTION_S_MAX: u64 = 36_500 * 86_400;
const SEAL_AFTER_S_MAX: u64 = 3_600;
const NAME_CHARS_MAX: usize = 253;
/// A prefix of 253 bytes, a slash, and a name of 63.
const LABEL_BYTES_MAX: usize = 317;

/// What a process does of the centre's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Intake,
    Index,
    Query,
    Alert,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Intake, Self::Index, Self::Query, Self::Alert];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Index => "index",
            Self::Query => "query",
            Self::Alert => "alert",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Ndjson,
    Csv,
}

pub(super) fn output(text: &str) -> Option<Output> {
    match text {
        "text" => Some(Output::Text),
        "ndjson" => Some(Output::Ndjson),
        "csv" => Some(Output::Csv),
        _ => None,
    }
}

pub(super) fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

pub(super) fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port))),
        None => text.parse().ok(),
    }
}

/// An address, or that there is to be none.
pub(super) fn port(text: &str) -> Option<Option<SocketAddr>> {
    if text == "none" { Some(None) } else { address(text).map(Some) }
}

pub(super) fn name(text: &str) -> Option<String> {
    let fits = !text.is_empty()
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    fits.then(|| text.to_owned())
}

/// A glob is checked where it is used as well; here only what can never be one.
pub(super) fn glob(text: &str) -> Option<String> {
    let open = text.matches('[').count() > text.matches(']').count();
    (!text.is_empty() && !text.contains('\0') && !text.contains("***") && !open)
        .then(|| text.to_owned())
}

/// A URL of a server, without the slash at its end. It holds no password: URLs are shown and logged.
pub(super) fn url(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok()?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    fits.then(|| text.trim_end_matches('/').to_owned())
}

/// An intake: its URL, and behind `#zone=` where it stands, if somebody says.
pub(super) fn intake(text: &str) -> Option<IntakeAddress> {
    let (at, zone) = match text.split_once('#') {
        Some((at, fragment)) => (at, name(fragment.strip_prefix("zone=")?)?),
        None => (text, String::new()),
    };
    Some(IntakeAddress { url: url(at)?, zone })
}

pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Yes, no, or whatever there is to see.
pub(super) fn automatic(text: &str) -> Option<Option<bool>> {
    if text == "auto" { Some(None) } else { flag(text).map(Some) }
}

/// The name of a label or annotation, with or without its prefix.
pub(super) fn label(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!text.is_empty() && text.len() <= LABEL_BYTES_MAX && text.chars().all(fits))
        .then(|| text.to_owned())
}

pub(super) fn retention(text: &str) -> Option<Duration> {
    duration(text).filter(|kept| kept.as_secs() <= RETENTION_S_MAX)
}

/// A component's glob, perhaps a level, and how long its records are kept.
pub(super) fn keep_for(text: &str) -> Option<KeepFor> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (component, level, keep) = match words.as_slice() {
        [component, keep] => (component, None, keep),
        [component, level, keep] => (component, Some(Level::parse(level)?), keep),
        _ => return None,
    };
    Some(KeepFor { component: Pattern::new(component).ok()?, level, keep: retention(keep)? })
}

/// Bytes, as disks are sold.
pub(super) fn disk_bytes(text: &str) -> Option<u64> {
    let units = [("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
    let read = |(unit, bytes): (&str, u64)| number(text.strip_suffix(unit)?)?.checked_mul(bytes);
    units.into_iter().find_map(read).filter(|bytes| DISK_BYTES.contains(bytes))
}

pub(super) fn seal_after(text: &str) -> Option<Duration> {
    duration(text).filter(|after| after.as_secs() <= SEAL_AFTER_S_MAX)
}

/// A whole number of seconds, minutes, hours or days, at least one second.
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit_s) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3_600),
        b'd' => (&text[..text.len() - 1], 86_400),
        _ => return None,
    };
    let seconds = number(digits)?.checked_mul(unit_s)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

pub(super) fn level(text: &str) -> Option<tracing::Level> {
    match text {
        "error" => Some(tracing::Level::ERROR),
        "warn" => Some(tracing::Level::WARN),
        "info" => Some(tracing::Level::INFO),
        "debug" => Some(tracing::Level::DEBUG),
        "trace" => Some(tracing::Level::TRACE),
        _ => None,
    }
}

pub(super) fn line_bytes(text: &str) -> Option<usize> {
    let bytes = usize::try_from(number(text)?).ok()?;
    (LINE_BYTES_MIN..=MESSAGE_BYTES_MAX).contains(&bytes).then_some(bytes)
}

/// A zone of the IANA database.
pub(super) fn timezone(text: &str) -> Option<TimeZone> {
    TimeZone::get(text).ok()
}

pub(super) fn spool_bytes(text: &str) -> Option<u64> {
    number(text).filter(|bytes| SPOOL_BYTES.contains(bytes))
}

pub(super) fn buffer_bytes(text: &str) -> Option<usize> {
    usize::try_from(number(text)?).ok().filter(|bytes| BUFFER_BYTES.contains(bytes))
}

/// A kind that is looked for unless it is named here.
pub(super) fn redact_off(text: &str) -> Option<Kind> {
    Kind::parse(text).filter(|kind| kind.is_default())
}

/// A kind that is looked for only when it is named here.
pub(super) fn redact_also(text: &str) -> Option<Kind> {
    Kind::parse(text).filter(|kind| !kind.is_default())
}

/// `NAME=REGEX`
pub(super) fn redact_pattern(text: &str) -> Option<RedactPattern> {
    let (name, regex) = text.split_once('=')?;
    RedactPattern::new(name, regex).ok()
}

pub(super) fn on_full(text: &str) -> Option<OnFull> {
    match text {
        "pause" => Some(OnFull::Pause),
        "shed" => Some(OnFull::Shed),
        _ => None,
    }
}

/// A component's glob, a blank, a pattern of a record's first line.
pub(super) fn first_line(text: &str) -> Option<FirstLine> {
    let (component, start) = text.split_once(' ')?;
    FirstLine::new(component, start.trim_start())
}

/// `web-* 200 lines/s`, perhaps with `burst 1000` behind it; without, five seconds' worth.
pub(super) fn limit(text: &str) -> Option<RateLimit> {
    let mut words = text.split_whitespace();
    let component = Pattern::new(words.next()?).ok()?;
    let per_s = number(words.next()?).filter(|rate| LIMIT_PER_S.contains(rate))?;
    let unit = match words.next()? {
        "lines/s" => RateUnit::Lines,
        "bytes/s" => RateUnit::Bytes,
        _ => return None,
    };
    let burst = match words.next() {
        None => per_s * LIMIT_BURST_S,
        Some("burst") => number(words.next()?).filter(|burst| LIMIT_PER_S.contains(burst))?,
        Some(_) => return None,
    };
    words.next().is_none().then_some(RateLimit { component, unit, per_s, burst })
}

/// A part of a whole.
pub(super) fn share(text: &str) -> Option<f64> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share))
}

pub(super) fn cores(text: &str) -> Option<f64> {
    text.parse().ok().filter(|cores| CORES.contains(cores))
}

/// A `[[notify]]` table, as JSON.
pub(super) fn destination(json: &str) -> Result<Destination, String> {
    let raw: RawDestination = serde_json::from_str(json).map_err(|error| {
        let said = error.to_string();
        said.split(" at line ").next().unwrap_or_default().to_owned()
    })?;
    raw.check().map_err(|error| error.to_string())
}

/// Digits and nothing else: `+5` is no number here.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
