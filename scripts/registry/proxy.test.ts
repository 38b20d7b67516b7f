import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { request } from 'undici'
import { dispatcherFor, proxyFor } from './proxy.ts'

test('a proxy is passed by as curl does', () => {
  const proxy = 'http://proxy:3128'
  for (const [url, except, expected] of [
    ['https://ghcr.io', '', true],
    ['https://ghcr.io', '*', false],
    ['https://ghcr.io', 'ghcr.io', false],
    ['https://ghcr.io', 'GHCR.io', false],
    ['https://a.ghcr.io', 'ghcr.io', false],
    ['https://a.ghcr.io', '.ghcr.io', false],
    ['https://a.ghcr.io', '*.ghcr.io', false],
    ['https://aghcr.io', 'ghcr.io', true],
    ['https://ghcr.io', 'ghcr.io:443', false],
    ['https://ghcr.io', 'ghcr.io:8443', true],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://11.1.2.3', '10.0.0.0/8', true],
    ['https://[fd00::1]', 'fd00::/8', false],
    ['https://[fd00::1]', 'fd00::1', false],
    ['https://ghcr.io', '10.0.0.0/8', true],
    ['https://ghcr.io', '10.0.0.0/99', true],
    ['http://127.0.0.1:5000', '', false],
    ['http://localhost', '', false],
  ] as const) {
    const found = proxyFor(new URL(url), { proxy, except: except.split(',').filter(Boolean) })
    assert.equal(found !== undefined, expected, `${url} ${except}`)
  }
})

test('a proxy without a scheme is http; one that is none is an error that does not tell its password', () => {
  const url = new URL('https://ghcr.io')
  assert.equal(
    proxyFor(url, { proxy: 'user:word@proxy:3128', except: [] })?.href,
    'http://user:word@proxy:3128/',
  )
  for (const proxy of ['socks5://user:word@proxy', 'http://', 'user:word@:'])
    assert.throws(() => proxyFor(url, { proxy, except: [] }), {
      name: 'UserError',
      message: 'HTTPS_PROXY or ALL_PROXY: write it as http://HOST:PORT',
    })
})

test('a proxy is asked to connect, with its own login', async () => {
  const asked: (string | undefined)[][] = []
  const proxy = createServer().on('connect', ({ url, headers }, socket) => {
    asked.push([url, headers['proxy-authorization'], headers.authorization])
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  const url = new URL('https://registry.example.com/v2/')
  const dispatcher = dispatcherFor(url, { proxy: `http://user:word@127.0.0.1:${port}`, except: [] })
  await assert.rejects(request(url, { dispatcher, headers: { authorization: 'Basic secret' } }))
  proxy.close()
  assert.deepEqual(asked[0], ['registry.example.com:443', `Basic ${btoa('user:word')}`, undefined])
})
