/** Most letters of an unknown name that an error repeats. */
const maxToldLetters = 64

/**
 * Refuses what is no plain set of options, or has one that nobody reads: a misspelt bound would
 * otherwise bind nothing, and nothing would say so.
 *
 * @throws TypeError naming the stranger and the options there are.
 */
export function refuseUnknown(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(`${what} must be an object with ${known.join(', ')}`)
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new TypeError(
        `${what}: unknown option ${JSON.stringify(name.slice(0, maxToldLetters))}; known are ${known.join(', ')}`,
      )
}
