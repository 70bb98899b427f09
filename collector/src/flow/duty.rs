//! A cap on the CPU time of one thread: it pauses for as long as it was ahead of its share.
//!
//! ```text
//!   CPU used  ▟▟▟▟        ▟▟▟▟            share 0.5: as much pause as work
//!   pause         ········    ········
//! ```
//! Invariants:
//! - over any stretch that is long against [`DUTY_PAUSE_MS_MAX`] the thread uses at most its share;
//! - idle time is not saved up beyond [`DUTY_CREDIT_MS`], so a burst after a quiet night is capped too.

use std::time::Duration;

use crate::limits::{DUTY_CREDIT_MS, DUTY_PAUSE_MS_MAX};

/// What a thread may use, and has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Duty {
    /// Cores; `None`: no cap.
    cores_max: Option<f64>,
    /// What it is ahead of its share, s; below 0 what it may still use at once.
    ahead_s: f64,
    /// What was last told.
    told: Option<(Duration, Duration)>,
}

impl Duty {
    pub(crate) fn new(cores_max: Option<f64>) -> Self {
        Self { cores_max, ahead_s: 0.0, told: None }
    }

    /// Whether anything is to be measured at all.
    pub(crate) fn is_set(self) -> bool {
        self.cores_max.is_some()
    }

    /// How long to pause, once the thread has used `cpu` in all and the clock stands at `elapsed`.
    pub(crate) fn pause(&mut self, cpu: Duration, elapsed: Duration) -> Duration {
        let Some(cores_max) = self.cores_max else { return Duration::ZERO };
        let (cpu_before, elapsed_before) =
            self.told.replace((cpu, elapsed)).unwrap_or((cpu, elapsed));
        let used_s = cpu.saturating_sub(cpu_before).as_secs_f64();
        let passed_s = elapsed.saturating_sub(elapsed_before).as_secs_f64();
        let credit_s = Duration::from_millis(DUTY_CREDIT_MS).as_secs_f64();
        self.ahead_s = (self.ahead_s + used_s / cores_max - passed_s).max(-credit_s);
        Duration::from_secs_f64(self.ahead_s.max(0.0)).min(Duration::from_millis(DUTY_PAUSE_MS_MAX))
    }
}

/// CPU time that the calling thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_thread_that_always_has_work_uses_its_share_and_no_more() {
        for (cores_max, share_ms) in [(0.1, 1_000), (0.5, 5_000), (1.0, 10_000)] {
            let (mut duty, mut cpu, mut now) = (Duty::new(Some(cores_max)), ms(0), ms(0));
            while now < ms(10_000) {
                let pause = duty.pause(cpu, now);
                // Works 7 ms at a time, on a core of its own.
                (cpu, now) = (cpu + ms(7), now + pause + ms(7));
            }
            let error = cpu.as_millis().abs_diff(share_ms);
            assert!(error <= 200, "{cores_max}: {cpu:?}");
        }
    }

    #[test]
    fn a_quiet_night_is_not_saved_up() {
        let mut duty = Duty::new(Some(0.5));
        assert_eq!(duty.pause(ms(0), ms(0)), ms(0));
        assert_eq!(duty.pause(ms(0), ms(3_600_000)), ms(0));
        let credit = ms(DUTY_CREDIT_MS);
        assert_eq!(duty.pause(credit / 2, ms(3_600_000)), ms(0), "what it may use at once");
        assert_eq!(duty.pause(credit / 2 + ms(10), ms(3_600_000)), ms(20));
    }

    #[test]
    fn no_cap_is_no_pause_and_a_pause_is_bounded() {
        assert_eq!(Duty::new(None).pause(ms(9_000), ms(1)), ms(0));
        let mut duty = Duty::new(Some(0.01));
        duty.pause(ms(0), ms(0));
        assert_eq!(duty.pause(ms(1_000), ms(1_000)), ms(DUTY_PAUSE_MS_MAX));
    }

    #[test]
    fn the_threads_own_work_is_what_counts() {
        let before = thread_cpu();
        let mut sum = 0_u64;
        while thread_cpu() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(thread_cpu() > before);
    }
}
