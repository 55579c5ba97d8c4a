//! Maps as a template gets them.

use std::sync::Arc;

use minijinja::{
    Value,
    value::{Enumerator, Object, ObjectExt as _},
};

/// Fields that are looked through one after the other: among more a hash pays, and below it costs more than it saves.
const FEW: usize = 12;

/// A map of few fields, in their order. Each name stands there once.
#[derive(Debug)]
struct Fields(Box<[(Value, Value)]>);

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == Some(key));
        found.map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_key_value_enumerator(|fields| Box::new(fields.0.iter().cloned()))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A map with these fields, whose names are texts. Of two with the same name the later counts.
pub(crate) fn map(fields: Vec<(Value, Value)>) -> Value {
    let is_twice = |(place, (name, _)): (usize, &(Value, Value))| {
        fields[..place].iter().any(|(earlier, _)| earlier.as_str() == name.as_str())
    };
    if fields.len() <= FEW && !fields.iter().enumerate().any(is_twice) {
        return Value::from_object(Fields(fields.into()));
    }
    Value::from_pairs(fields)
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, context};
    use proptest::prelude::*;

    use super::*;

    /// Everything a template can do with a map.
    const ASKED: &str = "{{ m }} {{ m|length }} {{ m.a }} {{ m['b'] }} {{ m.zz is undefined }} {{ 'a' in m }} \
        {% for key in m %}{{ key }},{% endfor %} {% for key, value in m|items %}{{ key }}={{ value }};{% endfor %} \
        {{ m|tojson }} {{ m|dictsort }} {{ m is mapping }} {{ m == same }} {{ same == m }} {{ m != other }} \
        {{ [m]|map(attribute='a')|list }} {{ m|list }} {{ m|first }} {% if m %}yes{% else %}no{% endif %} {{ m|string }} \
        {{ [m, m]|unique|list|length }} {{ dict(m, zz=1) }} {{ m|pprint }} {{ m[0] is undefined }}";

    proptest! {
        #[test]
        fn a_map_of_few_fields_is_to_a_template_what_any_map_is(
            fields in prop::collection::vec(("[a-e]{0,2}", any::<i8>()), 0..20)
        ) {
            let fields: Vec<(Value, Value)> =
                fields.iter().map(|(name, value)| (Value::from(name), Value::from(*value))).collect();
            let plain = Value::from_pairs(fields.clone());
            let ours = map(fields);
            let environment = Environment::new();
            let other = Value::from_pairs([(Value::from("q"), Value::from(1))]);
            let seen = |m: &Value, same: &Value| {
                environment.render_str(ASKED, context! { m, same, other => other.clone() }).map_err(|error| error.to_string())
            };
            let expected = seen(&plain, &plain);
            prop_assert!(expected.is_ok(), "{:?}", expected);
            prop_assert_eq!(seen(&ours, &plain), expected);
            prop_assert_eq!(serde_json::to_value(&ours).unwrap(), serde_json::to_value(&plain).unwrap());
            prop_assert_eq!(ours.kind(), plain.kind());
            prop_assert_eq!(ours.len(), plain.len());
            prop_assert_eq!(ours.cmp(&plain), std::cmp::Ordering::Equal);
        }
    }
}
