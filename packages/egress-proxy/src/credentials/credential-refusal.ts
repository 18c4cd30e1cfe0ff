import { RefusalError } from '../refusal.ts'

/** Why a request that needs a credential is refused. Whoever hears it is inside: the log says more. */
export function credentialRefusal(
  id: string,
  code: 'credential_unavailable' | 'credential_revoked',
): RefusalError {
  const isRevoked = code === 'credential_revoked'
  return new RefusalError({
    code,
    rule: null,
    reason: isRevoked
      ? `the credential ${id} was taken away from this sandbox`
      : `the credential ${id} cannot be had at the moment; the log of the host application says why`,
    remedy: isRevoked
      ? 'work without what needs it, or ask the owner of the sandbox for another credential'
      : 'try again in half a minute; if it lasts, ask the owner of the sandbox to look at that log',
  })
}
