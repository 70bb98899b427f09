//! Rows by their template, so that what stands in one slot stands together.

/// See the module.
#[derive(Debug)]
pub(super) struct Groups {
    /// All rows: those of the first template, those of the second ...
    rows: Vec<u32>,
    /// Per template where its rows begin, and the end.
    starts: Vec<usize>,
}

impl Groups {
    /// `numbers` says each row's template; all are below `templates`.
    pub(super) fn new(numbers: &[u32], templates: usize) -> Self {
        let mut starts = vec![0; templates + 1];
        for number in numbers {
            starts[*number as usize + 1] += 1;
        }
        for template in 0..templates {
            starts[template + 1] += starts[template];
        }
        let mut free = starts.clone();
        let mut rows = vec![0; numbers.len()];
        for (row, number) in (0_u32..).zip(numbers) {
            let place = &mut free[*number as usize];
            rows[*place] = row;
            *place += 1;
        }
        Self { rows, starts }
    }

    /// The rows of a template, in their order.
    pub(super) fn of(&self, template: usize) -> &[u32] {
        &self.rows[self.starts[template]..self.starts[template + 1]]
    }
}
