import { hash } from 'node:crypto'

/** What the first line of a trail follows. */
export const chainStart: string = '0'.repeat(64)

/** The hash that a line ends with: SHA-256 over the hash before it, a line feed, and the line without it. */
export function chainHash(previous: string, record: string): string {
  return hash('sha256', `${previous}\n${record}`)
}

const tail = ',"hash":"'

/** A JSON object as a line of the trail, without the line feed. */
export function sealLine(record: string, hash: string): string {
  return `${record.slice(0, -1)}${tail}${hash}"}`
}

/** Takes a line apart again; `null` when it is none. */
export function unsealLine(
  line: string,
): { readonly record: string; readonly hash: string } | null {
  const at = line.length - 66
  const isLine =
    line.startsWith('{') && line.endsWith('"}') && line.slice(at - tail.length, at) === tail
  if (!isLine) return null
  const hash = line.slice(at, -2)
  return /^[0-9a-f]{64}$/.test(hash)
    ? { record: `${line.slice(0, at - tail.length)}}`, hash }
    : null
}
