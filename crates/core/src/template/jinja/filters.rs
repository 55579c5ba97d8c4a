//! The filters that templates may use: an allow-list, each behind a price that is paid before it runs.

#![expect(clippy::needless_pass_by_value, reason = "the engine passes arguments by value")]

use std::{borrow::Cow, sync::OnceLock};

use minijinja::{
    Environment, Error, State, Value, filters as engine,
    value::{Kwargs, Rest, ValueOrKwargs},
};
use minijinja_contrib::filters as contrib;

use super::{
    budget::{self, NODE, charge, out_of_range, refused, settle, weigh},
    environment, json, pad, percent, print, text,
};

/// A filter and what is paid for it.
pub(super) struct Filter {
    pub name: &'static str,
    run: Value,
    price: Price,
}

/// What a filter pays before it runs.
#[derive(Clone, Copy, PartialEq)]
enum Price {
    /// Nothing: it looks at the value without walking it.
    Free,
    /// Some multiple of the written-out size of its operands.
    Times(u64),
}

/// All filters.
pub(super) fn all() -> &'static [Filter] {
    static ALL: OnceLock<Vec<Filter>> = OnceLock::new();
    ALL.get_or_init(build)
}

/// Adds the filters to an environment.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    for filter in all() {
        let guarded = move |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| -> Result<Value, Error> {
            let values = positional(filter.name, values.into_values())?;
            let Price::Times(times) = filter.price else { return filter.run.call(state, &values) };
            let mut weight = 0;
            for value in &values {
                weight += if value.is_undefined() { 0 } else { weigh(value)? };
            }
            charge(weight.saturating_mul(times))?;
            filter.run.call(state, &values).and_then(settle)
        };
        environment.add_filter(filter.name, guarded);
    }
}

/// The names of a filter's arguments, for the filters that take theirs by position only.
fn names(filter: &str) -> &'static [&'static str] {
    match filter {
        "default" | "d" => &["default_value", "boolean"],
        "replace" => &["old", "new", "count"],
        "center" => &["width"],
        "trim" => &["chars"],
        "batch" => &["linecount", "fill_with"],
        "slice" => &["slices", "fill_with"],
        "filesizeformat" => &["binary"],
        _ => &[],
    }
}

/// Puts named arguments into their positions.
fn positional(filter: &str, mut values: Vec<Value>) -> Result<Vec<Value>, Error> {
    let known = names(filter);
    if known.is_empty() || !values.last().is_some_and(Value::is_kwargs) {
        return Ok(values);
    }
    let Some(last) = values.pop() else { return Ok(values) };
    let named = Kwargs::try_from(last)?;
    for name in known.iter().skip(values.len().saturating_sub(1)) {
        // A gap before a later argument keeps its default.
        values.push(named.get::<Option<Value>>(name)?.unwrap_or(Value::UNDEFINED));
    }
    while values.len() > 1 && values.last().is_some_and(Value::is_undefined) {
        values.pop();
    }
    named.assert_all_used()?;
    Ok(values)
}

fn build() -> Vec<Filter> {
    let mut filters = Vec::new();
    let mut add = |name, price, run| filters.push(Filter { name, run, price });
    let free = Price::Free;
    let once = Price::Times(1);
    let built = Price::Times(4);
    let sorted = Price::Times(16);

    let escape = Value::from_function(text::escape);
    let length = Value::from_function(engine::length);
    let default = Value::from_function(engine::default);
    add("default", free, default.clone());
    add("d", free, default);
    add("safe", once, Value::from_function(|value: &Value| value.clone()));
    add("escape", Price::Times(6), escape.clone());
    add("e", Price::Times(6), escape.clone());
    add("forceescape", Price::Times(6), escape);
    add("lower", built, Value::from_function(engine::lower));
    add("upper", built, Value::from_function(engine::upper));
    add("title", built, Value::from_function(text::title));
    add("capitalize", built, Value::from_function(engine::capitalize));
    add("trim", once, Value::from_function(text::trim));
    add("replace", once, Value::from_function(replace));
    add("center", once, Value::from_function(center));
    add("indent", once, Value::from_function(text::indent));
    add("truncate", built, Value::from_function(text::truncate));
    add("wordwrap", built, Value::from_function(text::wordwrap));
    add("wordcount", built, Value::from_function(text::wordcount));
    add("striptags", built, Value::from_function(contrib::striptags));
    add("urlencode", built, Value::from_function(text::urlencode));
    add("format", once, Value::from_function(format));
    add("string", built, Value::from_function(string));
    add("tojson", built, Value::from_function(json::tojson));
    add("pprint", built, Value::from_function(json::pprint));
    add("filesizeformat", once, Value::from_function(contrib::filesizeformat));
    add("length", once, length.clone());
    add("count", once, length);
    add("int", once, Value::from_function(text::int));
    add("float", once, Value::from_function(text::float));
    add("abs", once, Value::from_function(engine::abs));
    add("round", once, Value::from_function(round));
    add("bool", once, Value::from_function(engine::bool));
    add("list", built, Value::from_function(engine::list));
    add("first", once, Value::from_function(engine::first));
    add("last", once, Value::from_function(engine::last));
    add("reverse", built, Value::from_function(engine::reverse));
    add("join", once, Value::from_function(join));
    add("split", built, Value::from_function(engine::split));
    add("lines", built, Value::from_function(engine::lines));
    add("batch", built, Value::from_function(batch));
    add("slice", built, Value::from_function(slice));
    add("sort", sorted, Value::from_function(engine::sort));
    add("unique", sorted, Value::from_function(engine::unique));
    add("groupby", sorted, Value::from_function(engine::groupby));
    add("dictsort", sorted, Value::from_function(engine::dictsort));
    add("min", built, Value::from_function(engine::min));
    add("max", built, Value::from_function(engine::max));
    add("sum", built, Value::from_function(engine::sum));
    add("items", built, Value::from_function(engine::items));
    add("map", built, Value::from_function(engine::map));
    add("select", built, Value::from_function(engine::select));
    add("reject", built, Value::from_function(engine::reject));
    add("selectattr", built, Value::from_function(engine::selectattr));
    add("rejectattr", built, Value::from_function(engine::rejectattr));
    add("zip", built, Value::from_function(engine::zip));
    filters
}

/// Replaces up to `count` times, after paying for the result.
pub(super) fn replace_bounded(text: &str, old: &str, new: &str, count: usize) -> Result<String, Error> {
    let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    let times = found.min(count);
    charge((text.len() as u64).saturating_add((times as u64).saturating_mul(new.len() as u64)))?;
    Ok(text.replacen(old, new, times))
}

fn replace(
    text: Cow<'_, str>,
    old: Cow<'_, str>,
    new: Cow<'_, str>,
    count: Option<i64>,
) -> Result<String, Error> {
    let count = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    replace_bounded(&text, &old, &new, count)
}

fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    environment::defined(state, value)?;
    Ok(Value::from(print::text(value)))
}

fn center(text: Cow<'_, str>, width: Option<i64>) -> Result<String, Error> {
    // The filter puts the odd blank to the right; Python's method, which it calls, decides by the width.
    pad::to("center", &text, width.unwrap_or(80), " ", pad::Side::Both)
}

fn format(state: &mut State<'_, '_>, text: &Value, values: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let Some(format) = text.as_str() else { return Err(refused("format: the format must be a text")) };
    let values = values.into_values();
    percent::price(format, &values)?;
    let arguments: Vec<_> = std::iter::once(text.clone()).chain(values).collect();
    Value::from_function(engine::format).call(state, &arguments)
}

fn round(value: Value, precision: Option<i32>, method: Option<&str>, named: Kwargs) -> Result<Value, Error> {
    let precision = precision.or(named.get("precision")?);
    if precision.is_some_and(|digits| !(-30..=30).contains(&digits)) {
        return Err(out_of_range("round", "the precision must be between -30 and 30"));
    }
    engine::round(value, precision, method, named)
}

fn join(
    state: &mut State<'_, '_>,
    value: &Value,
    separator: Option<Cow<'_, str>>,
    attribute: Option<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    environment::defined(state, value)?;
    let separator = match named.get::<Option<Cow<'_, str>>>("d")? {
        Some(separator) => separator,
        None => separator.unwrap_or_default(),
    };
    let attribute = attribute.or(named.get::<Option<Value>>("attribute")?);
    named.assert_all_used()?;
    let mut joined = String::new();
    for (index, item) in value.try_iter()?.checked().enumerate() {
        let mut item = item?;
        if let Some(attribute) = &attribute {
            item = attribute_of(&item, attribute)?;
        }
        environment::defined(state, &item)?;
        charge(separator.len() as u64 + weigh(&item)?)?;
        if index > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(&print::text(&item));
    }
    Ok(Value::from(joined))
}

fn attribute_of(item: &Value, attribute: &Value) -> Result<Value, Error> {
    match attribute.as_str() {
        Some(path) => path.split('.').try_fold(item.clone(), |value, step| match step.parse::<usize>() {
            Ok(index) => value.get_item_by_index(index),
            Err(_) => value.get_attr(step),
        }),
        None => item.get_item(attribute),
    }
}

fn pieces(name: &str, count: i64) -> Result<usize, Error> {
    let limit = budget::range_limit();
    match usize::try_from(count) {
        Ok(count) if (1..=limit).contains(&count) => Ok(count),
        _ => Err(out_of_range(name, format!("the count must be between 1 and {limit}"))),
    }
}

fn batch(state: &mut State<'_, '_>, value: Value, count: i64, fill: Option<Value>) -> Result<Value, Error> {
    let count = pieces("batch", count)?;
    if let Some(fill) = &fill {
        charge((count as u64).saturating_mul(weigh(fill)?))?;
    }
    charge(count as u64 * NODE)?;
    engine::batch(state, value, count, fill)
}

fn slice(state: &mut State<'_, '_>, value: Value, count: i64, fill: Option<Value>) -> Result<Value, Error> {
    let count = pieces("slice", count)?;
    if let Some(fill) = &fill {
        charge((count as u64).saturating_mul(weigh(fill)?))?;
    }
    charge(count as u64 * NODE * 2)?;
    engine::slice(state, value, count, fill)
}
