//! The syntax tree: what was written, not yet what it means.
//!
//! Invariant: spans are byte ranges of the query's text, on character boundaries.

/// Where something stands in the query: bytes `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub from: usize,
    pub to: usize,
}

/// A part of the query and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    pub node: Node,
    pub span: Span,
}

/// What a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// Everything: an empty query, or `*`.
    All,
    /// A bare word or a quoted phrase in the message.
    Text(String),
    /// Bare text with `*` in it: the pieces between the stars.
    Wildcard(Vec<String>),
    /// `/regex/` over the message.
    Regex(String),
    /// `~"sub str"` in the message.
    Substring(String),
    /// `field:value`.
    Field {
        name: String,
        value: Value,
        value_span: Span,
    },
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// The whole value.
    Is(String),
    /// One of these.
    In(Vec<String>),
    /// An operator and what is compared with.
    Compare(Comparison, String),
    /// An address in a network.
    Cidr(String),
    /// The pieces between the stars; the whole value must fit.
    Wildcard(Vec<String>),
    Regex(String),
    /// `f:~"sub str"`: the value holds it.
    Substring(String),
    /// `f:*`
    Exists,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    NotEqual,
}
