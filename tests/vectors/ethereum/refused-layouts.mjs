// Texts that are not laid out as ERC-4361 says: around the fields, between them, and in the statement. Each is signed
// as it stands, so that its signature is good and the text is the only fault.

import { ALICE, EVERY_OPTIONAL_FIELD, SERVER, append, dropLine, fieldsFor, swap } from "./workbench.mjs";

const malformedText = (fields) => (row, name, ...edits) => ({ name, row, expect: "message_malformed", fields, edits });
const malformed = malformedText(EVERY_OPTIONAL_FIELD);
const malformedPlain = malformedText({});
const malformedBare = malformedText({ statement: null });

const STATEMENT = EVERY_OPTIONAL_FIELD.statement;
const withStatement = (text) => swap(`\n\n${STATEMENT}\n\n`, `\n\n${text}\n\n`);
const beforeLine = (label, addition) => swap(`\n${label}`, `\n${addition}\n${label}`);

const surroundings = [
  malformed("M1", "byte_order_mark_before_the_text", (text) => `\ufeff${text}`),
  malformed("M1", "space_before_the_text", (text) => ` ${text}`),
  malformed("M1", "line_feed_before_the_text", (text) => `\n${text}`),
  malformed("M1", "line_feed_after_the_last_resource", append("\n")),
  malformed("M1", "two_line_feeds_after_the_last_resource", append("\n\n")),
  malformedPlain("M1", "line_feed_after_issued_at", append("\n")),
  malformed(
    "M1",
    "line_feed_after_an_empty_list_of_resources",
    swap(listOf(EVERY_OPTIONAL_FIELD.resources), "\nResources:\n"),
  ),
  malformed("M1", "space_after_the_last_resource", append(" ")),
  malformedPlain("M1", "space_after_issued_at", append(" ")),
  malformedPlain("M1", "tab_after_issued_at", append("\t")),
  malformedPlain("M1", "nul_after_issued_at", append("\u0000")),
  malformed("M1", "words_after_the_last_resource", append("\nand so on")),
  malformed("M1", "blank_line_between_two_fields", swap("\nVersion: ", "\n\nVersion: ")),
  malformed("M1", "blank_line_too_many_before_the_statement", swap(`\n\n${STATEMENT}`, `\n\n\n${STATEMENT}`)),
  malformed("M1", "blank_line_too_many_after_the_statement", swap(`${STATEMENT}\n\n`, `${STATEMENT}\n\n\n`)),
  malformed("M1", "blank_line_missing_before_the_statement", swap(`\n\n${STATEMENT}`, `\n${STATEMENT}`)),
  malformed("M1", "blank_line_missing_after_the_statement", swap(`${STATEMENT}\n\n`, `${STATEMENT}\n`)),
  malformedBare("M1", "one_blank_line_where_two_stand_for_no_statement", swap("\n\n\nURI: ", "\n\nURI: ")),
  malformedBare("M1", "four_blank_lines_before_the_fields", swap("\n\n\nURI: ", "\n\n\n\n\nURI: ")),
  malformedBare("M1", "no_blank_line_before_the_fields", swap("\n\n\nURI: ", "\nURI: ")),

  malformed(
    "M2",
    "words_in_the_blank_line_before_the_statement",
    swap(`\n\n${STATEMENT}`, `\nPay 1 ETH\n${STATEMENT}`),
  ),
  malformed("M2", "words_in_the_blank_line_after_the_statement", swap(`${STATEMENT}\n\n`, `${STATEMENT}\nPay 1 ETH\n`)),
  malformed("M2", "space_in_the_blank_line_before_the_statement", swap(`\n\n${STATEMENT}`, `\n \n${STATEMENT}`)),
  malformed("M2", "space_in_the_blank_line_after_the_statement", swap(`${STATEMENT}\n\n`, `${STATEMENT}\n \n`)),
  malformedBare("M2", "words_in_the_first_blank_line_without_a_statement", swap("\n\n\nURI: ", "\nPay 1 ETH\n\nURI: ")),
  malformedBare(
    "M2",
    "words_in_the_second_blank_line_without_a_statement",
    swap("\n\n\nURI: ", "\n\nPay 1 ETH\nURI: "),
  ),
  malformedBare(
    "M2",
    "words_in_both_blank_lines_without_a_statement",
    swap("\n\n\nURI: ", "\nPay 1 ETH\nPay 1 ETH\nURI: "),
  ),

  malformed("M3", "carriage_return_at_every_line_end", (text) => text.replaceAll("\n", "\r\n")),
  malformed("M3", "carriage_return_instead_of_every_line_feed", (text) => text.replaceAll("\n", "\r")),
  malformed("M3", "carriage_return_after_the_first_line", swap("account:\n", "account:\r\n")),
  malformed("M3", "carriage_return_after_the_statement", swap(`${STATEMENT}\n`, `${STATEMENT}\r\n`)),
  malformed("M3", "carriage_return_after_the_nonce", swap("\nIssued At: ", "\r\nIssued At: ")),
  malformed("M3", "carriage_return_at_the_very_end", append("\r")),
  malformed("M3", "line_separator_instead_of_a_line_feed", swap("\nVersion: ", "\u2028Version: ")),
  malformed("M3", "form_feed_instead_of_a_line_feed", swap("\nVersion: ", "\fVersion: ")),

  malformedPlain("M11", "fields_as_json", () => JSON.stringify(fieldsAsTheLibrariesNameThem())),
  malformedPlain("M11", "text_as_a_json_string", (text) => JSON.stringify(text)),
  malformedPlain("M11", "text_within_a_json_object", (text) => JSON.stringify({ message: text })),
  malformedPlain("M11", "text_as_hex", (text) => `0x${Buffer.from(text).toString("hex")}`),
  malformedPlain("M11", "text_as_base64", (text) => Buffer.from(text).toString("base64")),
  malformedPlain("M11", "empty_text", () => ""),
  malformedPlain("M11", "first_line_alone", (text) => text.split("\n")[0]),
];

function listOf(resources) {
  return `\nResources:${resources.map((uri) => `\n- ${uri}`).join("")}`;
}

function fieldsAsTheLibrariesNameThem() {
  const { domain, address, statement, uri, version, nonce, issued_at: issuedAt } = fieldsFor(SERVER, ALICE);
  return { domain, address, statement, uri, version, chainId: 1, nonce, issuedAt };
}

const REPEATED = {
  uri: "URI: https://app.example/login",
  version: "Version: 1",
  chain_id: "Chain ID: 1",
  nonce: `Nonce: ${SERVER.nonce}`,
  issued_at: "Issued At: 2026-03-14T09:20:00.000Z",
  expiration_time: `Expiration Time: ${EVERY_OPTIONAL_FIELD.expiration_time}`,
  not_before: `Not Before: ${EVERY_OPTIONAL_FIELD.not_before}`,
  request_id: `Request ID: ${EVERY_OPTIONAL_FIELD.request_id}`,
};

const fieldOrder = [
  ...Object.entries(REPEATED).map(([field, line]) =>
    malformed("M4", `${field}_line_twice`, swap(`\n${line}`, `\n${line}\n${line}`)),
  ),
  malformed("M4", "resources_twice", append(listOf(EVERY_OPTIONAL_FIELD.resources))),
  malformed("M4", "second_nonce_line_with_another_value", beforeLine("Issued At: ", "Nonce: anotherNonceOfOurs")),
  malformed(
    "M4",
    "second_expiration_time_after_the_request_id",
    beforeLine("Resources:", "Expiration Time: 2099-01-01T00:00:00Z"),
  ),
  malformedPlain("M4", "second_issued_at_at_the_end", append("\nIssued At: 2026-03-14T09:20:00.000Z")),

  malformed("M5", "version_before_uri", reorder("Version: ", "URI: ")),
  malformed("M5", "chain_id_before_version", reorder("Chain ID: ", "Version: ")),
  malformed("M5", "nonce_before_chain_id", reorder("Nonce: ", "Chain ID: ")),
  malformed("M5", "issued_at_before_nonce", reorder("Issued At: ", "Nonce: ")),
  malformed("M5", "expiration_time_before_issued_at", reorder("Expiration Time: ", "Issued At: ")),
  malformed("M5", "not_before_before_expiration_time", reorder("Not Before: ", "Expiration Time: ")),
  malformed("M5", "request_id_before_not_before", reorder("Request ID: ", "Not Before: ")),
  malformed("M5", "request_id_after_the_resources", dropLine("Request ID: "), append("\nRequest ID: req-7")),
  malformed("M5", "chain_id_after_the_request_id", dropLine("Chain ID: "), beforeLine("Resources:", "Chain ID: 1")),
  malformed("M5", "unknown_field_between_fields", beforeLine("Nonce: ", "Amount: 1 ETH")),
  malformed("M5", "unknown_field_before_the_resources", beforeLine("Resources:", "Amount: 1 ETH")),
  malformedPlain("M5", "unknown_field_at_the_end", append("\nAmount: 1 ETH")),
  malformed("M5", "label_in_lower_case", swap("\nNonce: ", "\nnonce: ")),
  malformed("M5", "label_in_upper_case", swap("\nIssued At: ", "\nISSUED AT: ")),
  malformed("M5", "label_with_other_capitals", swap("\nChain ID: ", "\nChain Id: ")),
  malformed("M5", "label_without_its_space", swap("\nURI: ", "\nURI:")),
  malformed("M5", "label_with_a_space_before_the_colon", swap("\nNonce: ", "\nNonce : ")),
  malformed("M5", "label_with_a_space_before_it", swap("\nVersion: ", "\n Version: ")),
  malformed("M5", "label_with_two_spaces_after_it", swap("\nNonce: ", "\nNonce:  ")),
  malformed("M5", "label_with_a_tab_after_it", swap("\nNonce: ", "\nNonce:\t")),
  malformed("M5", "label_with_a_cyrillic_letter", swap("\nNonce: ", "\nNonc\u0435: ")),

  ...["URI: ", "Version: ", "Chain ID: ", "Nonce: ", "Issued At: "].map((label) =>
    malformed(null, `${label.slice(0, -2).toLowerCase().replace(" ", "_")}_missing`, dropLine(label)),
  ),
  malformed(null, "first_line_missing", (text) => text.slice(text.indexOf("\n") + 1)),
  malformed(null, "first_line_without_its_colon", swap(" Ethereum account:\n", " Ethereum account\n")),
  malformed(null, "first_line_with_other_words", swap(" wants you to sign in with ", " wants you to log in with ")),
  malformed(null, "first_line_with_two_spaces", swap(" wants you ", "  wants you ")),
  malformed(null, "first_line_with_words_after_the_colon", swap(" Ethereum account:\n", " Ethereum account: yes\n")),
];

/** Moves the line that begins with `label` before the one that begins with `other`. */
function reorder(label, other) {
  return (text) => {
    const moved = text.split("\n").find((line) => line.startsWith(label));
    return beforeLine(other, moved)(dropLine(label)(text));
  };
}

const PREAMBLE = "wants you to sign in with your Ethereum account:";

const statements = [
  malformed("M6", "blank_line_inside_the_statement", withStatement("First part.\n\nSecond part.")),
  malformed("M6", "fields_in_a_fourth_block", swap("\nExpiration Time: ", "\n\nExpiration Time: ")),
  malformed("M6", "resources_in_a_fourth_block", swap("\nResources:", "\n\nResources:")),
  malformed("M6", "whole_set_of_fields_inside_the_statement", (text) => {
    const fields = text.slice(text.indexOf("URI: "), text.indexOf("\nExpiration Time: "));
    return withStatement(`Read on.\n\n${fields.replace("app.example", "evil.example")}`)(text);
  }),
  malformed("M7", "line_feed_inside_the_statement", withStatement("First line.\nSecond line.")),
  ...Object.entries({
    nul: "\u0000",
    tab: "\t",
    carriage_return: "\r",
    escape: "\u001b",
    unit_separator: "\u001f",
    delete: "\u007f",
    next_line: "\u0085",
    no_break_space: "\u00a0",
    accented_letter: "\u00e9",
    combining_accent: "e\u0301",
    cyrillic_letter: "\u0430",
    zero_width_space: "\u200b",
    line_separator: "\u2028",
    right_to_left_override: "\u202e",
    bidi_isolate: "\u2066",
    byte_order_mark: "\ufeff",
    ideograph: "\u4e2d",
    full_width_letter: "\uff21",
    emoji: "\u{1f600}",
    tag_character: "\u{e0041}",
    double_quote: '"',
    percent: "%",
    percent_encoding: "%41",
    less_than: "<",
    greater_than: ">",
    backslash: "\\",
    caret: "^",
    backtick: "`",
    opening_brace: "{",
    closing_brace: "}",
    pipe: "|",
  }).map(([what, characters]) => malformed("M7", `statement_with_${what}`, withStatement(`Sign${characters}in.`))),
  malformed("M15", "statement_that_repeats_the_first_line", withStatement(`evil.example ${PREAMBLE}`)),
  malformed(
    "M15",
    "statement_with_the_preamble_among_other_words",
    withStatement(`Ignore this: evil.example ${PREAMBLE} or not.`),
  ),
  malformed("M15", "statement_with_the_preamble_of_the_same_domain", withStatement(`app.example ${PREAMBLE}`)),
];

export const refusedLayouts = [...surroundings, ...fieldOrder, ...statements];
