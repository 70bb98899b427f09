//! See `nilometer_wire::hostile::body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_wire::hostile::body(bytes));
