//! The product, from outside: one test binary, one module for each promise.

mod access;
mod bad_input;
mod browser;
mod crash;
mod ingest;
mod life;
mod prove;
mod tidy;
mod torture;
