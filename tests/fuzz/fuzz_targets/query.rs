//! See `nilometer_query::hostile::query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_query::hostile::query(bytes));
