//! See `nilometer_block::hostile::block`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_block::hostile::block(bytes));
