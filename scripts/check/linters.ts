import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import { which } from 'zx'
import { UserError } from '../lib/errors.ts'
import { git } from '../lib/git.ts'
import { inRepo, repoRoot } from '../lib/paths.ts'
import { shellSteps } from './shell-steps.ts'

/** What looks at the files of one language that npm has no linter for. */
interface Linter {
  readonly language: string
  /** Debian's package, which brings all programs that are called. */
  readonly from: string
  is(file: string, firstLine: string): boolean
  /** Each is right when it prints nothing and exits with 0. */
  commands(files: readonly string[]): readonly Check[]
}

interface Check {
  readonly argv: readonly [string, ...string[]]
  readonly input?: string
  /** What of its output is no fault. */
  readonly accepted?: RegExp
  /** What `input` is, where the output does not name it. */
  readonly where?: string
}

const shellIsBash = ['shellcheck', '--format=gcc', '--severity=warning', '--shell=bash'] as const

const linters: readonly Linter[] = [
  {
    language: 'Python',
    from: 'pyflakes3',
    is: (file, firstLine) => file.endsWith('.py') || /^#!.*\bpython3?$/.test(firstLine),
    commands: files => [
      // The builder's is 3.9, whatever runs here.
      { argv: ['python3', '-c', syntaxOf39, ...files] },
      // Imported for what it does.
      { argv: ['pyflakes3', ...files], accepted: /'here' imported but unused$/ },
    ],
  },
  {
    language: 'Go',
    from: 'golang-go',
    // Its types are checked where it is compiled, by the Go of an image: Debian's is too old for them.
    is: file => file.endsWith('.go'),
    commands: files => [{ argv: ['gofmt', '-l', ...files] }],
  },
  {
    language: 'shell',
    from: 'shellcheck',
    is: (file, firstLine) => /^#!.*\b(ba)?sh$/.test(firstLine) || /(^|\/)Dockerfile$/.test(file),
    commands: files => {
      const scripts = files.filter(file => !file.endsWith('Dockerfile'))
      const recipes = files.filter(file => file.endsWith('Dockerfile'))
      return [
        { argv: ['shellcheck', '--format=gcc', ...scripts] },
        ...recipes.flatMap(shellSteps).map(({ where, script }) => ({
          // In a recipe, variables are ARGs, and the words of `$(if_al2 echo a b)` are to be split.
          argv: [...shellIsBash, '--exclude=SC2154,SC2046', '-'] as const,
          input: script,
          where,
        })),
      ]
    },
  },
]

/** Debian packages with all that `lintOthers` calls. */
export const linterPackages = linters.map(({ from }) => from)

/** Looks at everything that is neither TypeScript nor JSON: what is wrong with it, and what could not be looked at here. */
export async function lintOthers(): Promise<{ faults: string[]; unchecked: string[] }> {
  const files = await allFiles()
  const faults: string[] = []
  const unchecked: string[] = []
  for (const { language, from, is, commands } of linters) {
    const checks = commands(
      files.filter(({ file, firstLine }) => is(file, firstLine)).map(({ file }) => file),
    )
    const programs = [...new Set(checks.map(({ argv }) => argv[0]))]
    const found = await Promise.all(programs.map(program => which(program, { nothrow: true })))
    if (found.includes(null)) unchecked.push(`${language} (apt-get install ${from})`)
    else for (const check of checks) faults.push(...(await run(check)))
  }
  return { faults, unchecked }
}

async function run({ argv, input, accepted, where }: Check): Promise<string[]> {
  const [program, ...args] = argv
  const { all, exitCode } = await execa(program, args, {
    cwd: repoRoot,
    input: input ?? '',
    all: true,
    reject: false,
  })
  const lines = all.split('\n').filter(Boolean)
  const faults = lines.filter(line => !accepted?.test(line)).map(line => (where ? `${where}: ${line}` : line))
  return lines.length === 0 && exitCode !== 0 ? [`${program} failed with exit code ${exitCode}`] : faults
}

const syntaxOf39 = `
import ast, sys
for file in sys.argv[1:]:
    try:
        ast.parse(open(file, encoding="utf-8").read(), file, feature_version=(3, 9))
    except SyntaxError as error:
        print(f"{file}:{error.lineno}: {error.msg}")
`

/** What git knows or would take, with its first line. */
async function allFiles(): Promise<{ file: string; firstLine: string }[]> {
  const { exitCode, stdout, stderr } = await git([
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ])
  if (exitCode !== 0) throw new UserError(`git does not list the files of this checkout: ${stderr.trim()}`)
  const removed = await git(['ls-files', '-z', '--deleted'])
  const gone = new Set(removed.stdout.toString().split('\0'))
  const names = stdout.toString().split('\0')
  return [...new Set(names)]
    .filter(file => file && !gone.has(file) && !file.startsWith('packages-lists/'))
    .map(file => ({ file, firstLine: readFileSync(inRepo(file), 'latin1').split('\n', 1)[0]! }))
}
