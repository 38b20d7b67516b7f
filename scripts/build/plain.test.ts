import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { writePlainly } from './plain.ts'

const plain = (content: string) => writePlainly('images/x/Dockerfile', content, parseDockerfile(content))

test('what is plain stays as it is', () => {
  const content = 'from builder as a\nRUN x --from=B <<<y \\\n z\nFROM scratch\nCOPY --from=a /A /\nUSER x'
  assert.deepEqual(plain(content), { text: content, files: [] })
})

test('names of stages are in small letters, and no line moves', () => {
  const content = `FROM --platform=linux/amd64 \\
  builder AS New
FROM NEW
COPY --chown=1 --from=nEw \\
  /A /B
RUN --mount=type=bind,from=NEW,target=/N \\
 X
USER u`
  assert.deepEqual(plain(content).text.split('\n'), [
    'FROM --platform=linux/amd64 builder AS new',
    '',
    'FROM new',
    'COPY --chown=1 --from=new /A /B',
    '',
    'RUN --mount=type=bind,from=new,target=/N X',
    '',
    'USER u',
  ])
})

test('here-documents are given to the shell in an exec form, and copied out of files', () => {
  const content = `FROM builder
SHELL ["/bin/bash", "-ec"]
RUN --network=none <<-E
	a "$b"
	E
RUN cat > /x <<'E'
FROM y
E
COPY --chmod=600 <<'A' <<B /d/
$a
A
b
B
USER u`
  const { text, files } = plain(content)
  assert.deepEqual(text.split('\n').filter(Boolean), [
    'FROM builder',
    'SHELL ["/bin/bash", "-ec"]',
    String.raw`RUN --network=none ["/bin/bash","-ec","a \"$b\"\n"]`,
    String.raw`RUN ["/bin/bash","-ec","cat > /x <<'E'\nFROM y\nE\n"]`,
    'COPY --chmod=600 --from=here-documents 9/A 9/B /d/',
    'USER u',
  ])
  assert.deepEqual(files, [
    { path: '9/A', content: '$a\n' },
    { path: '9/B', content: 'b\n' },
  ])
  assert.equal(text.split('\n').indexOf('USER u') + 1, 14)
})

test('a here-document that cannot be put otherwise is refused with its line', () => {
  for (const [content, message] of [
    ['FROM b\nCOPY <<E /x\n$A\nE', /^images\/x\/Dockerfile:2 has a here-document with variables \(<<E\)/],
    ['FROM b\nCOPY a <<E /x/\ny\nE', /Dockerfile:2 copies here-documents along with files/],
    ['FROM b\nRUN <<E\n#!/usr/bin/python3\nE', /Dockerfile:2 has a here-document for another program/],
  ] as const) {
    assert.throws(() => plain(content), { name: 'UserError', message })
  }
})
