import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../../scripts/lib/errors.ts'
import { uncompressed } from '../../scripts/oci/gzip.ts'

const folder = mkdtempSync(join(tmpdir(), 'compression-'))

for (const program of ['gzip', 'zstd', 'xz', 'bzip2']) {
  const compressed = (name: string, content: Buffer, ...more: Buffer[]) => {
    const file = join(folder, `${program}-${name}`)
    const bytes = execFileSync(program, ['--stdout'], { input: content, maxBuffer: 1 << 26 })
    writeFileSync(file, Buffer.concat([bytes.subarray(0, name === 'cut' ? -9 : undefined), ...more]))
    return file
  }
  const target = join(folder, `${program}-out`)

  test(`what ${program} compressed comes out whole`, async () => {
    const content = Buffer.alloc(3 << 20, 'some content')
    assert.deepEqual(readFileSync(await uncompressed(compressed('whole', content), target)), content)
  })

  test(`a damaged ${program} layer and one that becomes too much are refused in one line`, async () => {
    const content = Buffer.alloc(4 << 20)
    const broken = [compressed('cut', content), compressed('behind', content, Buffer.from('garbage'))]
    for (const file of broken) {
      await assert.rejects(uncompressed(file, target, 'layer'), error => {
        assert.ok(error instanceof UserError, `${error}`)
        assert.match(error.message, new RegExp(`^layer: its ${program} is damaged: [^\n]+$`))
        return true
      })
    }
    await assert.rejects(uncompressed(compressed('bomb', content), target, 'layer', 1 << 20), {
      name: 'UserError',
      message: 'layer: it becomes more than 1048576 bytes, which no layer needs',
    })
    assert.ok(statSync(target).size <= 1 << 20)
  })
}
