//! Who speaks in some rows, each once; rows refer to them by index.
//!
//! ```text
//!   rows    0  0  2  1  2  2 ...
//!   all     [ checkout-1 | cart-7 | checkout-2 ]      by address and by what they say: their places, where there are many
//! ```
//! Invariants:
//! - one that is the same as one that is there is not added again;
//! - finding one takes as long among ten thousand as among a hundred;
//! - an address stands for an origin only as long as it is held here, so it is never another's.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use crate::origin::Origin;

/// So many are looked through one by one.
const FEW: usize = 16;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    all: Vec<Arc<Origin>>,
    /// Made once there are more than a few.
    places: Option<Places>,
}

#[derive(Debug, Clone, Default)]
struct Places {
    by_address: HashMap<usize, u32>,
    by_value: HashMap<Arc<Origin>, u32>,
}

impl Origins {
    /// The index of `origin`, which is added when it is new.
    pub fn index(&mut self, origin: &Arc<Origin>) -> u32 {
        if self.all.len() <= FEW {
            let same = self.all.iter().rposition(|known| Arc::ptr_eq(known, origin));
            let known = same.or_else(|| self.all.iter().position(|known| known == origin));
            return narrow(known.unwrap_or_else(|| {
                self.all.push(Arc::clone(origin));
                self.all.len() - 1
            }));
        }
        let all = &self.all;
        let places = self.places.get_or_insert_with(|| Places::of(all));
        if let Some(place) = places.find(origin) {
            return place;
        }
        let place = narrow(self.all.len());
        self.all.push(Arc::clone(origin));
        places.note(origin, place);
        place
    }

    /// Puts another in the place of each; rows refer to it from then on.
    pub fn replace_each(&mut self, other: impl Fn(&Arc<Origin>) -> Arc<Origin>) {
        *self = self.iter().map(other).collect();
    }

    /// No more are to come: gives back the memory that was meant for them.
    pub(crate) fn settle(&mut self) {
        self.all.shrink_to_fit();
        self.places = None;
    }

    /// Forgets all, and keeps the memory.
    pub fn clear(&mut self) {
        self.all.clear();
        self.places = None;
    }
}

impl Places {
    fn of(all: &[Arc<Origin>]) -> Self {
        let mut places = Self::default();
        (0..).zip(all).for_each(|(place, origin)| places.note(origin, place));
        places
    }

    fn find(&self, origin: &Arc<Origin>) -> Option<u32> {
        self.by_address.get(&address(origin)).or_else(|| self.by_value.get(origin)).copied()
    }

    fn note(&mut self, origin: &Arc<Origin>, place: u32) {
        self.by_address.insert(address(origin), place);
        self.by_value.entry(Arc::clone(origin)).or_insert(place);
    }
}

fn address(origin: &Arc<Origin>) -> usize {
    Arc::as_ptr(origin).addr()
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Deref for Origins {
    type Target = [Arc<Origin>];

    fn deref(&self) -> &[Arc<Origin>] {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Origins {
    type Item = &'a Arc<Origin>;
    type IntoIter = std::slice::Iter<'a, Arc<Origin>>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl PartialEq for Origins {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Eq for Origins {}

impl From<Vec<Arc<Origin>>> for Origins {
    /// As they are: rows may refer to each of them already.
    fn from(all: Vec<Arc<Origin>>) -> Self {
        Self { all, places: None }
    }
}

impl FromIterator<Arc<Origin>> for Origins {
    /// As they are: rows may refer to each of them already.
    fn from_iter<I: IntoIterator<Item = Arc<Origin>>>(all: I) -> Self {
        Vec::from_iter(all).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(number: usize) -> Arc<Origin> {
        Arc::new(Origin { instance: format!("pod-{number}"), ..Origin::default() })
    }

    #[test]
    fn each_is_there_once_however_many_there_are() {
        for count in [1, FEW, FEW + 1, FEW + 2, 500] {
            let all: Vec<_> = (0..count).map(origin).collect();
            let mut origins = Origins::default();
            for again in 0..2 {
                for (place, one) in (0..).zip(&all) {
                    assert_eq!(origins.index(one), place, "of {count}, turn {again}");
                    // Another one that says the same.
                    assert_eq!(origins.index(&origin(place as usize)), place);
                }
            }
            assert_eq!(*origins, *all);
        }
    }

    #[test]
    fn what_comes_as_it_is_stays_so_and_is_found() {
        let twice: Origins =
            [origin(1), origin(1)].into_iter().chain((2..40).map(origin)).collect();
        let mut origins = twice.clone();
        assert_eq!((origins.index(&origin(1)), origins.index(&twice[1])), (0, 1));
        assert_eq!((origins.index(&origin(39)), origins.len()), (39, 40));
        assert_eq!(origins, twice);
        assert_eq!(origins.index(&origin(40)), 40);
        origins.clear();
        assert_eq!((origins.index(&origin(7)), origins.len()), (0, 1));
    }
}
