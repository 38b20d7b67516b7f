import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { Workbench } from './workbench.ts'

let bench: Workbench
before(() => {
  bench = new Workbench('choice')
})
after(() => bench.remove())

/** The hash by which turbo finds an image, where our own commands call it. */
function hash(env: Record<string, string | undefined>): string {
  const script = `
    import { execFileSync } from 'node:child_process'
    import { installed } from './scripts/lib/installed.ts'
    import { choiceForTurbo } from './scripts/lib/settings.ts'
    const words = ['run', 'build', '--dry=json', '--filter=minimal-base']
    const env = { ...process.env, ...choiceForTurbo() }
    const { tasks } = JSON.parse(execFileSync(installed('turbo'), words, { env, encoding: 'utf8' }))
    console.log(tasks.find(task => task.taskId === 'minimal-base#build').hash)`
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: bench.root,
    env: { ...process.env, DISTRO: undefined, ENGINE: undefined, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

test('to name what setup recorded is the same choice, by the same hash; another one is another', () => {
  bench.write('.workshop.json', '{"distro":"lab","engine":"buildah"}')
  const recorded = hash({})
  assert.equal(hash({ DISTRO: 'lab' }), recorded)
  assert.equal(hash({ DISTRO: 'lab', ENGINE: 'buildah' }), recorded)
  assert.equal(hash({ DISTRO: '' }), recorded)
  assert.notEqual(hash({ DISTRO: 'al2023' }), recorded)
})

test('under turbo itself a build says so, once for all images', () => {
  bench.write('.workshop.json', '{"distro":"lab","engine":"buildah"}')
  const told = (image: string, env: Record<string, string>) =>
    /DISTRO=lab is what setup recorded: leave it out/.test(
      bench.script('build', [image, '--dry-run'], { ENGINE: 'buildah', ...env }).output,
    )
  assert.equal(told('distro', { TURBO_HASH: 'x', DISTRO: 'lab' }), true)
  assert.equal(told('distro', { DISTRO: 'lab' }), false)
  assert.equal(told('minimal-base', { TURBO_HASH: 'x', DISTRO: 'lab' }), false)
})
