//! What is asked of every record.
//!
//! Invariant: a split's answers are those of asking it row by row; what an attribute or a name must be only who
//! asks knows, and says so as a function of it.

use std::fmt;
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Origin, Rows, Severity};

use super::expression::Expression;
use super::literal::Literal;
use super::row_set::RowSet;
use crate::patterns::PatternId;

/// See the module.
#[derive(Clone)]
pub enum Question {
    /// Nothing: every record fits.
    All,
    /// The message has the text.
    Text(Literal),
    /// The message has a match.
    Expression(Expression),
    /// What names the message without its variables is as wanted.
    Skeleton(SkeletonTest),
    /// The severity is one of these.
    Severity(Vec<Severity>),
    /// Who speaks is as wanted.
    Origin(Arc<dyn Fn(&Origin) -> bool + Send + Sync>),
    /// The attributes are as wanted.
    Attributes(AttributeTest),
    /// It belongs to this trace.
    Trace([u8; 16]),
    /// The rows are as wanted.
    Rows(RowTest),
    /// All of these.
    And(Vec<Question>),
    /// One of these.
    Or(Vec<Question>),
    /// Not this.
    Not(Box<Question>),
}

/// A test of what messages say without their variables.
pub type SkeletonTest = Arc<dyn Fn(PatternId) -> bool + Send + Sync>;

/// A test of a record's attributes as text.
#[derive(Clone)]
pub struct AttributeTest {
    /// One of these is in the outermost object of all that pass: a key; with a value that it then has: a
    /// string's text, or anything else's JSON.
    pub any: Vec<(String, Option<String>)>,
    /// Whether they pass.
    pub fits: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

/// A test of rows that nothing is known of before.
#[derive(Clone)]
pub struct RowTest {
    /// What of them is looked at.
    pub columns: Columns,
    /// Which of them pass.
    pub fits: Arc<dyn Fn(&Rows) -> RowSet + Send + Sync>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Text(literal) => f.debug_tuple("Text").field(literal).finish(),
            Self::Expression(expression) => f.debug_tuple("Expression").field(expression).finish(),
            Self::Skeleton(_) => f.write_str("Skeleton"),
            Self::Severity(any) => f.debug_tuple("Severity").field(any).finish(),
            Self::Origin(_) => f.write_str("Origin"),
            Self::Attributes(test) => f.debug_tuple("Attributes").field(&test.any).finish(),
            Self::Trace(id) => f.debug_tuple("Trace").field(id).finish(),
            Self::Rows(test) => f.debug_tuple("Rows").field(&test.columns).finish(),
            Self::And(parts) => f.debug_tuple("And").field(parts).finish(),
            Self::Or(parts) => f.debug_tuple("Or").field(parts).finish(),
            Self::Not(part) => f.debug_tuple("Not").field(part).finish(),
        }
    }
}
