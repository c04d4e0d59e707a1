// An OpenID provider for tests: anybody it knows may sign in with any password. It prints its port once it listens.
// Usage: node provider.mjs PACKAGES CONFIGURATION, both as paths; the configuration is JSON: issuer, port, client,
// accounts (by login, their claims).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [packages, configuration] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(createRequire(`${packages}/`).resolve('oidc-provider')).href
);
const { issuer, port, client, accounts } = JSON.parse(readFileSync(configuration, 'utf8'));

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ['sub'], profile: ['name', 'locale', 'groups', 'country'], email: ['email'] },
  cookies: { keys: ['for tests alone'] },
  pkce: { required: () => true },
  findAccount: (_, login) =>
    accounts[login] && { accountId: login, claims: () => ({ sub: login, ...accounts[login] }) },
});
const server = provider.listen(port, '127.0.0.1', () => console.log(server.address().port));
