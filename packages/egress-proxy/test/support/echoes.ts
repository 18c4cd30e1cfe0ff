import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { formsOf, secret } from './keyed.ts'
import type { Answer } from './origin.ts'

/** What a careless origin says back. */
export function keyOf(request: IncomingMessage): string {
  return String(request.headers['x-api-key'])
}

export function end(
  response: ServerResponse,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}

export const padded = (text: string): string => `${'.'.repeat(500)}${text}${'.'.repeat(500)}`

/** Ways in which an origin gives a key back. */
export const echoes: readonly (readonly [why: string, answer: Answer])[] = [
  ['in a body', (request, response) => end(response, padded(keyOf(request)))],
  [
    'in JSON',
    (request, response) =>
      end(response, JSON.stringify({ headers: request.headers }), {
        'content-type': 'application/json',
      }),
  ],
  ['in a header', (request, response) => end(response, '', { 'x-echo': `a ${keyOf(request)} b` })],
  [
    'in a header of 100 KB',
    (request, response) =>
      end(response, '', { 'x-echo': `${'x'.repeat(20_000)}${keyOf(request)}` }),
  ],
  [
    'in the status line',
    (request, response) => {
      if (request.httpVersion === '1.1') response.statusMessage = `so ${keyOf(request)}`
      response.end('there')
    },
  ],
  [
    'on a page of errors',
    (request, response) => {
      response.statusCode = 500
      end(response, `<pre>${keyOf(request)}</pre>`, { 'content-type': 'text/html' })
    },
  ],
  [
    'in a name of a header',
    (request, response) => end(response, 'there', { [`x-${keyOf(request)}`]: 'a' }),
  ],
  [
    'in what a 304 says',
    (request, response) => {
      response.statusCode = 304
      end(response, '', { etag: `"${keyOf(request)}"` })
    },
  ],
  [
    'in what a 204 says',
    (request, response) => {
      response.statusCode = 204
      end(response, '', { 'x-echo': keyOf(request) })
    },
  ],
  [
    'by gzip',
    (request, response) =>
      end(response, gzipSync(padded(keyOf(request))), { 'content-encoding': 'gzip' }),
  ],
  [
    'by deflate',
    (request, response) =>
      end(response, deflateSync(padded(keyOf(request))), { 'content-encoding': 'deflate' }),
  ],
  [
    'by Brotli',
    (request, response) =>
      end(response, brotliCompressSync(padded(keyOf(request))), { 'content-encoding': 'br' }),
  ],
  [
    'by gzip in two members',
    (request, response) =>
      end(response, Buffer.concat([gzipSync('a'), gzipSync(keyOf(request))]), {
        'content-encoding': 'gzip',
      }),
  ],
  ['in other forms', (request, response) => end(response, formsOf(keyOf(request)).join(' '))],
  [
    'as Basic',
    (request, response) => end(response, Buffer.from(`user:${keyOf(request)}`).toString('base64')),
  ],
  [
    'escaped for JSON',
    (request, response) =>
      end(
        response,
        keyOf(request)
          .split('')
          .map((one) => `\\u00${one.charCodeAt(0).toString(16)}`)
          .join(''),
      ),
  ],
  [
    'escaped for URLs',
    (request, response) =>
      end(
        response,
        keyOf(request)
          .split('')
          .map((one) => `%${one.charCodeAt(0).toString(16)}`)
          .join(''),
      ),
  ],
  ['many times', (request, response) => end(response, keyOf(request).repeat(2000))],
]

/** What an answer in chunks says. */
export function joined(text: string): string {
  return text.replaceAll(/\r\n[0-9a-f]+\r\n/g, '')
}

/** Whether any form of the secret is in what came. */
export function shows(text: string): boolean {
  const plain = text.replaceAll(
    /\\u00([0-9a-f]{2})|%([0-9a-f]{2})/gi,
    (_all, one: string | undefined, two: string | undefined) =>
      String.fromCharCode(Number.parseInt(one ?? two ?? '', 16)),
  )
  return [text, plain].some((read) => formsOf(secret).some((form) => read.includes(form)))
}
