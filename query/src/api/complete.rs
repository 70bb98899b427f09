//! What may stand at the caret of a query that is being written.
//!
//! Invariants:
//! - a half-written query is never an error;
//! - names and values are the caller's own, from the newest records of the range: as many as can be looked
//!   through in a short time, so their counts are of those;
//! - what is put in is read by the language as that very name or value.

pub(crate) mod caret;

use axum::Json;
use axum::extract::State;
use nilometer_model::{Severity, TimeRange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::caret::{Caret, Wanted, caret};
use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::params::{self, Params};
use super::{ask, limits};
use crate::execute::{self, FieldCount, FieldsRequest, Limits, ValuesRequest};
use crate::language::{FUNCTIONS, PIPES};
use crate::limits::{COMPLETE_ITEMS_MAX, COMPLETE_NAMES_MAX, COMPLETE_ROWS, COMPLETE_TIME};
use crate::plan::Field;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompleteParams {
    /// The query as far as it is written.
    q: Option<String>,
    /// Characters before the caret; default: all.
    cursor: Option<String>,
    /// RFC 3339, now, or before now like -15m; default: everything, the newest records first.
    from: Option<String>,
    /// As `from`, not included.
    to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ItemKind {
    Field,
    Value,
    Function,
    Pipe,
    Keyword,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CompletionItem)]
struct ItemJson {
    /// What to put in the place of the piece.
    text: String,
    kind: ItemKind,
    /// Records that have it, among those that were looked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// A piece of the query: characters `[from, to)`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CompletionPiece)]
struct PieceJson {
    from: usize,
    to: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompleteAnswer {
    /// At most 20, the likeliest first.
    items: Vec<ItemJson>,
    replace: PieceJson,
}

/// What may stand at the caret.
#[utoipa::path(get, path = "/api/v1/complete", tag = "logs", params(CompleteParams),
    responses((status = 200, body = CompleteAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn complete(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<CompleteParams>,
) -> Result<Json<CompleteAnswer>, ApiError> {
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::Everything, api.clock.now())?;
    let text = params.q.unwrap_or_default();
    let length = text.chars().count();
    let cursor = params::within("cursor", params.cursor.as_deref(), length, 0..=length)?;
    let Caret { wanted, typed, from, to } = caret(&text, cursor);
    let mut items = Known { api: &api, caller: &caller, range }.items(&wanted, &typed).await?;
    items.truncate(COMPLETE_ITEMS_MAX);
    Ok(Json(CompleteAnswer { items, replace: PieceJson { from, to } }))
}

/// What can be looked up.
struct Known<'a> {
    api: &'a Api,
    caller: &'a Caller,
    range: TimeRange,
}

impl Known<'_> {
    async fn items(&self, wanted: &Wanted, typed: &str) -> Result<Vec<ItemJson>, ApiError> {
        let listed = |names: &[(&str, &str)], behind: &str, kind: ItemKind| {
            let names = names.iter().map(|(name, _)| *name).filter(|name| begins(name, typed));
            names.map(|name| item(format!("{name}{behind}"), kind)).collect()
        };
        Ok(match wanted {
            Wanted::Nothing => Vec::new(),
            Wanted::Pipe => listed(PIPES, "", ItemKind::Pipe),
            Wanted::Function => {
                let call = |mut item: ItemJson| {
                    item.text.push_str(if item.text == "count" { "()" } else { "(" });
                    item
                };
                let functions: Vec<ItemJson> = listed(FUNCTIONS, "", ItemKind::Function);
                functions.into_iter().map(call).collect()
            }
            Wanted::Keyword(words) => keywords(words, typed),
            Wanted::Term { behind_term } => {
                let words: &[&str] = if *behind_term { &["OR", "AND", "NOT"] } else { &["NOT"] };
                let words = keywords(words, typed);
                let fields = self.fields(typed, |name| format!("{}:", escaped(name))).await?;
                let fields = fields.into_iter().take(COMPLETE_ITEMS_MAX - words.len());
                fields.chain(words).collect()
            }
            Wanted::Name => self.fields(typed, quoted_name).await?,
            Wanted::Key => {
                let bin: Vec<ItemJson> = listed(&[("bin", "")], "(", ItemKind::Function);
                let fields = self.fields(typed, quoted_name).await?;
                bin.into_iter().chain(fields).collect()
            }
            Wanted::Value { field } => self.values(field, typed).await?,
        })
    }

    /// Fields whose names begin so, the commonest first; the record's own are offered even where none is
    /// in sight.
    async fn fields(
        &self,
        typed: &str,
        written: impl Fn(&str) -> String,
    ) -> Result<Vec<ItemJson>, ApiError> {
        let request = FieldsRequest {
            filter: ask::filter(self.caller, None)?,
            range: self.range,
            most: COMPLETE_NAMES_MAX,
            sample: Some(COMPLETE_ROWS),
            limits: Limits { time: COMPLETE_TIME, ..Limits::default() },
        };
        let found =
            execute::fields(&self.api.store.snapshot(request.filter.tenant()), &request).await;
        let found = found.map_err(ask::refuse)?;
        ask::note(found.stats);
        let mut counts: Vec<(String, u64)> =
            found.fields.into_iter().map(|FieldCount { name, count, .. }| (name, count)).collect();
        for own in Field::own_names() {
            if counts.iter().all(|(name, _)| name != own) {
                counts.push((own.to_owned(), 0));
            }
        }
        let fitting = counts.iter().filter(|(name, _)| begins(name, typed));
        let item = |(name, count): &(String, u64)| ItemJson {
            text: written(name),
            kind: ItemKind::Field,
            count: Some(*count),
        };
        Ok(fitting.map(item).collect())
    }

    /// Values of the field that begin so: the commonest first, severities in their order.
    async fn values(&self, name: &str, typed: &str) -> Result<Vec<ItemJson>, ApiError> {
        let field = ask::field(self.api, self.caller, name).await?;
        let ordered = field == Field::Severity;
        let request = ValuesRequest {
            filter: ask::filter(self.caller, None)?,
            range: self.range,
            field,
            most: COMPLETE_NAMES_MAX,
            sample: Some(COMPLETE_ROWS),
            limits: Limits { time: COMPLETE_TIME, ..Limits::default() },
        };
        let found =
            execute::values(&self.api.store.snapshot(request.filter.tenant()), &request).await;
        let found = found.map_err(ask::refuse)?;
        ask::note(found.stats);
        let mut counts = found.counts;
        if ordered {
            let count =
                |name: &str| counts.iter().find(|(value, _)| value == name).map(|(_, n)| *n);
            let all = Severity::ALL.iter().map(|severity| severity.name());
            counts = all.map(|name| (name.to_owned(), count(name).unwrap_or(0))).collect();
        }
        let fits = counts.into_iter().filter(|(value, _)| begins(value, typed));
        let short = fits.filter(|(value, _)| value.len() <= limits::COMPLETE_VALUE_BYTES_MAX);
        Ok(short
            .map(|(value, count)| ItemJson {
                text: literal(&value),
                kind: ItemKind::Value,
                count: Some(count),
            })
            .collect())
    }
}

fn item(text: String, kind: ItemKind) -> ItemJson {
    ItemJson { text, kind, count: None }
}

fn keywords(words: &[&str], typed: &str) -> Vec<ItemJson> {
    let fitting = words.iter().filter(|word| begins(word, typed));
    fitting.map(|word| item((*word).to_owned(), ItemKind::Keyword)).collect()
}

/// Whether the name begins so, in any case.
fn begins(name: &str, typed: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    typed.chars().flat_map(char::to_lowercase).all(|wanted| name.next() == Some(wanted))
}

/// A character that stands for itself in a word, wherever it is.
fn is_plain(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '.' | '@')
}

/// A field's name before its colon: signs are escaped.
fn escaped(name: &str) -> String {
    let plain = |(at, char): (usize, char)| is_plain(char) || at > 0 && matches!(char, '-' | '/');
    let escape =
        |place: (usize, char)| (!plain(place)).then_some('\\').into_iter().chain([place.1]);
    name.chars().enumerate().flat_map(escape).collect()
}

/// A field's name in a pipe.
fn quoted_name(name: &str) -> String {
    let plain = |char: char| is_plain(char) || matches!(char, '-' | '/' | ':');
    let keyword = matches!(name, "by" | "as" | "asc" | "desc" | "");
    if !keyword && name.chars().all(plain) { name.to_owned() } else { quoted(name) }
}

/// A value behind a colon.
fn literal(value: &str) -> String {
    let plain = |(at, char): (usize, char)| {
        is_plain(char) || at > 0 && matches!(char, '-' | '/' | ':' | '+' | '%')
    };
    let plain = !value.is_empty() && value.chars().enumerate().all(plain);
    if plain { value.to_owned() } else { quoted(value) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
