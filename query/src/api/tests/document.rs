//! The OpenAPI document as it is committed, for the web app's client to be generated from.

use expect_test::expect_file;

use super::super::routes;

/// When it differs: `UPDATE_EXPECT=1 cargo nextest run -p nilometer-query the_committed_document`, then
/// `npm run schema` in `ui/`.
#[test]
fn the_committed_document_is_what_the_handlers_say() {
    let (_, document) = routes().split_for_parts();
    let text = document.to_pretty_json().unwrap() + "\n";
    expect_file!["../../../../ui/openapi.json"].assert_eq(&text);
}
