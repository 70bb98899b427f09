//! Whether a run was right: each line is at the centre exactly once, as it was written and in its order, or
//! lies in a range that was declared lost; and each source's two counts agree.

use std::collections::{BTreeMap, HashMap};

use nilometer_model::{Count, Gap, Reason, SourceId};

use super::centre::{Account, Centre};
use super::logs::{Line, Rest};

/// What makes losses forgivable.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Past {
    /// The centre threw away what it had taken.
    pub(super) went_back: bool,
    /// How often the collector's data directory was emptied.
    pub(super) wiped: u32,
}

impl Past {
    /// Somebody forgot what had been seen, perhaps for the last time.
    fn forgot(self) -> bool {
        self.went_back || self.wiped > 0
    }
}

/// Panics with what is wrong.
pub(super) fn give(lines: &[Line], centre: &Centre, drained: bool, past: Past) {
    assert!(drained, "the spool is not empty long after all is well");
    let mut written: HashMap<&str, &Line> = lines.iter().map(|line| (&*line.text, line)).collect();
    assert_eq!(written.len(), lines.len(), "each line's text is its own");
    written.extend(lines.iter().filter_map(|line| Some((&*what_is_left(line)?.text, line))));
    let accounts = &centre.visible.accounts;
    let mut arrived: HashMap<&str, SourceId> = HashMap::new();
    for (source, account) in accounts {
        check_records(account, &written);
        for kept in account.records.values() {
            let before = arrived.insert(&kept.message, *source);
            assert!(before.is_none(), "twice: {:?}, in {before:?} and {source}", kept.message);
        }
    }
    check_missing(lines, accounts, &arrived, past);
    for (source, account) in accounts {
        check_ledger(*source, account, centre.read.get(source).copied(), past);
    }
}

/// Text, position, bytes and order of a source's records.
fn check_records(account: &Account, written: &HashMap<&str, &Line>) {
    let mut before: Option<(u64, &Line)> = None;
    for (position, kept) in &account.records {
        let line = written.get(&*kept.message);
        let line = line.unwrap_or_else(|| panic!("nobody wrote {:?}", kept.message));
        let left = what_is_left(line).filter(|rest| rest.text == kept.message);
        let expect = (line.end, left.map_or(line.bytes, |rest| rest.bytes));
        assert_eq!((*position, u64::from(kept.bytes)), expect, "{:?}", kept.message);
        if let Some((last, earlier)) = before {
            let same = (earlier.lineage, earlier.generation) == (line.lineage, line.generation);
            assert!(same, "two generations in a source: {earlier:?}, {line:?}");
            assert!(last < *position && earlier.end < line.end);
        }
        before = Some((*position, line));
    }
}

/// What did not arrive was deleted and declared, or the centre threw it away.
fn check_missing(
    lines: &[Line],
    accounts: &BTreeMap<SourceId, Account>,
    arrived: &HashMap<&str, SourceId>,
    past: Past,
) {
    let arrived_as = |line: &Line| {
        let left = || arrived.get(&*what_is_left(line)?.text);
        arrived.get(&*line.text).or_else(left).copied()
    };
    let mut sources: HashMap<_, SourceId> = HashMap::new();
    for line in lines {
        if let Some(source) = arrived_as(line) {
            sources.insert((line.lineage, line.generation), source);
        }
    }
    for line in lines.iter().filter(|line| arrived_as(line).is_none()) {
        let source = sources.get(&(line.lineage, line.generation));
        let gaps = source.map(|source| &accounts[source].lost[..]).unwrap_or_default();
        let declared = gaps.iter().find(|gap| covers(gap, line.end));
        match declared.map(|gap| gap.reason) {
            Some(Reason::DeletedBeforeRead | Reason::TruncatedBeforeRead) if line.lossy => {}
            // A crash may leave it open whether the spool lost something too.
            Some(Reason::PipelineWentBack | Reason::SpoolDamaged) if past.went_back => {}
            // Nobody saw its file, or whoever did has forgotten it.
            None if line.lossy && (source.is_none() || past.forgot()) => {}
            None if past.went_back && source.is_none() => {}
            reason => panic!("lost, {reason:?}: {line:?} of source {source:?}, gaps {gaps:?}"),
        }
    }
}

/// What may come of it instead: the file with its beginning is gone.
fn what_is_left(line: &Line) -> Option<&Rest> {
    line.rest.as_ref().filter(|rest| rest.is_all)
}

fn covers(gap: &Gap, position: u64) -> bool {
    gap.from < position && gap.to.is_none_or(|to| position <= to)
}

/// read = committed + refused + shed: what was read comes by heartbeat, the rest from what is here.
fn check_ledger(source: SourceId, account: &Account, read: Option<Count>, past: Past) {
    let mark = account.coverage.mark();
    // Of what an emptied data directory held nobody knows how far it went.
    let is_open = |gap: &Gap| gap.to.is_none() && gap.from <= mark;
    let is_declared = past.wiped > 0 && account.lost.iter().any(is_open);
    let beyond = account.coverage.beyond();
    assert!(beyond.is_empty() || is_declared, "a hole in {source}: {:?}", account.coverage);
    if past.forgot() {
        return;
    }
    let tally = account.coverage.tally();
    let mut accounted = tally.committed;
    tally.refused.values().chain(tally.shed.values()).for_each(|count| accounted += *count);
    // Of a source of which nothing was read no heartbeat speaks.
    let read = read.unwrap_or_default();
    assert_eq!(read, accounted, "the ledger of {source}, {:?}", account.range);
    assert!(tally.shed.is_empty(), "shed: {:?}", tally.shed);
}
