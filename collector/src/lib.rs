//! A node's daemon: finds log files, reads them to the byte, spools what it read and ships it.
//!
//! ```text
//!   discover -> reader (generations, follow, parse) -> Sink: batcher ─┐
//!   receivers, samplers -> door -> journals ──────────────────────────┴─> spool -> ship
//! ```

mod cold;
mod compose;
mod content;
mod directory;
mod discover;
mod enrich;
mod first_line;
mod follow;
mod fresh;
mod generation;
mod head;
mod identity;
mod join;
mod landmarks;
mod limits;
mod lineages;
mod listing;
mod open_files;
mod pattern;
mod read_state;
mod reader;
mod reading;
mod unclear;
mod vigil;
mod watch;

mod adoption;
mod batch;
mod centre;
mod choice;
mod config;
mod credentials;
mod desk;
mod dice;
mod door;
mod expire;
mod flow;
mod heartbeat;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod http;
mod intakes;
mod journal;
mod life;
mod metrics;
mod monotonic;
mod reread;
mod run;
mod sample;
mod settings;
mod ship;
#[cfg(test)]
mod sim;
mod split;
mod spool;
mod status;
mod tail;

pub use config::CollectorConfig;
pub use credentials::Credentials;
pub use door::{CollectorDoor, DoorEnd, door};
pub use enrich::KubernetesConfig;
pub use first_line::FirstLine;
pub use flow::{FlowConfig, OnFull, RateLimit, RateUnit};
pub use run::{CollectorError, run};
pub use settings::{IntakeAddress, Settings};
pub use status::CollectorStatus;
