import type { AwsRoleSource } from '@caisson/core'
import { SourceFault } from '../secret.ts'

/** STS takes no longer plain text, and packs it further by rules of its own. */
const longestPolicy = 2048

/**
 * The form of `AssumeRole` (AWS STS API Reference), within the bounds that it documents, so that what is
 * wrong with the options is told in words and not as a status.
 *
 * @throws SourceFault when an option is out of its bounds
 */
export function assumeRoleForm(options: AwsRoleSource): Buffer {
  const { roleArn, sessionPolicy, externalId } = options
  const sessionName = options.sessionName ?? 'caisson'
  const seconds = options.durationSeconds ?? 3600
  demand(
    /^arn:[\w-]+:iam::\d{12}:role\/[\u0021-\u007e]{1,512}$/.test(roleArn),
    'roleArn is no ARN of a role',
  )
  demand(
    /^[\w+=,.@-]{2,64}$/.test(sessionName),
    'sessionName must be 2 to 64 letters, digits or characters of "+=,.@-_"',
  )
  demand(
    Number.isInteger(seconds) && seconds >= 900 && seconds <= 43_200,
    'durationSeconds must be 900 to 43200',
  )
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: String(seconds),
  })
  if (externalId !== undefined) {
    demand(
      /^[\w+=,.@:/-]{2,1224}$/.test(externalId),
      'externalId has a character or length that STS refuses',
    )
    form.set('ExternalId', externalId)
  }
  if (sessionPolicy !== undefined) form.set('Policy', packed(sessionPolicy))
  return Buffer.from(form.toString(), 'latin1')
}

function packed(policy: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(policy)
  demand(
    text.length <= longestPolicy,
    'sessionPolicy is longer than the 2048 characters that STS takes; name fewer things, or use patterns',
  )
  return text
}

function demand(met: boolean, message: string): void {
  if (!met) throw new SourceFault(message)
}
