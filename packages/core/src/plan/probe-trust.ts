import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import type { TrustFacts } from './trust.ts'

/** Where the host's bundle may be, the first that is there counts. The same list that Go looks through. */
const bundlePaths: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const bundleBytes = 8 * 1024 * 1024
const jvmFolder = '/usr/lib/jvm'
/** In a JDK or JRE since 9, and in a JDK 8. */
const storesBelowJvm: readonly string[] = ['lib/security/cacerts', 'jre/lib/security/cacerts']

/** Looks at whom the host trusts, for `planTrust`. Changes nothing and never rejects. */
export async function probeTrust(): Promise<TrustFacts> {
  const [bundle, javaStores] = await Promise.all([probeBundle(), probeJavaStores()])
  return { bundle, javaStores }
}

async function probeBundle(): Promise<string | null> {
  for (const path of bundlePaths) {
    const found = await readBounded(path)
    if (found !== null) return found
  }
  return null
}

async function readBounded(path: string): Promise<string | null> {
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size === 0 || found.size > bundleBytes) return null
    return await readFile(path, 'latin1')
  } catch {
    // Not there, or not for this user: the next place.
    return null
  }
}

async function probeJavaStores(): Promise<readonly string[]> {
  try {
    const names = await readdir(jvmFolder)
    const places = names.flatMap((name) => storesBelowJvm.map((at) => `${jvmFolder}/${name}/${at}`))
    const stores = await Promise.all(places.map((place) => realpath(place).catch(() => null)))
    return [...new Set(stores.filter((store) => store !== null))].toSorted()
  } catch {
    // No JVM where distributions put them.
    return []
  }
}
