//! Annotations with places: `{{ value }}` and `{{ labels.component }}`, also written as Prometheus has them, with `$`.
//!
//! Invariants:
//! - what is put in is text and is never read again as a template;
//! - a place that names nothing stays as it was written, so that a slip of the pen is seen.

use std::collections::BTreeMap;

use crate::limits::RENDERED_BYTES_MAX;

/// The text with its places filled, at most [`RENDERED_BYTES_MAX`] of it.
pub(crate) fn render(
    template: &str,
    labels: &BTreeMap<String, String>,
    value: Option<f64>,
) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((place, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        match fill(place.trim(), labels, value) {
            Some(text) => out.push_str(&text),
            None => out.extend(["{{", place, "}}"]),
        }
        rest = after;
    }
    out.push_str(rest);
    out.truncate(out.floor_char_boundary(RENDERED_BYTES_MAX));
    out
}

fn fill(place: &str, labels: &BTreeMap<String, String>, value: Option<f64>) -> Option<String> {
    let place = place.strip_prefix('$').unwrap_or(place);
    let place = place.strip_prefix('.').unwrap_or(place).trim();
    match place.split_once('.') {
        None if place == "value" => Some(value.map_or_else(|| "nothing".to_owned(), number)),
        Some((of, name)) if of.eq_ignore_ascii_case("labels") => labels.get(name).cloned(),
        _ => None,
    }
}

/// A number with at most four figures behind the point.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expect: &str) {
        let labels = [("component".to_owned(), "{{value}}".to_owned())].into();
        assert_eq!(render(template, &labels, Some(0.25)), expect);
    }

    #[test]
    fn places_are_filled_once_and_unknown_ones_stay() {
        check("p95 of {{ labels.component }} is {{ value }}", "p95 of {{value}} is 0.25");
        check(
            "{{ $labels.component }} {{ $value }} {{.Labels.component}}",
            "{{value}} 0.25 {{value}}",
        );
        check("{{ labels.node }} {{ nothing", "{{ labels.node }} {{ nothing");
        check("plain", "plain");
    }

    #[test]
    fn what_is_filled_in_has_a_limit() {
        let labels = [("a".to_owned(), "é".repeat(RENDERED_BYTES_MAX))].into();
        assert_eq!(render("x{{labels.a}}", &labels, None).len(), RENDERED_BYTES_MAX - 1);
    }
}
