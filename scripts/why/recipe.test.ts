import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDockerfile } from '../lib/dockerfile.ts'
import { lastFrom, readRequests } from './recipe.ts'

const last = '\nFROM scratch\nCOPY --from=newroot / /\n'

/** Of a stage whose FROM is line 0, so that lines count from what is tested. */
function read(stage: string, generation: 'al2' | 'al2023' = 'al2023', args = {}) {
  const { requests, unread } = readRequests(
    parseDockerfile(`FROM builder AS newroot\n${stage}${last}`, args),
    generation,
  )
  const less = <T extends { line: number }>(one: T) => ({ ...one, line: one.line - 1 })
  return { requests: requests.map(less), unread: unread.map(less) }
}

const asked = (...of: Parameters<typeof read>) =>
  read(...of).requests.map(
    ({ line, command, word, maybe }) => `${line} ${command} ${word}${maybe ? ' maybe' : ''}`,
  )

const unread = (stage: string) => read(stage).unread.map(({ line, source }) => `${line} ${source}`)

describe('what a recipe asks for', () => {
  test('is told by line, through continuations and comments', () => {
    const dockerfile = `ENV X=y
RUN install_rpm a \\
      # why b
      b \\
 && install_binary /usr/bin/c '/usr/lib64/d*' \\
 && cleanup a`
    assert.deepEqual(asked(dockerfile), [
      '2 install_rpm a',
      '4 install_rpm b',
      '5 install_binary /usr/bin/c',
      '5 install_binary /usr/lib64/d*',
    ])
  })
  test('depends on the distro', () => {
    const dockerfile = `RUN install_rpm a $(if_al2023 echo b \\
  c) $(if_al2 echo d) e && if_al2 install_rpm f && if_al2023 install_rpm g`
    assert.deepEqual(asked(dockerfile), [
      '1 install_rpm a',
      '1 install_rpm b',
      '2 install_rpm c',
      '2 install_rpm e',
      '2 install_rpm g',
    ])
    assert.deepEqual(asked(dockerfile, 'al2'), [
      '1 install_rpm a',
      '2 install_rpm d',
      '2 install_rpm e',
      '2 install_rpm f',
    ])
  })
  test('takes the values of variables', () => {
    const dockerfile =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
      'ARG NAME=python3\nARG MORE\nENV LIST="x y"\nRUN install_rpm ${NAME}-libs $LIST ${MORE:-z}'
    assert.deepEqual(asked(dockerfile, 'al2023', { NAME: 'python3.11' }), [
      '4 install_rpm python3.11-libs',
      '4 install_rpm x',
      '4 install_rpm y',
      '4 install_rpm z',
    ])
  })
  test('is the first argument of the shallow clean_install, all of the other', () => {
    assert.deepEqual(asked('RUN clean_install "a b" true true; clean_install c d'), [
      '1 clean_install a',
      '1 clean_install b',
      '1 clean_install c',
      '1 clean_install d',
    ])
    const [shallow, , whole] = read('RUN clean_install "a b" true; clean_install c').requests
    assert.deepEqual([shallow?.follows, whole?.follows], ['libraries', 'everything'])
  })
  test('is nothing for the builder itself, and for what only sounds like it', () => {
    assert.deepEqual(
      asked('RUN NEWROOT=/ install_rpm a && remove_package b && echo install_rpm c\n# RUN install_rpm d'),
      [],
    )
  })
  test('may stand in a condition or behind a mount', () => {
    assert.deepEqual(
      asked('RUN --mount=type=bind,from=x,target=/x if [ "$A" = b ]; then install_rpm c; fi'),
      ['1 install_rpm c maybe'],
    )
  })
  test('counts keys, too', () => {
    assert.deepEqual(asked('RUN rpm --root /newroot --import /keys/*'), ['1 rpm --import /keys/*'])
  })

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell's
  const read1: Record<string, [stage: string, ...requests: string[]]> = {
    'a here-document': [
      'RUN <<EOF\nset -e\ninstall_rpm a \\\n  b\nEOF\nRUN install_rpm c',
      '3 install_rpm a',
      '4 install_rpm b',
      '6 install_rpm c',
    ],
    'a here-document of a shell': ["RUN bash -e <<-'E'\n\tinstall_rpm a\n\tE", '2 install_rpm a'],
    'a here-document of a file': ['RUN cat > /x <<E\ninstall_rpm a\nE\nRUN install_rpm b', '4 install_rpm b'],
    'an exec form': ['RUN ["install_rpm", \\\n  "a"]', '2 install_rpm a'],
    "an exec form's script": [
      'RUN ["/bin/bash", "-ec", "install_rpm a && install_rpm b"]',
      '1 install_rpm a',
      '1 install_rpm b',
    ],
    "a script in a shell's words": [
      'RUN bash -ec \'install_rpm a\' \\\n && sh -c "install_binary /b"',
      '1 install_rpm a',
      '2 install_binary /b',
    ],
    'a loop': [
      'RUN for p in a $(if_al2023 echo b) c; do \\\n  install_rpm lib$p; done',
      '2 install_rpm liba',
      '2 install_rpm libb',
      '2 install_rpm libc',
    ],
    'variables of the shell': [
      'RUN A="a b"; export C=c; install_rpm $A ${C}d ${NONE:-e} "${C:+f}"',
      ...['a', 'b', 'cd', 'e', 'f'].map(word => `1 install_rpm ${word}`),
    ],
    'groups, subshells, negations and pipes': [
      'RUN { install_rpm a; } && (install_rpm b) && ! install_rpm c | tee /log',
      '1 install_rpm a',
      '1 install_rpm b',
      '1 install_rpm c',
    ],
    'the branch that is taken': [
      'ARG KIND=b\nRUN if test $KIND = a; then install_rpm a; elif [ "$KIND" != b ]; then install_rpm c; \\\n  else install_rpm d; fi',
      '3 install_rpm d',
    ],
    'what a test lets through': [
      'ARG A=1\nRUN [ -n "$A" ] && install_rpm a; test -z "$A" && install_rpm b',
      '2 install_rpm a',
    ],
    'what a test may let through': [
      'RUN test -e /x && install_rpm a; false || install_rpm b; case $(arch) in x) install_rpm c; esac',
      '1 install_rpm a maybe',
      '1 install_rpm b maybe',
      '1 install_rpm c maybe',
    ],
    'a command by its path, in quotes': [
      'RUN /usr/bin/install_rpm \'a b\' "c"',
      ...['a', 'b', 'c'].map(word => `1 install_rpm ${word}`),
    ],
    'dnf in another root': [
      'RUN dnf -y --installroot=/newroot install a && dnf --installroot /newroot -y install b',
      '1 dnf a',
      '1 dnf b',
    ],
    'RPM files': [
      'RUN rpm --root=/newroot -Uvh /tmp/a.rpm && install_rpm /tmp/*.rpm',
      '1 rpm /tmp/a.rpm',
      '1 install_rpm /tmp/*.rpm',
    ],
  }
  for (const [what, [stage, ...requests]] of Object.entries(read1)) {
    test(`is read in ${what}`, () => {
      assert.deepEqual(asked(stage), requests)
      assert.deepEqual(unread(stage), [])
    })
  }

  const told: Record<string, [stage: string, ...places: string[]]> = {
    'a variable of the machine': [
      'RUN install_rpm a $(uname -m)\nRUN install_rpm $HOME',
      '1 install_rpm a $(uname -m)',
      '2 install_rpm $HOME',
    ],
    'a variable that a loop changes': [
      'RUN while read p; do \\\n install_rpm $p; done < /list',
      '2 install_rpm $p',
    ],
    'a variable that a condition sets': [
      'RUN A=a; if [ -e /x ]; then A=b; fi; install_rpm $A',
      '1 install_rpm $A',
    ],
    'a function': ['RUN add() { \\\n install_rpm "$@"; } && add a', '2 add() { install_rpm "$@"; }'],
    'another program': ['RUN true \\\n && echo a | xargs install_rpm', '2 xargs install_rpm'],
    'a script': [
      'COPY x.sh /\nRUN /x.sh\nRUN sh -e x.sh\nRUN . ./x.sh',
      '2 /x.sh',
      '3 sh -e x.sh',
      '4 . ./x.sh',
    ],
    'a script that is put together': [
      'RUN A=a; bash -c "install_rpm $A" && eval "install_rpm $A"',
      '1 bash -c "install_rpm $A"',
      '1 eval "install_rpm $A"',
    ],
    'a script of another language': ['RUN <<E\n#!/usr/bin/python3\nimport os\nE', '2 #!/usr/bin/python3'],
    'a command that a variable names': ['RUN X=$(cat /x) && $X a', '1 $X a'],
    'what no shell takes': ['RUN install_rpm a &&& b', '1 install_rpm a &&& b'],
    'what dnf brings besides': [
      'RUN dnf --installroot=/newroot -y upgrade',
      '1 dnf --installroot=/newroot -y upgrade',
    ],
  }
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a shell's
  for (const [what, [stage, ...places]] of Object.entries(told)) {
    test(`is told to be unreadable in ${what}`, () => assert.deepEqual(unread(stage), places))
  }

  test('is nothing where only words sound like it', () => {
    const stage =
      'RUN echo install_rpm a && rm -rf /etc/yum.repos.d && mkdir -p /etc/pki/rpm-gpg && sed -i s/a/b/ /x'
    assert.deepEqual(read(stage), { requests: [], unread: [] })
  })
  test('is nothing for the builder itself', () => {
    const text =
      'FROM b AS n\nRUN dnf -y install a && rpm -i /x.rpm && NEWROOT=/ install_rpm c\nFROM scratch\nCOPY --from=n / /\n'
    assert.deepEqual(readRequests(parseDockerfile(text), 'al2023'), { requests: [], unread: [] })
  })
  test('is what the stages ask for that the image is made of', () => {
    const text = `FROM b AS unused
RUN install_rpm a
FROM b AS Base
RUN install_rpm b
FROM base AS newroot
RUN --mount=type=bind,from=mounted,target=/m install_rpm c
FROM b AS mounted
RUN install_rpm d
FROM scratch
COPY --from=NEWROOT / /
ONBUILD RUN install_rpm e`
    const { requests } = readRequests(parseDockerfile(text), 'al2023')
    assert.deepEqual(
      requests.map(({ line }) => line),
      [4, 6, 8],
    )
  })
})

test('the last stage says what the image starts from', () => {
  const from = (text: string) => lastFrom(parseDockerfile(text))
  assert.deepEqual(from('FROM a AS b\n\nFROM c\nCOPY --from=b / /'), { line: 3, name: 'c' })
  assert.deepEqual(from('ARG A=a\nFROM $A AS b\nFROM \\\n B'), { line: 3, name: 'a' })
  assert.equal(from('FROM scratch AS a\nFROM a'), undefined)
})
