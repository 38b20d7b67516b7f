import { UserError } from '../lib/errors.ts'
import { inRepo } from '../lib/paths.ts'
import { type Command, capture } from '../lib/run.ts'

/** Seconds that a command takes. Throws UserError if it fails. */
export async function time(command: Command, look: (output: string) => void = () => {}): Promise<number> {
  const start = performance.now()
  const { exitCode, stdout, stderr } = await capture({ cwd: inRepo(), ...command })
  if (exitCode !== 0) throw new UserError(`${command.argv.join(' ')} failed:\n${stderr || stdout}`)
  const seconds = (performance.now() - start) / 1000
  look(stdout)
  return seconds
}
