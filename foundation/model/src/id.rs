//! Names of things that must never be mixed up. In JSON: uuids as usual, 64-bit ids as 16 hex digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A 64-bit id, written as 16 lower-case hex digits.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                u64::from_str_radix(text, 16).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_u64(self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                } else {
                    u64::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

hex_id! {
    /// One stream of one generation of a log; from its content, so that any collector finds the same id.
    SourceId
}
hex_id! {
    /// One stream of one container's (or plain file's) log over all its files.
    LineageId
}
hex_id! {
    /// 64 random bits, fsynced at each start of a collector.
    Epoch
}

/// A newtype that is written as what it holds.
macro_rules! plain_id {
    ($(#[$doc:meta])* $name:ident($of:ty)) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $of);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

plain_id! {
    /// A collector: a uuid kept in its data directory.
    CollectorId(Uuid)
}
plain_id! {
    /// A pipeline: a uuid made together with Meta.
    PipelineId(Uuid)
}
plain_id! {
    /// One Log; what it called durable counts only while this id lasts.
    LogId(Uuid)
}
plain_id! {
    /// The number of a batch within its epoch: 1, 2, 3 ...
    Sequence(u64)
}
plain_id! {
    /// Where an entry stands in a Log: 1, 2, 3 ...; 0 is "before the first".
    LogPosition(u64)
}
plain_id! {
    /// How many commits Meta holds.
    Revision(u64)
}

/// The name of a batch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct BatchId {
    /// Who froze it.
    pub collector: CollectorId,
    /// In which of the collector's lives.
    pub epoch: Epoch,
    /// As which of that epoch's batches.
    pub sequence: Sequence,
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.collector, self.epoch, self.sequence)
    }
}
