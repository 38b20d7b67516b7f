import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { temporaryFolder } from '../../scripts/lib/temporary-folder.ts'
import { serveHttps } from '../../scripts/testing/https-server.ts'
import { type RunSpec, testImage } from '../../scripts/testing/image-test.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { image } = await openSubject()
const [, runtime, version, flavour] = /^(minimal-base-)?nodejs-(\d+)-?(.*)$/.exec(image.name) ?? []

/** What the package makes with `alternatives`: name, link, and where that leads. */
const choice = (name: string, link: string, target: string) => ({
  [link]: { link: `/etc/alternatives/${name}` },
  [`/etc/alternatives/${name}`]: { link: target },
})
const modules = `/usr/lib/nodejs${version}/lib/node_modules`
const ofNpm = [
  ['npm', '/usr/bin/npm', `/usr/bin/npm-${version}`],
  ['npx', '/usr/bin/npx', `/usr/bin/npx-${version}`],
  ['npmrc', '/etc/npmrc', `${modules}/npm/npmrc`],
  ['node_modules', '/usr/lib/node_modules', modules],
] as const

const server = await serveHttps((_request, response) => response.end('over TLS'))
after(() => server.stop())
const authority = join(temporaryFolder(), 'authority.pem')
writeFileSync(authority, server.authority)
const fetch = `fetch('${server.url}').then(answer => answer.text()).then(console.log)`

/** A package with a native addon beside it, as a user's project would have them. */
const project = temporaryFolder()
mkdirSync(join(project, 'hello'))
writeFileSync(join(project, 'package.json'), '{ "name": "project", "version": "1.0.0" }')
writeFileSync(join(project, 'hello/package.json'), '{ "name": "hello", "version": "1.0.0" }')
writeFileSync(join(project, 'hello/index.js'), "console.log('hello from a package')")
writeFileSync(
  join(project, 'addon.c'),
  `#include <node_api.h>

NAPI_MODULE_INIT() {
  napi_value answer;
  napi_create_int32(env, 42, &answer);
  return answer;
}
`,
)
const inProject = { share: { '/project': project } }

const compiler: RunSpec[] = [
  {
    name: 'npm installs a package',
    ...inProject,
    steps: [
      { run: ['npm', '--prefix', '/project', 'install', '--offline', '--no-audit', '/project/hello'] },
      { run: ['node', '-e', "require('/project/node_modules/hello')"] },
    ],
    stdout: /^hello from a package$/m,
  },
]
const withC: RunSpec = {
  name: 'an addon in C is compiled and loaded',
  ...inProject,
  steps: [
    {
      run: ['gcc', '-shared', '-fPIC', '-I/usr/include/node', '-o', '/tmp/addon.node', '/project/addon.c'],
    },
    { run: ['node', '-p', "require('/tmp/addon.node')"] },
  ],
  stdout: /^42$/m,
}

testImage({
  shell: !runtime,
  packageManager: flavour === 'yum' || flavour === 'gcc',
  files: {
    ...choice('node', '/usr/bin/node', `/usr/bin/node-${version}`),
    ...(runtime
      ? {
          ...Object.fromEntries(
            ofNpm.flatMap(([name, link]) => [
              [link, 'absent'],
              [`/etc/alternatives/${name}`, 'absent'],
            ]),
          ),
          '/usr/include/node': 'absent',
          '/usr/bin/env': 'present',
        }
      : {
          ...Object.assign({}, ...ofNpm.map(([name, link, target]) => choice(name, link, target))),
          '/usr/include/node/node_api.h': 'present',
        }),
  },
  run: [
    {
      name: 'its version is the one in its name',
      argv: ['node', '--version'],
      stdout: RegExp(`^v${version}\\.`),
    },
    {
      name: 'a script that names its interpreter by env runs',
      argv: ['/usr/bin/env', 'node', '-p', '6 * 7'],
      stdout: /^42$/m,
    },
    {
      name: 'a server whose authority is given is trusted',
      network: 'host',
      add: { '/authority.pem': authority },
      env: { NODE_EXTRA_CA_CERTS: '/authority.pem' },
      argv: ['node', '-e', fetch],
      stdout: /^over TLS$/m,
    },
    {
      name: 'another server is not',
      network: 'host',
      argv: ['node', '-e', fetch],
      exitCode: 1,
      stderr: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY/,
    },
    ...(runtime ? [] : compiler),
    ...(flavour === 'gcc' ? [withC] : []),
  ],
})
