import type { Call } from './shell-visitor.ts'
import type { Field, Scope } from './shell-words.ts'

/** A word of a recipe that asks for packages: a package's name, a file, a capability. */
export interface Request {
  /** Line of the Dockerfile that the word stands in. */
  readonly line: number
  /** `install_rpm`, `clean_install`, …, as the recipe says it. */
  readonly command: string
  readonly word: string
  /** What the command brings besides: libraries only, or all that is required. */
  readonly follows: 'libraries' | 'everything'
  /** It stands under a condition that cannot be decided here. */
  readonly maybe?: boolean
}

const follows: Readonly<Record<string, Request['follows']>> = {
  install_rpm: 'libraries',
  install_binary: 'libraries',
  install_deps_for_binary: 'libraries',
  clean_install: 'everything',
  dnf: 'everything',
  yum: 'everything',
  rpm: 'libraries',
}

/** Where a text names a command that installs. */
export const mention =
  /(?<![\w.-])(install_rpm|install_binary|install_deps_for_binary|clean_install|dnf|yum|rpm)(?![\w.-])/g

/** A request whose word may not be known. */
export type Asked = Omit<Request, 'word'> & { readonly word: string | undefined }

/**
 * What a command asks for: `isImage` says that the root it runs in becomes the image. Undefined for one that is not ours.
 */
export function requestsOf(call: Call, isImage: boolean): Asked[] | undefined {
  const command = call.name.replace(/^.*\/s?bin\//, '')
  const known = Object.hasOwn(follows, command) ? follows[command] : undefined
  if (!known) return undefined
  const { args, scope, maybe } = call
  const root = rootOf(command, args, scope)
  if (root === '/' && !isImage) return []
  const ask = (fields: readonly Field[], behaviour = known, as = command) =>
    // A list in quotes is as good as its words.
    fields.flatMap(({ text, line }) =>
      (text?.split(/\s+/).filter(Boolean) ?? [undefined]).map(word => ({
        line,
        command: as,
        word,
        follows: behaviour,
        ...(maybe && { maybe }),
      })),
    )
  const plain = operands(args)
  if (command === 'rpm') {
    // A key that is imported becomes a package, too.
    if (args.some(({ text }) => text === '--import')) return ask(plain, known, 'rpm --import')
    return args.some(({ text }) => /^(-[a-zA-Z]*[iUF][a-zA-Z]*|--install|--upgrade)$/.test(text ?? '')) &&
      !args.some(({ text }) => /^(-[a-zA-Z]*q|--query)/.test(text ?? ''))
      ? ask(plain)
      : []
  }
  if (command === 'dnf' || command === 'yum') {
    const [verb, ...rest] = plain
    if (/^(install|localinstall|in|reinstall)$/.test(verb?.text ?? '')) return ask(rest)
    const changesNothing =
      /^(clean|remove|erase|autoremove|list|info|search|makecache|repolist|repoquery|check-update|download|config-manager)$/
    return verb?.text === undefined || changesNothing.test(verb.text)
      ? []
      : ask([{ text: undefined, line: verb.line }])
  }
  const shallow = command === 'clean_install' && /^(true|false)$/.test(args[1]?.text ?? '')
  return shallow ? ask(args.slice(0, 1), 'libraries') : ask(plain)
}

/** The root that a command changes. */
function rootOf(command: string, args: readonly Field[], scope: Scope): string {
  if (!/^(dnf|yum|rpm)$/.test(command)) return scope.get('NEWROOT') ?? '/newroot'
  const given = args.findIndex(({ text }) => /^--(installroot|root)(=|$)/.test(text ?? ''))
  if (given < 0) return '/'
  return args[given]!.text!.split('=')[1] ?? args[given + 1]?.text ?? '/newroot'
}

/** Without options and the values of those that take one. */
function operands(args: readonly Field[]): Field[] {
  const takesValue = /^(--installroot|--root|--releasever|--repo|--enablerepo|--disablerepo|--setopt|-c)$/
  return args.filter(
    ({ text }, index) => !text?.startsWith('-') && !takesValue.test(args[index - 1]?.text ?? ''),
  )
}

/** A script, or one of our commands at a place where only another program knows what becomes of it. */
export function isOpaque({ name, args, source }: Call): boolean {
  if (/^(echo|printf|:|true|false|test|\[)$/.test(name)) return false
  if (/^(eval|source|\.|make|python[\d.]*|perl)$/.test(name)) return true
  if (name.includes('/') && !/\/s?bin\//.test(name)) return true
  return (
    args.some(({ text }) => text !== undefined && text.search(mention) >= 0) || source.search(mention) >= 0
  )
}
