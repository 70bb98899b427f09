//! The attributes of one record, as the text of one JSON object.
//!
//! ```text
//!   {"truncated":true,"http.response.status_code":200,"user":{"id":7},"_truncated":3}
//!    what was done     what the line says               as written     left out for a limit
//! ```
//! Invariants:
//! - the text is a JSON object on one line, or empty where there is no member;
//! - no two members have one name: the first one counts, so the line is asked before its source;
//! - never more members, bytes, bytes of a value or levels than a record may have; what does not fit is
//!   left out whole and counted in the last member, [`TRUNCATED`];
//! - one buffer, used again for each record: where nothing is added nothing is allocated or written.

use std::fmt::Write;

use nilometer_model::limits::{
    ATTRIBUTE_DEPTH_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_BYTES_MAX,
    ATTRIBUTES_PER_RECORD_MAX, NAME_BYTES_MAX,
};
use serde_json::value::RawValue;

use crate::limits::{NUMBER_DIGITS_MAX, TRUNCATED_MEMBER_BYTES};

/// The member that says how many did not fit.
pub const TRUNCATED: &str = "_truncated";

/// Builds the text; see the file's head.
#[derive(Debug, Default)]
pub struct Attributes {
    /// Always whole: `{`, members, the count of those left out, `}`; or empty.
    text: String,
    members: Vec<Member>,
    left_out: u64,
}

/// Where a member stands in the text.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// Of its name as written.
    hash: u32,
    /// The first byte of its name, behind the quote.
    name: u32,
    /// The quote behind its name.
    name_end: u32,
    /// Behind its value.
    end: u32,
}

impl Attributes {
    /// Forgets all members, and keeps the buffer.
    pub fn clear(&mut self) {
        self.text.clear();
        self.members.clear();
        self.left_out = 0;
    }

    /// The JSON object, or nothing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// `"NAME":true`
    pub fn flag(&mut self, name: &str) {
        self.member(name, |text| text.push_str("true"));
    }

    /// `"NAME":7`
    pub fn number(&mut self, name: &str, number: u64) {
        self.member(name, |text| {
            // Writing to a string never fails.
            let _ = write!(text, "{number}");
        });
    }

    /// `"NAME":"TEXT"`
    pub fn text(&mut self, name: &str, value: &str) {
        if value.len() > ATTRIBUTE_VALUE_BYTES_MAX {
            return self.leave_out();
        }
        self.member(name, |text| push_quoted(text, value));
    }

    /// `"NAME":7.5` where `value` is a number that every reader reads as the same, else as [`Self::text`].
    pub fn word(&mut self, name: &str, value: &str) {
        if is_number(value) {
            self.member(name, |text| text.push_str(value));
        } else {
            self.text(name, value);
        }
    }

    /// `"NAME":VALUE`, as it is but for its line breaks.
    pub fn json(&mut self, name: &str, value: &RawValue) {
        let value = value.get();
        if value.len() > ATTRIBUTE_VALUE_BYTES_MAX || depth(value) > ATTRIBUTE_DEPTH_MAX {
            return self.leave_out();
        }
        self.member(name, |text| {
            // Inside a string they are escaped, so that these only stand between values.
            let mut lines = value.split(['\n', '\r']);
            text.push_str(lines.next().unwrap_or_default());
            for line in lines {
                text.push(' ');
                text.push_str(line);
            }
        });
    }

    /// Adds the members of `others` that are not there yet.
    pub fn merge(&mut self, others: &Self) {
        if self.takes_all(others) {
            return self.append(others);
        }
        for theirs in &others.members {
            let (name, end) = (theirs.name as usize, theirs.end as usize);
            let name_bytes = (theirs.name_end - theirs.name) as usize;
            let written = &others.text[name..end];
            self.written(|text| {
                text.push_str(written);
                name_bytes
            });
        }
        if others.left_out > 0 {
            self.left_out += others.left_out;
            self.written(|_| 0);
        }
    }

    /// Whether nothing of `others` is there already, was left out, or has no room.
    fn takes_all(&self, others: &Self) -> bool {
        let is_there = |theirs: &Member| self.members.iter().any(|ours| ours.hash == theirs.hash);
        self.left_out + others.left_out == 0
            && self.members.len() + others.members.len() <= ATTRIBUTES_PER_RECORD_MAX
            && self.text.len() + others.text.len() <= ATTRIBUTES_BYTES_MAX - TRUNCATED_MEMBER_BYTES
            && !others.members.iter().any(is_there)
    }

    /// Appends all members of `others` at once.
    fn append(&mut self, others: &Self) {
        // Instead of the end here and the beginning there stands one comma.
        let joint = self.text.len().saturating_sub(1);
        let (Some(members), Ok(moved)) = (others.text.strip_prefix('{'), u32::try_from(joint))
        else {
            return;
        };
        self.text.truncate(joint);
        self.text.push(if joint == 0 { '{' } else { ',' });
        self.text.push_str(members);
        self.members.extend(others.members.iter().map(|member| Member {
            hash: member.hash,
            name: member.name + moved,
            name_end: member.name_end + moved,
            end: member.end + moved,
        }));
    }

    fn member(&mut self, name: &str, value: impl FnOnce(&mut String)) {
        if name.len() > NAME_BYTES_MAX || name == TRUNCATED {
            return self.leave_out();
        }
        self.written(|text| {
            let start = text.len();
            push_escaped(text, name);
            let name_bytes = text.len() - start;
            text.push_str("\":");
            value(text);
            name_bytes
        });
    }

    fn leave_out(&mut self) {
        self.left_out += 1;
        self.written(|_| 0);
    }

    /// Appends what `write` writes from a name's first byte to a value's last, and tells how many are the
    /// name's; takes it back where it must not be.
    fn written(&mut self, write: impl FnOnce(&mut String) -> usize) {
        let end = self.members.last().map_or(0, |last| last.end as usize);
        self.text.truncate(end);
        self.text.push_str(if end == 0 { "{\"" } else { ",\"" });
        let name = self.text.len();
        let name_bytes = write(&mut self.text);
        if self.text.len() == name || !self.is_accepted(name, name_bytes) {
            self.text.truncate(end);
        }
        self.close();
    }

    /// Whether the member at the text's end may stay; if so it is remembered.
    fn is_accepted(&mut self, name: usize, name_bytes: usize) -> bool {
        let (_, written) = self.text.split_at(name);
        let hash = hash(&written.as_bytes()[..name_bytes]);
        if self.members.iter().any(|member| {
            member.hash == hash
                && self.text[member.name as usize..member.name_end as usize]
                    == written[..name_bytes]
        }) {
            return false;
        }
        let fits = self.members.len() < ATTRIBUTES_PER_RECORD_MAX
            && self.text.len() <= ATTRIBUTES_BYTES_MAX - TRUNCATED_MEMBER_BYTES;
        let place = |at: usize| u32::try_from(at).ok();
        let places = (place(name), place(name + name_bytes), place(self.text.len()));
        let (true, (Some(name), Some(name_end), Some(end))) = (fits, places) else {
            self.left_out += 1;
            return false;
        };
        self.members.push(Member { hash, name, name_end, end });
        true
    }

    fn close(&mut self) {
        if self.left_out > 0 {
            self.text.push(if self.text.is_empty() { '{' } else { ',' });
            let _ = write!(self.text, "\"{TRUNCATED}\":{}", self.left_out);
        }
        if !self.text.is_empty() {
            self.text.push('}');
        }
    }
}

/// A multiplication for each eight bytes: equal hashes are compared.
fn hash(name: &[u8]) -> u32 {
    let mixed = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = name.as_chunks::<8>();
    let hash =
        words.iter().fold(name.len() as u64, |hash, word| mixed(hash, u64::from_le_bytes(*word)));
    // The last eight bytes, some of them for the second time.
    let last = match name.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let [_, _, _, _, high @ ..] = mixed(hash, last).to_le_bytes();
    u32::from_le_bytes(high)
}

/// A JSON number of so few digits that no reader rounds it.
fn is_number(text: &str) -> bool {
    let text = text.as_bytes();
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.len() > NUMBER_DIGITS_MAX || !digits.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &digits[whole..];
    let leading_zero = digits[0] == b'0' && whole > 1;
    let fraction = match rest {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    !leading_zero && fraction
}

/// The levels of a JSON value: 0 for a number, 1 for `[7]`.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    push_escaped(out, text);
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Looks at sixteen bytes at once, and at the last sixteen: almost no text has any.
fn holds_escaped(text: &[u8]) -> bool {
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | is_escaped(*byte));
    let (chunks, rest) = text.as_chunks::<16>();
    let rest = text.last_chunk::<16>().map_or(rest, |last| last);
    chunks.iter().any(|chunk| any(chunk)) || any(rest)
}

/// Appends `text` as it stands between a JSON string's quotes.
fn push_escaped(out: &mut String, text: &str) {
    if !holds_escaped(text.as_bytes()) {
        return out.push_str(text);
    }
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !is_escaped(byte) {
            continue;
        }
        out.push_str(&text[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests;
