// Express with express-session in memory and siwe, as the quickstart of Sign-In with Ethereum has
// it: `node server.mjs PORT`.
import express from 'express';
import session from 'express-session';
import { generateNonce, SiweMessage } from 'siwe';

const app = express();
app.use(express.json());
app.use(session({
  name: 'siwe-quickstart',
  secret: 'for-measuring-only',
  resave: true,
  saveUninitialized: true,
  cookie: { secure: false, sameSite: true },
}));

app.get('/nonce', (request, response) => {
  request.session.nonce = generateNonce();
  response.type('text/plain').send(request.session.nonce);
});

app.post('/verify', async (request, response) => {
  try {
    const message = new SiweMessage(request.body.message);
    const { data } = await message.verify({
      signature: request.body.signature,
      nonce: request.session.nonce,
    });
    request.session.siwe = data;
    request.session.save(() => response.status(200).send(true));
  } catch (error) {
    response.status(401).json({ message: String(error) });
  }
});

app.get('/me', (request, response) => {
  if (!request.session.siwe) {
    response.status(401).json({ message: 'You have to first sign in' });
    return;
  }
  response.type('text/plain').send(`hello ${request.session.siwe.address}`);
});

app.listen(Number(process.argv[2]), '127.0.0.1');
