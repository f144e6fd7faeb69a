// Texts that are in order, with signatures that are not: malformed, malleable, over other bytes, or somebody else's.

import { createHash } from "node:crypto";
import { Signature, concat, getBytes, hashMessage, hexlify, keccak256, sha256, toBeHex, toUtf8Bytes } from "ethers";
import { serializeErc6492Signature } from "viem";
import {
  ALICE,
  EVERY_OPTIONAL_FIELD,
  MALLORY,
  ORDER,
  SERVER,
  VIEM,
  append,
  dropLine,
  parts,
  setLine,
  setParts,
  swap,
  walletWhoseSignature,
} from "./workbench.mjs";

const refuse = (expect) => (row, name, description) => ({ name, row, expect, ...description });
const malformed = (row, name, signature) => refuse("signature_malformed")(row, name, { signature });
const invalid = refuse("invalid_signature");

const signsWithV27 = walletWhoseSignature((signature) => parts(signature).v === 27);
const signsWithV28 = walletWhoseSignature((signature) => parts(signature).v === 28);

const encodings = [
  malformed("S1", "signature_without_its_prefix", (hex) => hex.slice(2)),
  malformed("S1", "signature_with_an_upper_case_prefix", (hex) => `0X${hex.slice(2)}`),
  malformed("S1", "signature_with_two_prefixes", (hex) => `0x${hex}`),
  malformed("S1", "signature_with_letters_beyond_f", (hex) => `${hex.slice(0, -2)}zz`),
  malformed("S1", "signature_with_an_odd_number_of_digits", (hex) => hex.slice(0, -1)),
  malformed("S1", "signature_with_one_digit_too_many", (hex) => `${hex}0`),
  malformed("S1", "signature_with_a_space_inside", (hex) => `${hex.slice(0, 66)} ${hex.slice(66)}`),
  malformed("S1", "signature_with_a_space_in_the_place_of_a_digit", (hex) => `${hex.slice(0, 66)} ${hex.slice(67)}`),
  malformed("S1", "signature_with_a_space_before_it", (hex) => ` ${hex}`),
  malformed("S1", "signature_with_a_line_feed_after_it", (hex) => `${hex}\n`),
  malformed("S1", "signature_with_a_nul_after_it", (hex) => `${hex}\u0000`),
  malformed("S1", "signature_with_a_sign_in_the_place_of_a_digit", (hex) => `0x+${hex.slice(3)}`),
  malformed("S1", "signature_with_full_width_digits", (hex) => `0x${"\uff10".repeat(2)}${hex.slice(4)}`),
  malformed("S1", "signature_in_base64", (hex) => Buffer.from(getBytes(hex)).toString("base64")),
  malformed("S5", "signature_that_is_empty", () => ""),
  malformed("S5", "signature_of_0_bytes", () => "0x"),
  malformed("S5", "signature_of_1_byte", () => "0x1b"),
  malformed("S5", "signature_of_32_bytes", (hex) => hex.slice(0, 66)),
  malformed("S5", "signature_of_64_bytes_cut_from_65", (hex) => hex.slice(0, -2)),
  malformed("S5", "signature_in_the_compact_form_of_erc_2098", (hex) => Signature.from(hex).compactSerialized),
  malformed("S5", "signature_of_66_bytes_with_a_zero_after_it", (hex) => `${hex}00`),
  malformed("S5", "signature_of_66_bytes_with_a_zero_before_it", (hex) => `0x00${hex.slice(2)}`),
  malformed("S5", "signature_of_66_bytes_with_its_v_twice", (hex) => `${hex}${hex.slice(-2)}`),
  malformed("S5", "signature_twice_in_a_row", (hex) => `${hex}${hex.slice(2)}`),
  malformed("S5", "signature_with_v_in_32_bytes", (hex) => `${hex.slice(0, -2)}${hex.slice(-2).padStart(64, "0")}`),
  malformed("S5", "signature_of_a_contract_wallet_before_its_deployment", (hex) =>
    serializeErc6492Signature({ address: MALLORY.address, data: "0x", signature: hex }),
  ),
];

/** The other signature of the same text: as good to a verifier that does not ask for the lower s. */
const highTwin = ({ s, v }) => ({ s: ORDER - s, v: v === 27 ? 28 : 27 });

const malleability = [
  invalid("S2", "high_s_twin_with_v_28", { wallet: signsWithV27, signature: setParts(highTwin) }),
  invalid("S2", "high_s_twin_with_v_27", { wallet: signsWithV28, signature: setParts(highTwin) }),
  invalid("S2", "high_s_twin_with_v_1", {
    wallet: signsWithV27,
    signature: setParts((given) => ({ ...highTwin(given), v: highTwin(given).v - 27 })),
  }),
  invalid("S2", "high_s_twin_with_v_0", {
    wallet: signsWithV28,
    signature: setParts((given) => ({ ...highTwin(given), v: highTwin(given).v - 27 })),
  }),
  invalid("S2", "high_s_twin_of_a_viem_signature", { by: VIEM, signature: setParts(highTwin) }),
  invalid("S2", "high_s_with_v_as_it_was", { signature: setParts(({ s }) => ({ s: ORDER - s })) }),

  ...[2, 3, 26, 29, 30, 31, 32, 35, 36, 37, 38, 54, 55, 81, 108, 127, 128, 155, 156, 255].map((v) =>
    invalid("S3", `v_is_${v}`, { wallet: v % 2 ? signsWithV27 : signsWithV28, signature: setParts({ v }) }),
  ),
  invalid("S3", "v_27_for_28", { wallet: signsWithV28, signature: setParts({ v: 27 }) }),
  invalid("S3", "v_28_for_27", { wallet: signsWithV27, signature: setParts({ v: 28 }) }),
  invalid("S3", "v_0_for_1", { wallet: signsWithV28, signature: setParts({ v: 0 }) }),
  invalid("S3", "v_1_for_0", { wallet: signsWithV27, signature: setParts({ v: 1 }) }),

  invalid("S4", "r_is_zero", { signature: setParts({ r: 0n }) }),
  invalid("S4", "s_is_zero", { signature: setParts({ s: 0n }) }),
  invalid("S4", "r_and_s_are_zero", { signature: setParts({ r: 0n, s: 0n }) }),
  invalid("S4", "whole_signature_is_zero", { signature: setParts({ r: 0n, s: 0n, v: 0 }) }),
  invalid("S4", "r_is_the_order", { signature: setParts({ r: ORDER }) }),
  invalid("S4", "s_is_the_order", { signature: setParts({ s: ORDER }) }),
  invalid("S4", "r_is_the_order_plus_1", { signature: setParts({ r: ORDER + 1n }) }),
  invalid("S4", "s_is_the_order_plus_1", { signature: setParts({ s: ORDER + 1n }) }),
  invalid("S2", "s_is_the_order_minus_1", { signature: setParts({ s: ORDER - 1n }) }),
  invalid("S4", "r_is_2_to_the_256_minus_1", { signature: setParts({ r: 2n ** 256n - 1n }) }),
  invalid("S4", "s_is_2_to_the_256_minus_1", { signature: setParts({ s: 2n ** 256n - 1n }) }),
  invalid("S4", "every_byte_is_255", { signature: setParts({ r: 2n ** 256n - 1n, s: 2n ** 256n - 1n, v: 255 }) }),
  // No point of the curve has the x coordinate 5, so that there is no key to recover.
  invalid("S4", "r_is_on_no_point_of_the_curve", { signature: setParts({ r: 5n }) }),
  invalid("S4", "r_and_s_are_one", { signature: setParts({ r: 1n, s: 1n }) }),
  // With r in the lower half too, the exchanged pair is refused for its signer and not for a high s.
  invalid("S4", "r_and_s_exchanged", {
    wallet: walletWhoseSignature((signature) => parts(signature).r < ORDER / 2n),
    signature: setParts(({ r, s }) => ({ r: s, s: r })),
  }),
];

/** Signs a digest of the text that is not the one of ERC-191. */
const overDigest = (digest) => (text, signer) => signer.signingKey.sign(digest(toUtf8Bytes(text))).serialized;
const overMessage = (rewrite) => (text, signer) => signer.signMessageSync(rewrite(text));
const prefixed = (prefix) => (bytes) => keccak256(concat([toUtf8Bytes(prefix(bytes.length)), bytes]));

const otherDigests = [
  invalid("S6", "signed_over_the_bare_keccak_hash", { sign: overDigest(keccak256) }),
  invalid("S6", "signed_over_the_sha_256_hash", { sign: overDigest(sha256) }),
  invalid("S6", "signed_over_the_sha3_256_hash", {
    sign: overDigest((bytes) => hexlify(createHash("sha3-256").update(bytes).digest())),
  }),
  invalid("S6", "signed_over_sha_256_with_the_right_prefix", {
    sign: overDigest((bytes) => sha256(concat([toUtf8Bytes(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes]))),
  }),
  invalid("S6", "signed_with_the_prefix_without_a_length", {
    sign: overDigest(prefixed(() => "\x19Ethereum Signed Message:\n")),
  }),
  invalid("S6", "signed_with_the_prefix_and_a_length_of_32", {
    sign: overDigest(prefixed(() => "\x19Ethereum Signed Message:\n32")),
  }),
  invalid("S6", "signed_with_the_prefix_and_a_length_in_hex", {
    sign: overDigest(prefixed((length) => `\x19Ethereum Signed Message:\n${length.toString(16)}`)),
  }),
  invalid("S6", "signed_with_the_prefix_and_a_length_with_a_leading_zero", {
    sign: overDigest(prefixed((length) => `\x19Ethereum Signed Message:\n0${length}`)),
  }),
  invalid("S6", "signed_with_the_prefix_without_its_first_byte", {
    sign: overDigest(prefixed((length) => `Ethereum Signed Message:\n${length}`)),
  }),
  invalid("S6", "signed_with_the_prefix_of_tron", {
    sign: overDigest(prefixed((length) => `\x19TRON Signed Message:\n${length}`)),
  }),
  invalid("S6", "signed_with_the_prefix_of_conflux", {
    sign: overDigest(prefixed((length) => `\x19Conflux Signed Message:\n${length}`)),
  }),
  invalid("S6", "signed_with_the_prefix_of_bitcoin", {
    sign: overDigest((bytes) =>
      sha256(sha256(concat([toUtf8Bytes("\x18Bitcoin Signed Message:\n"), toBeHex(bytes.length, 1), bytes]))),
    ),
  }),
  invalid("S6", "signed_for_an_intended_validator_of_erc_191", {
    sign: overDigest((bytes) => keccak256(concat(["0x1900", MALLORY.address, bytes]))),
  }),
  invalid("S6", "signed_as_typed_data_of_erc_712", {
    sign: (text, signer) =>
      signer.signTypedData(
        { name: "app.example", version: "1", chainId: 1 },
        { SignIn: [{ name: "message", type: "string" }] },
        { message: text },
      ),
  }),
  invalid("S6", "signed_over_the_hash_of_the_text_as_a_message", {
    sign: (text, signer) => signer.signMessageSync(getBytes(keccak256(toUtf8Bytes(text)))),
  }),
  invalid("S6", "signed_over_the_erc_191_hash_as_a_message", {
    sign: (text, signer) => signer.signMessageSync(getBytes(hashMessage(text))),
  }),
  invalid("S6", "signed_over_the_hex_of_the_text", { sign: overMessage((text) => hexlify(toUtf8Bytes(text))) }),
  invalid("S6", "signed_over_the_text_with_a_line_feed_after_it", { sign: overMessage((text) => `${text}\n`) }),
  invalid("S6", "signed_over_the_text_with_carriage_returns", {
    sign: overMessage((text) => text.replaceAll("\n", "\r\n")),
  }),
  invalid("S6", "signed_over_the_text_in_lower_case", { sign: overMessage((text) => text.toLowerCase()) }),
  invalid("S6", "signed_over_the_text_within_quotes", { sign: overMessage((text) => JSON.stringify(text)) }),
  invalid("S6", "signed_over_an_empty_text", { sign: overMessage(() => "") }),
];

/** Every optional field, changed only after Alice had signed. */
const tampered = (name, ...tampering) =>
  invalid("S7", `${name}_after_signing`, { fields: EVERY_OPTIONAL_FIELD, tampering });

const tampering = [
  tampered("statement_changed", swap("I accept the Terms", "I reject the Terms")),
  tampered("statement_with_a_letter_in_other_case", swap("I accept the Terms", "I Accept the Terms")),
  tampered("statement_emptied", swap(EVERY_OPTIONAL_FIELD.statement, "")),
  tampered("statement_removed", swap(`${EVERY_OPTIONAL_FIELD.statement}\n`, "")),
  tampered("address_replaced", swap(ALICE.address, MALLORY.address)),
  tampered("scheme_added", swap("app.example wants", "https://app.example wants")),
  tampered("domain_put_in_upper_case", swap("app.example wants", "APP.EXAMPLE wants")),
  tampered("default_port_added_to_the_domain", swap("app.example wants", "app.example:443 wants")),
  tampered("uri_path_changed", setLine("URI: ", "https://app.example/admin")),
  tampered("slash_added_to_the_uri", setLine("URI: ", "https://app.example/login/")),
  tampered("issued_at_moved_by_a_second", setLine("Issued At: ", "2026-03-14T09:20:01.000Z")),
  tampered("issued_at_written_without_its_fraction", setLine("Issued At: ", "2026-03-14T09:20:00Z")),
  tampered("issued_at_written_in_another_zone", setLine("Issued At: ", "2026-03-14T10:20:00.000+01:00")),
  tampered("issued_at_put_in_lower_case", setLine("Issued At: ", "2026-03-14t09:20:00.000z")),
  tampered("expiration_time_prolonged", setLine("Expiration Time: ", "2099-03-14T09:30:00.000Z")),
  tampered("expiration_time_removed", dropLine("Expiration Time: ")),
  tampered("not_before_moved", setLine("Not Before: ", "2026-03-13T09:15:00.000Z")),
  tampered("not_before_removed", dropLine("Not Before: ")),
  tampered("request_id_changed", setLine("Request ID: ", "req-8")),
  tampered("request_id_emptied", setLine("Request ID: ", "")),
  tampered("request_id_removed", dropLine("Request ID: ")),
  tampered("resource_added", append("\n- https://app.example/claims/3")),
  tampered("resource_changed", swap("urn:example:claim:2", "urn:example:claim:3")),
  tampered("resource_removed", swap("\n- urn:example:claim:2", "")),
  tampered(
    "resources_exchanged",
    swap(
      "- https://app.example/claims/1\n- urn:example:claim:2",
      "- urn:example:claim:2\n- https://app.example/claims/1",
    ),
  ),
  invalid("S7", "request_id_added_after_signing", { tampering: [append("\nRequest ID: req-7")] }),
  invalid("S7", "empty_list_of_resources_added_after_signing", { tampering: [append("\nResources:")] }),
  invalid("S7", "empty_statement_added_after_signing", {
    fields: { statement: null },
    tampering: [swap("\n\n\nURI: ", "\n\n\n\nURI: ")],
  }),
  invalid("S7", "nonce_replaced_by_the_issued_one_after_signing", {
    by: VIEM,
    fields: { nonce: "nonceOfAnEarlierSignIn01" },
    tampering: [setLine("Nonce: ", SERVER.nonce)],
  }),
  invalid("S7", "chain_id_replaced_by_the_allowed_one_after_signing", {
    by: VIEM,
    fields: { chain_id: "10" },
    tampering: [setLine("Chain ID: ", "1")],
  }),
  invalid("S7", "domain_replaced_by_ours_after_signing", {
    fields: { domain: "evil.example" },
    tampering: [swap("evil.example wants", "app.example wants")],
  }),
  invalid("S7", "uri_replaced_by_ours_after_signing", {
    fields: { uri: "https://evil.example/login" },
    tampering: [setLine("URI: ", "https://app.example/login")],
  }),
  invalid("S7", "expired_message_prolonged_after_signing", {
    fields: { expiration_time: "2026-03-14T09:20:30.000Z" },
    tampering: [setLine("Expiration Time: ", "2026-03-14T09:30:30.000Z")],
  }),

  ...[0, 1, 15, 31, 32, 33, 47, 63, 64].map((position) =>
    invalid("S7", `signature_byte_${position}_flipped`, { signature: flipLowestBit(position) }),
  ),
];

function flipLowestBit(position) {
  return (signature) => {
    const bytes = getBytes(signature);
    bytes[position] ^= 1;
    return hexlify(bytes);
  };
}

const strangers = [
  invalid(null, "text_of_alice_signed_by_mallory", { wallet: MALLORY, fields: { address: ALICE.address } }),
  invalid(null, "text_of_alice_signed_by_mallory_with_viem", {
    by: VIEM,
    wallet: MALLORY,
    fields: { address: ALICE.address },
  }),
];

export const refusedSignatures = [...encodings, ...malleability, ...otherDigests, ...tampering, ...strangers];
