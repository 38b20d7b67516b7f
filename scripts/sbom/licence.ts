import { SPDX } from '@cyclonedx/cyclonedx-library'

/**
 * A package's licence tag if it is an SPDX expression: known identifiers, joined by AND, OR and WITH. Older tags say
 * `GPLv2+ and BSD`, which only looks like one: a guess about a licence is worse than the vendor's own words.
 */
export function spdxExpression(license: string | undefined): string | undefined {
  if (!license) return undefined
  const words = license.split(/[()\s]+/).filter(Boolean)
  const identifiers = words.filter(word => !['AND', 'OR', 'WITH'].includes(word))
  const isExpression = identifiers.length > 0 && identifiers.every(isKnown) && isBalanced(words)
  return isExpression ? license : undefined
}

const isKnown = (word: string) => SPDX.isSupportedSpdxId(word.replace(/(?<=\d)\+$/, ''))

/** Identifiers and operators take turns. */
function isBalanced(words: readonly string[]): boolean {
  return (
    words.every((word, index) => /^(AND|OR|WITH)$/.test(word) === (index % 2 === 1)) && words.length % 2 === 1
  )
}
