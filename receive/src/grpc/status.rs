//! How a call is refused: `google.rpc.Status`, with `RetryInfo` where it may be sent again.
//!
//! Invariant: what stands in the head is printable ASCII and short, whatever the message holds.

use std::fmt::Write;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::Message;

use super::{CONTENT_TYPE, STATUS};
use crate::limits::GRPC_MESSAGE_BYTES_MAX;

pub(super) const OK: i32 = 0;

const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

/// An answer that nothing was taken.
pub(super) fn refuse(code: i32, message: &str, retry_after_s: Option<u32>) -> Response {
    let message = &message[..message.floor_char_boundary(GRPC_MESSAGE_BYTES_MAX)];
    let details = retry_after_s.map(|seconds| Any {
        type_url: RETRY_INFO.to_owned(),
        value: RetryInfo { delay: Some(Delay { seconds: seconds.into() }) }.encode_to_vec(),
    });
    let status =
        Status { code, message: message.to_owned(), details: details.into_iter().collect() };
    let details = STANDARD_NO_PAD.encode(status.encode_to_vec());
    let mut response = [
        (header::CONTENT_TYPE.as_str(), CONTENT_TYPE),
        (MESSAGE, &percent_encoded(message)),
        (DETAILS, &details),
    ]
    .into_response();
    response.headers_mut().insert(STATUS, HeaderValue::from(code));
    response
}

/// As gRPC writes a message in a header.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::new();
    for byte in message.bytes() {
        match byte {
            b'%' | ..b' ' | b'\x7f'.. => {
                // Writing to a string does not fail.
                let _infallible = write!(encoded, "%{byte:02X}");
            }
            printable => encoded.push(char::from(printable)),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_percent_encoded_where_a_header_could_not_hold_it() {
        assert_eq!(percent_encoded("50% of 'é'\n"), "50%25 of '%C3%A9'%0A");
    }

    #[test]
    fn a_refusal_carries_its_code_its_words_and_when_to_come_back() {
        let head = |message, after_s| {
            let response = refuse(14, message, after_s);
            let details = response.headers()[DETAILS].to_str().unwrap().to_owned();
            let status = Status::decode(&*STANDARD_NO_PAD.decode(details).unwrap()).unwrap();
            assert_eq!(response.headers()["grpc-status"], "14");
            (response.headers()[MESSAGE].len(), status)
        };
        let (_, status) = head("later", Some(3));
        assert_eq!((status.code, &*status.message), (14, "later"));
        let retry = RetryInfo::decode(&*status.details[0].value).unwrap();
        assert_eq!(retry.delay, Some(Delay { seconds: 3 }));
        assert_eq!(head("never", None).1.details, []);
        let fits = "m".repeat(GRPC_MESSAGE_BYTES_MAX);
        assert_eq!(head(&fits, None).0, GRPC_MESSAGE_BYTES_MAX);
        assert_eq!(head(&format!("{fits}m"), None).0, GRPC_MESSAGE_BYTES_MAX);
    }
}
