import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { packagesOf } from '../image/packages-of.ts'
import { nativePlatform } from '../lib/settings.ts'
import type { ImageConfig } from '../oci/config.ts'
import type { Facts } from './checks/facts.ts'
import { type FileExpectation, fileProblems } from './checks/file-expectations.ts'
import { commonChecks } from './common-checks.ts'
import { type Step, withSteps } from './steps.ts'
import { loadSubject, type RunRequest, type RunResult, type TestSubject } from './test-subject.ts'

/** What `images/<name>/test.ts` says about its image, on top of the facts that the common checks go by. */
export interface ImageSpec extends Facts {
  /** These keys of the configuration have exactly these values; `undefined`: the key is not there. */
  readonly config?: { readonly [Key in keyof ImageConfig['config']]?: ImageConfig['config'][Key] | undefined }
  /** The most bytes that the image, and its own layer, may have compressed. */
  readonly download?: { readonly image?: number; readonly layer?: number }
  /** All packages by name; `gpg-pubkey` stands for one or more keys. */
  readonly packages?: readonly string[]
  readonly files?: Readonly<Record<string, FileExpectation>>
  readonly run?: readonly RunSpec[]
}

/** A program, or `steps` in its place, run in a container of the image, and how it must end. */
export interface RunSpec extends Omit<RunRequest, 'add' | 'argv'> {
  /** Completes the sentence "it …". */
  readonly name: string
  readonly argv?: readonly string[]
  readonly steps?: readonly Step[]
  /** Path in the container → file of this machine, or what makes one. */
  readonly add?: Readonly<Record<string, string | (() => Promise<string>)>>
  /** 0 if left out. */
  readonly exitCode?: number
  /** Why an emulator of the image's architecture cannot do it: there it is left out, and counted apart. */
  readonly notEmulated?: string
  readonly stdout?: RegExp
  readonly stderr?: RegExp
}

/**
 * Registers, with node:test, the common checks and those of `spec` for the subject of this run. Whatever cannot be
 * looked at or run is a failure.
 */
export function testImage(spec: ImageSpec, subject: Promise<TestSubject> = loadSubject()): void {
  // Each test awaits it and fails with its reason; until then it is nobody's unhandled rejection.
  subject.catch(() => {})
  commonTests(subject, spec)
  describe('this image', () => {
    if (spec.config) test('configuration', async () => checkConfig(await subject, spec.config!))
    if (spec.download) test('download size', async () => checkDownload(await subject, spec.download!))
    if (spec.packages) test('packages', async () => checkPackages(await subject, spec.packages!))
    for (const [path, expected] of Object.entries(spec.files ?? {})) {
      test(expected === 'absent' ? `${path} is absent` : path, async () =>
        report(fileProblems((await subject).image, path, expected)),
      )
    }
    for (const run of spec.run ?? []) test(run.name, async context => checkRun(await subject, run, context))
  })
}

/** Registers what every image must pass: all that an image without a `test.ts` gets. */
export function commonTests(subject: TestSubject | Promise<TestSubject>, facts: Facts = {}): void {
  describe('every image', () => {
    for (const { name, title, check } of commonChecks) {
      if (facts.without?.includes(name)) continue
      test(title, async () => report(await check((await subject).image, facts)))
    }
  })
}

const shown = 30

function report(problems: readonly string[]): void {
  if (problems.length === 0) return
  const more = problems.length > shown ? `\n… and ${problems.length - shown} more` : ''
  assert.fail(problems.slice(0, shown).join('\n') + more)
}

function checkConfig({ image }: TestSubject, expected: NonNullable<ImageSpec['config']>): void {
  const keys = Object.keys(expected) as (keyof typeof expected)[]
  const actual = Object.fromEntries(keys.map(key => [key, image.config.config[key]]))
  assert.deepEqual(actual, expected)
}

function checkDownload({ image }: TestSubject, most: NonNullable<ImageSpec['download']>): void {
  const sizes = {
    image: image.layerSizes.reduce((sum, size) => sum + size, 0),
    layer: image.layerSizes.at(-1) ?? 0,
  }
  for (const what of ['image', 'layer'] as const) {
    const limit = most[what] ?? Infinity
    assert.ok(
      sizes[what] <= limit,
      `the ${what} has ${sizes[what]} bytes, ${sizes[what] - limit} more than it may`,
    )
  }
}

async function checkPackages({ image }: TestSubject, expected: readonly string[]): Promise<void> {
  const names = new Set((await packagesOf(image)).map(({ name }) => name))
  report([
    ...expected.filter(name => !names.has(name)).map(name => `${name} is missing`),
    ...[...names].filter(name => !expected.includes(name)).map(name => `${name} is too much`),
  ])
}

async function checkRun(subject: TestSubject, spec: RunSpec, context: TestContext): Promise<void> {
  const { name: _, add = {}, exitCode = 0, notEmulated, stdout, stderr, argv = [], steps, ...request } = spec
  if (notEmulated && subject.image.platform !== nativePlatform)
    return context.skip(`not emulated: ${notEmulated}`)
  const files = await Promise.all(
    Object.entries(add).map(async ([path, file]) => [path, typeof file === 'string' ? file : await file()]),
  )
  const given = { ...request, add: Object.fromEntries(files) }
  const whole = steps ? await withSteps(given, steps, subject.image.platform) : { ...given, argv }
  const result = await subject.run(whole)
  const said = output(result)
  assert.equal(result.exitCode, exitCode, `exit code ${result.exitCode} instead of ${exitCode}; ${said}`)
  if (stdout) assert.match(result.stdout, stdout, `stdout does not match ${stdout}; ${said}`)
  if (stderr) assert.match(result.stderr, stderr, `stderr does not match ${stderr}; ${said}`)
}

const output = ({ stdout, stderr }: RunResult) => `stdout:\n${stdout}\nstderr:\n${stderr}`
