import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { refuseDropped } from './dropped.ts'
import { rewriteRecipe } from './recipe.ts'

const rewrite = (text: string, parent?: string) =>
  rewriteRecipe(text, parseDockerfile(text), parent, name =>
    name === 'toolchain' ? [{ from: 'repo', place: '/srv/repo' }] : [],
  )

const usual = `# About it.
FROM base AS parent

FROM builder AS newroot
COPY --from=parent / /newroot/
RUN remove_package gnupg2

FROM parent
COPY --from=newroot /newroot/ /
USER nobody
`

test('a newroot that began as the parent takes its place, and every other line stays where it was', () => {
  const { dockerfile, aliases, replacesParent } = rewrite(usual, 'base')
  assert.equal(replacesParent, true)
  assert.deepEqual([...aliases], [['parent', 'base']])
  const [before, after] = [usual.split('\n'), dockerfile.split('\n')]
  assert.equal(after.length, before.length)
  for (const [index, line] of after.entries()) {
    if (index === 1) assert.equal(line, '')
    else if (index === 7) assert.equal(line, 'FROM configuration-of-parent AS stage-2')
    else assert.equal(line, before[index])
  }
})

test('whatever the folder, the spelling and the way to the parent are', () => {
  for (const text of [
    'FROM base AS p\nFROM builder AS n\nCOPY --from=p / /root/fs\nFROM p\nCOPY --from=n /root/fs/ /\n',
    'FROM builder AS n\nCOPY --from=base / /newroot\nFROM base\nCOPY --from=n ["/newroot/.", "/"]\n',
    'FROM builder AS n\nCOPY --from=base / /newroot/\nFROM n AS more\nRUN x\nFROM base\nCOPY --from=more /newroot / \n',
    'from base as P\nfrom builder as N\ncopy --from=p / /newroot/\nfrom P\ncopy --from=n /newroot/ /\n',
    'FROM builder\nCOPY --from=base / /newroot/\nFROM base\nCOPY --from=0 /newroot/ /\n',
  ])
    assert.equal(rewrite(text, 'base').replacesParent, true, text)
})

test('a last stage that is not the whole newroot stays on its parent', () => {
  for (const text of [
    'FROM base\nUSER 65532\n',
    'FROM builder AS n\nCOPY --from=base / /newroot/\nFROM base\nCOPY --from=n /newroot/usr/ /usr/\n',
    'FROM builder AS n\nRUN mkdir /newroot\nFROM base\nCOPY --from=n /newroot/ /\n',
    'FROM builder AS n\nCOPY --from=other / /newroot/\nFROM base\nCOPY --from=n /newroot/ /\n',
    'FROM builder AS n\nCOPY --from=base / /newroot/\nFROM other\nCOPY --from=n /newroot/ /\n',
  ])
    assert.equal(rewrite(text, 'base').replacesParent, false, text)
  assert.equal(rewrite('FROM builder AS n\nFROM scratch\nCOPY --from=n /newroot/ /\n').replacesParent, false)
})

test('numbers of stages become names, since a stage may go', () => {
  const { dockerfile } = rewrite(
    'FROM base AS parent\nFROM builder\nCOPY --from=0 / /newroot/\nFROM parent\nCOPY --from=1 /newroot/ /\n',
    'base',
  )
  assert.match(dockerfile, /COPY --from=parent \/ /)
  assert.match(dockerfile, /FROM builder AS stage-1\n/)
  assert.match(dockerfile, /COPY --from=stage-1 \/newroot\//)
})

test('the places of mounts are known, of the image and not of the stages before it', () => {
  const { mounts } = rewrite(
    'FROM x AS y\nRUN --mount=type=cache,target=/elsewhere true\n' +
      'FROM base\nRUN --mount=type=bind,from=repo,target=/srv/repo --mount=type=cache,dst=/var/cache true\n',
    'base',
  )
  assert.deepEqual(mounts, ['/srv/repo', '/var/cache'])
})

test('a step has mounted what its stage lends, once, wherever the stage gets it from', () => {
  const lent = 'RUN --mount=type=bind,from=repo,target=/srv/repo'
  for (const [text, step] of [
    ['FROM toolchain\nRUN make it\n', `${lent} make it`],
    ['FROM toolchain AS a\nFROM a AS b\nFROM b\nRUN ["make", "it"]\n', `${lent} ["make", "it"]`],
    ['FROM toolchain\nrun --network=none \\\n make it\n', `run ${lent.slice(4)} --network=none \\\n make it`],
    [
      'FROM toolchain\nRUN --mount=type=tmpfs,target=/srv/repo x\n',
      'RUN --mount=type=tmpfs,target=/srv/repo x',
    ],
    ['FROM other\nRUN make it\n', 'RUN make it'],
    ['FROM toolchain AS a\nRUN x\nFROM other\nCOPY --from=a /x /\nRUN make it\n', 'RUN make it'],
  ] as const)
    assert.ok(rewrite(text).dockerfile.endsWith(`\n${step}\n`), rewrite(text).dockerfile)
  assert.deepEqual(rewrite('FROM toolchain\nRUN x\n').mounts, ['/srv/repo'])
  assert.deepEqual(rewrite('FROM toolchain\nCOPY x /\n').mounts, [])
})

test('configuration that OCI images do not have is refused in the image, not in the stages before it', () => {
  const check = (text: string) => refuseDropped('images/x/Dockerfile', parseDockerfile(text))
  check('FROM base AS a\nHEALTHCHECK CMD x\nSHELL ["/bin/bash", "-c"]\nFROM base\nCOPY --from=a /x /x\n')
  for (const said of [
    'HEALTHCHECK NONE',
    'ONBUILD RUN x',
    'SHELL ["/bin/sh"]',
    'MAINTAINER me',
    'healthcheck CMD x',
  ]) {
    assert.throws(() => check(`FROM base\n${said}\n`), {
      name: 'UserError',
      message: /^images\/x\/Dockerfile:2 says [A-Z]+, which OCI images do not have: /,
    })
    assert.throws(() => check(`FROM base AS a\n${said}\nFROM a\nUSER 1\n`), /Dockerfile:2 says/)
  }
})
