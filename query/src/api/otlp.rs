//! OTLP over HTTP beside the API, so that one address does: handed on to the receiver that the binary brings.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use tower::ServiceExt;

use super::Api;

/// Takes in an OTLP request for logs; answers once it is durable.
#[utoipa::path(post, path = "/v1/logs", tag = "intake", operation_id = "otlp_logs",
    request_body(content(("application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "Durable: ExportLogsServiceResponse", body = Object),
        (status = "4XX", body = Object), (status = "5XX", body = Object)))]
pub(crate) async fn logs(State(api): State<Api>, request: Request) -> Response {
    hand_on(&api, request).await
}

/// Takes in an OTLP request for spans; answers once it is durable.
#[utoipa::path(post, path = "/v1/traces", tag = "intake", operation_id = "otlp_traces",
    request_body(content(("application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "Durable: ExportTraceServiceResponse", body = Object),
        (status = "4XX", body = Object), (status = "5XX", body = Object)))]
pub(crate) async fn traces(State(api): State<Api>, request: Request) -> Response {
    hand_on(&api, request).await
}

/// Takes in an OTLP request for metrics; answers once it is durable.
#[utoipa::path(post, path = "/v1/metrics", tag = "intake", operation_id = "otlp_metrics",
    request_body(content(("application/x-protobuf"), (Object = "application/json"))),
    responses((status = 200, description = "Durable: ExportMetricsServiceResponse", body = Object),
        (status = "4XX", body = Object), (status = "5XX", body = Object)))]
pub(crate) async fn metrics(State(api): State<Api>, request: Request) -> Response {
    hand_on(&api, request).await
}

async fn hand_on(api: &Api, request: Request) -> Response {
    let answered = api.otlp.clone().oneshot(request.map(Body::new)).await;
    answered.unwrap_or_else(|never| match never {})
}
