import { templateFault } from '../decide/path-template.ts'
import { isHostName } from './host-name.ts'

/** Where a registry answers. */
export interface RegistryPlace {
  readonly host: string
  readonly port: number
  readonly protocol: 'https' | 'http-plain'
  /** Path in front of everything, without a slash at its end: empty, or `/artifactory/api/npm/team`. */
  readonly path: string
}

/** What is said about an address, and how it may be. */
export interface PlaceRules {
  /** What the address is of, in words: `the npm registry`. */
  readonly what: string
  /** Whether `http:` will do: where what is fetched is signed, and proved by whoever installs it. */
  readonly plain?: boolean | undefined
}

const longestUrl = 2048

/** Reads an address. None of it is repeated in an error: it may hold a secret. */
export function registryPlace(text: string, rules: PlaceRules): RegistryPlace {
  const url = readUrl(text, rules)
  const host = url.hostname.replace(/\.$/, '')
  if (!isHostName(host)) {
    throw new TypeError(
      `${rules.what}: the address must have a host name, not the number of a machine`,
    )
  }
  const plain = url.protocol === 'http:'
  const port = url.port === '' ? (plain ? 80 : 443) : Number(url.port)
  const path = pathOf(url.pathname, rules)
  return Object.freeze({ host, port, protocol: plain ? 'http-plain' : 'https', path })
}

function readUrl(text: string, { what, plain }: PlaceRules): URL {
  const url = text.length > longestUrl || !URL.canParse(text) ? null : new URL(text)
  if (url === null) throw new TypeError(`${what}: is no address; write it as \`https://host/path\``)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(
      `${what}: the address holds a user or a password; take it out, make a credential of it in the policy, and name that one with \`credential\``,
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError(
      `${what}: the address has a query or a fragment, which cannot stand in a rule`,
    )
  }
  if (url.protocol === 'https:' || (plain === true && url.protocol === 'http:')) return url
  throw new TypeError(
    plain === true
      ? `${what}: the address must begin with https: or http:`
      : `${what}: the address must begin with https:, as what comes over anything else can be changed on its way`,
  )
}

function pathOf(pathname: string, { what }: PlaceRules): string {
  const path = pathname.replace(/\/$/, '')
  if (path === '') return path
  const fault = path.includes('*') ? 'may not hold `*`' : templateFault(path)
  if (fault === undefined) return path
  throw new TypeError(`${what}: the path of the address ${fault}`)
}
