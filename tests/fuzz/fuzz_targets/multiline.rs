//! See `nilometer_parse::hostile::multiline`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_parse::hostile::multiline(bytes));
