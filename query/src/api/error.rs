//! What a caller is told when a request cannot be done: one shape, one table of codes.
//!
//! ```text
//! {"error":{"code","message","hint","column"?,"field"?},"pipeline"?}
//! ```
//! Invariants:
//! - an answer of 429 or 503 always says when to come back: its constructors demand it;
//! - `pipeline` stands there only where the answer is a verdict of ours about what was sent.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nilometer_model::PipelineId;
use nilometer_wire::IntakeError;
use serde::Serialize;
use utoipa::ToSchema;

/// The table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    BadQuery,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    OverLimit,
    Busy,
    Unavailable,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::BadQuery | Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OverLimit => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What went wrong, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    code: Code,
    /// What is wrong.
    message: String,
    /// What is allowed, or what to do.
    hint: String,
    /// Where in the query, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Which parameter, header or part of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ApiError {
    error: Box<ErrorDetail>,
    /// Which pipeline speaks, when this is its verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pipeline: Option<PipelineId>,
    #[serde(skip)]
    status: u16,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

impl ApiError {
    fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), hint.into());
        let error = Box::new(ErrorDetail { code, message, hint, column: None, field: None });
        Self { error, pipeline: None, status: code.status().as_u16(), retry_after_s: None }
    }

    pub(crate) fn bad_query(
        message: impl Into<String>,
        hint: impl Into<String>,
        column: usize,
    ) -> Self {
        let mut error = Self::new(Code::BadQuery, message, hint);
        error.error.column = Some(column);
        error.error.field = Some("q".to_owned());
        error
    }

    pub(crate) fn bad_request(
        field: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::new(Code::BadRequest, message, hint).about(field)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let hint = "GET /api/openapi.json lists every route and its methods";
        let error = Self::new(Code::BadRequest, "this route does not have this method", hint);
        Self { status: StatusCode::METHOD_NOT_ALLOWED.as_u16(), ..error }
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        let hint = "send 'Authorization: Bearer TOKEN'; tokens are in the file 'tokens' of the \
                    data directory";
        Self::new(Code::Unauthorized, message, hint)
    }

    pub(crate) fn forbidden(message: impl Into<String>, hint: &str) -> Self {
        Self::new(Code::Forbidden, message, hint)
    }

    pub(crate) fn not_found(message: impl Into<String>, hint: &str) -> Self {
        Self::new(Code::NotFound, message, hint)
    }

    pub(crate) fn conflict(message: impl Into<String>, hint: &str) -> Self {
        Self::new(Code::Conflict, message, hint)
    }

    pub(crate) fn too_large(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::TooLarge, message, hint)
    }

    pub(crate) fn over_limit(message: impl Into<String>, hint: &str) -> Self {
        Self::new(Code::OverLimit, message, hint)
    }

    pub(crate) fn busy(message: impl Into<String>, retry_after_s: u32) -> Self {
        let hint = format!("come back after {retry_after_s} s");
        let retry_after_s = Some(retry_after_s);
        Self { retry_after_s, ..Self::new(Code::Busy, message, hint) }
    }

    pub(crate) fn unavailable(message: impl Into<String>, retry_after_s: u32) -> Self {
        let hint = format!("come back after {retry_after_s} s");
        let retry_after_s = Some(retry_after_s);
        Self { retry_after_s, ..Self::new(Code::Unavailable, message, hint) }
    }

    /// Names the parameter, header or part of the body that is wrong.
    pub(crate) fn about(mut self, field: &str) -> Self {
        self.error.field = Some(field.to_owned());
        self
    }

    /// Makes the answer a verdict of this pipeline.
    pub(crate) fn verdict_of(mut self, pipeline: PipelineId) -> Self {
        self.pipeline = Some(pipeline);
        self
    }

    /// Too large is a verdict about what was sent; a body that broke off is none.
    pub(crate) fn verdict_if_too_large(self, pipeline: PipelineId) -> Self {
        if self.error.code == Code::TooLarge { self.verdict_of(pipeline) } else { self }
    }

    /// What the intake answers instead of taking something. A damaged frame is no verdict: it may
    /// arrive whole the next time.
    pub(crate) fn from_intake(error: IntakeError, pipeline: PipelineId) -> Self {
        let is_verdict = !matches!(error, IntakeError::Damaged(_));
        let message = error.to_string();
        let answer = match error {
            IntakeError::TooLarge { limit_bytes, .. } => {
                Self::too_large(message, format!("send at most {limit_bytes} bytes at once"))
            }
            IntakeError::Busy { retry_after_s } => Self::busy(message, retry_after_s),
            IntakeError::Unavailable { retry_after_s, .. } => {
                Self::unavailable(message, retry_after_s)
            }
            IntakeError::Damaged(_) => {
                Self::bad_request("body", message, "send the same bytes again")
            }
            IntakeError::Forbidden(_) => {
                Self::forbidden(message, "see whose token it is sent with")
            }
            IntakeError::Copied => Self::conflict(message, "a new name is drawn at that start"),
            IntakeError::WrongPipeline(_) => {
                Self::conflict(message, "see which centre the collector's 'to' names")
            }
        };
        if is_verdict { answer.verdict_of(pipeline) } else { answer }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let retry_after_s = self.retry_after_s;
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"nilometer\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
