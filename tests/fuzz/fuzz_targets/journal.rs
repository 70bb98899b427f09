//! See `nilometer_journal::hostile::journal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_journal::hostile::journal(bytes));
