import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authFiles } from '../lib/settings.ts'
import { at } from '../testing/home.ts'
import { openRepository } from './client.ts'
import { askHelper } from './credential-helper.ts'
import { findLogin } from './login.ts'

const auth = (user: string) => ({ auth: btoa(`${user}:pass:word`) })
const auths = (user: string, key = 'example.com') => ({ auths: { [key]: auth(user) } })
async function user(host = 'example.com', repository = 'ns/repo/x'): Promise<string | undefined> {
  const { login } = await findLogin(host, repository)
  if (login && 'password' in login) assert.equal(login.password, 'pass:word')
  return login && ('user' in login ? login.user : `token ${login.identityToken}`)
}
const helper = (text: string) => `#!/bin/sh\nread host\n[ "$1" = get ] || exit 9\n${text}\n`
const answers = helper(`echo '{"ServerURL":"x","Username":"'"$host"'","Secret":"pass:word"}'`)

test('a login is found in each place that skopeo looks in, in its order', async () => {
  const places = [
    ['named.json', { REGISTRY_AUTH_FILE: '~/named.json' }],
    ['run/containers/auth.json', { XDG_RUNTIME_DIR: '~/run' }],
    ['xdg/containers/auth.json', { XDG_CONFIG_HOME: '~/xdg' }],
    ['.config/containers/auth.json', {}],
    ['docker/config.json', { DOCKER_CONFIG: '~/docker' }],
    ['.docker/config.json', {}],
    ['.dockercfg', {}],
  ] as const
  for (const [place, env] of places) {
    at({ [place]: place === '.dockercfg' ? auths('me').auths : auths('me') }, env)
    assert.equal(await user(), 'me', place)
    assert.equal(await user('other.example.com'), undefined)
  }
  for (const [index, [place, env]] of places.slice(0, -1).entries()) {
    const [next, more] = places[index + 1]!
    at(
      { [place]: auths('first'), [next]: next === '.dockercfg' ? auths('second').auths : auths('second') },
      { ...more, ...env },
    )
    // Each of these two takes the place of the other.
    if (index !== 0 && index !== 2 && index !== 4) assert.equal(await user(), 'first', place)
  }
  at(
    { 'named.json': auths('named', 'else.com'), '.docker/config.json': auths('docker') },
    { REGISTRY_AUTH_FILE: '~/named.json' },
  )
  assert.equal(await user(), 'docker', 'what a named file does not have is looked for in the others')
})

test('keys are hosts, addresses and name spaces, of which the longest counts', async () => {
  for (const [keys, expected] of [
    [['example.com'], 'example.com'],
    [['https://example.com'], 'https://example.com'],
    [['https://example.com/v1/'], 'https://example.com/v1/'],
    [['http://example.com/v2/'], 'http://example.com/v2/'],
    [['example.com/v1/'], 'example.com/v1/'],
    [['example.com', 'example.com/ns'], 'example.com/ns'],
    [['example.com/ns/repo', 'example.com/ns'], 'example.com/ns/repo'],
    [['example.com/ns/repo/x', 'example.com/ns'], 'example.com/ns/repo/x'],
    [['example.com/n', 'example.com/ns/re'], undefined],
    [['https://example.com', 'example.com'], 'example.com'],
    [['example.com:443', 'example.comm', 'ample.com', '__proto__'], undefined],
  ] as [string[], string | undefined][]) {
    const table = Object.fromEntries(keys.map(key => [key, auth(btoa(key))]))
    at({ '.docker/config.json': { auths: table } })
    assert.equal(await user(), expected && btoa(expected), keys.join(' '))
  }
  for (const key of ['docker.io', 'index.docker.io', 'https://index.docker.io/v1/', 'registry-1.docker.io']) {
    at({ '.docker/config.json': auths('me', key) })
    assert.equal(await user('docker.io', 'library/debian'), 'me', key)
  }
})

test('helpers are asked by their protocol, and an entry may be a token or two fields', async () => {
  const bin = { 'bin/docker-credential-test': answers }
  at({
    ...bin,
    '.docker/config.json': { auths: { 'example.com': {} }, credHelpers: { 'example.com': 'test' } },
  })
  assert.equal(await user(), 'example.com')
  at({ ...bin, '.docker/config.json': { auths: { 'example.com': {} }, credsStore: 'test' } })
  assert.equal(await user(), 'example.com')
  assert.equal(await user('docker.io', 'library/x'), 'https://index.docker.io/v1/')
  at({ ...bin, '.config/containers/auth.json': { credHelpers: { 'example.com/ns': 'test' } } })
  assert.equal(await user(), 'example.com')
  assert.equal(await user('example.com', 'other'), undefined)
  const knows = (text: string) => ({
    'bin/docker-credential-test': helper(text),
    '.docker/config.json': { ...auths('file'), credsStore: 'test' },
  })
  at(knows(`echo '{"Username":"<token>","Secret":"abc"}'`))
  assert.equal(await user(), 'token abc')
  at(knows('echo "credentials not found in native keychain"; exit 1'))
  assert.equal(await user(), 'file')
  at({
    '.docker/config.json': { auths: { 'example.com': { identitytoken: 'abc', auth: btoa('<token>:') } } },
  })
  assert.equal(await user(), 'token abc')
  at({ '.docker/config.json': { auths: { 'example.com': { username: 'me', password: 'pass:word' } } } })
  assert.equal(await user(), 'me')
})

test('what keeps a login from being read is told in one line without a secret, and only fatal in a file that was named', async () => {
  const secret = btoa('secret')
  for (const [files, message] of [
    [{ 'd/config.json': `{"auths": ${secret}` }, /config\.json is not JSON: log in again/],
    [{ 'd/config.json': '' }, /is not JSON/],
    [{ 'd/config.json': 'null' }, /is no file of logins: it should be/],
    [{ 'd/config.json': [] }, /is no file of logins/],
    [{ 'd/config.json': { auths: [] } }, /is no file of logins/],
    [
      { 'd/config.json': { auths: { 'example.com': { auth: secret } } } },
      /is not the base64 of USER:PASSWORD/,
    ],
    [{ 'd/config.json/x': '' }, /config\.json is no file of logins/],
    [{ 'd/config.json': { credsStore: '../../bin/sh' } }, /names \.\.\/\.\.\/bin\/sh as credential helper/],
    [{ 'd/config.json': { credsStore: ['a'] } }, /names a as credential helper/],
    [
      { 'd/config.json': { credsStore: 'gone' } },
      /docker-credential-gone, which .*config\.json names, is not on the PATH/,
    ],
    [
      { 'd/config.json': { credsStore: 'x' }, 'bin/docker-credential-x': helper('echo secret; exit 3') },
      /ends with exit code 3/,
    ],
    [
      { 'd/config.json': { credsStore: 'x' }, 'bin/docker-credential-x': helper('echo secret') },
      /gives no Username and Secret/,
    ],
    [
      { 'd/config.json': { credsStore: 'x' }, 'bin/docker-credential-x': helper('echo null') },
      /gives no Username and Secret/,
    ],
    [
      { 'd/config.json': { credsStore: 'x' }, 'bin/docker-credential-x': helper('yes secret') },
      /says more than 1 MiB/,
    ],
  ] as [Record<string, unknown>, RegExp][]) {
    at(files, { DOCKER_CONFIG: '~/d' })
    await assert.rejects(user(), ({ name, message: text }: Error) => {
      assert.equal(name, 'UserError')
      assert.match(text, message)
      assert.match(text, /^[ -~…]+$/)
      assert.ok(!text.includes(secret) && !text.includes('secret'), text)
      return true
    })
    const standard = Object.fromEntries(
      Object.entries(files).map(([path, value]) => [path.replace(/^d\//, '.docker/'), value]),
    )
    at(standard)
    assert.match((await findLogin('example.com', 'x')).trouble ?? '', message)
  }
})

test('a file that was named must be as it should, whether or not it is needed', () => {
  const where = { host: 'example.com', repository: 'x', version: '1' }
  at({}, { REGISTRY_AUTH_FILE: '~/gone.json' })
  assert.throws(
    () => openRepository(where),
    /gone\.json cannot be read \(ENOENT\): REGISTRY_AUTH_FILE names it/,
  )
  at({}, { DOCKER_CONFIG: '~/gone', XDG_RUNTIME_DIR: '~/gone' })
  openRepository(where)
  at({ 'a.json': '{' }, { REGISTRY_AUTH_FILE: '~/a.json' })
  assert.throws(() => openRepository(where), { name: 'UserError', message: /a\.json is not JSON/ })
  assert.equal(authFiles().length, 4)
})

test('a helper that never answers is ended', async () => {
  at({ 'bin/docker-credential-slow': '#!/bin/sh\nexec sleep 60\n' })
  await assert.rejects(
    askHelper('slow', 'example.com', 'f.json', 200),
    /docker-credential-slow, which f\.json names, says nothing in 0\.2 s/,
  )
})
