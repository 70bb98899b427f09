//! Every limit of rules and alerts, with its unit.

/// Longest id of a rule, bytes.
pub const RULE_ID_BYTES_MAX: usize = 100;
/// Longest name of a rule, characters.
pub const RULE_NAME_CHARS_MAX: usize = 200;
/// Longest query of a rule, bytes: as long as a query may be.
pub const RULE_QUERY_BYTES_MAX: usize = 16 << 10;
/// Fields that one rule groups by.
pub const GROUP_BY_MAX: usize = 16;
/// Labels of one rule, and as many annotations.
pub const LABELS_MAX: usize = 32;
/// Longest value of a label, bytes.
pub const LABEL_BYTES_MAX: usize = 1 << 10;
/// Longest annotation, bytes.
pub const ANNOTATION_BYTES_MAX: usize = 4 << 10;
/// Destinations of one rule.
pub const NOTIFY_MAX: usize = 16;
/// Causes of which one rule is an effect.
pub const INHIBITED_BY_MAX: usize = 16;
/// How often a rule may be evaluated, and how seldom, s.
pub const EVERY_S: std::ops::RangeInclusive<i64> = 1..=86_400;
/// What one evaluation may look at, s.
pub const OVER_S: std::ops::RangeInclusive<i64> = 1..=90 * 86_400;
/// How long a condition may have to hold, s.
pub const FOR_S: std::ops::RangeInclusive<i64> = 0..=30 * 86_400;
/// What an objective may be about, s.
pub const SLO_WINDOW_S: std::ops::RangeInclusive<i64> = 3_600..=90 * 86_400;
/// Alerts of one rule at once; groups beyond it are counted and not told apart.
pub const ALERTS_PER_RULE_MAX: usize = 1_000;
/// Rules of one file.
pub const RULES_PER_FILE_MAX: usize = 10_000;
/// Matchers of one silence.
pub const MATCHERS_MAX: usize = 32;
/// Longest comment of a silence, bytes.
pub const COMMENT_BYTES_MAX: usize = 4 << 10;
/// Memory that the regular expression of a matcher may take once compiled, bytes.
pub const MATCHER_REGEX_BYTES_MAX: usize = 1 << 18;
/// Longest rendered annotation, bytes.
pub const RENDERED_BYTES_MAX: usize = 8 << 10;
/// Intervals that one replay lists; what comes then is counted.
pub const INTERVALS_MAX: usize = 10_000;
/// Points that a replay tells of a value at the most: as many parts of its range.
pub const CURVE_POINTS: usize = 240;
/// A group that has been missing this long is not waited for any more, ns.
pub const MEMBER_FORGOTTEN_NS: i64 = 24 * 3_600_000_000_000;
