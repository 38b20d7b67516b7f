import { writeFileSync } from 'node:fs'
import { type Choice, choiceFile, nativePlatform } from '../lib/settings.ts'

/** Writes the choice down where turbo hashes it, so that another choice is another build. */
export function recordChoice(choice: Required<Omit<Choice, 'machine'>>): void {
  writeFileSync(choiceFile, `${JSON.stringify({ ...choice, machine: nativePlatform })}\n`)
}
