// A certified OpenID provider (https://github.com/panva/node-oidc-provider) for the tests. It asks nobody anything:
// who signs in, and what is said about them, is what `login_hint` says, for example
// `sub=ann&email=ann%40example.test&email_verified=true&groups=platform,writers`.
//
// Prints its issuer when it listens. Ends when its standard input is closed, so it cannot outlive who started it.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const CALLBACK = 'https://prompts.test/auth/oidc/callback';

function key(alg, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, kid: alg.toLowerCase(), use: 'sig' };
}

function client(id, alg, more = {}) {
  return {
    client_id: id,
    client_secret: 'a secret + with: % signs & 32 bytes of it',
    redirect_uris: [CALLBACK],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    id_token_signed_response_alg: alg,
    ...more,
  };
}

// What was said about somebody at their last login, by subject.
const people = new Map();

const configuration = {
  jwks: {
    keys: [
      key('RS256', 'rsa', { modulusLength: 2048 }),
      key('PS256', 'rsa', { modulusLength: 2048 }),
      key('ES256', 'ec', { namedCurve: 'P-256' }),
      key('EdDSA', 'ed25519', {}),
    ],
  },
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'],
  },
  clients: [
    client('promptsync', 'RS256'),
    client('promptsync-post', 'RS256', { token_endpoint_auth_method: 'client_secret_post' }),
    client('promptsync-ps256', 'PS256'),
    client('promptsync-es256', 'ES256'),
    client('promptsync-eddsa', 'EdDSA'),
    // This one gets tokens signed with its secret, which we refuse.
    client('promptsync-hs256', 'HS256'),
    client('promptsync-public', 'RS256', { client_secret: undefined, token_endpoint_auth_method: 'none' }),
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...people.get(sub), sub }) }),
  // Consent is given in advance.
  async loadExistingGrant(ctx) {
    const { client, provider, session, params } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
};

function person(hint) {
  const said = new URLSearchParams(hint);
  const claims = Object.fromEntries(said);
  if (said.has('email_verified')) claims.email_verified = said.get('email_verified') === 'true';
  if (said.has('groups')) claims.groups = said.get('groups').split(',').filter(Boolean);
  return claims;
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const claims = person(params.login_hint);
    const result = claims.sub
      ? { login: { accountId: claims.sub } }
      : { error: 'access_denied', error_description: 'nobody <script>alert(1)</script> signed in' };
    if (claims.sub) people.set(claims.sub, claims);
    return provider.interactionFinished(request, response, result);
  });
  console.log(issuer);
});

process.stdin.on('end', () => process.exit(0)).resume();
