import { askFirst, type ToolOptions, type ToolQuestion, unknown } from './tool-question.ts'

/** An archive that apt is configured to fetch from. */
export interface AptArchive {
  readonly address: string
  /** Whether its packages lie anywhere below the address, instead of in `dists` and `pool`. */
  readonly flat: boolean
}

const question: ToolQuestion = {
  kind: 'debian',
  instead: "services.debian.install({ archives: ['https://…/debian'] })",
}

/**
 * What `apt-get indextargets` says about the sources here.
 *
 * @throws RegistryUnknown
 */
export async function aptArchives(options: ToolOptions): Promise<readonly AptArchive[]> {
  const argv = ['apt-get', 'indextargets', '--format', '$(REPO_URI) $(RELEASE)']
  const found = new Map<string, AptArchive>()
  for (const line of (await askFirst([argv], question, options)).split('\n')) {
    const [address = '', release = ''] = line.trim().split(' ')
    // What lies on a disc or in a folder is not fetched over the network.
    if (!/^https?:/.test(address)) continue
    const flat = release === '' || release.endsWith('/')
    found.set(`${address} ${flat}`, { address, flat })
  }
  if (found.size === 0) throw unknown(question, 'apt has no source that is fetched over HTTP')
  return [...found.values()]
}
