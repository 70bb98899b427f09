//! The context model from outside: what it is told comes back, costs less the second time, and does no harm.

use nilometer_model::{Rows, SourceId};
use proptest::prelude::*;

use super::super::tests::{any_rows, rows_of, says};
use super::*;
use crate::limits::{CONTEXT_PHRASE_BYTES_MAX, CONTEXT_SLOTS_MAX, CONTEXT_STREAMS_BYTES_MAX};
use crate::{decode_dense, encode_dense};

type Told = (Vec<u8>, Vec<u8>, Model);

fn write(model: &Model, rows: &Rows) -> Option<Told> {
    let streams = DenseStreams::of(&encode_dense(rows, 1).unwrap()).unwrap();
    let mut coder = ContextCoder::writing(model.clone());
    code_records(&mut coder, streams, &|_| 0)?;
    Some(coder.finish())
}

fn read(model: &Model, bits: &[u8], fresh: &[u8]) -> Option<(Rows, Model)> {
    let mut coder = ContextCoder::reading(model.clone(), bits, fresh);
    let streams = code_records(&mut coder, DenseStreams::default(), &|_| 0)?;
    let model = coder.finish()?;
    Some((decode_dense(&streams.block().ok()?).ok()?, model))
}

/// The model after the rows, which came back.
#[track_caller]
fn check(model: &Model, rows: &Rows) -> Told {
    let (bits, fresh, written) = write(model, rows).unwrap();
    let (back, known) = read(model, &bits, &fresh).unwrap();
    assert_eq!(&back, rows);
    assert_eq!(write(&written, rows).unwrap().0, write(&known, rows).unwrap().0);
    (bits, fresh, written)
}

fn orders(from: u32, count: u32) -> Rows {
    let line = |n: u32| {
        let trace = format!(
            "{:032x}",
            u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        );
        let message = format!(
            "00:00:05.477 order {n} of 10.0.0.{} took {}ms {trace}",
            n % 7,
            n * 7_919 % 400
        );
        says(&message, &format!("{{\"order\":{n},\"trace\":\"{trace}\",\"v\":3}}"))
    };
    rows_of(&(from..from + count).map(line).collect::<Vec<_>>())
}

#[test]
fn what_is_known_costs_next_to_nothing() {
    let (first, fresh, model) = check(&Model::default(), &orders(1_000, 50));
    assert!(!fresh.is_empty());
    let (second, fresh, _) = check(&model, &orders(1_050, 50));
    assert!(fresh.is_empty());
    // Sixteen bytes of each trace are nobody's guess.
    assert!(second.len() < first.len() && second.len() < 50 * 20, "{}", second.len());
}

#[test]
fn where_a_source_stands_is_not_said_if_both_know_it() {
    let mut rows = orders(0, 5);
    let mut at = 1 << 40;
    for (position, bytes) in rows.position.iter_mut().zip(&rows.bytes) {
        at += u64::from(*bytes);
        *position = at;
    }
    let streams = DenseStreams::of(&encode_dense(&rows, 1).unwrap()).unwrap();
    let bytes = |from: u64| {
        let from = move |_: SourceId| from;
        let mut coder = ContextCoder::writing(Model::default());
        code_records(&mut coder, streams.clone(), &from).unwrap();
        let (bits, fresh, _) = coder.finish();
        let mut coder = ContextCoder::reading(Model::default(), &bits, &fresh);
        let back = code_records(&mut coder, DenseStreams::default(), &from);
        assert_eq!(back.as_ref(), Some(&streams));
        bits.len()
    };
    assert!(bytes(1 << 40) + 5 <= bytes(7));
}

#[test]
fn records_of_which_no_template_is_known_are_gathered_once() {
    let known = orders(0, 3);
    let (.., model) = write(&Model::default(), &known).unwrap();
    let new = rows_of(
        &["user 7 left", "user 8 left", "order 9 of 10.0.0.1 took 4ms"].map(|m| says(m, "")),
    );
    let mut novel = Novel::default();
    novel.gather(&model, &known, 100);
    novel.gather(&model, &new, "user 7 left".len());
    novel.gather(&model, &new, 100);
    let messages: Vec<_> = novel.take().iter().map(|row| row.message.to_owned()).collect();
    assert_eq!(messages, ["user 7 left", "order 9 of 10.0.0.1 took 4ms"]);
    assert!(novel.take().is_empty());
}

#[test]
fn what_a_model_may_hold_is_told_and_no_more() {
    let text = |bytes: usize| rows_of(&[says(&"x".repeat(bytes), "")]);
    for (bytes, is_told) in
        [(CONTEXT_PHRASE_BYTES_MAX, true), (CONTEXT_PHRASE_BYTES_MAX + 1, false)]
    {
        assert_eq!(write(&Model::default(), &text(bytes)).is_some(), is_told, "{bytes}");
    }
    check(&Model::default(), &text(CONTEXT_PHRASE_BYTES_MAX));
    let slots = |count: usize| {
        let line =
            |n: usize| says(&format!("{} {}", "a".repeat(n / 128 + 1), "b 1 ".repeat(128)), "");
        let lines: Vec<_> = (0..count / 128).map(|n| line(n * 128)).collect();
        rows_of(&[&lines[..], &[says(&"c 1 ".repeat(count % 128), "")]].concat())
    };
    assert!(write(&Model::default(), &slots(CONTEXT_SLOTS_MAX)).is_some());
    assert!(write(&Model::default(), &slots(CONTEXT_SLOTS_MAX + 1)).is_none());
    // Parts of texts that repeat nothing of one another.
    let streams = |bytes: usize| {
        let line = |n: usize| says(&char::from(b'a' + n as u8).to_string().repeat(bytes / 8), "");
        rows_of(&(0..8).map(line).collect::<Vec<_>>())
    };
    let head = DenseStreams::of(&encode_dense(&streams(0), 1).unwrap()).unwrap().bytes();
    let most = (CONTEXT_STREAMS_BYTES_MAX - head) / 8 * 8;
    for (bytes, is_told) in [(most - 64, true), (most + 64, false)] {
        assert_eq!(write(&Model::default(), &streams(bytes)).is_some(), is_told, "{bytes}");
    }
}

#[test]
fn twenty_thousand_damaged_tellings_do_no_harm() {
    const SEED: u64 = 20_261_122;
    let mut dice = SEED;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(dice >> 33).unwrap_or_default() % sides
    };
    let (.., model) = write(&Model::default(), &orders(0, 20)).unwrap();
    let tellings = [Model::default(), model].map(|model| {
        let (bits, fresh, _) = write(&model, &orders(15, 20)).unwrap();
        (model, bits, fresh)
    });
    for round in 0..20_000 {
        let (model, bits, fresh) = &tellings[round % 2];
        let (mut bits, mut fresh) = (bits.clone(), fresh.clone());
        for _ in 0..=roll(3) {
            let bytes = if roll(4) == 0 && !fresh.is_empty() { &mut fresh } else { &mut bits };
            let at = roll(bytes.len());
            bytes[at] = u8::try_from(roll(256)).unwrap();
            if roll(8) == 0 {
                bytes.truncate(at + 1);
            }
        }
        if let Some((rows, _)) = read(model, &bits, &fresh) {
            assert!(rows.check(), "seed {SEED}, round {round}");
        }
    }
}

proptest! {
    #[test]
    fn rows_come_back_through_any_model(first in any_rows(), second in any_rows()) {
        let (.., model) = check(&Model::default(), &first);
        check(&model, &second);
        check(&model, &first);
    }
}
