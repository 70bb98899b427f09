//! What one commit changes, and the state that all commits make.
//!
//! Invariants:
//! - [`State::fold`] is pure: the same commits give the same state, everywhere and always;
//! - a commit carries whole new values (an account, a set of sequences), never differences, so folding
//!   one twice is folding it once;
//! - checkpoint, splits and marks move in the same commit, or not at all;
//! - what was written before tenants were told apart belongs to the default one.

use std::collections::{BTreeMap, BTreeSet};

use nilometer_model::{
    CollectorId, Count, Coverage, Epoch, LogId, LogPosition, Reason, Revision, SourceId, Tenant,
    Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::closing::Closed;
use crate::limits::DEAD_LETTERS_MAX;
use crate::purge::{Purge, PurgeId};
use crate::removal::Removals;
use crate::split::{SplitId, SplitKind, SplitMeta};

/// Everything in this Log up to this position is in splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The Log that the position belongs to; in any other Log, reading starts at the beginning.
    pub log: LogId,
    /// The last entry that is in splits.
    pub position: LogPosition,
}

/// What a collector said it had read of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// For whom it was said.
    #[serde(default)]
    pub tenant: Tenant,
    /// Who said it.
    pub collector: CollectorId,
    /// All records read, and their framed bytes.
    pub count: Count,
    /// When it was heard, by the centre's clock.
    pub as_of: Timestamp,
}

/// What the centre remembers of a collector across its own restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Whose it is.
    #[serde(default)]
    pub tenant: Tenant,
    /// The host that it reads.
    pub node: String,
    /// When it was first heard, by the centre's clock.
    pub first_seen: Timestamp,
    /// When it was last heard, by the centre's clock.
    pub last_seen: Timestamp,
    /// Centre's clock minus the collector's, ns.
    pub clock_offset_ns: i64,
    /// All that it had read up to here is visible, by the centre's clock; none before its first
    /// batches are in.
    pub visible_to: Option<Timestamp>,
    /// It ended in order.
    pub goodbye: bool,
    /// What an operator should know.
    pub warnings: Vec<String>,
    /// The configuration that it runs by.
    #[serde(default)]
    pub config_version: String,
}

/// An item that admission turned away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// `source:position`.
    pub id: String,
    /// Whose it is.
    #[serde(default)]
    pub tenant: Tenant,
    /// What it is; letters from before this was noted pass for records.
    #[serde(default)]
    pub kind: SplitKind,
    /// The item's source.
    pub source: SourceId,
    /// The item's position.
    pub position: u64,
    /// Why it was turned away.
    pub reason: Reason,
    /// The item's time.
    pub time: Timestamp,
    /// Who spoke.
    pub component: String,
    /// On which host.
    pub node: String,
    /// A record's message, a span's operation, a sample's name: at most
    /// [`DEAD_LETTER_MESSAGE_BYTES_MAX`](crate::limits::DEAD_LETTER_MESSAGE_BYTES_MAX) of it.
    pub message: String,
}

/// One atomic change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Commit {
    /// When it was made.
    pub time: Timestamp,
    /// The new checkpoint, when it moved.
    pub checkpoint: Option<Checkpoint>,
    /// Splits that are part of the data from now on.
    pub add: Vec<SplitMeta>,
    /// Splits that are not any more.
    pub remove: Vec<SplitId>,
    /// What of sources was committed and is no longer kept, where it changed: all that ever went.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<SourceId, Removals>,
    /// Accounts that changed, as they stand at the checkpoint.
    pub accounts: BTreeMap<SourceId, Account>,
    /// Batches that are in splits, per collector and epoch, as they stand at the checkpoint.
    pub sequences: BTreeMap<CollectorId, BTreeMap<Epoch, Coverage<()>>>,
    /// Whose those collectors are.
    #[serde(default)]
    pub owners: BTreeMap<CollectorId, Tenant>,
    /// What collectors said they read, where it changed.
    pub reads: BTreeMap<SourceId, Read>,
    /// Collectors heard of since the last commit.
    pub collectors: BTreeMap<CollectorId, Heard>,
    /// Records turned away.
    pub dead_letters: Vec<DeadLetter>,
    /// Dead letters that are removed, by their ids.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub forget_letters: BTreeSet<String>,
    /// Collectors that an operator deleted, or that are gone for good.
    pub forget: Vec<CollectorId>,
    /// Books that nobody needs any more.
    #[serde(default, skip_serializing_if = "Closed::is_empty")]
    pub closed: Closed,
    /// Named documents (`state.<name>`): the whole new text, or none to delete it.
    pub documents: BTreeMap<String, Option<String>>,
    /// Purges that changed; none for one that is forgotten.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purges: BTreeMap<PurgeId, Option<Purge>>,
}

/// What all commits up to a revision say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// How many commits this is.
    pub revision: Revision,
    /// See [`Checkpoint`]; none before the first seal.
    pub checkpoint: Option<Checkpoint>,
    /// The data.
    pub splits: BTreeMap<SplitId, SplitMeta>,
    /// What of sources was committed and is no longer kept.
    #[serde(default)]
    pub removed: BTreeMap<SourceId, Removals>,
    /// The books.
    pub accounts: BTreeMap<SourceId, Account>,
    /// Batches in splits.
    pub sequences: BTreeMap<CollectorId, BTreeMap<Epoch, Coverage<()>>>,
    /// When batches of an epoch were last committed.
    #[serde(default)]
    pub epochs_changed: BTreeMap<CollectorId, BTreeMap<Epoch, Timestamp>>,
    /// Whose the collectors are that batches came from.
    #[serde(default)]
    pub owners: BTreeMap<CollectorId, Tenant>,
    /// What was read, as last heard.
    pub reads: BTreeMap<SourceId, Read>,
    /// Collectors, as last heard.
    pub collectors: BTreeMap<CollectorId, Heard>,
    /// The latest [`DEAD_LETTERS_MAX`] records turned away, oldest first.
    pub dead_letters: Vec<DeadLetter>,
    /// Named documents.
    pub documents: BTreeMap<String, String>,
    /// What somebody wants to be gone, or wanted.
    #[serde(default)]
    pub purges: BTreeMap<PurgeId, Purge>,
}

impl State {
    /// Takes in the commit that made `revision`.
    pub fn fold(&mut self, revision: Revision, commit: &Commit) {
        self.revision = revision;
        self.checkpoint = commit.checkpoint.or(self.checkpoint);
        for id in &commit.remove {
            self.splits.remove(id);
        }
        self.removed.extend(commit.removed.iter().map(|(id, book)| (*id, book.clone())));
        self.splits.extend(commit.add.iter().map(|meta| (meta.id, meta.clone())));
        self.close(&commit.closed);
        self.accounts.extend(commit.accounts.iter().map(|(id, account)| (*id, account.clone())));
        for (collector, epochs) in &commit.sequences {
            let known = self.sequences.entry(*collector).or_default();
            known.extend(epochs.iter().map(|(epoch, sequences)| (*epoch, sequences.clone())));
            let changed = self.epochs_changed.entry(*collector).or_default();
            changed.extend(epochs.keys().map(|epoch| (*epoch, commit.time)));
        }
        self.owners.extend(commit.owners.iter().map(|(id, owner)| (*id, owner.clone())));
        self.reads.extend(commit.reads.iter().map(|(id, read)| (*id, read.clone())));
        self.collectors.extend(commit.collectors.iter().map(|(id, heard)| (*id, heard.clone())));
        for id in &commit.forget {
            self.collectors.remove(id);
        }
        self.dead_letters.retain(|letter| !commit.forget_letters.contains(&letter.id));
        self.dead_letters.extend(commit.dead_letters.iter().cloned());
        let excess = self.dead_letters.len().saturating_sub(DEAD_LETTERS_MAX);
        self.dead_letters.drain(..excess);
        for (name, text) in &commit.documents {
            match text {
                Some(text) => self.documents.insert(name.clone(), text.clone()),
                None => self.documents.remove(name),
            };
        }
        for (id, purge) in &commit.purges {
            match purge {
                Some(purge) => self.purges.insert(*id, purge.clone()),
                None => self.purges.remove(id),
            };
        }
    }

    fn close(&mut self, closed: &Closed) {
        for source in &closed.sources {
            self.accounts.remove(source);
            self.reads.remove(source);
            self.removed.remove(source);
        }
        for (collector, epochs) in &closed.epochs {
            close_epochs(&mut self.sequences, *collector, epochs);
            close_epochs(&mut self.epochs_changed, *collector, epochs);
            if !self.sequences.contains_key(collector) {
                self.owners.remove(collector);
            }
        }
    }
}

/// Takes epochs out; who has none left goes too.
pub(crate) fn close_epochs<T>(
    all: &mut BTreeMap<CollectorId, BTreeMap<Epoch, T>>,
    collector: CollectorId,
    epochs: &BTreeSet<Epoch>,
) {
    let Some(known) = all.get_mut(&collector) else { return };
    known.retain(|epoch, _| !epochs.contains(epoch));
    if known.is_empty() {
        all.remove(&collector);
    }
}
