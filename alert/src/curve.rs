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
    /// One of a range, without a value so far.
    #[must_use]
    pub fn new(range: TimeRange) -> Self {
        Self { range, points: vec![None; CURVE_POINTS] }
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
        usize::try_from(inside.max(0) * CURVE_POINTS as i128 / length.max(1)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Observed;
    use crate::rule::RawRule;

    /// The operator, and the values of each step -> the points, each once, of those that have a value.
    #[track_caller]
    fn check(op: &str, steps: &[(i64, &[f64])], expect: &[(usize, f64)]) {
        let json = format!(r#"{{"name": "r", "query": "q", "condition": {{"op": "{op}"}}}}"#);
        let rule = RawRule::from_json(json.as_bytes()).unwrap().check().unwrap();
        let most = i64::try_from(CURVE_POINTS).unwrap() * 10;
        let range = TimeRange::new(Timestamp(0), Timestamp(most)).unwrap();
        let mut curve = Curve::new(range);
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
        check(">", &[(1, &[1.0, 3.0]), (10, &[2.0]), (11, &[5.0])], &[(0, 3.0), (1, 5.0)]);
        check("<", &[(1, &[1.0, 3.0]), (10, &[2.0]), (30, &[])], &[(0, 1.0)]);
        let most = i64::try_from(CURVE_POINTS).unwrap() * 10;
        check(
            ">",
            &[(0, &[1.0]), (most, &[7.0]), (most + 1, &[9.0])],
            &[(0, 1.0), (CURVE_POINTS - 1, 7.0)],
        );
    }
}
