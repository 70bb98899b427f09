//! Reasons, as a person says them. Times are left to whoever shows them: they depend on a zone.

/// `71 %`, `8.1 %`, `<0.1 %`.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "<0.1 %".to_owned(),
        percent if percent < 9.95 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// `41 s`, `4 min`, `1 h 10 min`, `3 d`.
pub(crate) fn length(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match (seconds, seconds / 60, seconds / 3_600) {
        (seconds, ..) if seconds < 120 => format!("{seconds} s"),
        (_, minutes, _) if minutes < 60 => format!("{minutes} min"),
        (_, minutes, hours) if hours < 48 => match minutes % 60 {
            0 => format!("{hours} h"),
            rest => format!("{hours} h {rest} min"),
        },
        (.., hours) => format!("{} d", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_lengths_are_written_with_two_or_three_figures() {
        for (share, expect) in
            [(0.0, "0 %"), (0.000_2, "<0.1 %"), (0.081, "8.1 %"), (0.71, "71 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), expect);
        }
        for (seconds, expect) in [
            (-4, "0 s"),
            (41, "41 s"),
            (119, "119 s"),
            (249, "4 min"),
            (3_600, "1 h"),
            (4_200, "1 h 10 min"),
            (259_200, "3 d"),
        ] {
            assert_eq!(length(seconds * 1_000), expect);
        }
    }
}
