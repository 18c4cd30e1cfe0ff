import { spawnSync } from 'node:child_process'
import type { Answer, Site } from '../packages/origin.ts'

/** Serves the bare repositories below a folder, as `git http-backend` does behind any web server. */
export function gitSite(folder: string): Site {
  return ({ method, target, headers, body }) => {
    const [path = '', query = ''] = target.split('?')
    const field = (name: string): string => String(headers[name] ?? '')
    const env = {
      PATH: '/usr/bin:/bin',
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: field('git-protocol'),
      REQUEST_METHOD: method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: field('content-type'),
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: field('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
    }
    return answerOf(spawnSync('git', ['http-backend'], { env, input: body }).stdout)
  }
}

/** What a CGI program prints: header lines, an empty one, content. */
function answerOf(printed: Buffer): Answer {
  const end = printed.indexOf('\r\n\r\n')
  const head = printed.subarray(0, end).toString('latin1')
  const status = Number(/^Status: (\d+)/im.exec(head)?.[1] ?? '200')
  const type = /^Content-Type: (.+)$/im.exec(head)?.[1] ?? 'text/plain'
  return { status, type: type.trim(), body: printed.subarray(end + 4) }
}
