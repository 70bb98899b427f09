//! Who sends notices, and `nilometer rules notify-test`, which sends one to see whether it arrives.

use nilometer_alert::Notice;
use nilometer_model::{Clock, SystemClock};
use nilometer_notify::{Destination, SendError, Sender};

use crate::client::{self, Outcome};
use crate::config::{Config, TlsFiles};
use crate::tls::{self, TlsError};

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotifyError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error("there is no destination '{0}': name one of the [[notify]] tables")]
    Unknown(String),
    #[error("the configuration has no [[notify]] table")]
    None,
}

/// Sends notices that say where they come from.
pub(crate) fn sender(to: &[Destination], external_url: String) -> Result<Sender, NotifyError> {
    let urls: Vec<String> = to.iter().filter_map(Destination::url).collect();
    let (tls, _) = tls::client(&TlsFiles::default(), &urls)?;
    Ok(Sender::new(external_url, tls)?)
}

/// Sends a notice to one destination or to all, and says what came of it.
pub(crate) async fn test(config: &Config, name: Option<&str>) -> Result<Outcome, NotifyError> {
    let chosen = |to: &&Destination| name.is_none_or(|name| to.name == name);
    let chosen: Vec<&Destination> = config.notify.iter().filter(chosen).collect();
    match (name, chosen.is_empty()) {
        (Some(name), true) => return Err(NotifyError::Unknown(name.to_owned())),
        (None, true) => return Err(NotifyError::None),
        _ => {}
    }
    let sender = sender(&config.notify, format!("http://{}", config.listen))?;
    let mut outcome = Outcome::Done;
    for to in chosen {
        let notice = Notice::test(&to.name, SystemClock.now());
        match sender.send(to, &notice, SystemClock.now()).await {
            Ok(()) => client::note(&format!("{}: taken", to.name)),
            Err(SendError::NotNow(reason) | SendError::Never(reason)) => {
                client::note(&format!("{}: not taken: {reason}", to.name));
                outcome = Outcome::TestFailed;
            }
        }
    }
    Ok(outcome)
}
