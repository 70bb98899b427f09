//! Limits of the routes for questions and of the door, at n and at n + 1.

use serde_json::json;

use super::harness::{World, post, tokens};
use crate::api::limits::{
    AUDIT_PARAMETERS_MAX, COMPLETE_VALUE_BYTES_MAX, CONTEXT_MAX, LIMIT_MAX, LOGIN_BYTES_MAX,
};
use crate::limits::VALUES_MAX;

#[tokio::test]
async fn so_many_rows_may_be_asked_for_and_not_one_more() {
    let world = World::new().await;
    world.write(1);
    let context = "/api/v1/logs/context?source=00000000000000ab&position=1";
    for (path, name, most) in [
        ("/api/v1/logs/fields/message/values?", "limit", LIMIT_MAX),
        (&format!("{context}&"), "before", CONTEXT_MAX),
        (&format!("{context}&"), "after", CONTEXT_MAX),
    ] {
        let ask = async |count: usize| {
            world.ask("GET", &format!("{path}{name}={count}"), &[]).await.status
        };
        assert_eq!((ask(most).await, ask(most + 1).await), (200, 400), "{path}{name}");
    }
}

#[tokio::test]
async fn so_many_different_values_are_counted_and_with_one_more_none_is() {
    let world = World::new().await;
    world.write(VALUES_MAX / 2);
    world.write(VALUES_MAX / 2);
    let values = "/api/v1/logs/fields/message/values?limit=1";
    assert_eq!(world.ask("GET", values, &[]).await.status, 200);
    world.write(1);
    let refused = world.ask("GET", values, &[]).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (422, &json!("over_limit")));
    let offered = world.ask("GET", "/api/v1/complete?q=message:m", &[]).await.json();
    assert_eq!(offered["items"].as_array().unwrap().len(), 20, "completion takes what it can get");
}

#[tokio::test]
async fn a_value_that_is_too_long_to_be_chosen_is_not_offered() {
    for (bytes, offered) in [(COMPLETE_VALUE_BYTES_MAX, 1), (COMPLETE_VALUE_BYTES_MAX + 1, 0)] {
        let world = World::new().await;
        world.write_line(&"x".repeat(bytes));
        let answer = world.ask("GET", "/api/v1/complete?q=message:", &[]).await.json();
        assert_eq!(answer["items"].as_array().unwrap().len(), offered, "{bytes}");
    }
}

#[tokio::test]
async fn a_login_holds_so_many_bytes_and_an_audit_entry_so_many_parameters() {
    let world = World::with_access(tokens()).await;
    for (bytes, status) in [(LOGIN_BYTES_MAX, 204), (LOGIN_BYTES_MAX + 1, 413)] {
        let mut body = b"{\"token\":\"read-secret\"}".to_vec();
        body.resize(bytes, b' ');
        assert_eq!(world.send(post("/api/v1/login", &[], body)).await.status, status);
    }
    for parameters in [AUDIT_PARAMETERS_MAX, AUDIT_PARAMETERS_MAX + 1] {
        let asked: Vec<String> = (0..parameters).map(|n| format!("p{n}=1")).collect();
        world.ask("DELETE", &format!("/api/v1/login?{}", asked.join("&")), &[]).await;
        let audited = world.audited();
        let noted = audited[audited.len() - 1]["parameters"].as_object().unwrap().len();
        assert_eq!(noted, AUDIT_PARAMETERS_MAX, "{parameters}");
    }
}
