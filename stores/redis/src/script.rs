//! Scripts: sent by their digest, in full only where a node does not know them yet.

use redis::{Cmd, Script};

/// A script.
pub(crate) struct Lua {
    text: String,
    script: Script,
}

/// Keys and arguments of one call.
pub(crate) struct Call<'a> {
    pub(crate) keys: &'a [&'a str],
    pub(crate) arguments: &'a [&'a [u8]],
}

impl Lua {
    /// Out of parts, one after the other.
    pub(crate) fn new(parts: &[&str]) -> Self {
        let text = parts.concat();
        let script = Script::new(&text);
        Self { text, script }
    }

    pub(crate) fn by_digest(&self, call: &Call<'_>) -> Cmd {
        call.command("EVALSHA", self.script.get_hash())
    }

    pub(crate) fn in_full(&self, call: &Call<'_>) -> Cmd {
        call.command("EVAL", &self.text)
    }
}

impl Call<'_> {
    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        for key in self.keys {
            command.arg(*key);
        }
        for argument in self.arguments {
            command.arg(*argument);
        }
        command
    }
}
