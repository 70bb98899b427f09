//! Nothing lost, nothing twice, nothing in the wrong place: both sides killed, faults in between.
//!
//! ```text
//!   logwriter ──> files ──> collect (killed) ──> faultproxy ──> serve (killed)
//!        \─ ledger ─────────────────> check.py <── export, prove ───/
//! ```
//! Each run is one of the Python kit in `tests/torture/`, planned by a seed that is printed. The export must
//! equal the writers' ledgers, `prove` must balance, and what was deleted before anybody could read it must
//! lie in ranges that `prove` names.
//!
//! Two short runs are for each change; the long one is `tests/torture/long [SEED]`. NILOMETER_TORTURE_SEED is
//! another seed for any of them.

#[path = "torture/run.rs"]
mod run;
#[path = "torture/script.rs"]
mod script;

use nilometer_tests::SEED;

use self::run::Plan;

/// Another seed, in decimal digits.
const SEED_VARIABLE: &str = "NILOMETER_TORTURE_SEED";

fn seed() -> u64 {
    std::env::var_os(SEED_VARIABLE).map_or(SEED, |seed| {
        let digits = seed.to_str().and_then(|digits| digits.parse().ok());
        digits.unwrap_or_else(|| panic!("{SEED_VARIABLE} is {seed:?}, which is no number"))
    })
}

#[test]
fn containers_and_plain_files_lose_nothing_and_repeat_nothing_under_mixed_faults() {
    Plan {
        seed: seed(),
        profile: "mixed",
        kills: 10,
        lives_s: ["0.5", "6"],
        writers: &["--files 20 --lines 90000 --rate 2000 --format cri:3,docker:2,raw:1 --keep 20 \
             --rotate-bytes 131072 --docker-compress --short 30 \
             --unlink-prob 0.05 --torn-prob 0.02 --torn-ms 5 --weird-prob 0.1 \
             --huge-prob 0.0002 --huge-bytes 3000000 --banner-bytes 2000 --no-newline-prob 0.3"],
        lines_min: 90_000,
        rotations_min: 100,
        faults_min: 60,
    }
    .run();
}

#[test]
fn a_thousand_files_lose_nothing_and_repeat_nothing_when_three_of_ten_answers_are_lost() {
    Plan {
        seed: seed() + 1,
        profile: "lostack",
        kills: 10,
        lives_s: ["0.5", "6"],
        writers: &[
            "--files 12 --lines 60000 --rate 1500 --format raw:2,cri:1 --keep 20 \
             --rotate-bytes 65536 --unlink-prob 0.02 --regrow-prob 0.5 --restart-prob 0.2 \
             --torn-prob 0.02 --weird-prob 0.1 --no-newline-prob 0.3",
            "--files 1000 --first 1000 --lines 30000 --burst 5 --rate 750 --format cri:3,docker:1 \
             --rotate-bytes 1000000000",
        ],
        lines_min: 90_000,
        rotations_min: 100,
        faults_min: 60,
    }
    .run();
}

#[test]
#[ignore = "takes ten minutes: tests/torture/long runs it"]
fn two_hundred_files_and_ten_thousand_more_lose_nothing_and_repeat_nothing() {
    Plan {
        seed: seed(),
        profile: "mixed",
        kills: 30,
        lives_s: ["1", "20"],
        writers: &[
            "--files 200 --lines 400000 --rate 2000 --format cri:6,docker:3,raw:2 --keep 20 \
             --rotate-bytes 131072 --docker-compress --short 50 \
             --unlink-prob 0.05 --regrow-prob 0.3 --torn-prob 0.02 --torn-ms 5 --weird-prob 0.1 \
             --huge-prob 0.0001 --huge-bytes 10000000 --banner-bytes 2000 --no-newline-prob 0.3",
            "--files 10000 --first 1000 --lines 150000 --burst 5 --rate 750 --format cri:3,docker:1 \
             --rotate-bytes 1000000000",
        ],
        lines_min: 550_000,
        rotations_min: 200,
        faults_min: 300,
    }
    .run();
}
