//! What bodies inflate to, and what is done about those that lie.

use std::io::Write;

use axum::response::IntoResponse;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

#[track_caller]
fn check_taken(body: Vec<u8>, encoding: Encoding, expect: &[u8]) {
    let inflated = inflate(Bytes::from(body), encoding).unwrap();
    assert!(inflated == expect, "{encoding:?} gave {} bytes", inflated.len());
}

#[track_caller]
fn check_refused(body: Vec<u8>, encoding: Encoding, expect: u16) {
    let refusal = inflate(Bytes::from(body), encoding).unwrap_err();
    assert_eq!(refusal.into_response().status().as_u16(), expect, "{encoding:?}");
}

#[test]
fn a_body_inflates_to_what_was_meant_all_members_of_it() {
    check_taken(b"plain".to_vec(), Encoding::Identity, b"plain");
    check_taken([gzip(b"one\n"), gzip(b"two\n")].concat(), Encoding::Gzip, b"one\ntwo\n");
    check_taken([zstd(b"one\n"), zstd(b"two\n")].concat(), Encoding::Zstd, b"one\ntwo\n");
    check_taken(gzip(b""), Encoding::Gzip, b"");
}

#[test]
fn a_body_that_is_cut_short_or_damaged_is_refused_as_a_whole() {
    let text = b"a line\n".repeat(1_000);
    for (encoding, whole) in [(Encoding::Gzip, gzip(&text)), (Encoding::Zstd, zstd(&text))] {
        check_refused(whole[..whole.len() - 5].to_vec(), encoding, 400);
        check_refused(b"not this at all".to_vec(), encoding, 400);
    }
    let mut damaged = gzip(&text);
    let middle = damaged.len() - 6;
    damaged[middle] ^= 1;
    check_refused(damaged, Encoding::Gzip, 400);
}

#[test]
fn a_bomb_is_stopped_at_the_floor_and_a_large_body_at_the_limit() {
    check_taken(
        gzip(&vec![b'x'; INFLATE_FLOOR_BYTES]),
        Encoding::Gzip,
        &vec![b'x'; INFLATE_FLOOR_BYTES],
    );
    check_refused(gzip(&vec![b'x'; INFLATE_FLOOR_BYTES + 1]), Encoding::Gzip, 413);
    check_refused(zstd(&vec![b'x'; INFLATE_FLOOR_BYTES + 1]), Encoding::Zstd, 413);
    let mut seed = 1_u64;
    let noise: Vec<u8> = (0..=INGEST_INFLATED_BYTES_MAX)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.to_be_bytes()[0] & 15
        })
        .collect();
    check_refused(zstd(&noise), Encoding::Zstd, 413);
    let fits = &noise[..INGEST_INFLATED_BYTES_MAX];
    check_taken(zstd(fits), Encoding::Zstd, fits);
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
        Encoding::of(&headers).ok()
    };
    assert_eq!(of(&[]), Some(Encoding::Identity));
    assert_eq!(of(&["GZIP"]), Some(Encoding::Gzip));
    assert_eq!(of(&["zstd"]), Some(Encoding::Zstd));
    assert_eq!(of(&["br"]), None);
    assert_eq!(of(&["gzip, zstd"]), None);
    assert_eq!(of(&["gzip", "gzip"]), None);
}
