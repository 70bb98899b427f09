//! See `nilometer_collector::hostile::enrich`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_collector::hostile::enrich(bytes));
