import type { AwsKeysSource, CredentialSource, SecretReference } from '@caisson/core'

/** Every reference that has to be read for a source, those within others too. */
export function referencesOf(source: CredentialSource): readonly SecretReference[] {
  if ('oauth2' in source) return present(source.oauth2.clientSecret, source.oauth2.subject?.token)
  if ('githubApp' in source) return [source.githubApp.privateKey]
  if ('aws' in source) return keysOf(source.aws)
  if ('awsRole' in source) return keysOf(source.awsRole.keys)
  if ('gcp' in source) return [source.gcp.token]
  if ('vault' in source) return [source.vault.token]
  return [source]
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken }: AwsKeysSource) {
  return present(accessKeyId, secretAccessKey, sessionToken)
}

function present(
  ...references: readonly (SecretReference | undefined)[]
): readonly SecretReference[] {
  return references.filter((reference) => reference !== undefined)
}

/** Whether both name the same. */
export function sameReference(left: SecretReference, right: SecretReference): boolean {
  return JSON.stringify(fixed(left)) === JSON.stringify(fixed(right))
}

function fixed(reference: SecretReference): readonly unknown[] {
  const { ttlMs = null, ...named } = reference
  return [Object.entries(named), ttlMs]
}
