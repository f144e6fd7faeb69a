//! The one place that writes to the terminal.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{Write, stderr, stdout},
};

/// Writes a line for people. What others wrote goes through [`visible`] first.
///
/// A reader that went away, as `head` does, is no fault of ours.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Writes a line for programs.
pub(crate) fn json(value: &serde_json::Value) {
    line(format_args!("{value:#}"));
}

/// Writes a line of trouble.
pub(crate) fn error(text: impl Display) {
    let text = text.to_string();
    let _ = writeln!(stderr().lock(), "countersign: {}", visible(&text));
}

/// A text that others wrote, on one line and without power over the terminal.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(c, ' '..='~');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .flat_map(|c| {
            let escaped = (!is_plain(c)).then(|| c.escape_default());
            let plain = is_plain(c).then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_has_no_power_over_the_terminal() {
        assert_eq!(visible("plain 0x1 ~"), "plain 0x1 ~");
        assert_eq!(visible("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\\nb\\u{202e}");
    }
}
