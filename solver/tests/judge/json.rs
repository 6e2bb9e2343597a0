//! JSON with the text of its numbers, so that each is the number that was printed.

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

static NULL: Json = Json::Null;

impl std::ops::Index<&str> for Json {
    type Output = Json;

    fn index(&self, key: &str) -> &Json {
        match self {
            Json::Object(entries) => entries.iter().find(|(name, _)| name == key).map_or(&NULL, |(_, value)| value),
            _ => &NULL,
        }
    }
}

impl Json {
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn bool(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn array(&self) -> &[Json] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    pub fn entries(&self) -> &[(String, Json)] {
        match self {
            Json::Object(entries) => entries,
            _ => &[],
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }

    /// The text of a number, or of a text that may spell one.
    pub fn spelling(&self) -> Option<&str> {
        match self {
            Json::Number(text) | Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn count(&self) -> Option<usize> {
        self.spelling()?.parse().ok()
    }

    /// The value at a key of an object, for planting lies.
    pub fn at(&mut self, key: &str) -> &mut Json {
        match self {
            Json::Object(entries) => &mut entries.iter_mut().find(|(name, _)| name == key).expect("the key").1,
            Json::Array(items) => &mut items[key.parse::<usize>().expect("an index")],
            _ => panic!("nothing has a `{key}`"),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
}

/// Reads one value and nothing behind it.
pub fn read(text: &str) -> Result<Json, String> {
    let mut reader = Reader { text: text.trim() };
    let value = reader.value()?;
    let rest = reader.text.trim();
    if rest.is_empty() { Ok(value) } else { Err(format!("more behind the value: {rest:.40}")) }
}

impl Reader<'_> {
    fn skip(&mut self, token: &str) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(token);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.skip(token) { Ok(()) } else { Err(format!("`{token}` is missing before {:.40}", self.text)) }
    }

    fn value(&mut self) -> Result<Json, String> {
        self.text = self.text.trim_start();
        for (token, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))] {
            if self.skip(token) {
                return Ok(value);
            }
        }
        if self.text.starts_with('"') {
            return Ok(Json::Text(self.quoted()?));
        }
        if self.skip("[") {
            let mut items = Vec::new();
            while !self.skip("]") {
                if !items.is_empty() {
                    self.expect(",")?;
                }
                items.push(self.value()?);
            }
            return Ok(Json::Array(items));
        }
        if self.skip("{") {
            let mut entries: Vec<(String, Json)> = Vec::new();
            while !self.skip("}") {
                if !entries.is_empty() {
                    self.expect(",")?;
                }
                self.text = self.text.trim_start();
                let key = self.quoted()?;
                if entries.iter().any(|(name, _)| *name == key) {
                    return Err(format!("the key \"{key}\" twice"));
                }
                self.expect(":")?;
                entries.push((key, self.value()?));
            }
            return Ok(Json::Object(entries));
        }
        let end = self.text.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(self.text.len());
        let (number, rest) = self.text.split_at(end);
        if super::number::parse(number).is_none() {
            return Err(format!("no value: {:.40}", self.text));
        }
        self.text = rest;
        Ok(Json::Number(number.to_owned()))
    }

    fn quoted(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut result = String::new();
        let mut chars = self.text.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.text = &self.text[at + 1..];
                    return Ok(result);
                }
                '\\' => match chars.next().ok_or("a text without an end")?.1 {
                    'n' => result.push('\n'),
                    't' => result.push('\t'),
                    'r' => result.push('\r'),
                    'b' => result.push('\u{8}'),
                    'f' => result.push('\u{c}'),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).map_err(|_| "a code")?;
                        result.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    c => result.push(c),
                },
                c => result.push(c),
            }
        }
        Err("a text without an end".to_owned())
    }
}
