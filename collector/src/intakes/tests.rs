//! Which intakes come first, and that other settings are taken over. How they fare under faults is tested
//! with the shipper.

use super::*;

fn at(url: &str, zone: &str) -> IntakeAddress {
    IntakeAddress { url: url.to_owned(), zone: zone.to_owned() }
}

#[track_caller]
fn check(zone: &str, expect: &[&str]) {
    let to =
        vec![at("http://1/", "b"), at("http://2", ""), at("http://3", "a"), at("http://4", "b")];
    let settings = Settings { zone: zone.to_owned(), ..Settings::to(to) };
    assert_eq!(preferred(&settings), expect, "{zone}");
}

#[test]
fn intakes_of_the_own_zone_come_first_and_all_others_stay_in_order() {
    check("", &["http://1", "http://2", "http://3", "http://4"]);
    check("a", &["http://3", "http://1", "http://2", "http://4"]);
    check("b", &["http://1", "http://4", "http://2", "http://3"]);
    check("elsewhere", &["http://1", "http://2", "http://3", "http://4"]);
}

#[tokio::test]
async fn other_intakes_are_taken_over_and_what_was_under_way_says_nothing_of_them() {
    let data = tempfile::tempdir().unwrap();
    let (_, credentials) = watch::channel(Credentials::none().unwrap());
    let (set, settings) = watch::channel(Settings::to(vec![at("http://1", "")]));
    let limits = (data.path(), HttpLimits::default());
    let intakes = Intakes::new(settings, credentials, limits).unwrap();
    let (errands, _) = intakes.turns();
    assert!(errands.iter().all(|errand| errand.url == "http://1"));
    set.send_replace(Settings::to(vec![at("http://2", "")]));
    assert_eq!(intakes.current().url, "http://2");
    intakes.settle(&errands[0], Outcome::Failed(None));
    assert_eq!(intakes.turns().0.len(), errands.len(), "the new one has failed nothing");
}

#[tokio::test]
async fn what_does_not_change_the_intakes_forgives_them_nothing() {
    let data = tempfile::tempdir().unwrap();
    let (_, credentials) = watch::channel(Credentials::none().unwrap());
    let one = Settings::to(vec![at("http://1", "")]);
    let (set, settings) = watch::channel(one.clone());
    let limits = (data.path(), HttpLimits::default());
    let intakes = Intakes::new(settings, credentials, limits).unwrap();
    let errand = intakes.turns().0.remove(0);
    intakes.settle(&errand, Outcome::Failed(Some(Duration::from_secs(60))));
    set.send_replace(Settings { line_bytes_max: 4_096, ..one });
    assert!(intakes.turns().0.is_empty());
}
