import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

/** The folder of this checkout; this file runs compiled, from `test/dist`. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A file of the checkout, as text. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Names of the folders below `packages`. */
export function packageNames(): string[] {
  return readdirSync(join(root, 'packages')).toSorted()
}

/** Every TypeScript source of the packages, as paths from the root. */
export function sourceFiles(): string[] {
  return packageNames()
    .map((name) => `packages/${name}/src`)
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => filesBelow(folder, '.ts'))
}

/** Files below a folder of the checkout whose names end in `ending`, as paths from the root. */
function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file}`)
    .toSorted()
}
