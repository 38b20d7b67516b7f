import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { testImage } from '../../scripts/testing/image-test.ts'

const folder = mkdtempSync(join(tmpdir(), 'haproxy-test-'))
const configuration = join(folder, 'haproxy.cfg')
writeFileSync(
  configuration,
  `
global
  stats socket /tmp/haproxy.sock
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind 127.0.0.1:8080
  default_backend servers
backend servers
  http-response set-header via haproxy
  server one 127.0.0.1:8081
frontend behind
  bind 127.0.0.1:8081
  http-request return status 200 content-type text/plain string "served by the backend"
`,
  { mode: 0o644 },
)
after(() => rmSync(folder, { recursive: true, force: true }))

testImage({
  config: { User: 'haproxy' },
  files: {
    '/etc/passwd': { contains: /^haproxy:x:1000:\d+:[^:]*:\/var\/lib\/haproxy:\/sbin\/nologin$/m },
    '/etc/group': { contains: /^haproxy:x:\d+:$/m },
  },
  run: [
    {
      name: 'passes a request on as its user',
      add: { '/etc/haproxy/test.cfg': configuration },
      steps: [
        { run: ['haproxy', '-c', '-q', '-f', '/etc/haproxy/test.cfg'] },
        { spawn: ['haproxy', '-W', '-db', '-f', '/etc/haproxy/test.cfg'] },
        { get: '/', port: 8080 },
      ],
      stdout: /^HTTP\/1\.1 200 OK.*via: haproxy.*served by the backend$/s,
    },
    {
      name: 'has what entry points prepare a configuration with',
      steps: [
        { run: ['mkdir', '/tmp/etc'] },
        { run: ['cp', '/etc/passwd', '/tmp/etc'] },
        { run: ['kill', '-0', '1'] },
      ],
    },
  ],
})
