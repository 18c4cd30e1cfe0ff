import { z } from 'zod'

/** The number of single-letter edits between two words. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of Array.from(from).entries()) {
    const current = [row + 1]
    for (let column = 1; column <= to.length; column += 1) {
      const swap = (previous[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1)
      current.push(Math.min(swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}

/** The known word that an unknown one was probably meant to be. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, 64).toLowerCase()
  const ranked = known
    .map((name) => ({ name, distance: editDistance(short, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, short.length / 3)
    ? best.name
    : undefined
}

/** The message for keys that an object does not know. */
export function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const meant = nearest(key, known)
      const advice =
        meant === undefined ? `known keys: ${known.join(', ')}` : `did you mean \`${meant}\`?`
      return `unknown key \`${key.slice(0, 64)}\`; ${advice}`
    })
    .join('; ')
}

/** An object with these keys and no others; a stranger is refused with the nearest known key. */
export function closedObject<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, known) : undefined,
  })
}
