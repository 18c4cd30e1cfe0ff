import type { SecretReference } from '@caisson/core'
import { readCommand } from './command-source.ts'
import { readVariable } from './env-source.ts'
import { readSecretFile } from './file-source.ts'
import { HeldSecret } from './held-secret.ts'
import { ProviderDesk, type Providers } from './provider-source.ts'
import { readText } from './read-text.ts'
import type { Secret, SourceTools } from './secret.ts'

/** What a reader of this process needs. */
export interface LocalReaderParts {
  readonly providers?: Providers | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Reads what references name, in this process. */
export function localReader({ providers = {}, now }: LocalReaderParts): SourceTools['read'] {
  const desk = new ProviderDesk(providers, now)
  return async (reference, signal, credential = '') => {
    const { ttlMs } = reference
    if ('provider' in reference) {
      const secret = await desk.ask({ provider: reference.provider, credential, signal })
      return ttlMs === undefined ? secret : sooner(secret, now() + ttlMs)
    }
    const from = kindOf(reference)
    const bytes = await rawBytes(reference, signal)
    return readText({ bytes, expiresAt: ttlMs === undefined ? null : now() + ttlMs, from })
  }
}

type TextReference = Exclude<SecretReference, { readonly provider: string }>

function kindOf(reference: TextReference): string {
  if ('env' in reference) return 'variable'
  if ('file' in reference) return 'file'
  return 'command' in reference ? 'command' : 'static'
}

function rawBytes(reference: TextReference, signal: AbortSignal): Buffer | Promise<Buffer> {
  if ('env' in reference) return readVariable(reference.env)
  if ('file' in reference) return readSecretFile(reference.file, signal)
  if ('command' in reference) return readCommand(reference.command, signal)
  return Buffer.from(reference.static, 'utf8')
}

/** The earlier of both ends. */
function sooner(secret: Secret, at: number): Secret {
  const { bytes, expiresAt } = secret
  return new HeldSecret({ bytes, expiresAt: expiresAt === null ? at : Math.min(expiresAt, at) })
}
