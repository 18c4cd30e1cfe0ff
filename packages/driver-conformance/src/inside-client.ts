import assert from 'node:assert/strict'
import type { Denial, ExecOptions, ExecResult, Sandbox } from '@caisson/core'
import { printed } from './inside.ts'

/**
 * A client in Python that shows every answer as it came: `door` is a connection to the proxy that the
 * variables name, `answer` reads one answer, `tls` is a connection to a name through the proxy, and `direct`
 * one without it. A connection that broke is an answer with status 0.
 */
export const client = `
import json, os, socket, ssl, sys, time
from urllib.parse import urlsplit
def door():
    place = urlsplit(os.environ['HTTPS_PROXY'])
    return socket.create_connection((place.hostname, place.port), 10)
def answer(s):
    got = b''
    while b'\\r\\n\\r\\n' not in got:
        piece = s.recv(4096)
        if not piece: raise OSError('closed after %r' % got)
        got += piece
    head, _, body = got.partition(b'\\r\\n\\r\\n')
    lines = head.lower().split(b'\\r\\n')
    sizes = [int(line.split(b':')[1]) for line in lines if line.startswith(b'content-length:')]
    while sizes and len(body) < sizes[0]:
        piece = s.recv(4096)
        if not piece: raise OSError('cut')
        body += piece
    return [int(lines[0].split()[1]), body.decode()]
class Refused(Exception): pass
def connect(authority):
    s = door()
    s.sendall(('CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' % (authority, authority)).encode())
    told = answer(s)
    if told[0] != 200: raise Refused(told)
    return s
def tls(host):
    return ssl.create_default_context().wrap_socket(connect(host + ':443'), server_hostname=host)
def direct(host):
    s = socket.create_connection((host, 443), 10)
    return ssl.create_default_context().wrap_socket(s, server_hostname=host)
def say(s, ask):
    head = '%s %s HTTP/1.1\\r\\nHost: %s\\r\\n' % (ask.get('method', 'GET'), ask.get('path', '/'), ask.get('says', ask['host']))
    for name, value in ask.get('headers', {}).items(): head += '%s: %s\\r\\n' % (name, value)
    size = ask.get('bytes', 0)
    if ask.get('chunked'): head += 'Transfer-Encoding: chunked\\r\\n'
    elif size: head += 'Content-Length: %d\\r\\n' % size
    s.sendall((head + '\\r\\n').encode())
    try:
        for start in range(0, size, 4096):
            piece = b'x' * min(4096, size - start)
            s.sendall(b'%x\\r\\n%s\\r\\n' % (len(piece), piece) if ask.get('chunked') else piece)
        if ask.get('chunked'): s.sendall(b'0\\r\\n\\r\\n')
    except OSError: pass
    return answer(s)
def perform(ask):
    try:
        if 'connect' in ask:
            connect(ask['connect'])
            return [200, '']
        if 'absolute' in ask:
            s = door()
            s.sendall(('GET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' % (ask['absolute'], urlsplit(ask['absolute']).netloc)).encode())
            return answer(s)
        return say(direct(ask['host']) if ask.get('direct') else tls(ask['host']), ask)
    except Refused as refused: return refused.args[0]
    except OSError as broken: return [0, repr(broken)]
`

/** One request, on a connection of its own. */
export type Ask =
  | {
      /** Where to, on port 443. */
      readonly host: string
      /** Without the proxy variables, by asking for the name. */
      readonly direct?: true
      readonly method?: string
      readonly path?: string
      /** What stands in `Host`, where it is something else. */
      readonly says?: string
      /** Beside those that every request has. */
      readonly headers?: Readonly<Record<string, string>>
      /** Length of the body. */
      readonly bytes?: number
      /** The length is not told. */
      readonly chunked?: true
    }
  | { readonly connect: string }
  | { readonly absolute: string }

/** Status and body; status 0 when the connection broke. */
export type Answer = readonly [status: number, body: string]

/** What came of some requests. */
export interface Asked {
  readonly result: ExecResult
  readonly answers: readonly Answer[]
}

const performAll = `${client}
print(json.dumps([perform(ask) for ask in json.loads(sys.argv[1])]))
`

/** A command line that performs requests one after the other and prints the answers. */
export function asking(...asks: readonly Ask[]): string[] {
  return ['python3', '-c', performAll, JSON.stringify(asks)]
}

/** Runs one. */
export async function ask(sandbox: Sandbox, ...asks: readonly Ask[]): Promise<Asked> {
  return askedBy(sandbox, asking(...asks))
}

/** Runs a command line that ends in `asking`. */
export async function askedBy(
  sandbox: Sandbox,
  argv: readonly string[],
  options?: ExecOptions,
): Promise<Asked> {
  const result = await sandbox.exec(argv, options)
  return { result, answers: answersIn(printed(result)) }
}

/** The answers that a command printed. */
export function answersIn(output: string): readonly Answer[] {
  const answers: readonly Answer[] = JSON.parse(output)
  return answers
}

/** Runs Python inside, with the client at hand; arguments are `sys.argv[1]` and so on. */
export function python(
  sandbox: Sandbox,
  program: string,
  args: readonly string[] = [],
): Promise<ExecResult> {
  return sandbox.exec(['python3', '-c', `${client}\n${program}`, ...args])
}

/** Asserts that an answer is the proxy's refusal, one that says what to do, and returns its code. */
export function refusalCode(answer: Answer | undefined): string {
  assert.ok(answer !== undefined && answer[0] >= 400, `not refused: ${JSON.stringify(answer)}`)
  const { refused }: { refused: { code: string; remedy: string } } = JSON.parse(answer[1])
  assert.ok(refused.remedy.length > 10, `no remedy: ${answer[1]}`)
  return refused.code
}

/** What the way out refused to a command about this name. */
export function toldBy(result: ExecResult, name: string): readonly Denial[] {
  return result.denials.filter(({ source, target }) => source === 'proxy' && target.includes(name))
}
