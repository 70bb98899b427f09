//! What an OTLP receiver answers: all was taken, or which part was not and why; or that nothing was.

use opentelemetry_proto::tonic::collector::{logs, metrics, trace};
use prost::Message;
use serde_json::json;

use crate::limits::REASONS_ANSWERED_MAX;
use crate::{Decoded, Encoding, Signal};

/// The body of the answer to a request of which at least something was taken.
#[must_use]
pub fn partial_success(signal: Signal, encoding: Encoding, decoded: &Decoded) -> Vec<u8> {
    let rejected = i64::try_from(decoded.rejected_count).unwrap_or(i64::MAX);
    let reasons = (rejected > 0).then(|| reasons(decoded));
    match encoding {
        Encoding::Json => partial_success_json(signal, rejected, reasons),
        Encoding::Protobuf => partial_success_protobuf(signal, rejected, reasons),
    }
}

fn partial_success_json(signal: Signal, rejected: i64, reasons: Option<String>) -> Vec<u8> {
    let count = match signal {
        Signal::Logs => "rejectedLogRecords",
        Signal::Traces => "rejectedSpans",
        Signal::Metrics => "rejectedDataPoints",
    };
    let answer = reasons.map_or_else(
        || json!({}),
        // A 64-bit number is a text in protobuf's JSON.
        |reasons| json!({"partialSuccess": {count: rejected.to_string(), "errorMessage": reasons}}),
    );
    answer.to_string().into_bytes()
}

fn partial_success_protobuf(signal: Signal, rejected: i64, reasons: Option<String>) -> Vec<u8> {
    match signal {
        Signal::Logs => logs::v1::ExportLogsServiceResponse {
            partial_success: reasons.map(|error_message| logs::v1::ExportLogsPartialSuccess {
                rejected_log_records: rejected,
                error_message,
            }),
        }
        .encode_to_vec(),
        Signal::Traces => trace::v1::ExportTraceServiceResponse {
            partial_success: reasons.map(|error_message| trace::v1::ExportTracePartialSuccess {
                rejected_spans: rejected,
                error_message,
            }),
        }
        .encode_to_vec(),
        Signal::Metrics => metrics::v1::ExportMetricsServiceResponse {
            partial_success: reasons.map(|error_message| {
                metrics::v1::ExportMetricsPartialSuccess {
                    rejected_data_points: rejected,
                    error_message,
                }
            }),
        }
        .encode_to_vec(),
    }
}

/// The first reasons, each with the index of its item.
fn reasons(decoded: &Decoded) -> String {
    let listed = decoded.rejected.iter().take(REASONS_ANSWERED_MAX);
    let mut reasons: Vec<String> =
        listed.map(|rejected| format!("item {}: {}", rejected.index, rejected.reason)).collect();
    let others = decoded.rejected_count - reasons.len();
    if others > 0 {
        reasons.push(format!("and {others} more"));
    }
    reasons.join("; ")
}

/// `google.rpc.Status`, the body of every answer that is no success.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The body of the answer to a request of which nothing was taken; `code` is gRPC's.
#[must_use]
pub fn status(encoding: Encoding, code: i32, message: &str) -> Vec<u8> {
    match encoding {
        Encoding::Json => json!({"code": code, "message": message}).to_string().into_bytes(),
        Encoding::Protobuf => Status { code, message: message.to_owned() }.encode_to_vec(),
    }
}
