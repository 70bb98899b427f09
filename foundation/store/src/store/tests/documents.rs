//! Documents: whoever read before another wrote is told, and nothing of his is in.

use super::*;
use crate::{Documents, DocumentsError};

fn documents(list: &[(&str, Option<&str>)]) -> Documents {
    list.iter().map(|(name, text)| ((*name).to_owned(), text.map(str::to_owned))).collect()
}

#[tokio::test]
async fn documents_change_together_or_not_at_all_and_survive_a_restart() {
    let meta = Arc::new(SimMeta::default());
    let open = || async {
        let meta = Arc::<SimMeta>::clone(&meta);
        Store::open(meta, Arc::new(InMemory::new()), LogId::default()).await.unwrap()
    };
    let store = open().await;
    let all = [("state.a/1", Some("x")), ("state.a/2", Some("y")), ("state.b", Some("z"))];
    let absent = documents(&[("state.a/1", None)]);
    store.change_documents(&absent, documents(&all), Timestamp(1)).await.unwrap();
    let late = documents(&[("state.a/1", Some("late")), ("state.c", Some("late"))]);
    let refused = store.change_documents(&absent, late.clone(), Timestamp(2)).await.unwrap_err();
    assert!(matches!(refused, DocumentsError::Changed(name) if name == "state.a/1"));
    meta.fail_next_commit();
    let as_read = documents(&[("state.a/1", Some("x"))]);
    let failed = store.change_documents(&as_read, late, Timestamp(2)).await.unwrap_err();
    assert!(matches!(failed, DocumentsError::Store(_)));
    store
        .change_documents(&as_read, documents(&[("state.a/2", None)]), Timestamp(3))
        .await
        .unwrap();
    for store in [store, open().await] {
        assert_eq!(store.documents("state.a/"), [("state.a/1".to_owned(), "x".to_owned())]);
        assert_eq!(store.documents("state.").len(), 2);
        assert!(store.documents("state.c").is_empty());
    }
}
