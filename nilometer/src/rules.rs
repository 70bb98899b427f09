//! Files of rules, read at the start and whenever one changes.
//!
//! Invariants:
//! - one bad rule never stops the others: it is said with its place, and they are evaluated;
//! - a file that cannot be read when it changes leaves its rules as they were.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_alert::{Rule, read_file};
use nilometer_query::alert::Alerts;

use crate::reload::Reload;

/// All files of rules together.
pub(crate) struct RuleFiles {
    files: Vec<PathBuf>,
    alerts: Arc<Alerts>,
}

impl RuleFiles {
    /// Reads them; what is wrong is said, and the rest is in force.
    pub(crate) fn open(files: &[PathBuf], alerts: &Arc<Alerts>) -> Self {
        let mut all = Self { files: files.to_vec(), alerts: Arc::clone(alerts) };
        if let Err(error) = all.reload() {
            tracing::error!("{error}");
        }
        all
    }

    /// The rules of a file, those that can be evaluated.
    fn read(&self, path: &Path) -> Result<Vec<Rule>, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("rules of {}: {error}", path.display()))?;
        let file = read_file(&text, |rule| self.alerts.check(rule));
        for error in &file.errors {
            tracing::error!("{}:{error}; this rule is not evaluated", path.display());
        }
        Ok(file.rules)
    }
}

impl Reload for RuleFiles {
    fn files(&self) -> Vec<PathBuf> {
        self.files.clone()
    }

    fn reload(&mut self) -> Result<(), String> {
        let mut rules: Vec<Rule> = Vec::new();
        for path in &self.files {
            rules.extend(self.read(path)?);
        }
        let mut ids = BTreeSet::new();
        rules.retain(|rule| {
            let is_new = ids.insert(rule.id.clone());
            if !is_new {
                tracing::error!(rule = %rule.id, "a rule of this id stands in two files; the first is evaluated");
            }
            is_new
        });
        if !self.files.is_empty() {
            tracing::info!(rules = rules.len(), "rules of files are evaluated");
        }
        self.alerts.set_rules(rules, false);
        Ok(())
    }
}
