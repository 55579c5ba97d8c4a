//! Figures: medians of several, with the quartiles that say how far to trust them.

use crate::steps::Result;

/// A median, and between which values half of what was measured lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) median: f64,
    /// Unless it was measured once.
    pub(super) quartiles: Option<(f64, f64)>,
}

impl Figure {
    /// Of all these values.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let count = values.len();
        let quartiles = (count > 1).then(|| (at(count / 4), at(count * 3 / 4)));
        Self { median: at(count / 2), quartiles }
    }
}

impl From<f64> for Figure {
    fn from(median: f64) -> Self {
        Self { median, quartiles: None }
    }
}

/// What two things gave in turns.
pub(super) struct Pairs<T>(Vec<(T, T)>);

impl<T> Pairs<T> {
    /// Measures both so many times: A B, then B A, so that what changes slowly hits both alike.
    pub(super) fn measure(
        turns: usize,
        mut ours: impl FnMut() -> Result<T>,
        mut theirs: impl FnMut() -> Result<T>,
    ) -> Result<Self> {
        let mut pairs = Vec::with_capacity(turns);
        for turn in 0..turns {
            pairs.push(if turn % 2 == 0 {
                let first = ours()?;
                (first, theirs()?)
            } else {
                let first = theirs()?;
                (ours()?, first)
            });
        }
        Ok(Self(pairs))
    }

    /// Ours divided by theirs, pair by pair.
    pub(super) fn ratio(&self, value: impl Fn(&T) -> f64) -> Figure {
        Figure::of(self.0.iter().map(|(ours, theirs)| value(ours) / value(theirs)))
    }

    /// Ours.
    pub(super) fn ours(&self, value: impl Fn(&T) -> f64) -> Figure {
        Figure::of(self.0.iter().map(|(ours, _)| value(ours)))
    }

    /// Theirs.
    pub(super) fn theirs(&self, value: impl Fn(&T) -> f64) -> Figure {
        Figure::of(self.0.iter().map(|(_, theirs)| value(theirs)))
    }
}

/// The value of a line `name value`, as the load generators print.
pub(super) fn field(output: &str, name: &str) -> Result<f64> {
    let value = output.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(value.ok_or_else(|| format!("no `{name}` in `{output}`"))?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_with_its_quartiles() {
        let figure = Figure::of([5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(figure, Figure { median: 3.0, quartiles: Some((2.0, 4.0)) });
        assert!(Figure::of([]).median.is_nan());
    }

    #[test]
    fn turns_alternate() {
        let order = std::cell::RefCell::new(String::new());
        let note = |who: char, value: f64| {
            order.borrow_mut().push(who);
            Ok(value)
        };
        let pairs = Pairs::measure(3, || note('A', 6.0), || note('B', 3.0)).unwrap();
        assert_eq!(*order.borrow(), "ABBAAB");
        assert_eq!(pairs.ratio(|value| *value), Figure { median: 2.0, quartiles: Some((2.0, 2.0)) });
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        assert_eq!(field("p50_us 2\np50 1.5", "p50").unwrap().to_string(), "1.5");
        assert!(field("p50_us 2", "p50").is_err());
    }
}
