//! All that was written, joined: what a key says, and where that comes from.
//!
//! Invariants:
//! - every key that has a default has a value;
//! - reading all layers again changes only what may change in a running process ([`Key::is_live`]).

use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use super::defaults::{defaults, is_demo};
use super::written::Place;
use super::{ConfigError, Key, Layer, Purpose, raw, value};

/// All layers joined; every key that has a default has a value.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) joined: Layer,
    flags: Layer,
    /// The file that was read, if one was named.
    file: Option<PathBuf>,
    purpose: Purpose,
}

impl Settings {
    /// Joins the flags with the real environment, and with the file that `--config` or
    /// `NILOMETER_CONFIG` names.
    pub(crate) fn load(
        flags: Layer,
        file: Option<PathBuf>,
        purpose: Purpose,
    ) -> Result<Self, ConfigError> {
        Self::join(flags, file, purpose, variable)
    }

    pub(super) fn join(
        flags: Layer,
        file: Option<PathBuf>,
        purpose: Purpose,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let named =
            || variable("NILOMETER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let file = file.or_else(named);
        let read = file.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let environment = Layer::environment(&variable);
        let written = flags.clone().over(environment).over(read);
        let defaults = defaults(purpose, is_demo(&written), &variable);
        Ok(Self { joined: written.over(defaults), flags, file, purpose })
    }

    /// What one layer says.
    pub(super) fn of(joined: Layer) -> Self {
        Self { joined, flags: Layer::default(), file: None, purpose: Purpose::Up }
    }

    /// The file that was read, if one was named.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads all layers again, and checks them. What may change is as they say now, all else as it was;
    /// also gives the keys that are written differently and wait for a restart.
    pub(crate) fn read_again(&self) -> Result<(Self, Vec<Key>), ConfigError> {
        let read = Self::load(self.flags.clone(), self.file.clone(), self.purpose)?;
        read.config()?;
        if self.purpose == Purpose::Collect {
            read.require_to()?;
        }
        Ok(self.renewed(read))
    }

    pub(super) fn renewed(&self, read: Self) -> (Self, Vec<Key>) {
        let values = |layer: &Layer, key| layer.get(key).map(|written| written.values.clone());
        let differs = |key: &Key| values(&self.joined, *key) != values(&read.joined, *key);
        let waiting = Key::ALL.into_iter().filter(|key| !key.is_live() && differs(key)).collect();
        (Self { joined: read.joined.mixed(&self.joined, Key::is_live), ..self.clone() }, waiting)
    }

    /// Names what is in force: the same values have the same version, wherever they are written.
    pub(crate) fn version(&self) -> String {
        let value = |key: Key| self.joined.get(key).map(|written| (key.name(), &written.values));
        let values: Vec<_> = Key::ALL.into_iter().filter_map(value).collect();
        let digest = digest(&SHA256, format!("{values:?}").as_bytes());
        digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Every key, its value as TOML, and where that comes from.
    pub(crate) fn show(&self) -> String {
        let width = Key::ALL.iter().map(|key| key.name().len()).max().unwrap_or_default();
        let line = |key: Key| match self.joined.get(key) {
            None => format!("# {:width$} is not set\n", key.name()),
            Some(written) => {
                format!(
                    "{:width$} = {}  # {}\n",
                    key.name(),
                    toml_value(key, &written.values),
                    written.place
                )
            }
        };
        Key::ALL.into_iter().map(line).collect()
    }

    pub(super) fn lacks(&self, there: Key, missing: Key) -> ConfigError {
        let place = self.joined.get(there).map(|written| written.place.describe(there));
        let problem = format!("{} is missing", missing.name());
        ConfigError::new(place.unwrap_or_else(|| there.flag()), problem, there.allowed())
    }

    pub(super) fn path(&self, key: Key) -> Result<Option<PathBuf>, ConfigError> {
        self.optional(key, value::path)
    }

    pub(super) fn optional<T>(
        &self,
        key: Key,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        Ok(self.many(key, read)?.pop())
    }

    pub(super) fn one<T>(&self, key: Key, read: fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        self.optional(key, read)?.ok_or_else(|| {
            ConfigError::new(key.flag(), "not set, and has no default".to_owned(), key.allowed())
        })
    }

    pub(super) fn many<T>(
        &self,
        key: Key,
        read: fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let Some(written) = self.joined.get(key) else { return Ok(Vec::new()) };
        let read = |text: &String| read(text).ok_or_else(|| refuse(key, text, &written.place));
        written.values.iter().map(read).collect()
    }
}

pub(super) fn refuse(key: Key, text: &str, place: &Place) -> ConfigError {
    let shown = text.escape_debug();
    ConfigError::new(place.describe(key), format!("'{shown}' does not fit"), key.allowed())
}

/// Reads a file and checks it whole, as it would be used with no flag and no variable.
pub(crate) fn check_file(path: &Path) -> Result<(), ConfigError> {
    let layer = read_file(path)?;
    let settings = Settings::of(layer.over(defaults(Purpose::Up, false, &|_| None)));
    settings.config()?;
    settings.ask()?;
    Ok(())
}

fn read_file(path: &Path) -> Result<Layer, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    raw::read(path, &text)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn toml_value(key: Key, values: &[String]) -> String {
    let text = |value: &String| toml::Value::String(value.clone()).to_string();
    match key {
        Key::Insecure
        | Key::Redact
        | Key::DefaultRules
        | Key::Demo
        | Key::LineBytesMax
        | Key::SpoolBytesMax
        | Key::TraceSample
        | Key::CpuCoresMax
        | Key::BufferBytes => values.concat(),
        // They hold secrets.
        Key::Notify => {
            let names = values.iter().filter_map(|table| value::destination(table).ok());
            let names: Vec<String> = names.map(|to| text(&to.name)).collect();
            format!("[{}]", names.join(", "))
        }
        _ if key.is_list() => {
            format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        _ => values.iter().map(text).collect(),
    }
}
