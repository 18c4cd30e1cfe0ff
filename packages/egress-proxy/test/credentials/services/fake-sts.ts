import { signatureFault } from '../../carriers/sigv4-verifier.ts'
import { type FakeAnswer, type FakeHandler, formBody } from './fake-service.ts'

/** AWS STS, as far as `AssumeRole` goes. */
export interface FakeSts {
  readonly handle: FakeHandler
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly roleArn: string
  readonly externalId: string
  /** What it handed out keys for. */
  readonly asked: readonly Readonly<Record<string, string>>[]
}

export interface FakeStsOptions {
  readonly now: () => number
  readonly region: string
  /** Those of the caller have to come with this one. */
  readonly sessionToken?: string
}

export const roleKeys = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY',
  sessionToken:
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeM==',
}

/** Written from the AWS STS API Reference, "AssumeRole", with signatures verified by its own verifier. */
export function fakeSts(options: FakeStsOptions): FakeSts {
  const keys = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  }
  const roleArn = 'arn:aws:iam::123456789012:role/sandbox'
  const externalId = 'tenant-7'
  const asked: Record<string, string>[] = []
  const handle: FakeHandler = (request) => {
    const { method, path: target, body, headers } = request
    if (method !== 'POST' || target !== '/') return fault(404, 'InvalidAction')
    const expected = { ...keys, region: options.region, service: 'sts', nowMs: options.now() }
    if (signatureFault({ method, target, headers, body }, expected) !== null) {
      return fault(403, 'SignatureDoesNotMatch')
    }
    if (headers['x-amz-security-token'] !== options.sessionToken) {
      return fault(403, 'InvalidClientTokenId')
    }
    const form = formBody(request) ?? {}
    if (form['RoleArn'] !== roleArn || form['ExternalId'] !== externalId) {
      return fault(403, 'AccessDenied')
    }
    const odd = formFault(form)
    if (odd !== null) return fault(400, odd)
    asked.push(form)
    const text = assumed(options.now() + Number(form['DurationSeconds']) * 1000)
    return { status: 200, headers: { 'content-type': 'text/xml' }, body: text }
  }
  return { handle, ...keys, roleArn, externalId, asked }
}

function formFault(form: Readonly<Record<string, string>>): string | null {
  if (form['Action'] !== 'AssumeRole' || form['Version'] !== '2011-06-15') return 'InvalidAction'
  const seconds = Number(form['DurationSeconds'])
  const named = /^[\w+=,.@-]{2,64}$/.test(form['RoleSessionName'] ?? '')
  if (!named || !(seconds >= 900 && seconds <= 43_200)) return 'ValidationError'
  return (form['Policy']?.length ?? 0) > 2048 ? 'PackedPolicyTooLarge' : null
}

function fault(status: number, code: string): FakeAnswer {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>told to nobody</Message></Error>
  <RequestId>1</RequestId>
</ErrorResponse>`
  return { status, headers: { 'content-type': 'text/xml' }, body }
}

/** An answer in the form of the reference's example. */
export function assumed(endsMs: number): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <SourceIdentity>host</SourceIdentity>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/sandbox/caisson</Arn>
      <AssumedRoleId>ARO123EXAMPLE123:caisson</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${roleKeys.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${roleKeys.secretAccessKey}</SecretAccessKey>
      <SessionToken>
        ${roleKeys.sessionToken}
      </SessionToken>
      <Expiration>${new Date(endsMs).toISOString()}</Expiration>
    </Credentials>
    <PackedPolicySize>8</PackedPolicySize>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>`
}
