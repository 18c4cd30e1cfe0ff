import type { BodyRule } from '@caisson/core'
import { type BodyFault, bodyFault } from '../../dist/body/body-fault.js'
import { compileBody } from '../../dist/body/compile-body.js'
import { readBody } from '../../dist/body/read-body.js'

export interface Sent {
  readonly body: unknown
  readonly type?: string
  readonly path?: string
}

/** What a rule says of a body. */
export function judge(
  rule: BodyRule,
  { body, type = 'application/json', path = '/' }: Sent,
): BodyFault | null {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const { view } = readBody(
    { contentType: type, contentEncoding: null, bytes },
    { judgedBodyBytes: 1e6 },
  )
  return bodyFault(compileBody('rule.body', rule), view, {
    contentType: type,
    path,
    length: bytes.length,
  })
}
