import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkFroms } from './froms.ts'

const check = (text: string, args = {}) =>
  checkFroms('images/x/Dockerfile', text, ['builder', 'parent', 'repo'], args)

const sum = 'a'.repeat(64)

describe('what is a stage, a context, scratch or pinned is taken', () => {
  const legal: Record<string, string> = {
    'flags before the image': 'FROM --platform=linux/amd64 builder AS newroot\nFROM newroot\n',
    digests: `FROM debian@sha256:${sum} AS other\nFROM scratch\nCOPY --from=debian@sha256:${sum} / /\n`,
    'stage names and numbers': 'FROM builder AS a\nFROM scratch\nCOPY --from=a / /\nCOPY --from=0 / /\n',
    'stage names in capitals': 'FROM builder AS NewRoot\nFROM scratch\nCOPY --from=newroot / /\n',
    'a stage in other capitals': 'FROM builder AS newroot\nFROM NEWROOT\n',
    'an indented FROM': '  FROM builder AS a\n\tFROM a\n',
    'a keyword in lower case': 'from builder as a\nfrom a\n',
    'a continued FROM': 'FROM \\\n  builder \\\n  # why\n\n  AS a\nFROM a\n',
    'an escape directive': '# escape=`\nFROM `\n  builder AS a\nFROM a\n',
    'line ends of Windows': 'FROM builder \\\r\n AS a\r\nFROM a\r\n',
    'an image in quotes': 'FROM "builder" AS a\nFROM a\n',
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a Dockerfile's
    'an ARG before FROM': 'ARG BASE=builder\nFROM ${BASE} AS a\nFROM ${NONE:-a}\n',
    'an ARG made of another': 'ARG A=buil\nARG B=${A}der\nFROM $B\n',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a Dockerfile's
    'a comment': 'FROM builder\n# COPY --from=debian / /\nRUN a \\\n  # FROM debian\n  b\n',
    "a shell's --from=": 'FROM builder\nRUN git log --from=debian \\\n  && x --from=alpine\n',
    'a here-document of a shell': 'FROM builder\nRUN <<EOF\nFROM debian\nCOPY --from=debian / /\nEOF\n',
    'a here-document of a file':
      "FROM builder\nCOPY <<-'A' <<B /x/\nFROM debian\n\tA\nFROM debian\nB\nUSER 1\n",
    'a << that is none': 'FROM builder\nRUN echo \'a <<b\' $((1 << 3)) "<<c"\nFROM scratch\n',
    'mounts of stages and contexts':
      'FROM builder AS a\nFROM scratch\nRUN --mount=type=bind,from=repo,target=/r --mount=from=A,target=/a x\n',
    'mounts of nothing': 'FROM builder\nRUN --mount=type=tmpfs,target=/t x\n',
    'what a later build would take': 'FROM builder\nONBUILD COPY --from=debian / /\n',
    'a checksum': `FROM builder\nADD --checksum=sha256:${sum} https://example.com/x /x\n`,
    'ADD of files': 'FROM builder\nADD a.tar x.git /x/\nADD ["b c", "/x/"]\nADD <<E /y\nhttp://x /y\nE\n',
    'another directive': '# check=skip=all\nFROM builder\n',
    'a directive that comes too late': '# What it is.\n# syntax=docker/dockerfile:1\nFROM builder\n',
  }
  for (const [what, text] of Object.entries(legal)) test(what, () => void check(text))

  test('the value that the image gives an ARG', () => {
    check('ARG BASE=debian\nFROM $BASE\n', { BASE: 'builder' })
    check('ARG TARGETARCH\nFROM builder AS b-amd64\nFROM b-$TARGETARCH\n', { TARGETARCH: 'amd64' })
  })
})

describe('what would come from elsewhere unseen is refused, with its line', () => {
  const unknown = (line: number, name: string) =>
    `:${line} names ${name}, which is no stage of it and no image of its package.json: add it`
  const refused: Record<string, [text: string, message: string]> = {
    FROM: ['FROM debian:12\n', unknown(1, 'debian:12')],
    'a continued FROM': ['FROM builder\n\nFROM \\\n  debian\n', unknown(3, 'debian')],
    'a FROM of what is no stage yet': ['FROM later\nFROM builder AS later\n', unknown(1, 'later')],
    'a tag beside a digest that is none': ['FROM debian:12@sha256:abc\n', unknown(1, 'debian:12@sha256:abc')],
    'COPY --from': ['FROM scratch\nCOPY --chown=1 --from=debian:12 / /\n', unknown(2, 'debian:12')],
    'a stage number that is none': ['FROM scratch\nCOPY --from=7 / /\n', unknown(2, '7')],
    'a mount': [
      'FROM scratch\nRUN --mount=type=bind,from=docker.io/x/y,target=/x \\\n y\n',
      unknown(2, 'docker.io/x/y'),
    ],
    'a mount in quotes': [
      'FROM scratch\nRUN --mount="type=bind,from=debian,target=/x" y\n',
      unknown(2, 'debian'),
    ],
    'an ARG of an image': ['ARG BASE=debian:12\nFROM $BASE\n', unknown(2, 'debian:12')],
    'an ARG without a value': ['ARG BASE\nFROM $BASE\n', unknown(2, '$BASE')],
    'an ARG of a stage': ['FROM builder\nARG BASE=builder\nFROM $BASE\n', unknown(3, '$BASE')],
    'what follows a here-document': ['FROM builder\nRUN <<E\nE\nFROM debian\n', unknown(4, 'debian')],
    'a frontend': ['# syntax=docker/dockerfile:1\nFROM builder\n', ':1 says syntax=docker/dockerfile:1'],
    'a frontend after an escape': ['# escape=`\n#SYNTAX = a/b\nFROM builder\n', ':2 says syntax=a/b'],
    'a frontend after #!': ['#!/usr/bin/env x\n# syntax=a/b\nFROM builder\n', ':2 says syntax=a/b'],
    'a frontend of another comment': ['// syntax=a/b\nFROM builder\n', ':1 says syntax=a/b'],
    'a frontend of JSON': ['{"syntax":"a/b"}\n', ':1 has no FROM'],
    'an address': ['FROM builder\nADD http://example.com/x /x\n', ':2 adds http://example.com/x'],
    'an address in an exec form': ['FROM builder\nADD ["a", "https://x/y", "/x"]\n', ':2 adds https://x/y'],
    'an address of a variable': [
      'FROM builder\nARG V=1\nENV URL=http://x/$V\nADD $URL /x\n',
      ':4 adds http://x/1',
    ],
    'an address that cannot be known': ['FROM builder\nADD $URL /x\n', ':2 adds $URL'],
    'a repository': ['FROM builder\nADD git@example.com:x/y.git /x\n', ':2 adds git@example.com:x/y.git'],
    'a checksum that is none': [
      'FROM builder\nADD --checksum=sha256:1 http://x/y /x\n',
      ':2 adds http://x/y',
    ],
    'a stage with the name of an image': ['FROM repo AS builder\nFROM builder\n', ':1 calls a stage builder'],
    'a here-document without an end': ['FROM builder\nRUN <<E\nx\n', ':2 opens a here-document with <<E'],
    nothing: ['', ':1 has no FROM'],
  }
  for (const [what, [text, message]] of Object.entries(refused)) {
    test(what, () => {
      assert.throws(
        () => check(text),
        ({ name, message: told }: Error) => {
          assert.equal(name, 'UserError')
          assert.ok(told.startsWith(`images/x/Dockerfile${message}`), told)
          return !told.includes('\n')
        },
      )
    })
  }
  test('a frontend that the image gives as an ARG', () => {
    assert.throws(() => check('FROM builder\n', { BUILDKIT_SYNTAX: 'a/b' }), /is given BUILDKIT_SYNTAX=a\/b/)
  })
})
