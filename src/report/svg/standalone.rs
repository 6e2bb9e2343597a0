//! A picture in a file of its own: the colours of the style become attributes of the elements, since many programs that show
//! SVG know neither variables nor media queries. They are those of light paper.

use super::STYLE;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A rule of the style: an element's name or its classes, and what they look like.
struct Rule {
    element: &'static str,
    classes: Vec<&'static str>,
    looks: Vec<(&'static str, String)>,
}

/// The rules of the style, in their order, with all variables replaced.
fn rules() -> Vec<Rule> {
    let declared = |text: &'static str| text.split(';').filter_map(|part| part.split_once(':'));
    let blocks = || STYLE.split('}').filter_map(|block| block.split_once('{'));
    let variables: BTreeMap<&str, &str> = blocks()
        .find(|(selector, _)| selector.trim() == ".chart")
        .into_iter()
        .flat_map(|(_, looks)| declared(looks))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let resolved = |value: &'static str| match value.trim().strip_prefix("var(").and_then(|v| v.strip_suffix(')')) {
        Some(name) => variables.get(name).copied().unwrap_or("none").to_owned(),
        None => value.trim().trim_end_matches("px").to_owned(),
    };
    let rule = |(selector, looks): (&'static str, &'static str)| {
        let selector = selector.trim().strip_prefix(".chart ")?;
        let looks = declared(looks).map(|(name, value)| (name.trim(), resolved(value))).collect();
        let mut parts = selector.split('.');
        Some(Rule { element: parts.next().unwrap_or_default(), classes: parts.collect(), looks })
    };
    blocks().filter_map(rule).collect()
}

/// The same picture with the looks of each element among its attributes.
pub(super) fn styled(picture: &str) -> String {
    let rules = rules();
    let mut out = String::with_capacity(2 * picture.len());
    let mut parts = picture.split('<');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push('<');
        // text and attributes are escaped, so the first > ends the tag
        let Some((tag, rest)) = part.split_once('>') else {
            out.push_str(part);
            continue;
        };
        let (open, end) = tag.strip_suffix('/').map_or((tag, ""), |open| (open, "/"));
        out.push_str(open);
        let element = open.split(' ').next().unwrap_or_default();
        let classes = open.split_once(" class=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or_default());
        let classes: Vec<&str> = classes.split(' ').collect();
        let mut looks = BTreeMap::new();
        for rule in &rules {
            let named = rule.element.is_empty() || rule.element == element;
            if named && rule.classes.iter().all(|class| classes.contains(class)) {
                looks.extend(rule.looks.iter().map(|(name, value)| (*name, value.as_str())));
            }
        }
        for (name, value) in looks {
            // writing to a string cannot fail
            let _ = write!(out, " {name}=\"{value}\"");
        }
        out.extend([end, ">", rest]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_attributes() {
        let plain = "<svg class=\"chart\"><path class=\"region can\" d=\"M0 0\"/><text class=\"end\" x=\"1\">a &gt; b</text></svg>";
        let styled = styled(plain);
        assert!(
            styled.contains("<path class=\"region can\" d=\"M0 0\" fill=\"url(#hatch-can)\" stroke=\"#565656\""),
            "{styled}"
        );
        assert!(
            styled.contains("<text class=\"end\" x=\"1\" fill=\"#1a1a1a\" text-anchor=\"end\">a &gt; b</text>"),
            "{styled}"
        );
        assert!(rules().iter().all(|rule| rule.looks.iter().all(|(_, value)| !value.contains("var("))));
    }
}
