//! The event stream of `tail`, cut into events. Bytes come as the network gives them.

/// Longest event, bytes: a record and its attributes fit several times.
const EVENT_BYTES_MAX: usize = 16 << 20;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
}

/// Gathers bytes until events are whole.
#[derive(Debug, Default)]
pub(super) struct Events {
    bytes: Vec<u8>,
}

/// An event is longer than any of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Events {
    /// Takes what came; `each` is given every event that is whole now.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut searched = self.bytes.len().saturating_sub(1);
        self.bytes.extend_from_slice(piece);
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(at) = find(&self.bytes[searched.max(start)..]) {
            let end = searched.max(start) + at;
            events.extend(read(&String::from_utf8_lossy(&self.bytes[start..end])));
            start = end + 2;
            searched = start;
        }
        self.bytes.drain(..start);
        if self.bytes.len() > EVENT_BYTES_MAX { Err(TooLong) } else { Ok(events) }
    }
}

/// Where an empty line begins.
fn find(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\n\n")
}

/// The event in its lines; `None` for a comment.
fn read(text: &str) -> Option<Event> {
    let value = |line: &str, field: &str| {
        let rest = line.strip_prefix(field)?.strip_prefix(':')?;
        Some(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
    };
    let name = text.lines().find_map(|line| value(line, "event")).unwrap_or_default();
    let data: Vec<String> = text.lines().filter_map(|line| value(line, "data")).collect();
    (!data.is_empty()).then(|| Event { name, data: data.join("\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_wherever_the_network_cuts_them() {
        let text =
            "event: ready\ndata: {}\n\n: still here\n\nevent: record\ndata: {\"m\":\"é\"}\n\n";
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        let expect = [event("ready", "{}"), event("record", "{\"m\":\"é\"}")];
        for cut in 0..text.len() {
            let mut events = Events::default();
            let (first, second) = text.as_bytes().split_at(cut);
            let mut got = events.push(first).unwrap();
            got.extend(events.push(second).unwrap());
            assert_eq!(got, expect, "cut at {cut}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let mut events = Events::default();
        assert_eq!(events.push(&vec![b'x'; EVENT_BYTES_MAX]), Ok(Vec::new()));
        assert_eq!(events.push(b"x"), Err(TooLong));
    }
}
