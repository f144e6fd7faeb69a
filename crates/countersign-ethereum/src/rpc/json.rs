//! Questions and answers of JSON-RPC 2.0.

use serde::Deserialize;
use serde_json::{Value, json};

/// What a node answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The bytes of the result.
    Data(Vec<u8>),
    /// The call was run, and failed.
    Failed,
    /// The node did not do what was asked.
    Refused(i64),
}

#[derive(Deserialize)]
struct Envelope {
    jsonrpc: String,
    id: Value,
    result: Option<Value>,
    error: Option<NodeError>,
}

#[derive(Deserialize)]
struct NodeError {
    code: i64,
    #[serde(default)]
    message: String,
}

/// The body of a question.
pub(super) fn question(method: &str, params: &Value) -> Vec<u8> {
    let question = json!({"jsonrpc": "2.0", "id": ID, "method": method, "params": params});
    question.to_string().into_bytes()
}

/// Reads an answer whose result is data; `None` if it is no such answer.
pub(super) fn read(body: &[u8]) -> Option<Reply> {
    match envelope(body)? {
        (Some(Value::String(text)), None) => {
            let digits = text.strip_prefix("0x")?;
            hex::decode(digits).ok().map(Reply::Data)
        }
        (None, Some(error)) => Some(match is_of_execution(&error) {
            true => Reply::Failed,
            false => Reply::Refused(error.code),
        }),
        _ => None,
    }
}

/// Reads an answer whose result is a number.
pub(super) fn quantity(body: &[u8]) -> Option<u64> {
    let (Some(Value::String(text)), None) = envelope(body)? else {
        return None;
    };
    let digits = text.strip_prefix("0x")?;
    let is_plain = !digits.starts_with('+');
    is_plain
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}

fn envelope(body: &[u8]) -> Option<(Option<Value>, Option<NodeError>)> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let is_ours = envelope.jsonrpc == "2.0" && envelope.id == ID;
    is_ours.then_some((envelope.result, envelope.error))
}

/// Whether the error is of the call and not of the node. Code 3 says that a contract reverted;
/// where execution fails in other ways there is no common code, only the words of each node.
fn is_of_execution(error: &NodeError) -> bool {
    let words = error.message.to_ascii_lowercase();
    error.code == 3 || EXECUTION_FAILED.iter().any(|known| words.contains(known))
}

const EXECUTION_FAILED: &[&str] = &[
    "revert",
    "out of gas",
    "outofgas",
    "out-of-gas",
    "invalid opcode",
    "invalidfeopcode",
    "opcodenotfound",
    "bad instruction",
    "stack underflow",
    "stackunderflow",
    "stack overflow",
    "stackoverflow",
    "stack limit reached",
    "invalid jump",
    "invalidjump",
    "bad jump destination",
    "return data out of bounds",
    "outofoffset",
    "write protection",
    "statechangeduringstaticcall",
    "vm execution error",
    "evm error",
];

/// One question, one connection: the id tells nothing apart.
const ID: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Option<Reply> {
        read(text.as_bytes())
    }

    #[test]
    fn data_failure_and_refusal_are_told_apart() {
        let data = read_text(r#"{"jsonrpc":"2.0","id":1,"result":"0x1626ba7e"}"#);
        assert_eq!(data, Some(Reply::Data(vec![0x16, 0x26, 0xba, 0x7e])));
        let empty = read_text(r#"{"jsonrpc":"2.0","id":1,"result":"0x"}"#);
        assert_eq!(empty, Some(Reply::Data(vec![])));
        for (code, message, expected) in [
            (3, "execution reverted: GS026", Reply::Failed),
            (-32000, "execution reverted", Reply::Failed),
            (-32000, "out of gas", Reply::Failed),
            (-32003, "EVM error OutOfGas", Reply::Failed),
            (
                -32005,
                "daily request count exceeded",
                Reply::Refused(-32005),
            ),
            (-32000, "missing trie node", Reply::Refused(-32000)),
            (-32601, "the method does not exist", Reply::Refused(-32601)),
        ] {
            let error =
                json!({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}});
            assert_eq!(read_text(&error.to_string()), Some(expected), "{message}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            "429 Too Many Requests",
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":2,"result":"0x"}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":"0x"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"1626"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":true}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"0x","error":{"code":3}}"#,
        ] {
            assert_eq!(read_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_chain_is_a_number_in_hex() {
        let of = |result: &str| {
            quantity(
                json!({"jsonrpc": "2.0", "id": 1, "result": result})
                    .to_string()
                    .as_bytes(),
            )
        };
        assert_eq!(of("0x7a69"), Some(31_337));
        for wrong in ["", "1", "0x", "0x+1", "0x-1", "0x10000000000000000"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
