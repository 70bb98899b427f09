//! Where the rows of a split come from, as its maker knows: the Log, or other splits.

use nilometer_model::{LogId, LogPosition, Revision};

use super::{SplitError, SplitId, SplitMeta};

/// See the file's head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SplitOrigin {
    /// The Log they were read from.
    pub log: LogId,
    /// The last entry before them.
    pub log_from: LogPosition,
    /// Their last entry.
    pub log_to: LogPosition,
    /// Meta's revision that the split was made on.
    pub revision: Revision,
    /// Splits whose rows it takes over.
    pub replaces: Vec<SplitId>,
}

impl SplitOrigin {
    /// Of what is merged: the last Log that the rows were read from, from the first of their entries in it to the
    /// last.
    ///
    /// # Errors
    /// [`SplitError::Empty`] when nothing is merged.
    pub(crate) fn of_merged(
        id: SplitId,
        metas: &[&SplitMeta],
        revision: Revision,
    ) -> Result<Self, SplitError> {
        let last = metas.iter().max_by_key(|meta| (meta.revision, meta.log_to));
        let log = last.ok_or(SplitError::Empty { id })?.log;
        let of_log = || metas.iter().filter(|meta| meta.log == log);
        Ok(Self {
            log,
            log_from: of_log().map(|meta| meta.log_from).min().unwrap_or_default(),
            log_to: of_log().map(|meta| meta.log_to).max().unwrap_or_default(),
            revision,
            replaces: metas.iter().map(|meta| meta.id).collect(),
        })
    }
}
