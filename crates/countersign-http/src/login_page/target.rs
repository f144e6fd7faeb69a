//! Where a page may go on to: a path of its own site, and nothing that a browser reads as another.

use std::borrow::Cow;

/// The first value of a parameter in a query, decoded as a form is.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| *key == name)?.1;
    decode(value)
}

/// The value of a parameter, if it is a path of this site.
pub(super) fn path_in(query: &str, name: &str) -> Option<String> {
    let value = parameter(query, name)?;
    is_own_path(&value).then(|| value.into_owned())
}

/// Whether a browser stays on this site when it follows the text: an absolute path of visible
/// ASCII, without what browsers read as a slash or skip.
pub(super) fn is_own_path(text: &str) -> bool {
    let mut bytes = text.bytes();
    let begins = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    begins
        && text.len() <= LONGEST_PATH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>'))
}

/// Percent-decoding, with `+` for a space. `None` for what is no UTF-8 or ends in half a code.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

const LONGEST_PATH: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_site_is_kept_with_its_query() {
        let query = "again=1&return_to=%2Fauth%2Fauthorize%3Fclient_id%3Da%26state%3D%2525";
        let path = path_in(query, "return_to").unwrap();
        assert_eq!(path, "/auth/authorize?client_id=a&state=%25");
    }

    #[test]
    fn whatever_a_browser_reads_as_another_site_is_no_path() {
        for text in [
            "//evil.example",
            "/%5Cevil.example",
            "/%09/evil.example",
            "%2F%2Fevil.example",
            "https%3A%2F%2Fevil.example",
            "https:evil.example",
            "javascript%3Aalert(1)",
            "evil",
            "",
            "%",
            "/%2",
            "/%0d%0aSet-Cookie:a=b",
            "/%C3%A9",
            "/%FF",
            "/a+b",
        ] {
            assert_eq!(path_in(&format!("return_to={text}"), "return_to"), None);
        }
    }
}
