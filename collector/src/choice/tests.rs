//! Tables over a clock that is given.

use super::*;

/// What a turn, or there being none, looks like.
#[track_caller]
fn next(choice: &mut Choice, now: Instant) -> Option<usize> {
    choice.next(now).ok().map(|turn| turn.intake)
}

fn fail(choice: &mut Choice, now: Instant, asked: Option<Duration>) -> Turn {
    let turn = choice.next(now).unwrap();
    choice.settle(turn, Outcome::Failed(asked), (now, 0.5));
    turn
}

fn paused_ms(choice: &Choice, intake: usize, now: Instant) -> u128 {
    choice.intakes[intake].pause_until.unwrap().duration_since(now).as_millis()
}

#[test]
fn pauses_double_up_to_their_limit() {
    let (mut choice, mut now) = (Choice::new(1), Instant::now());
    let mut pauses = Vec::new();
    for _ in 0..10 {
        fail(&mut choice, now, None);
        pauses.push(paused_ms(&choice, 0, now));
        now = choice.next(now).unwrap_err().unwrap();
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
}

#[test]
fn many_failures_of_one_round_count_once_and_leave_one_probe() {
    let (mut choice, now) = (Choice::new(1), Instant::now());
    let turns: Vec<_> = (0..UNANSWERED_BATCHES_MAX).map(|_| choice.next(now).unwrap()).collect();
    assert_eq!(choice.next(now), Err(None), "the window's limit");
    for turn in turns {
        choice.settle(turn, Outcome::Failed(None), (now, 0.5));
    }
    assert_eq!(paused_ms(&choice, 0, now), 100, "one failure, not 32");
    let back = choice.next(now).unwrap_err().unwrap();
    let probe = choice.next(back).unwrap();
    assert!(choice.next(back).is_err(), "one at a time");
    choice.settle(probe, Outcome::Good, (back, 0.5));
    let open: Vec<_> = std::iter::from_fn(|| choice.next(back).ok()).collect();
    assert_eq!(open.len(), 2, "each success lets one more go");
}

#[test]
fn an_intake_that_asks_for_time_gets_it() {
    for (asked_s, least_ms, most_ms) in
        [(2, 2_000, 2_200), (120, 120_000, 120_000), (9_999, 3_600_000, 3_600_000)]
    {
        let (mut choice, now) = (Choice::new(1), Instant::now());
        fail(&mut choice, now, Some(Duration::from_secs(asked_s)));
        let paused = paused_ms(&choice, 0, now);
        assert!((least_ms..=most_ms).contains(&paused), "{asked_s} s: {paused} ms");
    }
}

#[test]
fn one_that_fails_is_left_for_the_next_and_returned_to_when_it_is_back() {
    let (mut choice, now) = (Choice::new(3), Instant::now());
    assert!(fail(&mut choice, now, None).has_alternative);
    assert_eq!(next(&mut choice, now), Some(1));
    let back = choice.probe(now).unwrap_err().unwrap();
    assert_eq!(next(&mut choice, back), Some(1), "no batch is risked on it");
    let probe = choice.probe(back).unwrap();
    assert_eq!(probe.intake, 0);
    assert!(choice.probe(back).is_err_and(|at| at.is_some()), "one probe at a time");
    choice.probed(probe, true, (back, 0.5));
    assert_eq!(next(&mut choice, back), Some(0), "it is preferred");
    assert_eq!(next(&mut choice, back), Some(1), "one at a time there, the rest elsewhere");
}

#[test]
fn a_probe_that_fails_doubles_the_pause_and_one_that_goes_well_forgives_nothing_yet() {
    let (mut choice, mut now) = (Choice::new(2), Instant::now());
    fail(&mut choice, now, None);
    for (is_well, pause_ms) in [(false, 200), (false, 400)] {
        now += Duration::from_millis(pause_ms);
        let probe = choice.probe(now).unwrap();
        choice.probed(probe, is_well, (now, 0.5));
        assert_eq!(paused_ms(&choice, 0, now), u128::from(pause_ms));
    }
    now += Duration::from_secs(1);
    let probe = choice.probe(now).unwrap();
    choice.probed(probe, true, (now, 0.5));
    let turn = choice.next(now).unwrap();
    choice.settle(turn, Outcome::Failed(None), (now, 0.5));
    assert_eq!((turn.intake, paused_ms(&choice, 0, now)), (0, 800));
}

#[test]
fn where_all_have_failed_a_batch_is_the_probe_of_the_first_that_may_be_back() {
    let (mut choice, now) = (Choice::new(2), Instant::now());
    fail(&mut choice, now, Some(Duration::from_secs(5)));
    fail(&mut choice, now, Some(Duration::from_secs(1)));
    assert_eq!(choice.probe(now), Err(None), "a batch will do");
    let back = choice.next(now).unwrap_err().unwrap();
    assert!(back < now + Duration::from_secs(2), "the soonest");
    let turn = choice.next(back).unwrap();
    assert_eq!((turn.intake, turn.has_alternative), (1, false), "and it is waited for");
}

#[test]
fn heartbeats_go_where_batches_would_and_their_silence_counts() {
    let (mut choice, now) = (Choice::new(2), Instant::now());
    let turn = choice.current();
    choice.silent(turn, (now, 0.5));
    choice.silent(turn, (now, 0.5));
    assert_eq!(paused_ms(&choice, 0, now), 100, "once a round");
    assert_eq!((choice.current().intake, next(&mut choice, now)), (1, Some(1)));
    choice.silent(choice.current(), (now, 0.9));
    assert_eq!(choice.current().intake, 0, "the one that may be back soonest");
}

#[test]
fn what_was_not_attempted_takes_no_place_and_news_end_all_pauses() {
    let (mut choice, now) = (Choice::new(1), Instant::now());
    for _ in 0..100 {
        let turn = choice.next(now).unwrap();
        choice.cancel(turn);
    }
    fail(&mut choice, now, Some(Duration::from_secs(60)));
    assert!(choice.next(now).is_err());
    choice.try_all(now);
    assert_eq!(next(&mut choice, now), Some(0));
}
