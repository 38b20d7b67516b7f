import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'
import { serveHttps } from '../../scripts/testing/https-server.ts'
import { testImage } from '../../scripts/testing/image-test.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()
const [, runtime, version = '', flavour] = /^(minimal-base-)?python-([\d.]+)-?(.*)$/.exec(image.name) ?? []
const python = `python${version}`

/** What Linux has not got, and what AL2023 has in packages of their own: python3.11-tkinter, python3.11-idle. */
const everyModule = `
import importlib, sys
elsewhere = {'_msi', '_overlapped', '_scproxy', '_winapi', '_tkinter', 'idlelib', 'msilib', 'msvcrt', 'nt', 'tkinter',
             'turtle', 'turtledemo', 'winreg', 'winsound'}
sys.modules['antigravity'] = None  # it opens a browser
missing = []
for name in sorted(sys.stdlib_module_names - elsewhere - {'antigravity'}):
    try:
        importlib.import_module(name)
    except Exception as error:
        missing.append(f'{name}: {error}')
print('missing:', missing)
`

const wheel = `
import zipfile
with zipfile.ZipFile('/tmp/hello-1.0-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('hello.py', 'print("hello from a wheel")')
    wheel.writestr('hello-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n')
    wheel.writestr('hello-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('hello-1.0.dist-info/RECORD', '')
`

const server = await serveHttps((_request, response) => response.end('over TLS'))
after(() => server.stop())
const bundle = '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'
const trusting = join(temporaryFolder(), 'bundle.pem')
writeFileSync(trusting, image.read(bundle).toString() + server.authority)
const fetch = `import urllib.request; print(urllib.request.urlopen('${server.url}').read().decode())`

testImage({
  // What os.system runs.
  shell: true,
  packageManager: flavour === 'yum' || flavour === 'gcc',
  files: {
    '/usr/bin/python': { link: 'python3' },
    ...(runtime
      ? { '/usr/bin/pip': 'absent', '/usr/bin/pip3': 'absent' }
      : { '/usr/bin/pip': { link: 'pip3' } }),
  },
  run: [
    {
      name: 'its version is the one in its name',
      argv: [python, '-V'],
      stdout: RegExp(`^Python ${version}\\.`),
    },
    {
      name: 'the whole standard library is there',
      argv: [python, '-c', everyModule],
      stdout: /^missing: \[\]$/m,
    },
    {
      name: 'a server whom the CA bundle vouches for is trusted',
      network: 'host',
      add: { [bundle]: trusting },
      argv: [python, '-c', fetch],
      stdout: /^over TLS$/m,
    },
    {
      name: 'another server is not',
      network: 'host',
      argv: [python, '-c', fetch],
      exitCode: 1,
      stderr: /CERTIFICATE_VERIFY_FAILED/,
    },
    runtime
      ? { name: 'there is no pip', argv: [python, '-m', 'pip'], exitCode: 1, stderr: /No module named pip/ }
      : {
          name: 'pip installs a wheel, and a virtual environment has its own',
          steps: [
            { run: [python, '-c', wheel] },
            {
              run: [
                'pip',
                'install',
                '--no-index',
                '--root-user-action=ignore',
                '/tmp/hello-1.0-py3-none-any.whl',
              ],
            },
            { run: [python, '-c', 'import hello'] },
            { run: [python, '-m', 'venv', '/tmp/own'] },
            { run: ['/tmp/own/bin/pip', 'list'] },
          ],
          stdout: /^hello from a wheel$/m,
        },
  ],
})
