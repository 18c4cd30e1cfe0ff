import type { Field, OutgoingHead } from '../http-message.ts'

/** Takes every field of that name away, and puts one with this value behind the others. */
export function withField(head: OutgoingHead, name: string, value: string): OutgoingHead {
  const headers: Field[] = []
  for (const field of head.headers) if (field[0] !== name) headers.push(field)
  headers.push([name, value])
  return withHeaders(head, headers)
}

/** The same head with other fields. */
export function withHeaders(head: OutgoingHead, headers: readonly Field[]): OutgoingHead {
  const { method, scheme, authority, target, upgrade } = head
  return { method, scheme, authority, target, headers, upgrade }
}

/** The same head with another target. */
export function withTarget(head: OutgoingHead, target: string): OutgoingHead {
  const { method, scheme, authority, headers, upgrade } = head
  return { method, scheme, authority, target, headers, upgrade }
}
