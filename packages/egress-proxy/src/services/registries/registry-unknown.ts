import type { RegistryKind } from '../../auditor/registry-kind.ts'

/**
 * The address of a registry could not be had from the tool's own configuration. The message says how to name it
 * instead; nothing of what the tool printed is in it, as that may hold secrets.
 */
export class RegistryUnknown extends Error {
  override readonly name: string = 'RegistryUnknown'
  readonly kind: RegistryKind

  /** `kind`: of which no address could be had. */
  constructor(kind: RegistryKind, message: string) {
    super(message)
    this.kind = kind
  }
}
