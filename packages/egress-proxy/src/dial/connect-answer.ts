import { dialRefusal } from './dial-refusal.ts'

/** The most of a parent proxy's answer that is read. */
export const connectAnswerBytes: number = 16_384

/**
 * Accepts the answer to CONNECT, or refuses it. Strict: what starts right after it is taken for the
 * tunnel, so an answer that two readers could frame differently opens none (RFC 9110, 9.3.6 forbids
 * `Transfer-Encoding` and `Content-Length` in a 2xx answer to CONNECT; a length of 0 is harmless).
 *
 * @param head The header with its empty line.
 * @throws RefusalError `connect_failed`, with the status and nothing else of the parent's words.
 */
export function checkConnectAnswer(head: Buffer): void {
  const [statusLine = '', ...rest] = head.toString('latin1').split('\r\n')
  const status = parseStatus(statusLine)
  if (status === null) throw refused('malformed answer of the parent proxy')
  if (status < 200 || status > 299) throw refused(`the parent proxy answered ${String(status)}`)
  // The head ends with CRLF CRLF, which leaves two empty strings.
  for (const line of rest.slice(0, -2)) checkField(line)
}

function parseStatus(line: string): number | null {
  const match = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(line)
  return match === null ? null : Number(match[1])
}

function checkField(line: string): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  const value = line.slice(colon + 1)
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw refused('malformed answer of the parent proxy')
  }
  const key = name.toLowerCase()
  if (key === 'transfer-encoding' || (key === 'content-length' && value.trim() !== '0')) {
    throw refused('ambiguous answer of the parent proxy')
  }
}

function refused(detail: string): Error {
  return dialRefusal('connect_failed', detail)
}
