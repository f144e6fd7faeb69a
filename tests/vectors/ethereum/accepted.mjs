// Sign-ins that must be accepted, with the fields that must be read from them.
//
// `fields` is what the library is told to write. Where a library cannot write the form, `edits` change its text before
// it is signed and `reads` names the fields that are then read differently.

import { SigningKey, Wallet, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import {
  EVERY_OPTIONAL_FIELD,
  SIWE_VIEM,
  VIEM,
  VIEM_ETHERS,
  append,
  parts,
  serverAt,
  setLine,
  setParts,
  swap,
  wallet,
  walletWhoseSignature,
} from "./workbench.mjs";

const accept = (name, description = {}) => ({ name, row: null, expect: "accepted", ...description });

const optionalFields = [
  accept("siwe_without_any_optional_field", { fields: { statement: null } }),
  accept("viem_without_any_optional_field", { by: VIEM, fields: { statement: null } }),
  accept("siwe_with_a_statement_only"),
  accept("viem_with_a_statement_only", { by: VIEM }),
  accept("siwe_text_signed_by_viem", { by: SIWE_VIEM }),
  accept("viem_text_signed_by_ethers", { by: VIEM_ETHERS }),
  accept("siwe_with_an_expiration_time_only", {
    fields: { statement: null, expiration_time: "2026-03-14T09:30:00.000Z" },
  }),
  accept("viem_with_an_expiration_time_only", {
    by: VIEM,
    fields: { statement: null, expiration_time: "2026-03-14T09:30:00.000Z" },
  }),
  accept("siwe_with_a_not_before_only", { fields: { statement: null, not_before: "2026-03-14T09:15:00.000Z" } }),
  accept("viem_with_a_not_before_only", {
    by: VIEM,
    fields: { statement: null, not_before: "2026-03-14T09:15:00.000Z" },
  }),
  accept("siwe_with_a_request_id_only", { fields: { statement: null, request_id: "req-7" } }),
  accept("viem_with_a_request_id_only", { by: VIEM, fields: { statement: null, request_id: "req-7" } }),
  accept("siwe_with_resources_only", { fields: { statement: null, resources: ["https://app.example/claims/1"] } }),
  accept("viem_with_resources_only", {
    by: VIEM,
    fields: { statement: null, resources: ["https://app.example/claims/1"] },
  }),
  accept("siwe_with_every_optional_field", { fields: EVERY_OPTIONAL_FIELD }),
  accept("viem_with_every_optional_field", { by: VIEM, fields: EVERY_OPTIONAL_FIELD }),
  accept("siwe_with_every_optional_field_and_a_scheme", { fields: { ...EVERY_OPTIONAL_FIELD, scheme: "https" } }),
  accept("viem_with_every_optional_field_and_a_scheme", {
    by: VIEM,
    fields: { ...EVERY_OPTIONAL_FIELD, scheme: "https" },
  }),
  accept("siwe_with_an_empty_list_of_resources", { fields: { resources: [] } }),
  accept("viem_with_an_empty_list_of_resources", { by: VIEM, fields: { resources: [] } }),
  accept("request_id_present_but_empty", { edits: [append("\nRequest ID: ")], reads: { request_id: "" } }),
  accept("request_id_present_but_empty_before_resources", {
    fields: { resources: ["https://app.example/claims/1"] },
    edits: [swap("\nResources:", "\nRequest ID: \nResources:")],
    reads: { request_id: "" },
  }),
];

const statements = [
  accept("statement_present_but_empty", { fields: { statement: "" } }),
  accept("statement_present_but_empty_with_every_other_field", { fields: { ...EVERY_OPTIONAL_FIELD, statement: "" } }),
  accept("statement_of_one_space", { fields: { statement: " " } }),
  accept("statement_with_spaces_at_both_ends", { fields: { statement: "  Sign in.  " } }),
  accept("statement_with_every_legal_character", {
    fields: {
      statement: "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789 -._~ :/?#[]@ !$&'()*+,;=",
    },
  }),
  accept("statement_that_mentions_labels_within_its_line", {
    fields: { statement: "Check the URI: line, the Nonce: line and the Resources: below" },
  }),
  accept("statement_of_2048_bytes", { fields: { statement: "a".repeat(2048) } }),
];

// 250 bytes, and 255 with the port: the cap. No label is longer than the 63 that DNS allows.
const LONG_HOST = [60, 59, 59, 59].map((length) => "a".repeat(length)).join(".") + ".b.example";

const domains = [
  accept("siwe_with_a_scheme_before_the_domain", { fields: { scheme: "https" } }),
  accept("viem_with_a_scheme_before_the_domain", { by: VIEM, fields: { scheme: "https" } }),
  accept("siwe_domain_with_a_port", { server: serverAt("https://app.example:8443") }),
  accept("viem_domain_with_a_port", { by: VIEM, server: serverAt("https://app.example:8443") }),
  accept("domain_with_a_scheme_and_a_port", {
    server: serverAt("https://app.example:8443"),
    fields: { scheme: "https" },
  }),
  accept("domain_with_the_default_port_written_out", { row: "D3", fields: { domain: "app.example:443" } }),
  accept("domain_with_a_scheme_and_its_default_port_written_out", {
    row: "D3",
    fields: { scheme: "https", domain: "app.example:443" },
  }),
  accept("domain_in_upper_case", { row: "D3", fields: { domain: "APP.EXAMPLE" } }),
  accept("domain_in_mixed_case_with_the_default_port", { row: "D3", by: VIEM, fields: { domain: "App.Example:443" } }),
  accept("domain_with_many_labels_and_hyphens", { server: serverAt("https://sign-in.eu-west-1.prod.app-7.example") }),
  accept("domain_in_punycode", { server: serverAt("https://xn--bcher-kva.example") }),
  accept("domain_is_localhost_with_a_port", { server: serverAt("http://localhost:3000") }),
  accept("viem_domain_is_localhost_with_a_port", { by: VIEM, server: serverAt("http://localhost:3000") }),
  accept("domain_is_localhost_without_a_port", { server: serverAt("http://localhost") }),
  accept("domain_is_localhost_with_the_http_scheme", {
    server: serverAt("http://localhost:3000"),
    fields: { scheme: "http" },
  }),
  accept("domain_is_localhost_with_the_http_scheme_and_its_default_port", {
    row: "D3",
    server: serverAt("http://localhost"),
    fields: { scheme: "http", domain: "localhost:80" },
  }),
  accept("domain_is_the_ipv4_loopback_with_a_port", { by: VIEM, server: serverAt("http://127.0.0.1:3000") }),
  accept("domain_is_the_ipv6_loopback_with_a_port", { server: serverAt("http://[::1]:3000") }),
  accept("domain_is_the_ipv6_loopback_with_a_scheme_and_a_port", {
    server: serverAt("http://[::1]:3000"),
    fields: { scheme: "http" },
  }),
  accept("domain_of_255_bytes", { server: serverAt(`https://${LONG_HOST}:8443`) }),
];

const uris = [
  accept("uri_without_a_path", { fields: { uri: "https://app.example" } }),
  accept("uri_with_the_root_path", { fields: { uri: "https://app.example/" } }),
  accept("uri_with_a_query_and_a_fragment", {
    by: VIEM,
    fields: { uri: "https://app.example/login?next=%2Fhome&x=1#top" },
  }),
  accept("uri_with_every_kind_of_path_character", {
    fields: { uri: "https://app.example/a-._~!$&'()*+,;=:@%C3%A9/?/?#/?" },
  }),
  accept("uri_with_the_default_port_written_out", { row: "D3", fields: { uri: "https://app.example:443/login" } }),
  accept("uri_with_the_host_in_upper_case", { row: "D3", fields: { uri: "https://APP.EXAMPLE/login" } }),
  accept("uri_that_names_another_site_in_its_query", {
    fields: { uri: "https://app.example/?from=https://other.example/" },
  }),
  accept("uri_of_2048_bytes", { fields: { uri: "https://app.example/".padEnd(2048, "a") } }),
];

const instants = [
  accept("issued_at_without_a_fraction", { fields: { issued_at: "2026-03-14T09:20:00Z" } }),
  ...Array.from({ length: 12 }, (_, index) => index + 1).map((digits) =>
    accept(`issued_at_with_a_fraction_of_${digits}_digit${digits === 1 ? "" : "s"}`, {
      row: digits === 12 ? "T8" : null,
      fields: { issued_at: `2026-03-14T09:20:00.${"123456789012".slice(0, digits)}Z` },
    }),
  ),
  accept("date_times_with_a_lower_case_t_and_z", {
    fields: EVERY_OPTIONAL_FIELD,
    edits: [
      setLine("Issued At: ", "2026-03-14t09:20:00z"),
      setLine("Expiration Time: ", "2026-03-14t09:30:00.5z"),
      setLine("Not Before: ", "2026-03-14t09:15:00z"),
    ],
    reads: {
      issued_at: "2026-03-14t09:20:00z",
      expiration_time: "2026-03-14t09:30:00.5z",
      not_before: "2026-03-14t09:15:00z",
    },
  }),
  accept("issued_at_with_a_lower_case_t_only", {
    edits: [setLine("Issued At: ", "2026-03-14t09:20:00Z")],
    reads: { issued_at: "2026-03-14t09:20:00Z" },
  }),
  accept("issued_at_with_a_lower_case_z_only", {
    edits: [setLine("Issued At: ", "2026-03-14T09:20:00z")],
    reads: { issued_at: "2026-03-14T09:20:00z" },
  }),
  accept("issued_at_with_the_offset_of_india", { fields: { issued_at: "2026-03-14T14:50:00+05:30" } }),
  accept("issued_at_with_a_negative_offset", { fields: { issued_at: "2026-03-14T07:20:00.000-02:00" } }),
  accept("issued_at_with_the_offset_plus_zero", { fields: { issued_at: "2026-03-14T09:20:00+00:00" } }),
  accept("issued_at_with_the_offset_minus_zero", { fields: { issued_at: "2026-03-14T09:20:00-00:00" } }),
  accept("issued_at_with_the_offset_plus_14_hours", { row: "T8", fields: { issued_at: "2026-03-14T23:20:00+14:00" } }),
  accept("issued_at_with_an_offset_that_changes_the_day", {
    row: "T8",
    fields: { issued_at: "2026-03-15T09:19:00+23:59" },
  }),
  accept("all_three_instants_with_different_offsets", {
    fields: {
      issued_at: "2026-03-14T14:50:00+05:30",
      expiration_time: "2026-03-14T02:30:00-07:00",
      not_before: "2026-03-14T23:15:00.25+14:00",
    },
  }),
  accept("issued_at_exactly_ten_minutes_ago", { row: "T5", fields: { issued_at: "2026-03-14T09:11:00.000Z" } }),
  accept("issued_at_exactly_sixty_seconds_ahead", {
    row: "T4",
    by: VIEM,
    fields: { issued_at: "2026-03-14T09:22:00.000Z" },
  }),
  accept("expiration_time_one_millisecond_ahead", {
    row: "T1",
    fields: { expiration_time: "2026-03-14T09:21:00.001Z" },
  }),
  accept("expiration_time_with_its_fraction_cut_is_still_ahead", {
    row: "T1",
    fields: { expiration_time: "2026-03-14T09:21:00.001999Z" },
  }),
  accept("expiration_time_with_a_fraction_of_12_digits", {
    row: "T8",
    fields: { expiration_time: "2026-03-14T09:30:00.123456789012Z" },
  }),
  accept("expiration_time_in_2100", { row: "T7", by: VIEM, fields: { expiration_time: "2100-01-01T00:00:00.000Z" } }),
  accept("expiration_time_at_the_end_of_9999", { row: "T8", fields: { expiration_time: "9999-12-31T23:59:59Z" } }),
  accept("not_before_at_this_instant", { fields: { not_before: "2026-03-14T09:21:00.000Z" } }),
  accept("not_before_within_the_leeway_of_sixty_seconds", {
    row: "T2",
    fields: { not_before: "2026-03-14T09:22:00.000Z" },
  }),
  accept("not_before_with_its_fraction_raised_is_within_the_leeway", {
    row: "T2",
    server: { at: "2026-03-14T09:21:00.001Z" },
    fields: { not_before: "2026-03-14T09:22:00.0001Z" },
  }),
  accept("not_before_on_a_leap_day", { fields: { not_before: "2024-02-29T00:00:00Z" } }),
  accept("not_before_on_the_leap_day_of_a_400th_year", { fields: { not_before: "2000-02-29T23:59:59Z" } }),
  accept("not_before_in_the_year_0001", { row: "T8", fields: { not_before: "0001-01-01T00:00:00Z" } }),
  accept("not_before_in_the_year_0000", { row: "T8", fields: { not_before: "0000-01-01T00:00:00Z" } }),
  accept("signed_on_a_leap_day", {
    server: { at: "2028-02-29T23:59:59.999Z" },
    fields: { issued_at: "2028-02-29T23:59:00.000Z", expiration_time: "2028-03-01T00:00:00.000Z" },
  }),
];

const chains = [
  accept("chain_10", { by: VIEM, server: { chain: "eip155:10" } }),
  accept("chain_11155111", { server: { chain: "eip155:11155111" } }),
  accept("chain_above_32_bits", { by: VIEM, server: { chain: "eip155:4294967297" } }),
  accept("chain_2_to_the_53_plus_1", {
    server: { chain: "eip155:9007199254740993" },
    fields: { chain_id: "1" },
    edits: [setLine("Chain ID: ", "9007199254740993")],
    reads: { chain_id: "9007199254740993" },
  }),
  accept("chain_2_to_the_64_minus_1", {
    row: "M9",
    server: { chain: "eip155:18446744073709551615" },
    fields: { chain_id: "1" },
    edits: [setLine("Chain ID: ", "18446744073709551615")],
    reads: { chain_id: "18446744073709551615" },
  }),
];

const nonces = [
  accept("nonce_of_8_characters", { row: "M8", by: VIEM, server: { nonce: "a1B2c3D4" } }),
  accept("nonce_of_128_characters", { row: "M8", server: { nonce: "Ab3dEf7h".repeat(16) } }),
  accept("nonce_of_digits_only", { server: { nonce: "00000000000000000000000000" } }),
  accept("nonce_of_letters_only", { by: VIEM, server: { nonce: "zzzzzzzzZZZZZZZZaaaaaaaa" } }),
];

const requestIds = [
  accept("request_id_with_every_legal_character", { fields: { request_id: "AZaz09-._~!$&'()*+,;=:@" } }),
  accept("request_id_with_percent_encoding", { fields: { request_id: "caf%C3%A9%0a" } }),
  accept("request_id_of_256_bytes", { by: VIEM, fields: { request_id: "r".repeat(256) } }),
];

const resources = [
  accept("resources_of_many_schemes", {
    fields: {
      resources: [
        "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "mailto:someone@app.example",
        "tel:+1-816-555-1212",
        "ldap://[2001:db8::7]/c=GB?objectClass?one",
        "data:,a%20word",
        "a:",
      ],
    },
  }),
  accept("viem_resources_with_query_and_fragment", {
    by: VIEM,
    fields: { resources: ["https://app.example/claims?x=1&y=%20", "https://app.example/#a/b?c"] },
  }),
  accept("resource_named_twice", { fields: { resources: ["https://app.example/1", "https://app.example/1"] } }),
  accept("resources_32_in_number", {
    row: "M13",
    fields: { resources: Array.from({ length: 32 }, (_, n) => `https://app.example/claims/${n}`) },
  }),
  accept("resource_of_2048_bytes", { row: "M13", fields: { resources: ["https://app.example/".padEnd(2048, "r")] } }),
  accept("message_of_exactly_8192_bytes", {
    row: "M14",
    fields: { resources: [1, 2, 3, 4, 5].map((n) => `urn:example:${n}:`.padEnd(1500, "r")) },
    edits: [(text) => text + "r".repeat(8192 - text.length)],
    reads: {
      resources: (text) => text.split("\n- ").slice(1),
    },
  }),
];

// Found by search: the address of this key has no letter at all, so it is its own checksum.
const KEY_OF_DIGITS = new Wallet(
  toBeHex(BigInt(keccak256(toUtf8Bytes("countersign test key of digits"))) + 8606136017n, 32),
);

const addresses = [
  accept("address_of_digits_only", { row: "A1", wallet: KEY_OF_DIGITS }),
  accept("address_whose_checksum_is_all_lower_case", { row: "A1", wallet: wallet(101) }),
  accept("address_whose_checksum_is_all_upper_case", { row: "A1", by: VIEM, wallet: wallet(12756) }),
  accept("address_that_begins_with_a_zero_byte", {
    by: VIEM,
    wallet: firstWallet((candidate) => candidate.address.startsWith("0x00")),
  }),
  accept("address_that_ends_with_a_zero_byte", {
    wallet: firstWallet((candidate) => candidate.address.endsWith("00")),
  }),
  accept("public_key_whose_x_begins_with_a_zero_byte", {
    wallet: firstWallet((candidate) => SigningKey.computePublicKey(candidate.privateKey, true).slice(4, 6) === "00"),
  }),
];

const signsWithV27 = walletWhoseSignature((signature) => parts(signature).v === 27);
const signsWithV28 = walletWhoseSignature((signature) => parts(signature).v === 28);

const signatures = [
  accept("signature_with_v_27", { row: "S3", wallet: signsWithV27 }),
  accept("signature_with_v_28", { row: "S3", wallet: signsWithV28 }),
  accept("signature_with_v_0", { row: "S3", wallet: signsWithV27, signature: setParts({ v: 0 }) }),
  accept("signature_with_v_1", { row: "S3", wallet: signsWithV28, signature: setParts({ v: 1 }) }),
  accept("signature_in_upper_case_hex", { signature: (hex) => `0x${hex.slice(2).toUpperCase()}` }),
  accept("signature_whose_r_begins_with_a_zero_byte", {
    wallet: walletWhoseSignature((signature) => signature.startsWith("0x00")),
  }),
  accept("signature_whose_s_begins_with_a_zero_byte", {
    wallet: walletWhoseSignature((signature) => signature.slice(66, 68) === "00"),
  }),
];

function firstWallet(fulfils) {
  for (let n = 1; ; n++) if (fulfils(wallet(n))) return wallet(n);
}

export const accepted = [
  ...optionalFields,
  ...statements,
  ...domains,
  ...uris,
  ...instants,
  ...chains,
  ...nonces,
  ...requestIds,
  ...resources,
  ...addresses,
  ...signatures,
];
