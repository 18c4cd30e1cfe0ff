import type { AwsRoleSource } from '@caisson/core'
import { type AwsKeys, parseAwsKeys } from '../../carriers/aws-keys.ts'
import { amzDate, authorizationFor, sha256Hex } from '../../carriers/sigv4.ts'
import type { Field } from '../../http-message.ts'
import { HeldSecret } from '../held-secret.ts'
import type { Secret, SecretSource, SourceTools, TokenRequest } from '../secret.ts'
import { SourceFault } from '../secret.ts'
import { awsKeysText, readAwsKeys } from './aws-keys.ts'
import { assumeRoleForm } from './aws-role-form.ts'
import { endAtMoment } from './lifetime.ts'
import { momentOf } from './moment.ts'
import {
  addressBelow,
  callService,
  isVisible,
  oddAnswer,
  type ServiceCall,
  type ServiceStep,
} from './service-call.ts'
import { childNamed, readXml, type XmlElement } from './strict-xml.ts'

const longestToken = 16_384

const asking: ServiceStep = {
  service: 'AWS STS',
  doing: 'taking on a role',
  check: {
    400: 'check roleArn, sessionPolicy, durationSeconds, and that STS is active in the region',
    403: 'check the keys, their right to sts:AssumeRole, the trust policy of the role, externalId, and the clock',
    404: 'check endpoint',
  },
}

/**
 * Keys for a role, cut down further by a session policy (AWS STS API Reference, "AssumeRole"). They cannot be
 * given back; they end after `durationSeconds`.
 *
 * How a real one is configured: a role whose trust policy names the IAM user or role of the host
 * application (with `sts:ExternalId` where several parties share it), whose own policy is what any sandbox may
 * ever do; keys that may do nothing but `sts:AssumeRole` on it; and in `sessionPolicy` what this one needs.
 */
export function awsRoleSource(options: AwsRoleSource, tools: SourceTools): SecretSource {
  return {
    get: async (signal) => {
      const call: ServiceCall = { tools, signal, step: asking }
      const askedMs = tools.now()
      const request = await signedRequest(options, call, askedMs)
      const answer = await callService(request, call, [200])
      try {
        return readKeys(answer.body, askedMs)
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

async function signedRequest(
  options: AwsRoleSource,
  { tools, signal }: ServiceCall,
  nowMs: number,
): Promise<TokenRequest> {
  const body = assumeRoleForm(options)
  const url = new URL(addressBelow(options.endpoint ?? usualEndpoint(options.region), ''))
  const secret = await readAwsKeys(options.keys, tools, signal)
  const keys = parseAwsKeys(secret.bytes)
  secret.bytes.fill(0)
  try {
    const headers = signedHeaders({ url, body, region: options.region }, keys, amzDate(nowMs))
    return { method: 'POST', url: url.href, headers, body }
  } finally {
    keys.forget()
  }
}

function usualEndpoint(region: string): string {
  if (!/^[a-z0-9-]{1,32}$/.test(region)) throw new SourceFault('region is no name of a region')
  return `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function signedHeaders(
  { url, body, region }: { readonly url: URL; readonly body: Buffer; readonly region: string },
  keys: AwsKeys,
  date: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    'x-amz-date': date,
  }
  if (keys.sessionToken !== null) headers['x-amz-security-token'] = keys.sessionToken
  const fields: Field[] = [...Object.entries(headers), ['host', url.host]]
  const signed = { method: 'POST', target: url.pathname, fields, bodyHash: sha256Hex(body) }
  const authorization = authorizationFor(signed, keys, { service: 'sts', region, date })
  return { ...headers, authorization, accept: 'text/xml', 'user-agent': 'caisson' }
}

function readKeys(body: Buffer, askedMs: number): Secret {
  const root = readXml(body)
  const result = root?.name === 'AssumeRoleResponse' ? childNamed(root, 'AssumeRoleResult') : null
  const credentials = result && childNamed(result, 'Credentials')
  if (!credentials) throw oddAnswer(asking, 'is no AssumeRoleResponse with Credentials')
  const expiration = textOf(credentials, 'Expiration')
  const expiresAt = endAtMoment(momentOf(expiration), askedMs)
  if (expiresAt === null) {
    throw oddAnswer(asking, 'has no usable Expiration; check the clock of this host')
  }
  const bytes = awsKeysText({
    AccessKeyId: textOf(credentials, 'AccessKeyId'),
    SecretAccessKey: textOf(credentials, 'SecretAccessKey'),
    SessionToken: textOf(credentials, 'SessionToken'),
    Expiration: expiration,
  })
  checkUsable(bytes)
  return new HeldSecret({ bytes, expiresAt })
}

function textOf(credentials: XmlElement, name: string): string {
  const element = childNamed(credentials, name)
  const text = element?.children.length === 0 ? element.text.trim() : ''
  if (text.length > longestToken || !isVisible(text)) {
    throw oddAnswer(asking, `has no usable ${name}`)
  }
  return text
}

function checkUsable(bytes: Buffer): void {
  try {
    parseAwsKeys(bytes).forget()
  } catch {
    bytes.fill(0)
    throw oddAnswer(asking, 'holds no keys that could sign')
  }
}
