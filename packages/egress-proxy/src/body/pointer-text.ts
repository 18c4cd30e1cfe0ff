const longestPointer = 160
/** Names, and nothing else: a key is a request's own, and a text may be in it that wants to be read. */
const name = /^[A-Za-z_$][A-Za-z0-9_$.-]{0,31}$/
const index = /^[0-9]{1,9}$/

function segmentText(segment: string): string {
  return name.test(segment) || index.test(segment) ? segment : '…'
}

/** A JSON pointer for people: bounded, and without what is no plain name. */
export function pointerText(path: readonly string[]): string {
  if (path.length === 0) return 'the whole body'
  const text = path.map((segment) => `/${segmentText(segment)}`).join('')
  return text.length > longestPointer ? `\`${text.slice(0, longestPointer)}…\`` : `\`${text}\``
}

/** A key for people, on the same terms. */
export function keyText(key: string): string {
  return name.test(key) ? `\`${key}\`` : 'a key that is no plain name'
}
