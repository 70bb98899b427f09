//! See `nilometer_collector::hostile::events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_collector::hostile::events(bytes));
