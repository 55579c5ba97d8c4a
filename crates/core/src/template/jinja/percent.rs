//! Python's `'%.2f' % x`.

use minijinja::{
    Error, Value,
    formatting::{self, FormatStyle},
};

use super::budget::{charge, out_of_range, weigh};

/// The widest field and the most digits a format may ask for.
const WIDEST: u64 = 1_000;

/// Formats like Python's `%` operator: a tuple gives several values, anything else one.
pub(super) fn format(text: &str, value: &Value) -> Result<String, Error> {
    let values: Vec<Value> = if value.is_tuple() { value.try_iter()?.collect() } else { vec![value.clone()] };
    price(text, &values)?;
    formatting::format(FormatStyle::Printf, text, &values)
}

/// Pays for a format string and its values, and refuses fields too wide.
pub(super) fn price(text: &str, values: &[Value]) -> Result<(), Error> {
    let mut bytes = text.len() as u64;
    for field in text.split('%').skip(1) {
        let spec: String = field
            .chars()
            .skip_while(|c| *c == '(')
            .take_while(|c| c.is_ascii_digit() || "+- #.*".contains(*c))
            .collect();
        if spec.contains('*') {
            return Err(out_of_range("format", "`*` as a width is not available"));
        }
        for digits in spec.split(|c: char| !c.is_ascii_digit()) {
            let width = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) };
            if width > WIDEST {
                return Err(out_of_range("format", format!("a field may be at most {WIDEST} wide")));
            }
            bytes += width;
        }
    }
    let heaviest = values.iter().map(weigh).sum::<Result<u64, _>>()?;
    let fields = text.matches('%').count() as u64;
    charge(bytes.saturating_add(heaviest.saturating_mul(fields.max(1))))
}
