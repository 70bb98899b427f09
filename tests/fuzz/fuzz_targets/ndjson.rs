//! See `nilometer_wire::hostile::ndjson`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_wire::hostile::ndjson(bytes));
