// Linux names are bytes. A name that is not UTF-8 has no faithful string, so it is never turned into one that could
// be handed back in and mean another file: it is refused where it is a result, and escaped where a human reads it.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string, or `undefined` when the bytes are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    // TypeError: not UTF-8; the decoder has no other way to fail on a byte array.
    return undefined
  }
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

function escapeByte(byte: number): string {
  return byte >= 0x20 && byte < 0x7f
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).padStart(2, '0')}`
}

/** For logs and messages: control and bidirectional characters and bytes that are not UTF-8 are escaped, the rest cut. */
export function printable(bytes: Uint8Array, longest = 4096): string {
  const head = bytes.subarray(0, longest)
  const text = decodeUtf8(head)
  return text === undefined
    ? Array.from(head, escapeByte).join('')
    : text.replaceAll(unprintable, escapeCharacter)
}
