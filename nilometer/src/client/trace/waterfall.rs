//! A trace as a picture of lines: who called whom, when, for how long.
//!
//! ```text
//!     40.0 ms ████████████████████ gateway GET / * 12.0 ms critical
//!     12.3 ms ·····▒▒▒▒▒▒·········  └ seat find ! error
//!             bar: █ on the critical path, ▒ not
//! ```
//! Invariants:
//! - a line per span, and no two spans on one line, whatever names hold: nothing of them reaches the terminal raw;
//! - names stand behind the bars, where nothing has to line up: deep down they are as whole as at the root;
//! - nothing is told by colour;
//! - nothing recurses, and every span is shown once: circles are cut, orphans stand below what is missing.

use std::collections::{HashMap, HashSet};

use super::super::screen::plain;

const BARS_WIDTH: usize = 40;
/// Characters of a service with its operation.
const NAME_CHARS_MAX: usize = 200;
/// Deeper levels are drawn at this one.
const DEPTH_MAX: usize = 16;

/// What the picture needs of a span.
#[derive(Debug, Clone, Default)]
pub(super) struct Bar {
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) service: String,
    pub(super) operation: String,
    /// Since the first start of the trace.
    pub(super) start_ms: f64,
    pub(super) duration_ms: f64,
    pub(super) failed: bool,
    /// Its own part of the critical path.
    pub(super) critical_ms: f64,
}

/// The lines of the picture; bars come by (start, id).
pub(super) fn waterfall(bars: &[Bar], missing: &HashSet<String>) -> Vec<String> {
    let total = bars.iter().map(|bar| bar.start_ms + bar.duration_ms).fold(0.0, f64::max);
    let mut children: HashMap<&str, Vec<usize>> = HashMap::new();
    let ids: HashSet<&str> = bars.iter().map(|bar| bar.id.as_str()).collect();
    // By a parent that never came, the first that it caused: the others stand behind that one.
    let (mut roots, mut firsts) = (Vec::new(), HashMap::new());
    for (at, bar) in bars.iter().enumerate() {
        let parent = bar.parent.as_str();
        if parent != bar.id && ids.contains(parent) {
            children.entry(parent).or_default().push(at);
            continue;
        }
        roots.push(at);
        if missing.contains(parent) {
            firsts.entry(parent).or_insert(at);
        }
    }
    roots.sort_by_key(|at| firsts.get(bars[*at].parent.as_str()).copied().unwrap_or(*at));
    let (mut lines, mut shown) = (Vec::new(), vec![false; bars.len()]);
    // Behind the roots come those whom nobody above leads to: the first of each circle.
    for first in roots.into_iter().chain(0..bars.len()) {
        let mut waiting = vec![(first, 0)];
        while let Some((at, depth)) = waiting.pop() {
            if std::mem::replace(&mut shown[at], true) {
                continue;
            }
            let bar = &bars[at];
            if firsts.get(bar.parent.as_str()) == Some(&at) {
                lines.push(format!("? {} never came; what it caused:", plain(&bar.parent)));
            }
            lines.push(line(bar, depth, total));
            let below = children.get(bar.id.as_str()).into_iter().flatten().rev();
            waiting.extend(below.map(|child| (*child, depth + 1)));
        }
    }
    lines
}

fn line(bar: &Bar, depth: usize, total_ms: f64) -> String {
    let indent = "  ".repeat(depth.min(DEPTH_MAX).saturating_sub(1));
    let branch = if depth == 0 { "" } else { "└ " };
    let name = shortened(&format!("{} {}", plain(&bar.service), plain(&bar.operation)));
    let (took, picture) = (duration(bar.duration_ms), drawn(bar, total_ms));
    let mut line = format!("{took:>9} {picture} {indent}{branch}{name}");
    if bar.failed {
        line.push_str(" ! error");
    }
    if bar.critical_ms > 0.0 {
        line.push_str(&format!(" * {} critical", duration(bar.critical_ms)));
    }
    line
}

/// The name on one line, its end left out where it is too long.
fn shortened(name: &str) -> String {
    let name = name.replace('\t', " ");
    match name.char_indices().nth(NAME_CHARS_MAX) {
        None => name,
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// The bar on the scale of the whole trace; a span is at least one mark.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "columns of a terminal"
)]
fn drawn(bar: &Bar, total_ms: f64) -> String {
    let column = |ms: f64| {
        if total_ms > 0.0 { (ms / total_ms * BARS_WIDTH as f64).round() as usize } else { 0 }
    };
    let from = column(bar.start_ms).min(BARS_WIDTH - 1);
    let to = column(bar.start_ms + bar.duration_ms).clamp(from + 1, BARS_WIDTH);
    let mark = if bar.critical_ms > 0.0 { "█" } else { "▒" };
    format!("{}{}{}", "·".repeat(from), mark.repeat(to - from), "·".repeat(BARS_WIDTH - to))
}

pub(super) fn duration(ms: f64) -> String {
    match ms {
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms >= 1.0 || ms == 0.0 => format!("{ms:.1} ms"),
        ms => format!("{:.0} µs", ms * 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(id: &str, parent: &str, (start_ms, duration_ms): (f64, f64)) -> Bar {
        let (id, parent) = (id.to_owned(), parent.to_owned());
        let (service, operation) = ("shop".to_owned(), format!("op {id}"));
        Bar { id, parent, service, operation, start_ms, duration_ms, ..Bar::default() }
    }

    fn names(bars: &[Bar], missing: &[&str]) -> Vec<String> {
        let missing = missing.iter().map(|id| (*id).to_owned()).collect();
        let lines = waterfall(bars, &missing);
        lines
            .iter()
            .map(|line| line.split(['·', '▒']).next_back().unwrap_or_default().trim_start())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn children_stand_below_their_parents_and_bars_on_one_scale() {
        let mut bars = [
            bar("a", "", (0.0, 40.0)),
            bar("b", "a", (10.0, 20.0)),
            bar("c", "b", (39.999, 0.0005)),
        ];
        (bars[1].failed, bars[0].critical_ms) = (true, 12.0);
        let lines = waterfall(&bars, &HashSet::new());
        let line = |name: &str, took: &str, bar: &str| format!("{took:>9} {bar} {name}");
        let dots = |count: usize| "·".repeat(count);
        assert_eq!(lines[0], line("shop op a", "40.0 ms", &"█".repeat(40)) + " * 12.0 ms critical");
        let middle = dots(10) + &"▒".repeat(20) + &dots(10);
        assert_eq!(lines[1], line("└ shop op b", "20.0 ms", &middle) + " ! error");
        assert_eq!(lines[2], line("  └ shop op c", "0 µs", &(dots(39) + "▒")));
    }

    #[test]
    fn orphans_say_what_is_missing_and_circles_are_shown_once() {
        let orphans = [
            bar("a", "x", (0.0, 1.0)),
            bar("b", "y", (0.0, 1.0)),
            bar("c", "x", (0.0, 1.0)),
            bar("d", "a", (0.0, 1.0)),
        ];
        let expected = [
            "? x never came; what it caused:",
            "shop op a",
            "└ shop op d",
            "shop op c",
            "? y never came; what it caused:",
            "shop op b",
        ];
        assert_eq!(names(&orphans, &["x", "y"]), expected);
        let circle =
            [bar("a", "b", (0.0, 1.0)), bar("b", "a", (0.0, 1.0)), bar("c", "c", (0.0, 1.0))];
        assert_eq!(names(&circle, &[]), ["shop op c", "shop op a", "└ shop op b"]);
    }

    #[test]
    fn no_name_moves_the_cursor_or_breaks_a_line_and_depth_has_an_end() {
        let mut bars: Vec<Bar> = (0..100_000)
            .map(|at| bar(&at.to_string(), &(at - 1).to_string(), (0.0, 1.0)))
            .collect();
        bars[0].operation = "\u{1b}[2Jx\ny\tz".to_owned();
        bars[1].service = "s".repeat(500);
        let lines = waterfall(&bars, &HashSet::new());
        assert_eq!(lines.len(), 100_000);
        assert!(lines[0].contains(" shop x\\ny z"), "{}", lines[0]);
        let longest = 9 + 1 + BARS_WIDTH + 1 + 2 * DEPTH_MAX + NAME_CHARS_MAX + 1;
        assert!(lines.iter().all(|line| line.chars().count() <= longest));
        assert!(lines[1].ends_with("s…"), "{}", lines[1]);
    }
}
