/** Each name that options may have. */
export type KnownNames<Options> = Readonly<Record<keyof Options, true>>

/** Letters of an unknown name that an error repeats. */
const maxToldLetters = 64

/**
 * Refuses options that are none: a bound whose name is misspelled would not hold, and nobody would hear of it.
 *
 * @param what For the message: `services.npm.install`.
 * @throws TypeError
 */
export function checkNames<Options extends object>(
  what: string,
  options: Options,
  known: KnownNames<Options>,
): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${what}: its options must be an object, with ${namesOf(known)}`)
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (stranger === undefined) return
  const name = JSON.stringify(stranger.slice(0, maxToldLetters))
  throw new TypeError(`${what}: unknown name ${name}; known are ${namesOf(known)}`)
}

/** Refuses what names no credential. @throws TypeError */
export function checkCredential(what: string, id: unknown): void {
  if (typeof id === 'string' && id !== '') return
  throw new TypeError(`${what}: \`credential\` must be the id of one of \`policy.credentials\``)
}

function namesOf(known: Readonly<Record<string, true>>): string {
  return Object.keys(known).join(', ')
}
