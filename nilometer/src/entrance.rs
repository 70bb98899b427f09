//! What stands at a process's doors, both ways: who is let in, what is shown, what the collector shows.
//!
//! Invariants:
//! - on loopback nobody is asked; on any other address a token is, unless somebody said on purpose not;
//! - whatever was read from a file is read anew when it changes, for as long as the process lives.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_collector::{Credentials, IntakeAddress, Settings as CollectorSettings};
use nilometer_model::{Clock, SystemClock, Timestamp};
use nilometer_query::alert::Alerts;
use nilometer_query::api::{AccessPolicy, Tokens};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::certificates::Expiry;
use crate::config::{Config, TlsFiles};
use crate::live::LiveConfig;
use crate::reload::{Reload, Reloads};
use crate::rules::RuleFiles;
use crate::tls::{self, DoorFiles, DoorTls, TlsError};
use crate::tokens::{self, TokensError, TokensFile};

/// Why the doors cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EntranceError {
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("SIGHUP cannot be listened to: {0}")]
    Signals(std::io::Error),
}

/// The files behind a process's doors.
#[derive(Default)]
pub(crate) struct Entrance {
    reloads: Reloads,
    /// Those that are let in, once a listener has asked for them.
    tokens: Option<Tokens>,
}

impl Entrance {
    /// Who may come in at an address: on loopback anybody who means this machine, elsewhere who has a token.
    /// Tokens stand in `file`, or in `data`.
    pub(crate) fn access(
        &mut self,
        (config, listen): (&Config, SocketAddr),
        file: Option<&Path>,
        data: &Path,
    ) -> Result<AccessPolicy, EntranceError> {
        if listen.ip().is_loopback() {
            return Ok(AccessPolicy::Loopback);
        }
        if config.insecure {
            tracing::warn!(%listen, "--insecure: nobody is asked for a token");
            return Ok(AccessPolicy::Insecure);
        }
        if let Some(tokens) = &self.tokens {
            return Ok(AccessPolicy::Tokens(tokens.clone()));
        }
        let path = file.map_or_else(|| data.join("tokens"), Path::to_owned);
        let open = || TokensFile::open(&path).map(|(file, tokens)| (Box::new(file) as _, tokens));
        let tokens = self.reloads.watch(&[&path], open)?;
        tracing::info!(path = %path.display(), "a token from this file is needed to come in");
        self.tokens = Some(tokens.clone());
        Ok(AccessPolicy::Tokens(tokens))
    }

    /// What the listener shows, if it speaks TLS; who shows a certificate must be vouched for by
    /// `clients`.
    pub(crate) fn tls(
        &mut self,
        config: &Config,
        clients: Option<&Path>,
    ) -> Result<Option<DoorTls>, EntranceError> {
        let Some(pair) = &config.tls.pair else { return Ok(None) };
        let open =
            || DoorFiles::open(pair, clients).map(|(files, tls)| (Box::new(files) as _, tls));
        let files: Vec<&Path> = [&*pair.cert, &*pair.key].into_iter().chain(clients).collect();
        Ok(Some(self.reloads.watch(&files, open)?))
    }

    /// What the collector shows to its centre, and whom it believes.
    pub(crate) fn credentials(
        &mut self,
        config: &Config,
    ) -> Result<watch::Receiver<Credentials>, EntranceError> {
        let papers = Papers {
            token_file: config.token_file.clone(),
            tls: config.tls.clone(),
            to: config.to.iter().map(|to| to.url.clone()).collect(),
        };
        let files = papers.files();
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        self.reloads
            .watch(&files, || CollectorFiles::open(papers).map(|(f, c)| (Box::new(f) as _, c)))
    }

    /// What the collector is configured to do; `own` is the door of our own centre, if there is one.
    pub(crate) fn settings(
        &mut self,
        config: &Config,
        own: Option<Vec<IntakeAddress>>,
    ) -> Result<watch::Receiver<CollectorSettings>, EntranceError> {
        let file: Vec<&Path> = config.settings.file().into_iter().collect();
        self.reloads.watch(&file, || {
            let (live, settings) = LiveConfig::new(config, own);
            Ok((Box::new(live) as _, settings))
        })
    }

    /// The rules of files, and the default ones if they are wanted.
    pub(crate) fn rules(&mut self, config: &Config, alerts: &Arc<Alerts>) {
        alerts.set_destinations(config.notify.iter().map(|to| to.name.clone()).collect());
        if config.default_rules {
            alerts.set_rules(nilometer_alert::default_rules(), true);
        }
        let files: Vec<&Path> = config.rules.iter().map(PathBuf::as_path).collect();
        let open = || Ok((Box::new(RuleFiles::open(&config.rules, alerts)) as _, ()));
        let _opened: Result<(), Infallible> = self.reloads.watch(&files, open);
    }

    /// Looks for changes until `stop`.
    pub(crate) fn keep(self, stop: CancellationToken) -> Result<(), EntranceError> {
        self.reloads.begin(Arc::new(SystemClock), stop).map_err(EntranceError::Signals)
    }
}

/// Where a collector's credentials stand.
struct Papers {
    token_file: Option<PathBuf>,
    tls: TlsFiles,
    /// The centre's URLs.
    to: Vec<String>,
}

impl Papers {
    fn files(&self) -> Vec<PathBuf> {
        let pair = self.tls.pair.iter().flat_map(|pair| [pair.cert.clone(), pair.key.clone()]);
        self.token_file.iter().chain(&self.tls.ca).cloned().chain(pair).collect()
    }

    fn read(&self) -> Result<(Credentials, Option<Expiry>), EntranceError> {
        let token = self.token_file.as_deref().map(tokens::to_show).transpose()?;
        let (tls, expiry) = tls::client(&self.tls, &self.to)?;
        let warnings = warnings(expiry.as_ref(), SystemClock.now());
        Ok((Credentials { token, tls, warnings }, expiry))
    }
}

fn warnings(expiry: Option<&Expiry>, now: Timestamp) -> Vec<String> {
    expiry.and_then(|expiry| expiry.warning(now)).into_iter().collect()
}

/// The files of a collector's credentials.
struct CollectorFiles {
    papers: Papers,
    credentials: watch::Sender<Credentials>,
    expiry: Option<Expiry>,
}

impl CollectorFiles {
    fn open(papers: Papers) -> Result<(Self, watch::Receiver<Credentials>), EntranceError> {
        let (credentials, expiry) = papers.read()?;
        let (sender, credentials) = watch::channel(credentials);
        Ok((Self { papers, credentials: sender, expiry }, credentials))
    }
}

impl Reload for CollectorFiles {
    fn files(&self) -> Vec<PathBuf> {
        self.papers.files()
    }

    fn reload(&mut self) -> Result<(), String> {
        let (credentials, expiry) = self.papers.read().map_err(|error| error.to_string())?;
        self.credentials.send_replace(credentials);
        self.expiry = expiry;
        Ok(())
    }

    /// The same certificate is also the collector's own listener's, which says that it will end; what the
    /// centre is to hear of it is kept up to date here.
    fn look_at_the_clock(&mut self, now: Timestamp) {
        let warnings = warnings(self.expiry.as_ref(), now);
        self.credentials.send_if_modified(|credentials| {
            let is_news = credentials.warnings != warnings;
            credentials.warnings = warnings;
            is_news
        });
    }
}
