//! How bodies are read, and what is said of those that cannot be used.

use axum::response::IntoResponse;
use bytes::Bytes;
use nilometer_wire::limits::INFLATE_FLOOR_BYTES;

use super::*;

#[test]
fn a_bomb_is_too_large_and_what_is_damaged_a_bad_request() {
    let status = |body: Vec<u8>| {
        let inflated = inflate(Bytes::from(body), Compression::Zstd);
        inflated.map_err(|refusal| refusal.into_response().status().as_u16()).map(|body| body.len())
    };
    let bomb = |bytes| zstd::encode_all(&*vec![b'x'; bytes], 1).unwrap();
    assert_eq!(status(bomb(INFLATE_FLOOR_BYTES)), Ok(INFLATE_FLOOR_BYTES));
    assert_eq!(status(bomb(INFLATE_FLOOR_BYTES + 1)), Err(413));
    assert_eq!(status(b"not this at all".to_vec()), Err(400));
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_and_no_further() {
    assert_eq!(read(Body::from(vec![0; 10]), 10).await.unwrap().len(), 10);
    let refusal = read(Body::from(vec![0; 11]), 10).await.unwrap_err();
    assert_eq!(refusal.into_response().status().as_u16(), 413);
}

#[test]
fn an_encoding_that_we_do_not_know_is_refused() {
    let of = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
        }
        compression(&headers).ok()
    };
    assert_eq!(of(&[]), Some(Compression::Identity));
    assert_eq!(of(&["GZIP"]), Some(Compression::Gzip));
    assert_eq!(of(&["zstd"]), Some(Compression::Zstd));
    assert_eq!(of(&["br"]), None);
    assert_eq!(of(&["gzip, zstd"]), None);
    assert_eq!(of(&["gzip", "gzip"]), None);
}
