//! What can be made to go wrong, and which of it does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// One way in which a service goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Every request takes 800 ms more.
    Slow,
    /// Most requests are answered 500, with an error span and an ERROR line that names a cause.
    Fail,
    /// The process panics soon after each start.
    Crash,
    /// Thousands of lines a second.
    Flood,
    /// It lives, but neither answers nor writes.
    Silence,
    /// An ERROR line every second that says what it never said before.
    Surprise,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Slow, Self::Fail, Self::Crash, Self::Flood, Self::Silence, Self::Surprise];

    /// As it is written in commands and addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Fail => "fail",
            Self::Crash => "crash",
            Self::Flood => "flood",
            Self::Silence => "silence",
            Self::Surprise => "surprise",
        }
    }
}

/// Which faults are on, by service. Clones share one board: who switches and who follows hold the same.
#[derive(Debug, Clone)]
pub struct Faults(Arc<watch::Sender<Board>>);

/// Every service that there is, with its faults that are on.
pub(crate) type Board = BTreeMap<&'static str, BTreeSet<Fault>>;

impl Faults {
    /// A board of these services, everything off.
    #[must_use]
    pub fn all_off(services: impl IntoIterator<Item = &'static str>) -> Self {
        let board = services.into_iter().map(|service| (service, BTreeSet::new())).collect();
        Self(Arc::new(watch::Sender::new(board)))
    }

    /// Switches a fault of a service; false when there is no such service.
    #[must_use]
    pub fn switch(&self, service: &str, fault: Fault, on: bool) -> bool {
        let mut known = false;
        self.0.send_if_modified(|board| {
            let Some(faults) = board.get_mut(service) else { return false };
            known = true;
            if on { faults.insert(fault) } else { faults.remove(&fault) }
        });
        known
    }

    /// Every service and what is on.
    #[must_use]
    pub fn board(&self) -> Board {
        self.0.borrow().clone()
    }

    /// Follows the board.
    pub(crate) fn follow(&self) -> watch::Receiver<Board> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_on_from_its_switch_until_it_is_switched_off_and_of_known_services_only() {
        let faults = Faults::all_off(["cart", "payment"]);
        let followed = faults.follow();
        assert!(faults.switch("cart", Fault::Slow, true));
        assert!(followed.has_changed().unwrap());
        assert!(!faults.switch("till", Fault::Slow, true));
        assert_eq!(faults.board()["cart"], [Fault::Slow].into());
        assert_eq!(faults.board()["payment"], [].into());
        assert!(faults.clone().switch("cart", Fault::Slow, false));
        assert!(faults.board().values().all(BTreeSet::is_empty));
    }

    #[test]
    fn a_fault_that_is_on_already_is_no_news() {
        let faults = Faults::all_off(["cart"]);
        assert!(faults.switch("cart", Fault::Fail, true));
        let mut followed = faults.follow();
        followed.mark_unchanged();
        assert!(faults.switch("cart", Fault::Fail, true));
        assert!(!followed.has_changed().unwrap());
    }
}
