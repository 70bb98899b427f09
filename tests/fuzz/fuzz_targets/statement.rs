//! See `nilometer_wire::hostile::statement`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_wire::hostile::statement(bytes));
