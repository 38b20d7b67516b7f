import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { testImage } from '../../scripts/testing/image-test.ts'

// What a user would mount: everything that is written lies in /tmp, and the worker says who it is.
const folder = mkdtempSync(join(tmpdir(), 'nginx-test-'))
const configuration = join(folder, 'nginx.conf.template')
writeFileSync(
  configuration,
  `
pid /tmp/nginx.pid;
error_log /dev/stderr;
events {}
http {
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen 127.0.0.1:\${PORT};
    root /usr/share/nginx/html;
  }
}
`,
  { mode: 0o644 },
)
after(() => rmSync(folder, { recursive: true, force: true }))

testImage({
  // bash, coreutils and envsubst: entry points fill in configuration.
  shell: true,
  config: { User: 'nginx' },
  run: [
    {
      name: 'serves a page as its user, with a configuration that an entry point filled in',
      add: { '/etc/nginx/template': configuration },
      env: { PORT: '8080' },
      steps: [
        { run: ['bash', '-c', "envsubst '$PORT' < /etc/nginx/template > /tmp/nginx.conf"] },
        { run: ['nginx', '-t', '-q', '-c', '/tmp/nginx.conf'] },
        { spawn: ['nginx', '-c', '/tmp/nginx.conf', '-g', 'daemon off;'] },
        { get: '/', port: 8080 },
        { run: ['bash', '-c', 'stat --format "%U runs it" /tmp/nginx.pid'] },
        { get: '/nowhere', port: 8080 },
      ],
      stdout: /^HTTP\/1\.1 200 OK.*Content-Type: text\/html.*Welcome.*nginx runs it\nHTTP\/1\.1 404/s,
    },
    {
      name: 'may not change what it serves',
      argv: ['bash', '-c', ': > /usr/share/nginx/html/index.html'],
      exitCode: 1,
      stderr: /Permission denied/,
    },
  ],
})
