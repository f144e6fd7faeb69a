// Well-formed, well-signed texts that this server must not take: for another domain, URI, chain, time or nonce, or
// under an address that is none.

import { getAddress, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { ALICE, EVERY_OPTIONAL_FIELD, SERVER, VIEM, serverAt, setLine, swap } from "./workbench.mjs";

const refuse = (expect) => (row, name, description) => ({ name, row, expect, ...description });
const domainMismatch = refuse("domain_mismatch");
const uriMismatch = refuse("uri_mismatch");
const chainNotAllowed = refuse("chain_not_allowed");
const addressInvalid = refuse("address_invalid");
const invalidSignature = refuse("invalid_signature");
const nonceInvalid = refuse("nonce_invalid");
const issuedAtOutOfRange = refuse("issued_at_out_of_range");
const messageExpired = refuse("message_expired");
const notYetValid = refuse("not_yet_valid");

/** A text that names `domain` although the server is another. */
const domain = (name, fields = {}) => ({ fields: { domain: name, ...fields } });
/** The same for domains that the libraries do not write. */
const editedDomain = (name) => ({ edits: [swap("app.example wants", `${name} wants`)] });
const uri = (value) => ({ fields: { uri: value } });

const domains = [
  domainMismatch("D1", "domain_of_another_site", domain("evil.example")),
  domainMismatch("D1", "domain_of_another_site_by_viem", { by: VIEM, ...domain("evil.example") }),
  domainMismatch("D1", "domain_of_another_site_with_every_field", domain("evil.example", EVERY_OPTIONAL_FIELD)),
  domainMismatch("D1", "domain_that_is_an_ip_address", domain("192.0.2.7")),
  domainMismatch("D1", "domain_that_is_localhost", domain("localhost:3000")),
  domainMismatch("D3", "domain_with_a_dot_at_the_end", editedDomain("app.example.")),
  domainMismatch("D3", "domain_in_punycode_that_looks_like_ours", domain("xn--pp-6kc.example")),
  domainMismatch("D3", "domain_with_a_percent_encoded_dot", editedDomain("app%2Eexample")),
  domainMismatch("D3", "domain_with_another_port", domain("app.example:8443")),
  domainMismatch("D3", "domain_with_the_default_port_of_http", domain("app.example:80")),
  domainMismatch("D3", "domain_without_the_port_of_the_server", {
    server: serverAt("https://app.example:8443"),
    fields: { domain: "app.example" },
  }),
  domainMismatch("D3", "domain_with_the_default_port_for_a_server_on_another", {
    server: serverAt("https://app.example:8443"),
    fields: { domain: "app.example:443" },
  }),
  domainMismatch("D3", "domain_127_0_0_1_for_localhost", {
    server: serverAt("http://localhost:3000"),
    fields: { domain: "127.0.0.1:3000" },
  }),
  domainMismatch("D3", "domain_localhost_for_the_ipv6_loopback", {
    server: serverAt("http://[::1]:3000"),
    fields: { domain: "localhost:3000" },
  }),
  domainMismatch("D3", "domain_with_the_ipv6_loopback_spelt_out", {
    server: serverAt("http://[::1]:3000"),
    fields: { domain: "[0:0:0:0:0:0:0:1]:3000" },
  }),
  domainMismatch("D3", "domain_localhost_on_another_port", {
    by: VIEM,
    server: serverAt("http://localhost:3000"),
    fields: { domain: "localhost:3001" },
  }),
  domainMismatch("D5", "domain_that_begins_with_ours", domain("app.example.evil.example")),
  domainMismatch("D5", "domain_that_ends_with_ours", domain("evilapp.example")),
  domainMismatch("D5", "domain_that_is_a_subdomain_of_ours", domain("www.app.example")),
  domainMismatch("D5", "domain_that_is_the_parent_of_ours", domain("example")),
  domainMismatch("D5", "domain_that_is_ours_cut_short", domain("app.exampl")),
  domainMismatch("D8", "scheme_http_before_the_domain_of_an_https_server", domain("app.example", { scheme: "http" })),
  domainMismatch("D8", "scheme_https_before_the_domain_of_an_http_server", {
    server: serverAt("http://localhost:3000"),
    fields: { scheme: "https" },
  }),
  domainMismatch("D8", "scheme_ftp_before_the_domain", domain("app.example", { scheme: "ftp" })),
  domainMismatch("D8", "scheme_that_begins_with_ours", domain("app.example", { scheme: "httpsx" })),
];

const uris = [
  uriMismatch("D7", "uri_of_another_site", uri("https://evil.example/login")),
  uriMismatch("D7", "uri_of_another_site_by_viem", { by: VIEM, ...uri("https://evil.example/login") }),
  uriMismatch("D7", "uri_of_a_subdomain", uri("https://www.app.example/login")),
  uriMismatch("D7", "uri_of_the_parent_domain", uri("https://example/login")),
  uriMismatch("D7", "uri_of_a_host_that_begins_with_ours", uri("https://app.example.evil.example/login")),
  uriMismatch("D7", "uri_of_a_host_that_ends_with_ours", uri("https://evilapp.example/login")),
  uriMismatch("D7", "uri_of_a_host_with_a_dot_at_the_end", uri("https://app.example./login")),
  uriMismatch("D7", "uri_on_another_port", uri("https://app.example:8443/login")),
  uriMismatch("D7", "uri_on_the_default_port_of_http", uri("https://app.example:80/login")),
  uriMismatch("D7", "uri_without_the_port_of_the_server", {
    server: serverAt("https://app.example:8443"),
    fields: { uri: "https://app.example/login" },
  }),
  uriMismatch("D7", "uri_of_127_0_0_1_for_localhost", {
    server: serverAt("http://localhost:3000"),
    fields: { uri: "http://127.0.0.1:3000/login" },
  }),
  uriMismatch("D7", "uri_that_names_our_origin_in_its_path", uri("https://evil.example/https://app.example/")),
  uriMismatch("D7", "uri_that_names_our_origin_in_its_query", uri("https://evil.example/?https://app.example/")),
  uriMismatch("D7", "uri_that_names_our_host_in_its_fragment", uri("https://evil.example#@app.example/")),
  uriMismatch(
    "D7",
    "uri_that_is_a_decentralised_identifier",
    uri("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"),
  ),
  uriMismatch("D7", "uri_that_is_a_urn", uri("urn:example:login")),
  uriMismatch("D7", "uri_that_is_a_script", uri("javascript:alert(1)")),
  uriMismatch("D7", "uri_with_the_scheme_and_host_but_no_authority", uri("https:app.example/login")),
  uriMismatch("D8", "uri_with_http_on_an_https_server", uri("http://app.example/login")),
  uriMismatch("D8", "uri_with_http_and_port_443_on_an_https_server", uri("http://app.example:443/login")),
  uriMismatch("D8", "uri_with_https_on_an_http_server", {
    server: serverAt("http://localhost:3000"),
    fields: { uri: "https://localhost:3000/login" },
  }),
  uriMismatch("D8", "uri_with_the_websocket_scheme", uri("wss://app.example/login")),
];

const chains = [
  chainNotAllowed("D11", "chain_10_where_1_is_allowed", { fields: { chain_id: "10" } }),
  chainNotAllowed("D11", "chain_137_where_1_is_allowed_by_viem", { by: VIEM, fields: { chain_id: "137" } }),
  chainNotAllowed("D11", "chain_1_where_10_is_allowed", { server: { chain: "eip155:10" }, fields: { chain_id: "1" } }),
  chainNotAllowed("D11", "chain_11_where_1_is_allowed", { fields: { chain_id: "11" } }),
  chainNotAllowed("D11", "chain_that_equals_1_in_32_bits", { fields: { chain_id: "4294967297" } }),
  chainNotAllowed("D11", "chain_that_equals_the_allowed_one_in_floating_point", {
    server: { chain: "eip155:9007199254740993" },
    fields: { chain_id: "1" },
    edits: [setLine("Chain ID: ", "9007199254740992")],
  }),
  chainNotAllowed("D11", "chain_2_to_the_64_minus_1_where_1_is_allowed", {
    edits: [setLine("Chain ID: ", "18446744073709551615")],
  }),
];

const instants = [
  messageExpired("T1", "expiration_time_at_this_instant", { fields: { expiration_time: "2026-03-14T09:21:00.000Z" } }),
  messageExpired("T1", "expiration_time_at_this_instant_by_viem", {
    by: VIEM,
    fields: { expiration_time: "2026-03-14T09:21:00.000Z" },
  }),
  messageExpired("T1", "expiration_time_at_this_instant_in_another_zone", {
    fields: { expiration_time: "2026-03-14T14:51:00+05:30" },
  }),
  messageExpired("T1", "expiration_time_ahead_by_less_than_a_millisecond", {
    fields: { expiration_time: "2026-03-14T09:21:00.000999999Z" },
  }),
  messageExpired("T1", "expiration_time_one_millisecond_ago", {
    fields: { expiration_time: "2026-03-14T09:20:59.999Z" },
  }),
  messageExpired("T6", "expiration_time_thirty_seconds_ago", {
    fields: { expiration_time: "2026-03-14T09:20:30.000Z" },
  }),
  messageExpired("T6", "expiration_time_passed_with_every_other_field", {
    fields: { ...EVERY_OPTIONAL_FIELD, expiration_time: "2026-03-14T09:20:30.000Z" },
  }),
  messageExpired("T6", "expiration_time_passed_although_its_hour_looks_later", {
    fields: { expiration_time: "2026-03-14T23:20:30+14:00" },
  }),
  messageExpired("T8", "expiration_time_in_the_year_0000", { fields: { expiration_time: "0000-01-01T00:00:00Z" } }),
  messageExpired("T8", "expiration_time_in_the_year_1969", { fields: { expiration_time: "1969-12-31T23:59:59Z" } }),
  notYetValid("T2", "not_before_in_2999", { fields: { not_before: "2999-01-01T00:00:00.000Z" } }),
  notYetValid("T2", "not_before_in_2999_by_viem", { by: VIEM, fields: { not_before: "2999-01-01T00:00:00.000Z" } }),
  notYetValid("T2", "not_before_one_millisecond_beyond_the_leeway", {
    fields: { not_before: "2026-03-14T09:22:00.001Z" },
  }),
  notYetValid("T2", "not_before_beyond_the_leeway_by_less_than_a_millisecond", {
    fields: { not_before: "2026-03-14T09:22:00.0000001Z" },
  }),
  notYetValid("T2", "not_before_ahead_although_its_hour_looks_earlier", {
    fields: { not_before: "2026-03-14T00:30:00-09:00" },
  }),
  notYetValid("T8", "not_before_at_the_end_of_9999", { fields: { not_before: "9999-12-31T23:59:59Z" } }),
  issuedAtOutOfRange("T4", "issued_at_in_2099", { fields: { issued_at: "2099-01-01T00:00:00.000Z" } }),
  issuedAtOutOfRange("T4", "issued_at_one_millisecond_beyond_sixty_seconds_ahead", {
    fields: { issued_at: "2026-03-14T09:22:00.001Z" },
  }),
  issuedAtOutOfRange("T4", "issued_at_without_regard_to_its_offset_would_be_now", {
    fields: { issued_at: "2026-03-14T09:20:00-01:00" },
  }),
  issuedAtOutOfRange("T5", "issued_at_eleven_minutes_ago_with_an_expiration_far_away", {
    fields: { issued_at: "2026-03-14T09:10:00.000Z", expiration_time: "2100-01-01T00:00:00.000Z" },
  }),
  issuedAtOutOfRange("T5", "issued_at_one_millisecond_beyond_ten_minutes_ago", {
    fields: { issued_at: "2026-03-14T09:10:59.999Z" },
  }),
  issuedAtOutOfRange("T5", "issued_at_a_year_ago_by_viem", {
    by: VIEM,
    fields: { issued_at: "2025-03-14T09:20:00.000Z" },
  }),
  issuedAtOutOfRange("T8", "issued_at_in_the_year_0000", { fields: { issued_at: "0000-01-01T00:00:00Z" } }),
  issuedAtOutOfRange("T8", "issued_at_at_the_end_of_9999", { fields: { issued_at: "9999-12-31T23:59:59.999Z" } }),
];

const nonces = [
  nonceInvalid("N4", "nonce_that_was_never_issued", { fields: { nonce: "neverIssuedByThisServer1" } }),
  nonceInvalid("N4", "nonce_that_was_never_issued_by_viem", {
    by: VIEM,
    fields: { nonce: "neverIssuedByThisServer1" },
  }),
  nonceInvalid("N4", "nonce_in_other_case", { fields: { nonce: SERVER.nonce.toLowerCase() } }),
  nonceInvalid("N4", "nonce_that_is_the_beginning_of_ours", { fields: { nonce: SERVER.nonce.slice(0, 12) } }),
  nonceInvalid("N4", "nonce_that_begins_with_ours", { fields: { nonce: `${SERVER.nonce}0` } }),
  nonceInvalid("N4", "nonce_of_8_characters_that_was_never_issued", { fields: { nonce: "12345678" } }),
  nonceInvalid("N4", "nonce_of_128_characters_that_was_never_issued", { fields: { nonce: "n".repeat(128) } }),
];

/** Alice's text with the address line replaced, signed by Alice. */
const addressLine = (text) => ({ edits: [swap(`\n${ALICE.address}\n`, `\n${text}\n`)] });
const digits = ALICE.address.slice(2);
const withFlippedCase = (position) => {
  const letter = digits[position];
  const flipped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return `0x${digits.slice(0, position)}${flipped}${digits.slice(position + 1)}`;
};
const firstLetter = digits.search(/[a-f]/i);
const lastLetter = digits.length - 1 - [...digits].reverse().join("").search(/[a-f]/i);

const addresses = [
  addressInvalid("A1", "address_in_lower_case", addressLine(ALICE.address.toLowerCase())),
  addressInvalid("A1", "address_in_upper_case", addressLine(`0x${digits.toUpperCase()}`)),
  addressInvalid("A1", "address_with_the_first_letter_in_the_wrong_case", addressLine(withFlippedCase(firstLetter))),
  addressInvalid("A1", "address_with_the_last_letter_in_the_wrong_case", addressLine(withFlippedCase(lastLetter))),
  addressInvalid("A1", "address_with_every_letter_in_the_wrong_case", addressLine(`0x${swapCase(digits)}`)),
  addressInvalid("A1", "address_with_the_checksum_of_chain_30", addressLine(checksummedForChain(30))),
  addressInvalid("A1", "address_with_an_upper_case_prefix", addressLine(`0X${digits}`)),
  addressInvalid("A1", "address_without_its_prefix", addressLine(digits)),
  addressInvalid("A1", "address_of_39_digits", addressLine(ALICE.address.slice(0, -1))),
  addressInvalid("A1", "address_of_41_digits", addressLine(`${ALICE.address}0`)),
  addressInvalid("A1", "address_of_32_bytes", addressLine(`0x${"0".repeat(24)}${digits}`)),
  addressInvalid("A1", "address_with_a_letter_beyond_f", addressLine(`${ALICE.address.slice(0, -1)}g`)),
  addressInvalid(
    "A1",
    "address_with_a_full_width_digit",
    addressLine(withOneDigit((digit) => String.fromCharCode(0xff10 + Number(digit)))),
  ),
  addressInvalid(
    "A1",
    "address_with_an_arabic_digit",
    addressLine(withOneDigit((digit) => String.fromCharCode(0x0660 + Number(digit)))),
  ),
  addressInvalid("A1", "address_that_is_a_name", addressLine("alice.eth")),
  addressInvalid("A1", "address_in_caip_10", addressLine(`eip155:1:${ALICE.address}`)),

  // Nobody has the key of these, so that the signature can only be somebody else's.
  invalidSignature("A4", "zero_address", addressLine(toBeHex(0, 20))),
  ...[...Array.from({ length: 10 }, (_, index) => index + 1), 0x100].map((number) =>
    invalidSignature("A4", `precompile_${number}`, addressLine(getAddress(toBeHex(number, 20)))),
  ),
];

/** ERC-1191: a checksum that mixes the chain id in, which ERC-4361 does not know. */
function checksummedForChain(chainId) {
  const lower = digits.toLowerCase();
  const hash = keccak256(toUtf8Bytes(`${chainId}0x${lower}`)).slice(2);
  return `0x${[...lower].map((digit, at) => (parseInt(hash[at], 16) >= 8 ? digit.toUpperCase() : digit)).join("")}`;
}

function swapCase(text) {
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join("");
}

function withOneDigit(replace) {
  const position = digits.search(/[0-9]/);
  return `0x${digits.slice(0, position)}${replace(digits[position])}${digits.slice(position + 1)}`;
}

export const refusedByPolicy = [...domains, ...uris, ...chains, ...instants, ...nonces, ...addresses];
