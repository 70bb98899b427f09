//! Patterns, from outside: over buffer and splits, with ids that stay.

use nilometer_model::Tenant;
use serde_json::{Value, json};

use super::harness::{World, post};
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
    // So many are met before a scan, and so many by it.
    for number in 0..=2 * NEW_SKELETONS_MAX {
        world.write_line(&format!("all of us say {}", word(number)));
    }
    assert_eq!(get(&world, "").await["other"], 1);
    assert_eq!(get(&world, "").await["other"], 0);
}

/// The rows that a query with pipes answers.
async fn rows(world: &World, q: &str) -> Value {
    let body = json!({"q": q}).to_string().into_bytes();
    let answer = world.send(post("/api/v1/query", &[], body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["rows"].clone()
}

#[tokio::test]
async fn a_pattern_is_a_field_of_what_is_sealed_and_of_what_is_not() {
    let world = World::new().await;
    for line in ["login of bob from 10.0.0.1 failed", "disk sda1 is full"] {
        world.write_line(line);
    }
    world.seal().await;
    // Nobody has asked for patterns yet, and this record has words that no split knows.
    world.write_line("login of eve from 10.0.0.2 failed");
    let counts = rows(&world, "| stats count() by pattern | sort count() desc").await;
    let (login, disk) = (counts[0][0].as_str().unwrap(), counts[1][0].as_str().unwrap());
    assert_eq!(counts, json!([[login, 2], [disk, 1]]));
    assert_eq!(ids(&get(&world, "").await), [login, disk]);
    for (filter, expect) in [
        (format!("pattern:{login}"), 2),
        (format!("pattern:{login} eve"), 1),
        (format!("pattern:in({login},{disk})"), 3),
        (format!("-pattern:{login}"), 1),
        ("pattern:*".to_owned(), 3),
        ("pattern:0000000000000000".to_owned(), 0),
    ] {
        assert_eq!(rows(&world, &format!("{filter} | stats count()")).await, json!([[expect]]));
        let q = filter.replace(' ', "%20");
        let list = world.ask("GET", &format!("/api/v1/logs?q={q}"), &[]).await.json();
        assert_eq!(list["records"].as_array().unwrap().len(), expect, "{filter}");
    }
    let shown = rows(&world, "disk | fields pattern").await;
    assert_eq!(shown, json!([[disk]]));
    let values = world.ask("GET", "/api/v1/logs/fields/pattern/values", &[]).await.json();
    assert_eq!(values["values"][0], json!({"value": login, "count": 2}));
}

#[tokio::test]
async fn the_pipe_makes_a_table_of_patterns_for_other_pipes() {
    let world = World::new().await;
    world.write_line("disk sda1 is full");
    world.write_line("disk sdb2 is full");
    world.seal().await;
    world.write_line("all is well");
    let all = rows(&world, "| patterns").await;
    let full = &all[0];
    assert_eq!((&full[1], &full[2]), (&json!("disk <*> is full"), &json!(2)));
    assert_eq!((&full[5], &full[6]), (&json!("info"), &json!("shop")));
    let known = &get(&world, "?q=disk").await["patterns"][0];
    assert_eq!(
        (&full[0], &full[3], &full[4]),
        (&known["id"], &known["first_seen"], &known["last_seen"])
    );
    let few = rows(&world, "| patterns | sort count | limit 1 | fields template").await;
    assert_eq!(few, json!([["all is well"]]));
    assert_eq!(rows(&world, "| patterns | stats sum(count)").await, json!([[3]]));
    for (q, signal) in [("| stats count() | patterns", "logs"), ("| patterns", "spans")] {
        let body = json!({"q": q, "signal": signal}).to_string().into_bytes();
        let answer = world.send(post("/api/v1/query", &[], body)).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!("bad_query")));
    }
}

#[tokio::test]
async fn of_two_that_were_merged_both_ids_name_one_also_after_a_restart() {
    let world = World::new().await;
    world.write_line("user bob logged in");
    world.write_line("a login of user eve was seen");
    let before = get(&world, "").await;
    let id = |starts: &str| {
        let patterns = before["patterns"].as_array().unwrap();
        let is = |one: &&Value| one["template"].as_str().unwrap().starts_with(starts);
        patterns.iter().find(is).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (short, long) = (id("user"), id("a login"));
    let merge = async |from: &str, into: &str| {
        let body = json!({"into": into}).to_string().into_bytes();
        world.send(post(&format!("/api/v1/logs/patterns/{from}/merge"), &[], body)).await
    };
    let merged = merge(&long, &short).await;
    assert_eq!(merged.json(), json!({"id": short, "template": "user bob logged in"}));
    assert_eq!(merge(&short, &long).await.json()["id"], short.as_str(), "they are one");
    world.seal().await;
    assert_eq!(ids(&get(&world, "").await), [short.as_str()]);
    for id in [&short, &long] {
        let count = rows(&world, &format!("pattern:{id} | stats count() by pattern")).await;
        assert_eq!(count, json!([[short, 2]]));
    }
    let again = PatternBook::default().known(&world.store, &Tenant::default());
    assert_eq!(again.pattern(long.parse().unwrap()).map(|id| id.to_string()), Some(short.clone()));
    for (from, into, status) in [
        (&*short, "0000000000000000", 404),
        ("0000000000000000", &*short, 404),
        ("x", &*short, 400),
        (&*short, "x", 400),
    ] {
        assert_eq!(merge(from, into).await.status, status, "{from} {into}");
    }
}

#[tokio::test]
async fn a_purge_does_not_ask_for_patterns() {
    let world = World::new().await;
    let body = json!({"q": "pattern:0000000000000000", "reason": "r"}).to_string().into_bytes();
    let answer = world.send(post("/api/v1/purge", &[], body)).await;
    assert_eq!((answer.status, &answer.json()["error"]["field"]), (400, &json!("q")));
}
