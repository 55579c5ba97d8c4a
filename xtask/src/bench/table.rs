//! The table of results.

use std::fmt;

use super::figures::Figure;

/// Measured values, each with its goal.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Row {
    /// As the list of goals calls it.
    id: &'static str,
    what: String,
    figure: Figure,
    unit: &'static str,
    goal: Option<Goal>,
}

#[derive(Clone, Copy, Debug)]
struct Goal {
    sign: char,
    value: f64,
    /// What we would like better still.
    stretch: Option<f64>,
}

impl Row {
    /// A value that is only told.
    pub(super) fn new(
        id: &'static str,
        unit: &'static str,
        what: impl Into<String>,
        figure: impl Into<Figure>,
    ) -> Self {
        Self { id, what: what.into(), figure: figure.into(), unit, goal: None }
    }

    /// It should not be above this.
    pub(super) fn at_most(self, value: f64) -> Self {
        Self { goal: Some(Goal { sign: '≤', value, stretch: None }), ..self }
    }

    /// It should not be below this.
    pub(super) fn at_least(self, value: f64) -> Self {
        Self { goal: Some(Goal { sign: '≥', value, stretch: None }), ..self }
    }

    /// What we would like better still.
    pub(super) fn stretch(self, value: f64) -> Self {
        Self { goal: self.goal.map(|goal| Goal { stretch: Some(value), ..goal }), ..self }
    }

    /// A value that could not be measured is not a number, and not met.
    fn is_met(&self) -> bool {
        self.goal.is_none_or(|goal| match goal.sign {
            '≤' => self.figure.median <= goal.value,
            _ => self.figure.median >= goal.value,
        })
    }

    fn value(&self) -> String {
        let (Self { unit, .. }, Figure { median, quartiles }) = (self, self.figure);
        let places = if median >= 1000.0 { 0 } else { 2 };
        match quartiles {
            _ if median.is_nan() => "failed".to_owned(),
            Some((low, high)) => format!("{median:.places$} {unit} [{low:.places$}, {high:.places$}]"),
            None => format!("{median:.places$} {unit}"),
        }
    }

    fn goal(&self) -> String {
        let Some(Goal { sign, value, stretch }) = self.goal else { return String::new() };
        let stretch = stretch.map(|stretch| format!("; {stretch}")).unwrap_or_default();
        format!("{sign} {value}{stretch} {}", self.unit)
    }

    fn verdict(&self) -> &'static str {
        match (self.goal, self.is_met()) {
            (None, _) => "",
            (Some(_), true) => "met",
            (Some(_), false) => "**not met**",
        }
    }
}

impl Table {
    /// Adds a value, and shows it right away.
    pub(super) fn add(&mut self, row: Row) {
        let Row { id, what, .. } = &row;
        println!("{id:3} {what}: {}  {}  {}", row.value(), row.goal(), row.verdict());
        self.rows.push(row);
    }

    /// What is not as good as it should be.
    pub(super) fn missed(&self) -> impl Iterator<Item = String> {
        self.rows.iter().filter(|row| !row.is_met()).map(|row| format!("{} {}", row.id, row.what))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | what | value | goal; stretch | |\n|---|---|---|---|---|")?;
        for row in &self.rows {
            let Row { id, what, .. } = row;
            writeln!(f, "| {id} | {what} | {} | {} | {} |", row.value(), row.goal(), row.verdict())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_beyond_its_goal_or_not_measured_fails() {
        for (value, low, high) in
            [(1.0, false, true), (2.0, true, true), (2.1, true, false), (f64::NAN, false, false)]
        {
            for (row, met) in [
                (Row::new("F1", "ms", "this", value).at_least(2.0), low),
                (Row::new("F1", "ms", "this", value).at_most(2.0), high),
            ] {
                let table = Table { rows: vec![row] };
                assert_eq!(table.missed().next().is_none(), met, "{value}");
                assert_eq!(table.to_string().contains("not met"), !met, "{value}");
            }
        }
    }

    #[test]
    fn a_row_shows_value_quartiles_goal_and_stretch() {
        let row = Row::new("D1", "×", "this", Figure::of([0.9, 0.8, 1.0])).at_least(0.85).stretch(1.0);
        let table = Table { rows: vec![row] }.to_string();
        assert!(table.ends_with("| D1 | this | 0.90 × [0.80, 1.00] | ≥ 0.85; 1 × | met |\n"), "{table}");
    }
}
