//! One notice on its way to one destination.
//!
//! Invariants:
//! - what a webhook is sent is signed as it is sent: `X-Nilometer-Signature: sha256=` HMAC of the body, in hex;
//! - `X-Nilometer-Delivery` is the notice's id, the same when it is repeated;
//! - an answer of 4xx but 408 and 429 is a verdict: the same bytes will not be taken later.

use std::fmt::Write;
use std::sync::Arc;

use lettre::message::header::ContentType;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use nilometer_alert::{Alert, Notice};
use nilometer_model::Timestamp;
use reqwest::{Client, RequestBuilder, StatusCode, Url, header};
use ring::hmac;
use rustls::ClientConfig;

use crate::destination::{Destination, Kind};
use crate::guard::{self, Guarded};
use crate::limits::{REASON_BYTES_MAX, SEND_TIMEOUT};
use crate::payload;

/// Sends notices.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    /// Where people see what it is about.
    external_url: String,
}

/// Why a notice was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Perhaps later.
    #[error("{0}")]
    NotNow(String),
    /// Never.
    #[error("{0}")]
    Never(String),
}

impl Sender {
    /// One for all destinations, which believes what `tls` does.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(external_url: String, tls: ClientConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(Guarded))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(SEND_TIMEOUT)
            .user_agent(concat!("nilometer/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, external_url })
    }

    /// Sends it once.
    ///
    /// # Errors
    /// [`SendError`]: whether it is worth trying again.
    pub async fn send(
        &self,
        to: &Destination,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<(), SendError> {
        match &to.kind {
            Kind::Webhook { url, secret, body } => {
                let body = match body {
                    Some(body) => body.tell(notice, &self.external_url),
                    None => payload::webhook(notice, &self.external_url),
                };
                let request = self.request(url)?.header("x-nilometer-delivery", &notice.id);
                let request = match secret {
                    Some(secret) => {
                        request.header("x-nilometer-signature", signature(secret, &body))
                    }
                    None => request,
                };
                answered(request.body(body)).await
            }
            Kind::Slack { url } => {
                let body = payload::slack(notice, &self.external_url);
                answered(self.request(url)?.body(body)).await
            }
            Kind::Alertmanager { url } => self.post_alerts(url, &notice.alerts, now).await,
            Kind::Email { url, from, to } => {
                let mut message = Message::builder()
                    .from(from.clone())
                    .subject(payload::subject(notice))
                    .message_id(Some(format!("<{}@nilometer>", notice.id)))
                    .header(ContentType::TEXT_PLAIN);
                for to in to {
                    message = message.to(to.clone());
                }
                let text = payload::text(notice, &self.external_url);
                let message =
                    message.body(text).map_err(|error| SendError::Never(error.to_string()))?;
                mail(url, message).await
            }
        }
    }

    /// Tells an Alertmanager what fires, so that it does not think that it is over.
    pub(crate) async fn remind(
        &self,
        to: &Destination,
        alerts: &[Alert],
        now: Timestamp,
    ) -> Result<(), SendError> {
        match &to.kind {
            Kind::Alertmanager { url } => self.post_alerts(url, alerts, now).await,
            _ => Ok(()),
        }
    }

    async fn post_alerts(
        &self,
        url: &Url,
        alerts: &[Alert],
        now: Timestamp,
    ) -> Result<(), SendError> {
        let mut url = url.clone();
        let path = format!("{}/api/v2/alerts", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let body = payload::alertmanager(alerts, &self.external_url, now);
        answered(self.request(&url)?.body(body)).await
    }

    fn request(&self, url: &Url) -> Result<RequestBuilder, SendError> {
        if guard::names_forbidden(url) {
            return Err(SendError::Never("a link-local address may not be asked".to_owned()));
        }
        Ok(self.client.post(url.clone()).header(header::CONTENT_TYPE, "application/json"))
    }
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in hmac::sign(&key, body).as_ref() {
        let _written = write!(text, "{byte:02x}");
    }
    text
}

async fn answered(request: RequestBuilder) -> Result<(), SendError> {
    // The URL may hold a secret, as those of chats do.
    let answer = request.send().await.map_err(|error| SendError::NotNow(deepest(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let said = answer.text().await.unwrap_or_default();
    let said = &said[..said.floor_char_boundary(REASON_BYTES_MAX)];
    let reason = format!("answered {} {}", status.as_u16(), said.trim()).trim_end().to_owned();
    let passing = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    Err(if passing { SendError::NotNow(reason) } else { SendError::Never(reason) })
}

/// The innermost cause.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Hands the message to the server of the URL; the address that was looked at is the one that is asked.
async fn mail(url: &str, message: Message) -> Result<(), SendError> {
    let never = |error: &dyn std::error::Error| SendError::Never(deepest(error));
    let parsed = Url::parse(url).map_err(|error| never(&error))?;
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let is_tls = parsed.scheme() == "smtps";
    let port = parsed.port().unwrap_or(if is_tls { 465 } else { 587 });
    let addresses = guard::addresses(&host, port).await;
    let addresses = addresses.map_err(|error| SendError::NotNow(error.to_string()))?;
    let nowhere = || SendError::NotNow(format!("{host} has no address"));
    let address = addresses.first().ok_or_else(nowhere)?;
    let tls = TlsParameters::new(host.clone()).map_err(|error| never(&error))?;
    let loopback = address.ip().is_loopback();
    let tls = match (is_tls, loopback) {
        (true, _) => Tls::Wrapper(tls),
        // Nobody listens on the way to this machine itself.
        (false, true) => Tls::Opportunistic(tls),
        (false, false) => Tls::Required(tls),
    };
    let mut transport =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
            .port(port)
            .tls(tls)
            .timeout(Some(SEND_TIMEOUT));
    if let Some(password) = parsed.password() {
        let credentials = (decoded(parsed.username()), decoded(password));
        transport = transport.credentials(credentials.into());
    }
    match transport.build().send(message).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(never(&error)),
        Err(error) => Err(SendError::NotNow(deepest(&error))),
    }
}

/// A part of a URL without its percent signs.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let hex = (*byte == b'%').then(|| bytes.as_slice().get(..2)).flatten();
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(hex.unwrap_or(*byte));
        if hex.is_some() {
            bytes.nth(1);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
