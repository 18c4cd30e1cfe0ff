import { aiClouds } from './ai-clouds.ts'
import { aiServices } from './ai-services.ts'
import { cloudServices } from './cloud-services.ts'
import { cloudStorage } from './cloud-storage.ts'
import { codeHosting } from './code-hosting.ts'
import { collaboration } from './collaboration.ts'
import { edgeAndSharedSuffixes } from './edge-and-shared-suffixes.ts'
import { environment } from './environment.ts'
import { fetchers } from './fetchers.ts'
import { namingAndCertificates } from './naming-and-certificates.ts'
import { ownOrganisation } from './own-organisation.ts'
import { packages } from './packages.ts'
import { pasteAndCollectors } from './paste-and-collectors.ts'
import type { CatalogueRow } from './row.ts'
import { social } from './social.ts'
import { telemetry } from './telemetry.ts'

/** Every way that is known by which data leaves through a name that people trust; by row. */
export const catalogue: readonly CatalogueRow[] = Object.freeze(
  [
    ...aiServices,
    ...aiClouds,
    ...codeHosting,
    ...packages,
    ...cloudStorage,
    ...cloudServices,
    ...collaboration,
    ...pasteAndCollectors,
    ...telemetry,
    ...namingAndCertificates,
    ...edgeAndSharedSuffixes,
    ...fetchers,
    ...social,
    ...ownOrganisation,
    ...environment,
  ].sort((a, b) => a.row - b.row),
)

/** @throws RangeError when there is none of that id */
export function catalogueRow(id: string): CatalogueRow {
  const row = catalogue.find((one) => one.id === id)
  if (row === undefined) throw new RangeError(`no row of the catalogue is called ${id}`)
  return row
}
