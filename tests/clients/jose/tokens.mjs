// Checks a server's access tokens with `jose`, and sees that the server refuses wrong ones.
// Standard input: {"url", "token", "alg", "jwk"}; `jwk` is the private half of the test's key.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { SignJWT, createRemoteJWKSet, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'

const { url, token, alg, jwk } = JSON.parse(readFileSync(0, 'utf8'))
let checks = 0

const header = decodeProtectedHeader(token)
assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ'])
const jwks = new URL('/.well-known/jwks.json', url)
const published = (await (await fetch(jwks)).json()).keys
const symmetric = alg === 'HS256'
assert.equal(published.length, symmetric ? 0 : 1)
const verifying = symmetric ? await importJWK(jwk, alg) : createRemoteJWKSet(jwks)
const { payload } = await jwtVerify(token, verifying, {
  issuer: url, audience: url, typ: 'at+jwt', algorithms: [alg],
  requiredClaims: ['sub', 'exp', 'iat', 'nbf', 'jti', 'sid', 'client_id', 'auth_time', 'amr', 'account'],
})
assert.match(payload.sub, /^eip155:0x/)
checks += 1

const signing = await importJWK(symmetric ? jwk : { ...published[0], ...jwk }, alg)
const make = (changes = {}, claims = {}, key = signing) =>
  new SignJWT({ ...payload, ...claims }).setProtectedHeader({ ...header, ...changes }).sign(key)

async function shown(bearer) {
  const answer = await fetch(new URL('/me', url), { headers: { authorization: `Bearer ${bearer}` } })
  checks += 1
  return answer.status === 200 ? '200' : `${answer.status} ${(await answer.json()).error}`
}

assert.equal(await shown(token), '200')
assert.equal(await shown(await make()), '200') // its own, signed anew by jose
const now = Math.floor(Date.now() / 1000)
const secret = new TextEncoder().encode('another secret of more than 32 bytes, made up here')
const wrong = {
  'another alg': () => make({ alg: symmetric ? 'HS512' : 'HS256' }, {}, secret),
  'another secret': () => make({ alg: 'HS256' }, {}, secret),
  'another typ': () => make({ typ: 'JWT' }),
  'no typ': () => make({ typ: undefined }),
  'another kid': () => make({ kid: 'unknown' }),
  'no kid': () => make({ kid: undefined }),
  'a key in the header': () => make({ jwk: published[0] ?? {} }),
  'another aud': () => make({}, { aud: 'https://other.example' }),
  'two auds': () => make({}, { aud: [url, 'https://other.example'] }),
  'another iss': () => make({}, { iss: `${url}/` }),
  'no aud': () => make({}, { aud: undefined }),
  'no iss': () => make({}, { iss: undefined }),
  expired: () => make({}, { exp: now - 1 }),
  'no exp': () => make({}, { exp: undefined }),
  'not yet': () => make({}, { nbf: now + 600 }),
  'another sid': () => make({}, { sid: 'A'.repeat(46) }),
}
for (const [what, forge] of Object.entries(wrong)) {
  assert.equal(await shown(await forge()), '401 token_invalid', what)
}
console.log(`jose ${alg}: ${checks} checks passed`)
