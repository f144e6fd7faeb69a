// Signatures that must be refused although the text is in order and the account is sound.

import { hexToU8a, stringToHex, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { secp256k1Sign } from '@polkadot/util-crypto';
import { privateKeyToAccount } from 'viem/accounts';
import {
  IDENTITY_ENCODINGS, ed25519WithIdentityAsR, sr25519Fixed, withUnreducedS,
} from '../forgeries.mjs';
import { ETHEREUM_WALLET, KEYS, STRANGERS, account } from '../keys.mjs';
import { highS, withBitFlipped, withRecoveryId } from '../signatures.mjs';
import { PAYLOADS } from '../texts.mjs';

const { sr25519, ed25519, ecdsa, ethereum } = KEYS;
const BENT = '@polkadot/keyring 14.0.3, then bent';
const VIEM = 'viem 2.57.1';
const SCURE = '@scure/sr25519 0.2.0';
const NOBLE = '@noble/curves 1.9.7';
const BY_HAND = 'by hand';

const notCanonical = [
  {
    name: 'sr25519_with_s_plus_the_order',
    madeBy: SCURE,
    key: sr25519,
    sign: (payload) => withUnreducedS(sr25519Fixed(sr25519.seed, payload), true),
  },
  {
    name: 'sr25519_with_a_negative_r',
    madeBy: SCURE,
    key: sr25519,
    sign: (payload) => sr25519Fixed(sr25519.seed, payload, { negateR: true }),
  },
  {
    name: 'ed25519_with_s_plus_the_order',
    madeBy: BENT,
    key: ed25519,
    shape: (signature) => withUnreducedS(signature, false),
  },
  ...Object.entries(IDENTITY_ENCODINGS).map(([what, R]) => ({
    name: `ed25519_with_the_identity_as_r_${what}`,
    madeBy: NOBLE,
    key: ed25519,
    sign: (payload) => ed25519WithIdentityAsR(ed25519.seed, payload, R),
  })),
].map((refused) => ({ ...refused, row: 'P3' }));

// The mark tells the two 64-byte schemes apart; turned over, the other scheme must not help.
const wrongMark = [
  {
    name: 'sr25519_without_its_mark',
    row: 'P4',
    madeBy: SCURE,
    key: sr25519,
    sign: (payload) => withBitFlipped(sr25519Fixed(sr25519.seed, payload), 63, 7),
  },
  {
    name: 'ed25519_with_the_mark_of_sr25519',
    row: 'P4',
    madeBy: BENT,
    key: ed25519,
    shape: (signature) => withBitFlipped(signature, 63, 7),
  },
];

const wrongTypeByte = [
  [sr25519, 0, 'ed25519'],
  [sr25519, 2, 'ecdsa'],
  [sr25519, 3, 'no_scheme'],
  [ed25519, 1, 'sr25519'],
  [ed25519, 2, 'ecdsa'],
  [ed25519, 255, 'no_scheme'],
  [ecdsa, 0, 'ed25519'],
  [ecdsa, 1, 'sr25519'],
  [ecdsa, 3, 'no_scheme'],
  [ethereum, 0, 'ed25519'],
  [ethereum, 1, 'sr25519'],
].map(([key, typeByte, named]) => ({
  name: `${key.scheme}_with_the_type_byte_of_${named}`,
  row: 'P4',
  key,
  isTyped: true,
  typeByte,
  expect: 'invalid_signature',
}));

// They can be read as a typed signature and as a plain secp256k1 one: tried twice, refused once.
const madeToBeTriedTwice = [0, 1].map((first) => ({
  name: `a_strangers_ecdsa_signature_that_begins_with_the_byte_${first}`,
  row: 'P4',
  key: STRANGERS.ecdsa,
  account: ecdsa,
  until: (signature) => signature[0] === first,
}));

const otherContexts = [
  ['polkadot', 'polkadot'],
  ['nothing', ''],
  ['substrate_with_a_capital', 'Substrate'],
].map(([what, context]) => ({
  name: `sr25519_signed_in_the_context_of_${what}`,
  row: 'P8',
  madeBy: SCURE,
  key: sr25519,
  sign: (payload) => sr25519Fixed(sr25519.seed, payload, { context }),
}));

const secp256k1Limits = [ecdsa, ethereum].flatMap((key) => [
  { name: 'a_high_s', shape: highS },
  ...[2, 3, 26, 29, 31, 255].map((id) => ({
    name: `recovery_id_${id}`,
    shape: (signature) => withRecoveryId(signature, id),
  })),
  {
    name: 'the_other_recovery_id',
    shape: (signature) => withRecoveryId(signature, signature[64] ^ 1),
  },
].map(({ name, shape }) => ({
  name: `${key.scheme}_with_${name}`, row: 'P10', madeBy: BENT, key, shape,
})));

const eip191WithHighS = {
  name: 'an_ethereum_wallet_signature_with_a_high_s',
  row: 'P10',
  madeBy: `${VIEM}, then bent`,
  key: ethereum,
  form: 'eip191',
  sign: async (_, message) => hexToU8a(await ETHEREUM_WALLET.signMessage({ message })),
  // The parity of 27 and 28 is that of 0 and 1 with 27 added.
  shape: (signature) => {
    const twin = highS(withRecoveryId(signature, signature[64] - 27));
    return withRecoveryId(twin, twin[64] + 27);
  },
};

const wrongDigest = [
  {
    name: 'a_substrate_ecdsa_account_over_keccak',
    madeBy: '@polkadot/util-crypto 14.0.3',
    key: ecdsa,
    sign: (payload) => secp256k1Sign(payload, { secretKey: ecdsa.seed }, 'keccak'),
  },
  {
    name: 'a_20_byte_account_over_blake2',
    madeBy: '@polkadot/util-crypto 14.0.3',
    key: ethereum,
    sign: (payload) => secp256k1Sign(payload, { secretKey: ethereum.seed }, 'blake2'),
  },
  {
    name: 'a_substrate_ecdsa_account_by_an_ethereum_wallet',
    madeBy: VIEM,
    key: ecdsa,
    form: 'eip191',
    sign: async (_, message) => {
      const wallet = privateKeyToAccount(u8aToHex(ecdsa.seed));
      return hexToU8a(await wallet.signMessage({ message }));
    },
  },
  {
    name: 'an_ethereum_wallet_over_the_wrapped_text',
    madeBy: VIEM,
    key: ethereum,
    form: 'eip191',
    sign: async (_, message) => {
      const raw = u8aToHex(PAYLOADS.wrapped(message));
      return hexToU8a(await ETHEREUM_WALLET.signMessage({ message: { raw } }));
    },
  },
  {
    // The keyring's own verification compares the last 20 bytes only and accepts it.
    name: 'a_32_byte_account_that_ends_like_the_20_bytes_of_the_signer',
    key: ethereum,
    account: account(u8aConcat(new Uint8Array(12).fill(0x11), ethereum.bytes)),
  },
  {
    name: 'a_20_byte_account_without_the_recovery_id',
    madeBy: BENT,
    key: ethereum,
    shape: (signature) => signature.subarray(0, 64),
  },
];

const wrongPayload = [
  ['P5', 'wrapped_twice', (text) => `<Bytes><Bytes>${text}</Bytes></Bytes>`],
  ['P5', 'wrapped_in_lower_case', (text) => `<bytes>${text}</bytes>`],
  ['P5', 'opened_and_never_closed', (text) => `<Bytes>${text}`],
  ['P9', 'as_hex', stringToHex],
  ['P9', 'as_wrapped_hex', (text) => `<Bytes>${stringToHex(text)}</Bytes>`],
].flatMap(([row, how, signedText]) => [ed25519, ecdsa].map((key) => ({
  name: `${key.scheme}_over_the_text_${how}`,
  row,
  key,
  // As bytes: the keyring would read a text that begins with 0x as hex.
  sign: (_, message) => key.pair.sign(stringToU8a(signedText(message))),
})));

const strangers = Object.values(KEYS).map((key) => ({
  name: `a_strangers_${key.scheme}_signature`,
  key: STRANGERS[key.scheme],
  account: key,
}));

const touched = Object.values(KEYS).flatMap((key) => [
  {
    name: `${key.scheme}_over_a_text_with_one_letter_changed_since`,
    row: 'S7',
    key,
    retouch: (message) => message.replace('costs nothing', 'costs nothinG'),
  },
  ...[['r', 3], ['s', 40]].map(([part, byte]) => ({
    name: `${key.scheme}_with_one_bit_of_${part}_flipped`,
    row: 'S7',
    madeBy: key === sr25519 ? SCURE : BENT,
    key,
    sign: (payload) => withBitFlipped(
      key === sr25519 ? sr25519Fixed(key.seed, payload) : key.pair.sign(payload),
      byte,
    ),
  })),
]);

const zeros = [[sr25519, 64], [ed25519, 64], [ecdsa, 65], [ethereum, 65]].map(([key, length]) => ({
  name: `${key.scheme}_of_nothing_but_zeros`,
  row: length === 65 ? 'S4' : null,
  madeBy: BY_HAND,
  key,
  sign: () => new Uint8Array(length),
}));

const wrongLength = [0, 1, 63, 67, 130].map((length) => ({
  name: `a_signature_of_${length}_bytes`,
  row: 'S5',
  madeBy: BY_HAND,
  key: ed25519,
  sign: (payload) => u8aConcat(ed25519.pair.sign(payload), new Uint8Array(66)).subarray(0, length),
  expect: 'signature_malformed',
}));

export default [
  ...notCanonical,
  ...wrongMark,
  ...wrongTypeByte,
  ...madeToBeTriedTwice,
  ...otherContexts,
  ...secp256k1Limits,
  eip191WithHighS,
  ...wrongDigest,
  ...wrongPayload,
  ...strangers,
  ...touched,
  ...zeros,
  ...wrongLength,
].map((refused) => ({ expect: 'invalid_signature', ...refused }));
