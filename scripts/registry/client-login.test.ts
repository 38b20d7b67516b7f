import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, image, loggedIn, pulls, type Registry, tokensOf } from '../testing/pulling.ts'
import { type Handler, json, scriptedRegistry, sends, wantsToken } from '../testing/scripted-registry.ts'

test('a token is asked for once, with what the challenge says', async () => {
  const registry = await scriptedRegistry({ first: wantsToken() })
  await pulls(registry)
  assert.deepEqual(
    tokensOf(registry).map(({ path, authorization }) => [path, authorization]),
    [['/token?scope=repository%3Ax%3Apull&service=s', undefined]],
  )
  const bare = await scriptedRegistry({
    token: json({ access_token: 'good' }),
    first: (request, response) =>
      wantsToken(() => 'good', `Bearer realm="http://${request.headers.host}/token?a=b"`)(request, response),
  })
  await pulls(bare)
  assert.equal(tokensOf(bare)[0]!.path, '/token?a=b&scope=repository%3Ax%3Apull')
})

test('a token that expires, as it says or sooner, is renewed in the middle of a pull', async () => {
  for (const expires_in of [0.001, 60]) {
    let number = 0
    const token: Handler = (request, response) =>
      json({ token: `t${++number}`, expires_in })(request, response)
    let served = 0
    const registry = await scriptedRegistry({
      token,
      first: (request, response) => {
        wantsToken(() => `t${number}`)(request, response)
        // What is good for the manifest is not for the configuration, and so on.
        if (!response.headersSent && expires_in === 60 && served++ < 2) number += 10
      },
    })
    await pulls(registry)
    assert.ok(tokensOf(registry).length >= 3, String(tokensOf(registry).length))
  }
})

test('a login is shown to the token server or, if that is asked for, to the registry itself', async () => {
  const withToken = await scriptedRegistry({ first: wantsToken() })
  await pulls(withToken, loggedIn(withToken.host))
  assert.match(tokensOf(withToken)[0]!.path, /&account=me$/)
  assert.equal(tokensOf(withToken)[0]!.authorization, basic('me'))
  const byPassword = await scriptedRegistry({
    first: ({ headers }, response) => {
      if (headers.authorization !== basic('me'))
        sends(401, '', { 'www-authenticate': 'Negotiate, bASIC realm="x"' })({} as never, response)
    },
  })
  await pulls(byPassword, loggedIn(byPassword.host))
  assert.deepEqual(
    byPassword.asked.slice(0, 2).map(({ authorization }) => authorization),
    [undefined, basic('me')],
  )
})

test('an identity token is exchanged, and never sent as a password', async () => {
  const registry = await scriptedRegistry({ first: wantsToken() })
  await pulls(registry, loggedIn(registry.host, { identitytoken: 'refresh me' }))
  const [{ authorization, body, path }] = tokensOf(registry) as [Registry['asked'][number]]
  assert.deepEqual([path, authorization], ['/token', undefined])
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    grant_type: 'refresh_token',
    client_id: 'eks-distro-base-workshop',
    refresh_token: 'refresh me',
    service: 's',
    scope: 'repository:x:pull',
  })
})

test('another host is not shown the password, unless it is trusted; without it public images still come', async () => {
  const server = await scriptedRegistry()
  const realm = `http://localhost:${server.host.split(':')[1]}/token`
  const challenge = `Bearer realm="${realm}"`
  const isPublic = await scriptedRegistry({ first: wantsToken(() => 'good', challenge) })
  await pulls(isPublic, loggedIn(isPublic.host))
  assert.equal(server.asked[0]!.authorization, undefined)
  assert.doesNotMatch(server.asked[0]!.path, /me/)
  const trusted = await scriptedRegistry({ first: wantsToken(() => 'good', challenge) })
  await pulls(trusted, { ...loggedIn(trusted.host), trusted: ['localhost'] })
  assert.equal(server.asked[1]!.authorization, basic('me'))
  server.stop()
  const strict = await scriptedRegistry({ token: sends(401) })
  const elsewhere = `http://localhost:${strict.host.split(':')[1]}/token`
  const closed = await scriptedRegistry({ first: wantsToken(() => 'good', `Bearer realm="${elsewhere}"`) })
  await assert.rejects(
    pulls(closed, loggedIn(closed.host)),
    /has its logins checked by localhost:\d+, which is not shown the password: set REGISTRY_TOKEN_HOSTS=localhost if/,
  )
  strict.stop()
})

test('a redirect to another origin is followed without the login', async () => {
  const store = await scriptedRegistry({}, image, { '/blob': sends(200, image.layer) })
  const registry = await scriptedRegistry({
    first: wantsToken(),
    layer: sends(307, '', { location: `http://${store.host}/blob` }),
  })
  await pulls(registry)
  store.stop()
  assert.deepEqual(
    store.asked.map(({ path, authorization }) => [path, authorization]),
    [['/blob', undefined]],
  )
})
