//! Rows: aligned under headings on a terminal, separated by tabs otherwise.

use super::{Printer, clean_line};
use crate::error::Result;

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; control characters are taken out.
    pub(crate) fn row<I: IntoIterator<Item = S>, S: AsRef<str>>(&mut self, cells: I) {
        self.rows.push(cells.into_iter().map(|cell| clean_line(cell.as_ref())).collect());
    }

    fn aligned(&self, color: bool) -> String {
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| heading.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: Vec<&str>| {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
            }
            line.trim_end().to_owned()
        };
        let heading = line(self.headings.clone());
        let mut text = if color { format!("\u{1b}[1m{heading}\u{1b}[0m\n") } else { format!("{heading}\n") };
        for row in &self.rows {
            text.push_str(&line(row.iter().map(String::as_str).collect()));
            text.push('\n');
        }
        text
    }
}

impl Printer {
    /// Prints a table.
    pub(crate) fn table(&self, table: &Table) -> Result {
        if self.terminal {
            return super::raw(&table.aligned(self.color));
        }
        for row in &table.rows {
            self.line(row.join("\t"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "V"]);
        table.row(["greeting", "1.0.0"]);
        table.row(["a\u{1b}[2J", "2"]);
        assert_eq!(table.aligned(false), "NAME      V\ngreeting  1.0.0\na[2J      2\n");
    }
}
