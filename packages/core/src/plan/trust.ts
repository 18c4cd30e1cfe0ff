import { javaTrustStore } from './java-trust-store.ts'
import { certificatesOf, pemOf } from './trust-pem.ts'
import { subjectHash } from './trust-subject-hash.ts'
import { trustVariables } from './trust-variables.ts'
import type { SystemEntry } from './types.ts'

/** What planning must know of whom the host trusts. */
export interface TrustFacts {
  /** The host's bundle of authorities, PEM; `null` when there is none. */
  readonly bundle: string | null
  /** Trust stores of the host's JVMs, without links; empty when it has no JVM. */
  readonly javaStores: readonly string[]
}

/** How programs inside come to trust the authority of the way out. */
export interface TrustPlan {
  /** Paths of the system view that give way, with all below them. */
  readonly replaced: readonly string[]
  readonly entries: readonly SystemEntry[]
  readonly environment: Readonly<Record<string, string>>
}

/** Nothing intercepts, so nothing has to be trusted. */
export const noTrust: TrustPlan = { replaced: [], entries: [], environment: {} }

/** The bundle, where Debian, Alpine, Arch, Go and Python look first. */
const bundlePath = '/etc/ssl/certs/ca-certificates.crt'
const authorityPath = '/etc/ssl/certs/caisson-authority.pem'
const javaStorePath = '/etc/ssl/certs/java/cacerts'

/** Other places of the same bundle. */
const bundleLinks: readonly string[] = [
  // Alpine's OpenSSL, LibreSSL.
  '/etc/ssl/cert.pem',
  // SUSE.
  '/etc/ssl/ca-bundle.pem',
  // Fedora and its kin, old and new; their OpenSSL looks at `/etc/pki/tls/cert.pem`.
  '/etc/pki/tls/cert.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  // Arch.
  '/etc/ca-certificates/extracted/tls-ca-bundle.pem',
]

/** Where p11-kit looks for authorities beside those of `/usr/share` (Fedora, Arch): GnuTLS and NSS ask it. */
const anchorLinks: readonly string[] = [
  '/etc/pki/ca-trust/source/anchors/caisson-authority.pem',
  '/etc/ca-certificates/trust-source/anchors/caisson-authority.pem',
]

/** Fedora's Java looks there. */
const javaStoreLinks: readonly string[] = ['/etc/pki/ca-trust/extracted/java/cacerts']

const replaced: readonly string[] = [
  '/etc/ssl/certs',
  '/etc/ssl/cert.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ca-certificates',
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
  '/etc/pki/tls/cert.pem',
]

/**
 * Plans the places of trusted authorities: those of the host and that of the way out, in one bundle, in the
 * places of every distribution. The host's single certificates are not shown: OpenSSL reads the bundle
 * (`cert.pem` in its folder) beside the folder, and the folder has the one link that the authority needs.
 * Pure; `at` dates the entries of a Java store.
 *
 * @param certificatePem - the authority of the way out
 * @throws TypeError when that is no certificate
 */
export function planTrust(facts: TrustFacts, certificatePem: string, at = 0): TrustPlan {
  const [authority] = certificatesOf(certificatePem)
  if (authority === undefined) throw new TypeError('the way out has no certificate')
  const roots = certificatesOf(facts.bundle ?? '')
  const bundle = [authority, ...roots].map(pemOf).join('')
  return {
    replaced,
    entries: [
      file(bundlePath, bundle),
      file(authorityPath, pemOf(authority)),
      link(`/etc/ssl/certs/${subjectHash(authority)}.0`, authorityPath),
      ...bundleLinks.map((path) => link(path, bundlePath)),
      ...anchorLinks.map((path) => link(path, authorityPath)),
      ...javaEntries(facts, { authority, roots, at }),
    ],
    environment: trustEnvironment(facts),
  }
}

/** The system view with its places of trust exchanged. */
export function withTrust(
  system: readonly SystemEntry[],
  trust: TrustPlan,
): readonly SystemEntry[] {
  const givesWay = (path: string): boolean =>
    trust.replaced.some((place) => path === place || path.startsWith(`${place}/`))
  return [...system.filter(({ path }) => !givesWay(path)), ...trust.entries]
}

function javaEntries(
  facts: TrustFacts,
  from: { authority: Buffer; roots: readonly Buffer[]; at: number },
): readonly SystemEntry[] {
  if (facts.javaStores.length === 0) return []
  const entries = [
    { alias: 'caisson-authority', certificate: from.authority },
    ...from.roots.map((certificate, index) => ({ alias: `root-${index + 1}`, certificate })),
  ]
  return [
    {
      kind: 'file',
      path: javaStorePath,
      content: javaTrustStore(entries, from.at).toString('base64'),
      encoding: 'base64',
    },
    ...javaStoreLinks.map((path) => link(path, javaStorePath)),
  ]
}

/**
 * A JVM that has its own store, instead of a link to the system's, is told of ours: nothing can be put over
 * a file of `/usr`. It then says on standard error that it was told.
 */
function trustEnvironment(facts: TrustFacts): Readonly<Record<string, string>> {
  const paths = { bundle: bundlePath, authority: authorityPath }
  const named = trustVariables.map(({ name, file: which }) => [name, paths[which]] as const)
  const hasOwn = facts.javaStores.some((path) => ![javaStorePath, ...javaStoreLinks].includes(path))
  return {
    ...Object.fromEntries(named),
    ...(hasOwn ? { JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${javaStorePath}` } : {}),
  }
}

function file(path: string, content: string): SystemEntry {
  return { kind: 'file', path, content }
}

function link(path: string, to: string): SystemEntry {
  return { kind: 'link', path, to }
}
