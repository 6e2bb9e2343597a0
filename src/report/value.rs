//! Values as machines read them. Bounds carry their direction, so that no way to write them can turn a bound into none.

use super::number::{json_exact, json_lower, json_upper};
use deltasat::exact::Rational;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// A value of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// not known, or not finite
    #[default]
    Null,
    /// yes or no
    Bool(bool),
    /// a number of things
    Count(u64),
    /// a double as it is
    Double(f64),
    /// a lower bound; written as a decimal that is at most the number
    Lower(f64),
    /// an upper bound; written as a decimal that is at least the number
    Upper(f64),
    /// an exact number
    Exact(Rational),
    /// a name or a word
    Text(String),
    /// several values
    List(Vec<Value>),
    /// values by name
    Object(Members),
}

/// Values by name, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(Cow<'static, str>, Value)>);

impl Members {
    /// No members yet.
    pub fn new() -> Members {
        Members::default()
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Members {
        self.0.push((key.into(), value.into()));
        self
    }

    /// With one more member, where there is a value.
    #[must_use]
    pub fn maybe(self, key: &'static str, value: Option<impl Into<Value>>) -> Members {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// With all members of another list.
    #[must_use]
    pub fn and(mut self, others: Members) -> Members {
        self.0.extend(others.0);
        self
    }

    /// All members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The value of a name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

impl Value {
    /// Several values.
    pub fn list<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
        Value::List(values.into_iter().map(Into::into).collect())
    }

    /// `[lower, upper]`: two bounds.
    pub fn bounds((lower, upper): (f64, f64)) -> Value {
        Value::List(vec![Value::Lower(lower), Value::Upper(upper)])
    }

    /// The exact coordinates of a point.
    pub fn point(point: &[Rational]) -> Value {
        Value::list(point)
    }

    /// `[lower, upper]`: the exact ends of an interval.
    pub fn interval((lower, upper): &(Rational, Rational)) -> Value {
        Value::list([lower, upper])
    }

    /// The exact ends of the sides of a box.
    pub fn sides(sides: &[(Rational, Rational)]) -> Value {
        Value::List(sides.iter().map(Value::interval).collect())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(yes) => serializer.serialize_bool(*yes),
            Value::Count(n) => serializer.serialize_u64(*n),
            Value::Double(x) => serializer.serialize_f64(*x),
            Value::Lower(x) => json_lower(*x).serialize(serializer),
            Value::Upper(x) => json_upper(*x).serialize(serializer),
            Value::Exact(x) => json_exact(x).serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(values) => serializer.collect_seq(values),
            Value::Object(members) => members.serialize(serializer),
        }
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

macro_rules! values {
    ($($from:ty => |$name:ident| $to:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from($name: $from) -> Value {
                $to
            }
        })*
    };
}

values! {
    bool => |yes| Value::Bool(yes),
    u64 => |n| Value::Count(n),
    u32 => |n| Value::Count(n.into()),
    usize => |n| Value::Count(n as u64),
    i64 => |n| Value::Exact(Rational::from_integer(n.into())),
    f64 => |x| Value::Double(x),
    &Rational => |x| Value::Exact(x.clone()),
    Rational => |x| Value::Exact(x),
    &str => |text| Value::Text(text.to_owned()),
    String => |text| Value::Text(text),
    &String => |text| Value::Text(text.clone()),
    Members => |members| Value::Object(members),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Value {
        Value::list(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_and_bounds_stay_bounds() {
        let third = 1.0 / 3.0;
        let members = Members::new()
            .with("bounds", Value::bounds((third, f64::INFINITY)))
            .with("exact", Rational::new(1.into(), 3.into()))
            .with("none", None::<u64>)
            .maybe("left out", None::<u64>)
            .with("names", vec!["a\"b", "c"])
            .with("inner", Members::new().with("yes", true).with("n", 7usize));
        let text = serde_json::to_string(&members).unwrap();
        let expected = "{\"bounds\":[LOW,null],\"exact\":\"1/3\",\"none\":null,\"names\":[\"a\\\"b\",\"c\"],\"inner\":{\"yes\":true,\
                        \"n\":7}}";
        assert_eq!(text, expected.replace("LOW", json_lower(third).get()));
        assert_eq!(members.get("names"), Some(&Value::list(["a\"b", "c"])));
    }
}
