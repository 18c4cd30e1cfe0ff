import { EndpointList, type Endpoint } from './path-list.ts'

/** A service whose ways are known. */
export interface ServiceProfile {
  /** As in `AllowRule.profile`. */
  readonly id: string
  /** Names, or patterns in which `*` is one label; at the start of a pattern any number of them. */
  readonly hosts: readonly string[]
  /**
   * The headers that go on beside the plain ones; `null` where a service takes any. Others are dropped, but
   * for carriers, which are refused.
   */
  readonly headers: ReadonlySet<string> | null
  /** What a header may hold, each value of a list by itself; a request with another is refused. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>
  /** By which the service is told whom it may serve. */
  readonly tenants: readonly string[]
  /** What makes a credential out of one. */
  readonly minting: EndpointList
}

/** A profile as it is written down. */
export interface ProfileText {
  readonly id: string
  readonly hosts: readonly string[]
  readonly headers: readonly string[] | null
  readonly values?: Readonly<Record<string, readonly string[]>>
  readonly tenants?: readonly string[]
  readonly minting: readonly Endpoint[]
}

export function profile(text: ProfileText): ServiceProfile {
  const { id, hosts, headers, values = {}, tenants = [], minting } = text
  return Object.freeze({
    id,
    hosts,
    headers: headers === null ? null : new Set(headers),
    values: new Map(Object.entries(values).map(([name, list]) => [name, new Set(list)])),
    tenants,
    minting: new EndpointList(minting),
  })
}

/** What a request asks for in a header that the profile does not know, or `null`: the header's name. */
export function unknownValue(
  { values }: ServiceProfile,
  headers: readonly (readonly [name: string, value: string])[],
): string | null {
  if (values.size === 0) return null
  for (const [name, value] of headers) {
    const known = values.get(name)
    if (known !== undefined && !value.split(',').every((one) => isKnown(one.trim(), known)))
      return name
  }
  return null
}

function isKnown(value: string, known: ReadonlySet<string>): boolean {
  return value === '' || known.has(value)
}
