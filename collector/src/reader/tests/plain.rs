//! A plain file under whatever logrotate does to it, at random, over restarts.

use super::*;

const LIVE: &str = "app/a.log";

/// What can happen to a plain log.
#[derive(Debug, Clone)]
enum Act {
    /// Bytes of the truth are appended, this many.
    Write(usize),
    /// Copied, truncated, and written on at once, this many bytes: perhaps more than there were.
    CopyTruncate(usize),
    Rename {
        reopened: bool,
    },
    GzipOldest,
    /// Read to its end, then deleted while it is open.
    Unlink,
    Read,
    ReadSome(usize),
    CrashAfter(usize),
    Restart,
}

/// Who rotates a file does it alike, or is looked at in between.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let acts = |copies| prop::collection::vec(act(copies), 0..40);
    let looked_at = |act| match act {
        Act::CopyTruncate(_) | Act::Rename { .. } => vec![act, Act::Read],
        act => vec![act],
    };
    let both = move |acts: Vec<Act>| acts.into_iter().flat_map(looked_at).collect();
    prop_oneof![acts(0.0), acts(1.0), acts(0.5).prop_map(both)]
}

/// `copies`: the share of rotations that copy and truncate.
fn act(copies: f64) -> impl Strategy<Value = Act> {
    let kind = (prop::bool::weighted(copies), 1..6_000_usize, any::<bool>());
    let rotate = kind.prop_map(|(copies, bytes, reopened)| match copies {
        true => Act::CopyTruncate(bytes),
        false => Act::Rename { reopened },
    });
    prop_oneof![
        6 => (1..3_000_usize).prop_map(Act::Write),
        3 => rotate,
        2 => Just(Act::GzipOldest),
        1 => Just(Act::Unlink),
        3 => Just(Act::Read),
        1 => (1..50_usize).prop_map(Act::ReadSome),
        1 => (1..50_usize).prop_map(Act::CrashAfter),
        1 => Just(Act::Restart),
    ]
}

struct Play {
    node: Node,
    truth: Vec<u8>,
    written: usize,
    rotated: usize,
}

impl Play {
    fn write(&mut self, bytes: usize) {
        let to = self.truth.len().min(self.written + bytes);
        self.node.append(LIVE, &self.truth[self.written..to]);
        self.written = to;
    }

    /// Writes a line to its end, lest a rotation cut it in two. Whether there is anything to rotate.
    fn ends_line(&mut self) -> bool {
        let size = fs::metadata(self.node.path(LIVE)).map_or(0, |metadata| metadata.len());
        if size > 0 {
            self.write(rest_of_line(&self.truth, self.written));
        }
        size > 0
    }

    /// Dates do not shift, so that each step is one rename.
    fn next_name(&mut self) -> String {
        self.rotated += 1;
        format!("{LIVE}-20260101{:06}", self.rotated)
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Write(bytes) => self.write(*bytes),
            Act::CopyTruncate(more) if self.ends_line() => {
                let to = self.next_name();
                fs::copy(self.node.path(LIVE), self.node.path(&to)).unwrap();
                File::options().write(true).open(self.node.path(LIVE)).unwrap().set_len(0).unwrap();
                self.write(*more);
            }
            Act::Rename { reopened } if self.ends_line() => {
                let to = self.next_name();
                self.node.rename(LIVE, &to);
                if *reopened {
                    self.node.append(LIVE, "");
                }
            }
            Act::GzipOldest => {
                let names: Vec<_> =
                    (1..=self.rotated).map(|n| format!("{LIVE}-20260101{n:06}")).collect();
                if let Some(name) = names.iter().find(|name| self.node.path(name).exists()) {
                    self.node.gzip(name);
                }
            }
            Act::Unlink if self.ends_line() => {
                self.node.drain();
                self.node.drain();
                fs::remove_file(self.node.path(LIVE)).unwrap();
            }
            Act::Read => self.node.drain(),
            Act::ReadSome(room) => {
                self.node.kept.room = *room;
                self.node.drain();
                self.node.kept.room = usize::MAX;
            }
            Act::CrashAfter(room) => {
                let mut lost = Kept { room: *room, ..Kept::default() };
                self.node.now += Duration::from_secs(2);
                self.node.reader.poll_at(self.node.now, &mut lost);
                self.node.restart();
            }
            Act::Restart => self.node.restart(),
            Act::CopyTruncate(_) | Act::Rename { .. } | Act::Unlink => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn however_a_plain_file_is_rotated_each_line_comes_once_and_in_order(
        acts in acts()
    ) {
        let lines: Vec<String> =
            (0..600).map(|n| format!("{n} {}", "x".repeat(n * 7 % 90))).collect();
        let truth = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
        let mut play = Play { node: Node::new(), truth, written: 0, rotated: 0 };
        acts.iter().for_each(|act| play.act(act));
        for act in [Act::Write(usize::MAX / 2), Act::Read, Act::Read, Act::Restart, Act::Read] {
            play.act(&act);
        }
        for _ in 0..3 {
            play.node.after(Duration::from_secs(4));
        }
        // A line that waited too long for its end came in two pieces.
        prop_assert!(play.node.messages().concat() == lines.concat());
    }
}
