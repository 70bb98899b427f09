//! See `nilometer_store::hostile::meta`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_store::hostile::meta(bytes));
