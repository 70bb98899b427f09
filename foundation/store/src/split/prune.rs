//! What a query knows about the rows it wants, so that blocks without any need not be read.
//!
//! Invariant: a block that holds a wanted row is always a candidate.

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
    /// Of each of these, it has one of the attributes: with that value, or with whichever.
    pub attributes: Vec<Vec<(String, Option<String>)>>,
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
