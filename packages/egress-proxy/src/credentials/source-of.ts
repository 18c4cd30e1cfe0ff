import type { CredentialSource, SecretReference } from '@caisson/core'
import type { SecretSource, SourceTools } from './secret.ts'
import { awsKeysSource } from './services/aws-keys.ts'
import { awsRoleSource } from './services/aws-role.ts'
import { gcpSource } from './services/gcp.ts'
import { githubAppSource } from './services/github-app.ts'
import { oauth2Source } from './services/oauth2.ts'
import { vaultSource } from './services/vault.ts'

/** Where the secret of a credential comes from. `id` goes along with every reference that is read for it. */
export function sourceOf(id: string, source: CredentialSource, tools: SourceTools): SecretSource {
  const own: SourceTools = {
    read: (reference, signal) => tools.read(reference, signal, id),
    fetch: (request, signal) => tools.fetch(request, signal),
    now: () => tools.now(),
  }
  if ('oauth2' in source) return oauth2Source(source.oauth2, own)
  if ('githubApp' in source) return githubAppSource(source.githubApp, own)
  if ('aws' in source) return awsKeysSource(source.aws, own)
  if ('awsRole' in source) return awsRoleSource(source.awsRole, own)
  if ('gcp' in source) return gcpSource(source.gcp, own)
  if ('vault' in source) return vaultSource(source.vault, own)
  return referenceSource(source, own)
}

function referenceSource(reference: SecretReference, tools: SourceTools): SecretSource {
  return { get: (signal) => tools.read(reference, signal) }
}
