//! See `nilometer_wire::hostile::batch`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_wire::hostile::batch(bytes));
