//! Which blocks hold which words and values: a one-segment tantivy index with a document per block.
//!
//! ```text
//!   section := zstd( files u32 | { name len u32, name, len u32, bytes }* )
//!   document = block; field `word`: each distinct lower-cased ASCII word without a digit
//!                     field `term`: `name 0x01 value` of fields and attributes, `name 0x02`: is there,
//!                                   `name 0x03`: has values in this block that are not indexed
//! ```
//! Invariants:
//! - document ids are block numbers: one writer, one segment, documents in the order of blocks;
//! - no false negative: what is not indexed (long words, words with digits, long or many values) rules
//!   no block out;
//! - tantivy never merges, commits or deletes here: the index is bytes in an immutable object.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

use nilometer_block::words;
use nilometer_model::Rows;
use serde_json::value::RawValue;
use tantivy::directory::{Directory, RamDirectory};
use tantivy::schema::{
    Field, IndexRecordOption, Schema, TantivyDocument, TextFieldIndexing, TextOptions,
};
use tantivy::{
    DocSet, Index, IndexSettings, InvertedIndexReader, SegmentReader, SingleSegmentIndexWriter,
    TERMINATED, Term,
};

use super::Prune;
use crate::limits::{
    INDEX_INFLATED_BYTES_MAX, INDEXED_VALUE_BYTES_MAX, INDEXED_VALUES_PER_KEY_MAX,
    INDEXED_WORD_BYTES_MAX,
};

/// Between a name and its value.
const IS: char = '\u{1}';
/// Behind a name that is there.
const IS_THERE: char = '\u{2}';
/// Behind a name with values that are not indexed.
const IS_OPEN: char = '\u{3}';
/// What tantivy may use while it builds, bytes; its least.
const MEMORY_BYTES: usize = 15_000_000;
const ZSTD_LEVEL: i32 = 3;

/// Takes blocks, gives the section.
pub(super) struct IndexBuilder {
    writer: SingleSegmentIndexWriter,
    files: RamDirectory,
    fields: Fields,
    /// Words of the block at hand; kept for its memory.
    words: HashSet<Vec<u8>, BuildHasherDefault<ByteHasher>>,
    lower: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Fields {
    word: Field,
    term: Field,
}

fn schema() -> (Schema, Fields) {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let options = TextOptions::default().set_indexing_options(indexing);
    let mut schema = Schema::builder();
    let word = schema.add_text_field("word", options.clone());
    let term = schema.add_text_field("term", options);
    (schema.build(), Fields { word, term })
}

impl IndexBuilder {
    pub(super) fn new() -> tantivy::Result<Self> {
        let (schema, fields) = schema();
        let files = RamDirectory::create();
        let settings =
            IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = Index::builder().schema(schema).settings(settings);
        let writer = index.single_segment_index_writer(files.clone(), MEMORY_BYTES)?;
        Ok(Self { writer, files, fields, words: HashSet::default(), lower: Vec::new() })
    }

    /// Adds the next block.
    pub(super) fn block(&mut self, rows: &Rows) -> tantivy::Result<()> {
        let mut document = TantivyDocument::new();
        self.collect_words(rows);
        for word in self.words.drain() {
            document.add_text(self.fields.word, String::from_utf8_lossy(&word));
        }
        for term in terms(rows) {
            document.add_text(self.fields.term, term);
        }
        self.writer.add_document(document)
    }

    fn collect_words(&mut self, rows: &Rows) {
        for row in 0..rows.len() {
            for word in words(rows.message.get(row)).filter(|word| is_indexed(word)) {
                self.lower.clear();
                self.lower.extend(word.bytes().map(|byte| byte.to_ascii_lowercase()));
                if !self.words.contains(&self.lower) {
                    self.words.insert(self.lower.clone());
                }
            }
        }
    }

    /// The section.
    pub(super) fn finish(self) -> tantivy::Result<Vec<u8>> {
        let index = self.writer.finalize()?;
        let mut names = index.directory().list_managed_files();
        names.insert("meta.json".into());
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        let mut section = Vec::new();
        put(&mut section, names.len());
        for name in names {
            let bytes = self.files.open_read(&name)?.read_bytes()?;
            let name = name.to_string_lossy();
            put(&mut section, name.len());
            section.extend_from_slice(name.as_bytes());
            put(&mut section, bytes.len());
            section.extend_from_slice(&bytes);
        }
        Ok(zstd::bulk::compress(&section, ZSTD_LEVEL)?)
    }
}

/// Whether the index knows a word like this one.
fn is_indexed(word: &str) -> bool {
    word.len() <= INDEXED_WORD_BYTES_MAX
        && word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_digit())
}

fn put(section: &mut Vec<u8>, len: usize) {
    section.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}

/// The block's `term` entries.
fn terms(rows: &Rows) -> Vec<String> {
    let mut terms = HashSet::new();
    for origin in &rows.origins {
        let named = [
            ("component", origin.component.as_str()),
            ("instance", &origin.instance),
            ("node", &origin.node),
            ("stream", origin.stream.name()),
        ];
        terms.extend(named.iter().map(|(name, value)| format!("{name}{IS}{value}")));
        terms.insert(format!("source{IS}{}", origin.source));
    }
    let severities: HashSet<_> = rows.severity.iter().collect();
    terms.extend(severities.iter().map(|severity| format!("severity{IS}{severity}")));
    for (name, values) in attributes(rows) {
        terms.insert(format!("{name}{IS_THERE}"));
        if values.is_open {
            terms.insert(format!("{name}{IS_OPEN}"));
        }
        terms.extend(values.indexed.iter().map(|value| format!("{name}{IS}{value}")));
    }
    let mut terms: Vec<_> = terms.into_iter().collect();
    terms.sort_unstable();
    terms
}

#[derive(Default)]
struct Values {
    indexed: HashSet<String>,
    /// There are values besides.
    is_open: bool,
}

fn attributes(rows: &Rows) -> BTreeMap<String, Values> {
    let mut by_name: BTreeMap<String, Values> = BTreeMap::new();
    if rows.attributes.text().is_empty() {
        return by_name;
    }
    for row in 0..rows.len() {
        let text = rows.attributes.get(row);
        let Ok(pairs) = serde_json::from_str::<HashMap<String, &RawValue>>(text) else { continue };
        for (name, value) in pairs {
            by_name.entry(name).or_default().add(value.get());
        }
    }
    by_name
}

impl Values {
    fn add(&mut self, json: &str) {
        let text = if json.starts_with('"') {
            serde_json::from_str::<String>(json).unwrap_or_default()
        } else {
            json.to_owned()
        };
        let fits = text.len() <= INDEXED_VALUE_BYTES_MAX
            && (self.indexed.len() < INDEXED_VALUES_PER_KEY_MAX || self.indexed.contains(&text));
        if fits {
            self.indexed.insert(text);
        } else {
            self.is_open = true;
        }
    }
}

/// A few multiplications; words are short and nobody chooses them to collide within one block for long.
#[derive(Default)]
struct ByteHasher(u64);

impl Hasher for ByteHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 32);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// An index that answers.
pub(super) struct SplitIndex {
    segment: SegmentReader,
    fields: Fields,
    blocks: u32,
}

impl SplitIndex {
    /// Opens the section; `None` when it is not what a builder made of `blocks` blocks.
    pub(super) fn open(section: &[u8], blocks: u32) -> Option<Self> {
        let section = zstd::bulk::decompress(section, INDEX_INFLATED_BYTES_MAX).ok()?;
        let files = unpack(&section)?;
        let index = Index::open(files).ok()?;
        let word = index.schema().get_field("word").ok()?;
        let term = index.schema().get_field("term").ok()?;
        let segment = index.searchable_segments().ok()?.pop()?;
        let segment = SegmentReader::open(&segment).ok()?;
        (segment.max_doc() == blocks).then_some(Self {
            segment,
            fields: Fields { word, term },
            blocks,
        })
    }

    /// The blocks that may hold a row that meets `prune`, rising; `None`: all of them.
    pub(super) fn blocks(&self, prune: &Prune) -> tantivy::Result<Option<Vec<u32>>> {
        match prune {
            Prune::All => Ok(None),
            Prune::None => Ok(Some(Vec::new())),
            Prune::Word(word) if is_indexed(word) => {
                self.postings(self.fields.word, word).map(Some)
            }
            Prune::Word(_) | Prune::Prefix(_) => Ok(None),
            Prune::Equals { field, value } if value.len() <= INDEXED_VALUE_BYTES_MAX => {
                let is = self.postings(self.fields.term, &format!("{field}{IS}{value}"))?;
                let open = self.postings(self.fields.term, &format!("{field}{IS_OPEN}"))?;
                Ok(Some(union(is, &open)))
            }
            Prune::Equals { field, .. } => {
                self.postings(self.fields.term, &format!("{field}{IS_OPEN}")).map(Some)
            }
            Prune::Exists { field } => {
                self.postings(self.fields.term, &format!("{field}{IS_THERE}")).map(Some)
            }
            Prune::And(all) => self.all(all),
            Prune::Or(any) => self.any(any),
        }
    }

    fn all(&self, parts: &[Prune]) -> tantivy::Result<Option<Vec<u32>>> {
        let mut blocks: Option<Vec<u32>> = None;
        for part in parts {
            let Some(of_part) = self.blocks(part)? else { continue };
            blocks = Some(match blocks {
                None => of_part,
                Some(mut known) => {
                    known.retain(|block| of_part.binary_search(block).is_ok());
                    known
                }
            });
        }
        Ok(blocks)
    }

    fn any(&self, parts: &[Prune]) -> tantivy::Result<Option<Vec<u32>>> {
        let mut blocks = Vec::new();
        for part in parts {
            let Some(of_part) = self.blocks(part)? else { return Ok(None) };
            blocks = union(blocks, &of_part);
        }
        Ok(Some(blocks))
    }

    fn postings(&self, field: Field, text: &str) -> tantivy::Result<Vec<u32>> {
        let index: std::sync::Arc<InvertedIndexReader> = self.segment.inverted_index(field)?;
        let term = Term::from_field_text(field, text);
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
            return Ok(Vec::new());
        };
        let mut blocks = Vec::new();
        let mut block = postings.doc();
        while block != TERMINATED && block < self.blocks {
            blocks.push(block);
            block = postings.advance();
        }
        Ok(blocks)
    }
}

fn union(mut one: Vec<u32>, other: &[u32]) -> Vec<u32> {
    one.extend(other);
    one.sort_unstable();
    one.dedup();
    one
}

/// The files of the section, in memory.
fn unpack(section: &[u8]) -> Option<RamDirectory> {
    let directory = RamDirectory::create();
    let mut rest = section;
    let files = take_len(&mut rest)?;
    for _ in 0..files {
        let name_len = take_len(&mut rest)?;
        let name = std::str::from_utf8(rest.split_off(..name_len)?).ok()?;
        let len = take_len(&mut rest)?;
        directory.atomic_write(Path::new(name), rest.split_off(..len)?).ok()?;
    }
    rest.is_empty().then_some(directory)
}

fn take_len(rest: &mut &[u8]) -> Option<usize> {
    let bytes = rest.split_off(..4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}
