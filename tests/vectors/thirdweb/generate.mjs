// Writes cases.json: what thirdweb's auth makes, and what it says to our tokens (ours.json).
import { readFileSync, writeFileSync } from 'node:fs'
import { mock } from 'node:test'
import { createAuth, signLoginPayload } from 'thirdweb/auth'
import { privateKeyToAccount } from 'viem/accounts'

globalThis.fetch = () => { throw new Error('no connection is needed') }
mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) })

const admin = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const user = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
const other = privateKeyToAccount(`0x${'22'.repeat(32)}`)
const domain = 'app.example'
let count = 0
const auth = (login = {}, jwt = {}, adminAccount = admin) => createAuth({
  domain, adminAccount,
  login: { nonce: { generate: async () => `0x${String(++count).padStart(64, '0')}` }, ...login },
  jwt: { jwtId: { generate: async () => `token-${++count}`, validate: async () => true }, ...jwt },
})

// The text is what the wallet is asked to sign.
async function signed(payload) {
  let text
  const account = { ...user, signMessage: ({ message }) => { text = message; return user.signMessage({ message }) } }
  const { signature } = await signLoginPayload({ account, payload })
  return { text, signature }
}

const logins = []
for (const [what, login, chainId] of [
  ['defaults: the uri is the domain, no chain', {}],
  ['a chain', {}, 1],
  ['another chain, and an origin as uri', { uri: `https://${domain}` }, 137],
  ['a statement and resources', { statement: 'Welcome.', resources: ['https://app.example/terms', 'ipfs://bafy'] }, 1],
  ['a nonce as version 4 makes it', { nonce: { generate: async () => 'd9428888-122b-41e1-b85c-61e2cb1c1a5e' }, uri: `https://${domain}` }],
  ['its own nonce of letters and digits', { nonce: { generate: async () => 'a1B2c3D4e5F6g7H8i9J0k1L2' } }],
]) {
  const server = auth(login)
  const payload = JSON.parse(JSON.stringify(await server.generatePayload({ address: user.address, chainId })))
  const { text, signature } = await signed(payload)
  const { valid } = await server.verifyPayload({ payload, signature })
  logins.push({ what, payload, text, signature, valid })
}

const claimsOf = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
const theirs = []
for (const [what, jwt, context] of [
  ['defaults', {}],
  ['five hours', { expirationTimeSeconds: 5 * 3600 }],
  ['with a context', {}, { role: 'admin', seats: 3, list: ['ä', '<&>'] }],
]) {
  const payload = await auth().generatePayload({ address: user.address, chainId: 1 })
  const token = await auth({}, jwt).generateJWT({ payload, context })
  theirs.push({ what, token, claims: claimsOf(token) })
}

const verdict = async (token, server = auth()) => {
  try { return (await server.verifyJWT({ jwt: token })).valid } catch { return false }
}
const { tokens } = JSON.parse(readFileSync(new URL('ours.json', import.meta.url), 'utf8'))
const ours = []
for (const { what, token } of tokens) ours.push({ what, token, valid: await verdict(token) })

const [header, payload, signature] = tokens[0].token.split('.')
const encoded = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const changed = changes => encoded({ ...claimsOf(tokens[0].token), ...changes })
const by = async (account, part) => {
  const message = Buffer.from(part, 'base64url').toString()
  return `${header}.${part}.${encoded(await account.signMessage({ message }))}`
}
const forged = []
for (const [what, token] of Object.entries({
  'another header': `${encoded('{"alg":"ES256K","typ":"JWT"}')}.${payload}.${signature}`,
  'another subject': `${header}.${changed({ sub: other.address })}.${signature}`,
  'signed by another wallet': await by(other, payload),
  'another issuer, signed by it': await by(other, changed({ iss: other.address })),
  'another domain': await by(admin, changed({ aud: 'other.example' })),
  'over': await by(admin, changed({ exp: 1767225599 })),
  'not begun': await by(admin, changed({ nbf: 1767229200 })),
  'no signature': `${header}.${payload}.`,
  'the signature of another text': `${header}.${payload}.${theirs[0].token.split('.')[2]}`,
})) forged.push({ what, token, valid: await verdict(token) })

const cases = { admin: admin.address, user: user.address, logins, theirs, ours, forged }
writeFileSync(new URL('cases.json', import.meta.url), JSON.stringify(cases, null, 2) + '\n')
console.log(logins.map(c => c.valid), ours.map(c => c.valid), forged.map(c => c.valid))
