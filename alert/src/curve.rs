//! How a rule's value went over a range, as few points: what a replay shows beside its intervals.
//!
//! ```text
//!   steps   · · · · · · · · · · · ·      of each part of the range the worst value of all groups
//!   points  │   ·   │   ·   │   ·   │    a part in which no step had a value has none
//! ```
//! Invariant: a value that the condition holds for is never hidden by one that it does not hold for.

use nilometer_model::{TimeRange, Timestamp};

use crate::evaluate::Seen;
use crate::limits::CURVE_POINTS;
use crate::rule::Rule;

/// See the file's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    range: TimeRange,
    points: Vec<Option<f64>>,
}

impl Curve {
    /// One of a rule over a range, without a value so far. It has no more points than the rule has steps.
    #[must_use]
    pub fn new(range: TimeRange, rule: &Rule) -> Self {
        let length = range.to().0.saturating_sub(range.from().0);
        let steps = usize::try_from(length / rule.every.ns().max(1)).unwrap_or_default();
        Self { range, points: vec![None; steps.clamp(1, CURVE_POINTS)] }
    }

    /// Takes what a step saw.
    pub fn take(&mut self, rule: &Rule, seen: &Seen) {
        let Some(point) = self.place(seen.at).and_then(|place| self.points.get_mut(place)) else {
            return;
        };
        let values = seen.groups.iter().filter_map(|observed| observed.value);
        let worst = values.chain(*point).reduce(|a, b| rule.condition.worse(a, b));
        *point = worst.or(*point);
    }

    /// The points, as many parts of the range, in its order.
    #[must_use]
    pub fn points(self) -> Vec<Option<f64>> {
        self.points
    }

    fn place(&self, at: Timestamp) -> Option<usize> {
        let (from, to) = (self.range.from().0, self.range.to().0);
        // A step ends what it looks at: one at the end of the range is of its last part.
        let inside = i128::from(at.0) - i128::from(from) - 1;
        let length = i128::from(to) - i128::from(from);
        usize::try_from(inside.max(0) * self.points.len() as i128 / length.max(1)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Observed;
    use crate::rule::RawRule;

    const STEP_NS: i64 = 1_000_000_000;
    const TEN_STEPS_NS: i64 = 10 * STEP_NS;

    fn rule(op: &str) -> Rule {
        let json = format!(
            r#"{{"name": "r", "query": "q", "every": "1s", "condition": {{"op": "{op}"}}}}"#
        );
        RawRule::from_json(json.as_bytes()).unwrap().check().unwrap()
    }

    fn range(to: i64) -> TimeRange {
        TimeRange::new(Timestamp(0), Timestamp(to)).unwrap()
    }

    /// The operator, and the values of each step -> the points, each once, of those that have a value.
    #[track_caller]
    fn check(op: &str, steps: &[(i64, &[f64])], expect: &[(usize, f64)]) {
        let (rule, most) = (rule(op), i64::try_from(CURVE_POINTS).unwrap() * TEN_STEPS_NS);
        let mut curve = Curve::new(range(most), &rule);
        for (at, values) in steps {
            let observed = |value: &f64| Observed { value: Some(*value), ..Observed::default() };
            let groups = values.iter().map(observed).collect();
            let seen = Seen { at: Timestamp(*at), groups, matched: 1, complete: true };
            curve.take(&rule, &seen);
        }
        let points = curve.points();
        assert_eq!(points.len(), CURVE_POINTS);
        let said = points.iter().enumerate().filter_map(|(place, value)| Some((place, (*value)?)));
        assert_eq!(said.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn each_part_has_the_worst_value_of_its_steps_and_groups() {
        let (one, ten) = (STEP_NS, TEN_STEPS_NS);
        check(">", &[(one, &[1.0, 3.0]), (ten, &[2.0]), (ten + 1, &[5.0])], &[(0, 3.0), (1, 5.0)]);
        check("<", &[(one, &[1.0, 3.0]), (ten, &[2.0]), (3 * ten, &[])], &[(0, 1.0)]);
        let most = i64::try_from(CURVE_POINTS).unwrap() * ten;
        check(
            ">",
            &[(0, &[1.0]), (most, &[7.0]), (most + 1, &[9.0])],
            &[(0, 1.0), (CURVE_POINTS - 1, 7.0)],
        );
    }

    #[test]
    fn there_are_as_many_points_as_steps_up_to_the_limit() {
        let points = |steps: i64| Curve::new(range(steps * STEP_NS), &rule(">")).points().len();
        let most = i64::try_from(CURVE_POINTS).unwrap();
        assert_eq!([1, 40, most, most + 1].map(points), [1, 40, CURVE_POINTS, CURVE_POINTS]);
        assert_eq!(Curve::new(range(STEP_NS / 2), &rule(">")).points().len(), 1);
    }
}
