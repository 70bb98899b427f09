//! Rate limits per container: a token bucket for each limit that its component matches.
//!
//! Invariants:
//! - a record passes when every limit has tokens for it, and only then any are taken;
//! - a record larger than a whole bucket passes a full one, and the bucket is in debt for it;
//! - buckets of containers that are silent for long are full again, and forgotten.

use std::collections::HashMap;
use std::time::Instant;

use glob::Pattern;
use nilometer_model::SourceId;

use crate::limits::RATE_BUCKETS_MAX;
use crate::reading::SourceInfo;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateUnit {
    /// Records.
    Lines,
    /// Bytes of their framed lines.
    Bytes,
}

/// A limit for each container of some components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Which components.
    pub component: Pattern,
    /// What is counted.
    pub unit: RateUnit,
    /// How much of it per second.
    pub per_s: u64,
    /// How much at once after a silence.
    pub burst: u64,
}

/// All limits and the buckets of all containers.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Vec<RateLimit>,
    /// The buckets of each container, by instance and limit.
    buckets: HashMap<(String, usize), Bucket>,
    /// What was found out of a source: its limits. So that names are compared once.
    of_source: HashMap<SourceId, Vec<usize>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Limiter {
    pub(crate) fn new(limits: &[RateLimit]) -> Self {
        Self { limits: limits.to_vec(), buckets: HashMap::new(), of_source: HashMap::new() }
    }

    /// Whether there is any limit.
    pub(crate) fn is_set(&self) -> bool {
        !self.limits.is_empty()
    }

    /// Whether a record of that size passes, which is then counted.
    pub(crate) fn passes(&mut self, source: &SourceInfo, bytes: u32, now: Instant) -> bool {
        self.forget(now);
        let Self { limits, buckets, of_source } = self;
        let mine = of_source.entry(source.source).or_insert_with(|| {
            let matches = |limit: &RateLimit| limit.component.matches(&source.speaker.component);
            (0..limits.len()).filter(|at| matches(&limits[*at])).collect()
        });
        let amount = |limit: &RateLimit| match limit.unit {
            RateUnit::Lines => 1.0,
            RateUnit::Bytes => f64::from(bytes),
        };
        let fits = mine.iter().all(|at| {
            let limit = &limits[*at];
            let bucket = buckets
                .entry((source.speaker.instance.clone(), *at))
                .or_insert(Bucket { tokens: limit.burst as f64, at: now });
            bucket.fill(limit, now);
            bucket.tokens >= amount(limit).min(limit.burst as f64)
        });
        for at in mine.iter().filter(|_| fits) {
            if let Some(bucket) = buckets.get_mut(&(source.speaker.instance.clone(), *at)) {
                bucket.tokens -= amount(&limits[*at]);
            }
        }
        fits
    }

    /// Forgets the buckets that are full, once there are many.
    fn forget(&mut self, now: Instant) {
        if self.buckets.len() < RATE_BUCKETS_MAX && self.of_source.len() < RATE_BUCKETS_MAX {
            return;
        }
        self.of_source.clear();
        let limits = &self.limits;
        self.buckets.retain(|(_, at), bucket| {
            bucket.fill(&limits[*at], now);
            bucket.tokens < limits[*at].burst as f64
        });
    }
}

impl Bucket {
    fn fill(&mut self, limit: &RateLimit, now: Instant) {
        let passed_s = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed_s * limit.per_s as f64).min(limit.burst as f64);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests;
