//! The web app, as the `ui` crate built it, for the API to serve.

use nilometer_query::api::{Asset, Assets};

/// The web app and the policy that it was made for.
pub(crate) fn assets() -> Assets {
    Assets { find, policy: nilometer_ui::CONTENT_SECURITY_POLICY }
}

fn find(path: &str) -> Option<Asset> {
    nilometer_ui::asset(path).map(|file| Asset {
        bytes: file.bytes,
        gzip: file.gzip,
        mime: file.mime,
        etag: file.etag,
        cache_control: file.cache_control(),
    })
}
