// better-auth with its plugin for Sign-In with Ethereum, over an SQLite database in memory (so that
// no disk counts): `node server.mjs PORT`.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { siwe } from 'better-auth/plugins';
import { SqliteDialect } from 'kysely';
import Database from 'libsql';
import { verifyMessage } from 'viem';
import { generateSiweNonce } from 'viem/siwe';

const auth = betterAuth({
  baseURL: 'https://app.example',
  secret: 'for-measuring-only-not-for-anything-else',
  database: { dialect: new SqliteDialect({ database: new Database(':memory:') }), type: 'sqlite' },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    siwe({
      domain: 'app.example',
      getNonce: async () => generateSiweNonce(),
      verifyMessage: ({ message, signature, address }) => verifyMessage({ message, signature, address }),
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();

const endpoints = toNodeHandler(auth);
createServer(async (request, response) => {
  if (request.url !== '/me') {
    await endpoints(request, response);
    return;
  }
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  const said = session ? `hello ${session.user.name}` : 'You have to first sign in';
  response.writeHead(session ? 200 : 401, {
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(said),
  });
  response.end(said);
}).listen(Number(process.argv[2]), '127.0.0.1');
