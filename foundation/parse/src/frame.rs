//! One line of a file -> what its runtime says of it. Pure; nothing here fails: what is not as the
//! format demands is told apart ([`Framed::Malformed`]) and kept as written.
//!
//! ```text
//!   2026-11-21T04:06:00.123456789Z stdout P first half
//!   2026-11-21T04:06:00.123456789Z stdout F second half
//!   {"log":"first half","stream":"stdout","time":"2026-11-21T04:06:00.123456789Z"}
//!   {"log":"second half\n","stream":"stdout","time":"2026-11-21T04:06:00.123456789Z"}
//! ```

mod cri;
mod docker;

use nilometer_model::Timestamp;

/// Who framed the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// containerd, CRI-O: `TIME STREAM P|F TEXT`.
    Cri,
    /// Docker's json-file.
    Docker,
    /// Nobody: a line is a record.
    Plain,
}

/// A stream's place in the pairs that this crate keeps per generation. Plain files only have the first.
pub const STDOUT: usize = 0;
/// See [`STDOUT`].
pub const STDERR: usize = 1;

/// A line, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A piece of a record.
    Piece {
        /// [`STDOUT`] or [`STDERR`].
        stream: usize,
        /// What the runtime says, if anything.
        time: Option<Timestamp>,
        /// Whether the record ends here.
        last: bool,
        /// The piece's text.
        text: &'a [u8],
    },
    /// Not what the format demands.
    Malformed,
}

/// Understands `line` (without its newline). `scratch` holds text that had to be unescaped.
pub fn frame<'a>(format: Format, line: &'a [u8], scratch: &'a mut Vec<u8>) -> Framed<'a> {
    match format {
        Format::Cri => cri::frame(line),
        Format::Docker => docker::frame(line, scratch),
        Format::Plain => Framed::Piece { stream: STDOUT, time: None, last: true, text: line },
    }
}

fn stream_of(name: &[u8]) -> Option<usize> {
    match name {
        b"stdout" => Some(STDOUT),
        b"stderr" => Some(STDERR),
        _ => None,
    }
}
