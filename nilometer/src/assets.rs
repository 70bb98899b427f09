//! The web app, as the `ui` crate built it, for the API to serve.

use bytes::Bytes;
use nilometer_query::api::Asset;

/// The file of the web app at `path`, without a leading slash.
pub(crate) fn asset(path: &str) -> Option<Asset> {
    let file = nilometer_ui::asset(path)?;
    Some(Asset {
        bytes: Bytes::from_static(file.bytes),
        mime: file.mime.to_owned(),
        etag: file.etag.trim_matches('"').to_owned(),
    })
}
