//! See `nilometer_otlp::hostile::otlp_protobuf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nilometer_otlp::hostile::otlp_protobuf(bytes));
