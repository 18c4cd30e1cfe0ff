import { momentOf } from '../credentials/services/moment.ts'
import { isVisible } from '../credentials/services/service-call.ts'
import { readJsonObject, textMember } from '../credentials/services/strict-json.ts'
import { CarrierFault } from './carrier.ts'

/** Keys of AWS, parted. What is printed of it shows when they end, and nothing else. */
export class AwsKeys {
  readonly #accessKeyId: string
  readonly #secretAccessKey: Buffer
  readonly #sessionToken: string | null
  /** Milliseconds since the epoch; `null` where they hold until somebody takes them away. */
  readonly expiresAt: number | null

  constructor(parts: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string | null
    readonly expiresAt: number | null
  }) {
    this.#accessKeyId = parts.accessKeyId
    this.#secretAccessKey = Buffer.from(parts.secretAccessKey, 'latin1')
    this.#sessionToken = parts.sessionToken
    this.expiresAt = parts.expiresAt
  }

  get accessKeyId(): string {
    return this.#accessKeyId
  }

  /** Overwritten by {@link AwsKeys.forget}. */
  get secretAccessKey(): Buffer {
    return this.#secretAccessKey
  }

  get sessionToken(): string | null {
    return this.#sessionToken
  }

  /** Overwrites what can be overwritten. */
  forget(): void {
    this.#secretAccessKey.fill(0)
  }
}

/** More than AWS hands out; a session token "has no fixed size" (STS API Reference, Credentials). */
const longestToken = 16_384
const longestKey = 256

/**
 * Parts keys of AWS, in JSON as a `credential_process` prints it (AWS SDKs and Tools Reference Guide,
 * "Process credential provider"): `Version` 1, `AccessKeyId`, `SecretAccessKey`, and for keys that end
 * `SessionToken` and `Expiration` (RFC 3339). Other members are passed over.
 *
 * @throws CarrierFault when it is anything else; it tells which member is wrong, and nothing of what it holds
 */
export function parseAwsKeys(secret: Buffer): AwsKeys {
  const object = readJsonObject(secret)
  if (object === null) {
    throw new CarrierFault(
      'the secret is no keys of AWS: use a source "aws" or "awsRole", or JSON as credential_process prints it',
    )
  }
  if (object['Version'] !== 1) throw new CarrierFault('the keys of AWS are not of "Version" 1')
  return new AwsKeys({
    accessKeyId: needed(object, 'AccessKeyId', longestKey),
    secretAccessKey: needed(object, 'SecretAccessKey', longestKey),
    sessionToken: optional(object, 'SessionToken'),
    expiresAt: expiry(object),
  })
}

type JsonObject = Readonly<Record<string, unknown>>

function needed(object: JsonObject, name: string, longest: number): string {
  const text = textMember(object, name, longest)
  // What stands in a header, where "/" and "," part the key id from the rest.
  const fits = text !== null && isVisible(text) && (name !== 'AccessKeyId' || !/[/,=]/.test(text))
  if (!fits) throw new CarrierFault(`the keys of AWS have no usable "${name}"`)
  return text
}

function optional(object: JsonObject, name: string): string | null {
  const value = object[name]
  if (value === undefined || value === null || value === '') return null
  return needed(object, name, longestToken)
}

function expiry(object: JsonObject): number | null {
  const value = object['Expiration']
  if (value === undefined || value === null) return null
  const moment = typeof value === 'string' ? momentOf(value) : null
  if (moment === null) throw new CarrierFault('the keys of AWS have no usable "Expiration"')
  return moment
}
