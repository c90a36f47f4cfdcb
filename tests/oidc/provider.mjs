// A real OpenID provider on loopback for the tests of single sign-on.
// Started as: node provider.mjs REDIRECT_URI; prints its issuer, stops with its standard input.
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';

const people = new Map();
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

const configuration = {
  clients: [{
    client_id: 'sentia',
    client_secret: 'a secret that only the two of them know',
    redirect_uris: [process.argv[2]],
    post_logout_redirect_uris: [new URL('/', process.argv[2]).href],
  }],
  claims: {
    openid: ['sub', 'realm', 'amr'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username'],
  },
  conformIdTokenClaims: false,
  pkce: { required: () => true, methods: ['S256'] },
  features: { devInteractions: { enabled: false } },
  interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...people.get(id), sub: id }) }),
  loadExistingGrant: async (context) => {
    const { client, session, provider } = context.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  cookies: { keys: ['only for tests'] },
  ttl: { Session: 600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
};

const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const standard = provider.callback();
  server.on('request', async (request, response) => {
    const [, first, uid] = request.url.split('/');
    if (first === 'people') { // PUT /people/ID with claims
      people.set(uid, JSON.parse(await body(request)));
      response.end();
    } else if (first === 'interaction' && request.method === 'GET') {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<form method="post" action="/interaction/${uid}">
        <label>Account <input name="account" autofocus></label><button>Continue</button>
        <button name="no" value="1">Decline</button></form>`);
    } else if (first === 'interaction') {
      const given = new URLSearchParams(await body(request));
      const result = given.get('no')
        ? { error: 'access_denied', error_description: 'declined' }
        : { login: { accountId: given.get('account'), amr: people.get(given.get('account'))?.amr },
            select_account: {} };
      await provider.interactionFinished(request, response, result);
    } else {
      standard(request, response);
    }
  });
  console.log(issuer);
});
process.stdin.resume().on('end', () => process.exit(0));
