//! What a query knows about the rows it wants, so that blocks without any need not be read.
//!
//! Invariant: a block that holds a wanted row is always a candidate.

/// A condition that every wanted row meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prune {
    /// Any row.
    All,
    /// No row.
    None,
    /// The message holds this word, lower-case.
    Word(String),
    /// The message holds a word that begins so, lower-case.
    Prefix(String),
    /// A field has this value.
    Equals {
        /// The field.
        field: String,
        /// The value.
        value: String,
    },
    /// A field is there.
    Exists {
        /// The field.
        field: String,
    },
    /// All of these.
    And(Vec<Prune>),
    /// One of these.
    Or(Vec<Prune>),
}

impl Prune {
    /// Whether a row can meet it at all.
    pub(crate) fn possible(&self) -> bool {
        match self {
            Self::None => false,
            Self::And(all) => all.iter().all(Self::possible),
            Self::Or(any) => any.iter().any(Self::possible),
            Self::All
            | Self::Word(_)
            | Self::Prefix(_)
            | Self::Equals { .. }
            | Self::Exists { .. } => true,
        }
    }
}

/// What every wanted span is known to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpanPrune {
    /// Its service is one of these.
    pub services: Option<Vec<String>>,
    /// Its operation.
    pub operation: Option<String>,
    /// It took at least so long, ns.
    pub duration_min: Option<u64>,
    /// It took at most so long, ns.
    pub duration_max: Option<u64>,
    /// Its status is an error.
    pub errors: bool,
}

/// What every wanted sample is known to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SamplePrune {
    /// Its name is one of these.
    pub names: Option<Vec<String>>,
    /// What it is about.
    pub component: Option<String>,
    /// Where it was measured.
    pub node: Option<String>,
}
