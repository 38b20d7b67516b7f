import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lastFrom, readRequests } from './recipe.ts'

const asked = (dockerfile: string, generation: 'al2' | 'al2023' = 'al2023', args = {}) =>
  readRequests(dockerfile, { args, generation }).map(
    ({ line, command, word }) => `${line} ${command} ${word}`,
  )

describe('what a recipe asks for', () => {
  test('is told by line, through continuations and comments', () => {
    const dockerfile = `FROM x AS y
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
    const [shallow, , whole] = readRequests('RUN clean_install "a b" true; clean_install c', {
      args: {},
      generation: 'al2023',
    })
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
      ['1 install_rpm c'],
    )
  })
  test('counts keys, too', () => {
    assert.deepEqual(asked('RUN rpm --root /newroot --import /keys/*'), ['1 rpm --import /keys/*'])
  })
})

test('the last stage says what the image starts from', () => {
  assert.deepEqual(lastFrom('FROM a AS b\n\nFROM c\nCOPY --from=b / /'), { line: 3, name: 'c' })
})
