//! Records of which a model knows no template: what a larger one is to be taught.

use nilometer_model::{RowRef, Rows, Timestamp};

use super::super::cut::{Clocks, cut};
use super::model::Model;
use super::phrases::{Phrases, Shelf};

/// Records, no two of one template.
#[derive(Debug, Default)]
pub struct Novel {
    rows: Rows,
    templates: Phrases,
    text_bytes: usize,
}

impl Novel {
    /// Takes in what is new in `rows`, as long as there is room for it.
    pub fn gather(&mut self, model: &Model, rows: &Rows, text_bytes_max: usize) {
        let (mut template, mut spans) = (Vec::new(), Vec::new());
        for row in rows.iter() {
            template.clear();
            spans.clear();
            cut(row.message.as_bytes(), 0, Clocks::Cut, &mut template, &mut spans);
            let is_known = model.find(Shelf::Templates, &template).is_some()
                || self.templates.find(&template).is_some();
            let bytes = row.message.len() + row.attributes.len();
            if is_known || self.text_bytes + bytes > text_bytes_max {
                continue;
            }
            self.templates.push(&template);
            self.text_bytes += bytes;
            // When it was said teaches nothing.
            let time = self.rows.time.first().map_or(row.time, |time| Timestamp(*time));
            self.rows.push(RowRef { time, order_time: time, ..row });
        }
    }

    /// Those that were gathered.
    #[must_use]
    pub fn take(&mut self) -> Rows {
        std::mem::take(self).rows
    }
}
