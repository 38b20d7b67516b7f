import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gitEnvironment } from '../lib/git.ts'
import { needProgram } from '../setup/test-programs.ts'

/** What the only commit of the repository says. */
export const commitMessage = 'Hello from the other side'

/** Makes `folder/repository.git`, bare, with one commit, and returns its path. */
export function makeRepository(folder: string): string {
  needProgram('git')
  const [work, bare] = [join(folder, 'work'), join(folder, 'repository.git')]
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args], {
      stdio: 'pipe',
      env: { ...process.env, ...gitEnvironment() },
    })
  git('init', '--quiet', '--initial-branch=main', work)
  writeFileSync(join(work, 'greeting'), 'hello\n')
  git('-C', work, 'add', 'greeting')
  git('-C', work, 'commit', '--quiet', '--message', commitMessage)
  git('clone', '--quiet', '--bare', work, bare)
  return bare
}
