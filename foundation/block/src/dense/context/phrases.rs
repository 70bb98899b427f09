//! Texts that are known by number: templates, forms, who speaks.

use super::super::digits::hash;

/// Which texts stand together: a number is one of its shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Who speaks, with the tail of its attributes.
    Origins,
    /// Templates of messages.
    Templates,
    /// Forms of attributes.
    Forms,
    /// What a batch's header says of itself and of its sources.
    Headers,
}

impl Shelf {
    pub(super) const COUNT: usize = 4;
}

/// The texts of a shelf.
#[derive(Debug, Clone, Default)]
pub(super) struct Phrases {
    texts: Vec<u8>,
    ends: Vec<u32>,
    /// An open table of a power of two: a number plus one, or 0.
    places: Vec<u32>,
}

impl Phrases {
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn get(&self, number: u32) -> Option<&[u8]> {
        let number = number as usize;
        let end = *self.ends.get(number)? as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Some(&self.texts[start..end])
    }

    /// The text's number, if it is known.
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        let place = self.places[self.place(text)].checked_sub(1)?;
        Some(place)
    }

    /// Adds a text that is not known; gives its number. One that is known all the same has the new one, too.
    pub(super) fn push(&mut self, text: &[u8]) -> u32 {
        let number = self.len();
        self.texts.extend_from_slice(text);
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        if 2 * self.ends.len() > self.places.len() {
            let places = (4 * self.ends.len()).next_power_of_two();
            self.places = vec![0; places];
            (0..=number).for_each(|number| self.enter(number));
        } else {
            self.enter(number);
        }
        number
    }

    fn enter(&mut self, number: u32) {
        let place = self.place(self.get(number).unwrap_or_default());
        self.places[place] = number + 1;
    }

    /// Where the text is, or where it would be: half of the places are free.
    fn place(&self, text: &[u8]) -> usize {
        let (words, rest) = text.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let last = rest.iter().fold(1, |last, byte| last << 8 | u64::from(*byte));
        let hash = hash(hash(words.fold(0, hash), last), 0);
        let last = self.places.len() - 1;
        let mut place = usize::try_from(hash >> 32).unwrap_or_default() & last;
        while let Some(number) = self.places[place].checked_sub(1) {
            if self.get(number) == Some(text) {
                break;
            }
            place = (place + 1) & last;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_their_number_and_numbers_by_their_text() {
        let mut phrases = Phrases::default();
        assert_eq!((phrases.find(b""), phrases.get(0)), (None, None));
        let text = |number: u32| vec![b'a'; number as usize];
        for number in 0..300 {
            assert_eq!(phrases.find(&text(number)), None);
            assert_eq!(phrases.push(&text(number)), number);
        }
        for number in 0..300 {
            assert_eq!(phrases.find(&text(number)), Some(number));
            assert_eq!(phrases.get(number), Some(&text(number)[..]));
        }
        assert_eq!((phrases.find(b"b"), phrases.get(300)), (None, None));
    }
}
