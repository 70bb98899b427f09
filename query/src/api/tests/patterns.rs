//! Patterns, from outside: over buffer and splits, with ids that stay.

use nilometer_model::Tenant;
use serde_json::{Value, json};

use super::harness::World;
use crate::limits::{NEW_SKELETONS_MAX, PATTERN_LOTS_MAX};
use crate::patterns::PatternBook;

async fn get(world: &World, parameters: &str) -> Value {
    let answer = world.ask("GET", &format!("/api/v1/logs/patterns{parameters}"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Template and count of each, in their order.
fn counts(answer: &Value) -> Vec<(&str, u64)> {
    let patterns = answer["patterns"].as_array().unwrap().iter();
    patterns
        .map(|one| (one["template"].as_str().unwrap(), one["count"].as_u64().unwrap()))
        .collect()
}

fn ids(answer: &Value) -> Vec<&str> {
    let patterns = answer["patterns"].as_array().unwrap().iter();
    patterns.map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn patterns_are_counted_over_splits_and_buffer_and_keep_their_ids() {
    let world = World::new().await;
    for line in ["login of bob from 10.0.0.1 failed", "disk sda1 is full", "disk sdb2 is full"] {
        world.write_line(line);
    }
    let before = get(&world, "").await;
    let bob = "login of bob from <*> failed";
    assert_eq!(counts(&before), [("disk <*> is full", 2), (bob, 1)]);
    let first = &before["patterns"][0];
    assert_eq!((&first["severity"], &first["components"]), (&json!("info"), &json!(["shop"])));
    world.seal().await;
    world.write_line("login of eve from 10.0.0.2 failed");
    let after = get(&world, "").await;
    let anybody = "login of <*> from <*> failed";
    assert_eq!(counts(&after), [("disk <*> is full", 2), (anybody, 2)]);
    assert_eq!((ids(&before), &after["other"]), (ids(&after), &json!(0)));
    assert_eq!(counts(&get(&world, "?q=full").await), [("disk <*> is full", 2)]);
    assert_eq!(counts(&get(&world, "?q=full&limit=1").await), [("disk <*> is full", 2)]);
    assert_eq!(counts(&get(&world, "?q=eve").await), [(anybody, 1)], "a part of a pattern");
}

#[tokio::test]
async fn what_is_new_and_what_has_vanished_is_told_by_a_time() {
    let world = World::new().await;
    // A microsecond apart, from 10 s before now.
    for line in ["old and gone", "here all along", "here all along", "new today"] {
        world.write_line(line);
    }
    let all = get(&world, "").await;
    let time = |of: &str, field: &str| {
        let patterns = all["patterns"].as_array().unwrap();
        let one = patterns.iter().find(|one| one["template"] == of).unwrap();
        one[field].as_str().unwrap().to_owned()
    };
    let (new, last) = (time("new today", "first_seen"), time("here all along", "last_seen"));
    let templates = |answer: &Value| {
        counts(answer).into_iter().map(|(template, _)| template.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(templates(&get(&world, &format!("?new_since={new}")).await), ["new today"]);
    let since = get(&world, &format!("?new_since={last}")).await;
    assert_eq!(templates(&since), ["new today"], "it was there before");
    let vanished = get(&world, &format!("?vanished_since={last}")).await;
    assert_eq!(templates(&vanished), ["old and gone"]);
    let bad = world.ask("GET", "/api/v1/logs/patterns?new_since=soon", &[]).await;
    assert_eq!((bad.status, &bad.json()["error"]["field"]), (400, &json!("new_since")));
}

/// A word without digits, each another one.
fn word(number: usize) -> String {
    format!("{number:05}").bytes().map(|digit| char::from(digit + b'a' - b'0')).collect()
}

#[tokio::test]
async fn patterns_come_back_from_meta_and_so_many_lots_become_one() {
    let world = World::new().await;
    for number in 0..=PATTERN_LOTS_MAX {
        world.write_line(&format!("{} went by", word(number)));
        get(&world, "").await;
        let lots = world.store.documents("patterns/default/").len();
        assert_eq!(lots, if number < PATTERN_LOTS_MAX { number + 1 } else { 1 });
    }
    let answer = get(&world, "").await;
    let again = PatternBook::default().known(&world.store, &Tenant::default());
    assert_eq!(again.len(), PATTERN_LOTS_MAX + 1);
    for (id, (template, _)) in ids(&answer).iter().zip(counts(&answer)) {
        assert_eq!(again.template(id.parse().unwrap()).as_deref(), Some(template));
    }
}

#[tokio::test]
async fn so_many_new_skeletons_are_found_at_once_and_the_rest_is_other_until_it_is_asked_again() {
    let world = World::new().await;
    for number in 0..=NEW_SKELETONS_MAX {
        world.write_line(&word(number));
    }
    assert_eq!(get(&world, "").await["other"], 1);
    assert_eq!(get(&world, "").await["other"], 0);
}
