import type { AwsKeysSource, SecretReference } from '@caisson/core'
import { CarrierFault } from '../../carriers/carrier.ts'
import { parseAwsKeys } from '../../carriers/aws-keys.ts'
import { HeldSecret } from '../held-secret.ts'
import { type Secret, SourceFault, type SecretSource, type SourceTools } from '../secret.ts'
import { headerText } from './service-call.ts'

/** Keys as a text that the carrier `sigv4` reads: what a `credential_process` prints. */
export function awsKeysText(keys: {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken?: string | undefined
  readonly Expiration?: string | undefined
}): Buffer {
  return Buffer.from(JSON.stringify({ Version: 1, ...keys }))
}

/**
 * Keys of AWS as they are, each read on the host (AWS SDKs and Tools Reference Guide, "AWS access keys").
 *
 * How a real one is configured: an IAM user with a policy of its own and an access key, or the three variables
 * of a session. Better is a source `awsRole`: its keys end by themselves and can do less.
 */
export function awsKeysSource(options: AwsKeysSource, tools: SourceTools): SecretSource {
  return { get: (signal) => readAwsKeys(options, tools, signal) }
}

/** @throws SourceFault when one cannot be read, or they are no keys */
export async function readAwsKeys(
  options: AwsKeysSource,
  tools: SourceTools,
  signal: AbortSignal,
): Promise<Secret> {
  const ends: (number | null)[] = []
  const read = async (reference: SecretReference, what: string): Promise<string> => {
    const { bytes, expiresAt } = await tools.read(reference, signal)
    ends.push(expiresAt)
    try {
      return headerText(bytes, what)
    } finally {
      bytes.fill(0)
    }
  }
  const { accessKeyId, secretAccessKey, sessionToken } = options
  const bytes = awsKeysText({
    AccessKeyId: await read(accessKeyId, 'accessKeyId'),
    SecretAccessKey: await read(secretAccessKey, 'secretAccessKey'),
    SessionToken: sessionToken && (await read(sessionToken, 'sessionToken')),
  })
  checkKeys(bytes)
  return new HeldSecret({ bytes, expiresAt: earliest(ends) })
}

function checkKeys(bytes: Buffer): void {
  try {
    parseAwsKeys(bytes).forget()
  } catch (error) {
    bytes.fill(0)
    throw new SourceFault(
      error instanceof CarrierFault ? error.message : 'the keys of AWS cannot be read',
    )
  }
}

function earliest(ends: readonly (number | null)[]): number | null {
  const known = ends.filter((end) => end !== null)
  return known.length === 0 ? null : Math.min(...known)
}
