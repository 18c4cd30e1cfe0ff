const longestName = 256

/** What steers a terminal, breaks a line or turns the direction of text. */
const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/gu
const plain = /^[\p{L}\p{M}\p{N}/._@+~,=%#-]+$/u

/** Whether a text holds characters that no name in a report needs, and that do harm where it is shown. */
export function isSteering(text: string): boolean {
  return text.search(steering) >= 0
}

/** A text without the characters that steer, break lines or turn text around. */
export function withoutSteering(text: string): string {
  return text.replaceAll(steering, '\uFFFD')
}

/** A path in quotation marks, cut when it is long, without characters that steer. */
export function quotePath(path: string): string {
  const cut = path.length > longestName ? `${path.slice(0, longestName)}…` : path
  return JSON.stringify(withoutSteering(cut))
}

/**
 * A path as it may stand in a sentence. Whoever runs inside chooses it: what is not plainly a path is
 * quoted, so that no words in it read as words of the library.
 */
export function namePath(path: string): string {
  return path.length <= longestName && plain.test(path) ? path : quotePath(path)
}
