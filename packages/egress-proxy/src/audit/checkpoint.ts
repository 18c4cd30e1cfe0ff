import { createPrivateKey, createPublicKey, KeyObject, sign, verify } from 'node:crypto'
import type { Checkpoint } from './options.ts'

/** Everything of a checkpoint but its signature. */
export type Unsigned = Omit<Checkpoint, 'signature'>

/** The bytes that are signed: fixed order, one field a line. */
function checkpointText({ sandboxId, lines, hash, time, final }: Unsigned): string {
  return `caisson-audit-checkpoint-1\n${sandboxId}\n${lines}\n${hash}\n${time}\n${final}\n`
}

/**
 * The key that signs checkpoints.
 *
 * @throws TypeError for a key that is no Ed25519 private key
 */
export function signingKey(given: KeyObject | string): KeyObject {
  const key = given instanceof KeyObject ? given : createPrivateKey(given)
  if (key.type === 'private' && key.asymmetricKeyType === 'ed25519') return key
  throw new TypeError('audit.signingKey: must be an Ed25519 private key')
}

/** Signs (RFC 8032), where there is a key. */
export function signCheckpoint(unsigned: Unsigned, key: KeyObject | null): Checkpoint {
  const text = Buffer.from(checkpointText(unsigned))
  const signature = key === null ? null : sign(null, text, key).toString('base64')
  return { ...unsigned, signature }
}

/** Whether a checkpoint was signed by the owner of a public key. */
export function isSigned(checkpoint: Checkpoint, publicKey: KeyObject | string): boolean {
  const key = publicKey instanceof KeyObject ? publicKey : createPublicKey(publicKey)
  const { signature } = checkpoint
  if (signature === null || key.asymmetricKeyType !== 'ed25519') return false
  const text = Buffer.from(checkpointText(checkpoint))
  return verify(null, text, key, Buffer.from(signature, 'base64'))
}
