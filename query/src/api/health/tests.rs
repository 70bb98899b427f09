//! How many answers the desk keeps.

use nilometer_store::Completeness;

use super::*;

fn answer() -> Arc<HealthAnswer> {
    let numbers = Numbers {
        basis: Basis::Calls,
        counts: Default::default(),
        rate: 0.0,
        quantiles_ms: [None; 3],
    };
    let known =
        Completeness { complete: true, complete_to: None, lagging: Vec::new(), gaps: Vec::new() };
    Arc::new(HealthAnswer {
        components: Vec::new(),
        components_left_out: 0,
        nodes: Vec::new(),
        totals: TotalsJson { numbers: numbers.into(), series: Series::default().into() },
        changes: Vec::new(),
        points: Vec::new(),
        window_s: 300,
        at: Timestamp(0),
        coverage: CoverageJson::new(known, 0, None),
    })
}

#[test]
fn of_one_answer_more_than_are_kept_the_oldest_goes() {
    let asked = |n: usize| {
        let params = HealthParams { window: None, from: None, to: Some(n.to_string()) };
        ("t1".to_owned(), params)
    };
    for (told, oldest) in [(HEALTH_ANSWERS_MAX, 0), (HEALTH_ANSWERS_MAX + 1, 1)] {
        let desk = HealthDesk::default();
        (0..told).for_each(|n| desk.keep(asked(n), &answer()));
        let answers = desk.answers.lock().unwrap();
        assert_eq!(answers.len(), HEALTH_ANSWERS_MAX);
        assert_eq!(answers[0].0, asked(oldest));
    }
}
