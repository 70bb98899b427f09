//! See `nilometer_collector::hostile::spool`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_collector::hostile::spool(bytes));
