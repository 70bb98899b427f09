//! What names mean after each pipe, and which are refused.

use super::*;
use crate::language::Problem;

const HOUR_NS: i64 = 3_600_000_000_000;

fn hour() -> TimeRange {
    use nilometer_model::Timestamp;
    TimeRange::new(Timestamp(1_700_000_000_000_000_000), Timestamp(1_700_003_600_000_000_000))
        .unwrap()
}

fn plan(text: &str) -> Result<Plan, SyntaxError> {
    <Plan>::parse(&Tenant::default(), text, hour())
}

#[test]
fn a_name_that_the_pipes_before_do_not_leave_is_refused_with_those_that_they_do() {
    let cases: [(&str, usize, &str, &str); 13] = [
        ("| stats count() as n | sort m", 29, "no such column: `m`", "use one of n"),
        (
            "| stats count() as total by component | sort totl desc",
            46,
            "no such column: `totl`; did you mean `total`?",
            "use one of component, total",
        ),
        (
            "| top 3 by a | fields count",
            23,
            "no such column: `count`; did you mean `count()`?",
            "use one of a, count()",
        ),
        ("| stats count() | stats max(n)", 29, "no such column: `n`", "use one of count()"),
        ("| fields a, b | sort c", 22, "no such column: `c`", "use one of a, b"),
        ("| fields a | stats sum(b)", 24, "no such column: `b`", "use one of a"),
        (
            "| sort count() desc",
            8,
            "no such column: `count()`",
            "say | stats count() before it, or put a field's name in quotes",
        ),
        ("| stats count() | histogram 1m", 19, "no such column: `time`", "use one of count()"),
        (
            "| stats count(), count()",
            18,
            "there are two columns called `count()`",
            "call one of them otherwise, as in count() as n",
        ),
        (
            "| stats count() as a by a",
            20,
            "there are two columns called `a`",
            "call one of them otherwise, as in count() as n",
        ),
        (
            "| fields a, a",
            13,
            "there are two columns called `a`",
            "call one of them otherwise, as in count() as n",
        ),
        (
            "| stats avg(time)",
            13,
            "`time` is not a number",
            "times are time and received; they have min, max and count",
        ),
        (
            "| stats count() by bin(node,1m)",
            24,
            "`node` is not a time",
            "times are time and received; they have min, max and count",
        ),
    ];
    for (text, column, message, hint) in cases {
        let Err(error) = plan(text) else { panic!("{text} is understood") };
        assert_eq!((error.column, error.problem.to_string().as_str()), (column, message), "{text}");
        assert_eq!(error.hint, hint, "{text}");
    }
}

#[test]
fn filters_are_checked_also_before_pipes() {
    assert_eq!(plan("a severity:>loud | stats count()").unwrap_err().column, 12);
}

#[test]
fn sorting_before_a_grouping_is_left_out_but_a_limit_is_not() {
    assert!(plan("| sort a | stats count()").unwrap().records.is_empty());
    assert_eq!(plan("| sort a | limit 5 | stats count()").unwrap().records.len(), 2);
}

#[test]
fn a_histogram_takes_the_smallest_nice_step_that_makes_few_bins() {
    for (seconds, expect) in [
        (1, "bin(50ms)"),
        (59, "bin(1s)"),
        (60, "bin(2s)"),
        (3_600, "bin(2m)"),
        (86_400, "bin(30m)"),
        (30 * 86_400, "bin(1d)"),
    ] {
        let from = hour().from().plus_ns(1);
        let range = TimeRange::new(from, from.plus_ns(seconds * 1_000_000_000)).unwrap();
        let plan = <Plan>::parse(&Tenant::default(), "| histogram", range).unwrap();
        let Shape::Groups(grouping) = &plan.shape else { panic!() };
        assert_eq!(grouping.keys[0].name, expect, "{seconds} s");
    }
    let all = <Plan>::parse(&Tenant::default(), "| histogram", TimeRange::ALL).unwrap();
    let Some(TableStep::EveryBin(bins)) = all.steps.first() else { panic!() };
    assert!(bins.count() <= 60);
}

#[test]
fn a_histogram_has_at_most_so_many_bins_and_not_one_more() {
    let bins = |count: i64| {
        let range = TimeRange::new(hour().from(), hour().from().plus_ns(count * HOUR_NS)).unwrap();
        let aligned = bin_start(hour().from().0, HOUR_NS) == hour().from().0;
        Bins { range, step_ns: HOUR_NS }.count() - u64::from(!aligned)
    };
    assert_eq!(bins(3), 3);
    let step_ns = 1_000_000;
    let first = bin_start(hour().from().0, step_ns);
    for (bins, fits) in [(100_000, true), (100_001, false)] {
        use nilometer_model::Timestamp;
        let range = TimeRange::new(Timestamp(first), Timestamp(first + bins * step_ns)).unwrap();
        let plan = <Plan>::parse(&Tenant::default(), "a | histogram 1ms", range);
        assert_eq!(plan.is_ok(), fits, "{bins}");
        if let Err(error) = plan {
            assert_eq!(
                (error.column, error.problem),
                (15, Problem::TooLarge("at most 100000 bins"))
            );
        }
    }
}
