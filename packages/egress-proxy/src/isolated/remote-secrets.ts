import { HeldSecret } from '../credentials/held-secret.ts'
import type { Providers } from '../credentials/provider-source.ts'
import { SourceFault, type SourceTools } from '../credentials/secret.ts'
import { secretAnswerSchema } from './message-schemas.ts'
import type { SecretAnswer } from './messages.ts'
import type { Remote } from './remote-functions.ts'

/**
 * Stands for the host's functions where only their names count: what they hand out comes by {@link remoteRead}.
 */
export function absentProviders(names: readonly string[]): Providers {
  const absent = (): never => {
    throw new Error('it is called in the process of the host')
  }
  return Object.fromEntries(names.map((name) => [name, absent]))
}

/** Has references read in the host's process: this one has none of what they name. */
export function remoteRead(remote: Remote): SourceTools['read'] {
  return async (reference, signal, credential = '') => {
    const answer = await asked(() => remote({ name: 'secret', credential, reference }, signal))
    if (!answer.had) throw new SourceFault(answer.message, { passing: answer.passing })
    const { value, expiresAt } = answer
    return new HeldSecret({ bytes: Buffer.from(value, 'base64'), expiresAt })
  }
}

async function asked(ask: () => Promise<unknown>): Promise<SecretAnswer> {
  try {
    return secretAnswerSchema.parse(await ask())
  } catch {
    throw new SourceFault('the host did not answer as it has to', { passing: true })
  }
}
