//! Bodies as they come: each piece is held in the budget before it is kept.
//!
//! Invariant: a body that is too large is read on for a while and dropped, so that its sender, who writes
//! before it reads, gets to read why.

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::time::timeout;

use crate::budget::{Budget, Held};
use crate::limits::{
    BODY_PAUSE_MAX, BODY_TIME_MAX, DRAIN_BYTES_MAX, DRAIN_TIME_MAX, SENT_BYTES_MAX,
};
use crate::refusal::{Kind, Refusal};

/// The whole body.
pub(crate) async fn read(body: Body, budget: &Budget, held: &mut Held) -> Result<Bytes, Refusal> {
    let mut stream = body.into_data_stream();
    let refusal = match timeout(BODY_TIME_MAX, read_pieces(&mut stream, budget, held)).await {
        Ok(Ok(whole)) => return Ok(whole),
        Ok(Err(refusal)) => refusal,
        Err(_) => Refusal::new(Kind::Invalid, "the body took too long to come"),
    };
    held.let_go();
    if refusal.kind != Kind::Invalid {
        drain(stream).await;
    }
    Err(refusal)
}

async fn read_pieces(
    stream: &mut BodyDataStream,
    budget: &Budget,
    held: &mut Held,
) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    loop {
        let piece = match timeout(BODY_PAUSE_MAX, stream.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => return Ok(whole.freeze()),
            Ok(Some(Err(_))) => return Err(Refusal::new(Kind::Invalid, "the body broke off")),
            Err(_) => return Err(Refusal::new(Kind::Invalid, "the body stopped coming")),
        };
        if whole.len() + piece.len() > SENT_BYTES_MAX {
            let message =
                format!("the body is larger than {SENT_BYTES_MAX} bytes; send less at once");
            return Err(Refusal::new(Kind::TooLarge, message));
        }
        budget.hold_body(held, piece.len()).await?;
        whole.extend_from_slice(&piece);
    }
}

async fn drain(mut stream: BodyDataStream) {
    let mut left = DRAIN_BYTES_MAX;
    let reading = async {
        while let Some(Ok(piece)) = stream.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whoever sends on for longer does not read the answer.
    let _in_time = timeout(DRAIN_TIME_MAX, reading).await;
}
