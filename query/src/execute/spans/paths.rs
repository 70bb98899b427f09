//! Whole traces that began in a range, put together, and the paths that they took.
//!
//! Invariants:
//! - a trace counts when its first start is in the range, however long it goes on behind it;
//! - a trace of which no span is of the service and operation asked for does not count.

use nilometer_block::SpanColumns;
use nilometer_model::{Names, Spans, Tenant, TimeRange};
use nilometer_store::records::RowSet;
use nilometer_store::{Snapshot, SpanPrune};

use super::read::{SpanFold, SpansRead, read_spans};
use crate::execute::{Limits, QueryError};
use crate::limits::TRACE_REACH_NS;
use crate::plan::Filter;
use crate::traces::{LiteSpans, PathKind, Paths, SpanLite, paths};

/// Whose paths, and told apart by what.
#[derive(Debug, Clone)]
pub(crate) struct PathsRequest {
    pub(crate) tenant: Tenant,
    pub(crate) range: TimeRange,
    pub(crate) service: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) kind: PathKind,
    pub(crate) limits: Limits,
}

/// Paths, and the names that they call by number.
#[derive(Debug)]
pub(crate) struct NamedPaths {
    pub(crate) names: LiteSpans,
    pub(crate) paths: Paths,
}

/// The paths of the traces that fit.
///
/// # Errors
/// [`QueryError`] when memory does not suffice.
pub(crate) async fn path_stats(
    snapshot: &Snapshot,
    request: &PathsRequest,
) -> Result<SpansRead<NamedPaths>, QueryError> {
    let owner = (&request.tenant, around(request.range));
    let limits = (SpanColumns::TREE, request.limits);
    let own = Filter::everything(&request.tenant, SpanPrune::default());
    let fold = Gathered { own, lite: LiteSpans::default() };
    let read = read_spans(snapshot, owner, &SpanPrune::default(), limits, fold).await?;
    let request = request.clone();
    read.finish(move |fold| {
        let mut names = fold.lite;
        let wanted = Wanted::of(&request, &names);
        let paths = paths(&mut names, request.kind, |spans| wanted.fits(spans));
        names.spans = Vec::new();
        NamedPaths { names, paths }
    })
    .await
}

/// Where the spans of traces that begin in the range may begin.
pub(super) fn around(range: TimeRange) -> TimeRange {
    let (from, to) = (range.from().plus_ns(-TRACE_REACH_NS), range.to().plus_ns(TRACE_REACH_NS));
    TimeRange::new(from, to).unwrap_or(range)
}

struct Wanted {
    range: TimeRange,
    /// The number, or none that there is.
    service: Option<Option<u32>>,
    operation: Option<Option<u32>>,
}

impl Wanted {
    fn of(request: &PathsRequest, names: &LiteSpans) -> Self {
        let code = |names: &Names, name: &str| {
            (0..)
                .zip(0..names.len())
                .find(|(_, at)| names.texts().get(*at) == name)
                .map(|(code, _)| code)
        };
        Self {
            range: request.range,
            service: request.service.as_deref().map(|name| code(&names.services, name)),
            operation: request.operation.as_deref().map(|name| code(&names.operations, name)),
        }
    }

    fn fits(&self, spans: &[SpanLite]) -> bool {
        let start = spans.iter().map(|span| span.start).min();
        let is_named = |span: &SpanLite| {
            self.service.is_none_or(|service| service == Some(span.service))
                && self.operation.is_none_or(|operation| operation == Some(span.operation))
        };
        start.is_some_and(|start| self.range.contains(nilometer_model::Timestamp(start)))
            && spans.iter().any(is_named)
    }
}

struct Gathered {
    /// Whose spans they are.
    own: Filter<Spans>,
    lite: LiteSpans,
}

impl SpanFold for Gathered {
    /// Blocks are taken whole: the range is asked of traces.
    fn take(&mut self, spans: &Spans, _: &RowSet) {
        self.lite.add(spans, self.own.select(spans, None).iter());
    }

    fn memory_bytes(&self) -> usize {
        self.lite.memory_bytes()
    }
}
