import { Builtin } from './builtin.ts'
import type { GuestLink } from './link.ts'

/** Removes what lies at a path, folders with their content, without following a link or leaving a mount. */
export async function removeTree(link: GuestLink, path: string): Promise<void> {
  link.assertLive()
  await new Builtin(link, ['remove', path]).succeed('removing')
}

/** Copies a file, or a folder with its content. */
export async function copyTree(link: GuestLink, from: string, to: string): Promise<void> {
  link.assertLive()
  await new Builtin(link, ['copy', from, to]).succeed('copying')
}
