import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayHavePassword, registryOrigin } from './origin.ts'

test('only the loopback address is spoken to over http', () => {
  for (const [host, origin] of [
    ['localhost', 'http://localhost'],
    ['LOCALHOST:5000', 'http://localhost:5000'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['127.9.9.9', 'http://127.9.9.9'],
    ['[::1]:5000', 'http://[::1]:5000'],
    ['localhost.example.com:5600', 'https://localhost.example.com:5600'],
    ['127.0.0.1.example.com', 'https://127.0.0.1.example.com'],
    ['127.example.com', 'https://127.example.com'],
    ['localhost.', 'https://localhost.'],
    ['a.localhost', 'https://a.localhost'],
    ['128.0.0.1', 'https://128.0.0.1'],
    ['[::2]', 'https://[::2]'],
    ['docker.io', 'https://registry-1.docker.io'],
  ] as const)
    assert.equal(registryOrigin(host).origin, origin)
})

test('a password is for the registry, its domain and whom the caller trusts, and never goes over http', () => {
  for (const [expected, realm, registry, ...trusted] of [
    [true, 'https://ghcr.io/token', 'https://ghcr.io'],
    [true, 'https://ghcr.io:8443/token', 'https://ghcr.io'],
    [true, 'https://auth.docker.io/token', 'https://registry-1.docker.io'],
    [true, 'https://gitlab.com/jwt/auth', 'https://registry.gitlab.com'],
    [true, 'https://auth.example.com/', 'https://example.com'],
    [true, 'http://127.0.0.1:5001/', 'http://127.0.0.1:5000'],
    [true, 'https://gitlab.example.com/', 'https://registry.example.com', 'gitlab.example.com'],
    [false, 'https://gitlab.example.com/', 'https://registry.example.com'],
    [false, 'https://com/', 'https://registry.com'],
    [false, 'https://evilghcr.io/', 'https://ghcr.io'],
    [false, 'https://auth.docker.io/', 'https://ghcr.io'],
    [false, 'http://ghcr.io/token', 'https://ghcr.io'],
    [false, 'http://127.0.0.1/', 'https://ghcr.io', '127.0.0.1'],
    [false, 'http://localhost:5001/', 'http://127.0.0.1:5000'],
    [false, 'https://ghcr.io/', 'http://127.0.0.1:5000'],
  ] as [boolean, string, string, ...string[]][])
    assert.equal(
      mayHavePassword(new URL(realm), new URL(registry), trusted),
      expected,
      `${realm} of ${registry}`,
    )
})
