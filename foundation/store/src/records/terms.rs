//! A one-segment tantivy index: a document per template with its words, then one per block with its attributes.
//!
//! ```text
//!   section := { files u32 | { name len u32, name, len u32, bytes }* }     compressed as all sections are
//!   word     each distinct lower-cased ASCII word of a template
//!   term     what a block's attributes are (fields.rs)
//! ```
//! Invariants:
//! - document ids are template numbers, and behind the last one block numbers: one writer, one segment;
//! - tantivy never merges, commits or deletes here: the index is bytes in an immutable object.

use std::path::Path;

use nilometer_block::words;
use tantivy::directory::{Directory, RamDirectory};
use tantivy::schema::{
    Field, IndexRecordOption, Schema, TantivyDocument, TextFieldIndexing, TextOptions,
};
use tantivy::{
    DocSet, Index, IndexSettings, SegmentReader, SingleSegmentIndexWriter, TERMINATED, Term,
};

use super::templates::Templates;
use crate::limits::INDEXED_WORD_BYTES_MAX;

/// What tantivy may use while it builds, bytes; its least.
const MEMORY_BYTES: usize = 15_000_000;

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

/// Whether the index knows a word like this one; templates have no words with digits.
pub(super) fn is_indexed(word: &str) -> bool {
    word.len() <= INDEXED_WORD_BYTES_MAX && word.is_ascii()
}

/// The section.
pub(super) fn build(templates: &Templates, blocks: &[Vec<String>]) -> tantivy::Result<Vec<u8>> {
    let (schema, fields) = schema();
    let files = RamDirectory::create();
    let settings =
        IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let index = Index::builder().schema(schema).settings(settings);
    let mut writer = index.single_segment_index_writer(files.clone(), MEMORY_BYTES)?;
    add_templates(&mut writer, fields, templates)?;
    for terms in blocks {
        let mut document = TantivyDocument::new();
        terms.iter().for_each(|term| document.add_text(fields.term, term));
        writer.add_document(document)?;
    }
    let index = writer.finalize()?;
    let mut names = index.directory().list_managed_files();
    names.insert("meta.json".into());
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    let mut section = Vec::new();
    put_len(&mut section, names.len());
    for name in names {
        let bytes = files.open_read(&name)?.read_bytes()?;
        let name = name.to_string_lossy();
        put_len(&mut section, name.len());
        section.extend_from_slice(name.as_bytes());
        put_len(&mut section, bytes.len());
        section.extend_from_slice(&bytes);
    }
    Ok(section)
}

fn add_templates(
    writer: &mut SingleSegmentIndexWriter,
    fields: Fields,
    templates: &Templates,
) -> tantivy::Result<()> {
    let mut found: Vec<&str> = Vec::new();
    for template in (0_u32..).take(templates.len()) {
        let text = std::str::from_utf8(templates.text(template)).unwrap_or_default();
        found.clear();
        found.extend(words(text).filter(|word| is_indexed(word)));
        found.sort_unstable();
        found.dedup();
        let mut document = TantivyDocument::new();
        for word in &found {
            document.add_text(fields.word, word.to_ascii_lowercase());
        }
        writer.add_document(document)?;
    }
    Ok(())
}

fn put_len(section: &mut Vec<u8>, len: usize) {
    section.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}

/// An index that answers.
pub(super) struct Terms {
    segment: SegmentReader,
    fields: Fields,
    templates: u32,
}

impl Terms {
    /// Opens the section; `None` when it is not what a builder made of so many.
    pub(super) fn open(section: &[u8], templates: u32, blocks: u32) -> Option<Self> {
        let index = Index::open(unpack(section)?).ok()?;
        let word = index.schema().get_field("word").ok()?;
        let term = index.schema().get_field("term").ok()?;
        let segment = index.searchable_segments().ok()?.pop()?;
        let segment = SegmentReader::open(&segment).ok()?;
        let fields = Fields { word, term };
        let fits = u64::from(segment.max_doc()) == u64::from(templates) + u64::from(blocks);
        fits.then_some(Self { segment, fields, templates })
    }

    /// The templates with a lower-cased word, rising.
    pub(super) fn templates(&self, word: &str) -> tantivy::Result<Vec<u32>> {
        self.postings(self.fields.word, word)
    }

    /// The blocks with a term, rising.
    pub(super) fn blocks(&self, term: &str) -> tantivy::Result<Vec<u32>> {
        let documents = self.postings(self.fields.term, term)?;
        Ok(documents.iter().filter_map(|document| document.checked_sub(self.templates)).collect())
    }

    fn postings(&self, field: Field, text: &str) -> tantivy::Result<Vec<u32>> {
        let index = self.segment.inverted_index(field)?;
        let term = Term::from_field_text(field, text);
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
            return Ok(Vec::new());
        };
        let mut documents = Vec::new();
        let mut document = postings.doc();
        while document != TERMINATED && document < self.segment.max_doc() {
            documents.push(document);
            document = postings.advance();
        }
        Ok(documents)
    }
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
